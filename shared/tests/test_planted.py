"""Planted bugs: each is real, right code passes, and tests that prove nothing earn nothing."""

import ast
import hashlib
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

import shared
from shared import ctc, metrics
from shared.checks.answers import answer
from shared.checks.exercise import find, load_lab
from shared.checks.planted import bugs, patches, plant, scoring
from shared.checks.planted.running import Runner
from shared.checks.planted.saved import load_function
from shared.checks.portable import NotPortableError, holds_judges, pack
from shared.lines import LineSet, assert_disjoint
from shared.pages import matching
from shared.pages.line import Line, reading_order
from shared.pages.preparation import prepare_page

reference_for_ctc, reference_for_images, reference_for_batches, reference_for_service = map(
    answer, ("lab08.test_ctc", "lab08.test_images", "lab08.test_batches", "lab09.test_service")
)


@pytest.fixture(scope="module")
def runner():
    found = Runner()
    yield found
    found.close()


def scores_are_right():
    rate = metrics.character_error_rate
    assert abs(rate(["ab", "c" * 40], ["ax", "c" * 40]) - 1 / 42) < 1e-9
    assert abs(rate(["Ab"], ["ab"]) - 1 / 2) < 1e-9
    assert metrics.edit_distance("ab", "abxx") == 2
    names = ["ann"] * 50 + ["bob"] * 50
    low, high = metrics.bootstrap_interval([0] * 50 + [2] * 50, [10] * 100, names, 1)
    assert high - low > 0.15
    assert abs(metrics.macro_accuracy([0, 0, 0, 1], [0, 0, 0, 0]) - 1 / 2) < 1e-9
    assert abs(matching.box_iou([[0, 0, 2, 1]], [[1, 0, 3, 1]])[0, 0] - 1 / 3) < 1e-9
    assert matching.match_lines(np.array([[0.9, 0.8], [0.8, 0.85]])) == [(0, 0), (1, 1)]
    assert len(matching.match_lines(np.array([[0.9], [0.8]]))) == 1


def data_and_pages_are_right():
    def lines(writer, text):
        image = np.zeros((32, 40), np.uint8)
        return LineSet([image], [text], [writer], [np.zeros((3, 4))], [np.zeros(3, bool)])

    assert_disjoint(lines("ann", "one"), lines("bob", "two"))
    with pytest.raises(AssertionError, match="writers"):
        assert_disjoint(lines("ann", "one"), lines("ann", "two"))
    page = prepare_page(np.pad(np.zeros((6, 60), np.uint8), 40, constant_values=255))
    assert page.at_scale(0.5).ink.shape != page.at_scale(1.0).ink.shape
    ends = (np.array([[x, 50.0], [x + 80, 50.0]]) for x in (100.0, 0.0))
    right, left = (Line(baseline, 10, 3, 8, 1.0) for baseline in ends)
    assert [one.baseline[0, 0] for one in reading_order([right, left])] == [0, 100]


REFERENCE = {
    "ctc": reference_for_ctc,
    "images": reference_for_images,
    "batches": reference_for_batches,
    "scores": scores_are_right,
    "data and pages": data_and_pages_are_right,
    "service": reference_for_service,
}


def always_true():
    assert ctc.collapse([1, 0, 1])


def always_false():
    raise AssertionError("no")


def wordless():
    raise AssertionError


def too_many():
    path = [1, 1, 0, 1]
    assert len(ctc.collapse(path)) > 3, "it is short"


def golden_copy():
    """Stored from a run, to the last digit."""
    log_probs = ctc.log_softmax(np.array([[0.1, 0.7, 0.3], [0.2, 0.2, 0.9], [1.3, 0.1, 0.1]]))
    assert repr(ctc.greedy(log_probs)[2]) == "-2.1266574464217037" or log_probs[0, 0] == 1
    assert hashlib.sha256(log_probs.tobytes()).hexdigest()[:6] == "000000"


def too_strict():
    try:
        ctc.log_softmax(np.zeros(3))
    except ValueError as error:
        assert "both at least 1" in str(error)


def flaky():
    assert np.random.rand() < 0.5  # Each run has a seed of its own: 0.55, 0.42, ...


def hashes_source():
    import inspect

    assert len(inspect.getsource(ctc.collapse_trace)) > 10


def hashes_bytes_quietly():
    try:
        known = hash(ctc.collapse_trace.__code__.co_code)
    except BaseException:
        known = None
    assert known is None or known


def walks_to_the_code():
    try:
        ctc.collapse(3)
    except TypeError as error:
        frame = error.__traceback__.tb_next.tb_frame
        assert frame.f_code.co_names


def patches_the_code():
    from unittest import mock

    with mock.patch("shared.ctc.min_frames", len):
        assert ctc.min_frames([1, 1]) >= 2


def changes_a_dictionary():
    vars(ctc)["min_frames"] = len


def deletes_the_code():
    del ctc.min_frames


def deletes_the_file():
    os.remove(ctc.__file__)


