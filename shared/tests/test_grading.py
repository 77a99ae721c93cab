"""From a folder of submissions to points, on the real Lab 1; the runner has tests of its own."""

from __future__ import annotations

import argparse
import contextlib
import csv
import errno
import json
import os
import subprocess
import sys

import pytest
from building import classes, editions

from shared.checks import progress
from shared.checks.exercise import load_lab
from shared.checks.labs import LABS
from shared.checks.verdict import CaseResult, Result, judge, not_attempted
from shared.checks.worker import Worker
from shared.course import grade as verb
from shared.course import hand_in
from shared.course.outline import CourseError, this_course
from shared.grading import batch, isolation, sheets, whole_folder
from shared.grading.folder import Roster, Submission, collect
from shared.grading.runner import grade
from shared.grading.submission import NotebookError, answers_in, find_answer, plain, read_notebook

COURSE = this_course()
LAB = LABS[0]
NAMES = {lab: [one.name for one in load_lab(lab.number)] for lab in COURSE.available()}
SOLVED = COURSE.solutions / LAB.notebook
UNTOUCHED = COURSE.labs / LAB.notebook


def put(folder, name, content, age=0):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    os.utime(path, (1e9 - age, 1e9 - age))
    return path


def test_names_labs_and_the_file_that_counts_are_found(tmp_path):
    put(tmp_path, "ann/deep/below/anything.ipynb", SOLVED)
    put(tmp_path, "ann/first try.ipynb", UNTOUCHED, age=60)
    put(tmp_path, f"Bob Stone_{LAB.name}.ipynb", UNTOUCHED)
    put(tmp_path, f"lovelaceada_late_123456_987654_{LAB.name}-2.ipynb", SOLVED)
    put(tmp_path, "cy/broken.ipynb", b"{")
    put(tmp_path, "dan/else.ipynb", b'{"cells": []}')
    put(tmp_path, "ann/.ipynb_checkpoints/anything.ipynb", UNTOUCHED)
    roster = Roster({"Ada Lovelace": {"name": "Ada Lovelace"}, "Bob Stone": {}, "ann": {}})
    found = {one.learner: one for one in collect(tmp_path, NAMES, roster)}
    assert set(found) == {"ann", "Bob Stone", "Ada Lovelace", "cy", "dan"}
    assert found["ann"].path.name == "anything.ipynb" and found["ann"].lab == LAB
    assert [path.name for path in found["ann"].older] == ["first try.ipynb"]
    assert found["ann"].digest == found["Ada Lovelace"].digest != found["Bob Stone"].digest
    assert "not a notebook" in found["cy"].trouble and "no answer" in found["dan"].trouble


def test_without_a_roster_a_file_names_its_learner(tmp_path):
    put(tmp_path, f"submission_Bob Stone_{LAB.name}.ipynb", UNTOUCHED)
    put(tmp_path, f"learner017_{LAB.name}.ipynb", UNTOUCHED)
    found = {one.learner for one in collect(tmp_path, NAMES, Roster())}
    assert found == {"Bob Stone", "learner017"}


def test_a_name_that_two_could_have_is_not_guessed():
    roster = Roster({"Ann Lee": {}, "Lee Ann": {}, "Jo": {"mail": "jo@school.org"}})
    assert roster.spelled("leeann_17") is None
    assert roster.spelled("JO@school.org") == "Jo"


def test_a_roster_that_is_none_is_refused(tmp_path):
    path = tmp_path / "class.csv"
    path.write_text("name\nann\nann\n")
    with pytest.raises(NotebookError, match="a name of its own"):
        Roster.read(path)


def code(source, name=None):
    note = {"nbgrader": {"solution": True, "grade_id": name}} if name else {}
    return {"cell_type": "code", "metadata": note, "source": source}


@pytest.mark.parametrize(
    ("cells", "gives"),
    [
        ([code("import math\nHALF = 0.5"), code("def f():\n    return HALF * math.e", "f")], 1.359),
        ([code("def g(): return h()\ndef h(): return 3"), code("def f(): return g()", "f")], 3),
        ([code("def mine(): return 4"), code("f = mine", "f")], 4),
        ([code("%matplotlib inline\n!ls\ndef f():\n    return 5", "f")], 5),
        ([code("if True:\n    def f(): return 6", "f")], 6),
        ([code("f: object = lambda: 7", "f")], 7),
        ([code("", "f"), code("def f(): return 8")], 8),
        ([code("g = 1 / 0"), code("def g(): return 9\nf = g", "f")], 9),
        ([code("text = k = 1 / 0"), code("def f(text=9): return [text for k in 'a'][0]", "f")], 9),
    ],
)
def test_an_answer_brings_what_it_uses_from_other_cells(cells, gives):
    space = {}
    exec(find_answer(cells, "f"), space)
    assert space["f"]() == pytest.approx(gives, abs=1e-3)


