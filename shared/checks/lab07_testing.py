"""Lab 7: a test for readers of an export, and readers that it must refuse."""

from __future__ import annotations

from shared.checks.exercise import Case, Exercise
from shared.checks.saved_tests import meets, verdict


def check_export(read_export) -> None:
    """Assert what a reader of a labeling program's export promises.

    Args:
        read_export: A function of a list of tasks that returns, by image, a list of
            (box in pixels, text).

    Raises:
        AssertionError: The function breaks a promise.
    """
    region = {"x": 10, "y": 50, "width": 80, "height": 5, "text": "tea"}
    tasks = [
        {"image": "a", "width": 100, "height": 200, "regions": [region, {**region, "text": None}]},
        {"image": "b", "width": 1000, "height": 400, "regions": [{**region, "y": 0}]},
        {"image": "c", "width": 100, "height": 200, "regions": []},
    ]
    found = read_export(tasks)
    assert set(found) == {"a", "b", "c"}
    assert [list(box) for box, _ in found["a"]] == [[10, 100, 90, 110]] * 2
    assert [text for _, text in found["a"]] == ["tea", None]
    assert [list(box) for box, _ in found["b"]] == [[100, 0, 900, 20]]
    assert list(found["c"]) == []


def pixels(region: dict, width: float, height: float) -> tuple:
    """Return left, top, right, bottom in pixels."""
    left, top = region["x"] * width / 100, region["y"] * height / 100
    return left, top, left + region["width"] * width / 100, top + region["height"] * height / 100


def right_reader(tasks):
    """Keep every page and every region, each by its own size."""
    return {
        task["image"]: [
            (pixels(one, task["width"], task["height"]), one["text"]) for one in task["regions"]
        ]
        for task in tasks
    }


def reader_by_lists(tasks):
    """Read the same with lists in the place of tuples, and floats as they come."""
    found = {}
    for task in tasks:
        boxes = found.setdefault(task["image"], [])
        wide, high = task["width"] / 100, task["height"] / 100
        for one in task["regions"]:
            x, y = one["x"], one["y"]
            right, bottom = (x + one["width"]) * wide, (y + one["height"]) * high
            boxes.append([[x * wide, y * high, right, bottom], one["text"]])
    return found


def width_for_both(tasks):
    """Take percent of the width on both axes."""
    return {
        task["image"]: [
            (pixels(one, task["width"], task["width"]), one["text"]) for one in task["regions"]
        ]
        for task in tasks
    }


def corner_and_size(tasks):
    """Return a corner and a size."""
    found = {}
    for image, lines in right_reader(tasks).items():
        found[image] = [((a, b, c - a, d - b), text) for (a, b, c, d), text in lines]
    return found


def drops_empty_pages(tasks):
    """Forget pages on which nobody drew anything."""
    return {image: lines for image, lines in right_reader(tasks).items() if lines}


def size_of_the_first(tasks):
    """Take the first page's size for all pages."""
    width, height = tasks[0]["width"], tasks[0]["height"]
    return {
        task["image"]: [(pixels(one, width, height), one["text"]) for one in task["regions"]]
        for task in tasks
    }


def axes_exchanged(tasks):
    """Return y before x."""
    found = {}
    for image, lines in right_reader(tasks).items():
        found[image] = [((b, a, d, c), text) for (a, b, c, d), text in lines]
    return found


def drops_untyped(tasks):
    """Forget regions that nobody has typed yet."""
    found = right_reader(tasks)
    return {image: [one for one in lines if one[1]] for image, lines in found.items()}


def one_line_off(tasks):
    """Give every region the text of the next."""
    found = {}
    for image, lines in right_reader(tasks).items():
        texts = [text for _, text in lines]
        moved = texts[1:] + texts[:1]
        found[image] = [(box, text) for (box, _), text in zip(lines, moved, strict=True)]
    return found


def _refuses(name: str, function, what: str, hint: str) -> Case:
    return Case(name, 1, probe=_PROBES[function.__name__], judge=meets("fails", what), hint=hint)


_PROBES = {
    "width_for_both": lambda function, inputs: verdict(function, width_for_both),
    "corner_and_size": lambda function, inputs: verdict(function, corner_and_size),
    "drops_empty_pages": lambda function, inputs: verdict(function, drops_empty_pages),
    "size_of_the_first": lambda function, inputs: verdict(function, size_of_the_first),
    "axes_exchanged": lambda function, inputs: verdict(function, axes_exchanged),
    "drops_untyped": lambda function, inputs: verdict(function, drops_untyped),
    "one_line_off": lambda function, inputs: verdict(function, one_line_off),
}

CHECK_EXPORT = Exercise(
    id="lab07.check_export",
    kind="implement",
    title="Test any reader of exports",
    reference=check_export,
    save_to="tests/test_lab07_export.py",
    doc="A test that none of seven wrong readers survives.",
    cases=(
        Case(
            "accepts a right reader",
            1,
            probe=lambda function, inputs: verdict(function, right_reader),
            judge=meets("passes", "a reader that keeps everything"),
            hint="Choose percents and sizes whose pixels are whole numbers, and work them out by "
            "hand.",
        ),
        Case(
            "accepts a right reader that returns lists",
            1,
            probe=lambda function, inputs: verdict(function, reader_by_lists),
            judge=meets("passes", "a right reader that returns lists instead of tuples"),
            hint="Turn boxes into lists before you compare: list(box) == [...].",
        ),
        _refuses(
            "refuses the width on both axes",
            width_for_both,
            "a reader that takes percent of the width on both axes",
            "Use a page that is higher than wide, with a region away from the top.",
        ),
        _refuses(
            "refuses a corner and a size",
            corner_and_size,
            "a reader that returns a corner and a size",
            "Assert all four numbers of a box that does not begin at the corner.",
        ),
        _refuses(
            "refuses lost pages",
            drops_empty_pages,
            "a reader that forgets pages without regions",
            "Give it a page without regions and ask for that page.",
        ),
        _refuses(
            "refuses one size for all pages",
            size_of_the_first,
            "a reader that takes the first page's size for all",
            "Give it two pages of different sizes.",
        ),
        _refuses(
            "refuses exchanged axes",
            axes_exchanged,
            "a reader that returns y before x",
            "Assert a box whose left and top differ.",
        ),
        _refuses(
            "refuses lost regions",
            drops_untyped,
            "a reader that forgets regions without a text",
            "Give it a region whose text is None and count the regions.",
        ),
        _refuses(
            "refuses texts one line off",
            one_line_off,
            "a reader that gives every region the text of the next",
            "Give one page two regions with different texts.",
        ),
    ),
)
