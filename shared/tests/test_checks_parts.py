"""The parts of the checks: comparing, crossing, sending probes, picking answers."""

import collections
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from shared import ctc
from shared.checks import compare, crossing, portable
from shared.checks.builders import accepts, refuses
from shared.checks.compare import close, equal, number_between, whole_number
from shared.checks.display import tick_list
from shared.checks.exercise import Case, Exercise
from shared.checks.probing import Reply, attempt
from shared.checks.verdict import all_wrong, judge
from shared.ctc import collapse
from shared.exercises.lab03_forward import judge_frames, labels_in, sum_paths
from shared.tests.fixtures import lab90_exercises

INF = math.inf


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ([8, 5], (8, 5)),
        (np.array([8, 5]), [8, 5]),
        ([8, 5], np.array([8.0, 5.0])),
        ([INF, -INF, math.nan], [INF, -INF, math.nan]),
        ({"a": [1]}, {"a": (1,)}),
        ("text", "text"),
        (10**400, 10**400),
        (np.zeros((2, 0)), np.zeros((2, 0))),
    ],
)
def test_equal_values_pass(got, expected):
    assert equal(got, expected, "f()") is None
    assert close(got, expected, "f()") is None


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        ([8, 6], [8, 5], "the first difference is at [1], 6 instead of 5"),
        ([8], [8, 5], "the length is 1 instead of 2"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "the shape is (2, 3) instead of (3, 2)"),
        ([[8], [6, 5]], [[8], [5, 5]], "f() gave [6, 5] at [1], expected [5, 5]: the first"),
        (np.array([[1.0, INF]]), np.array([[1.0, -INF]]), "at [0][1], inf instead of -inf"),
        (5, [5], "one number instead of a list"),
        (None, [5], "None instead of a list; is a `return` missing"),
        ("hallo", "hello", "the texts differ from position 1 on"),
        ({"a": 1}, {"a": 1, "b": 2}, "the key 'b' is missing"),
        ("3", 3, "text instead of one number"),
        (10**400, 1, "expected 1"),
    ],
)
def test_differences_are_named(got, expected, words):
    assert words in equal(got, expected, "f()")


@pytest.mark.parametrize("got", [1e300, 0.0, -INF, math.nan, None, "inf", 10**400])
def test_nothing_but_infinity_is_close_to_infinity(got):
    assert close(got, INF, "f()", rtol=1e9)
    assert close(np.array([1.0]), np.array([INF]), "f()")
    assert close([INF], [1.0], "f()", rtol=INF)


def test_tolerance_applies_to_floats_alone():
    assert close(1.0 + 1e-8, 1.0, "f()") is None
    assert close(np.float32(0.1).item(), 0.1, "f()") is None
    assert "1.001 instead of 1.0" in close([1.001], [1.0], "f()")
    assert close(10**9 + 1, 10**9, "f()"), "whole numbers are compared exactly"


def test_guesses_are_numbers_of_a_range():
    assert number_between(np.float64(0.5), 0, 1, "f()") is None
    for guess in (math.nan, INF, "0.5", None, [0.5], True, 2, 10**400, {}):
        assert "expected one number from 0 to 1" in number_between(guess, 0, 1, "f()")
    assert whole_number(3.0, 1, 5, "f()") is None
    assert whole_number(3.5, 1, 5, "f()")


def test_calls_are_short():
    text = compare.call_text("f", name=np.zeros((50, 9)), path=list(range(99)), x=-INF)
    assert text.startswith("f(name=an array of shape (50, 9), path=[0, 1,") and "x=-inf)" in text
    assert len(text) < 160


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        10**30,
        -INF,
        "ϵ",
        [1, [2.5, "a"]],
        {"a": 1, (1, 2): [INF]},
        {3, 4},
        np.arange(6.0).reshape(2, 3),
        np.array([True, False]),
        np.zeros((0, 4), np.int32),
        np.array([INF, math.nan], np.float16),
    ],
)
def test_plain_values_cross_unchanged(value):
    back = crossing.decode(crossing.encode(value))
    assert equal(back, value, "") is None
    if isinstance(value, np.ndarray):
        assert back.dtype == value.dtype and back.shape == value.shape
    else:
        assert type(back) is type(value)