def test_what_the_lab_has_does_not_come_along():
    own = [code("def g(): return 'mine'"), code("K = 2"), code("def f(): return g() + K", "f")]
    lab = [code("def g(): ...", "g"), {**code("K = 1"), "metadata": {"tags": ["setup"]}}]
    assert find_answer(own, "f", lab) == "def f(): return g() + K"
    assert plain("x = 'a\n") == "x = 'a\n"  # What cannot be parsed stays as it is


def run(*words):
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return verb.run(parser.parse_args([str(word) for word in words]))


@pytest.mark.notebooks
def test_an_evening_of_grading(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "in"
    put(folder, "good/lab.ipynb", SOLVED)
    put(folder, "copy/lab.ipynb", SOLVED)
    put(folder, "empty/lab.ipynb", UNTOUCHED)
    put(folder, "<b>cy/lab.ipynb", b"no notebook")
    notebook = json.loads(SOLVED.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = "1 / 0\n" + "".join(cell["source"])
    notebook["cells"].append({**code("open('data/answers.json')"), "outputs": [], "id": "x"})
    put(folder, "wrong/lab.ipynb", json.dumps(notebook).encode())
    roster = tmp_path / "class.csv"
    roster.write_text("name,id\ngood,7\ncopy,8\nempty,9\nwrong,10\nabsent,11\n<b>cy,12\n")
    assert run(folder, "--roster", roster) == 0
    said = capsys.readouterr().out
    assert "4 of 5 notebooks graded" in said and "Nothing from: absent" in said, said
    table = csv.DictReader((tmp_path / "in-grades/points.csv").open(encoding="utf-8"))
    rows = {row["learner"]: row for row in table}
    most = f"{sum(one.points for one in load_lab(1)):g}"
    points = [rows[name]["points"] for name in ("good", "copy", "empty", "wrong")]
    assert points == [most, most, "0", "0"]
    assert rows["good"]["same answers as"] == "copy" and rows["wrong"]["look at"] == "answers.json"
    assert "not a notebook" in rows["<b>cy"]["trouble"]
    page = (tmp_path / "in-grades/overview.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;cy" in page and "<b>cy" not in page and "absent" in page
    learner = (tmp_path / "in-grades/learner-005.html").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in learner and "Hint:" in learner

    def graded_again(*_):
        raise AssertionError("a notebook was graded twice")

    monkeypatch.setattr(batch, "_grade_one", graded_again)
    (tmp_path / "canvas.csv").write_text("Student,ID,Lab 1\n{learner},{id},{points}\n")
    assert run(folder, "--roster", roster, "--columns", tmp_path / "canvas.csv") == 0
    assert f"good,7,{most}\n" in (tmp_path / "in-grades/points.csv").read_text()


def test_a_spreadsheet_reads_no_formula_and_an_unknown_field_is_named():
    one = batch.Graded(Submission("=cmd()", LAB, SOLVED), trouble="x")
    assert "'=cmd()," in sheets.table([one], Roster())
    with pytest.raises(NotebookError, match="'grade'.*learner"):
        sheets.table([one], Roster(), "a\n{grade}\n")
    with pytest.raises(NotebookError, match="two lines"):
        sheets.table([one], Roster(), "a\n")


def test_a_field_of_the_roster_is_empty_for_whom_it_does_not_know():
    one = batch.Graded(Submission("stranger", LAB, SOLVED))
    written = sheets.table(
        [one], Roster({"ann": {"name": "ann", "id": "7"}}), "a,b\n{learner},{id}\n"
    )
    assert written == "a,b\nstranger,\n"


def test_an_unknown_field_stops_before_anything_is_graded(tmp_path, monkeypatch):
    put(tmp_path, "in/ann/lab.ipynb", SOLVED)
    put(tmp_path, "columns.csv", b"a\n{nonsense}\n")
    monkeypatch.setattr(whole_folder, "grade_all", lambda *_: pytest.fail("it began to grade"))
    with pytest.raises(CourseError, match="nonsense"):
        run(tmp_path / "in", "--columns", tmp_path / "columns.csv")


@pytest.mark.parametrize("file", ["exercises/lab03_forward.py", "checks/planted/scoring.py"])
def test_all_that_judges_a_lab_counts(file, monkeypatch):
    lab = LABS[2]
    pristine = COURSE.labs / lab.notebook
    before = batch.version(lab, pristine, 1)
    read = type(pristine).read_bytes
    changed = lambda path: read(path) + b"#" * path.as_posix().endswith(file)  # noqa: E731
    monkeypatch.setattr(type(pristine), "read_bytes", changed)
    assert batch.version(lab, pristine, 1) != before


def test_changed_checks_or_another_seed_grade_anew(tmp_path):
    first = batch.version(LAB, UNTOUCHED, 1)
    assert first == batch.version(LAB, UNTOUCHED, 1) != batch.version(LAB, UNTOUCHED, 2)
    changed = put(tmp_path, "lab.ipynb", UNTOUCHED.read_bytes() + b" ")
    assert first != batch.version(LAB, changed, 1)


def test_only_the_exercise_whose_check_changed_is_judged_again(tmp_path, monkeypatch):
    exercises = [one for one in load_lab(1) if one.name in ("encode", "decode", "right_rate")]
    monkeypatch.setattr(batch, "load_lab", lambda number: exercises)
    put(tmp_path, "in/ann/lab.ipynb", SOLVED)

    def once():
        found = collect(tmp_path / "in", NAMES, Roster())
        (graded,) = batch.grade_all(found, {LAB: UNTOUCHED}, tmp_path / "kept", workers=1)
        return {one["id"]: one["points"] for one in graded.exercises}

    first = once()
    asked = batch.checks_of(exercises)
    assert len(set(asked.values())) == 3 and set(first) == set(asked)
    judged = []
    monkeypatch.setattr(batch, "checks_of", lambda all: asked | {"lab01.decode": "another text"})

    def note(exercise, *given, **more):
        judged.append(exercise.id)
        return judge(exercise, *given, **more)

    monkeypatch.setattr("shared.grading.runner.judge", note)
    assert once() == first == once() and judged == ["lab01.decode"]


def test_hand_in_keeps_answers_and_leaves_the_rest_here(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    parser = argparse.ArgumentParser()
    hand_in.add_arguments(parser)
    with pytest.raises(CourseError, match="labs open 1"):
        hand_in.run(parser.parse_args(["1"]))
    put(tmp_path, LAB.notebook, SOLVED)
    assert hand_in.run(parser.parse_args(["1"])) == 0
    said = capsys.readouterr().out
    assert f"answers to {len(load_lab(1))} of {len(load_lab(1))} exercises" in said
    handed = tmp_path / "hand-in" / LAB.notebook
    assert handed.stat().st_size < SOLVED.stat().st_size / 2
    names = NAMES[LAB]
    assert answers_in(read_notebook(handed), names) == answers_in(read_notebook(SOLVED), names)


def test_a_folder_or_mine_but_not_both():
    with pytest.raises(CourseError, match="--mine"):
        run()


def test_cases_of_the_grader_are_added_and_a_file_that_is_none_is_named(tmp_path):
    path = tmp_path / "private.py"
    path.write_text(
        "from shared.checks.exercise import Case\n"
        "def both(function, inputs):\n    return [function(**inputs)] * 2\n"
        "CASES = {'lab01.encode': [\n"
        "    Case('another alphabet', {'text': 'ba', 'characters': 'ab'}, hint='h', hidden=True),\n"
        "    Case('twice', {'text': 'b', 'characters': 'ab'}, probe=both, hint='h')]}\n"
    )
    encode = next(one for one in load_lab(1) if one.name == "encode")
    (longer,) = batch.with_cases([encode], path)
    assert [case.name for case in longer.cases[-2:]] == ["another alphabet", "twice"]
    (result,) = grade(SOLVED, UNTOUCHED, [longer])
    assert result.state == "passed" and result.points == encode.points + 2
    assert batch.version(LAB, UNTOUCHED, 1) != batch.version(LAB, UNTOUCHED, 1, path)
    path.write_text("CASES = 1 / 0")
    with pytest.raises(NotebookError, match="private.py gives no cases .ZeroDivisionError"):
        batch.with_cases([encode], path)


@pytest.mark.notebooks
def test_an_edition_for_students_checks_without_answers(tmp_path):
    exercises = load_lab(1)
    root = COURSE.labs.parent
    editions.make(root, tmp_path, exercises, ("https://here/a", "https://there/b"))
    students, grader = tmp_path / "students", tmp_path / "grader"
    assert not (students / "solutions").exists() and (grader / "solutions").is_dir()
    assert not (students / "shared/tests").exists()
    assert json.loads((grader / "data/class.json").read_text())["seed"] >= 0
    given = json.loads((students / "data/answers.json").read_text(encoding="utf-8"))
    assert set(given) == {one.id for one in exercises}
    assert "recall" in given["lab01.encode"]["program"][-1]
    program = f"""
from shared.checks.exercise import find
from shared.grading.runner import grade
encode, rate = find("lab01.encode"), find("lab01.right_rate")
lab = "labs/{LAB.notebook}"
print([one.points for one in grade({str(SOLVED)!r}, lab, [encode, rate])])
print([one.points for one in grade(lab, lab, [encode, rate])])
print(encode.reference("ab", "abc"))
"""
    environment = os.environ | {"PYTHONPATH": str(students), "HANDWRITING_MY": str(tmp_path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=students, env=environment, capture_output=True, text=True, check=False
    )
    points = [float(one.points) for one in exercises if one.name in ("encode", "right_rate")]
    assert done.stdout.splitlines() == [str(points).replace(".0", ""), "[0, 0]"], done
    assert "NotRecordedError: This edition of the course has no `encode`" in done.stderr


def test_the_form_of_isolation_hides_what_others_handed_in(tmp_path):
    form = isolation.best((tmp_path,))
    if form.name != "bubblewrap":
        pytest.skip("bubblewrap is not installed, or not allowed, on this system.")
    (tmp_path / "secret.txt").write_text("points")
    source = (
        "import os, socket\n"
        f"seen = [os.listdir({str(tmp_path)!r}), os.path.exists({str(SOLVED)!r})]\n"
        "seen.append('HANDWRITING_MY' in os.environ)\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), timeout=5)\n"
        "except OSError as error:\n    seen.append(error.errno)\n"
        "try:\n    open('/usr/harm', 'w')\n"
        "except OSError as error:\n    seen.append(error.errno)\n"
        "raise ValueError(seen)"
    )
    with contextlib.closing(Worker(walls=form.walls)) as worker:
        reply = worker.ask("shared.checks.answering:run_cell", 60, source=source, label="cell")
    unreachable, read_only = errno.ENETUNREACH, errno.EROFS
    assert f"[[], False, False, {unreachable}, {read_only}]" in reply.text


def test_what_hand_in_noted_is_shown_to_the_teacher(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    put(tmp_path, LAB.notebook, SOLVED)
    encode = next(one for one in load_lab(1) if one.name == "encode")
    progress.record(Result(encode, "passed", (CaseResult("a", 4, True),)))
    progress.record_guess("lab01.guess_error_rate", "12.5")
    parser = argparse.ArgumentParser()
    hand_in.add_arguments(parser)
    hand_in.run(parser.parse_args(["1"]))
    _, noted = batch._look_at(tmp_path / "hand-in" / LAB.notebook)
    assert noted["tries"]["encode"] == 1 and noted["guesses"] == {"guess_error_rate": "12.5"}
    results = [not_attempted(one, "") for one in load_lab(1)]
    rows = [batch.as_record(one) for one in results]
    one = batch.Graded(Submission("ann", LAB, SOLVED), tuple(rows), handed_in=noted)
    sheets.write_pages([one], Roster(), tmp_path)
    page = (tmp_path / "overview.html").read_text(encoding="utf-8")
    assert "Guessed: 12.5 (1)" in page and "0 full, 0 in part, 1 none" in page


def test_editions_go_into_a_new_folder(tmp_path):
    parser = argparse.ArgumentParser()
    classes.add_arguments(parser)
    with pytest.raises(CourseError, match="exists"):
        classes.run(parser.parse_args(["new", str(tmp_path)]))
