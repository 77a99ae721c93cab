"""Studies that are killed at any moment, what they say, and the report of the morning."""

import functools
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from train_study import CLAIM_IDEAS, restore_shipped, shipped_plan

from shared.experiments.comparing import ComparisonError
from shared.experiments.ideas import night
from shared.experiments.ideas.analysis import Results, next_steps
from shared.experiments.ideas.configuration import ConfigurationError
from shared.experiments.ideas.study import (
    finished_trials,
    key_of,
    load_study,
    plan,
)
from shared.experiments.ideas.study import run_study as run_and_track
from shared.experiments.running import only_one
from shared.experiments.study import StudyError
from shared.experiments.tracking import Run

run_study = functools.partial(run_and_track, wandb="off")

#: What a trial of the tests does: some steps, each kept in its checkpoint, and a sum that only
#: comes out right if no step was lost or taken twice
FAKE = """
import json, sys, time
from pathlib import Path
from shared.experiments.ideas.study import plan, run_study
from shared.paths import write_atomically

folder = Path(sys.argv[1])
log = folder / "order.log"

def run(config, trial):
    with log.open("a") as file:
        file.write("begun" + chr(10))
    checkpoint = trial.folder / "state.json"
    state = json.loads(checkpoint.read_text()) if checkpoint.exists() else [0, 0]
    while state[0] < 12:
        time.sleep(0.01)
        state = [state[0] + 1, state[1] + (state[0] + 1) * (trial.seed + 1)]
        write_atomically(checkpoint, json.dumps(state))
    del config["idea"]
    result = {"configuration": {**config, "seed": trial.seed}, "sum": state[1]}
    trial.artifact("result.json", json.dumps(result).encode())

trials = plan(["base", "gru"], range(4))
records = run_study(trials, folder, run, say=lambda _: None, wandb="off")
print("finished", len(records))
"""


def _killed_study(folder, kills, seed):
    """Kill a study at random moments, then let it end; return its records."""
    folder.mkdir(parents=True)
    rng = random.Random(seed)
    words = [sys.executable, "-c", FAKE, str(folder)]
    for _ in range(kills):
        before = {path: path.read_bytes() for path in folder.glob("trials/*/artifacts/*.json")}
        size = (folder / "order.log").stat().st_size if (folder / "order.log").exists() else 0
        child = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        begun = time.monotonic()
        while time.monotonic() - begun < 60 and child.poll() is None:
            log = folder / "order.log"
            if log.exists() and log.stat().st_size > size:
                break
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        child.send_signal(signal.SIGKILL)
        child.wait()
        for path, content in before.items():
            assert path.read_bytes() == content, f"{path} was finished and then changed"
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("finished 8")
    return finished_trials(folder)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no kill -9")
@pytest.mark.parametrize("kills", [2, pytest.param(60, marks=pytest.mark.nightly)])
def test_a_killed_study_loses_nothing_and_runs_nothing_twice(tmp_path, kills):
    records = _killed_study(tmp_path / "study", kills, seed=kills)
    sums = {record["key"]: record["sum"] for record in records}
    wanted = {key_of(one): 78 * (one["seed"] + 1) for one in plan(["base", "gru"], range(4))}
    assert sums == wanted
    left = {path.name for path in (tmp_path / "study").iterdir()}
    engine = {"study.lock", "study.json", "journal.log", "journal.log.lock", "trials", "scratch"}
    assert left == {"order.log", *engine}


def _record(configuration, edits, readings=None, validation=None, seconds=1.0):
    return {
        "configuration": configuration,
        "parameters": 10,
        "seconds": seconds,
        "cpu_seconds": seconds,
        "loss": [[1, 2.0]],
        "curve": [[1, 0.9], [2, 0.5], [3, 0.4]],
        "validation": {"edits": validation or edits},
        "test": {"edits": edits, "readings": readings or ["x"] * len(edits)},
        "cer": {"validation": 0.1, "test": 0.2},
    }


LINES = {
    part: {"texts": ["abcde"] * 8, "writers": ["ann", "bob", "eve", "ida"] * 2}
    for part in ("validation", "test")
}