def test_other_forms_become_plain():
    class Tensor:
        def numpy(self):
            return np.ones(2, np.float32)

    pair = collections.namedtuple("pair", "a b")
    for value, plain in [
        ((1, 2), [1, 2]),
        (pair(1, 2), [1, 2]),
        (range(3), [0, 1, 2]),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.array(4), 4),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([[1], [2, 3]], dtype=object), [[1], [2, 3]]),
        (np.asfortranarray(np.arange(4).reshape(2, 2)), [[0, 1], [2, 3]]),
        (np.arange(3, dtype=">i4"), [0, 1, 2]),
    ]:
        assert equal(crossing.decode(crossing.encode(value)), plain, "") is None
    assert crossing.decode(crossing.encode(Tensor())).dtype == np.float32


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "type object"),
        ((n for n in "a"), "wrap it in list"),
        (map(str, [1]), "wrap it in list"),
        (print, "call it"),
        ([[object()]], "type object"),
        (np.zeros(200_000), "at most"),
        ("x" * 2_000_000, "at most"),
        ([0] * 10**6, "too large"),
        (np.array([1 + 2j]), "dtype complex"),
    ],
)
def test_what_cannot_cross_is_named(value, words):
    with pytest.raises(crossing.CrossingError, match=words):
        crossing.encode(value)


def test_numbers_that_python_does_not_print_are_refused():
    assert "too long to print" in equal(10**5000, 1, "f()")
    with pytest.raises(crossing.CrossingError, match="too large"):
        crossing.encode(10**5000)


def test_nested_without_end_is_refused():
    value = []
    value.append(value)
    with pytest.raises(crossing.CrossingError, match="nested"):
        crossing.encode(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"array": {"dtype": "O", "shape": [1], "base64": ""}}',
        '{"array": {"dtype": "<f8", "shape": [9], "base64": ""}}',
        '{"array": {"dtype": "<f8", "shape": [-1, 0], "base64": ""}}',
        '{"array": 3}',
        '{"float": "one"}',
        '{"set": [{"dict": []}]}',
        '{"other": 1}',
        '{"a": 1, "b": 2}',
        "[" * 5000,
    ],
)
def test_forged_text_is_refused(text):
    with pytest.raises(crossing.CrossingError):
        crossing.decode(text)


def test_arrays_arrive_read_only():
    array = crossing.decode(crossing.encode(np.zeros(3)), writeable=False)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1

    def fill(values):
        values[0] = 1

    reply = attempt(fill, None, crossing.encode({"values": np.zeros(3)}), (), {})
    assert "inputs are read-only: work on a copy" in reply.text


_SCALE = [2, 3]


def _helper(number):
    return number * _SCALE[0] if number < 10 else _helper(number - 10)


def test_probes_travel_with_their_helpers_and_constants():
    def probe(function, inputs, extra=7):
        return [_helper(number) + extra for number in inputs["numbers"]] + np.arange(2).tolist()

    packed = portable.pack(probe)

    class NotThere:
        def find_spec(self, name, path=None, target=None):
            if portable.holds_judges(name):
                raise ImportError(f"{name} is not there")

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in sys.modules if portable.holds_judges(name)]:
            patch.delitem(sys.modules, name)
        patch.setattr(sys, "meta_path", [NotThere(), *sys.meta_path])
        there = portable.unpack(packed)
    assert there(None, {"numbers": [1, 12]}) == [9, 11, 0, 1]
    assert there.__globals__ is not probe.__globals__
    assert portable.unpack(portable.pack(collapse)) is collapse


def test_probe_that_cannot_travel_is_named():
    lock = threading.Lock()
    with pytest.raises(portable.NotPortableError, match="cannot be sent"):
        portable.pack(lambda function, inputs: lock)


def test_modules_with_judges_are_known():
    assert portable.holds_judges(lab90_exercises.__name__)
    assert portable.holds_judges("solutions.x")
    assert not portable.holds_judges("shared.ctc")
    assert not portable.holds_judges("shared.checks.compare")


def test_a_cached_function_travels_with_what_it_calls():
    space = {"__name__": "__main__"}
    exec(
        "import functools\n@functools.lru_cache(maxsize=None)\n"
        "def ways(n):\n    return 1 if n < 2 else ways(n - 1) + ways(n - 2)",
        space,
    )
    there = portable.unpack(portable.pack(space["ways"]))
    assert there(80) == space["ways"](80) and there.cache_parameters()["maxsize"] is None


