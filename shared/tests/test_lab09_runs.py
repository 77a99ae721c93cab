"""What Lab 9 shows: simulated services, prices, and a service beside a notebook."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import cv2
import numpy as np
import pytest
from load_tests import CLIENTS, FAULTS, REQUESTS, load_test

from shared import pen
from shared.checks.answers import answer
from shared.course import notebooks
from shared.course.outline import this_course
from shared.course.running import small_parameters
from shared.exercises.lab09 import minutes
from shared.paths import data_file, sample, write_atomically
from shared.service.exporting.quantization import quantize
from shared.service.images import as_png
from shared.service.local import LocalService, NotRunning
from shared.service.reading import limited
from shared.service.traffic import send_lines
from shared.tests.service_support import written


@pytest.fixture(scope="module")
def tests():
    return {fault: [load_test(fault, clients) for clients in CLIENTS] for fault in FAULTS}


def test_a_healthy_service_bounds_its_times_and_refuses_the_rest(tests):
    one, eight, sixty, many = tests["healthy"]
    assert one.refused == eight.refused == 0 < sixty.refused < many.refused
    assert many.p95 < 1.2 * sixty.p95
    assert one.cpu == pytest.approx(many.cpu, rel=0.05)


def test_each_fault_shows_its_sign_and_no_other_service_does(tests):
    def those_with(sign):
        return {fault for fault, found in tests.items() if sign(found)}

    assert those_with(lambda t: t[-1].refused == 0) == {"queue without an end"}
    assert those_with(lambda t: t[0].p50 > 100) == {"loads the model each time"}
    assert those_with(lambda t: t[2].cpu > 2 * t[0].cpu) == {"too many threads"}
    assert those_with(lambda t: t[0].memory > 300) == {"keeps every image"}
    same = 1.2 * tests["reads one at a time"][0].per_second
    assert those_with(lambda t: 50 < t[1].per_second < same) == {"reads one at a time"}


def test_the_four_services_are_those_of_the_answer(tests):
    shown = sample("load_tests")
    for name, fault in answer("lab09.diagnose_services")().items():
        assert [t["p95"] for t in shown[name]] == pytest.approx([t.p95 for t in tests[fault]])
    leak = [test["memory"] for test in shown["D"]]
    assert leak[-1] - leak[0] == pytest.approx(3 * (leak[1] - leak[0]))
    assert load_test("healthy", 1, REQUESTS) == load_test("healthy", 1)
    with pytest.raises(ValueError, match="No service has the fault"):
        load_test("tired", 1)


def test_the_cheapest_threshold_is_the_answer():
    thresholds = [row[0] for row in sample("thresholds")]
    assert min(thresholds, key=minutes) == answer("lab09.cheapest_threshold")()


def test_a_companion_answers_and_leaves_no_process(tmp_path):
    first = LocalService(tmp_path)
    status, answer = first.ask("/v1/line", written())
    assert (status, answer["text"] != "") == (200, True)
    assert first.ask("/admin/swap", {"name": "line_strange.onnx"})[1]["reason"] == "model-refused"
    kept = {"image": "", "lines": []}
    assert first.ask("/v1/corrections", kept)[0] == 422
    second = LocalService(tmp_path)  # As when its cell is run again
    assert first.process.poll() == 0
    assert second.port != first.port or second.ask("/health/live")[0] == 200
    assert second.stop() == 0
    assert not (tmp_path / "admin-token").exists()
    assert "stopped" in repr(second)


def test_a_stopped_companion_says_what_to_do(tmp_path):
    one = LocalService(tmp_path)
    assert not (tmp_path / "admin-token").exists(), "a secret lies about while it is in use"
    assert one.stop() == 0
    with pytest.raises(NotRunning, match="was stopped. Run the cell that starts it again"):
        one.ask("/v1/line", written())
    with pytest.raises(NotRunning, match="was stopped"):
        one.ask("/admin/rollback", {})


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_companion_that_was_killed_shows_the_end_of_its_log(tmp_path):
    one = LocalService(tmp_path)
    one.process.kill()
    with pytest.raises(NotRunning, match='(?s)has ended by itself.*"event": "ready"'):
        one.ask("/health/live")
    one.stop()


def test_a_companion_begins_with_the_shipped_reader(tmp_path):
    one = LocalService(tmp_path)
    _, shipped = one.ask("/health/ready")
    small = quantize(data_file("models/reader.onnx").read_bytes(), "recurrent")
    write_atomically(tmp_path / "models" / "line_other.onnx", small)
    assert one.ask("/admin/models")[1]["available"] == ["line_other.onnx", "reader.onnx"]
    assert one.ask("/admin/swap", {"name": "line_other.onnx"})[0] == 200
    assert one.ask("/health/ready")[1] != shipped
    one.stop()  # As when a notebook ends between a swap and its rollback
    again = LocalService(tmp_path)
    assert again.ask("/health/ready")[1] == shipped
    assert again.ask("/admin/swap", {"name": "line_other.onnx"})[0] == 200, "its file is gone"
    again.stop()


def test_a_large_photograph_fits(tmp_path):
    rng = np.random.default_rng(0)
    small = written()
    assert limited(small, 12_000_000)[0] is small
    large = cv2.resize(small, (9000, round(9000 * small.shape[0] / small.shape[1])))
    large = np.vstack([large] + [np.full((4500 - len(large), 9000), 240, np.uint8)])
    large = np.clip(large + rng.normal(0, 4, large.shape), 0, 255).astype(np.uint8)
    one = LocalService(tmp_path)
    assert one.ask("/v1/page", large)[0] == 413
    fit, factor = limited(large, 12_000_000)
    assert fit.size <= 12_000_000 and abs(fit.shape[1] - factor * large.shape[1]) < 1
    status, answer = one.ask("/v1/page", fit)
    assert (status, len(answer["lines"])) == (200, 1)
    one.stop()


def test_its_links_go_through_the_hub_where_there_is_one(tmp_path, monkeypatch):
    one = LocalService(tmp_path)
    assert f'href="{one.address}"' in one._repr_html_()
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    assert f'href="/user/ada/proxy/{one.port}/docs"' in one._repr_html_()
    one.stop()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes")
def test_an_interrupt_of_the_notebook_leaves_the_companion_running(tmp_path):
    script = f"""
        import os, signal, time
        from shared.service.local import LocalService, NotRunning
        one = LocalService({str(tmp_path)!r})
        try:
            os.killpg(0, signal.SIGINT)  # As Jupyter does
            time.sleep(60)
        except KeyboardInterrupt:
            time.sleep(1)
        print(one.ask("/health/ready")[0], one.stop())
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True, text=True, timeout=90, start_new_session=True,
    )  # fmt: skip
    assert run.stdout.split() == ["200", "0"], run.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_companion_ends_when_its_notebook_is_killed(tmp_path):
    script = f"""
        import os, signal
        from shared.service.local import LocalService, NotRunning
        one = LocalService({str(tmp_path)!r})
        print(one.process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=90
    )
    assert run.returncode == -signal.SIGKILL
    child, until = int(run.stdout), time.monotonic() + 30
    while _lives(child) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _lives(child)


@pytest.mark.nightly
@pytest.mark.notebooks
def test_the_lab_learns_from_lines_of_ones_own(tmp_path, monkeypatch):
    import papermill

    folder = tmp_path / "my" / "handwriting" / "lines"
    folder.mkdir(parents=True)
    sent = send_lines([pen.hands("test")[3]], 20, 5)
    for number, line in enumerate(sent):
        (folder / f"line_{number}.png").write_bytes(as_png(line.image))
    texts = {f"line_{number}.png": line.text for number, line in enumerate(sent)}
    (folder / "lines.json").write_text(json.dumps(texts), encoding="utf-8")
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))
    (lab,) = this_course().find(["9"])
    source = this_course().labs / lab.notebook
    papermill.execute_notebook(
        str(source), str(tmp_path / "done.ipynb"), small_parameters(notebooks.load(source)),
        kernel_name="python3", cwd=str(tmp_path), progress_bar=False,
    )  # fmt: skip
    done = notebooks.load(tmp_path / "done.ipynb")["cells"]
    said = "".join("".join(o.get("text", "")) for cell in done for o in cell.get("outputs", ()))
    assert "This is your own handwriting" in said
    assert "20 lines are corrected by you; the lines used are yours" in said
    assert re.search(r"1[0-9] of its 20 texts were learned from", said)
    kept = json.loads((tmp_path / "my/lab09/corrections/labels.json").read_text(encoding="utf-8"))
    writers = [page["writer"] for page in kept["pages"]]
    assert writers.count("you") == 20 and len(writers) == 80 + 20  # Beside the stand-in's


def _lives(pid):
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
