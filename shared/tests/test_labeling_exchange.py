"""PAGE XML, the IAM database's layout, and folders of photographs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from shared.labeling import LabelError, label_set, read_labels, validate, write_labels
from shared.labeling import proposing as proposing_module
from shared.labeling.iam import (
    check_images,
    read_iam,
    read_split,
    read_writers,
    readable_text,
    split_iam,
)
from shared.labeling.page_xml import NAMESPACE, page_xml, read_page_xml, write_page_xml
from shared.labeling.photographs import load_photographs, photographs_in, writer_of
from shared.labeling.proposing import propose, proposed_lines
from shared.labeling.splits import LeakError
from shared.recognizer import DetectedLine, PageReading, ReadLine
from shared.tests.labeling_support import draw_page, labeled_folder, line, page

# ---------------------------------------------------------------- PAGE XML
# The order of children and the required attributes are those of the 2019-07-15 schema. Files of
# `write_page_xml` were validated with that schema as the OCR-D project ships it (page.xsd of the
# package `ocrd`); the file itself is not ours to ship.
CHILDREN = {
    "PcGts": ["Metadata", "Page"],
    "Metadata": ["Creator", "Created", "LastChange"],
    "Page": ["TextRegion"],
    "TextRegion": ["Coords", "TextLine"],
    "TextLine": ["Coords", "Baseline", "TextEquiv"],
    "TextEquiv": ["Unicode"],
}
REQUIRED = {
    "Page": {"imageFilename", "imageWidth", "imageHeight"},
    "TextRegion": {"id"},
    "TextLine": {"id"},
    "Coords": {"points"},
    "Baseline": {"points"},
}


def rich_page():
    return page(
        line("l1", (10.2, 10, 89.6, 30.7), 'a < b & "c"', baseline=((10, 25.4), (90, 26))),
        line("2nd line", (10, 40, 90, 60), "guess", "proposed", proposal="guess", confidence=0.75),
        line("l3", (10, 70, 90, 90), None, "unreadable", annotator="bo"),
        image="pages/a b.png",
    )


def check_structure(element):
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    children = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    allowed = CHILDREN.get(name, [])
    assert set(children) <= set(allowed)
    assert [allowed.index(child) for child in children] == sorted(map(allowed.index, children))
    assert REQUIRED.get(name, set()) <= set(element.keys())
    if element.get("points"):
        assert re.fullmatch(r"(\d+,\d+ )+\d+,\d+", element.get("points"))
    if element.get("conf"):
        assert 0 <= float(element.get("conf")) <= 1
    for child in element:
        check_structure(child)


def test_page_xml_has_the_structure_of_its_schema():
    text = page_xml(rich_page(), datetime(2026, 1, 2, tzinfo=UTC))
    root = ET.fromstring(text)
    assert root.tag == f"{{{NAMESPACE}}}PcGts"
    check_structure(root)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", one) for one in ids)
    assert "2026-01-02T00:00:00Z" in text


@pytest.mark.nightly
@pytest.mark.skipif(not os.environ.get("PAGE_XSD"), reason="PAGE_XSD names no copy of the schema")
def test_page_xml_is_valid_by_the_schema_itself(tmp_path):
    from lxml import etree

    (path,) = write_page_xml(label_set([rich_page()]), tmp_path)
    etree.XMLSchema(etree.parse(os.environ["PAGE_XSD"])).assertValid(etree.parse(str(path)))


def test_a_page_comes_back_from_page_xml_with_boxes_rounded_outward(tmp_path):
    before = rich_page()
    (path,) = write_page_xml(label_set([before]), tmp_path)
    assert path == tmp_path / "pages/a b.xml"
    after = read_page_xml(path)
    assert replace(after, lines=()) == replace(before, lines=())
    for old, new in zip(before.lines, after.lines, strict=True):
        assert np.abs(np.subtract(old.box, new.box)).max() < 1
        assert new.box[0] <= old.box[0] and new.box[2] >= old.box[2]
        same = {"box": new.box, "baseline": new.baseline}
        assert replace(old, **same) == new
    assert after.lines[0].baseline == ((10, 25), (90, 26))


def test_the_page_xml_of_another_program_is_read(tmp_path):
    path = tmp_path / "other.xml"
    path.write_text(
        '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2013-07-15">'
        '<Page imageFilename="x.jpg" imageWidth="100" imageHeight="50"><TextRegion id="r">'
        '<Coords points="0,0 9,0 9,9"/><TextLine id="t" custom="readingOrder {index:0;}">'
        '<Coords points="5,6 40,4 41,20 6,22"/><Baseline points="6,18 40,17"/>'
        '<TextEquiv index="1"><Unicode>second</Unicode></TextEquiv>'
        '<TextEquiv index="0" conf="0.5"><Unicode>first</Unicode></TextEquiv>'
        "</TextLine></TextRegion></Page></PcGts>"
    )
    found = read_page_xml(path)
    assert (found.image, found.width, found.height, found.sha256) == ("x.jpg", 100, 50, "")
    (only,) = found.lines
    assert only.box == (5, 4, 41, 22) and only.text == "first" and only.confidence == 0.5
    assert only.status == "labeled" and only.baseline == ((6, 18), (40, 17))


@pytest.mark.parametrize(
    ("text", "said"),
    [("<a/>", "no PAGE XML"), ("<a", "no XML"), ("", "no XML")],
)
def test_what_is_no_page_xml_is_refused(tmp_path, text, said):
    path = tmp_path / "x.xml"
    path.write_text(text)
    with pytest.raises(LabelError, match=said):
        read_page_xml(path)


def test_two_images_never_share_a_page_file(tmp_path):
    labels = label_set([page(image="a.png"), page(image="a.jpg")])
    with pytest.raises(LabelError, match=r"'a.jpg' and 'a.png'"):
        write_page_xml(labels, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LabelError, match="control character"):
        page_xml(page(line(text="bell \x07")))


# ---------------------------------------------------------------- IAM
def make_iam(root):
    """Write a small database in the layout of IAM, every trap of the real one included."""
    forms = {"a01-000u": "000", "a01-003": "002", "b02-010": "004"}
    (root / "ascii").mkdir(parents=True)
    (root / "xml").mkdir()
    rows = ["#--- lines.txt ---#", "# format: a01-000u-00 ok 154 19 408 746 1661 89 A|MOVE"]
    words = ["# words"]
    texts = {
        "a01-000u-00": "He|said|,|&quot;|go|!|&quot;",
        "a01-000u-01": "#|1|is|first of all",
        "a01-003-00": "ten|(|or|so|)|men",
        "b02-010-00": "Tom's|lorry|...",
    }
    for k, (name, text) in enumerate(texts.items()):
        form = name.rsplit("-", 1)[0]
        status = "err" if k == 2 else "ok"
        rows.append(f"{name} {status} 154 19 408 {700 + 100 * k} 1661 89 {text}")
        folder = root / "lines" / form.split("-")[0] / form
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((89, 400), 200, np.uint8)).save(folder / f"{name}.png")
    words += [
        "a01-000u-00-00 ok 154 408 768 27 51 PP3A He",
        "a01-000u-00-01 err 154 1 2 3 4 VBD said",
    ]
    rows += ["a01-003-01 perhaps 1 1 1 1 1 1 x", "a01-003-02 ok 154", ""]
    (root / "ascii/lines.txt").write_text("\n".join(rows), encoding="utf-8")
    (root / "ascii/words.txt").write_text("\n".join(words), encoding="utf-8")
    listed = ["# forms", *(f"{form} {writer} 2 prt 7 5 52 36" for form, writer in forms.items())]
    (root / "ascii/forms.txt").write_text("\n".join(listed[:-1]), encoding="utf-8")
    (root / "xml/b02-010.xml").write_text(
        '<?xml version="1.0"?><form id="b02-010" writer-id="004"><handwritten-part>'
        '<line id="b02-010-00" text="Tom&apos;s lorry &amp;quot;...&amp;quot;"/>'
        "</handwritten-part></form>"
    )
    damaged = root / "lines/a01/a01-003/a01-003-00.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    (root / "lines/b02/b02-010/b02-010-00.png").unlink()
    return root


def test_iam_lines_are_read_with_writers_flags_and_texts(tmp_path):
    found = read_iam(make_iam(tmp_path / "iam"))
    assert [(e.id, e.form, e.writer, e.ok) for e in found.entries] == [
        ("a01-000u-00", "a01-000u", "000", True),
        ("a01-000u-01", "a01-000u", "000", True),
        ("a01-003-00", "a01-003", "002", False),
        ("b02-010-00", "b02-010", "004", True),  # This writer stands in the form's file alone
    ]
    assert [entry.text for entry in found.entries] == [
        'He said, "go!"', "# 1 is first of all", "ten (or so) men", "Tom's lorry \"...\"",
    ]  # fmt: skip
    assert found.entries[0].box == (408, 700, 408 + 1661, 789)
    assert [p.code for p in found.problems] == ["bad_entry", "bad_entry"]
    assert "'perhaps'" in found.problems[0].message and "Line 7" in found.problems[0].message


def test_iam_words_are_read_too(tmp_path):
    found = read_iam(make_iam(tmp_path), "words")
    assert [(e.id, e.text, e.ok, e.box) for e in found.entries] == [
        ("a01-000u-00-00", "He", True, (408, 768, 435, 819)),
        ("a01-000u-00-01", "said", False, (1, 2, 4, 6)),
    ]
    assert found.entries[0].image == tmp_path / "words/a01/a01-000u/a01-000u-00-00.png"


def test_damaged_and_missing_images_of_iam_are_named(tmp_path):
    good, problems = check_images(read_iam(make_iam(tmp_path)).entries)
    assert [entry.id for entry in good] == ["a01-000u-00", "a01-000u-01"]
    assert [(p.code, p.line) for p in problems] == [
        ("unreadable_image", "a01-003-00"), ("missing_image", "b02-010-00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "read"),
    [
        ("A|MOVE|to|stop|Mr.|Gaitskell", "A MOVE to stop Mr. Gaitskell"),
        ("weeks|.|&quot;|I|did|&quot;|;|he", 'weeks. "I did"; he'),
        ("a|||b", "a b"),
        ("(|x|)|,|y", "(x), y"),
    ],
)
def test_the_bars_of_iam_become_gaps_where_people_leave_them(listed, read):
    assert readable_text(listed) == read


def test_an_iam_split_is_disjoint_by_writer_or_fails(tmp_path):
    make_iam(tmp_path)
    entries = read_iam(tmp_path).entries
    listing = tmp_path / "trainset.txt"
    listing.write_text("# forms\na01-000u\n\nb02-010\n")
    parts, problems = split_iam(entries, {"train": read_split(listing), "test": ["a01-003-00"]})
    assert [len(part) for part in parts.values()] == [3, 1] and problems == []
    _, (note,) = split_iam(entries, {"train": ["a01-000u"]})
    assert "2 entries are in no part" in note.message
    with pytest.raises(LeakError, match="Writer 000 is in two parts: train .* and test"):
        split_iam(entries, {"train": ["a01-000u-00"], "test": ["a01-000u-01"]})
    with pytest.raises(LeakError, match="a01-003 is in two parts"):
        split_iam(entries, {"train": ["a01-003"], "test": ["a01-003"]})


def test_iam_says_what_belongs_where_and_that_writers_disagree(tmp_path):
    with pytest.raises(FileNotFoundError, match="after registration"):
        read_iam(tmp_path)
    make_iam(tmp_path)
    with pytest.raises(LabelError, match="'pages' is unknown"):
        read_iam(tmp_path, "pages")
    (tmp_path / "xml/a01-003.xml").write_text('<form id="a01-003" writer-id="077"/>')
    with pytest.raises(LabelError, match="writer 002 in forms.txt and by 077"):
        read_writers(tmp_path)


# ---------------------------------------------------------------- photographs and proposals
class Reader:
    """A page reader that finds one line, and counts how often it was asked."""

    asked = 0

    def read(self, image):
        type(self).asked += 1
        height, width = image.shape
        curve = np.array([[-5.0, 60], [300, 60.2], [width + 9.0, 60]])
        return PageReading([ReadLine(DetectedLine(curve, 30, 10, 18, 0.9), "hello", 0.8)])


def test_photographs_come_in_with_writer_size_and_proposals(tmp_path):
    draw_page(tmp_path / "anna/p10.png")
    draw_page(tmp_path / "anna/p2.png", size=(500, 300))
    draw_page(tmp_path / "top.png")
    (tmp_path / ".hidden").mkdir()
    draw_page(tmp_path / ".hidden/no.png")
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    (tmp_path / "phone.HEIC").write_bytes(b"")
    said = []
    loaded = load_photographs(tmp_path, Reader(), said.append)
    assert loaded.added == ["anna/p2.png", "anna/p10.png", "top.png"]
    assert [(p.writer, p.width) for p in loaded.labels.pages] == [
        ("anna", 500), ("anna", 640), (None, 640),
    ]  # fmt: skip
    assert [p.code for p in loaded.problems] == ["unreadable_image", "unsupported_image"]
    (proposal,) = loaded.labels.pages[0].lines
    assert (proposal.status, proposal.text, proposal.proposal) == ("proposed", "hello", "hello")
    assert proposal.confidence == 0.8 and proposal.box[0] == 0 and proposal.box[2] == 500
    assert validate(loaded.labels, tmp_path) == [] and len(said) == 3
    assert read_labels(tmp_path) == loaded.labels


def test_what_a_person_labeled_is_never_touched_by_another_run(tmp_path):
    draw_page(tmp_path / "a.png")
    load_photographs(tmp_path, Reader(), print)
    labels = read_labels(tmp_path)
    mine = replace(labels.pages[0], status="done", lines=(line("mine", text="by hand"),))
    write_labels(tmp_path / "labels.json", labels.with_page(mine))
    draw_page(tmp_path / "b.png")
    asked = Reader.asked
    loaded = load_photographs(tmp_path, Reader(), print)
    assert Reader.asked == asked + 1 and loaded.added == ["b.png"]
    assert loaded.labels.pages[0] == mine
    draw_page(tmp_path / "a.png", texts=("changed",))
    again = load_photographs(tmp_path, Reader(), print)
    assert again.labels == loaded.labels and again.problems[0].code == "changed_image"
    before = (tmp_path / "labels.json").read_bytes()
    (tmp_path / "labels.json").write_bytes(before[:-30])
    with pytest.raises(LabelError):
        load_photographs(tmp_path, Reader(), print)
    assert (tmp_path / "labels.json").read_bytes() == before[:-30]


def test_a_page_that_a_person_has_touched_gets_no_proposals(tmp_path):
    labels = labeled_folder(tmp_path)
    with pytest.raises(ValueError, match="what a person made|is done"):
        propose(labels.pages[0], tmp_path, Reader())


def test_proposals_are_cut_at_the_edge_and_baselines_keep_their_bends():
    straight = np.column_stack([np.linspace(10, 90, 40), np.full(40, 50.0)])
    bent = straight.copy()
    bent[20:, 1] += np.linspace(0, 8, 20)
    outside = straight - (0, 200)
    lines = [
        ReadLine(DetectedLine(curve, 20, 8, 11, 0.9), text, 0.5)
        for curve, text in ((straight, "a"), (bent, ""), (outside, "b"))
    ]
    found = proposed_lines(PageReading(lines), 100, 54)
    assert [len(one.baseline) for one in found] == [2, 3]
    assert found[0].box == (10, 30, 90, 54) and found[1].text is None
    assert proposing_module.simplified(straight[:2]).shape == (2, 2)


def test_folders_that_name_nobody_give_no_writer(tmp_path):
    assert writer_of(tmp_path / "bo/a.png", tmp_path) == "bo"
    assert writer_of(tmp_path / "Photos/a.png", tmp_path) is None
    assert writer_of(tmp_path / "a.png", tmp_path) is None
    assert photographs_in(tmp_path) == []


SLOW = """
import sys, time
from shared.labeling.photographs import load_photographs
from shared.tests.test_labeling_exchange import Reader
class Slow(Reader):
    def read(self, image):
        time.sleep(0.05)
        return super().read(image)
print("ready", flush=True)
load_photographs(sys.argv[1], Slow(), lambda text: print(text, flush=True))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that cannot be refused")
def test_a_killed_run_goes_on_where_it_was(tmp_path):
    for k in range(12):
        draw_page(tmp_path / f"p{k}.png", texts=(f"page {k}",), size=(300, 120))
    told = 0
    for pause in (0.12, 0.2):
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        told += said.count("proposed")
        if (tmp_path / "labels.json").exists():
            assert len(read_labels(tmp_path).pages) >= told
    asked = Reader.asked
    loaded = load_photographs(tmp_path, Reader(), print)
    assert [p.image for p in loaded.labels.pages] == [f"p{k}.png" for k in range(12)]
    assert Reader.asked - asked == len(loaded.added) <= 12 - told
