"""What a learner meets: check, predict, report and begin in a notebook's names."""

import functools
import importlib.util
import json
import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
from types import ModuleType, SimpleNamespace

import pytest

from shared.checks import begin, check, compare_guess, predict, recorded_guess, report
from shared.checks import progress as progress_module
from shared.checks.exercise import UnknownExerciseError, labs, load_lab
from shared.checks.verdict import PASSED, CaseResult, Result
from shared.checks.worker import Worker
from shared.ctc import collapse as library_collapse
from shared.ctc import collapse_trace
from shared.tests.checks_support import STUB, lab90  # noqa: F401 - a fixture

RIGHT = "def collapse(path, blank=0):\n    return library_free(path, blank)\n" + (
    "def library_free(path, blank):\n"
    "    return [s for i, s in enumerate(path) if s != blank and (i == 0 or s != path[i - 1])]\n"
)
DROPS_FIRST = (
    "def collapse(path, blank=0):\n    path = [s for s in path if s != blank]\n"
    "    return [s for i, s in enumerate(path) if i == 0 or s != path[i - 1]]\n"
)


@pytest.fixture
def cell(monkeypatch, lab90):  # noqa: F811
    """Run the text of a cell in a namespace that a notebook would have."""
    names = {"__name__": "__main__"}
    shell = SimpleNamespace(user_ns=names)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    def run(source):
        exec(compile(source, "<cell>", "exec"), names)
        return names

    return run


def kept(lab90):  # noqa: F811
    return json.loads((lab90 / "progress.json").read_text(encoding="utf-8"))


def test_passed_answer_stays(cell, lab90):  # noqa: F811
    names = cell(RIGHT)
    mine = names["collapse"]
    shown = check("lab90.collapse")
    assert repr(shown).splitlines() == [
        "✓ Collapse a path · passed, 3 of 3 points",
        "  ✓ passed · merges repeats (1 point)",
        "  ✓ passed · a blank keeps doubles apart (1 point)",
        "  ✓ passed · fifty random paths (1 point)",
    ]
    assert names["collapse"] is mine
    assert kept(lab90)["exercises"]["lab90.collapse"]["points"] == 3


def test_wrong_answer_gets_a_banner_a_hint_for_each_case_and_the_reference(cell, lab90):  # noqa: F811
    names = cell(DROPS_FIRST)
    text = repr(check("lab90.collapse"))
    assert "✗ Collapse a path · not right yet, 1 of 3 points" in text
    assert (
        "collapse(path=[12, 0, 12], blank=0) gave [12], expected [12, 12]: "
        "the length is 1 instead of 2." in text
    )
    assert text.count("Hint: ") == 2
    assert "YOUR ANSWER IS SET ASIDE" in text
    assert names["collapse"]([12, 0, 12], 0) == [12, 12]
    assert names["collapse"].__reference__ == "lab90.collapse"
    again = repr(check("lab90.collapse"))
    assert "not attempted" in again and "Your last answer was not right" in again
    assert kept(lab90)["exercises"]["lab90.collapse"]["points"] == 1, "the attempt stays on record"
    cell(RIGHT)
    assert "passed, 3 of 3" in repr(check("lab90.collapse")), "a redefined answer is found"


@pytest.mark.parametrize("source", ["", STUB.format("collapse")], ids=["missing", "stub"])
def test_answer_not_attempted_is_said_and_replaced(cell, lab90, source):  # noqa: F811
    names = cell(source)
    text = repr(check("lab90.collapse"))
    assert text.startswith("– Collapse a path · not attempted")
    assert "The cells below use the reference `collapse`." in text
    assert names["collapse"]([8, 8, 0, 5], 0) == [8, 5]
    assert not (lab90 / "progress.json").exists()
    assert "not attempted" in repr(report(90))


