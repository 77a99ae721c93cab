"""The schema of labels: what is written is read again, and what is wrong is named and placed."""

from __future__ import annotations

import difflib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import TypeAdapter

from shared.labeling import (
    LabeledLine,
    LabeledPage,
    LabelError,
    LabelSet,
    label_set,
    page_of,
    read_labels,
    validate,
    write_labels,
)
from shared.labeling.label_files import format_labels, parse_labels

SHA = "ab" * 32
SCHEMA = TypeAdapter(LabelSet).json_schema()


def line(line_id="l1", box=(10, 10, 90, 30), text="two words", status="labeled", **more):
    return LabeledLine(line_id, box, text, status, **more)


def page(*lines, image="pages/a.png", status="open", size=(100, 200)):
    return LabeledPage(image, SHA, *size, "ann", status, lines)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with one true page image, and its labels."""
    image = tmp_path / "pages/a.png"
    image.parent.mkdir()
    Image.fromarray(np.full((200, 100), 255, np.uint8)).save(image)
    return tmp_path


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
coordinates = st.floats(-1e4, 1e4, allow_nan=False)
lines = st.builds(
    LabeledLine,
    id=texts.filter(str.strip),
    box=st.tuples(coordinates, coordinates, coordinates, coordinates),
    text=st.none() | texts,
    status=st.sampled_from(["proposed", "labeled", "unreadable"]),
    baseline=st.none() | st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=4),
    proposal=st.none() | texts,
    confidence=st.none() | st.floats(0, 1),
    annotator=st.none() | texts,
)
pages = st.builds(
    LabeledPage,
    image=texts.filter(str.strip),
    sha256=st.just(SHA),
    width=st.integers(1, 9999),
    height=st.integers(1, 9999),
    writer=st.none() | texts,
    status=st.sampled_from(["open", "done", "skipped"]),
    lines=st.lists(lines, max_size=3),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(pages, max_size=3), texts)
def test_what_is_written_is_read_again_and_is_canonical(some, note):
    jsonschema = pytest.importorskip("jsonschema")  # JupyterLab brings it
    labels = label_set(some, note)
    text = format_labels(labels)
    assert parse_labels(text) == labels
    assert format_labels(parse_labels(text)) == text
    jsonschema.validate(json.loads(text), SCHEMA)


def test_the_json_schema_refuses_what_reading_refuses():
    jsonschema = pytest.importorskip("jsonschema")
    good = json.loads(format_labels(label_set([page(line())])))
    changes = [
        lambda c: c.update(version=2),
        lambda c: c.update(extra=1),
        lambda c: c["pages"][0].update(status="finished"),
        lambda c: c["pages"][0].update(width=0),
        lambda c: c["pages"][0]["lines"][0].update(status="checked"),
        lambda c: c["pages"][0]["lines"][0].update(box=[1, 2, 3]),
        lambda c: c["pages"][0]["lines"][0].pop("text"),
        lambda c: c["pages"][0]["lines"][0].update(txt="x"),
    ]
    for change in changes:
        bad = json.loads(json.dumps(good))
        change(bad)
        with pytest.raises(LabelError):
            parse_labels(json.dumps(bad))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, SCHEMA)


def test_one_changed_label_is_one_changed_line_of_the_file():
    before = label_set([page(*(line(f"l{k}", (0, k, 50, k + 9)) for k in range(20)))])
    changed = replace(before.pages[0].line("l7"), text="another")
    after = before.with_page(before.pages[0].with_line(changed))
    a, b = (format_labels(labels).splitlines() for labels in (before, after))
    marks = [row[0] for row in difflib.ndiff(a, b) if row[0] in "+-"]
    assert marks == ["-", "+"]


def test_a_line_keeps_its_place_when_it_is_changed_and_a_new_one_comes_last():
    labels = label_set([page(line("a"), line("b"))])
    changed = labels.pages[0].with_line(line("a", text="new")).with_line(line("c"))
    assert [(one.id, one.text) for one in changed.lines] == [
        ("a", "new"), ("b", "two words"), ("c", "two words"),
    ]  # fmt: skip
    with pytest.raises(KeyError, match="no line 'z'"):
        changed.line("z")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 7}, "version 7.*reads version 1"),
        ({"pagse": []}, "pagse cannot be .*[Uu]nexpected"),
        ({"pages": {}}, "pages cannot be {}: .*valid tuple"),
        ({"pages": [3]}, "pages 1 cannot be 3"),
        ({"pages": [{"image": "x.png"}]}, "pages 1 sha256: .*required"),
    ],
)
def test_a_file_with_another_shape_says_what_is_known(change, said):
    content = {"version": 1, "pages": [], **change}
    with pytest.raises(LabelError, match=said):
        parse_labels(json.dumps(content))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("box", [1, 2, 3], "box 4: .*required"),
        ("box", "1234", "box cannot be '1234'"),
        ("box", [1, 2, 3, True], "box 4 cannot be True: .*number"),
        ("status", "done", "'proposed', 'labeled' or 'unreadable'"),
        ("text", 3, "text cannot be 3: .*valid string"),
        ("text", "\ud800", "surrogates not allowed"),
        ("baseline", [[1, 2]], "at least 2 items"),
        ("id", "", "one can see"),
        ("confidence", "high", "should be a number"),
        ("transcription", "x", "transcription cannot be 'x': Unexpected"),
    ],
)
def test_a_line_with_another_shape_is_named_with_its_place(field, value, said):
    content = json.loads(format_labels(label_set([page(line(), line("l2"))])))
    content["pages"][0]["lines"][1][field] = value
    with pytest.raises(LabelError, match=said) as caught:
        parse_labels(json.dumps(content), "mine.json")
    assert "pages 1 lines 2" in str(caught.value)
    assert str(caught.value).startswith("mine.json")


def test_what_is_no_json_or_no_number_is_refused():
    labels = format_labels(label_set([page(line())])).replace("10, 10", "NaN, 10")
    with pytest.raises(LabelError, match="box 1 cannot be nan: .*finite"):
        parse_labels(labels)
    with pytest.raises(LabelError, match="line 2, column 1"):
        parse_labels('{"version": 1,\n')


def test_another_encoding_is_named_by_line(tmp_path):
    path = tmp_path / "labels.json"
    labels = label_set([page(line(text="caf\u00e9 noir"))])
    path.write_bytes(format_labels(labels).encode("cp1252"))
    with pytest.raises(LabelError, match="Line 5 of labels.json is not UTF-8: byte 0xe9"):
        read_labels(path)
    path.write_bytes(format_labels(labels).encode("utf-16"))
    assert read_labels(path) == labels


def problems_of(labels, folder="."):
    return {(p.code, p.line): p for p in validate(labels, folder)}


def test_good_labels_have_no_problem(folder):
    good = page_of(folder / "pages/a.png", folder, "ann", (line(), line("l2", (10, 40, 90, 60))))
    assert validate(label_set([replace(good, status="done")]), folder) == []


@pytest.mark.parametrize(
    ("bad", "code", "severity", "words"),
    [
        (line(box=(10, 10, 10, 30)), "empty_box", "error", "0 pixels wide"),
        (line(box=(90, 10, 10, 30)), "empty_box", "error", "left < right"),
        (line(box=(110, 10, 190, 30)), "outside_page", "error", "100 x 200"),
        (line(box=(10, 10, 105, 30)), "over_the_edge", "error", "5 pixels over"),
        (line(box=(10, 10, 12, 30)), "tiny_box", "warning", "stray click"),
        (line(text=None), "empty_text", "error", "no text"),
        (line(text="  "), "empty_text", "error", "'  ' is blank"),
        (line(text="na\u00efve \u2019"), "unknown_character", "error", "position 2.*U\\+2019"),
        (line(text="two  words"), "stray_space", "warning", "more spaces"),
        (line(status="unreadable"), "unreadable_with_text", "error", "keep one"),
        (line(status="proposed"), "still_proposed", "error", "only a model"),
        (line(status="proposed", text=None), "still_proposed", "error", "nobody has said"),
    ],
)
def test_every_bad_line_has_one_problem_with_its_place(folder, bad, code, severity, words):
    good = page_of(folder / "pages/a.png", folder)
    labels = label_set([replace(good, status="done", lines=(bad,))])
    (problem,) = validate(labels, folder)
    assert (problem.code, problem.severity) == (code, severity)
    assert (problem.page, problem.line) == ("pages/a.png", "l1")

    assert re.search(words, problem.message)


def test_open_pages_may_hold_proposals_and_skipped_ones_any_text(folder):
    good = page_of(folder / "pages/a.png", folder)
    open_page = replace(good, lines=(line(status="proposed"),))
    skipped = replace(good, status="skipped", lines=(line(text=None),))
    assert validate(label_set([open_page]), folder) == []
    assert validate(label_set([skipped]), folder) == []


def test_twins_are_named_with_their_overlap_and_neighbors_are_not():
    twins = label_set([page(line("a"), line("b", (10, 11, 90, 31)))])
    found = problems_of(twins)[("overlapping_twins", "b")]
    assert "that of a with the same text" in found.message and "90%" in found.message
    neighbors = label_set([page(line("a"), line("b", (10, 18, 90, 38)))])
    assert ("overlapping_twins", "b") not in problems_of(neighbors)


def test_ids_and_pages_that_are_used_twice_are_errors():
    found = problems_of(label_set([page(line("a"), line("a", (10, 50, 90, 70))), page()]))
    assert ("duplicate_id", "a") in found and ("duplicate_page", None) in found


def test_missing_changed_and_unreadable_images_are_told_apart(folder):
    good = page_of(folder / "pages/a.png", folder)
    image = folder / "pages/a.png"

    def code_of(page):
        return [(p.code, p.message) for p in validate(label_set([page]), folder)]

    ((code, message),) = code_of(replace(good, image="pages/A.png"))
    assert code == "missing_image" and "letter by letter" in message
    assert code_of(replace(good, image="../a.png"))[0][0] == "image_outside"
    assert code_of(replace(good, image="C:\\a.png"))[0][0] == "image_outside"
    assert code_of(replace(good, sha256="abc"))[0][0] == "changed_image"
    assert code_of(replace(good, width=200))[0][0] == "wrong_size"
    Image.fromarray(np.full((200, 100), 254, np.uint8)).save(image)
    assert code_of(good)[0][0] == "changed_image"
    image.write_bytes(b"no image")
    assert code_of(page_of_bytes(good, image))[0][0] == "unreadable_image"
    image.unlink()
    assert code_of(good)[0][0] == "missing_image"


def page_of_bytes(page, image):
    from shared.labeling.page_files import image_sha256

    return replace(page, sha256=image_sha256(image))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_page_has_the_size_at_which_its_image_is_shown(tmp_path, orientation):
    from shared.pages.image_files import open_page_image

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(np.full((20, 50), 255, np.uint8)).save(path, exif=exif)
    found = page_of(path, tmp_path)
    assert (found.height, found.width) == open_page_image(path).shape
    assert validate(label_set([found]), tmp_path) == []


def test_an_image_elsewhere_is_refused_before_it_is_labeled(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with pytest.raises(LabelError, match="Copy it into that folder"):
        page_of(folder / "pages/a.png", elsewhere)


WRITER = """
import sys
from dataclasses import replace
from shared.labeling import read_labels, write_labels
labels = read_labels(sys.argv[1])
page = labels.pages[0]
print("ready", flush=True)
for k in range(100000):
    line = replace(page.lines[k % 30], text=str(k) * 50)
    page = page.with_line(line)
    write_labels(sys.argv[1], labels.with_page(page))
    print(k, flush=True)
