"""Models in a running service: swapped and rolled back; and the loop that makes them."""

from __future__ import annotations

import base64
import shutil
import threading

import numpy as np
import pytest
from pydantic import ValidationError

from shared import pen
from shared.experiments.adaptation import effect, own_lines
from shared.lines import LineSet, compose_lines
from shared.recognizer import LineTextRecognizer
from shared.service import gate, improving
from shared.service.corrections import LabelFolder
from shared.service.exporting.model_file import ModelFileError
from shared.service.exporting.quantization import quantize
from shared.service.exporting.runtime import load_model
from shared.service.models import NOTE, ModelShelf
from shared.service.schemas import CorrectedLine, Correction
from shared.service.settings import Settings, explain
from shared.service.traffic import send_lines
from shared.tests.service_support import (
    ADMIN,
    DETECTOR,
    PNG,
    READER,
    TOKEN,
    client,
    encoded,
    written,
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Another model of the same task: the shipped one with int8 weights."""
    file = tmp_path_factory.mktemp("small") / "line_int8.onnx"
    file.write_bytes(quantize(READER.read_bytes()))
    return file


@pytest.fixture
def folder(tmp_path, small):
    (tmp_path / "models").mkdir()
    shutil.copy(small, tmp_path / "models")
    return tmp_path


def post(service, address, **content):
    return service.post(f"/admin/{address}", json=content, headers=ADMIN)


def version(service):
    return service.get("/health").json()["model"]["version"]


def test_a_model_is_swapped_and_rolled_back(folder):
    with client(folder, admin_token=TOKEN) as one:
        first = version(one)
        available = one.get("/admin/models", headers=ADMIN).json()["available"]
        assert available == ["line_int8.onnx", "reader.onnx"]
        swapped = post(one, "swap", name="line_int8.onnx").json()
        assert swapped["before"] == first != swapped["serving"] == version(one)
        answer = one.post("/v1/line", content=encoded(written()), headers=PNG).json()
        assert answer["model"]["precision"] == "int8 recurrent"
        assert f'handwriting_model{{version="{first}"}}' not in one.get("/metrics").text
        assert post(one, "rollback").json()["serving"] == first == version(one)
        assert post(one, "rollback").json()["reason"] == "model-refused"


def test_a_swap_under_load_costs_no_request(folder):
    with client(folder, admin_token=TOKEN) as one:
        image, answers = encoded(written()), []

        def ask():
            for _ in range(12):
                answers.append(one.post("/v1/line", content=image, headers=PNG))

        threads = [threading.Thread(target=ask) for _ in range(2)]
        [thread.start() for thread in threads]
        for _ in range(2):
            assert post(one, "swap", name="line_int8.onnx").status_code == 200
            assert post(one, "rollback").status_code == 200
        [thread.join() for thread in threads]
    assert [answer.status_code for answer in answers] == [200] * 24
    said = {(answer.json()["model"]["version"], answer.json()["text"]) for answer in answers}
    assert len(said) == len({version for version, _ in said}), "a model said two things"


def test_a_swap_survives_a_restart(folder):
    shelf = ModelShelf(None, DETECTOR, folder / "models")
    served = shelf.swap("line_int8.onnx").model.version
    assert ModelShelf(None, DETECTOR, folder / "models").current.model.version == served
    (folder / "models" / NOTE).write_text("{half")
    assert ModelShelf(None, DETECTOR, folder / "models").current.model.version != served


@pytest.mark.parametrize(
    "name", ["none.onnx", "../reader.onnx", "/etc/passwd", "damaged.onnx", "detector.onnx", ""]
)
def test_a_model_that_cannot_be_served_changes_nothing(folder, name):
    (folder / "models/damaged.onnx").write_bytes(READER.read_bytes()[:90_000])
    shutil.copy(DETECTOR, folder / "models/detector.onnx")
    with client(folder, admin_token=TOKEN) as one:
        before = version(one)
        answer = post(one, "swap", name=name)
        assert (answer.status_code, answer.json()["reason"]) == (422, "model-refused")
        assert version(one) == before
    with pytest.raises(ModelFileError):
        ModelShelf(None, DETECTOR, folder / "models").swap(name)


def test_another_preparation_is_swapped_in_like_any(folder):
    from shared.networks import line_network
    from shared.service.exporting.conversion import convert_line

    low = LineTextRecognizer(line_network(96, channels=(4, 4, 8, 8), features=16, blocks=1))
    (folder / "models/line_low.onnx").write_bytes(convert_line(low, "line_low"))
    with client(folder, admin_token=TOKEN) as one:
        assert post(one, "swap", name="line_low.onnx").status_code == 200
        assert one.post("/v1/line", content=encoded(written()), headers=PNG).status_code == 200


class Says:
    """A reader that says what it was given to say."""

    def __init__(self, texts, worse=0):
        self.texts, self.worse = texts, worse

    def read_many(self, images):
        spoiled = [text[: len(text) - self.worse] for text in self.texts[len(images)]]
        return spoiled


@pytest.mark.parametrize(
    ("own", "others", "passes", "said"),
    [
        ((4, 1), (2, 2), True, "better"),
        ((4, 4), (2, 2), False, "no better"),
        ((1, 4), (2, 2), False, "no better"),
        ((4, 1), (2, 4), False, "other hands"),
    ],
)
def test_the_gate_wants_better_without_forgetting(own, others, passes, said):
    mine = _texts("mine", 10, ["me"] * 10)
    theirs = _texts("theirs", 24, [f"hand-{k % 6}" for k in range(24)])
    readers = []
    for k in range(2):
        texts = {10: [t[own[k] :] for t in mine.texts], 24: [t[others[k] :] for t in theirs.texts]}
        readers.append(Says(texts))
    verdict = improving.judge(*readers, mine, theirs)
    assert verdict.passes is passes and said in verdict.reason
    assert verdict.own == pytest.approx([edits / 20 for edits in own])


def _texts(name, count, writers):
    texts = [f"{name} {k:02d} a line of it"[:20].ljust(20, ".") for k in range(count)]
    blank = [np.zeros((32, 60), np.uint8)] * count
    return LineSet(blank, texts, writers, [np.zeros((20, 4))] * count, [np.zeros(20, bool)] * count)


def test_the_gate_wants_evidence():
    """Nine lines a little better and one far worse: better in sum, but not surely."""
    mine = _texts("mine", 10, ["me"] * 10)
    theirs = _texts("theirs", 24, [f"hand-{k % 6}" for k in range(24)])
    same = {24: theirs.texts}
    before = Says({10: [t[2:] for t in mine.texts], **same})
    after = Says({10: [*mine.texts[:9], mine.texts[9][17:]], **same})
    verdict = improving.judge(before, after, mine, theirs)
    assert verdict.own[1] < verdict.own[0] and not verdict.passes
    assert "correct more lines" in verdict.reason


def corrections(folder, hand, count, seed=0):
    """Correct lines on pages as the page does, and return the store."""
    store, lines = LabelFolder(folder), []
    texts = compose_lines(count, "test", 700 + seed, [hand]).texts
    for k, text in enumerate(texts):
        line = pen.write_line(text, hand, np.random.default_rng([seed, k]))
        gray = 255 - np.kron(line.image, np.ones((2, 2), np.uint8))
        height, width = gray.shape
        lines.append(gray)
        corrected = CorrectedLine(id="line-001", box=(0, 0, width, height), text=text)
        image = base64.b64encode(encoded(gray)).decode()
        store.keep(gray, Correction(image=image, writer="me", lines=[corrected]))
    return store


def test_corrected_lines_are_cut_as_the_service_reads_them(tmp_path):
    from shared.tests.service_support import written_page

    page, served = written_page(), load_model(READER, DETECTOR)
    found = served.reader.read(page.image)
    kept = [
        CorrectedLine(id=f"line-{k}", box=tuple(line.box), text=text)
        for k, (line, text) in enumerate(
            zip(found.lines, [line.text for line in page.lines], strict=True)
        )
    ]
    kept.append(CorrectedLine(id="blot", box=(0, 0, 30, 20), unreadable=True))
    store = LabelFolder(tmp_path)
    image = base64.b64encode(encoded(page.image)).decode()
    store.keep(page.image, Correction(image=image, lines=kept))
    lines = improving.corrected_lines(store.labels(), tmp_path, served)
    assert lines.texts == [line.text for line in page.lines]
    assert served.recognizer.read_many(lines.images) == [line.text for line in found.lines]


def test_the_gates_other_lines_are_as_the_reader_takes_them():
    served = load_model(READER, DETECTOR).recognizer
    lines = gate.other_hands()
    assert {image.shape[0] for image in lines.images} == {served.preparation.height}
    assert len(lines) == 90 and served.error_rate(lines[:30]) < 0.25


def test_held_back_texts_are_never_learned():
    lines = compose_lines(12, "train", 1)
    twice = LineSet(*([*a, *a] for a in vars(lines).values()))
    learned, held_back = improving.split_lines(twice)
    assert not set(learned.texts) & set(held_back.texts)
    assert len(learned) + len(held_back) == 24 and len(held_back) == 6
    with pytest.raises(improving.NothingToLearnError, match="Correct some more"):
        improving.split_lines(lines[:5])


def test_too_few_corrections_teach_nothing(tmp_path):
    store = corrections(tmp_path, pen.hands("test")[3], 3)
    with pytest.raises(improving.NothingToLearnError, match="3 corrected lines"):
        improving.improve(store.labels(), tmp_path, READER, DETECTOR, tmp_path)


def test_the_gate_refuses_a_candidate_that_learned_wrong_texts(tmp_path, monkeypatch):
    """The whole loop but for the training: a reader whose weights were spoiled."""

    def spoiled(weights, lines, updates, seed):
        reader = LineTextRecognizer.load(weights)
        values = reader.network.get_weights()
        reader.network.set_weights([*values[:-1], values[-1] + np.eye(1, 96, 20)[0] * 9])
        reader.card = {**reader.card, "adapted": {"from": reader.card["sha256"]}}
        return reader

    monkeypatch.setattr(improving, "teach", spoiled)
    store = corrections(tmp_path, pen.hands("test")[3], 12)
    out = tmp_path / "models"
    found = improving.improve(store.labels(), tmp_path, READER, DETECTOR, out)
    assert not found.verdict.passes and found.file is None and "no better" in found.verdict.reason
    assert not out.exists()


def test_the_command_says_what_is_missing(tmp_path, capsys):
    from shared.course.cli import main

    assert main(["improve", "--corrections", str(tmp_path)]) == 2
    assert "0 corrected lines" in capsys.readouterr().err


@pytest.mark.nightly
def test_the_loop_closes(tmp_path):
    """64 corrected lines by a test hand: learned, judged, swapped, read better."""
    hand = pen.hands("test")[3]
    store = corrections(tmp_path / "corrections", hand, 64)
    found = improving.improve(
        store.labels(), store.folder, READER, DETECTOR, tmp_path / "models", updates=120
    )
    assert found.verdict.passes, found.verdict
    assert found.verdict.own[1] < 0.8 * found.verdict.own[0]
    shelf = ModelShelf(None, DETECTOR, tmp_path / "models")
    fresh = compose_lines(24, "test", 901, [hand])
    before = shelf.current.model.recognizer.error_rate(fresh)
    after = shelf.swap(found.file.name).model.recognizer.error_rate(fresh)
    print(f"before {before:.1%}, after {after:.1%}; {found.verdict}")
    assert after < before
    assert shelf.roll_back().model.recognizer.error_rate(fresh) == before


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [21, 22])
def test_what_lab_9_shows_hangs_on_no_seed(seed):
    """The stand-in's corrections teach, the gate opens, and other lines of hers are read better."""
    hand = pen.hands("test")[0]
    reader = LineTextRecognizer.load()
    sent = send_lines([hand], 120, seed)
    lines = own_lines(
        [line.image for line in sent],
        [line.text for line in sent],
        hand.name,
        reader.preparation,
    )
    learned, held_back = improving.split_lines(lines[:80])
    candidate = improving.teach("reader", learned, 100, seed)
    verdict = improving.judge(reader, candidate, held_back, seed=seed)
    assert verdict.passes, verdict
    assert effect(reader, candidate, lines[80:]).drop > 0.2


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("HANDWRITING_SERVICE_MAX_BYTES", "1000")
    monkeypatch.setenv("HANDWRITING_SERVICE_KEEP_CORRECTIONS", "0")
    found = Settings(threads=3)
    assert (found.max_bytes, found.keep_corrections, found.threads) == (1000, False, 3)
    monkeypatch.setenv("HANDWRITING_SERVICE_MAX_BYTES", "many")
    with pytest.raises(ValidationError) as refused:
        Settings(read_seconds=float("nan"), stop_seconds=-1, admin_token="abc")
    said = explain(refused.value)
    assert "HANDWRITING_SERVICE_MAX_BYTES, or the option for it, is 'many'" in said
    assert "READ_SECONDS" in said and "STOP_SECONDS" in said
    assert "too short" in said and "abc" not in said
    monkeypatch.delenv("HANDWRITING_SERVICE_MAX_BYTES")
    monkeypatch.setenv("HANDWRITING_SERVICE_HOSTS", "a.example,b.example")
    assert Settings().hosts == ("a.example", "b.example")
    assert "secret" not in repr(Settings(admin_token="my secret of the day"))
