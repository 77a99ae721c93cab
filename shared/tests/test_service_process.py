"""The service as a process: it stops in order, survives a kill, and its store is never half."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import numpy as np
import pytest
from pressing import press

from shared.labeling import read_labels, validate
from shared.service.local import LocalService
from shared.tests.service_support import encoded, written

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL and SIGTERM")


@pytest.fixture(scope="module")
def lines():
    return [encoded(written(seed=seed)) for seed in range(4)]


def entries(folder):
    lines = (folder / "log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]  # Others are for people


def test_it_stops_in_order_and_finishes_what_it_began(tmp_path, lines):
    with LocalService(tmp_path) as child:
        found = []
        thread = threading.Thread(
            target=lambda: found.append(press(child, "/v1/line", lines, 400, clients=4))
        )
        thread.start()
        time.sleep(0.5)
        status = child.stop()
        thread.join()
    assert status == 0
    (pressed,) = found
    assert pressed.seconds and set(pressed.statuses) <= {200, 503, 0}
    log = entries(tmp_path)
    assert log[-1]["event"] and "stopped" in [entry["event"] for entry in log]
    assert all(entry["status"] in (200, 503) for entry in log if entry["event"] == "request")


def test_an_upload_that_is_broken_off_is_no_mistake_of_the_service(tmp_path):
    with LocalService(tmp_path) as child:
        for path, kind in (("line", "image/png"), ("page", "image/png"),
                           ("corrections", "application/json")):  # fmt: skip
            head = (
                f"POST /v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
                "Content-Length: 100000\r\n\r\n"
            )
            with socket.create_connection(("127.0.0.1", child.port)) as upload:
                upload.sendall(head.encode() + b"a" * 500)
                time.sleep(0.3)
        time.sleep(0.5)
        figures = urllib.request.urlopen(f"http://127.0.0.1:{child.port}/metrics").read().decode()
        child.stop()
    assert 'problems_total{reason="aborted"} 3.0' in figures and 'status="499"' in figures
    assert 'reason="internal"' not in figures and 'status="500"' not in figures
    log = entries(tmp_path)
    requests = [entry for entry in log if entry["event"] == "request" and entry["status"] == 499]
    assert [entry["reason"] for entry in requests] == ["aborted"] * 3
    assert "mistake" not in {entry["event"] for entry in log}


def test_killed_under_load_it_starts_again_and_answers_the_same(tmp_path, lines):
    with LocalService(tmp_path) as child:
        before = press(child, "/v1/line", lines, 8)
        texts = [answer["text"] for answer in before.answers]
        assert texts[:4] == texts[4:]
        thread = threading.Thread(target=press, args=(child, "/v1/line", lines, 200, 4))
        thread.start()
        time.sleep(0.3)
        child.process.kill()
        thread.join()
        assert child.process.wait() == -signal.SIGKILL
        port = child.port
    with LocalService(tmp_path, port=port) as child:  # The same port, at once
        after = press(child, "/v1/line", lines, 40, 4)
        assert after.statuses == {200: 40}
        assert [answer["text"] for answer in after.answers] == 10 * texts[:4]


def _correct(folder, seed):
    """Keep corrections without end; a process of its own that will be killed."""
    from shared.service.corrections import LabelFolder
    from shared.service.schemas import CorrectedLine, Correction

    store, rng = LabelFolder(folder), np.random.default_rng(seed)
    for k in range(10_000):
        gray = rng.integers(256, size=(40, 60)).astype(np.uint8)
        lines = [
            CorrectedLine(id=f"line-{n}", box=(1, 20 * n - 18, 50, 20 * n - 2), text=f"{k} {n}")
            for n in (1, 2)
        ]
        image = base64.b64encode(b"unused").decode()
        store.keep(gray, Correction(image=image, lines=lines))


def kill_while_storing(folder, kills, wait):
    """Kill a storing process again and again; the store is whole each time."""
    context = multiprocessing.get_context("spawn")
    rng, count = np.random.default_rng(0), 0
    for attempt in range(kills):
        process = context.Process(target=_correct, args=(folder, attempt))
        process.start()
        deadline = time.monotonic() + 60
        while len(_pages(folder)) <= count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, wait))
        process.kill()
        process.join()
        labels = read_labels(folder)
        assert len(labels.pages) > count, "nothing was stored before the kill"
        count = len(labels.pages)
        assert all(len(page.lines) == 2 for page in labels.pages)
        assert not [p for p in validate(labels, folder) if p.severity == "error"]


def _pages(folder):
    try:
        return read_labels(folder).pages
    except FileNotFoundError:
        return ()


def test_a_killed_store_is_whole(tmp_path):
    kill_while_storing(tmp_path, kills=2, wait=0.1)


@pytest.mark.nightly
def test_a_store_killed_often_is_whole(tmp_path):
    kill_while_storing(tmp_path, kills=25, wait=0.2)


def test_two_processes_lose_no_correction_of_each_other(tmp_path):
    code = (
        "import sys; from pathlib import Path; import numpy as np; "
        "from shared.service.corrections import LabelFolder; "
        "from shared.service.schemas import CorrectedLine, Correction; "
        "store = LabelFolder(Path(sys.argv[1])); seed = int(sys.argv[2]); "
        "rng = np.random.default_rng(seed); "
        "[store.keep(rng.integers(256, size=(40, 60)).astype(np.uint8), Correction(image='x', "
        "lines=[CorrectedLine(id='a', box=(1, 1, 50, 30), text='word')])) for _ in range(10)]"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(seed)]) for seed in (1, 2)
    ]
    assert [one.wait() for one in both] == [0, 0]
    assert len(read_labels(tmp_path).pages) == 20


def test_the_command_says_what_is_wrong(tmp_path):
    words = [sys.executable, "-m", "shared.course", "serve", "--port", "0"]
    done = subprocess.run(
        [*words, "--line", str(tmp_path / "none.onnx")], capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2 and "none.onnx" in done.stderr and "Traceback" not in done.stderr