"""


def kill_while_writing(tmp_path, kills, seed):
    path = tmp_path / "labels.json"
    many = [line(f"l{k}", (0, k, 90, k + 9), "x" * 2000) for k in range(30)]
    write_labels(path, label_set([page(*many)]))
    rng = random.Random(seed)
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        promised = [int(number) for number in said.split("\n")[:-1]]
        labels = read_labels(path)  # Whole, whatever happened
        assert len(labels.pages[0].lines) == 30
        if promised:  # What was said to be written is there, or something later
            newest = max(int(one.text[: len(one.text) // 50]) for one in labels.pages[0].lines
                         if set(one.text) != {"x"})  # fmt: skip
            assert newest >= promised[-1]
    return path


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that cannot be refused")
def test_a_killed_writer_leaves_whole_labels_and_all_that_it_promised(tmp_path):
    kill_while_writing(tmp_path, kills=4, seed=1)


@pytest.mark.nightly
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that cannot be refused")
@pytest.mark.parametrize("seed", range(10))
def test_many_killed_writers(tmp_path, seed):
    kill_while_writing(tmp_path, kills=20, seed=seed)


def test_another_version_is_refused_before_its_fields_are():
    with pytest.raises(LabelError, match="version 2"):
        parse_labels('{"version": 2, "sheets": []}')
    with pytest.raises(ValueError, match="version 2"):
        LabelSet(2, ())


def test_labeling_is_light():
    code = (
        "import sys, shared.labeling, shared.labeling.label_server, shared.labeling.terminal; "
        "heavy = {'tensorflow', 'keras', 'cv2', 'matplotlib', 'ipywidgets', 'anywidget'}; "
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
