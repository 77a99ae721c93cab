"""Lab 7: labels that can be trusted, and data that can be found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shared.checks.answers import answer
from shared.checks.builders import accepts, ask, choose, diagnose, guess, refuses
from shared.checks.exercise import Case
from shared.labeling import LabeledPage
from shared.labeling.bias import misread
from shared.labeling.practice import shift_texts
from shared.paths import sample

ANY_PERCENTAGE = "Return one number such as 12.5; every guess in the range earns the point."

GUESS_RATE = guess("lab07.guess_rate", "Guess an error rate", 0, 100, hint=ANY_PERCENTAGE)


# What a label may be
WIDTH, HEIGHT = 400, 600  # Of a page, in pixels
PRINTABLE = "".join(map(chr, range(32, 127)))


def labeled(box=(20, 30, 220, 60), text="Tea for two", status="labeled") -> dict:
    """Return the arguments of a call with one line, a right one unless something is changed."""
    line = {"box": list(box), "text": text, "status": status}
    return {"line": line, "width": WIDTH, "height": HEIGHT, "alphabet": PRINTABLE}


def random_lines(seed: int) -> list[dict]:
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
        lines.append(labeled(box, texts[rng.integers(len(texts))], status))
    return [*lines, labeled((-5, 30, 220, 60), "")]  # Two problems, whatever the seed


def listed(function, arguments):
    """Return the problems of a line in a list, whatever they came in."""
    return list(function(**arguments))


def problems_call(line: dict, width: int, height: int, alphabet: str) -> str:
    """Name a call of `line_problems` in a message."""
    named = "printable ASCII" if alphabet == PRINTABLE else repr(alphabet)
    return f"line_problems({line}, {width}, {height}, {named})"


def lines_case(name: str, lines, hint: str, points: int = 1) -> Case:
    """Ask for the problems of each line."""
    return Case(name, lines, probe=listed, call=problems_call, hint=hint, points=points)


LINE_PROBLEMS = ask(
    "lab07.line_problems",
    "Say what is wrong with a label",
    lines_case(
        "right lines have no problem",
        [labeled(), labeled((0, 0, WIDTH, HEIGHT)), labeled(text=None, status="unreadable")],
        "A box may touch the edges of the page, and nobody can type an unreadable line.",
    ),
    lines_case(
        "an empty or turned-around box",
        [labeled((20, 30, 20, 60)), labeled((220, 30, 20, 60)), labeled((20, 60, 220, 30))],
        "Left has to be smaller than right, and top smaller than bottom.",
    ),
    lines_case(
        "a box that is no number",
        [labeled((20, 30, float("nan"), 60))],
        "Every comparison with nan is False: ask whether the box is right, not whether it is "
        "wrong.",
    ),
    lines_case(
        "a box beyond each edge",
        [
            labeled((-5, 30, 220, 60)),
            labeled((20, -1, 220, 60)),
            labeled((20, 30, WIDTH + 1, 60)),
            labeled((20, 30, 220, HEIGHT + 1)),
        ],
        "Compare x with the width and y with the height, at both ends.",
    ),
    lines_case(
        "a labeled line without a text",
        [labeled(text=text) for text in (None, "", "   ")]
        + [labeled(text=None, status="proposed")],
        "Spaces alone are no text. A proposed line still waits for one.",
    ),
    lines_case(
        "characters outside the alphabet",
        [
            labeled(text="café"),
            labeled(text="a “quote”"),
            labeled(text="tab\there", status="proposed"),
            labeled(text="a ") | {"alphabet": "abc"},
        ],
        "Look at every character of every text, whatever the line's status.",
    ),
    lines_case(
        "forty lines, several problems at once",
        random_lines,
        "Report every problem of a line once, in the order of the task.",
        points=2,
    ),
)

RIGHT_CONVERSION = choose(
    "lab07.right_conversion",
    "Review four conversions",
    "ABCD",
    {
        "A": "it takes percent of the width for both axes, so on a tall page every box lies too "
        "high and is too flat",
        "B": "it returns a corner and a size where a box needs two corners",
        "D": "it skips turned regions without a word, so their lines are missing from the data",
    },
    case="names the right snippet",
    hint="Try each on a page of 100 by 200 pixels with a region at x 10, y 50, width 80, height 5.",
)


# A test for readers of an export, and readers that it must accept or refuse
def pixels(region: dict, width: float, height: float) -> tuple:
    """Return left, top, right, bottom in pixels."""
    left, top = region["x"] * width / 100, region["y"] * height / 100
    return left, top, left + region["width"] * width / 100, top + region["height"] * height / 100


def right_reader(tasks):
    """A reader that keeps everything."""
    return {
        task["image"]: [
            (pixels(one, task["width"], task["height"]), one["text"]) for one in task["regions"]
        ]
        for task in tasks
    }


def reader_by_lists(tasks):
    """A right reader that returns lists instead of tuples."""
    return {
        image: [[list(box), text] for box, text in lines]
        for image, lines in right_reader(tasks).items()
    }


def width_for_both(tasks):
    """A reader that takes percent of the width on both axes."""
    return right_reader([{**task, "height": task["width"]} for task in tasks])


def corner_and_size(tasks):
    """A reader that returns a corner and a size."""
    return {
        image: [((a, b, c - a, d - b), text) for (a, b, c, d), text in lines]
        for image, lines in right_reader(tasks).items()
    }


def drops_empty_pages(tasks):
    """A reader that forgets pages without regions."""
    return {image: lines for image, lines in right_reader(tasks).items() if lines}


def size_of_the_first(tasks):
    """A reader that takes the first page's size for all."""
    size = {"width": tasks[0]["width"], "height": tasks[0]["height"]}
    return right_reader([task | size for task in tasks])


