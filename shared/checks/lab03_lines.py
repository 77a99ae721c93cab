"""Lab 3, sitting A: composing lines, splitting them, and a guess about the ladder."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import equal, one_of, show
from shared.checks.exercise import Case, Exercise


def paste_ink(line: np.ndarray, glyph: np.ndarray, left: int) -> np.ndarray:
    """Return the line with the glyph's ink added at a column, cut off at 255."""
    start, stop = max(left, 0), min(left + glyph.shape[1], line.shape[1])
    total = line.astype(np.int32)
    if start < stop:
        total[:, start:stop] += glyph[:, start - left : stop - left]
    return np.minimum(total, 255).astype(np.uint8)


def _pieces(line_ink: list, glyph_ink: list, left: int) -> dict:
    line, glyph = np.array(line_ink, dtype=np.uint8), np.array(glyph_ink, dtype=np.uint8)
    return {"line": line, "glyph": glyph, "left": left}


def random_pieces(seed: int) -> dict:
    """Return a full-sized line and glyphs for it, some of them across an edge."""
    rng = np.random.default_rng(seed)
    line = rng.integers(0, 256, (32, 200), dtype=np.uint8)
    glyphs = [rng.integers(0, 256, (32, int(w)), dtype=np.uint8) for w in rng.integers(5, 28, 12)]
    return {"line": line, "glyphs": glyphs, "lefts": rng.integers(-20, 195, 12).tolist()}


def paste_all(function, inputs):
    """Paste each glyph onto the same line."""
    pairs = zip(inputs["glyphs"], inputs["lefts"], strict=True)
    return [function(inputs["line"], glyph, left) for glyph, left in pairs]


def judge_all(inputs: dict, answer: object) -> str | None:
    """Report the first glyph that landed wrongly."""
    for got, glyph, left in zip(answer, inputs["glyphs"], inputs["lefts"], strict=True):
        call = f"paste_ink(a line of shape (32, 200), a glyph of shape {glyph.shape}, {left})"
        message = equal(got, paste_ink(inputs["line"], glyph, left), call)
        if message:
            return message
    return None


def paste_outside(function, inputs):
    """Paste a glyph that ends where the line begins or before, or begins where it ends or after."""
    return [function(inputs["line"], inputs["glyph"], left) for left in (-3, -4, 3, 4, 40)]


def judge_outside(inputs: dict, answer: object) -> str | None:
    """Expect the line as it was, five times."""
    for got, left in zip(answer, (-3, -4, 3, 4, 40), strict=True):
        call = f"paste_ink([[10, 20, 30]], [[100, 50, 25]], {left})"
        message = equal(got, inputs["line"], call)
        if message:
            return message
    return None


def kind_of_array(function, inputs):
    """Return the number type and the shape of what comes back."""
    pasted = function(**inputs)
    return [str(getattr(pasted, "dtype", type(pasted).__name__)), list(np.shape(pasted))]


def judge_kind(inputs: dict, answer: object) -> str | None:
    """Expect uint8 and the line's shape."""
    if equal(answer, ["uint8", [2, 4]], "") is None:
        return None
    return (
        f"paste_ink on a uint8 line of shape (2, 4) gave {show(answer[0])} of shape "
        f"{show(answer[1])}, expected 'uint8' of shape [2, 4]."
    )


PASTE_INK = Exercise(
    id="lab03.paste_ink",
    kind="implement",
    title="Paste ink that saturates",
    reference=paste_ink,
    doc="Add a glyph's ink to a line without wrapping round.",
    cases=(
        Case(
            "adds to the ink that is there",
            1,
            _pieces([[0, 50, 100, 7]], [[20, 30]], 1),
            hint="Ink on ink is the sum of both, neither the larger nor the newer one.",
        ),
        Case(
            "stops at 255",
            1,
            _pieces([[200, 0, 7], [255, 3, 1]], [[100, 50], [255, 1]], 0),
            hint="Add in a type wider than uint8 and cut the sum before you convert it back.",
        ),
        Case(
            "returns uint8 of the line's shape",
            1,
            _pieces([[0, 50, 100, 7], [1, 2, 3, 4]], [[20, 30], [1, 1]], 1),
            probe=kind_of_array,
            judge=judge_kind,
            hint="Convert at the very end, with .astype(np.uint8).",
        ),
        Case(
            "cuts a glyph off at the right edge",
            1,
            _pieces([[0, 0, 0, 0]], [[11, 22, 33]], 2),
            hint="Only the glyph's first line_width - left columns are on the line.",
        ),
        Case(
            "cuts a glyph off at the left edge",
            1,
            _pieces([[0, 0, 0, 0]], [[11, 22, 33]], -1),
            hint="A negative left hides the glyph's first columns; as an index it would count "
            "from the end.",
        ),
        Case(
            "leaves the line alone when the glyph is outside",
            1,
            _pieces([[10, 20, 30]], [[100, 50, 25]], 0),
            probe=paste_outside,
            judge=judge_outside,
            hint="When no column is shared, return a copy of the line.",
        ),
        Case(
            "pastes glyphs of full size anywhere",
            1,
            random_pieces,
            probe=paste_all,
            judge=judge_all,
            hint="The message names the glyph's width and column: is it across an edge?",
        ),
    ),
)


def find_leak() -> str:
    """Name the recipe whose test lines leak: it divides sentences and forgets the hands."""
    return "B"


_NO_LEAK = {
    "A": "hands and sentences are both divided; a common word is no secret",
    "C": "what is doubled are training lines, and their hands and sentences stay in training",
    "D": "the lines read after every epoch are validation lines, whose hands are not in the test",
}


def judge_leak(inputs: dict, answer: object) -> str | None:
    """Accept the letter B in any case, and say why another recipe is sound."""
    letter = answer.strip().upper() if isinstance(answer, str) else answer
    if isinstance(letter, str) and letter == "B":
        return None
    if isinstance(letter, str) and letter in _NO_LEAK:
        return f"find_leak() gave {letter!r}, but there {_NO_LEAK[letter]}."
    return f"find_leak() gave {show(answer)}, expected one of the letters A, B, C, D."


FIND_LEAK = Exercise(
    id="lab03.find_leak",
    kind="review",
    title="Find the split that leaks",
    reference=find_leak,
    options=("A", "B", "C", "D"),
    doc="One of four recipes shows the model its test hands.",
    cases=(
        Case(
            "names the recipe that leaks",
            2,
            judge=judge_leak,
            hint="A test line must be new in two ways: its sentence, and the hand that wrote it.",
        ),
    ),
)


def guess_ladder() -> str:
    """Guess which rung reads better after the same number of updates."""
    return "boxes"


GUESS_LADDER = Exercise(
    id="lab03.guess_ladder",
    kind="predict",
    title="Which rung reads better?",
    reference=guess_ladder,
    doc="Boxes, CTC or a tie: any of the three earns the point.",
    cases=(
        Case(
            "one of boxes, ctc, tie",
            1,
            judge=lambda inputs, answer: one_of(answer, ("boxes", "ctc", "tie"), "guess_ladder()"),
            hint='Return one of the texts "boxes", "ctc" and "tie".',
        ),
    ),
)
