"""The sheet: drawn, filled by a pen hand, photographed, and cut again."""

import argparse
import json
import re
import sys
import types
from dataclasses import replace

import cv2
import filled_sheets
import numpy as np
import pytest
from PIL import Image

from shared import handwriting, pen
from shared.course import hand_in
from shared.course import sheet as verb
from shared.course.outline import CourseError, this_course
from shared.handwriting import (
    HandwritingError,
    corner_marks,
    make_sheet,
    my_handwriting,
    read_sheet,
)
from shared.handwriting import sheet as layout
from shared.paths import data_file
from shared.tests.test_architecture import ARROWS

SMALL = {"shape": (2000, 1500), "blur": 0.6}


@pytest.fixture(autouse=True)
def _mine(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path / "my"))


@pytest.fixture(scope="module")
def filled():
    """Return a sheet on which a tenth was left empty."""
    rng = np.random.default_rng(2)
    return filled_sheets.fill(pen.hands("test")[3], rng, number=2, empty=0.1)


@pytest.fixture(scope="module")
def photo(filled):
    return filled_sheets.photograph(filled, np.random.default_rng(3), 30, 100, 0.6, **SMALL)


@pytest.fixture(scope="module")
def sheet(photo):
    return read_sheet(photo)


def test_every_letter_and_digit_is_asked_for_and_fits():
    assert len(set(layout.CELLS)) == len(layout.CELLS) == 78
    everything = set("abcdefghijklmnopqrstuvwxyz0123456789")
    for texts in layout.PROMPTS:
        assert len(texts) == 12 and everything <= set("".join(texts).lower())
        assert max(map(len, texts)) <= 30 and not set(texts) & set(handwriting.STAND_IN_TEXTS)


@pytest.mark.parametrize("paper", layout.PAPERS)
def test_a_sheet_has_the_size_of_its_paper(tmp_path, paper):
    size = np.array(layout.PAPERS[paper])
    image = Image.open(make_sheet(tmp_path / "s.png", paper))
    np.testing.assert_allclose(np.array(image.size) / 300 * 25.4, size, atol=0.1)
    found = read_sheet(np.array(image.convert("L")))
    assert found.description.startswith("0 letters and 0 lines were cut out of sheet 1.")
    assert "Nothing is written" in found.problems[0]
    written = make_sheet(tmp_path / "s.pdf", paper).read_bytes()
    assert written == make_sheet(tmp_path / "again.pdf", paper).read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", written)
    np.testing.assert_allclose([float(one) for one in box.groups()], size / 25.4 * 72, atol=0.1)


@pytest.mark.parametrize("how", [("s.docx", "A4", 1), ("s.pdf", "A5", 1), ("s.pdf", "A4", 3)])
def test_a_sheet_that_cannot_be_made_is_refused_in_a_sentence(tmp_path, how):
    with pytest.raises(ValueError, match="name a file that ends in .pdf or .png"):
        make_sheet(tmp_path / how[0], *how[1:])


def test_what_is_filled_is_cut_and_what_is_empty_left_out(filled, sheet):
    assert not sheet.problems and sheet.number == 2
    assert sheet.labels == "".join(layout.CELLS[k] for k in filled.boxes)
    assert sheet.texts == [layout.PROMPTS[1][k] for k in filled.rows]
    right, cells = filled_sheets.right_cells(filled, sheet)
    assert right == cells == 90
    assert {letter.shape for letter in sheet.letters} == {(116, 146)}
    assert all(len(line) == 93 and line.dtype == np.uint8 for line in sheet.lines)
    picture = sheet.show()
    assert f"{len(filled.boxes) + len(filled.rows)} solid frames" in picture.alt


def test_a_corner_that_is_covered_is_named_and_the_rest_is_kept(filled, photo, sheet):
    marks = corner_marks.find_marks(photo)
    covered = photo.copy()
    cv2.fillPoly(covered, [marks[5][0].astype(np.int32)], 150)
    found = read_sheet(covered)
    assert [problem[:33] for problem in found.problems] == ["The corner mark at the top right "]
    assert filled_sheets.right_cells(filled, found)[0] >= 87
    assert len(found.doubtful) == 1 and "1 dashed" in found.show().alt
    cv2.fillPoly(covered, [marks[6][0].astype(np.int32)], 150)
    found = read_sheet(covered)
    assert "not top right and bottom right" in found.problems[0] and not found.letters
    assert found.show().alt.count("dashed")