def axes_exchanged(tasks):
    """A reader that returns y before x."""
    return {
        image: [((b, a, d, c), text) for (a, b, c, d), text in lines]
        for image, lines in right_reader(tasks).items()
    }


def drops_untyped(tasks):
    """A reader that forgets regions without a text."""
    return {
        image: [(box, text) for box, text in lines if text]
        for image, lines in right_reader(tasks).items()
    }


def one_line_off(tasks):
    """A reader that gives every region the text of the next."""
    found = {}
    for image, lines in right_reader(tasks).items():
        texts = [text for _, text in lines]
        moved = texts[1:] + texts[:1]
        found[image] = [(box, text) for (box, _), text in zip(lines, moved, strict=True)]
    return found


CHECK_EXPORT = ask(
    "lab07.check_export",
    "Test any reader of exports",
    accepts(
        "accepts a right reader",
        right_reader,
        hint="Choose percents and sizes whose pixels are whole numbers, and work them out by hand.",
    ),
    accepts(
        "accepts a right reader that returns lists",
        reader_by_lists,
        hint="Turn boxes into lists before you compare: list(box) == [...].",
    ),
    refuses(
        "refuses the width on both axes",
        width_for_both,
        hint="Use a page that is higher than wide, with a region away from the top.",
    ),
    refuses(
        "refuses a corner and a size",
        corner_and_size,
        hint="Assert all four numbers of a box that does not begin at the corner.",
    ),
    refuses(
        "refuses lost pages",
        drops_empty_pages,
        hint="Give it a page without regions and ask for that page.",
    ),
    refuses(
        "refuses one size for all pages",
        size_of_the_first,
        hint="Give it two pages of different sizes.",
    ),
    refuses(
        "refuses exchanged axes",
        axes_exchanged,
        hint="Assert a box whose left and top differ.",
    ),
    refuses(
        "refuses lost regions",
        drops_untyped,
        hint="Give it a region whose text is None and count the regions.",
    ),
    refuses(
        "refuses texts one line off",
        one_line_off,
        hint="Give one page two regions with different texts.",
    ),
    save_to="tests/test_lab07_export.py",
)


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
    pairs[-2:] = [["Tea", "tea"], ["plum ", "plum"]]
    return {"pairs": pairs}


TEXT_AGREEMENT = ask(
    "lab07.text_agreement",
    "Agreement of two annotators",
    Case(
        "equal texts",
        {"pairs": [["tea", "tea"], ["for two", "for two"]]},
        hint="Without an edit the agreement is 1.",
    ),
    Case(
        "one letter of many",
        {"pairs": [["form", "farm"], ["a long line", "a long line"]]},
        hint="One edit among 4 + 11 characters: add up edits and lengths over all pairs first.",
    ),
    Case(
        "neither of the two is right",
        {"pairs": [["tea", "tea time"], ["cups of tea", "cups"]]},
        hint="Divide by the longer text, whichever annotator wrote it.",
    ),
    Case(
        "a line that one of them missed",
        {"pairs": [["tea", "tea"], [None, "for two"], ["at five", None]]},
        hint="A missing line disagrees in all of its characters; leaving it out hides it.",
    ),
    Case(
        "nothing to compare",
        {"pairs": []},
        hint="Without pairs, and with empty texts alone, nobody disagrees: return 1.",
    ),
    Case(
        "thirty lines",
        random_pairs,
        hint="1 - (edits of all pairs) / (length of the longer text of each pair, added up).",
    ),
)

GUESS_MISSES = guess("lab07.guess_misses", "Guess what you let pass", 0, 100, hint=ANY_PERCENTAGE)


# Four label files of one page, each with a fault of its own
FAULTS = {
    "boxes in percent": "boxes that crowd into the upper left corner",
    "letters mistyped": "boxes on their lines, most losses low, and a few lines that differ from "
    "the reading in one letter",
    "right": "boxes on their lines and low losses throughout",
    "texts of another page": "high losses throughout, and readings that are nowhere among the "
    "labels",
    "texts one line too high": "boxes on their lines, high losses throughout, and in each reading "
    "the label of the line above it in the table",
    "x and y exchanged": "tall, narrow boxes where lines are wide",
}
MISTYPED = 3  # Lines


