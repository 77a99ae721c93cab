"""Studies at work: parallel, resumed, crashed, stopped, on one machine."""

import functools
import time

import pytest
from optuna.pruners import SuccessiveHalvingPruner

from shared.experiments import Study, StudyError
from shared.experiments import run_study as run_and_track
from shared.experiments.storage import journal_file, open_study
from shared.paths import locked
from shared.tests.fixtures.toy_experiments import climb
from shared.tests.test_mirror import records_of

CLIMB = "shared.tests.fixtures.toy_experiments:climb"
HALVING = SuccessiveHalvingPruner(min_resource=2, reduction_factor=2)
run_study = functools.partial(run_and_track, wandb="off")


@pytest.fixture(autouse=True)
def own_my(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))


def test_trials_run_in_two_processes_and_are_kept():
    study = Study("two", CLIMB, "height", space={"rate": [0.1, 0.2, 0.3, 0.4]},
                  fixed={"pause": 0.02})  # fmt: skip
    runs = run_study(study, workers=2, quiet=True)
    assert [run.config["rate"] for run in runs] == [0.1, 0.2, 0.3, 0.4]
    assert {run.state for run in runs} == {"finished"}
    assert len({run.summary["pid"] for run in runs}) == 2
    assert runs[1].curves["height"][0] == list(range(1, 9))
    assert runs[1].tables["validation"] == [{"text": "a", "prediction": "a"}]
    assert (runs[1].folder / "artifacts/height.txt").read_text() == "0.2"
    assert "step 8 with seed 0" in (runs[1].folder / "log.txt").read_text()
    assert study.best().config["rate"] == 0.4
    assert not list((study.folder / "scratch").iterdir())


def test_one_fault_costs_one_trial(capsys):
    faults = ["raise", "none", "die", "swallow"]
    study = Study("faults", CLIMB, "height", space={"fault": faults})
    runs = run_study(study, workers=2)
    states = {run.config["fault"]: run.state for run in runs}
    assert states == {
        "raise": "failed", "none": "finished", "die": "failed", "swallow": "finished",
    }  # fmt: skip
    errors = {run.config["fault"]: run.error for run in runs}
    assert errors["raise"] == "RuntimeError: this trial was asked to fail"
    assert "killed from outside" in errors["die"]
    assert "asked to fail" in (runs[0].folder / "log.txt").read_text()
    assert "2 of 4 trials finished, 2 failed" in capsys.readouterr().out


def test_a_second_run_does_only_what_is_missing():
    study = Study("again", CLIMB, "height", space={"fault": ["none", "raise"]})
    before = run_study(study, workers=1, quiet=True)
    after = run_study(study, workers=1, quiet=True)
    assert after[0].summary["pid"] == before[0].summary["pid"]  # Not run again
    assert after[1].state == "failed"  # Tried again from its checkpoint, and it fails again
    grown = Study("again", CLIMB, "height", space={"fault": ["none"]}, seeds=[0, 1])
    runs = run_study(grown, workers=1, quiet=True)
    assert [run.config["seed"] for run in runs][:2] == [0, 1]
    assert runs[0].summary["pid"] == before[0].summary["pid"]


def test_another_study_of_the_name_is_refused():
    run_study(Study("name", CLIMB, "height", fixed={"steps": 1}), workers=1, quiet=True)
    with pytest.raises(StudyError, match="another study called 'name'.*its metric was 'height'"):
        run_study(Study("name", CLIMB, "first", fixed={"steps": 1}), workers=1, quiet=True)
    with pytest.raises(StudyError, match="its function was"):
        run_study(Study("name", "shared.experiments.characters:train", "height"), quiet=True)
    same = run_study(Study("name", climb, "height", fixed={"steps": 1}), workers=1, quiet=True)
    assert same[0].state == "finished"  # The function itself, or its name: one study
    runs = run_study(
        Study("name", CLIMB, "first", fixed={"steps": 1}), workers=1, quiet=True, fresh=True
    )
    assert runs[0].state == "finished"
    assert len(list((runs[0].folder.parents[2]).glob("name.old/trials/*"))) == 1


def test_a_study_runs_once_at_a_time():
    study = Study("busy", CLIMB, "height")
    with (
        locked(study.folder / "study.lock"),
        pytest.raises(StudyError, match="is running already: .*held by process"),
    ):
        run_study(study, quiet=True)


def test_hopeless_trials_stop_early():
    study = Study("halving", CLIMB, "height", space={"rate": [0.9, 0.1, 0.2, 0.8]}, stop=HALVING)
    runs = run_study(study, workers=1, quiet=True)
    assert [run.state for run in runs] == ["finished", "stopped", "stopped", "stopped"]
    assert [run.curves["height"][0][-1] for run in runs] == [8, 2, 2, 4]


def test_a_careless_training_cannot_swallow_the_end():
    study = Study("careless", CLIMB, "height", stop=HALVING,
                  space={"rate": [0.9, 0.1]}, fixed={"fault": "swallow"})  # fmt: skip
    assert [run.state for run in run_study(study, workers=1, quiet=True)] == ["finished", "stopped"]


