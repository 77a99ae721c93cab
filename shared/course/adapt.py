"""Adapt the line reader to one hand, and measure it on lines that it did not learn from.

Without --hand it is your own: the lines in my/handwriting/lines, one image each, and lines.json
with what each says; a quarter of them are held back, and read greedily and with the reader's
language model. With --hand it is a pen hand that no training has seen. The adapted reader is kept
in my/models and loaded by its path.

Examples:
  labs adapt                       your own lines
  labs adapt --hand 3 --lines 16   16 lines by the fourth test hand
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.course.outline import CourseError
from shared.paths import my_directory

if TYPE_CHECKING:
    from shared.lines import LineSet
    from shared.preparation import Preparation

LEAST_LINES = 4  # Below, there is nothing to learn from and to hold back


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs adapt`."""
    parser.add_argument("--hand", type=int, default=None, help="number of a test hand, 0 to 9")
    parser.add_argument("--lines", type=int, default=16, help="lines by that hand to learn from")
    parser.add_argument("--model", default="reader", help="reader to begin from")
    parser.add_argument("--updates", type=int, default=None, help="batches to learn from")
    parser.add_argument("--out", type=Path, default=None, help="default: my/models/line_NAME")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Adapt, measure, save, and return the exit status."""
    from shared import pen
    from shared.experiments.adaptation import AdaptationError, Adapter, effect, writer_lines
    from shared.lines import compose_lines
    from shared.recognizer import LineTextRecognizer

    try:
        reader = LineTextRecognizer.load(arguments.model)
        if arguments.hand is None:
            name = "mine"
            learned, held_back = own_split(reader.preparation)
        else:
            hands = pen.hands("test")
            if not 0 <= arguments.hand < len(hands) or arguments.lines < 1:
                raise CourseError(
                    f"--hand {arguments.hand} --lines {arguments.lines} cannot be: hands are 0 to "
                    f"{len(hands) - 1}, and at least one line is needed."
                )
            name = hands[arguments.hand].name
            learned, held_back = writer_lines(hands[arguments.hand], arguments.lines)
        adapted = Adapter(reader).adapt(learned, arguments.updates, seed=arguments.seed)
    except AdaptationError as error:
        raise CourseError(str(error)) from error
    own = effect(reader, adapted, held_back, len(learned), reader.decode)
    others = effect(reader, adapted, compose_lines(100, "validation", 1), decoder=reader.decode)
    low, high = own.interval()
    before, after = own.rates
    print(
        f"{name}, {len(learned)} lines: character error rate {before:.1%} before, {after:.1%} "
        f"after, on {len(held_back)} lines held back: {own.drop:.0%} of the errors are gone "
        f"(95% interval {low:.0%} to {high:.0%}, by line)."
    )
    if language := reader.card.get("language"):
        before, after = effect(reader, adapted, held_back).rates
        print(f"With the language model {language}: {before:.1%} before, {after:.1%} after.")
    print("Lines by other hands: {:.1%} before, {:.1%} after.".format(*others.rates))
    path = arguments.out or my_directory() / "models" / f"line_{name}.weights.h5"
    print(f"Wrote {adapted.save(path)}.")
    return 0


def own_split(preparation: Preparation) -> tuple[LineSet, LineSet]:
    """Return the learner's own lines to learn from, and every fourth one held back.

    A text that was written twice stays on one side.

    Raises:
        CourseError: There are too few lines, or none at all.
    """
    from shared.experiments.adaptation import own_lines
    from shared.handwriting import HandwritingError, my_handwriting

    try:
        mine = my_handwriting()
    except HandwritingError as error:
        raise CourseError(str(error)) from error
    print(mine.description)
    given = len(mine.lines) if mine.lines_source == "yours" else 0
    if given < LEAST_LINES:
        place = f"{my_directory().name}/handwriting/lines"
        raise CourseError(
            f"{place} holds {given} lines of yours; adapting and measuring needs at least "
            f"{LEAST_LINES}, better 20. `labs sheet` makes a page to write twelve on, and cuts its "
            "photograph. Without lines of your own, `labs adapt --hand 0` adapts to a pen hand."
        )
    texts = list(dict.fromkeys(mine.texts))
    kept = np.array([texts.index(text) % 4 == 3 for text in mine.texts])
    lines = own_lines(mine.line_images, mine.texts, preparation=preparation)
    return lines[~kept], lines[kept]
