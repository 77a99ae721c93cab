"""Faults that were found in the service once, each as its whole kind."""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import tracemalloc

import numpy as np
import psutil
import pytest
from PIL import Image
from pressing import Load, press

from shared.labeling import LabelError, read_labels
from shared.paths import locked
from shared.service import images
from shared.service.corrections import LabelFolder
from shared.service.local import LocalService
from shared.service.models import NOTE, ModelShelf
from shared.service.server import listen
from shared.tests.service_support import (
    DETECTOR,
    PNG,
    READER,
    client,
    encoded,
    written,
)

# Which model is served


@pytest.mark.parametrize(
    ("note", "asked", "served", "said"),
    [
        (None, None, "reader.onnx", "nothing else was asked for"),
        ('{"line": "line_noted.onnx"}', None, "line_noted.onnx", "says that it was swapped in"),
        ('{"line": "line_noted.onnx"}', "asked.onnx", "asked.onnx", "asked for.*is not followed"),
        ('{"line": "line_gone.onnx"}', None, "reader.onnx", "cannot be followed.*line_gone"),
        ('{"line": "line_damaged.onnx"}', None, "reader.onnx", "cannot be followed.*line_damaged"),
        ('{"line": "line_damaged.onnx"}', "asked.onnx", "asked.onnx", "is not followed"),
        ("{half", None, "reader.onnx", "cannot be followed"),
        ("[]", None, "reader.onnx", "cannot be followed"),
    ],
)
def test_what_was_typed_wins_and_the_reason_is_said(tmp_path, note, asked, served, said):
    models = tmp_path / "models"
    models.mkdir()
    for copy in (models / "line_noted.onnx", tmp_path / "asked.onnx"):
        shutil.copy(READER, copy)
    (models / "line_damaged.onnx").write_bytes(READER.read_bytes()[:90_000])
    if note:
        (models / NOTE).write_text(note)
    shelf = ModelShelf(asked and tmp_path / asked, DETECTOR, models)
    assert shelf.current.file.name == served
    assert re.search(said, shelf.because), shelf.because


# Names and sites


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200), ("127.0.0.1", 200), ("192.168.0.7:80", 200), ("[::1]:8000", 200),
        ("read.example", 200), ("READ.example:443", 200), ("evil.example", 403),
        ("127.0.0.1.evil.example", 403), ("localhost.evil.example:8000", 403), ("[::1", 403),
    ],
)  # fmt: skip
def test_a_strange_name_is_refused(tmp_path, host, status):
    with client(tmp_path, hosts=("read.example",)) as one:
        for address in ("/health/live", "/metrics", "/"):
            assert one.get(address, headers={"Host": host}).status_code == status


def test_any_name_is_right_where_a_proxy_has_looked(tmp_path):
    with client(tmp_path, hosts=("*",)) as one:
        assert one.get("/health/live", headers={"Host": "evil.example"}).status_code == 200


def test_a_page_of_another_port_is_another_site(tmp_path):
    with client(tmp_path) as one:
        for site, status in (("same-site", 403), ("same-origin", 200), ("none", 200)):
            headers = {**PNG, "Sec-Fetch-Site": site}
            answer = one.post("/v1/line", content=encoded(written()), headers=headers)
            assert answer.status_code == status


# Connections


