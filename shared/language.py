"""Reading with a language model: how likely a text is, and a beam search that asks while it reads.

A text scores log p(text | image) + weight * log p(text) + bonus * characters: the network's
opinion, the model's, and what makes up for the model's dislike of length.

Sources: Hannun, Maas, Jurafsky, Ng (2014), arXiv 1408.2873, algorithm 1, for the search; Chen and
Goodman (1998), section 4.1.6, for the counts, which
`shared.experiments.language_model` makes.
"""

from __future__ import annotations

import json
import math
import re
from bisect import insort
from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from shared import ctc
from shared.alphabet import ASCII, Alphabet
from shared.paths import data_file

BEGIN, END = "\x02", "\x03"  # Stand before and after a line; neither can be written
WORD = 1  # The symbol of a word's beginning; BEGIN, END and the characters follow
LONGEST_WORD = 20
STEP, TOPS = 0.05, {"log_p": 0.0, "backoff": 2.5}  # A stored logarithm is top - STEP * code
_WORD = re.compile(r"[A-Za-z']*$")


class CharacterModel:
    """An n-gram model of characters: how likely one is after those before it.

    Where a run of characters was not counted the next shorter one answers, weighted by the
    context's back-off.  A share of the probability inside a word comes from the words that begin
    like this, which reach further back than a run.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], card: dict[str, Any]) -> None:
        """Take over a trie: one entry a run, shorter runs first, children side by side.

        Args:
            arrays: `labels`, uint8, the run's last symbol; `kids`, uint8, how many longer runs
                begin with it; `log_p` and `backoff`, in nats.
            card: Its `order` is the longest run's length, its `alphabet` the characters.
        """
        self.arrays, self.card = dict(arrays), card
        self.order, self.alphabet = card["order"], Alphabet(card["alphabet"])
        first = np.concatenate([[0], np.cumsum(arrays["kids"], dtype=np.uint32)]) + 1
        # Bytes search and memoryviews index several times faster than arrays, one by one
        self._labels, self._first = arrays["labels"].tobytes(), memoryview(first.astype(np.uint32))
        self._log_p, self._backoff = memoryview(arrays["log_p"]), memoryview(arrays["backoff"])
        written = (BEGIN, END, *self.alphabet.characters)
        self._symbols = {character: k for k, character in enumerate(written, WORD + 1)}
        self._near, self._far = max(self.order - 1, 1), max(self.order, LONGEST_WORD)
        # Texts of a beam often differ in what lies far behind; more than this is no faster, and
        # would fill a service's memory
        self._contexts = lru_cache(maxsize=4_000)(self._find_contexts)
        self._log_p_after = lru_cache(maxsize=20_000)(self._find_log_p)

    @classmethod
    def load(cls, name: str | Path = "english") -> CharacterModel:
        """Load a model by its name in `data/models`, or by the path of its `.npz` file.

        Raises FileNotFoundError for a missing file, ValueError for a damaged one.
        """
        path = Path(name) if str(name).endswith(".npz") else data_file(f"models/{name}.npz")
        try:
            card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            with np.load(path) as file:
                arrays = {key: file[key] for key in ("labels", "kids", *TOPS)}
            for key, top in TOPS.items():
                arrays[key] = (top - STEP * np.arange(256, dtype=np.float32))[arrays[key]]
            return cls(arrays, card)
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ValueError(
                f"The language model {path.name} cannot be loaded: {error}. Restore it and its "
                f"card {path.stem}.json in {path.parent}."
            ) from error

    def log_p(self, before: str, character: str) -> float:
        """Return the log-probability of a character, or of `END`, after the text before it."""
        tail = (BEGIN + before)[-self._near :]
        if len(tail) == self._near and tail.replace("'", "").isalpha():  # Inside a long word
            tail = (BEGIN + before)[-self._far :]
        return self._log_p_after(tail, character)

    def _find_log_p(self, tail: str, character: str) -> float:
        """Back off from the longest counted context to shorter ones, then mix in the word."""
        contexts, word, upper = self._contexts(tail)
        symbol, log_p = self._symbols[character], 0.0
        for node in contexts:
            place = self._labels.find(symbol, self._first[node], self._first[node + 1])
            if place >= 0:
                log_p += self._log_p[place]
                break
            log_p += self._backoff[node]
        else:
            log_p -= math.log(len(self.alphabet) + 1)
        if word < 0:
            return log_p
        p = math.exp(log_p + self._backoff[word])
        if character.isupper() == upper or not character.isalpha():
            place = self._find([self._symbols[character.lower()]], word)
            p += math.exp(self._log_p[place]) if place >= 0 else 0.0
        return math.log(p)

    def _find_contexts(self, before: str) -> tuple[list[int], int, bool]:
        """Return the counted ends of a text, longest first, its word's run, and its case."""
        symbols = [self._symbols[character] for character in before]
        starts = range(max(0, len(symbols) - self.order + 1), len(symbols) + 1)
        found = (self._find(symbols[start:]) for start in starts)
        contexts = [node for node in found if node >= 0]
        word = _WORD.search(before)[0]
        symbols = [WORD, *(self._symbols[character] for character in word.lower())]
        return contexts, self._find(symbols) if word else -1, len(word) > 1 and word.isupper()

    def _find(self, symbols: Iterable[int], node: int = 0) -> int:
        """Return the place of a run in the trie, below a node, or -1."""
        for symbol in symbols:
            node = self._labels.find(symbol, self._first[node], self._first[node + 1])
            if node < 0:
                break
        return node

    def bits_per_character(self, texts: Iterable[str]) -> float:
        """Return how many bits a character of these texts costs, the ends of lines included."""
        costs = [
            -self.log_p(text[:place], character)
            for text in texts
            for place, character in enumerate(text + END)
        ]
        if not costs:
            raise ValueError("There is no text to measure; give at least one line.")
        return sum(costs) / len(costs) / math.log(2)