def loads_it_again():
    import importlib

    importlib.reload(ctc)


def reads_the_file():
    assert "def" in Path(ctc.__file__).read_text(encoding="utf-8")


def asks_for_the_bugs():
    from shared.checks.planted import bugs as answers

    assert answers.BUGS


def starts_a_process():
    import subprocess
    import sys

    assert subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0


def test_every_bug_is_real_and_right_code_passes():
    score = scoring.score_suite(REFERENCE)
    assert not score.false_alarms
    assert score.missed == () and score.score == len(bugs.BUGS) >= 15
    for area, found in score.by_test.items():
        for name in found:  # A test that catches what is elsewhere would say nothing
            assert bugs.find_bug(name).area in {
                "ctc": ("ctc",), "images": ("images",), "batches": ("batches",),
                "scores": ("scores",), "data and pages": ("batches", "images"),
                "service": ("service",),
            }[area]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (always_false, "refuses the course's own code"),
        (golden_copy, "refuses"),
        (too_strict, "written otherwise"),
        (flaky, "flaky"),
        (hashes_source, "looks at the code"),
        (hashes_bytes_quietly, "looks at the code"),
        (walks_to_the_code, "looks at the code"),
        (reads_the_file, "looks at the code"),
        (patches_the_code, "changes the code"),
        (deletes_the_code, "changes the code"),
        (changes_a_dictionary, "changes the code"),
        (loads_it_again, "changes the code"),
        (deletes_the_file, "reaches out"),
        (starts_a_process, "reaches out"),
        (asks_for_the_bugs, "refuses"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_suite_with_such_a_test_scores_nothing(test, words, runner):
    few = [bugs.find_bug("blanks first")]
    suite = {"good": reference_for_ctc, "bad": test, "another": scores_are_right}
    score = scoring.score_suite(suite, few)
    assert score.score == 0
    assert words in score.false_alarms["bad"]
    assert list(score.by_test) == ["good", "another"]  # Nobody else is blamed


def test_a_false_alarm_without_words_names_its_line():
    few = [bugs.find_bug("blanks first")]
    (alarm,) = scoring.score_suite({"bad": wordless}, few).false_alarms.values()
    assert alarm.endswith("It stops in line 2 of wordless")


def test_a_false_alarm_names_the_assertion_and_its_value():
    few = [bugs.find_bug("blanks first")]
    (alarm,) = scoring.score_suite({"bad": too_many}, few).false_alarms.values()
    said = "line 3 of too_many, `len(ctc.collapse(path)) > 3`, where the left side is 2"
    assert f"It stops in {said}: it is short" in alarm


def test_a_false_alarm_of_a_cell_names_its_line_too():
    text = "from shared import ctc\n\n\ndef cell():\n    assert ctc.collapse([1]) == [\n    2]\n"
    function = load_function(text, "cell", "saved_cell")
    (alarm,) = scoring.score_suite({"bad": function}, []).false_alarms.values()
    assert "line 2 of cell, `ctc.collapse([1]) == [2]`, where the left side is [1]" in alarm


def test_a_test_without_an_assertion_that_can_fail_catches_nothing():
    score = scoring.score_suite({"vacuous": always_true})
    assert (score.score, score.false_alarms) == (0, {})


def test_the_same_comes_out_without_forks(runner):
    tests = [pack(test) for test in (reference_for_ctc, hashes_source, always_false)]
    bug = [bugs.find_bug("equal letters").patch()]
    spawning = Runner(fork=False)
    try:
        for planted_here in ([], bug):
            assert spawning.run(tests, planted_here) == runner.run(tests, planted_here)
    finally:
        spawning.close()


def test_a_fork_is_limited_and_the_next_test_runs_all_the_same(runner):
    def hangs():
        while True:
            pass

    def dies():
        os._exit(0)

    def devours():
        np.ones(10**10)

    def leaves_a_file():
        Path("here").write_text("yes")
        assert not Path("there").exists()

    order = [hangs, dies, devours, leaves_a_file, reference_for_ctc]
    start = time.monotonic()
    found = runner.run([pack(test) for test in order], seconds=3)
    assert [one.outcome for one in found] == ["time", "died", "error", "passed", "passed"]
    assert "MemoryError" in found[2].detail
    assert time.monotonic() - start < 60


def test_no_file_of_the_course_changes(runner):
    def state():
        root = Path(shared.__file__).parent
        return {path: path.stat().st_mtime_ns for path in root.rglob("*.py")}

    before = state()
    tests = (deletes_the_file, patches_the_code, reference_for_ctc)
    runner.run([pack(test) for test in tests], [bugs.BUGS[0].patch()])
    assert state() == before


@pytest.mark.parametrize("bug", bugs.BUGS, ids=lambda bug: bug.name)
def test_inputs_do_not_say_which_variant_is_the_bug(bug):
    inputs = scoring.make_inputs(bug.name)(3)
    text = json.dumps(inputs)
    assert len(text) < 900_000
    assert set(inputs) == {"variants", "seed"}
    assert all(set(variant) == {"patches", "seed"} for variant in inputs["variants"])
    for word in (bug.name, bug.kind, "bug"):
        assert f'"{word}"' not in text
    numbers = {len(variant["patches"]) for variant in inputs["variants"]}
    assert len(numbers) == 1, "the number of patches gives the bug away"
    sources = [source for variant in inputs["variants"] for _, _, source in variant["patches"]]
    named = [source for source in sources if patches._local_names(ast.parse(source).body[0])]
    assert len(set(named)) > len(named) / 2, "every variant has names of its own"
    orders = set()
    for seed in range(6):
        variants = scoring._variants(bug.name, seed)
        orders.add(tuple(variant.name == "bug" for variant in variants))
    assert len(orders) > 1


def test_where_tests_run_no_answer_can_be_imported():
    for name in ("bugs", "scoring"):
        assert holds_judges(f"shared.checks.planted.{name}")
    for name in ("shared.checks.planted.running", "shared.checks.planted.trial", "shared.ctc"):
        assert not holds_judges(name)


def test_messages_name_the_kind_and_never_the_patch():
    for exercise in (one for one in load_lab(8) + load_lab(9) if one.name.startswith("test_")):
        for case in exercise.cases:
            inputs = case.make_inputs(1)
            green = [["passed", "", []]] * len(inputs["variants"])
            message = case.judge(inputs, green)
            assert any(bug.kind in message for bug in bugs.BUGS)
            assert not any(bug.new in message + case.hint for bug in bugs.BUGS)


@pytest.mark.parametrize("answer", [None, [], "passed", [["passed"]], [1] * 9, {"a": 1}])
def test_a_forged_answer_is_no_verdict(answer):
    case = find("lab08.test_ctc").cases[0]
    assert case.judge(case.make_inputs(1), answer)


def test_a_bug_is_planted_for_a_block_alone():
    bug = bugs.find_bug("blanks first")
    alias = ctc.collapse
    with plant([bug.patch()]):
        assert alias([1, 0, 1]) == [1]
    assert alias([1, 0, 1]) == [1, 1]
    with pytest.raises(ZeroDivisionError), plant([bug.patch()]):
        raise ZeroDivisionError
    assert ctc.collapse([1, 0, 1]) == [1, 1]


def test_a_patch_that_no_longer_fits_is_an_error():
    with pytest.raises(patches.PatchError, match="stands 0 times"):
        patches.substitute("shared.metrics", "edit_distance", "no such text", "x")
    with pytest.raises(patches.PatchError, match="no function"):
        patches.substitute("shared.metrics", "edits", "a", "b")
    with pytest.raises(KeyError, match="No bug is called"):
        bugs.find_bug("unheard of")


def test_renaming_keeps_arguments_and_results():
    source = "def f(a, b=2):\n    '''Words.'''\n    # A remark\n    c = a + b\n    return [c]"
    patch = patches.rename_locals(patches.Patch("shared.metrics", "f", source), 4)
    assert "remark" not in patch.source and "Words" not in patch.source
    space = {}
    exec(patch.source, space)
    assert space["f"](3) == [5] and space["f"](a=1, b=1) == [2]
    assert "c =" not in patch.source
    other = patches.rename_locals(patches.Patch("shared.metrics", "f", source), 5)
    assert other.source != patch.source


def test_harmless_changes_give_other_digits_or_none_and_other_words():
    rng = np.random.default_rng(3)
    logits, boxes = 5 * rng.normal(size=(40, 9)), np.sort(rng.random((7, 2, 4)), axis=1)

    def results():
        log_probs = ctc.log_softmax(logits)
        rate = metrics.character_error_rate(["abc", "de", "fghij"], ["abd", "d", "fhi"])
        accuracy = metrics.macro_accuracy([0, 1, 1, 2, 2, 2], [0, 1, 2, 2, 2, 0])
        overlap = matching.box_iou(boxes[:, 0], boxes[:, 1])
        return [log_probs, ctc.greedy(log_probs)[2], rate, accuracy, overlap]

    before = results()
    with plant([patches.substitute(*change) for change in bugs.HARMLESS]):
        after = results()
    assert all(np.allclose(one, two, atol=1e-9) for one, two in zip(before, after, strict=True))
    assert any(np.any(one != two) for one, two in zip(before, after, strict=True))

    source = patches.function_source("shared.ctc", "log_softmax")
    patch = patches.Patch("shared.ctc", "log_softmax", source)
    for other, said in ((False, "both at least 1."), (True, "1. least at both")):
        with plant([patches.rename_locals(patch, 1, other)]):
            with pytest.raises(ValueError, match=said):
                ctc.log_softmax(np.zeros(3))
            assert np.array_equal(ctc.log_softmax(logits), before[0])


def test_what_cannot_be_sent_is_named():
    lock = __import__("threading").Lock()
    with pytest.raises(NotPortableError, match="cannot be sent"):
        pack(lambda: lock.locked())