def test_half_sent_heads_are_closed_and_keep_nobody_out(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_SERVICE_HEAD_SECONDS", "1.5")
    with LocalService(tmp_path) as child:
        address = ("127.0.0.1", child.port)
        half = [socket.create_connection(address) for _ in range(150)]
        for one in half:
            one.sendall(b"POST /v1/line HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        kept = http.client.HTTPConnection(*address, timeout=5)
        for _ in range(2):  # A second head on a connection that has had an answer
            kept.request("GET", "/health/ready")
            answer = kept.getresponse()
            assert answer.status == 200 and answer.read()
        kept.sock.sendall(b"GET /health/ready HT")
        dripping, until = half[0], time.monotonic() + 10
        waiting = {*half[1:], kept.sock}
        while waiting and time.monotonic() < until:
            for one in list(waiting):
                one.settimeout(0.01)
                try:
                    if one.recv(100) == b"":
                        waiting.discard(one)
                except TimeoutError:
                    break
                except ConnectionError:
                    waiting.discard(one)
            try:
                dripping.sendall(b"a")  # A byte now and then buys no time
            except ConnectionError:
                dripping = half[0]
        assert not waiting, f"{len(waiting)} connections are still open"
        assert child.ask("/v1/line", encoded(written()))[0] == 200
        for one in half:
            one.close()


def test_a_taken_port_is_one_sentence_and_nothing_is_announced():
    with listen("127.0.0.1", 0) as taken:
        done = _serve("--port", str(taken.getsockname()[1]))
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("labs serve: Nothing can listen at 127.0.0.1, port")
    assert "Name another --port" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "99999"], "'99999' is no port"), (["--port", "-1"], "'-1' is no port"),
        (["zzz"], "unrecognized arguments: zzz"), (["--line", "none.onnx"], "none.onnx"),
        (["--admin-token-file", "/dev/null"], "is empty"), (["--threads", "0"], "THREADS"),
        (["--corrections", str(READER)], "Corrections cannot be kept in"),
    ],
)  # fmt: skip
def test_wrong_words_are_explained_before_anything_is_announced(words, said):
    done = _serve("--port", "0", *words)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert "The page is at" not in done.stdout