def test_judge_that_fails_passes_nothing():
    case = Case("x", judge=lambda inputs, answer: answer[0].missing, hint="A hint.")
    exercise = Exercise("lab90.x", "implement", "X", lab90_exercises.stride, (case,))
    result = judge(exercise, lambda case, inputs: Reply("answer", "[1]"))
    assert result.points == 0 and result.cases[0].faulty
    assert "could not be compared" in result.cases[0].message


def test_a_message_that_cases_share_is_said_once():
    cases = tuple(Case(name, hint=f"Look at {name}.") for name in ("the first", "the second"))
    exercise = Exercise("lab90.collapse", "implement", "Collapse", collapse, cases)
    shown = tick_list(all_wrong(exercise, "It cannot be read."), [])
    for text in (shown.text, shown.html):
        assert text.count("It cannot be read.") == text.count("Hint:") == 1
        assert text.count("failed") == 2 and "As for" in text


def test_any_exception_of_a_test_refuses_a_wrong_function():
    def test_of_learner(function):
        assert function({"a": 1})["a"] == 1

    def unwritten(function):
        raise NotImplementedError

    wrong = refuses("refuses a loss", lambda pages: {}, "a lost page", hint="Look.")
    assert wrong.judge(None, wrong.probe(test_of_learner, {})) is None  # A KeyError is red, too
    right = accepts("accepts", lambda pages: [], "right code", hint="Look.")
    with pytest.raises(TypeError):  # There the test itself is at fault, and the check says where
        right.probe(test_of_learner, {})
    with pytest.raises(NotImplementedError):
        wrong.probe(unwritten, {})


def test_hidden_cases_are_for_the_grader():
    def case(name, hidden):
        return Case(name, judge=lambda inputs, answer: None, hint="A hint.", hidden=hidden)

    cases = (case("seen", False), case("unseen", True))
    exercise = Exercise("lab90.x", "implement", "X", lab90_exercises.stride, cases)

    def answer(case, inputs):
        return Reply("answer", "1")

    assert [line.name for line in judge(exercise, answer).cases] == ["seen"]
    assert judge(exercise, answer, hidden_too=True).points == exercise.points == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "collapse"}, "no exercise id"),
        ({"kind": "quiz"}, "use one of implement"),
        ({"cases": ()}, "at least one case"),
        ({"reference": len}, "plain function"),
    ],
)
def test_malformed_exercises_are_refused(change, words):
    fields = vars(lab90_exercises.EXERCISES[1]) | change
    with pytest.raises((ValueError, TypeError), match=words):
        Exercise(**fields)


def test_progress_survives_a_kill(tmp_path):
    program = (
        "from shared.checks.progress import record_guess\n"
        "import itertools\nprint('go', flush=True)\n"
        "for i in itertools.count():\n    record_guess(f'lab90.g{i}', '1' * 2000)\n"
    )
    environment = os.environ | {
        "HANDWRITING_MY": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    for delay in (0.05, 0.1, 0.23):
        process = subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE
        )
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()
        process.stdout.close()
        path = tmp_path / "progress.json"
        if path.exists():
            json.loads(path.read_text(encoding="utf-8"))
    assert len(json.loads(path.read_text(encoding="utf-8"))["guesses"]) > 0


def label_message(scale=1.0, join=np.logaddexp.reduce):
    """Return what the judge says of a forward pass with something changed."""
    inputs = labels_in(5, 4, [[3], [1, 2]])(7)
    frames = [inputs["log_probs"][: t + 1] for t in range(5)]
    lattices = [ctc.extend_label(label, 0) for label in inputs["labels"]]
    rows = [
        [scale * sum_paths(seen, *lattice, join=join) for seen in frames] for lattice in lattices
    ]
    return judge_frames(inputs, rows) or ""


def test_a_mistake_is_named_only_where_it_explains_all_frames():
    assert "the best path is taken" in label_message(join=np.max)
    assert "its sign is opposite" in label_message(scale=-1.0)


def test_float32_is_named_where_it_is_all_that_is_wrong():
    assert "float32: compute in float64" in label_message(scale=1 + 4e-7)
    assert "float32" not in label_message(scale=1.01)
