"""Lab 5: experiments that can be believed."""

from __future__ import annotations

import numpy as np

from shared.checks.builders import accepts, ask, choose, diagnose, guess, refuses
from shared.checks.exercise import Case
from shared.paths import sample

GUESS_EFFECT = guess(
    "lab05.guess_effect",
    "Guess an effect",
    -100,
    100,
    case="points from -100 to 100",
    hint="Return one number such as -3; below zero means fewer errors.",
)


def uneven_lines(seed: int) -> dict:
    """Return many short lines by one writer and two long ones by another."""
    rng = np.random.default_rng([6, seed])
    names = [["ann", "bob"][k] for k in rng.integers(2, size=60)]
    return {
        "extra": [1] * 20 + [-2, 0],
        "lengths": [4] * 20 + [40, 60],
        "writers": ["ann"] * 20 + ["bob"] * 2,
        "draws": [names[k : k + 2] for k in range(0, 60, 2)],
    }


def sixty_lines(seed: int) -> dict:
    """Return lines by six writers, to some of whom the second way does good."""
    rng = np.random.default_rng([5, seed])
    writers = [f"hand {number}" for number in rng.integers(6, size=60)]
    known = sorted(set(writers))
    shift = {name: rng.normal(-0.5, 2) for name in known}
    extra = [round(rng.normal(shift[writer], 1)) for writer in writers]
    draws = [[known[k] for k in rng.integers(len(known), size=len(known))] for _ in range(40)]
    lengths = rng.integers(5, 45, 60).tolist()
    return {"extra": extra, "lengths": lengths, "writers": writers, "draws": draws}


def interval_call(extra, lengths, writers, draws) -> str:
    """Name a call of `writer_interval` in a message."""
    return f"writer_interval of {len(extra)} lines and {len(draws)} draws"


WRITER_INTERVAL = ask(
    "lab05.writer_interval",
    "An interval over writers",
    Case(
        "one draw of everybody",
        {
            "extra": [-1, 2, -3],
            "lengths": [10, 10, 20],
            "writers": ["ann", "bob", "ann"],
            "draws": [["ann", "bob"]],
        },
        call=interval_call,
        hint="With a single draw both ends are its rate: (-1 + 2 - 3) / 40.",
    ),
    Case(
        "a writer drawn twice counts twice",
        {
            "extra": [-1, 2],
            "lengths": [10, 30],
            "writers": ["ann", "bob"],
            "draws": [["bob", "bob", "ann"], ["ann", "bob", "ann"], ["ann", "ann", "ann"]],
        },
        call=interval_call,
        hint="Go through the names of a draw, not through the lines: ann, ann adds up ann's lines "
        "two times.",
    ),
    Case(
        "lines of very different lengths",
        uneven_lines,
        call=interval_call,
        hint="Add up the edits, add up the characters, divide once; no mean of rates.",
    ),
    Case(
        "sixty lines by six hands",
        sixty_lines,
        call=interval_call,
        hint="np.quantile(rates, [0.025, 0.975]) gives both ends.",
        points=2,
    ),
)

BELIEVE = choose(
    "lab05.believe",
    "Which claim holds?",
    "ABCD",
    {
        "A": "there the seed was chosen by its result, so what is compared is luck",
        "C": "there the winner was picked on the test lines, which flatters it there",
        "D": "there the idea had twice the updates, so two things changed at once",
    },
    case="names the claim that holds",
    hint="Ask of each: what was chosen after its result was seen, and what else changed?",
)


# A test for comparisons of two ways of reading, and comparisons that it must accept or refuse
ENDS = [0.025, 0.975]  # Of a 95 % interval


def draws_of_writers(writers, seed, repeats=400):
    """Draw writers again and again; return each time the numbers of their lines."""
    names = sorted(set(writers))
    rows = [np.flatnonzero(np.array(writers) == name) for name in names]
    draws = np.random.default_rng(seed).integers(len(names), size=(repeats, len(names)))
    return [np.concatenate([rows[k] for k in draw]) for draw in draws]


def good_comparison(first, second, lengths, writers, seed):
    """A comparison that keeps every promise."""
    extra, sizes = np.subtract(second, first), np.array(lengths)
    rates = [extra[rows].sum() / sizes[rows].sum() for rows in draws_of_writers(writers, seed)]
    return extra.sum() / sizes.sum(), *np.quantile(rates, ENDS)


def averages_rates(first, second, lengths, writers, seed):
    """A comparison that averages the rates of lines."""
    of_lines = np.subtract(second, first) / np.array(lengths)
    rates = [of_lines[rows].mean() for rows in draws_of_writers(writers, seed)]
    return of_lines.mean(), *np.quantile(rates, ENDS)