def _serve(*words):
    command = [sys.executable, "-m", "shared.course", "serve", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


# Memory


def test_a_large_image_of_16_bits_takes_little_more_than_its_gray_pixels():
    image = Image.fromarray(np.full((3000, 3000), 40_000, np.uint16))
    content = encoded(np.asarray(image))
    tracemalloc.start()
    gray = images.decode_upload(content, 25_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert gray.shape == (3000, 3000) and gray[0, 0] == round(40_000 / 65_535 * 255)
    assert peak < 2.5 * gray.size  # Pillow's own two bytes a pixel are not traced


def test_the_pixels_at_work_together_are_bounded():
    decoder = images.Decoder(100_000)
    sizes = [(300, 300), (200, 200), (100, 100), (200, 250), (310, 320)] * 3
    contents = [encoded(np.zeros(size, np.uint8)) for size in sizes]
    lock, at_work, most = threading.Lock(), 0, 0

    def read(content):
        nonlocal at_work, most
        with decoder.decoded(content) as gray:
            with lock:
                at_work += gray.size
                most = max(most, at_work)
            time.sleep(0.005)
            with lock:
                at_work -= gray.size

    threads = [threading.Thread(target=read, args=(content,)) for content in contents]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    assert not any(thread.is_alive() for thread in threads)
    assert 90_000 < most <= 100_000


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("kind", "pixels"),
    [("PNG", np.full((4990, 4990), 40_000, np.uint16)),
     *((kind, np.full((4990, 4990, 3), (240, 230, 200), np.uint8))
       for kind in ("JPEG", "PNG", "WEBP"))],
)  # fmt: skip
def test_eight_large_uploads_at_once_stay_within_300_megabytes(tmp_path, kind, pixels):
    content, peak = encoded(pixels, kind), 0.0
    with LocalService(tmp_path) as child:
        pressing = threading.Thread(
            target=lambda: found.append(press(child, "/v1/page", [content], 8, 8))
        )
        found: list[Load] = []
        pressing.start()
        while pressing.is_alive():
            peak = max(peak, psutil.Process(child.process.pid).memory_info().rss / 1e6)
            time.sleep(0.01)
    assert found[0].statuses == {200: 8} and peak < 300


# Corrections


def sent(text="the first line", who=None, image=0, **more):
    page = np.full((60, 300), 250, np.uint8)
    page[20:40, 20:60] = image
    line = {"id": "line-001", "box": [0, 0, 300, 60], "text": text}
    content = base64.b64encode(encoded(page)).decode()
    return {"image": content, "annotator": who, "lines": [line], **more}


def test_eight_people_correct_one_line_at_once_and_no_text_is_lost(tmp_path):
    texts = [f"said by {name}" for name in "abcdefgh"]
    with client(tmp_path) as one:
        answers = []
        threads = [
            threading.Thread(
                target=lambda t=text: answers.append(one.post("/v1/corrections", json=sent(t, t)))
            )
            for text in texts
        ]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        again = one.post("/v1/corrections", json=answers and sent(_kept(tmp_path).text))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert sorted(answer.json()["replaced"] for answer in answers) == [0] + [1] * 7
    assert again.json()["replaced"] == 0  # The same text replaces nothing
    rows = (tmp_path / "corrections/replaced.jsonl").read_text(encoding="utf-8").splitlines()
    earlier = [json.loads(row) for row in rows]
    assert sorted([row["text"] for row in earlier] + [_kept(tmp_path).text]) == texts
    assert all(row["annotator"] == row["text"] and row["image"] for row in earlier)


def _kept(folder):
    (page,) = read_labels(folder / "corrections").pages
    return page.lines[0]


def test_a_writer_who_is_named_later_is_kept(tmp_path):
    with client(tmp_path) as one:
        for writer in (None, "ada", None):
            one.post("/v1/corrections", json=sent(writer=writer))
    assert read_labels(tmp_path / "corrections").pages[0].writer == "ada"


def test_damaged_labels_are_told_at_the_start_and_by_ready(tmp_path):
    labels = tmp_path / "corrections/labels.json"
    with client(tmp_path) as one:
        assert one.post("/v1/corrections", json=sent()).status_code == 201
        whole = labels.read_bytes()
        labels.write_bytes(whole[:50])
        for _ in range(2):
            answer = one.get("/health/ready")
            assert (answer.status_code, answer.json()["reason"]) == (503, "not-ready")
            assert "labels.json" in answer.json()["detail"]
        answer = one.post("/v1/corrections", json=sent("another"))
        assert (answer.status_code, answer.json()["reason"]) == (503, "not-ready")
        assert "labels.json" in answer.json()["detail"] and labels.read_bytes() == whole[:50]
        assert one.post("/v1/line", content=encoded(written()), headers=PNG).status_code == 200
        labels.write_bytes(whole)  # No new start is needed
        assert one.get("/health/ready").status_code == 200
    for damage in (b"", b"[]", b"{half", b"\xff\xfe"):
        labels.write_bytes(damage)
        with pytest.raises(LabelError, match="labels.json.*--no-corrections"):
            client(tmp_path)
    with client(tmp_path, keep_corrections=False) as one:
        assert one.get("/health/ready").status_code == 200


def test_what_a_kill_left_is_swept_and_nothing_else(tmp_path):
    folder = tmp_path / "corrections"
    with client(tmp_path) as one:
        one.post("/v1/corrections", json=sent())
    named = sorted(path.name for path in (folder / "images").iterdir())
    for name in (".labels.json.x.part", "images/.a.png.y.part", "images/0123456789abcdef.png",
                 "images/mine.png", "notes.txt"):  # fmt: skip
        (folder / name).write_bytes(b"x")
    client(tmp_path)
    assert sorted(path.name for path in (folder / "images").iterdir()) == [*named, "mine.png"]
    assert [path.name for path in (folder / "unnamed").iterdir()] == ["0123456789abcdef.png"]
    assert (folder / "notes.txt").exists() and not list(folder.glob(".*.part"))
    (folder / "labels.json").rename(folder / "labels.json.aside")
    assert LabelFolder(folder).sweep() == 0, "without labels nobody knows what is named"


def test_corrections_that_wait_hold_up_no_line(tmp_path):
    with client(tmp_path) as one, locked(tmp_path / "corrections/.lock"):
        waiting = [
            threading.Thread(target=one.post, args=("/v1/corrections",), kwargs={"json": sent()})
            for _ in range(4)
        ]
        [thread.start() for thread in waiting]
        time.sleep(0.2)
        begun = time.monotonic()
        for _ in range(3):
            answer = one.post("/v1/line", content=encoded(written()), headers=PNG)
            assert answer.status_code == 200
        assert time.monotonic() - begun < 4  # They wait for five seconds
        [thread.join() for thread in waiting]