def test_alias_and_marked_functions_are_not_attempts(cell):
    names = cell("")
    check("lab90.collapse")
    reference = names["given"] = names["collapse"]
    for answer in (
        reference,
        library_collapse,
        functools.partial(reference),
        eval("lambda path, blank=0: given(path, blank)", names),
        functools.partial(library_collapse),
    ):
        names["collapse"] = answer
        text = repr(check("lab90.collapse"))
        assert text.startswith("– Collapse a path · not attempted"), answer
    assert "lab90.collapse" not in progress_module.read()[0]["exercises"]


def test_guard_is_gone_after_a_check_and_leaves_the_library_alone(cell):
    cell("from shared.ctc import collapse_trace, collapse as other\n" + RIGHT)
    check("lab90.collapse")
    assert library_collapse([8, 8, 0, 5], 0) == [8, 5]
    names = cell("def collapse(path, blank=0):\n    return other(path, blank)\n")
    check("lab90.collapse")
    assert names["other"]([8, 8, 0, 5], 0) == [8, 5]
    assert collapse_trace([8, 8, 0, 5], 0)


def test_other_threads_may_call_the_reference_during_a_check(cell):
    names = cell(
        "from shared.ctc import collapse as other\n"
        + RIGHT.replace("return l", "import time; time.sleep(0.002); return l")
    )
    stop, errors = threading.Event(), []

    def train():
        while not stop.is_set():
            try:
                eval("other([1, 1, 0], 0)", names)
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=train)
    thread.start()
    text = repr(check("lab90.collapse"))
    stop.set()
    thread.join()
    assert "passed, 3 of 3" in text and not errors


def test_exception_shows_only_the_learners_lines(cell):
    cell(
        "def helper(path):\n    return path[99]\n"
        "def collapse(path, blank=0):\n    return helper(path)"
    )
    text = repr(check("lab90.collapse"))
    assert "it raised IndexError: list index out of range" in text
    assert "line 4 of your cell, in collapse" in text and "line 2 of your cell, in helper" in text
    assert "probing.py" not in text and "Traceback" not in text


def test_endless_loop_is_stopped_once_and_prints_are_shown_once(cell, monkeypatch, lab90):  # noqa: F811
    cell("def stride():\n    print('so far')\n    while True:\n        pass")
    exercise = sys.modules["shared.exercises.lab90"].EXERCISES[4]
    monkeypatch.setitem(vars(exercise), "seconds", 0.4)
    started, threads = time.monotonic(), threading.active_count()
    text = repr(check("lab90.stride"))
    assert "it took longer than 0.4 seconds and was stopped." in text
    assert text.count("It printed: so far") == 1
    assert time.monotonic() - started < 5
    assert threading.active_count() <= threads, "the loop goes on in the background"


def test_a_long_check_says_what_it_does_and_takes_that_away(cell, monkeypatch):
    said = []
    notebook = SimpleNamespace(
        display=lambda data, **kept: said.append((data["text/plain"], kept["update"])),
        clear_output=lambda: said.append("gone"),
    )
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    monkeypatch.setattr("shared.checks.display._PATIENCE", -1.0)
    cell(RIGHT)
    assert "passed" in repr(check("lab90.collapse"))
    assert said[0] == ("Checking Collapse a path: merges repeats (0 s so far)", False)
    assert said[1][1] and said[-1] == "gone"


def test_the_best_answer_stays_on_record_and_tries_are_counted(cell, lab90):  # noqa: F811
    for source in (DROPS_FIRST, RIGHT, RIGHT):
        cell(source)
        check("lab90.collapse")
    cell(DROPS_FIRST)
    assert "Your earlier answer reached 3 of 3 points; they stay on record." in repr(
        check("lab90.collapse")
    )
    entry = kept(lab90)["exercises"]["lab90.collapse"]
    assert (entry["state"], entry["points"], entry["tries"]) == (PASSED, 3, 2)
    assert re.search(r"3 of 3 +2 +✓ passed earlier", repr(report(90)))