def test_what_lies_outside_the_photograph_is_left_out(photo, sheet):
    marks = corner_marks.find_marks(photo)
    rows = int(marks[5][0][:, 1].max()) + 2, int(marks[5][0][:, 1].min()) - 2
    cropped = photo[rows[0] :] if rows[0] < 1000 else photo[: rows[1]]
    found = read_sheet(cropped)
    assert found.problems and set(found.labels) < set(sheet.labels)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda photo: cv2.GaussianBlur(photo, (0, 0), 2.2), "blurred, or the sheet too small"),
        (lambda photo: photo[:900, :600], "of the 4 corner marks w"),
        (lambda photo: np.full_like(photo, 200), "No corner mark of a sheet was found"),
        (lambda photo: np.concatenate([photo, photo]), "More than one sheet"),
    ],
)
def test_a_bad_photograph_is_one_sentence_with_a_picture(photo, change, sentence):
    found = read_sheet(change(photo))
    assert len(found.problems) == 1 and sentence in found.problems[0]
    assert not (found.letters or found.lines) and found.page is None
    assert sentence in found.show().alt
    assert "Nothing was added" in found.save()


def test_a_sheet_of_a_later_course_is_named(photo, monkeypatch):
    monkeypatch.setattr(corner_marks, "PROMPTS", layout.PROMPTS[:1])
    assert "The marks are those of sheet 2" in read_sheet(photo).problems[0]