def test_a_spent_budget_pauses_and_a_later_run_goes_on():
    study = Study("budget", CLIMB, "height", seconds=1.0, space={"rate": [0.1, 0.2]},
                  fixed={"steps": 60, "pause": 0.1})  # fmt: skip
    begun = time.monotonic()
    paused = run_study(study, workers=1, quiet=True)
    assert time.monotonic() - begun < 30
    assert [run.state for run in paused] == ["paused"]
    study.seconds = None
    study.fixed = {"steps": 60, "pause": 0.1}
    done = run_study(study, workers=2, quiet=True)
    assert [run.state for run in done] == ["finished", "finished"]
    reached = paused[0].curves["height"][0][-1]  # The report that paused; its step is taken again
    assert done[0].summary["first"] == reached - 1
    assert done[0].curves["height"][0] == list(range(1, 61))


def test_a_trial_that_takes_too_much_memory_ends_alone(monkeypatch):
    from shared.experiments import running

    monkeypatch.setattr(running, "WORKER_BYTES", 2.5e8)
    monkeypatch.setattr(running.local, "available_bytes", lambda: 2.0e8)
    study = Study("hungry", CLIMB, "height", space={"fault": ["hungry", "none"]})
    runs = run_study(study, workers=1, quiet=True)
    assert [run.state for run in runs] == ["failed", "finished"]
    assert "GB of memory, at most 0.2 GB are allowed" in runs[0].error


def test_a_function_of_the_notebook_works_and_an_edit_is_noticed():
    def train(config, trial):
        trial.report(1, score=config["x"])
        return {"score": config["x"] * 2}

    study = Study("cell", train, "score", space={"x": [1.0, 2.0]})
    assert [r.summary["score"] for r in run_study(study, workers=1, quiet=True)] == [2.0, 4.0]

    def train(config, trial):
        return {"score": config["x"] * 3}

    with pytest.raises(StudyError, match="edited.*fresh=True"):
        run_study(Study("cell", train, "score", space={"x": [1.0]}), workers=1, quiet=True)


def test_what_a_function_returns_wrongly_is_a_failure_with_a_sentence():
    study = Study("odd", lambda config, trial: 0.5, "score")
    (run,) = run_study(study, workers=1, quiet=True)
    assert run.state == "failed" and "returns its numbers by name" in run.error


def test_an_unknown_engine_is_a_sentence():
    with pytest.raises(StudyError, match="'local' and 'ray'"):
        run_study(Study("engine", CLIMB, "height"), "dask", quiet=True)


def test_workers_get_their_share_of_threads():
    def count(config, trial):
        import os

        return {"threads": float(os.environ["OMP_NUM_THREADS"])}

    from shared.backend import cpu_count

    runs = run_study(Study("threads", count, "threads", seeds=[1, 2]), workers=2, quiet=True)
    assert {run.summary["threads"] for run in runs} == {max(1, cpu_count() // 2)}


def test_every_trial_is_in_wandbs_files_grouped_by_study():
    study = Study("seen", CLIMB, "height", fixed={"steps": 2}, space={"fault": ["none", "raise"]})
    runs = run_and_track(study, workers=1, quiet=True)
    folder = runs[0].folder.parents[3] / "wandb"
    assert len(list(folder.rglob("*.wandb"))) == 2
    run_and_track(study, workers=1, quiet=True)  # Nothing that is over is written again
    assert len(list(folder.rglob("*.wandb"))) == 2
    started = [record["run"] for record in records_of(folder.parents[1]) if "run" in record]
    assert {(one["project"], one["run_group"]) for one in started} == {("studies", "seen")}
    assert started[0]["display_name"].startswith("fault=")


def test_the_journal_is_made_anew_from_the_histories():
    study = Study("torn", CLIMB, "height", space={"rate": [0.1, 0.2]})
    before = run_study(study, workers=1, quiet=True)
    journal = study.folder / "journal.log"
    for damage in (b'{"op_code": 4, "wor', b"\x00" * 20 + b"\n"):
        journal.write_bytes(journal.read_bytes() + damage)
        after = run_study(study, workers=1, quiet=True)
        assert [run.summary["pid"] for run in after] == [run.summary["pid"] for run in before]
        books = open_study(journal_file(journal), "torn", "max", None)
        assert [trial.value for trial in books.trials] == pytest.approx([0.8, 1.6])
        assert books.best_trial.params == {"rate": 0.2}


def test_a_rule_knows_the_trials_of_an_earlier_run():
    first = Study("rungs", CLIMB, "height", space={"rate": [0.9]}, stop=HALVING)
    run_study(first, workers=1, quiet=True)
    grown = Study("rungs", CLIMB, "height", space={"rate": [0.9, 0.1]}, stop=HALVING)
    runs = run_study(grown, workers=1, quiet=True)
    assert [run.state for run in runs] == ["finished", "stopped"]


def test_nothing_that_was_set_aside_is_lost():
    for steps in (1, 2, 3):
        study = Study("anew", CLIMB, "height", fixed={"steps": steps})
        run_study(study, workers=1, quiet=True, fresh=True)
    kept = sorted(study.folder.parent.glob("anew.old*/trials/*/run.jsonl"))
    assert [path.parents[2].name for path in kept] == ["anew.old", "anew.old-2"]