def _results(**edits):
    """Return results with two seeds an idea, the same edits on every line."""
    trials = []
    for idea, number in edits.items():
        for one in plan([idea], (0, 1)):
            record = _record(one, [number] * 8)
            trials.append({"idea": idea, "key": key_of(one), **record})
    return Results(LINES, trials)


def test_a_plan_goes_through_all_ideas_before_the_next_seed():
    keys = [key_of(one) for one in plan(["base", "gru"], (0, 1), updates=5)]
    assert keys == ["base-5-0", "gru-5-0", "base-5-1", "gru-5-1"]
    with pytest.raises(ConfigurationError, match="did you mean 'gru'"):
        plan(["gruu"])


def test_the_shipped_plan_has_what_the_lab_needs():
    trials = shipped_plan()
    keys = [key_of(one) for one in trials]
    assert len(keys) == len(set(keys))
    seeds = {}
    for one in trials:
        if one["updates"] == 800:
            seeds.setdefault(one["idea"], set()).add(one["seed"])
    assert sum(len(found) >= 3 for found in seeds.values()) >= 10
    assert sum(len(found) >= 5 for found in seeds.values()) >= 2
    budgets = {one["updates"] for one in trials if one["idea"] == "base"}
    assert len(budgets) == 4


def test_shipped_trials_need_not_run_again(tmp_path):
    restore_shipped(tmp_path)
    keys = {trial["key"] for trial in load_study().trials}
    assert {path.stem for path in tmp_path.glob("*.json")} == keys
    own = tmp_path / "base-800-0.json"
    own.write_text("{}", encoding="utf-8")
    restore_shipped(tmp_path)
    assert own.read_text(encoding="utf-8") == "{}"  # What lies there is never replaced


def run(config, trial):
    """A trial that learns nothing, and fails with a GRU."""
    if config["context"] == "gru":
        raise RuntimeError("no memory")
    record = {**_record({**config, "seed": trial.seed}, [1]), "pid": os.getpid()}
    trial.artifact("result.json", json.dumps(record).encode())


def test_a_crash_costs_one_trial(tmp_path):
    said = []
    records = run_study(plan(["base", "gru", "one_way"], [0]), tmp_path, run, say=said.append)
    assert [record["idea"] for record in records] == ["base", "one_way"]
    assert night.failures_in(tmp_path) == {"gru-800-0": "RuntimeError: no memory"}
    assert any("failed: RuntimeError: no memory" in text for text in said)


def test_two_studies_of_one_name_are_refused(tmp_path):
    run_study(plan(["base"], [0]), tmp_path, run, say=lambda _: None)
    with pytest.raises(StudyError, match="other settings.*lines.*another name"):
        run_study(plan(["base"], [0], lines=50), tmp_path, run)


def test_a_study_runs_in_one_process_at_a_time(tmp_path):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from shared.experiments.running import only_one\n"
        "with only_one(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(StudyError, match="running already"), only_one(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()
    with only_one(tmp_path):  # A dead process holds nothing
        pass


def test_half_a_record_is_set_aside_and_runs_again(tmp_path, capsys):
    (one,) = plan(["base"], [0])
    path = tmp_path / f"{key_of(one)}.json"  # Where an earlier version kept it
    path.write_text('{"idea": "ba', encoding="utf-8")
    for count in range(2):
        assert not finished_trials(tmp_path)
        (record,) = run_study([one], tmp_path, run, say=lambda _: None)
        assert record["idea"] == "base"
        assert len(list(tmp_path.glob("damaged/*/artifacts/result.json"))) == count
        assert ("is damaged and set aside" in capsys.readouterr().out) == bool(count)
        (kept,) = tmp_path.glob("trials/*/artifacts/result.json")
        kept.write_text("half")


def test_no_trial_begins_when_time_or_disk_is_used_up(tmp_path):
    said = []
    assert not run_study(plan(["base"], [0]), tmp_path, run, seconds=-1, say=said.append)
    (tmp_path / "large").write_bytes(bytes(200_000))
    run_study(plan(["base"], [0]), tmp_path, run, 60, most_bytes=100_000, say=said.append)
    assert "no more trials" in said[-1]
    assert not finished_trials(tmp_path)