@pytest.mark.parametrize("call", ["list(itertools.product(range(9), repeat=40))", "2 ** 10**11"])
def test_any_answer_that_explodes_in_one_call_of_a_library_is_stopped(cell, monkeypatch, call):
    exercise = sys.modules["shared.exercises.lab90"].EXERCISES[4]
    monkeypatch.setitem(vars(exercise), "seconds", 1.0)
    cell(f"import itertools\ndef stride():\n    return {call}")
    text = repr(check("lab90.stride"))
    assert re.search("it took .* and was stopped", text), text
    cell("def stride():\n    return 4")
    assert "passed, 2 of 2" in repr(check("lab90.stride"))


def test_of_an_answer_that_cannot_be_sent_is_said_why(cell, capsys):
    cell(
        "import threading\nlock = threading.Lock()\n"
        "def stride():\n    print('here')\n    with lock:\n        return 4"
    )
    text = repr(check("lab90.stride"))
    assert "cannot be sent" in text and "lock" in text and "Make it inside" in text, text
    assert "here" not in capsys.readouterr().out, "nothing of it runs where nothing could stop it"


def test_an_answer_may_use_a_module_beside_the_notebook(cell, tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text("def four():\n    return 4\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    Worker.kept().close()  # A fresh one finds what this process finds
    cell("import beside\ndef stride():\n    return beside.four()")
    assert "passed, 2 of 2" in repr(check("lab90.stride"))


def test_an_answer_that_explodes_in_one_call_is_stopped():
    function = (
        "import itertools\nfrom shared.ctc import collapse\n"
        "def count_paths(num_frames, label):\n"
        "    paths = list(itertools.product([0, *set(label)], repeat=num_frames))\n"
        "    return sum(collapse(path) == label for path in paths)\n"
    )
    program = f"{function}from shared.checks import check\ncheck('lab03.count_paths')"
    command = [sys.executable, "-c", program]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert "not right yet, 5 of 7 points" in done.stdout, done
    assert "was stopped" in done.stdout and time.monotonic() - started < 40


def test_a_guess_is_answered_in_words_with_the_truth(cell):
    assert compare_guess("lab90.blank_share", 0.82) == "You have not guessed: it is 0.82."
    cell("def blank_share():\n    return 0.9")
    predict("lab90.blank_share")
    said = "You guessed 0.9, and it is 0.82: 0.08 too high."
    assert compare_guess("lab90.blank_share", 0.82) == said
    assert compare_guess("lab90.blank_share", 0.9, " %") == "You guessed 0.9 %, and so it is."
    assert compare_guess("lab90.blank_share", "tie") == "You guessed 0.9, and it is 'tie'."
    assert compare_guess("lab90.blank_share", None) == "You guessed 0.9."


def test_a_guessed_word_counts_in_any_case(lab90):  # noqa: F811
    progress_module.record_guess("lab90.blank_share", '" CTC"')
    assert compare_guess("lab90.blank_share", "ctc") == "You guessed 'ctc', and so it is."


def test_check_works_outside_the_main_thread(cell):
    cell(RIGHT)
    shown = []
    thread = threading.Thread(target=lambda: shown.append(check("lab90.collapse")))
    thread.start()
    thread.join()
    assert "passed, 3 of 3" in repr(shown[0])


def test_inputs_cannot_be_changed(cell):
    cell("def collapse(path, blank=0):\n    path.append(0)\n    return [8, 5]")
    assert "it changed its input; work on a copy" in repr(check("lab90.collapse"))


def test_name_that_is_no_function(cell):
    names = cell("collapse = [8, 5]")
    text = repr(check("lab90.collapse"))
    assert "`collapse` is list data, not a function" in text
    assert names["collapse"].__reference__ == "lab90.collapse"


def test_unknown_id_suggests_the_nearest(cell):
    with pytest.raises(UnknownExerciseError, match=r"Did you mean 'lab90\.collapse'\?") as caught:
        check("lab90.colapse")
    assert caught.value._render_traceback_() == [str(caught.value)]
    with pytest.raises(UnknownExerciseError, match="Ids look like"):
        check(3)
    with pytest.raises(UnknownExerciseError, match="no exercises for lab 12"):
        report(12)


def test_html_says_in_words_what_the_text_says(cell):
    cell("def collapse(path, blank=0):\n    return ['<b>']")
    html = check("lab90.collapse")._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;" in html
    assert 'aria-label="Check of Collapse a path"' in html
    assert html.count("<strong>failed</strong>") == 3
    assert "the reference <code>collapse</code> until" in html
    assert html.count('<span aria-hidden="true">✗</span>') == 4


def test_first_guess_stays_on_record(cell, lab90):  # noqa: F811
    assert recorded_guess("lab90.blank_share") is None
    cell("def blank_share():\n    return 2")
    assert "failed" in repr(predict("lab90.blank_share"))
    assert recorded_guess("lab90.blank_share") is None, "a malformed guess is not recorded"
    cell("def blank_share():\n    return 0.3")
    assert "Your guess, 0.3, is on record." in repr(predict("lab90.blank_share"))
    cell("def blank_share():\n    return 0.9")
    text = repr(predict("lab90.blank_share"))
    assert "passed, 1 of 1 point" in text and "Your first guess, 0.3, stays on record" in text
    assert recorded_guess("lab90.blank_share") == 0.3


def test_report_lists_points_and_states(cell):
    cell(RIGHT + "def stride():\n    return 2")
    for name in ("collapse", "stride", "log_add"):
        check(f"lab90.{name}")
    lines = repr(report(90)).splitlines()
    assert lines[0] == "Exercises of lab 90"
    assert [line.split("  ")[-1].strip() for line in lines[3:8]] == [
        "– not attempted",
        "✓ passed",
        "– not attempted",
        "– not attempted",
        "✗ not right yet",
    ]
    assert lines[-2] == "Lab 90: 3 of 11 points." and "proves nothing" in lines[-1]
    html = report(90)._repr_html_()
    assert (
        '<th scope="col" style="text-align: left">State</th>' in html
        and "<caption>Exercises of lab 90</caption>" in html
    )


def test_report_of_the_last_lab_shows_the_course(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDWRITING_MY", str(tmp_path))
    lines = repr(report(9)).splitlines()
    first = lines.index("The course") + 3
    assert [line.split()[0] for line in lines[first:-1]] == list("123456789")
    assert all(" 0 of " in line for line in lines[first:])
    assert lines[-1].startswith("The course: 0 of ") and lines[-1].endswith(" points.")
    for exercise in (one for lab in labs() for one in load_lab(lab)):
        cases = tuple(CaseResult(case.name, case.points, True) for case in exercise.cases)
        progress_module.record(Result(exercise, PASSED, cases))
    lines = repr(report(9)).splitlines()
    pattern = r"The course: (\d+) of (\d+) exercises passed, (\d+) of (\d+) points."
    passed, exercises, earned, possible = re.fullmatch(pattern, lines[-2]).groups()
    assert (passed, earned) == (exercises, possible)
    assert lines[-1] == "That is all of them."
    assert "<caption>The course</caption>" in report(9)._repr_html_()


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"exercises": {}}', '{"exercises": {"a": 1}, "guesses": {}}']
)
def test_damaged_progress_is_set_aside(cell, lab90, content):  # noqa: F811
    lab90.mkdir()
    (lab90 / "progress.json").write_text(content, encoding="utf-8")
    cell(RIGHT)
    text = repr(check("lab90.collapse"))
    assert "my/progress.json could not be read" in text and "passed, 3 of 3" in text
    (saved,) = lab90.glob("progress-damaged-*.json")
    assert saved.read_text(encoding="utf-8") == content
    assert kept(lab90)["exercises"]["lab90.collapse"]["points"] == 3


def test_full_disk_is_said_and_the_check_still_counts(cell, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress_module, "write_atomically", full)
    cell(RIGHT)
    text = repr(check("lab90.collapse"))
    assert "passed, 3 of 3" in text
    assert "could not be kept in my/progress.json: No space left on device." in text


def _guess_many(folder, number):
    os.environ["HANDWRITING_MY"] = str(folder)
    for i in range(10):
        progress_module.record_guess(f"lab90.guess_{number}_{i}", str(i))


def test_two_notebooks_at_once_lose_nothing(lab90):  # noqa: F811
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_guess_many, args=(lab90, n)) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(kept(lab90)["guesses"]) == 20


