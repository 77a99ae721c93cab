"""What a pre-filled text does to the person who checks it: wrong ones are planted and counted."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from shared.alphabet import ASCII, Alphabet
from shared.labeling.records import LabeledLine, LabeledPage, LabelError, LabelSet

SHARE = 0.1
SHORTEST = 4  # Characters: in a shorter text one wrong letter is seen at once
#: What a tired eye takes for each other in handwriting; each pair works in both directions
LOOKALIKES = (
    "ao", "un", "uv", "ec", "il", "li", "hb", "nr", "rv", "mn", "gq", "gy", "tf", "tl", "ci", "oe",
    "as", "wv", "kh", "1l", "17", "4q", "5s", "0o", "3s", "6b", "8B", "OQ", "UV", "IJ", "FT",
    "CG", "PR", "EF", "MN", ".,", ";:", ":.", "'\"", "-~",
)  # fmt: skip


class Planted(NamedTuple):
    """One wrong proposal among right ones.

    Attributes:
        page: The image.
        line: The line's id.
        right: What the line says.
        wrong: What was proposed instead, one edit away.
    """

    page: str
    line: str
    right: str
    wrong: str


class MissRate(NamedTuple):
    """How many planted errors a person let pass.

    Attributes:
        missed: Planted lines that are still wrong, as they were or in another way.
        planted: How many were planted on lines that the person has looked at.
        rate: missed / planted.
        low: Lower end of Wilson's 95 % interval of the rate.
        high: Upper end.
    """

    missed: int
    planted: int
    rate: float
    low: float
    high: float


def plant_errors(
    label_set: LabelSet, share: float = SHARE, seed: int = 0, alphabet: Alphabet = ASCII
) -> tuple[LabelSet, list[Planted]]:
    """Turn true labels into proposals, a share of them wrong by one plausible edit.

    Args:
        label_set: Pages whose labels are right; their lines become proposals on open pages.
        share: Of the lines; at least one is planted.
        seed: Says which lines, and how they change.
        alphabet: Characters that may come in.

    Returns:
        The proposals, and what was planted, for nobody's eyes until the person is done.

    Raises:
        LabelError: No line is long enough, or the share is not between 0 and 1.
    """
    if not 0 < share <= 1:
        raise LabelError(f"The share of planted errors is {share}; it lies between 0 and 1.")
    rng = np.random.default_rng(seed)
    places = [
        (page.image, line.id)
        for page in label_set.pages
        for line in page.lines
        if page.status != "skipped" and line.text and len(line.text.strip()) >= SHORTEST
    ]
    if not places:
        raise LabelError(
            f"No line has a text of {SHORTEST} characters or more, so nothing can be planted."
        )
    count = min(len(places), max(1, round(share * len(places))))
    chosen = {places[k] for k in rng.choice(len(places), size=count, replace=False)}
    planted: list[Planted] = []

    def proposed(page: LabeledPage, line: LabeledLine) -> LabeledLine:
        text = line.text
        if page.status == "skipped" or not text:
            return line
        if (page.image, line.id) in chosen:
            text = misread(text, rng, alphabet)
            planted.append(Planted(page.image, line.id, line.text, text))
        return replace(line, text=text, proposal=text, status="proposed", annotator=None)

    pages = label_set.edited(proposed).pages
    pages = tuple(p if p.status == "skipped" else replace(p, status="open") for p in pages)
    return replace(label_set, pages=pages), planted


def misread(text: str, rng: np.random.Generator, alphabet: Alphabet = ASCII) -> str:
    """Return a text with one plausible error.

    Half of the errors are look-alikes, the others a lost or a doubled letter; one may turn into
    another where the text offers no place for it.

    Example:
        >>> misread("aaaa", np.random.default_rng(1))
        'aaa'
    """
    swaps = [
        (k, other)
        for k, character in enumerate(text)
        for other in _lookalikes(character)
        if all(c in alphabet for c in other)
    ]
    letters = [k for k, character in enumerate(text) if character.isalnum()]
    if swaps and (rng.random() < 0.5 or not letters):
        k, other = swaps[rng.integers(len(swaps))]
        return text[:k] + other + text[k + 1 :]
    if not letters:
        return text + "."
    k = letters[rng.integers(len(letters))]
    return text[:k] + text[k + 1 :] if rng.random() < 0.5 else text[: k + 1] + text[k:]


def _lookalikes(character: str) -> list[str]:
    """Return what a character may be taken for, among the pairs of single characters."""
    pairs = [pair for pair in LOOKALIKES if len(pair) == 2 and character in pair]
    return [pair.replace(character, "", 1) for pair in pairs]


def miss_rate(planted: list[Planted], checked: LabelSet) -> MissRate:
    """Count what a person let pass.

    Only lines the person has labeled count; one that is still proposed was not looked at.

    Args:
        planted: What `plant_errors` returned.
        checked: The proposals after the person has gone through them.

    Raises:
        LabelError: None of the planted lines was looked at.
    """
    lines = {(page.image, line.id): line for page in checked.pages for line in page.lines}
    found = [(one, lines[one.page, one.line]) for one in planted if (one.page, one.line) in lines]
    wrong = [line.text != one.right for one, line in found if line.status != "proposed"]
    if not wrong:
        raise LabelError(
            f"None of the {len(planted)} planted lines was labeled, so there is no miss rate. "
            "Go through the proposals first."
        )
    low, high = wilson_interval(sum(wrong), len(wrong))
    return MissRate(sum(wrong), len(wrong), sum(wrong) / len(wrong), low, high)


def wilson_interval(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval of a rate (Wilson, JASA 22, 1927, pages 209-212).

    Unlike the rate plus and minus a standard error it stays in [0, 1] and has a width at 0.

    Args:
        successes: How often it happened.
        trials: How often it could have happened, at least once.
        z: Standard deviations on each side; 1.96 covers 95 %.

    Example:
        >>> low, high = wilson_interval(0, 10)
        >>> round(low, 3), round(high, 3)
        (0.0, 0.278)
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is no rate.")
    rate = successes / trials
    middle = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * math.sqrt(
        rate * (1 - rate) / trials + z**2 / (4 * trials**2)
    )  # fmt: skip
    return max(0.0, middle - half), min(1.0, middle + half)
