"""Lab 7: what a label may be."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import equal
from shared.checks.exercise import Case, Exercise

WIDTH, HEIGHT = 400, 600
ALPHABET = "".join(map(chr, range(32, 127)))


def line_problems(line: dict, width: int, height: int, alphabet: str) -> list[str]:
    """Return what is wrong with a labeled line.

    Args:
        line: With `box` (left, top, right, bottom), `text` and `status`.
        width: Of the page, in pixels.
        height: As width.
        alphabet: Characters that a text may hold.

    Returns:
        Those of "empty box", "outside", "no text" and "unknown character" that hold, in this
        order.
    """
    left, top, right, bottom = line["box"]
    text = line["text"] or ""
    problems = []
    if not (left < right and top < bottom):
        problems.append("empty box")
    low, high = min(left, top, right, bottom), (max(left, right), max(top, bottom))
    if low < 0 or high[0] > width or high[1] > height:
        problems.append("outside")
    if line["status"] == "labeled" and not text.strip():
        problems.append("no text")
    if any(character not in alphabet for character in text):
        problems.append("unknown character")
    return problems


def line(box=(20, 30, 220, 60), text="Tea for two", status="labeled") -> dict:
    """Return a line, a right one unless something is changed."""
    return {"box": list(box), "text": text, "status": status}


def random_lines(seed: int) -> dict:
    """Return forty lines, most of them with something wrong."""
    rng = np.random.default_rng(seed)
    texts = ["Tea for two", "", None, "café", "two\tcups", "  ", "17 + 25", "a “quote”"]
    lines = []
    for _ in range(40):
        x, y = rng.integers(-20, WIDTH + 20, 2), rng.integers(-20, HEIGHT + 20, 2)
        box = (int(x[0]), int(y[0]), int(x[1]), int(y[1]))
        if rng.random() < 0.6:
            box = (20, 30, 220, 60)
        status = str(rng.choice(["labeled", "proposed", "unreadable"]))
        lines.append(line(box, texts[rng.integers(len(texts))], status))
    lines.append(line((-5, 30, 220, 60), ""))  # Two problems, whatever the seed
    return {"lines": lines}


def _probe(function, inputs):
    alphabet = "".join(map(chr, range(32, 127)))
    return [list(function(one, 400, 600, alphabet)) for one in inputs["lines"]]


def _judge(inputs: dict, answer: object) -> str | None:
    lines = inputs["lines"]
    expected = [line_problems(one, WIDTH, HEIGHT, ALPHABET) for one in lines]
    if not isinstance(answer, list) or len(answer) != len(lines):
        return equal(answer, expected, "line_problems")
    for one, got, wanted in zip(lines, answer, expected, strict=True):
        call = f"line_problems({one}, {WIDTH}, {HEIGHT}, printable ASCII)"
        message = equal(got, wanted, call)
        if message:
            return message
    return None


def case(name: str, lines: list[dict], hint: str) -> Case:
    """Return a case that asks for the problems of some lines."""
    return Case(name, 1, {"lines": lines}, _probe, _judge, hint=hint)


LINE_PROBLEMS = Exercise(
    id="lab07.line_problems",
    kind="implement",
    title="Say what is wrong with a label",
    reference=line_problems,
    doc="Empty boxes, boxes off the page, missing texts, unknown characters.",
    cases=(
        case(
            "right lines have no problem",
            [line(), line((0, 0, WIDTH, HEIGHT)), line(text=None, status="unreadable")],
            "A box may touch the edges of the page, and nobody can type an unreadable line.",
        ),
        case(
            "an empty or turned-around box",
            [line((20, 30, 20, 60)), line((220, 30, 20, 60)), line((20, 60, 220, 30))],
            "Left has to be smaller than right, and top smaller than bottom.",
        ),
        case(
            "a box that is no number",
            [line((20, 30, float("nan"), 60))],
            "Every comparison with nan is False: ask whether the box is right, not whether it "
            "is wrong.",
        ),
        case(
            "a box beyond each edge",
            [
                line((-5, 30, 220, 60)),
                line((20, -1, 220, 60)),
                line((20, 30, WIDTH + 1, 60)),
                line((20, 30, 220, HEIGHT + 1)),
            ],
            "Compare x with the width and y with the height, at both ends.",
        ),
        case(
            "a labeled line without a text",
            [line(text=None), line(text=""), line(text="   "), line(text=None, status="proposed")],
            "Spaces alone are no text. A proposed line still waits for one.",
        ),
        case(
            "characters outside the alphabet",
            [line(text="café"), line(text="a “quote”"), line(text="tab\there", status="proposed")],
            "Look at every character of every text, whatever the line's status.",
        ),
        Case(
            "forty lines, several problems at once",
            2,
            random_lines,
            _probe,
            _judge,
            hint="Report every problem of a line once, in the order of the task.",
        ),
    ),
)
