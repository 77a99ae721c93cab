"""The build: one source, two notebooks, and every kind of drift between them."""

from __future__ import annotations

import argparse
import json

import check_labs
import nbformat
import prose
import pytest
import stored
import texture
from building import build, derive, duration, outputs, source

from shared.course import notebooks, outline
from shared.course.outline import CourseError
from shared.tests.conftest import FIXTURE_LAB, FIXTURES

ANSWER = "def double(n):\n    ### BEGIN SOLUTION\n    return 2 * n\n    ### END SOLUTION"


def cells():
    return source.read(FIXTURES / FIXTURE_LAB.source)


def text_of(course, old, new):
    path = course.solutions / FIXTURE_LAB.source
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def arguments(**given):
    usual = dict.fromkeys(("check", "force", "draft", "answers"), False)
    return argparse.Namespace(**{"lab": []} | usual | given)


def test_learner_gets_a_stub_and_no_solution(built):
    notebook = notebooks.load(built.labs / FIXTURE_LAB.notebook)
    by_id = {cell["id"]: cell for cell in notebook["cells"]}
    assert by_id["answer-double"]["source"].endswith("    raise NotImplementedError")
    assert "2 * number" not in json.dumps(notebook)
    assert "Why this way" not in json.dumps(notebook)
    assert stored.inspect_learner(built.labs / FIXTURE_LAB.notebook) == []


def test_solved_notebook_is_executed_and_clean(built):
    path = built.solutions / FIXTURE_LAB.notebook
    assert stored.inspect_solved(path) == []
    assert "2 * number" in path.read_text(encoding="utf-8")
    assert "SOLUTION" not in path.read_text(encoding="utf-8")


def test_stub_equals_that_of_nbgrader():
    from nbformat import v4
    from nbgrader.preprocessors import ClearSolutions

    metadata = {cell.answer: cell.metadata for cell in cells() if cell.answer}["double"]
    two = "x = 1\n" + ANSWER + "\nif x:\n    ### BEGIN SOLUTION\n    y = 1\n    ### END SOLUTION"
    for text in (ANSWER, two):
        cell = v4.new_code_cell(text, metadata=metadata)
        clearer = ClearSolutions(code_stub={"python": derive.STUB})
        theirs, _ = clearer.preprocess(v4.new_notebook(cells=[cell]), {})
        assert derive.clear(text) == theirs.cells[0].source


def test_metadata_satisfies_nbgrader(built):
    from nbgrader.nbgraderformat import read

    notebook = read(str(built.labs / FIXTURE_LAB.notebook), as_version=4)
    graded = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert [(cell.grade_id, cell.solution, cell.grade) for cell in graded] == [
        ("double", True, False),
        ("check-double", False, True),
    ]
    assert graded[1].points == 2


@pytest.mark.parametrize(
    "text", [ANSWER.replace(source.END, ""), ANSWER.replace(source.BEGIN, source.END)]
)
def test_unpaired_markers_are_refused(text):
    with pytest.raises(CourseError, match="no partner|never closed"):
        derive.clear(text)


def test_inserted_cell_renames_nothing_in_other_sections(course):
    before = [cell.id for cell in source.read(course.solutions / FIXTURE_LAB.source)]
    text_of(course, "# %% [markdown]\n# Five", "# %% [markdown]\n# New.\n\n# %% [markdown]\n# Five")
    after = [cell.id for cell in source.read(course.solutions / FIXTURE_LAB.source)]
    section = "how-do-you-double-a-number"
    assert [name for name in before if section not in name] == [
        name for name in after if section not in name
    ]


def test_second_build_changes_nothing_and_executes_nothing(course, monkeypatch):
    monkeypatch.setattr(build, "execute", lambda *_, **__: pytest.fail("executed without need"))
    files = [folder / FIXTURE_LAB.notebook for folder in (course.labs, course.solutions)]
    before = [path.read_bytes() for path in files]
    build.build(course, FIXTURE_LAB)
    assert [path.read_bytes() for path in files] == before


def test_changed_prose_keeps_the_outputs(course, monkeypatch):
    monkeypatch.setattr(build, "execute", lambda *_, **__: pytest.fail("executed without need"))
    text_of(course, "Five numbers", "Five whole numbers")
    build.build(course, FIXTURE_LAB)
    assert stored.inspect_solved(course.solutions / FIXTURE_LAB.notebook) == []
    assert build.compare(course, FIXTURE_LAB) == []


