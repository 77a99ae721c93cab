"""A character n-gram model: how likely a character is after the ones before it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from shared.alphabet import ASCII, Alphabet

BEGIN = "\x02"  # Stands before a line, END after it; neither can be written
END = "\x03"
ORDER = 6
TEXTS = 20_000
TEXT_SEED = 0


class CharacterModel:
    """Interpolated Kneser-Ney counts over the characters of lines of text.

    A context that was often followed by many different characters says little, so a discount
    is taken from each of its counts and handed to the shorter context, whose own counts are of
    contexts, not of occurrences (Chen and Goodman 1998, section 2.7).

    Example:
        >>> model = CharacterModel(["to the theater", "the other thing"], order=3)
        >>> model.log_p("th", "e") > model.log_p("th", "q")
        True
    """

    def __init__(
        self, texts: Iterable[str], order: int = ORDER, alphabet: Alphabet = ASCII
    ) -> None:
        """Count.

        Args:
            texts: Lines to learn from, all within the alphabet.
            order: Longest run of characters that is counted, the predicted one included.
            alphabet: Characters that can come next; the end of the line can, too.

        Raises:
            ValueError: An order below 1, or not a single character to count.
        """
        if order < 1:
            raise ValueError(f"The order is {order}; a model counts runs of 1 character or more.")
        self.order = order
        self.alphabet = alphabet
        runs: Counter[str] = Counter()
        for text in texts:
            alphabet.encode(text)  # Names what lies outside the alphabet
            line = BEGIN * (order - 1) + text + END
            runs.update(line[i : i + order] for i in range(len(line) - order + 1))
        if not runs:
            raise ValueError("There is no text to learn from; give at least one line.")
        self._levels = [self._level(runs)]
        for _ in range(order - 1):  # From the longest contexts to none
            shorter: Counter[str] = Counter(run[1:] for run in runs)
            runs = shorter
            self._levels.insert(0, self._level(runs))
        self._uniform = 1.0 / (len(alphabet) + 1)
        self._p = lru_cache(maxsize=200_000)(self._probability)

    @staticmethod
    def _level(runs: Counter[str]) -> tuple[dict[str, Counter[str]], dict[str, int], float]:
        """Return counts by context, their sums, and the discount n1 / (n1 + 2 n2)."""
        after: dict[str, Counter[str]] = defaultdict(Counter)
        for run, count in runs.items():
            after[run[:-1]][run[-1]] = count
        seen = Counter(runs.values())
        discount = seen[1] / (seen[1] + 2 * seen[2]) if seen[1] and seen[2] else 0.5
        return dict(after), {context: c.total() for context, c in after.items()}, discount

    def _probability(self, context: str, character: str) -> float:
        level = len(context)
        shorter = self._p(context[1:], character) if level else self._uniform
        counts, totals, discount = self._levels[level]
        found = counts.get(context)
        if found is None:
            return shorter
        kept = max(found[character] - discount, 0.0)
        return (kept + discount * len(found) * shorter) / totals[context]

    def p(self, before: str, character: str) -> float:
        """Return the probability of a character, or of `END`, after the text before it."""
        context = (BEGIN * (self.order - 1) + before)[len(before) :]
        return self._p(context, character)

    def log_p(self, before: str, character: str) -> float:
        """Return the natural logarithm of `p`."""
        return math.log(self.p(before, character))

    def bits_per_character(self, texts: Iterable[str]) -> float:
        """Return how many bits a character of these texts costs, the ends of lines included."""
        bits, count = 0.0, 0
        for text in texts:
            for place, character in enumerate(text + END):
                bits -= math.log2(self.p(text[:place], character))
                count += 1
        if count == 0:
            raise ValueError("There is no text to measure; give at least one line.")
        return bits / count


@lru_cache(maxsize=2)
def course_model(order: int = ORDER, count: int = TEXTS) -> CharacterModel:
    """Return the model of the course's own training texts, counted once in a process."""
    from shared.lines.sentences import sample_many

    return CharacterModel(sample_many(count, TEXT_SEED, "train"), order)
