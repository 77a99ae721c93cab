"""A language model for `shared.language`: counted, smoothed, and how far to trust it.

A run is a string of symbols as it stands in a line, the line's begin and end included. Level n
holds the different runs of n symbols, sorted, each with its parent (the run without its last
symbol) and its suffix (the run without its first): a trie, level by level.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from shared.alphabet import ASCII, Alphabet
from shared.language import WORD, BeamDecoder, CharacterModel
from shared.metrics import character_error_rate

BEGIN, END = WORD + 1, WORD + 2  # Symbols that no text holds; a character's is its label + END
LETTERS = re.compile(r"[A-Za-z']{1,20}")
ORDER, TEXTS, TEXT_SEED = 6, 20_000, 0
WEIGHTS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8)
BONUSES = (0.0, 0.3, 0.6, 0.9, 1.3)


@lru_cache(maxsize=2)
def course_model(order: int = ORDER, texts: int = TEXTS) -> CharacterModel:
    """Return the model of the course's own training texts, counted once in a process."""
    from shared.sentences import sample_many

    return count_model(sample_many(texts, TEXT_SEED, "train"), order)


def count_model(
    texts: Iterable[str],
    order: int = ORDER,
    alphabet: Alphabet = ASCII,
    words: float = 0.0,
    change: Callable[[list[Level]], None] = lambda levels: None,
) -> CharacterModel:
    """Count a language model.

    Args:
        texts: Lines to learn from, all within the alphabet.
        order: Longest run of characters that is counted, the predicted one included.
        alphabet: Characters that can come next; the end of the line can, too.
        words: Share of a character's probability that known words decide, inside a word.
        change: Changes the smoothed levels, such as the pruning of `data/make/english.py`.

    Raises:
        ValueError: An order below 1, or not a single character to count.

    Example:
        >>> model = count_model(["to the theater", "the other thing"], order=3)
        >>> model.log_p("th", "e") > model.log_p("th", "q")
        True
    """
    if order < 1:
        raise ValueError(f"The order is {order}; a model counts runs of 1 character or more.")
    levels = count(texts, alphabet, order, words > 0)
    if not levels:
        raise ValueError("There is no text to learn from; give at least one line.")
    root = smooth(levels, order, len(alphabet) + 1, words)
    change(levels)
    return model_of(levels, root, {"order": order, "alphabet": alphabet.characters})


def model_of(levels: list[Level], root: float, card: dict[str, Any]) -> CharacterModel:
    """Return smoothed levels as a model; the card names `order` and `alphabet`."""
    sizes = [1, *(len(level.count) for level in levels)]
    kids = [
        np.bincount(level.parent, minlength=n) for level, n in zip(levels, sizes[:-1], strict=True)
    ]
    arrays = {
        "labels": np.concatenate([[0], *(level.label for level in levels)]).astype(np.uint8),
        "kids": np.concatenate([*kids, np.zeros(sizes[-1])]).astype(np.uint8),
        "log_p": np.concatenate([[0.0], *(level.log_p for level in levels)]),
        "backoff": np.concatenate([[root], *(level.backoff for level in levels)]),
    }
    return CharacterModel(arrays, card)


@dataclass
class Level:
    """Runs of one length: last symbol, places of parent and suffix in the level before, counts.

    `log_p` is the last symbol's after its parent; in the runs of `words` it is only the part
    that the word adds. `backoff` weighs what the shorter context says, for the symbols that did
    not follow this run.
    """

    label: np.ndarray
    parent: np.ndarray
    suffix: np.ndarray
    count: np.ndarray
    begins: np.ndarray
    words: np.ndarray
    log_p: np.ndarray
    backoff: np.ndarray


def count(texts: Iterable[str], alphabet: Alphabet, order: int, words: bool) -> list[Level]:
    """Count runs of up to `order` symbols in lines, and words (small letters) by their beginnings.

    A word's run is `WORD`, its letters and the symbol after it, so it says how words that begin
    like this go on, however long they are.
    """
    pieces, room = [], []  # Symbols, and how long a run each may begin
    for text in texts:
        line = [BEGIN, *(label + END for label in alphabet.encode(text)), END]
        pieces += line
        room += [min(order, left) for left in range(len(line), 0, -1)]
        for word in LETTERS.finditer(text) if words else ():
            labels = alphabet.encode(word[0].lower())
            pieces += [WORD, *(label + END for label in labels), line[word.end() + 1]]
            room += [len(labels) + 2] + [0] * (len(labels) + 1)
    symbols, left = np.array(pieces, np.uint8), np.array(room, np.uint8)
    levels: list[Level] = []
    runs = np.zeros(len(symbols), np.int64)  # Which run of this length begins at each symbol
    for length in range(1, int(left.max(initial=0)) + 1):
        at = np.flatnonzero(left >= length)
        keys = runs[at] * 256 + symbols[at + length - 1]
        found, first, places, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        start = at[first]
        suffix = runs[np.minimum(start + 1, len(runs) - 1)] if length > 1 else 0 * start
        runs = np.zeros(len(symbols), np.int64)
        runs[at] = places
        is_word = (symbols[start] == WORD) & (length > 1)
        nothing = np.zeros(len(found))
        levels.append(Level(
            (found % 256).astype(np.uint8), found // 256, np.where(is_word, 0, suffix), counts,
            symbols[start] == BEGIN, is_word, nothing, nothing.copy(),
        ))  # fmt: skip
    return levels