def four_label_files(page: LabeledPage) -> dict[str, LabeledPage]:
    """Return the files A to D, made from a page with a text on every line."""
    faults = answer("lab07.diagnose_labels")()
    return {name: faulty(page, fault) for name, fault in faults.items()}


def faulty(page: LabeledPage, fault: str, seed: int = 7) -> LabeledPage:
    """Return true labels with a fault.

    Args:
        page: With a text on every line.
        fault: One that a file can be given.
        seed: Of the typing errors.

    Raises:
        ValueError: There is no such fault.
    """
    rng = np.random.default_rng(seed)
    mistyped = rng.choice(len(page.lines), min(MISTYPED, len(page.lines)), replace=False)
    if fault == "texts one line too high":
        return shift_texts(page)
    lines = []
    for number, line in enumerate(page.lines):
        left, top, right, bottom = line.box
        if fault == "x and y exchanged":
            line = replace(line, box=(top, left, bottom, right))
        elif fault == "boxes in percent":
            across, down = 100 / page.width, 100 / page.height
            line = replace(line, box=(across * left, down * top, across * right, down * bottom))
        elif fault != "letters mistyped":
            raise ValueError(f"No label file has the fault {fault!r}; see FAULTS.")
        elif number in mistyped:
            line = replace(line, text=misread(line.text, rng))
        lines.append(line)
    return replace(page, lines=tuple(lines))


DIAGNOSE_LABELS = diagnose(
    "lab07.diagnose_labels",
    "Diagnose four label files",
    {
        "A": "Most lines of file A are believed. Compare the others with what was read, letter by "
        "letter.",
        "B": "Read the labels of file B and its readings side by side: where does each reading "
        "stand among the labels?",
        "C": "Look at the shape of the boxes of file C.",
        "D": "Where on the page are all boxes of file D?",
    },
    FAULTS,
    case="names file {}",
    objection=". That would show {sign}; file {key} does not",
)


def random_pages(seed: int) -> dict:
    """Return thirty pages by a dozen writers, some unknown, with a few copies."""
    rng = np.random.default_rng(seed)
    names = [f"writer {k}" for k in range(14)] + [None, None]
    writers = [names[rng.integers(len(names))] for _ in range(30)]
    copies = [sorted(rng.choice(30, 2, replace=False).tolist()) for _ in range(4)]
    return {"writers": writers, "copies": copies}


LEAK_GROUPS = ask(
    "lab07.leak_groups",
    "Keep together what leaks",
    Case(
        "pages of one writer",
        {"writers": ["ann", "bob", "ann", "cid"], "copies": []},
        hint="Page 2 is Ann's, like page 0, so both get the number 0.",
    ),
    Case(
        "a copy joins two writers",
        {"writers": ["ann", "bob", "cid", "bob", "ann"], "copies": [[0, 3]]},
        hint="Pages 0 and 3 are one sheet under two names, so all pages of both names are one "
        "group.",
    ),
    Case(
        "copies of copies",
        {"writers": ["a", "b", "c", "d", "e"], "copies": [[3, 4], [0, 1], [1, 3]]},
        hint="0 is a copy of 1, 1 of 3 and 3 of 4: four pages, one group.",
    ),
    Case(
        "nobody knows the writer",
        {"writers": [None, "ann", None, None], "copies": [[2, 1]]},
        hint="Two unknown writers need not be the same person: each page is a group of its own, "
        "unless a copy joins it to another.",
    ),
    Case(
        "numbers in order of appearance",
        {"writers": ["zoe", "ann", "zoe", "bob", "ann"], "copies": []},
        hint="The first page's group is 0; the next new group gets the next number.",
    ),
    Case(
        "no page at all",
        {"writers": [], "copies": []},
        hint="An empty list of pages has an empty list of groups.",
    ),
    Case(
        "thirty pages",
        random_pages,
        hint="Give every page its own number, then merge: whenever two pages belong together, "
        "change all pages of one number into the other.",
        points=2,
    ),
)


# Ways of mending wrong labels, with what each costs and leaves (made up)
BUDGET = 600  # Minutes
TYPING, DECIDING, LOOKING = 0.75, 1.0, 0.5  # Minutes a line


def repair_minutes(way: str) -> float:
    """Return the minutes that a way of mending takes."""
    _, typed, decided, looked_at, _ = sample("repairs")[way]
    return TYPING * typed + DECIDING * decided + LOOKING * looked_at


def too_dear(way: str) -> str:
    """Say what a wrong choice costs, or that another leaves fewer wrong labels."""
    spent, left = repair_minutes(way), sample("repairs")[way][-1]
    if spent > BUDGET:
        return f", which takes {spent:.0f} of {BUDGET} minutes"
    return (
        f", which leaves {left} wrong labels after {spent:.0f} minutes; another way that fits "
        "leaves fewer"
    )


SPEND_HOURS = choose(
    "lab07.spend_hours",
    "Spend ten hours",
    "ABCD",
    too_dear,
    case="fewest wrong labels within the budget",
    hint="Minutes are 0.75 for each line typed, 1 for each decision, 0.5 for each look.",
    kind="decide",
)
