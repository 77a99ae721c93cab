"""Lab 7: how far the texts of two annotators agree."""

from __future__ import annotations

import numpy as np

from shared.checks.compare import close
from shared.checks.exercise import Case, Exercise
from shared.metrics import edit_distance


def text_agreement(pairs: list) -> float:
    """Return 1 minus the share of characters on which two annotators differ.

    Args:
        pairs: For every line the two texts; None where that annotator has no such line.

    Returns:
        1 - total edits / total length of the longer text of each pair; 1 without any pair.
    """
    texts = [(first or "", second or "") for first, second in pairs]
    longest = sum(max(len(first), len(second)) for first, second in texts)
    if not longest:
        return 1.0
    return 1 - sum(edit_distance(*both) for both in texts) / longest


def random_pairs(seed: int) -> dict:
    """Return thirty pairs of texts, some changed, some missing."""
    rng = np.random.default_rng(seed)
    words = ["tea", "kettle", "half past nine", "we met", "quay", "a lemon", "plum jam"]
    pairs = []
    for _ in range(30):
        first = " ".join(rng.choice(words, rng.integers(1, 4)))
        second = first
        chance = rng.random()
        if chance < 0.1:
            second = None
        elif chance < 0.5:
            place = int(rng.integers(len(first)))
            second = first[:place] + "x" * int(rng.integers(0, 4)) + first[place + 1 :]
        pairs.append([second, first] if rng.random() < 0.5 else [first, second])
    return {"pairs": pairs}


def _judge(inputs: dict, answer: object) -> str | None:
    return close(answer, text_agreement(**inputs), "text_agreement of 30 pairs")


TEXT_AGREEMENT = Exercise(
    id="lab07.text_agreement",
    kind="implement",
    title="Agreement of two annotators",
    reference=text_agreement,
    doc="Edits over the longer text, added up before dividing.",
    cases=(
        Case(
            "equal texts",
            1,
            {"pairs": [["tea", "tea"], ["for two", "for two"]]},
            hint="Without an edit the agreement is 1.",
        ),
        Case(
            "one letter of many",
            1,
            {"pairs": [["form", "farm"], ["a long line", "a long line"]]},
            hint="One edit among 4 + 11 characters: add up edits and lengths over all pairs first.",
        ),
        Case(
            "neither of the two is right",
            1,
            {"pairs": [["tea", "tea time"], ["cups of tea", "cups"]]},
            hint="Divide by the longer text, whichever annotator wrote it.",
        ),
        Case(
            "a line that one of them missed",
            1,
            {"pairs": [["tea", "tea"], [None, "for two"], ["at five", None]]},
            hint="A missing line disagrees in all of its characters; leaving it out hides it.",
        ),
        Case(
            "nothing to compare",
            1,
            {"pairs": []},
            hint="Without pairs, and with empty texts alone, nobody disagrees: return 1.",
        ),
        Case(
            "thirty lines",
            1,
            random_pairs,
            judge=_judge,
            hint="1 - (edits of all pairs) / (length of the longer text of each pair, added up).",
        ),
    ),
)