def smooth(levels: list[Level], order: int, symbols: int, words: float) -> float:
    """Turn counts into probabilities: interpolated Kneser-Ney with three discounts.

    A context that was often followed by many different characters says little, so a discount
    is taken from each of its counts and handed to the shorter context, whose own counts are of
    contexts, not of occurrences (Chen and Goodman 1998, sections 2.7 and 4.1.6).

    Args:
        levels: Counted runs; their `log_p` and `backoff` are set.
        order: Length of the longest runs of a line.
        symbols: Characters and the end of a line, all equally likely without any context.
        words: Share of a word's counts, the rest goes to the characters before.

    Returns:
        The root's back-off.
    """
    root = np.zeros(1)
    for n, level in enumerate(levels):
        counts = level.count.astype(np.float64)
        longer = levels[n + 1] if n + 1 < order and n + 1 < len(levels) else None
        if longer is not None:
            contexts = np.bincount(longer.suffix[~longer.words], minlength=len(counts))
            counts = np.where(level.begins | level.words, counts, contexts)
        counts[level.label <= BEGIN] = 0  # Nobody writes a beginning
        backoff = levels[n - 1].backoff if n else root
        total = np.maximum(np.bincount(level.parent, counts, len(backoff)), 1)
        taken = np.zeros(len(counts))
        for kind in (level.words, ~level.words):
            taken[kind] = _discounts(counts[kind])
        share = np.bincount(level.parent, taken, len(backoff)) / total
        shorter = np.exp(levels[n - 1].log_p[level.suffix]) if n else 1 / symbols
        seen = (counts - taken) / total[level.parent]
        p = np.where(level.words, words * seen, seen + share[level.parent] * shorter)
        level.log_p = np.log(np.maximum(p, 1e-30))
        share[level.parent[level.words]] *= words  # The rest is what the characters get anyway
        share[np.unique(level.parent[level.words])] += 1 - words
        backoff[:] = np.log(np.where(share > 0, share, 1))
    return float(root[0])


def _discounts(counts: np.ndarray) -> np.ndarray:
    """Return what is taken from each count: little from 1, more from 2, most from larger ones."""
    n = np.bincount(counts.astype(int), minlength=5)[:5].astype(float)
    rate = n[1] / (n[1] + 2 * n[2]) if n[1] and n[2] else 0.5
    by_count = np.array([0, rate, rate, rate])
    if n[1:].all():
        by_count[1:] = [max(k - (k + 1) * rate * n[k + 1] / n[k], 0) for k in (1, 2, 3)]
    return by_count[np.minimum(counts, 3).astype(int)]


@dataclass(frozen=True)
class Tuned:
    """What a search over weights and bonuses found.

    Attributes:
        weight: The best weight.
        bonus: The best bonus.
        rates: The character error rate of every pair `(weight, bonus)` that was tried.
    """

    weight: float
    bonus: float
    rates: dict[tuple[float, float], float]

    @property
    def rate(self) -> float:
        """The character error rate of the best pair, on the lines it was chosen by."""
        return self.rates[self.weight, self.bonus]


def tune(
    logits: Sequence[np.ndarray],
    texts: Sequence[str],
    model: CharacterModel,
    weights: Sequence[float] = WEIGHTS,
    bonuses: Sequence[float] = BONUSES,
    width: int = 8,
) -> Tuned:
    """Try every pair and return the best; the smaller weight where two are equal.

    Give validation lines, never those that a result will be reported on: the best of many
    settings looks better on the lines it was chosen by than on any others.

    Args:
        logits: One array (frames, classes) a line.
        texts: What the lines say.
        model: The language model.
        weights: Weights to try.
        bonuses: Bonuses to try.
        width: Width of the beam while tuning.
    """
    rates = {}
    for weight in weights:
        for bonus in bonuses:
            decoder = BeamDecoder(model, weight, bonus, width)
            rates[weight, bonus] = character_error_rate(texts, [decoder(one) for one in logits])
    weight, bonus = min(rates, key=lambda pair: (rates[pair], pair))
    return Tuned(weight, bonus, rates)