def test_another_address_is_written_into_notebooks_that_are_not_executed(course, monkeypatch):
    monkeypatch.setattr(build, "execute", lambda *_, **__: pytest.fail("executed without need"))
    monkeypatch.setattr(outline, "REPOSITORY", "https://github.com/someone/letters")
    build.build(course, FIXTURE_LAB)
    for folder in (course.labs, course.solutions):
        text = (folder / FIXTURE_LAB.notebook).read_text(encoding="utf-8")
        assert text.count("someone/letters") == 2  # The badge, and the cell that fetches
        assert "handwriting-labs/" not in text
    assert stored.inspect_solved(course.solutions / FIXTURE_LAB.notebook) == []


def test_numbers_in_prose_are_those_that_a_cell_printed(course):
    text_of(course, "No file was there before.", "Of {before, # counted} none, {# files} files.")
    build.build(course, FIXTURE_LAB)
    for folder in (course.labs, course.solutions):
        text = (folder / FIXTURE_LAB.notebook).read_text(encoding="utf-8")
        assert "Of 5 none, 0 files." in text
    assert build.compare(course, FIXTURE_LAB) == []
    path = course.solutions / FIXTURE_LAB.notebook
    path.write_text(path.read_text(encoding="utf-8").replace("5 counted", "6 counted"))
    assert len(build.compare(course, FIXTURE_LAB)) == 2


@pytest.mark.parametrize(
    ("quote", "problem"),
    [("{files # counted}", "no cell above prints {files #"), ("{_ #}", "fits 1 and 3")],
)
def test_number_that_no_cell_printed_is_refused(course, quote, problem):
    text_of(course, "No file was there before.", quote)
    text_of(course, "{COUNT} counted", "{COUNT} counted; a 1 b 3")
    with pytest.raises(CourseError, match=problem):
        build.build(course, FIXTURE_LAB)


@pytest.mark.parametrize(
    ("quote", "number"),
    [
        ("{gru _ #}", "-0.5"),
        ("{gru _ -#}", "0.5"),
        ("{gru _ _ # to}", "-1.2"),
        ("{gru #}", "1,600"),
        ("{13 # of}", "6.5%"),
        ("{13 #% of}", "6.5"),
        ("{of [16, #] lines}", "64"),
    ],
)
def test_quote_finds_its_number(quote, number):
    printed = "idea  budget  points\ngru   1,600   -0.5   -1.2 to +0.2\n13  6.5% of [16, 64] lines"
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    code = {"cell_type": "code", "id": "a", "outputs": [output]}
    text = {"cell_type": "markdown", "id": "b", "source": f"So {quote}."}
    derive.fill_numbers(FIXTURE_LAB, {"cells": [code, text]}, {"cells": [code]})
    assert text["source"] == f"So {number}."


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("Five numbers", "Six numbers", "another text"),
        ("points=2", "points=3", "another metadata"),
        ("2 * number", "number + number", "answer-double has another text"),
        ("## Recap", "## Summary", "another id"),
    ],
)
def test_drift_is_found(course, old, new, place):
    text_of(course, old, new)
    drift = build.compare(course, FIXTURE_LAB)
    assert drift and place in drift[0] and "labs build" in drift[0]
    assert build.run(arguments(check=True), course) == 1


@pytest.mark.parametrize("damage", ["delete", "output", "reordered", "id"])
def test_changed_notebook_is_found(course, damage):
    path = course.labs / FIXTURE_LAB.notebook
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if damage == "output":
        notebook["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": []}]
    if damage == "id":
        notebook["cells"][3]["id"] = "other"
    path.write_text(json.dumps(notebook, indent=1, sort_keys=damage != "reordered"))
    if damage == "delete":
        path.unlink()
    assert check_labs.run(arguments(), course) == 1


def test_failing_cell_leaves_both_notebooks_as_they_were(course):
    before = (course.solutions / FIXTURE_LAB.notebook).read_bytes()
    text_of(course, "list(range(5))", "1 / 0")
    with pytest.raises(CourseError, match="ZeroDivisionError"):
        build.build(course, FIXTURE_LAB)
    assert (course.solutions / FIXTURE_LAB.notebook).read_bytes() == before


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("from IPython.display import SVG\nSVG('<svg><path/></svg>')", "alt text"),
        ("import sys\nprint('noise', file=sys.stderr)", "stderr"),
        ("print('x' * 100 + '\\n' + 'x' * 101)", "line of 101 characters, at most 100 fit"),
        ("print(('x' * 99 + '\\n') * 16_000)", "MB"),
    ],
)
def test_output_that_may_not_be_stored_stops_the_build(course, code, problem):
    text_of(course, "list(range(5))", code)
    with pytest.raises(CourseError, match=problem):
        build.build(course, FIXTURE_LAB)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('answer="double"', 'answr="double"', "unknown option 'answr'"),
        ('tags=["demo"]', 'tags=["dmo"]', "unknown tag 'dmo'"),
        ('check="double" points=2', 'check="double"', "needs points"),
        ('check="double"', 'check="triple"', "needs one cell check='double'"),
        ("### BEGIN SOLUTION\n", "\n", "would be cleared"),
        ("def double(", "def twice(", "define a function"),
        ('tags=["parameters"]', 'tags=["needs"]', r"one cell must be tagged \[.parameters"),
    ],
)
def test_mistakes_in_a_source_are_named(course, old, new, message):
    text_of(course, old, new)
    with pytest.raises(CourseError, match=message):
        source.read(course.solutions / FIXTURE_LAB.source)


