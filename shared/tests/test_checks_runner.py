"""The runner out of process: the five kinds, forgeries, and answers that break the process."""

import time

import pytest

from shared.checks.exercise import Case, Exercise
from shared.checks.verdict import NOT_ATTEMPTED, PASSED, WRONG
from shared.grading.runner import RunnerError, grade
from shared.grading.submission import NotebookError, find_answer
from shared.tests.checks_support import code_cell, pristine_cells, write_notebook
from shared.tests.fixtures.lab90_exercises import EXERCISES

RIGHT = {
    "blank_share": "def blank_share():\n    return 0.9",
    "collapse": """
from itertools import groupby

def collapse(path, blank=0):
    print("x" * 100_000)
    return [symbol for symbol, _ in groupby(path) if symbol != blank]
""",
    "faulty_line": "def faulty_line():\n    return 3",
    "log_add": "def log_add(left, right):\n    return np.logaddexp(left, right)",
    "stride": "def stride():\n    return 4",
}
POINTS = {"blank_share": 1, "collapse": 3, "faulty_line": 2, "log_add": 3, "stride": 2}


def graded(tmp_path, answers, edit=None, **options):
    """Grade the fixture lab with some answers; return results by function name."""
    pristine = write_notebook(tmp_path / "lab.ipynb", pristine_cells())
    cells = pristine_cells()
    for cell in cells:
        note = cell["metadata"].get("nbgrader", {})
        if note.get("solution"):
            cell["source"] = answers.get(note["grade_id"], cell["source"])
    cells = edit(cells) if edit else cells
    submission = write_notebook(tmp_path / "handed_in.ipynb", cells)
    results = grade(submission, pristine, options.pop("exercises", EXERCISES), **options)
    return {result.exercise.name: result for result in results}


def scores(results):
    return {name: result.points for name, result in results.items()}


def test_each_kind_is_judged(tmp_path):
    results = graded(tmp_path, RIGHT)
    assert scores(results) == POINTS
    assert {result.exercise.kind for result in results.values()} == {
        "implement", "predict", "review", "debug", "decide",
    }  # fmt: skip


def test_untouched_lab_is_not_attempted(tmp_path):
    results = graded(tmp_path, {})
    assert {result.state for result in results.values()} == {NOT_ATTEMPTED}
    assert sum(scores(results).values()) == 0


FORGERIES = {
    "alias": "from shared.ctc import collapse as collapse",
    "alias of the module": "import shared.ctc\ncollapse = shared.ctc.collapse",
    "partial": "import functools, shared.ctc\ncollapse = functools.partial(shared.ctc.collapse)",
    "lambda": "from shared.ctc import collapse as r\ncollapse = lambda p, blank=0: r(p, blank)",
    "imported inside": (
        "def collapse(path, blank=0):\n    from shared.ctc import collapse as r\n"
        "    return list(map(r, [path], [blank]))[0]"
    ),
    "swallows the refusal": (
        "from shared.ctc import collapse as r\ndef collapse(path, blank=0):\n"
        "    try:\n        return r(path, blank)\n    except BaseException:\n        return [8, 5]"
    ),
    "in a thread": (
        "from concurrent.futures import ThreadPoolExecutor as P\n"
        "from shared.ctc import collapse as r\n"
        "def collapse(path, blank=0):\n    return P(1).submit(r, path, blank).result()"
    ),
    "through the library": (
        "import numpy as np\nfrom shared import ctc\ndef collapse(path, blank=0):\n"
        "    grid = np.zeros((len(path), 30))\n"
        "    grid[range(len(path)), path] = 9\n"
        "    return ctc.greedy(ctc.log_softmax(grid), blank)[1]"
    ),
    "a copy of the code": (
        "import types\nfrom shared import ctc\n"
        "collapse = types.FunctionType(ctc.collapse.__code__.replace(), vars(ctc), 'mine')"
    ),
    "a copy behind another": (
        "import types\nfrom shared import ctc\n"
        "copy = types.FunctionType(ctc.collapse.__code__.replace(), vars(ctc), 'mine')\n"
        "def collapse(path, blank=0):\n    return copy(path, blank)"
    ),
    "a second copy of the module": (
        "import importlib.util as u\nfrom shared import ctc\n"
        "spec = u.spec_from_file_location('again', ctc.__file__)\n"
        "again = u.module_from_spec(spec)\nspec.loader.exec_module(again)\n"
        "def collapse(path, blank=0):\n    return again.collapse(path, blank)"
    ),
    "its text run again": (
        "import inspect\nfrom collections.abc import Sequence\nfrom itertools import groupby\n"
        "from shared import ctc\nexec(inspect.getsource(ctc.collapse))\nmine = collapse\n"
        "def collapse(path, blank=0):\n    return mine(path, blank)"
    ),
    "equal to everything": (
        "class Anything(list):\n    __eq__ = lambda self, other: True\n"
        "    __ne__ = lambda self, other: False\n    __hash__ = None\n"
        "def collapse(path, blank=0):\n    return Anything()"
    ),
    "an object equal to everything": (
        "class Anything:\n    __eq__ = lambda self, other: True\n"
        "def collapse(path, blank=0):\n    return Anything()"
    ),
    "a number that lies": (
        "class Lie(int):\n    __eq__ = lambda self, other: True\n    __hash__ = int.__hash__\n"
        "    __index__ = __int__ = __repr__ = lambda self: 8\n"
        "def collapse(path, blank=0):\n    return [Lie(99)]"
    ),
    "rebinds check": (
        "def check(*args):\n    return 'passed'\nimport shared.checks, shared.checks.notebook\n"
        "shared.checks.check = shared.checks.notebook.check = check\n"
        "def collapse(path, blank=0):\n    return None"
    ),
    "patches numpy.testing": (
        "import numpy, numpy.testing\n"
        "for name in dir(numpy.testing):\n    if name.startswith('assert'):\n"
        "        setattr(numpy.testing, name, lambda *a, **k: None)\n"
        "numpy.array_equal = numpy.allclose = lambda *a, **k: True\n"
        "def collapse(path, blank=0):\n    return []"
    ),
    "patches the comparison": (
        "import shared.checks.compare as c, shared.checks.verdict as v\n"
        "c.equal = c.close = lambda *a, **k: None\nv.judge = lambda *a, **k: 3\n"
        "def collapse(path, blank=0):\n    return []"
    ),
    "reads the judges": (
        "from shared.exercises.lab90 import EXERCISES\ncollapse = EXERCISES[1].reference"
    ),
    "writes to the channel": (
        "import os\nfor fd in range(3, 30):\n    try:\n"
        '        os.write(fd, b\'{"ticket": "x", "status": "answer", "text": "[8, 5]"}\\n\')\n'
        "    except OSError:\n        pass\n"
        "def collapse(path, blank=0):\n    return None"
    ),
}


