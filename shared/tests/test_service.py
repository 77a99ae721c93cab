"""The service: what it answers, what it refuses, and what it never writes down."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from shared.pages.confidence import log_probability
from shared.service import reading
from shared.service.exporting.runtime import load_model
from shared.service.problems import CONTENT_TYPE, REASONS, Problem
from shared.service.watching import JsonLines
from shared.tests.service_support import (
    ADMIN,
    DETECTOR,
    PNG,
    READER,
    TOKEN,
    client,
    encoded,
    written,
    written_page,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with client(tmp_path_factory.mktemp("service"), admin_token=TOKEN) as one:
        yield one


@pytest.fixture(scope="module")
def model():
    return load_model(READER, DETECTOR)


def assert_problem(response, reason):
    """Every refusal has the same form, and its reason says its status."""
    assert response.headers["content-type"] == CONTENT_TYPE
    content = response.json()
    assert (content["reason"], content["status"]) == (reason, response.status_code)
    assert response.status_code == REASONS[reason][0]
    assert content["detail"] and content["title"] == REASONS[reason][1]
    assert content["instance"] == f"urn:request:{response.headers['x-request-id']}"


def test_a_line_is_read_as_the_notebook_reads_it(service, model):
    image = written()
    answer = service.post("/v1/line", content=encoded(image), headers=PNG).json()
    assert answer["text"] == model.recognizer.read(image)
    assert answer["text"] == "a letter to my mother"
    assert 0 < answer["probability"] <= 1 and 0 <= answer["confidence"] <= 1
    assert answer["image"] == {"width": image.shape[1], "height": image.shape[0]}
    assert "".join(one["character"] for one in answer["characters"]) == answer["text"]
    starts = [one["start"] for one in answer["characters"]]
    assert starts == sorted(starts) and 0 <= starts[0] < starts[-1] < image.shape[1]


def test_characters_are_where_the_pen_put_them(model):
    from shared import pen

    line = pen.write_line("miles away", pen.hands("validation")[0], np.random.default_rng(1))
    large = 255 - np.kron(line.image, np.ones((3, 3), np.uint8))
    large = np.pad(large, ((20, 20), (90, 40)), constant_values=255)
    found = reading.read_line(model, large)
    assert found.text == "miles away"
    for character, box in zip(found.characters, line.boxes, strict=True):
        middle = 90 + 3 * (box[0] + box[2]) / 2
        assert abs((character.start + character.stop) / 2 - middle) < 40  # About a letter


def test_a_large_line_is_answered_in_its_own_pixels(service):
    image = written()
    large = np.kron(image, np.ones((5, 5), np.uint8))
    small, answer = (
        service.post("/v1/line", content=encoded(one), headers=PNG).json() for one in (image, large)
    )
    assert small["text"] == answer["text"] and answer["image"]["width"] == 5 * image.shape[1]
    for a, b in zip(small["characters"], answer["characters"], strict=True):
        assert abs(5 * a["start"] - b["start"]) < 60  # About two frames


def test_probability_is_that_of_the_forward_algorithm(service, model):
    image = written("we met", 5)
    answer = service.post("/v1/line", content=encoded(image), headers=PNG).json()
    label = model.recognizer.alphabet.encode(answer["text"])
    expected = np.exp(log_probability(model.recognizer.logits(image), label))
    assert answer["probability"] == pytest.approx(expected, abs=2e-6)


def test_a_page_is_read_as_the_notebook_reads_it(service, model):
    page = written_page()
    answer = service.post("/v1/page", content=encoded(page.image), headers=PNG).json()
    expected = model.reader.read(page.image)
    assert answer["text"] == expected.text and len(answer["lines"]) == 3
    height, width = page.image.shape
    for line, known in zip(answer["lines"], expected.lines, strict=True):
        assert np.allclose(line["box"], known.box, atol=0.01)
        assert len(line["characters"]) == len(line["text"])
        for one in line["characters"]:
            (x, y), (other_x, _) = one["start"], one["stop"]
            assert -20 <= x <= other_x <= width + 20
            assert abs(y - np.interp(x, *np.array(line["baseline"]).T)) < 6


def test_a_page_without_writing_has_no_lines_and_says_why(service, model):
    blank = np.full((300, 400), 240, np.uint8)
    answer = service.post("/v1/page", content=encoded(blank), headers=PNG)
    assert answer.status_code == 200
    assert (answer.json()["lines"], answer.json()["text"]) == ([], "")
    assert answer.json()["detail"] == model.reader.read(blank).reason
    written = service.post("/v1/page", content=encoded(written_page().image), headers=PNG)
    assert written.json()["detail"] == ""


def test_a_decision_has_a_reason_and_a_promise(service, model):
    line = written()
    answer = service.post("/v1/line", content=encoded(line), headers=PNG).json()
    assert (answer["decision"] == "accept") == (answer["reason"] == "sure")
    characters, whole = answer["model"]["promises"]
    assert (characters["counted"], characters["at_most"]) == ("characters", 0.02)
    assert (whole["counted"], whole["at_most"]) == ("lines", 0.1)
    assert (characters["coverage"] is None) == (characters["threshold"] is None)
    if characters["threshold"] is None:
        assert answer["decision"] == "review"
    turned = encoded(np.rot90(line).copy())
    answer = service.post("/v1/line", content=turned, headers=PNG).json()
    assert (answer["decision"], answer["reason"]) == ("review", "little-text")


def test_a_line_without_ink_is_refused(service):
    blank = encoded(np.full((60, 400), 240, np.uint8))
    assert_problem(service.post("/v1/line", content=blank, headers=PNG), "no-ink")


@pytest.mark.parametrize(
    ("content", "headers", "reason"),
    [
        (b"not an image", PNG, "not-an-image"),
        (b"", PNG, "not-an-image"),
        (b"{}", {"Content-Type": "application/json"}, "unsupported-content-type"),
        (b"a" * 20_000_000, PNG, "too-many-bytes"),
    ],
)
def test_what_is_no_image_is_refused(service, content, headers, reason):
    for address in ("/v1/line", "/v1/page"):
        assert_problem(service.post(address, content=content, headers=headers), reason)


def test_a_body_of_unknown_length_is_counted_as_it_comes(service):
    def parts():
        for _ in range(40):
            yield b"a" * 1_000_000

    answer = service.post("/v1/line", content=parts(), headers=PNG)
    assert_problem(answer, "too-many-bytes")


def test_unknown_addresses_and_methods_are_problems_too(service):
    assert_problem(service.get("/nothing"), "not-found")
    assert_problem(service.get("/v1/line"), "method-not-allowed")


@pytest.mark.parametrize("name", ["../settings.py", "..%2fsettings.py", "editor/..%2frecords.py",
                                  "editor", "%2fetc%2fpasswd", ""])  # fmt: skip
def test_the_page_has_its_own_files_and_no_others(service, name):
    assert (
        service.get("/page/editor/editor.js").headers["content-type"].startswith("text/javascript")
    )
    assert_problem(service.get(f"/page/{name}"), "not-found")


def test_another_site_is_refused(service):
    headers = {**PNG, "Sec-Fetch-Site": "cross-site"}
    assert_problem(
        service.post("/v1/line", content=encoded(written()), headers=headers), "forbidden"
    )


def test_request_ids_are_kept_or_made(service):
    assert service.get("/health", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == (
        "mine-1"
    )
    made = [service.get("/health", headers={"X-Request-ID": "a b\x01"}) for _ in range(2)]
    assert len({one.headers["x-request-id"] for one in made}) == 2


def test_logs_hold_neither_text_nor_image(service):
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(JsonLines().format(record))
    logger = logging.getLogger("shared.service")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        answer = service.post("/v1/line", content=encoded(written()), headers=PNG)
        service.post("/v1/line?secret=word", content=b"junk", headers=PNG)
    finally:
        logger.removeHandler(handler)
    first, second = (json.loads(line) for line in records)
    assert first["status"] == 200 and first["request_id"] == answer.json()["request_id"]
    assert first["model"].startswith("reader-") and first["stages"]["network"] >= 0
    assert second["reason"] == "not-an-image"
    assert not any(word in "".join(records) for word in ("mother", "secret", "junk"))


def test_figures_count_lines_and_problems(service):
    service.post("/v1/line", content=encoded(written()), headers=PNG)
    service.post("/v1/line", content=b"junk", headers=PNG)
    service.get("/no/such/address/1")
    text = service.get("/metrics").text
    assert 'handwriting_http_requests_total{handler="/v1/line",status="200"}' in text
    assert 'handwriting_http_request_duration_seconds_bucket{handler="/v1/line",le=' in text
    assert 'handwriting_problems_total{reason="not-an-image"}' in text
    assert "handwriting_stage_seconds_bucket" in text and "handwriting_model{version=" in text
    assert "/no/such" not in text  # An address of its own for each stranger would fill the memory


def test_health_says_ready_and_then_stopping(tmp_path):
    with client(tmp_path) as one:
        assert one.get("/health/live").json() == {"status": "live"}
        assert one.get("/health/ready").json()["status"] == "ready"
        one.app.state.stopping = True
        assert_problem(one.get("/health/ready"), "not-ready")
        refused = one.post("/v1/line", content=encoded(written()), headers=PNG)
        assert_problem(refused, "not-ready")
        assert one.get("/health/live").status_code == 200


def test_the_language_helps_to_read_unless_it_is_turned_off(tmp_path):
    images = [written("the quick fox", seed) for seed in range(4)]
    texts = {}
    for language in (True, False):
        with client(tmp_path, language=language) as one:
            answers = [one.post("/v1/line", content=encoded(i), headers=PNG) for i in images]
            texts[language] = [answer.json()["text"] for answer in answers]
    reader = load_model(READER, DETECTOR).recognizer
    assert texts[True] == reader.read_many(images)
    assert texts[False] == reader.read_many(images, reader.decode)


def test_a_text_that_no_path_spells_gives_way_to_the_greedy_one():
    model = load_model(READER, DETECTOR)
    image = written()
    model.recognizer.decoder = lambda logits: "m" * len(logits)  # As many again need blanks
    found = reading.read_line(model, image)
    assert found.text == model.recognizer.read(image, model.recognizer.decode)
    assert len(found.characters) == len(found.text) and np.isfinite(found.log_p)


def test_more_requests_than_places_are_turned_away(tmp_path, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(*arguments):
        begun.set()
        go_on.wait(10)
        raise Problem("no-ink", "No ink was found.")

    with client(tmp_path, concurrency=1) as one:
        monkeypatch.setattr("shared.service.reading.limited", slow)
        answers = []
        first = threading.Thread(
            target=lambda: answers.append(one.post("/v1/line", content=image, headers=PNG))
        )
        image = encoded(written())
        first.start()
        assert begun.wait(10)
        refused = one.post("/v1/line", content=image, headers=PNG)
        go_on.set()
        first.join()
    assert_problem(refused, "too-many-requests")
    assert refused.headers["retry-after"] == "1"
    assert_problem(answers[0], "no-ink")


def test_reading_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    with client(tmp_path, read_seconds=0.1) as one:
        monkeypatch.setattr("shared.service.reading.limited", lambda *_: time.sleep(1))
        refused = one.post("/v1/line", content=encoded(written()), headers=PNG)
    assert_problem(refused, "timeout")


def test_a_mistake_of_the_service_is_a_problem_without_details(tmp_path, monkeypatch):
    with client(tmp_path) as one:
        monkeypatch.setattr("shared.service.reading.limited", lambda *_: 1 / 0)
        answer = one.post("/v1/line", content=encoded(written()), headers=PNG)
    assert_problem(answer, "internal")
    assert "ZeroDivision" not in answer.text


def test_it_works_behind_a_prefix(tmp_path):
    with client(tmp_path, root_path="/user/ada/proxy/8000") as one:
        for address in ("/health", "/", "/page/page.js"):
            for prefix in ("", "/user/ada/proxy/8000"):
                assert one.get(prefix + address).status_code == 200
        assert one.get("/openapi.json").json()["servers"] == [{"url": "/user/ada/proxy/8000"}]


def kept(page, **line):
    one = {"id": "line-001", "box": [10, 10, 200, 40], "text": "the first line", **line}
    return {"image": base64.b64encode(encoded(page)).decode(), "lines": [one]}


def test_a_correction_is_kept_in_the_schema_of_labels(tmp_path):
    from shared.labeling import read_labels, validate

    page = written_page().image
    with client(tmp_path) as one:
        first = one.post("/v1/corrections", json=kept(page, proposal="the fist line"))
        again = one.post("/v1/corrections", json=kept(page, id="line-002", box=[10, 50, 200, 80]))
        one.post("/v1/corrections", json=kept(page, text="the first lines"))
    assert first.status_code == 201 and again.json()["lines"] == 2
    labels = read_labels(tmp_path / "corrections")
    assert not [p for p in validate(labels, tmp_path / "corrections") if p.severity == "error"]
    (labeled,) = labels.pages
    assert [(line.id, line.text) for line in labeled.lines] == [
        ("line-001", "the first lines"), ("line-002", "the first line")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "naïve"}, "unknown-characters"),
        ({"text": "  "}, "invalid-request"),
        ({"box": [10, 10, 9000, 40]}, "invalid-request"),
        ({"box": [50, 10, 20, 40]}, "invalid-request"),
        ({"id": "../../etc"}, "invalid-request"),
        ({"surprise": 1}, "invalid-request"),
    ],
)
def test_a_correction_that_teaches_nothing_is_refused(service, tmp_path, change, reason):
    answer = service.post("/v1/corrections", json=kept(written_page().image, **change))
    assert_problem(answer, reason)


def test_corrections_can_be_turned_off(tmp_path):
    with client(tmp_path, keep_corrections=False) as one:
        assert_problem(one.post("/v1/corrections", json=kept(written_page().image)), "forbidden")
    assert not (tmp_path / "corrections").exists()


def test_admin_is_off_without_a_secret_and_closed_to_others(tmp_path, service):
    with client(tmp_path) as one:
        assert_problem(one.post("/admin/swap", json={"name": "a.onnx"}), "not-found")
    with client(tmp_path, address="192.0.2.7", admin_token=TOKEN) as one:
        assert_problem(one.get("/admin/models", headers=ADMIN), "forbidden")
    assert_problem(service.get("/admin/models"), "forbidden")
    assert service.get("/admin/models", headers=ADMIN).status_code == 200


def test_headers_allow_nothing_from_elsewhere(service):
    for address in ("/", "/health", "/page/page.js", "/nothing"):
        policy = service.get(address).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy


def test_the_service_loads_no_tensorflow():
    code = (
        "import sys, numpy as np; from shared.service.application import create_app; "
        "from shared.service import reading; app = create_app(); "
        "shop = app.state.workshop; model = shop.shelf.current.model; "
        "model.reader.read(np.full((200, 300), 255, np.uint8)); "
        "sys.exit(len({'tensorflow', 'keras', 'onnx', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