def draws_lines(first, second, lengths, writers, seed):
    """A comparison that draws lines instead of writers."""
    return good_comparison(first, second, lengths, list(range(len(writers))), seed)


def forgets_pairs(first, second, lengths, writers, seed):
    """A comparison that draws writers for each way by itself."""
    before, after, sizes = np.array(first), np.array(second), np.array(lengths)
    both_draws = zip(
        draws_of_writers(writers, seed), draws_of_writers(writers, seed + 1000), strict=True
    )
    rates = [
        after[b].sum() / sizes[b].sum() - before[a].sum() / sizes[a].sum() for a, b in both_draws
    ]
    return (after.sum() - before.sum()) / sizes.sum(), *np.quantile(rates, ENDS)


def turns_the_sign(first, second, lengths, writers, seed):
    """A comparison that subtracts the second from the first."""
    effect, low, high = good_comparison(first, second, lengths, writers, seed)
    return -effect, -high, -low


CHECK_COMPARISON = ask(
    "lab05.check_comparison",
    "Test any comparison",
    accepts(
        "accepts a good comparison",
        good_comparison,
        hint="Allow for chance in the ends of the interval: compare them with bounds, not with "
        "exact numbers.",
    ),
    refuses(
        "refuses a mean of rates",
        averages_rates,
        hint="Give it a short line that changes and a long one that does not.",
    ),
    refuses(
        "refuses an interval over lines",
        draws_lines,
        hint="Two writers with many lines that disagree: over lines the interval is narrow.",
    ),
    refuses(
        "refuses a comparison without pairs",
        forgets_pairs,
        hint="Let lines differ a lot in difficulty and improve each by one edit: paired, the "
        "interval has no width.",
    ),
    refuses(
        "refuses a turned sign",
        turns_the_sign,
        hint="Fewer edits in the second are a negative difference; assert one.",
    ),
    save_to="tests/test_lab05_comparison.py",
)


def scattered_budgets(seed: int) -> dict:
    """Return five budgets whose error rates follow a power law, with some noise."""
    rng = np.random.default_rng([7, seed])
    updates = [100, 200, 400, 800, 1600]
    rates = [8 * n**-0.55 * float(np.exp(rng.normal(0, 0.1))) for n in updates]
    return {"updates": updates, "rates": rates, "target": 6400}


PREDICT_ERROR = ask(
    "lab05.predict_error",
    "Predict a larger budget",
    Case(
        "half the errors at four times the updates",
        {"updates": [100, 400], "rates": [0.4, 0.2], "target": 1600},
        hint="Four times the updates halved the rate once, and will do so again: 0.1.",
    ),
    Case(
        "a target between two budgets",
        {"updates": [100, 10_000], "rates": [0.5, 0.05], "target": 1000},
        hint="Halfway between the logarithms of the budgets is halfway between those of the rates.",
    ),
    Case(
        "three budgets in any order",
        {"updates": [900, 100, 300], "rates": [0.1, 0.4, 0.21], "target": 2700},
        hint="Fit all points at once, with np.polyfit of degree 1 on the logarithms.",
    ),
    Case(
        "points that scatter",
        scattered_budgets,
        hint="Fit by least squares; a line through the last two points follows their noise.",
    ),
)

DIAGNOSE_DECODERS = diagnose(
    "lab05.diagnose_decoders",
    "Diagnose four decoders",
    {
        "A": "Decoder A: it reads more characters than are written; look at what it puts in.",
        "B": "Decoder B: compare its error rate with those of the others.",
        "C": "Decoder C: its words are words, but not those on the paper.",
        "D": "Decoder D: letters are missing, doubled ones above all.",
    },
    (
        "well tuned",
        "length bonus missing",
        "length bonus too high",
        "language model trusted too much",
        "no language model",
    ),
    case="names decoder {}",
    objection=", but its readings say otherwise",
)

# Lines written, share of the errors gone, and the lower end of its interval (made up)
LOWER_ENDS = {lines: low for lines, _, low in sample("pilot")}


def broken_promise(lines: int) -> str:
    """Say that the interval reaches too low, or that fewer lines would do."""
    low = LOWER_ENDS[lines]
    if low < 0.25:
        return f": its interval reaches down to {low:.0%}, below the 25% that are promised"
    return ": the promise holds, but fewer lines keep it, too"


CHOOSE_LINES = choose(
    "lab05.choose_lines",
    "How many lines to ask for",
    tuple(LOWER_ENDS),
    broken_promise,
    offered="4, 8, 16, 32, 64",
    case="the fewest lines that are sure to be enough",
    hint="A promise has to hold at the lower end of the interval, not in its middle.",
    kind="decide",
)