class Candidate(NamedTuple):
    """A text of a beam: what the network holds of it, and the sum that candidates are ranked by."""

    text: str
    log_p: float
    score: float


class _Prefix:
    """A text so far, with the probabilities of its paths that end in a blank and in a letter."""

    __slots__ = ("children", "factor", "in_blank", "in_letter", "label", "new_blank",
                 "new_letter", "text")  # fmt: skip

    def __init__(self, label: int, text: str, factor: float) -> None:
        self.label, self.text, self.factor = label, text, factor
        self.children: dict[int, _Prefix] = {}
        self.in_blank = self.in_letter = self.new_blank = self.new_letter = 0.0


class BeamDecoder:
    """Finds the text that network and language model together find most probable.

    Example: `reader.read(image, decoder=BeamDecoder.load())`.
    """

    def __init__(
        self,
        model: CharacterModel | None = None,
        weight: float = 0.0,
        bonus: float = 0.0,
        width: int = 12,
        floor: float = 1e-3,
        alphabet: Alphabet | None = None,
        blank: float = 0.0,
    ) -> None:
        """Keep the settings.

        Args:
            model: What is likely to be written; without it the network decides alone.
            weight: How much the model's log-probability counts.
            bonus: What every character adds, in nats.
            width: How many prefixes survive a frame.
            floor: Characters less probable than this in a frame are not tried there.
            alphabet: Characters of the network's classes; the model's own if not given.
            blank: What is taken from the blank's logit, for a network that leaves letters out.

        Raises ValueError for a setting out of its range, and for a weight without a model.
        """
        if width < 1 or weight < 0 or not 0 <= floor < 1:
            raise ValueError(
                f"width is {width}, weight {weight} and floor {floor}; they need to be at least "
                "1, at least 0, and from 0 to below 1."
            )
        if weight and model is None:
            raise ValueError(f"The weight is {weight}, but there is no language model to weigh.")
        self.model, self.weight, self.bonus = model, weight, bonus
        self.width, self.floor, self.blank = width, floor, blank
        self.alphabet = alphabet or (model.alphabet if model else ASCII)

    @classmethod
    def load(cls, name: str = "english") -> BeamDecoder:
        """Return a decoder with a stored model and the settings tuned for it."""
        model = CharacterModel.load(name)
        if "decoder" not in model.card:
            raise ValueError(
                f"The card of {name} says nothing of a decoder. Tune one, or give weight and "
                "bonus: BeamDecoder(CharacterModel.load(...), weight, bonus)."
            )
        return cls(model, **model.card["decoder"])

    def __call__(self, logits: np.ndarray) -> str:
        """Return the best text for the logits (frames, classes) of one line."""
        logits = np.array(logits, dtype=np.float64)
        logits[:, 0] -= self.blank
        return self.candidates(ctc.log_softmax(logits))[0].text

    def candidates(self, log_probs: np.ndarray) -> list[Candidate]:
        """Return the texts that the beam ended with, best first.

        Takes log-probabilities (frames, classes), rows normalized, class 0 the blank.
        """
        root = _Prefix(0, "", 1.0)
        root.in_blank = 1.0
        beam, scale = [root], 0.0
        for frame in np.exp(np.asarray(log_probs, dtype=np.float64)):
            row = frame.tolist()  # Plain numbers are several times faster one by one
            letters = [(k, row[k]) for k in np.flatnonzero(frame > self.floor).tolist() if k]
            if letters:
                beam = self._step(beam, row, letters)
            else:  # As most frames are: no text grows, so none falls behind
                for entry in beam:
                    entry.in_blank = (entry.in_blank + entry.in_letter) * row[0]
                    entry.in_letter *= row[entry.label] if entry.label else 0.0
            top = max(entry.in_blank + entry.in_letter for entry in beam)
            scale += math.log(top)
            for entry in beam:  # Keeps a long line from running out of small numbers
                entry.in_blank /= top
                entry.in_letter /= top
        found = []
        for entry in beam:
            log_p = math.log(entry.in_blank + entry.in_letter) + scale
            score = log_p + math.log(entry.factor) + self._weighed(entry.text, END)
            found.append(Candidate(entry.text, log_p, score))
        return sorted(found, key=lambda candidate: (-candidate.score, candidate.text))

    def _step(
        self, beam: list[_Prefix], row: list[float], letters: list[tuple[int, float]]
    ) -> list[_Prefix]:
        """Return the beam one frame later."""
        for entry in beam:
            entry.new_blank = (entry.in_blank + entry.in_letter) * row[0]
            entry.new_letter = entry.in_letter * row[entry.label] if entry.label else 0.0
        touched = {id(entry): entry for entry in beam}
        new = []
        for entry in beam:
            either = entry.in_blank + entry.in_letter
            for label, p in letters:
                # The same letter again is a new one only after a blank
                started = (entry.in_blank if label == entry.label else either) * p
                if child := entry.children.get(label):
                    child.new_letter += started
                    touched[id(child)] = child
                elif started:
                    new.append((started * entry.factor, started, entry, label))
        best = sorted((e.new_blank + e.new_letter) * e.factor for e in touched.values())
        best = best[-self.width :]
        most = math.exp(max(self.bonus, 0.0))  # A character's probability is below 1
        for at_most, started, entry, label in sorted(new, key=itemgetter(0), reverse=True):
            # No text further down can come among the best, so the model need not be asked
            if len(best) == self.width and at_most * most <= best[0]:
                break
            child = self._extend(entry, label)
            child.new_letter = started
            touched[id(child)] = child
            insort(best, started * child.factor)
            del best[: -self.width]
        for entry in touched.values():
            entry.in_blank, entry.in_letter = entry.new_blank, entry.new_letter
            entry.new_blank = entry.new_letter = 0.0
        ranked = sorted(touched.values(), key=lambda e: -(e.in_blank + e.in_letter) * e.factor)
        for entry in ranked[self.width :]:
            entry.in_blank = entry.in_letter = 0.0
        return [e for e in ranked[: self.width] if e.in_blank + e.in_letter > 0]

    def _extend(self, entry: _Prefix, label: int) -> _Prefix:
        character = self.alphabet.characters[label - 1]
        factor = math.exp(self.bonus + self._weighed(entry.text, character))
        child = _Prefix(label, entry.text + character, entry.factor * factor)
        entry.children[label] = child
        return child

    def _weighed(self, text: str, character: str) -> float:
        """Return what the language model adds for one more character."""
        return self.weight * self.model.log_p(text, character) if self.weight else 0.0
