"""The stand-in: a held-out pen hand that writes until there is a hand of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shared.handwriting.record import Handwriting

if TYPE_CHECKING:
    from shared.pages import Page

STAND_IN_SEED, STAND_IN_PAGE_SEED = 7, 3
#: What the stand-in writes; none of it comes from the pens' own texts
STAND_IN_TEXTS = (
    "My own handwriting, line one",
    "Bring 12 eggs and a lemon",
    "We met at half past nine",
    "Call Vera: 020 7946 0182",
    "The kettle is on, come in!",
    "17 + 25 = 42, or so I think",
    "Grey fog hid the quay today",
    "Who ate the last plum jam?",
    "Jazz night, Friday 8 pm",
    "Fix the box (top shelf) soon",
)
STAND_IN_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def stand_in(place: str = "my/handwriting") -> Handwriting:
    """Return letters, lines and a page by a pen hand that no training has seen.

    Args:
        place: Where the description says that the learner's own files belong.
    """
    from shared.ink import photograph
    from shared.pen import draw, hands, write, write_character

    hand = hands("test")[0]
    rng = np.random.default_rng(STAND_IN_SEED)
    lines, images = [], []
    for number, text in enumerate(STAND_IN_TEXTS):
        writing = write(text, hand, rng)
        lines.append(photograph(draw(writing), hand, rng))
        own = np.random.default_rng([STAND_IN_SEED, number])
        images.append(255 - photograph(draw(writing, 2 * len(lines[-1])), hand, own))
    labels = STAND_IN_LETTERS * 2
    letters = np.stack([write_character(character, hand, rng) for character in labels])
    description = (
        f"This is a stand-in: the pen hand {hand.name}, which no training has seen,\n"
        f"wrote {len(letters)} letters, {len(lines)} lines and a page.\n"
        f"Put your own into {place} to see yours instead."
    )
    texts = list(STAND_IN_TEXTS)
    return Handwriting(
        letters, labels, lines, images, texts, stand_in_page().image, "\n".join(texts),
        "stand-in", "stand-in", "stand-in", description,
    )  # fmt: skip


def stand_in_page() -> Page:
    """Return the stand-in's page, with the place of every line on it."""
    from shared.pages import write_page
    from shared.pen import hands

    rng = np.random.default_rng(STAND_IN_PAGE_SEED)
    return write_page("regular", hands("test")[0], rng, zoom=2.0, texts=STAND_IN_TEXTS)