def output(kind, metadata=None, data="iVBORw0KGgo="):
    return {"output_type": "display_data", "data": {kind: data}, "metadata": metadata or {}}


ALT = "Loss falls from four to one"


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        (output("image/png"), 1),
        (output("image/png", {"image/png": {"alt": ALT}}), 1),
        (output("text/html", data='<p>text</p><img src="x">'), 1),
        (output("text/html", data='<img src="x" alt="a plot">'), 1),
        (output("text/html", data=f'<img src="x" alt="{ALT}">'), 0),
        (output("text/html", data='<svg viewBox="0 0 1 1"><path/></svg>'), 1),
        (output("text/html", data=f"<svg><title>{ALT}</title></svg>"), 0),
        (output("image/svg+xml", data=f"<svg><title>{ALT}</title></svg>"), 1),
        (output("text/plain", data="<Figure>"), 0),
    ],
)
def test_every_picture_needs_alt_text(given, problems):
    assert len(list(outputs.missing_alt_text(given))) == problems


def test_canonical_notebook_has_no_widgets_times_or_addresses():
    view = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "Slider()"}
    code = {
        "cell_type": "code", "id": "a", "source": "x", "execution_count": 1,
        "metadata": {"execution": {"iopub.execute_input": "now"}},
        "outputs": [
            {"output_type": "display_data", "data": view, "metadata": {}},
            {"output_type": "display_data", "data": {"text/plain": "<X at 0x7f00aa11>"},
             "metadata": {}},
        ],
    }  # fmt: skip
    metadata = {"widgets": {"state": {}}, "language_info": {"version": "3.11.7"}}
    text = derive.canonical(
        nbformat.from_dict(
            {"cells": [code], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        )
    )
    kept = json.loads(text)
    assert [entry["data"] for entry in kept["cells"][0]["outputs"]] == [{"text/plain": ["<X>"]}]
    assert not any(word in text for word in ("widget", 'execution"', "3.11.7"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("This is simply a test.", "'simply'"),
        ("As you\ncan see, it works.", "talks down"),
        ("It works!", "exclamation"),
        ("word " * 36 + "end.", "37 words"),
        ("![short](a.png)", "alt text"),
        ("Read [here](a.md).", "link text"),
        ("### A heading below the first", "skips a level"),
        ("## One heading of more than six words", "over 6 words"),
    ],
)
def test_prose_that_stops_a_reader_is_found(text, problem):
    extra = source.Cell(kind="markdown", source=text, id="extra")
    start = [cells()[0], extra] if text.startswith("###") else [*cells(), extra]
    assert prose.lint(FIXTURE_LAB, cells()) == []
    found = prose.lint(FIXTURE_LAB, start)
    assert any(problem in line for line in found), found


def test_justified_words_and_code_pass():
    fine = "An adjusted value.\n\n`just` and $x_{magic}$ stay.\n\n```\nsimply!\n```"
    extra = source.Cell(kind="markdown", source=fine, id="extra")
    assert prose.lint(FIXTURE_LAB, [*cells(), extra]) == []


def test_time_counts_words_cells_exercises_and_waiting():
    words = source.Cell(kind="markdown", source="word " * 1500)  # 10 min
    code = source.Cell(kind="code", source="1", waiting=4)  # 0.6 and 4 min
    task = source.Cell(kind="markdown", source="\n\n25 min · core\n\n15 min · stretch\n")
    assert texture.words_before_exercise([words, code, task]) == 1500
    time = str(duration.measure([words, code, task]))
    assert time == "40 min, 1 exercise, and 15 min for 1 more if you like"


def test_sittings_are_counted_apart():
    opening = [source.Cell(kind="markdown", source=f"## Sitting {name}: work") for name in "AB"]
    text = source.Cell(kind="markdown", source="word " * 3000)
    measured = duration.measure([opening[0], text, opening[1], text, text])
    assert str(measured).startswith("2 sittings of 20 and 40 min")