def test_rates_and_differences_of_a_study():
    results = _results(base=2, gru=1)
    assert results.rate("base") == pytest.approx(0.4)
    assert results.interval("base") == (pytest.approx(0.4), pytest.approx(0.4))
    difference = results.compare("gru")
    assert difference.effect == pytest.approx(-0.2)
    assert difference.p_value == pytest.approx(2 / 16)
    with pytest.raises(ComparisonError, match="no trial of 'one_way'"):
        results.rate("one_way")


def test_an_idea_at_another_budget_does_not_join_the_ranking():
    results = _results(base=2)
    (other,) = plan(["gru"], [0], updates=5)
    trial = {"idea": "gru", "key": key_of(other), **_record(other, [1] * 8)}
    both = results.with_trials([trial])
    assert (both.updates, both.ideas) == (800, ["base"])
    assert both.rate("gru", updates=5) == pytest.approx(0.2)


def test_worst_lines_are_those_with_most_errors_a_character():
    texts = ["ab", "abcdefgh", "abcd"]
    lines = {p: {"texts": texts, "writers": ["ann", "bob", "eve"]} for p in ("validation", "test")}
    (one,) = plan(["base"], [0])
    trial = {"idea": "base", "key": key_of(one), **_record(one, [1, 3, 1])}
    assert Results(lines, [trial]).worst_lines("base", count=2) == [0, 1]


def test_own_trials_are_added_and_others_left_out():
    results = _results(base=2)
    more = _results(gru=1).trials
    foreign = {**more[0], "key": "odd-1-1", "test": {"edits": [1], "readings": ["x"]}}
    merged = results.with_trials([*more, foreign, more[0]])
    assert merged.ideas == ["base", "gru"]
    assert len(merged.trials) == 4


def test_next_steps_follow_from_what_is_there():
    menu = ["base", "gru", "one_way", "stacked", "dropout"]
    steps = next_steps(_results(base=2, gru=1, one_way=3), menu, begun=["dropout-800-0"])
    assert steps[0].startswith("Begun and not finished: dropout-800-0.")
    assert steps[1] == "gru beats base on validation with few seeds; run at least 3."
    assert steps[2:] == ["Not tried yet: stacked."]


def _shipped_results(folder, count=2):
    """Write trials that read the course's own lines; return them."""
    from shared.lines import frozen_lines

    test = frozen_lines()
    for one in plan(["base", "gru"], range(count)):
        edits = [min(len(text), 1 + (one["idea"] == "base")) for text in test.texts]
        readings = ["<b>&" for _ in test.texts]
        record = _record(one, edits, readings, [1 + (one["idea"] == "base")] * 200)
        text = json.dumps({"idea": one["idea"], "key": key_of(one), **record})
        (folder / f"{key_of(one)}.json").write_text(text, encoding="utf-8")


def test_the_report_stands_by_itself(tmp_path):
    _shipped_results(tmp_path)
    for idea, state in (("dropout", "failed"), ("stacked", "paused")):
        config = {"idea": idea, "updates": 800, "seed": 0}
        begun = Run("studies", idea, config, wandb="off", folder=tmp_path / "trials" / idea)
        begun.end(state, error="MemoryError: <full>" * (state == "failed"))
    page = night.write_report(tmp_path, None).read_text(encoding="utf-8")
    assert "4 trials are finished and 1 failed, 4 s of training" in page
    assert "Begun and not finished: stacked-800-0." in page
    assert "stacked" not in page.split("Not tried yet")[1]
    assert "MemoryError: &lt;full&gt;" in page and "<full>" not in page
    for heading in ("Error rates", "Curves", "Worst lines", "What to try next"):
        assert f"<h2>{heading}" in page
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page and "Worst lines of gru" in page
    assert 'src="http' not in page and "href" not in page and "<script" not in page
    assert page.count('src="data:image/png;base64,') == 2
    assert page.count('<img alt="') == page.count("<img")


