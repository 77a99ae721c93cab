"""Wrong and right tests of readers of an export (Lab 7)."""

OURS, LISTS, WIDE, CORNER, PAGES, SIZE, AXES, UNTYPED, OFF = (
    "accepts a right reader",
    "accepts a right reader that returns lists",
    "refuses the width on both axes",
    "refuses a corner and a size",
    "refuses lost pages",
    "refuses one size for all pages",
    "refuses exchanged axes",
    "refuses lost regions",
    "refuses texts one line off",
)

HEAD = """
def check_export(read_export):
    one = {"x": 20, "y": 40, "width": 50, "height": 10, "text": "one"}
    two = {"x": 20, "y": 60, "width": 50, "height": 10, "text": "two"}
    none = {**two, "y": 80, "text": None}
    tall = {"image": "tall", "width": 100, "height": 300, "regions": [one, two, none]}
    wide = {"image": "wide", "width": 400, "height": 200, "regions": [one]}
    empty = {"image": "empty", "width": 100, "height": 300, "regions": []}
    found = read_export([tall, wide, empty])
"""


def test(*lines: str) -> str:
    """Return an answer to check_export."""
    return HEAD + "\n".join(f"    {line}" for line in lines or ("pass",))


BOX = "assert [round(v) for v in found['tall'][0][0]] == [20, 120, 70, 150]"
OTHER = "assert [round(v) for v in found['wide'][0][0]] == [80, 80, 280, 100]"
NAMES = "assert sorted(found) == ['empty', 'tall', 'wide']"
TEXTS = "assert [text for _, text in found['tall']] == ['one', 'two', None]"

WRONG = {
    "lab07.check_export": [
        ("empty test", test(), {WIDE, CORNER, PAGES, SIZE, AXES, UNTYPED, OFF}),
        ("pages alone", test(NAMES), {WIDE, CORNER, SIZE, AXES, UNTYPED, OFF}),
        ("texts alone", test(TEXTS), {WIDE, CORNER, PAGES, SIZE, AXES}),
        ("one size", test(BOX, NAMES, TEXTS), {SIZE}),
        ("typed regions alone", test(
            BOX, OTHER, NAMES, "assert [t for _, t in found['tall'] if t] == ['one', 'two']"),
         {UNTYPED}),
        ("never an empty page", test(BOX, OTHER, TEXTS), {PAGES}),
        ("only left and right", test(
            "box = found['tall'][0][0]", "assert (round(box[0]), round(box[2])) == (20, 70)",
            OTHER.replace("found['wide'][0][0]", "found['wide'][0][0][::2]").replace(
                "[80, 80, 280, 100]", "[80, 280]"), NAMES, TEXTS), {WIDE}),
        ("tuples alone", test(
            "assert found['tall'][0] == ((20, 120, 70, 150), 'one')", OTHER, NAMES, TEXTS),
         {LISTS}),
        ("refuses everything", test("assert False"), {OURS, LISTS}),
        ("a corner and a size", test(
            "assert [round(v) for v in found['tall'][0][0]] == [20, 120, 50, 30]"),
         {OURS, LISTS, CORNER}),
    ],
}  # fmt: skip

RIGHT = {
    "lab07.check_export": [
        ("five lines", test(BOX, OTHER, NAMES, TEXTS)),
        (
            "everything at once",
            """
def check_export(read_export):
    def region(x, y, text):
        return {"x": x, "y": y, "width": 10, "height": 20, "text": text}
    tasks = [
        {"image": "p1", "width": 200, "height": 1000, "regions": [region(5, 30, "a"),
                                                                  region(5, 60, "b"),
                                                                  region(50, 0, None)]},
        {"image": "p2", "width": 50, "height": 50, "regions": []},
        {"image": "p3", "width": 1000, "height": 100, "regions": [region(0, 50, "c")]},
    ]
    expected = {
        "p1": [([10, 300, 30, 500], "a"), ([10, 600, 30, 800], "b"), ([100, 0, 120, 200], None)],
        "p2": [],
        "p3": [([0, 50, 100, 70], "c")],
    }
    found = read_export(tasks)
    assert found.keys() == expected.keys()
    for image, lines in expected.items():
        assert len(found[image]) == len(lines), image
        for (box, text), (wanted, said) in zip(found[image], lines):
            assert np.allclose(box, wanted) and text == said
""",
        ),
        (
            "three calls",
            """
def check_export(read_export):
    page = {"image": "a", "width": 10, "height": 1000}
    region = {"x": 10, "y": 20, "width": 30, "height": 40, "text": "t"}
    other = {**region, "text": None}
    found = read_export([{**page, "regions": [region, other]}])["a"]
    assert [text for _, text in found] == ["t", None]
    box = found[0][0]
    assert np.abs(np.array(box) - [1, 200, 4, 600]).max() < 1e-6
    assert list(read_export([{**page, "regions": []}]).get("a", "gone")) == []
    large = {"image": "b", "width": 1000, "height": 1000, "regions": [region]}
    both = read_export([{**page, "regions": [region]}, large])
    assert abs(both["b"][0][0][2] - 400) < 1e-6
""",
        ),
    ],
}