def graded_variants(tmp_path, sources, seconds=10.0):
    """Grade variants of one answer as so many exercises, followed by a right answer each."""
    exercises, lab, submission = [], [code_cell("import numpy as np", ["setup"])], []
    for number, source in enumerate(sources):
        for name, text in ((f"forged_{number}", source), (f"right_{number}", RIGHT["collapse"])):
            fields = vars(EXERCISES[1]) | {"id": f"lab90.{name}", "seconds": seconds}
            exercises.append(Exercise(**fields))
            lab.append(code_cell("pass", answer=name))
            submission.append(code_cell(f"{text}\n{name} = collapse", answer=name))
    results = grade(
        write_notebook(tmp_path / "in.ipynb", submission),
        write_notebook(tmp_path / "lab.ipynb", lab),
        exercises,
    )
    return results[::2], results[1::2]


def test_forgeries_score_nothing(tmp_path):
    forged, right = graded_variants(tmp_path, FORGERIES.values())
    points = {name: result.points for name, result in zip(FORGERIES, forged, strict=True)}
    assert points == dict.fromkeys(FORGERIES, 0)
    assert all(result.state != PASSED for result in forged)
    assert {result.points for result in right} == {3}, "the answers after them keep their points"


def test_alias_of_a_reference_from_the_exercise_module_is_refused(tmp_path):
    answer = "from shared.tests.fixtures.lab90_exercises import stride"
    assert graded(tmp_path, RIGHT | {"stride": answer})["stride"].points == 0


BREAKS = {
    "syntax error": ("def collapse(path, blank=0)\n    return path", "SyntaxError"),
    "raises when run": (
        "1 / 0\ndef collapse(path, blank=0):\n    return path",
        "ZeroDivisionError",
    ),
    "raises when called": (
        "def collapse(path, blank=0):\n    return path[99]",
        "line 2 of your cell, in collapse: return path[99]",
    ),
    "dies": ("import os\ndef collapse(path, blank=0):\n    os._exit(0)", "process died"),
    "dies when run": ("import os\nos._exit(0)\ndef collapse(p, blank=0): ...", "process died"),
    "exits": ("def collapse(path, blank=0):\n    raise SystemExit", "SystemExit"),
    "never ends": (
        "def collapse(path, blank=0):\n    while True:\n        try:\n            pass\n"
        "        except BaseException:\n            pass",
        "longer than 1.5 seconds",
    ),
    "returns far too much": ("def collapse(path, blank=0):\n    return [0] * 10**6", "at most"),
    "takes all memory": (
        "import numpy\n"
        "def collapse(path, blank=0):\n    return numpy.empty(80 * 10**9, 'u1')[:1].tolist()",
        "MemoryError",
    ),
    "recurses": ("def collapse(path, blank=0):\n    return collapse(path)", "RecursionError"),
    "another signature": ("def collapse():\n    return []", "TypeError"),
}