def test_a_half_written_line_is_left_out_and_named(filled):
    half = {k: ink.copy() for k, ink in filled.rows.items()}
    place = sorted(half)[2]
    columns = np.flatnonzero(half[place].any(axis=0))
    half[place][:, columns[len(columns) // 2] :] = 0
    ink = np.maximum.reduce([*filled.boxes.values(), *half.values()])
    image = filled_sheets.photograph(replace(filled, ink=ink), np.random.default_rng(5), **SMALL)
    found = read_sheet(image)
    assert f"line {place + 1}. Write all of it" in found.problems[0]
    assert len(found.lines) == len(filled.rows) - 1 and len(found.doubtful) == 1


def test_writing_as_light_as_the_rules_is_said(filled):
    image = filled_sheets.photograph(filled, np.random.default_rng(5), ink=185, **SMALL)
    assert any("hardly darker than the printed rules" in one for one in read_sheet(image).problems)


def test_what_is_saved_is_what_the_labs_read(tmp_path, sheet):
    assert "Added" in sheet.save()
    mine = my_handwriting()
    assert (mine.letters_source, mine.lines_source, mine.page_source) == ("yours",) * 3
    assert sorted(mine.labels) == sorted(sheet.labels) and mine.texts == sheet.texts
    assert mine.page_text == "\n".join(sheet.texts)
    assert "Not used" not in mine.description
    np.testing.assert_array_equal(mine.photo, sheet.page)
    before = {file: file.read_bytes() for file in (tmp_path / "my").rglob("*.*")}
    assert "nothing new" in sheet.save()
    assert before == {file: file.read_bytes() for file in (tmp_path / "my").rglob("*.*")}


def test_what_is_there_stays_as_it_is(tmp_path, sheet):
    folder = tmp_path / "my/handwriting"
    (folder / "Lines").mkdir(parents=True)
    (folder / "letters").mkdir()
    for name in ("Lines/line_0.JPG", "letters/a_0.png", "page.jpg"):
        Image.fromarray(sheet.lines[0]).save(folder / name)
    (folder / "Lines/lines.json").write_text('{"line_0.jpg": "mine"}')
    (folder / "handwriting.json").write_text('{"version": 0, "writer": "me"}')
    old = {file: file.read_bytes() for file in folder.rglob("*_0.*")}
    sheet.save()
    mine = my_handwriting()
    assert {file: file.read_bytes() for file in old} == old
    assert mine.texts == ["mine", *sheet.texts]
    assert mine.labels.count("a") == 1 + sheet.labels.count("a")
    assert mine.page_text == "mine" and not (folder / "page.png").exists()
    about = json.loads((folder / "handwriting.json").read_text())
    assert about == {"version": 1, "writer": "me", "page": "mine"}


def test_a_page_of_which_nobody_knows_the_text_stays_so(tmp_path, sheet):
    folder = tmp_path / "my/handwriting"
    folder.mkdir(parents=True)
    Image.fromarray(sheet.page).save(folder / "page.png")
    sheet.save()
    assert my_handwriting().page_text is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [('{"version": 2}', "reads versions up to 1"), ("[1]", "cannot be read"),
     ('{"version": 1, "page": 3}', "its page is no text")],
)  # fmt: skip
def test_a_folder_of_another_version_is_refused_before_anything_is_added(
    tmp_path, sheet, content, sentence
):
    folder = tmp_path / "my/handwriting"
    folder.mkdir(parents=True)
    (folder / "handwriting.json").write_text(content)
    for act in (my_handwriting, sheet.save):
        with pytest.raises(HandwritingError, match=sentence):
            act()
    assert [file.name for file in folder.iterdir()] == ["handwriting.json"]


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_every_kind_of_photograph_is_read(tmp_path, sheet, photo, ending):
    Image.fromarray(photo).save(tmp_path / f"photo.{ending}")
    found = read_sheet(tmp_path / f"photo.{ending}")
    assert (found.labels, found.texts) == (sheet.labels, sheet.texts)


def test_heic_is_read_where_its_decoder_is_and_else_a_sentence(tmp_path, monkeypatch, photo):
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(HandwritingError, match="export the photograph as JPEG"):
        read_sheet(path)
    opened = types.SimpleNamespace(to_pillow=lambda: Image.fromarray(photo))
    decoder = types.SimpleNamespace(open_heif=lambda _: opened)
    monkeypatch.setitem(sys.modules, "pillow_heif", decoder)
    assert read_sheet(path).number == 2
    decoder.open_heif = lambda _: 1 / 0
    with pytest.raises(HandwritingError, match="is damaged"):
        read_sheet(path)
    with pytest.raises(HandwritingError, match="There is no image file"):
        read_sheet(tmp_path / "gone.heic")


def _run(*words):
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return verb.run(parser.parse_args([str(word) for word in words]))


def test_the_command_writes_sheets_and_cuts_photographs(tmp_path, capsys):
    assert _run("--paper", "Letter", "--number", 2) == 0
    assert (tmp_path / "my/sheet/sheet_2_Letter.pdf").is_file()
    example = data_file("samples/sheet.jpg")
    assert _run(example) == 0
    assert "78 letters and 12 lines" in capsys.readouterr().out
    assert (tmp_path / "my/sheet/sheet_cut.jpg").is_file()
    assert len(my_handwriting().texts) == 12
    Image.new("L", (300, 400), 200).save(tmp_path / "empty.png")
    assert _run(tmp_path / "empty.png") == 1
    (tmp_path / "notes.txt").write_text("?")
    with pytest.raises(CourseError, match="no image that can be opened"):
        _run(tmp_path / "notes.txt")


def test_what_is_handed_in_holds_no_handwriting(tmp_path, sheet):
    sheet.save()
    course = this_course()
    lab = course.find(["1"])[0]
    (tmp_path / "my" / lab.notebook).write_bytes((course.solutions / lab.notebook).read_bytes())
    parser = argparse.ArgumentParser()
    hand_in.add_arguments(parser)
    assert hand_in.run(parser.parse_args(["1"])) == 0
    handed = list((tmp_path / "my/hand-in").rglob("*.*"))
    assert [file.name for file in handed] == [lab.notebook]
    cells = json.loads(handed[0].read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("attachments") for cell in cells)


def test_nothing_that_is_exported_graded_or_tracked_can_read_handwriting():
    rooms = ("shared.service.exporting", "shared.grading", "shared.experiments.tracking")
    verbs = ("shared.course.export", "shared.course.hand_in", "shared.course.grade")
    ways = {
        name: [other for other, _ in ARROWS[name] if other.startswith("shared.handwriting")]
        for name in ARROWS
        if name.startswith(rooms) or name in verbs
    }
    assert len(ways) > 10 and not any(ways.values())


def test_curled_paper_is_flattened_before_it_is_cut(filled):
    how = {"bend": 4, "tilt": 15, "turn": 185}
    found = read_sheet(filled_sheets.photograph(filled, np.random.default_rng(5), **how, **SMALL))
    assert filled_sheets.right_cells(filled, found)[0] >= 88