def test_outside_a_notebook_the_tick_list_is_printed(tmp_path):
    program = (
        "import sys\nfrom shared.checks import check, exercise\n"
        "from shared.tests.fixtures import lab90_exercises\n"
        "sys.modules['shared.exercises.lab90'] = lab90_exercises\nexercise.labs = lambda: [90]\n"
        "def stride():\n    return 4\n"
        "check('lab90.stride')\n"
    )
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    environment = os.environ | {"HANDWRITING_MY": str(tmp_path / "my"), "PYTHONIOENCODING": "ascii"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py")],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "? Choose a stride ? passed, 2 of 2 points" in done.stdout
    assert "No notebook is running: the functions of __main__ were checked." in done.stdout


def test_begin_names_what_is_missing(capsys, monkeypatch, lab90):  # noqa: F811
    import shared.checks.start as start

    monkeypatch.setitem(start._NEEDED, "no_such_package", "nothing can be learned")
    monkeypatch.setenv("COLAB_RELEASE_TAG", "1")
    begin(3)
    printed = capsys.readouterr().out
    assert printed.startswith("Lab 3 runs on Python 3.") and "numpy " in printed
    assert "Missing: no_such_package, so nothing can be learned." in printed
    assert "in Colab" in printed
    with pytest.raises(ValueError, match="from 1 to 9"):
        begin(0)


def test_my_is_kept_on_google_drive_if_asked(lab90, tmp_path, monkeypatch, capsys):  # noqa: F811
    from shared.checks import start

    mounted = []
    colab = ModuleType("google.colab")
    colab.drive = SimpleNamespace(mount=mounted.append)
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.setattr(start, "_DRIVE", str(tmp_path))
    begin(3)
    assert "drive=True" in capsys.readouterr().out and not mounted
    begin(3, drive=True)
    assert mounted == [str(tmp_path)]
    assert start.my_directory() == tmp_path / "MyDrive/handwriting-labs"
    assert "kept in your Google Drive" in capsys.readouterr().out


def test_begin_says_what_the_service_of_lab_9_lacks(lab90, monkeypatch, capsys):  # noqa: F811
    from shared.checks import start

    begin(9)
    assert "Missing" not in capsys.readouterr().out
    there = importlib.util.find_spec
    monkeypatch.setattr(
        start.importlib.util, "find_spec", lambda name: None if name == "mangum" else there(name)
    )
    begin(9)
    begin(8)
    lacks = "Missing: mangum, so the serverless handler cannot run."
    assert capsys.readouterr().out.count(lacks) == 1


def test_importing_and_beginning_is_quick_and_loads_no_tensorflow():
    program = (
        "import sys, time, numpy\nstart = time.process_time()\nimport shared.checks\n"
        "shared.checks.begin(3)\nassert 'tensorflow' not in sys.modules\n"
        "print(time.process_time() - start)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert float(done.stdout.splitlines()[-1]) < 0.6  # Twice the promise: machines differ


def test_a_saved_function_brings_the_modules_it_names():
    import numpy as np

    from shared.checks.notebook import _imports_of

    notebook = {"np": np, "json": json, "helper": len}
    exec("def answer(values):\n    return np.sum(values), json.dumps([]), helper([])", notebook)
    assert _imports_of(notebook["answer"]) == "import json\nimport numpy as np\n"
    exec("def plain():\n    return 1", notebook)
    assert _imports_of(notebook["plain"]) == ""