def test_the_report_of_an_empty_night_says_so(tmp_path):
    page = night.write_report(tmp_path, None).read_text(encoding="utf-8")
    assert "No trial has finished yet" in page


def test_a_night_in_the_background_says_how_it_ended(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    folder = tmp_path / "studies" / "short"
    night.study_directory("short").mkdir(parents=True)
    with only_one(folder):  # An earlier night is at work, as after a restart of the kernel
        later = night.start("short", "--hours", "0.01", "--ideas", "gru", "--seeds", "1")
        later.process.wait()
        assert later.running
    assert not later.running
    with pytest.raises(StudyError, match="No trial is finished(?s:.)*running already"):
        later.wait()
    _shipped_results(folder)
    again = night.start("short", "--report")
    assert capsys.readouterr().out.endswith("labs overnight --name short --report\n")
    assert len(again.wait()) == 4
    shown, _ = DisplayFormatter().format(again.report())  # As a notebook shows it
    assert shown["text/html"].startswith('<iframe title="What the night brought" srcdoc="&lt;!doc')
    assert shown["text/plain"] == "A report in a frame: What the night brought"


def test_a_night_goes_on_with_what_is_missing(tmp_path):
    trials = plan(["base"], (0, 1))
    path = night.spend(tmp_path, trials[:1], 0.01, function=run)
    (first,) = finished_trials(tmp_path)
    assert path.exists() and first["configuration"]["seed"] == 0
    night.spend(tmp_path, trials, None, function=run)
    again, second = sorted(finished_trials(tmp_path), key=lambda record: record["key"])
    assert again == first and second["configuration"]["seed"] == 1
    with pytest.raises(StudyError, match="above 0"):
        night.spend(tmp_path, trials, float("nan"), function=run)


def test_a_damaged_study_is_named(tmp_path):
    path = tmp_path / "study.json.gz"
    path.write_bytes(gzip.compress(b'{"trials": ['))
    with pytest.raises(StudyError, match="is no study"):
        load_study(path)
    content = {"format": 99, "lines": LINES, "trials": []}
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    with pytest.raises(StudyError, match="format 99"):
        load_study(path)
    content = {"format": 1, "lines": LINES, "trials": _results(base=1).trials}
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    assert load_study(path).ideas == ["base"]
    assert np.isclose(load_study(path).rate("base"), 0.2)


def test_the_shipped_study_is_what_it_says():
    from shared.experiments.ideas.trial import count_edits
    from shared.lines import frozen_lines

    study, test = load_study(), frozen_lines()
    assert study.lines["test"] == {"texts": test.texts, "writers": test.writers}
    planned = {key_of(one): one for one in shipped_plan()}
    keys = [trial["key"] for trial in study.trials]
    assert len(keys) == len(set(keys)) and set(keys) <= set(planned)
    assert {"base", "augmentation", "no_context"} <= set(study.ideas)
    for trial in study.trials:
        assert planned[trial["key"]].items() <= {**trial, **trial["configuration"]}.items()
        assert trial["curve"][-1][0] == trial["configuration"]["updates"]
        assert trial["cer"]["test"] == pytest.approx(
            sum(trial["test"]["edits"]) / sum(study.lengths()), abs=1e-4
        )
    first = study.trials[0]["test"]
    assert first["edits"] == count_edits(test.texts, first["readings"])
    difference = study.compare("no_context")
    assert difference.low > 0, "taking all context away has to harm, or the study is not whole"


def test_a_study_can_be_cut_down_to_seeds():
    study = load_study()
    later = study.with_seeds([1, 2])
    assert set(later.of("base")) == {1, 2} and later.lines == study.lines
    assert len(study.with_seeds([0]).of("gru")) == 1


def test_the_claims_of_the_lab_rest_on_five_seeds():
    study = load_study()
    assert all(set(study.of(idea)) >= {0, 1, 2, 3, 4} for idea in CLAIM_IDEAS)
    later = study.with_seeds([1, 2, 3, 4])
    assert later.compare("more_channels").high < 0 < later.compare("gru").high
