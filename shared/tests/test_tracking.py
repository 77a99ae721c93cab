"""Runs: what is written can be read back, whatever happened to the file."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shared.experiments.tracking import (
    History,
    Run,
    changed_predictions,
    differing_settings,
    load_run,
    parallel_coordinates,
    ranked,
    unpack_image,
)
from shared.experiments.tracking.history import read

CONFIG = {"rate": 0.004, "network": "cnn"}


@pytest.fixture(autouse=True)
def own_my(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))


def a_run(name="first", accuracy=0.5, project="characters", **changes):
    run = Run(project, name, {**CONFIG, **changes}, wandb="off")
    for step in (10, 20):
        run.log(step, loss=1 / step, accuracy=accuracy * step / 20)
    readings = "abcx" if accuracy > 0.5 else "axcc"
    rows = [
        {"text": text, "prediction": read, "image": np.full((28, 28), k, np.uint8)}
        for k, (text, read) in enumerate(zip("abcd", readings, strict=True))
    ]
    run.predictions("validation", rows)
    run.finish(accuracy=accuracy)
    return load_run(run.folder)


def test_what_is_logged_can_be_read_back():
    run = a_run()
    assert (run.project, run.name, run.config, run.state) == (
        "characters", "first", CONFIG, "finished",
    )  # fmt: skip
    assert run.curves["loss"] == ([10, 20], [0.1, 0.05])
    assert run.summary == {"accuracy": 0.5}
    assert [row["prediction"] for row in run.tables["validation"]] == list("axcc")
    assert unpack_image(run.tables["validation"][3]["image"]).tolist() == [[3] * 28] * 28


def test_numbers_of_numpy_and_no_numbers_survive():
    with Run("p", "odd", {"rates": np.array([1, 2]), "n": np.int64(3)}, wandb="off") as run:
        run.log(1, loss=np.float32(0.5), worst=float("nan"), far=float("inf"))
    found = load_run(run.folder)
    assert found.config == {"rates": [1, 2], "n": 3}
    assert found.curves["loss"] == ([1], [0.5])
    assert np.isnan(found.curves["worst"][1][0]) and found.curves["far"][1] == [float("inf")]
    for line in (run.folder / "run.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_any_name_can_be_logged():
    with Run("p", "names", {"state": 1, "step": 2}, wandb="off") as run:
        run.log(1, step=3.0, error=4.0, self=5.0)
        run.finish(state=6.0, error=7.0, summary=8.0, self=9.0)
    found = load_run(run.folder)
    assert found.curves["error"] == ([1], [4.0]) and found.state == "finished"
    assert found.summary == {"state": 6.0, "error": 7.0, "summary": 8.0, "self": 9.0}


def test_what_cannot_be_logged_is_a_sentence():
    with (
        Run("p", "x", {}, wandb="off") as run,
        pytest.raises(TypeError, match="numbers, text, lists"),
    ):
        run.log(1, loss=object())
    assert load_run(run.folder).curves == {}


@pytest.mark.parametrize("damage", [b'{"kind": "metr', b"\x00" * 40, b'{"no": "kind"}\n', b"[1]\n"])
def test_a_damaged_end_costs_no_whole_record(damage):
    run = Run("p", "cut", CONFIG, wandb="off")
    run.log(1, loss=3.0)
    path = run.folder / "run.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + damage)
    found = load_run(run.folder)
    assert found.curves["loss"] == ([1], [3.0]) and found.state == "unfinished"
    again = Run("p", "cut", CONFIG, wandb="off", resume=True)
    again.log(2, loss=2.0)
    again.finish()
    assert load_run(run.folder).curves["loss"] == ([1, 2], [3.0, 2.0])
    assert path.with_name("run.jsonl.damaged").read_bytes() == damage


def test_each_damage_is_told_and_set_aside_under_a_name_of_its_own(capsys):
    run = Run("p", "hurt", CONFIG, wandb="off")
    for step in range(3):
        run.log(step, loss=3.0 - step)
    path, kept = run.folder / "run.jsonl", []
    for gone in (1, 2):  # The record of that step; those behind it are kept
        lines = path.read_bytes().splitlines(keepends=True)
        kept.append(b"#" + lines[2])
        path.write_bytes(b"".join([*lines[:2], kept[-1], *lines[3:]]))
        again = Run("p", "hurt", CONFIG, wandb="off", resume=True)
        assert "was damaged" in capsys.readouterr().out
        assert load_run(run.folder).curves["loss"][0] == [0, 3 - gone]
        again.log(gone, loss=1.0)
    names = ("run.jsonl.damaged", "run.jsonl.damaged-2")
    assert [path.with_name(name).read_bytes() for name in names] == kept


def test_a_run_at_work_in_another_process_is_refused():
    code = (
        "import time; from shared.experiments.tracking import Run; "
        "run = Run('p', 'alive', {}, wandb='off'); print(run.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline()
            with pytest.raises(FileExistsError, match=f"process {process.pid}"):
                Run("p", "alive", {}, wandb="off", resume=True)
        finally:
            process.kill()
    with Run("p", "alive", {}, wandb="off", resume=True) as run:
        assert run.resumed


def test_a_history_cut_at_any_byte_gives_the_records_before(tmp_path):
    history = History(tmp_path / "h.jsonl")
    for step in range(3):
        history.append({"kind": "metrics", "step": step, "values": {"é": 0.5}})
    content = (tmp_path / "h.jsonl").read_bytes()
    ends = [k + 1 for k, byte in enumerate(content) if byte == 10]
    for length in range(len(content) + 1):
        (tmp_path / "cut.jsonl").write_bytes(content[:length])
        assert len(read(tmp_path / "cut.jsonl")) == sum(end <= length for end in ends)


def test_a_full_disk_is_named_and_takes_nothing(tmp_path, monkeypatch):
    history = History(tmp_path / "h.jsonl")
    history.append({"kind": "start"})

    class Full:
        def __init__(self, file):
            self.file = file

        def write(self, payload):
            self.file.write(payload[:5])
            raise OSError(errno.ENOSPC, "No space left on device")

        def __getattr__(self, name):
            return getattr(self.file, name)

    kept = history._file
    history._file = Full(kept)
    with pytest.raises(OSError, match="The disk is full: .*h.jsonl keeps what it had"):
        history.append({"kind": "metrics"})
    history._file = kept
    history.append({"kind": "end"})
    assert [record["kind"] for record in read(tmp_path / "h.jsonl")] == ["start", "end"]


def test_a_full_device_is_named_for_real():
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this system has no /dev/full")
    history = History.__new__(History)
    history.path, history._file = device, device.open("ab", buffering=0)
    with pytest.raises(OSError, match="disk is full"):
        history.append({"kind": "start"}, durable=False)


def test_a_name_is_not_used_twice_by_mistake():
    a_run()
    with pytest.raises(FileExistsError, match=r"called 'first' exists \(finished"):
        Run("characters", "first", CONFIG, wandb="off")
    with pytest.raises(FileExistsError, match="is over"):
        Run("characters", "first", CONFIG, wandb="off", resume=True)


def test_a_run_goes_on_with_its_own_configuration_only():
    run = Run("p", "long", CONFIG, wandb="off")
    run.log(1, loss=1.0)
    with pytest.raises(FileExistsError, match="rate = 0.004, not 0.1"):
        Run("p", "long", {**CONFIG, "rate": 0.1}, wandb="off", resume=True)
    again = Run("p", "long", CONFIG, wandb="off", resume=True)
    assert again.resumed and again.id == run.id
    again.log(1, loss=0.5)
    again.finish()
    assert load_run(run.folder).curves["loss"] == ([1], [0.5])


def test_an_error_inside_is_written_down_and_raised_on():
    with pytest.raises(ZeroDivisionError), Run("p", "bad", {}, wandb="off") as run:
        run.log(1, loss=1 / 0)
    found = load_run(run.folder)
    assert found.state == "failed" and "ZeroDivisionError" in found.error


def test_a_name_stays_inside_its_folder():
    for name in ("../up", "/root", "", "a/b", ".hidden"):
        with pytest.raises(ValueError, match="cannot be the name of a folder"):
            Run("p", name, {}, wandb="off")


def test_an_artifact_is_kept_with_its_checksum():
    run = Run("p", "kept", {}, wandb="off")
    path = run.artifact("weights.bin", b"123")
    run.finish()
    assert path.read_bytes() == b"123"
    assert load_run(run.folder).artifacts[0]["bytes"] == 3
    with pytest.raises(ValueError, match="is finished"):
        run.log(3, loss=1.0)


def test_pictures_order_runs_and_say_what_they_show():
    runs = [a_run("low", 0.3), a_run("high", 0.8, rate=0.1), a_run("middle", 0.4, rate=0.01)]
    runs.append(load_run(Run("characters", "begun", CONFIG, wandb="off").folder))
    assert differing_settings(runs) == ["rate"]
    assert [run.name for run in ranked(runs, "accuracy")] == ["high", "middle", "low", "begun"]
    assert [run.name for run in ranked(runs, "accuracy", larger=False)][0] == "low"
    assert "Best first: rate 0.1: 0.8" in parallel_coordinates(runs, "accuracy").alt
    with pytest.raises(ValueError, match="0 runs with a value of 'cer'"):
        parallel_coordinates(runs, "cer")


def test_two_runs_are_compared_example_by_example():
    low, high = a_run("low", 0.3), a_run("high", 0.8, rate=0.1)
    changed = changed_predictions(low, high)
    assert [(r["text"], r["first"], r["second"]) for r in changed] == [
        ("b", "x", "b"), ("d", "c", "x"),
    ]  # fmt: skip
    other = Run("characters", "other", CONFIG, wandb="off")
    other.predictions("validation", [{"text": "z", "prediction": "z"}])
    with pytest.raises(ValueError, match="different examples"):
        changed_predictions(low, load_run(other.folder))


def test_tracking_loads_neither_wandb_nor_tensorflow():
    code = "import sys, shared.experiments.tracking, shared.experiments; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"wandb", "tensorflow", "keras", "ray", "matplotlib"} & set(done.stdout.split())
