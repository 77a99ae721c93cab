"""PAGE XML and folders of photographs."""

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

from shared.labeling import LabelError, label_set, read_labels, validate, write_labels
from shared.labeling import proposing as proposing_module
from shared.labeling.page_xml import NAMESPACE, page_xml, write_page_xml
from shared.labeling.photographs import load_photographs, photographs_in, writer_of
from shared.labeling.proposing import propose, proposed_lines
from shared.pages import Line, PageReading
from shared.tests.labeling_support import draw_page, labeled_folder, line, page
from shared.tests.odd_files import ODD_TIFFS

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


def test_boxes_are_rounded_outward_and_texts_escaped(tmp_path):
    (path,) = write_page_xml(label_set([rich_page()]), tmp_path)
    assert path == tmp_path / "pages/a b.xml"
    space = f"{{{NAMESPACE}}}"
    first = ET.parse(path).find(f".//{space}TextLine")
    assert first.find(f"{space}Coords").get("points") == "10,10 90,10 90,31 10,31"
    assert first.find(f"{space}Baseline").get("points") == "10,25 90,26"
    assert first.find(f".//{space}Unicode").text == 'a < b & "c"'


def test_two_images_never_share_a_page_file(tmp_path):
    labels = label_set([page(image="a.png"), page(image="a.jpg")])
    with pytest.raises(LabelError, match=r"'a.jpg' and 'a.png'"):
        write_page_xml(labels, tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LabelError, match="control character"):
        page_xml(page(line(text="bell \x07")))


# ---------------------------------------------------------------- photographs and proposals
class Reader:
    """A page reader that finds one line, and counts how often it was asked."""

    asked = 0

    def read(self, image):
        type(self).asked += 1
        height, width = image.shape
        curve = np.array([[-5.0, 60], [300, 60.2], [width + 9.0, 60]])
        return PageReading([Line(curve, 30, 10, 18, 0.8, "hello")])


def test_photographs_come_in_with_writer_size_and_proposals(tmp_path):
    draw_page(tmp_path / "anna/p10.png")
    draw_page(tmp_path / "anna/p2.png", size=(500, 300))
    draw_page(tmp_path / "top.png")
    (tmp_path / ".hidden").mkdir()
    draw_page(tmp_path / ".hidden/no.png")
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    for name, content in ODD_TIFFS.items():  # Before those that have to come in nonetheless
        (tmp_path / f"anna/{name}.TIF").write_bytes(content)
    (tmp_path / "phone.HEIC").write_bytes(b"")
    said = []
    loaded = load_photographs(tmp_path, Reader(), said.append)
    assert loaded.added == ["anna/p2.png", "anna/p10.png", "top.png"]
    assert [(p.writer, p.width) for p in loaded.labels.pages] == [
        ("anna", 500), ("anna", 640), (None, 640),
    ]  # fmt: skip
    assert [p.code for p in loaded.problems] == ["unreadable_image"] * (len(ODD_TIFFS) + 2)
    assert "Export it as JPEG" in loaded.problems[-1].message
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
        Line(curve, 20, 8, 11, 0.5, text)
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