def test_broken_answers_cost_their_own_exercise_only(tmp_path):
    started = time.monotonic()
    sources = [source for source, _ in BREAKS.values()]
    broken, right = graded_variants(tmp_path, sources, seconds=1.5)
    for (name, (_, words)), result in zip(BREAKS.items(), broken, strict=True):
        assert (result.state, result.points) == (WRONG, 0), name
        assert words in result.cases[0].message, name
    assert {result.points for result in right} == {3}
    assert time.monotonic() - started < 60


def test_answer_is_found_without_metadata(tmp_path):
    def lose(cells):
        return [{**cell, "metadata": {}} for cell in reversed(cells)]

    assert scores(graded(tmp_path, RIGHT, lose)) == POINTS


def test_last_copy_of_an_answer_wins_and_check_cells_do_not_matter(tmp_path):
    wrong = code_cell("def collapse(path, blank=0):\n    return []", answer="collapse")
    right = code_cell(RIGHT["collapse"], answer="collapse")

    def edit(cells):
        cells = [cell for cell in cells if "check(" not in cell["source"]]
        return [*cells, wrong, right]

    assert scores(graded(tmp_path, RIGHT, edit)) == POINTS
    results = graded(tmp_path, RIGHT, lambda cells: [*cells, right, wrong])
    assert results["collapse"].points == 0


def test_answer_moved_out_of_its_cell_is_found():
    cells = [code_cell("# moved below", answer="collapse"), code_cell(RIGHT["collapse"])]
    assert find_answer(cells, "collapse") == RIGHT["collapse"]
    assert find_answer(cells, "stride") is None


def test_later_answers_may_use_earlier_ones_and_references_stand_in(tmp_path):
    later = Exercise(
        id="lab90.both",
        kind="implement",
        title="Use the answer before",
        reference=lambda path: [],
        cases=(Case("collapses", {"path": [1, 1, 0]}, judge=lambda i, a: None if a == [1] else
                    f"both gave {a}", hint="Call collapse."),),
    )  # fmt: skip
    cells = [
        code_cell("pass", answer="collapse"),
        code_cell("assert collapse([5, 5], 0) == [5]", tags=["needs"]),
        code_cell("pass", answer="both"),
    ]
    pristine = write_notebook(tmp_path / "lab.ipynb", cells)
    both = code_cell("def both(path):\n    return collapse(path, 0)", answer="both")
    for source in ("", "def collapse(path, blank):\n    return 5", RIGHT["collapse"]):
        answer = code_cell(source, answer="collapse")
        submission = write_notebook(tmp_path / "in.ipynb", [answer, both])
        first, second = grade(submission, pristine, [EXERCISES[1], later])
        assert first.points == (3 if source == RIGHT["collapse"] else 0)
        assert second.points == 1, source


def test_passed_answers_are_there_again_after_a_process_died(tmp_path):
    answers = RIGHT | {
        "faulty_line": "import os\ndef faulty_line():\n    os._exit(1)",
        "stride": "def stride():\n    return len(collapse([1, 2, 3, 4], 0))",
    }
    assert scores(graded(tmp_path, answers)) == POINTS | {"faulty_line": 0}


def test_bad_files_are_named(tmp_path):
    good = write_notebook(tmp_path / "lab.ipynb", pristine_cells())
    bad = tmp_path / "bad.ipynb"
    bad.write_text("{", encoding="utf-8")
    with pytest.raises(NotebookError, match=r"bad\.ipynb is not a notebook"):
        grade(bad, good, EXERCISES)
    with pytest.raises(NotebookError, match="cannot be read"):
        grade(tmp_path / "missing.ipynb", good, EXERCISES)
    empty = write_notebook(tmp_path / "empty.ipynb", [])
    with pytest.raises(NotebookError, match="no answer cell for blank_share, collapse"):
        grade(good, empty, EXERCISES)


def test_failing_lab_is_not_the_learners_fault(tmp_path):
    cells = [code_cell("raise OSError('no data')", ["setup"]), *pristine_cells()]
    lab = write_notebook(tmp_path / "lab.ipynb", cells)
    with pytest.raises(RunnerError, match="lab cell 1: It raised OSError: no data"):
        grade(lab, lab, EXERCISES)
