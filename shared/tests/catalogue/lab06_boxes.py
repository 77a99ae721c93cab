"""Wrong and right answers to the exercises of Lab 6 on boxes, scores and their test."""

CORNER, SELF, APART, FORTY = (
    "two boxes that overlap at a corner",
    "a box is equal to itself",
    "boxes apart, and boxes that touch",
    "forty random pairs",
)
HALVES, OVER, TWICE, NONE, BETTER, BEST, EQUAL, NOTHING, TWENTY = (
    "one line found, one missed, one invented",
    "a box over two lines finds one",
    "a line found twice counts once",
    "no match among two and two",
    "a better box takes the line of an earlier one",
    "takes the best pair first",
    "an overlap equal to the threshold counts",
    "nothing found, nothing there, or neither",
    "twenty random pages",
)
OURS, THEIRS, DOUBLE, SMALLER, ANY, COUNT, SWAP, MEAN, ORDER = (
    "accepts right scores",
    "accepts right scores computed otherwise",
    "refuses a line counted twice",
    "refuses division by the smaller box",
    "refuses any overlap",
    "refuses counting boxes",
    "refuses precision and recall swapped",
    "refuses a mean for F1",
    "refuses comparing in order",
)

IOU = """
def box_iou(a, b):
    width = {width}
    height = {height}
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    shared = width * height
    return {result}
"""


def iou(
    width: str = "max(0, min(a[2], b[2]) - max(a[0], b[0]))",
    height: str = "max(0, min(a[3], b[3]) - max(a[1], b[1]))",
    result: str = "shared / (area_a + area_b - shared)",
) -> str:
    """Return a right IoU with one part exchanged."""
    return IOU.format(width=width, height=height, result=result)


SCORES = """
def line_scores(overlaps, threshold=0.5):
    overlaps = np.asarray(overlaps)
    num_found, num_true = overlaps.shape
    pairs = [(overlaps[i, j], i, j) for j in range(num_true) for i in range(num_found)]
    boxes, lines, matches = set(), set(), 0
    for value, i, j in {order}:
        if {enough} and {free}:
            boxes.add(i)
            lines.add(j)
            matches += 1
    precision = {precision}
    recall = {recall}
    total = {total}
    return {result}
"""


def scores(
    order: str = "sorted(pairs, reverse=True)",
    enough: str = "value >= threshold",
    free: str = "i not in boxes and j not in lines",
    precision: str = "matches / num_found if num_found else 1.0",
    recall: str = "matches / num_true if num_true else 1.0",
    total: str = "precision + recall",
    result: str = "precision, recall, 2 * precision * recall / total if total else 0.0",
) -> str:
    """Return right scores with one part exchanged."""
    return SCORES.format(
        order=order,
        enough=enough,
        free=free,
        precision=precision,
        recall=recall,
        total=total,
        result=result,
    )


def test(*lines: str) -> str:
    """Return an answer to check_line_scores."""
    return "\n    ".join(
        ["def check_line_scores(line_scores):", "top, low = [0, 0, 90, 9], [0, 20, 90, 29]", *lines]
    )


SHUFFLED = "assert line_scores([top, low], [low, top]) == (1, 1, 1)"
DOUBLED = "assert line_scores([top], [top, [0, 1, 90, 9]])[0] == 0.5"
MISSED = "p, r, f = line_scores([top, low], [low]); assert (p, r) == (1, 0.5)"
HARMONIC = "assert abs(line_scores([top, low], [low])[2] - 2 / 3) < 1e-9"
HIGH = "assert line_scores([top], [[0, 0, 90, 40]])[2] == 0"

WRONG = {
    "lab06.box_iou": [
        (
            "not clamped",
            iou(
                width="min(a[2], b[2]) - max(a[0], b[0])",
                height="min(a[3], b[3]) - max(a[1], b[1])",
            ),
            {APART, FORTY},
        ),
        (
            "pixels counted inclusively",
            iou(
                width="max(0, min(a[2], b[2]) - max(a[0], b[0]) + 1)",
                height="max(0, min(a[3], b[3]) - max(a[1], b[1]) + 1)",
            ),
            {CORNER, SELF, APART, FORTY},
        ),
        (
            "union counts shared pixels twice",
            iou(result="shared / (area_a + area_b)"),
            {CORNER, SELF, FORTY},
        ),
        ("over the smaller box", iou(result="shared / min(area_a, area_b)"), {CORNER, FORTY}),
        ("over the first box", iou(result="shared / area_a"), {CORNER, FORTY}),
        ("Dice", iou(result="2 * shared / (area_a + area_b)"), {CORNER, FORTY}),
        ("rounded", iou(result="round(shared / (area_a + area_b - shared), 1)"), {CORNER, FORTY}),
        (
            "corner and size",
            iou(width="max(0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))"),
            {SELF, FORTY},
        ),
        ("intersection alone", iou(result="shared"), {CORNER, SELF, FORTY}),
    ],
    "lab06.line_scores": [
        ("a line may match two boxes", scores(free="i not in boxes"), {TWICE, BETTER, TWENTY}),
        ("a box may match two lines", scores(free="j not in lines"), {OVER, BETTER}),
        ("in the order of the lines", scores(order="pairs"), {BETTER, BEST}),
        ("more than the threshold", scores(enough="value > threshold"), {EQUAL}),
        ("any overlap", scores(enough="value > 0"), {HALVES, NONE, TWENTY}),
        (
            "swapped",
            scores(
                precision="matches / num_true if num_true else 1.0",
                recall="matches / num_found if num_found else 1.0",
            ),
            {TWICE, OVER, NOTHING, TWENTY},
        ),
        ("mean", scores(result="precision, recall, total / 2"), {TWICE, OVER, NOTHING, TWENTY}),
        (
            "nothing is a failure",
            scores(precision="matches / max(1, num_found)", recall="matches / max(1, num_true)"),
            {NOTHING},
        ),
        (
            "divides by zero",
            scores(precision="matches / num_found", recall="matches / num_true"),
            {NOTHING},
        ),
        (
            "no match is a perfect F1",
            scores(result="precision, recall, 2 * precision * recall / total if total else 1.0"),
            {NONE},
        ),
        (
            "no match divides by zero",
            scores(result="precision, recall, 2 * precision * recall / total"),
            {NONE},
        ),
        (
            "boxes choose in their order",
            scores(order="sorted(pairs, key=lambda pair: (pair[1], -pair[0]))"),
            {BETTER},
        ),
        (
            "only F1",
            scores(result="2 * precision * recall / total if total else 0.0"),
            {HALVES, OVER, TWICE, NONE, BETTER, BEST, EQUAL, NOTHING, TWENTY},
        ),
    ],
    "lab06.check_line_scores": [
        ("empty test", test("pass"), {DOUBLE, SMALLER, ANY, COUNT, SWAP, MEAN, ORDER}),
        ("a perfect page alone", test(SHUFFLED), {DOUBLE, SMALLER, ANY, COUNT, SWAP, MEAN}),
        (
            "lines in order",
            test(
                DOUBLED,
                HIGH,
                "p, r, f = line_scores([top, low], [top])",
                "assert (p, r) == (1, 0.5) and f < 0.7",
            ),
            {ORDER},
        ),
        ("without a line found twice", test(SHUFFLED, MISSED, HARMONIC, HIGH), {DOUBLE}),
        (
            "without a box too high",
            test(SHUFFLED, DOUBLED, MISSED, HARMONIC),
            {SMALLER, ANY, COUNT},
        ),
        (
            "precision and recall unnamed",
            test(
                SHUFFLED,
                "assert abs(line_scores([top], [top, [0, 1, 90, 9]])[2] - 2 / 3) < 1e-9",
                HIGH,
            ),
            {SWAP},
        ),
        ("without F1", test(SHUFFLED, DOUBLED, MISSED, HIGH), {MEAN}),
        ("refuses everything", test("assert False"), {OURS, THEIRS}),
        (
            "one matcher's order",
            test(
                SHUFFLED,
                DOUBLED,
                MISSED,
                HARMONIC,
                HIGH,
                "assert line_scores([[0, 0, 90, 9], [0, 3, 90, 12]], [[0, 2, 90, 11],"
                " [0, 6, 90, 15]])[1] == 0.5",
            ),
            {THEIRS},
        ),
    ],
}

RIGHT = {
    "lab06.box_iou": [
        ("step by step", iou()),
        (
            "numpy",
            """
def box_iou(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    shared = np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None))
    return shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)
""",
        ),
        (
            "early return",
            """
def box_iou(a, b):
    left, top = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[2], b[2]), min(a[3], b[3])
    if right <= left or bottom <= top:
        return 0
    common = (right - left) * (bottom - top)
    whole = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)) - common
    return common / whole
""",
        ),
    ],
    "lab06.line_scores": [
        ("sorted pairs", scores()),
        (
            "a list",
            scores(
                total="num_found + num_true",
                result="[precision, recall, 2 * matches / total if total else 1]",
            ),
        ),
        (
            "strike out",
            """
def line_scores(overlaps, threshold=0.5):
    table = np.array(overlaps, float)
    n, m = table.shape
    if n + m == 0:
        return 1, 1, 1
    hits = 0
    while table.size and table.max() >= threshold:
        i, j = divmod(int(table.argmax()), m)
        table[i], table[:, j] = -1, -1
        hits += 1
    return hits / n if n else 1, hits / m if m else 1, 2 * hits / (n + m)
""",
        ),
    ],
    "lab06.check_line_scores": [
        ("five lines", test(SHUFFLED, DOUBLED, MISSED, HARMONIC, HIGH)),
        (
            "one page",
            """
def check_line_scores(line_scores):
    lines = [[0, 30 * k, 200, 30 * k + 20] for k in range(4)]
    found = [lines[2], [5, 30, 200, 51], [0, 32, 198, 50], [0, 0, 200, 20], [0, 90, 200, 320]]
    precision, recall, f1 = line_scores(lines, found)
    assert abs(precision - 3 / 5) < 1e-9
    assert abs(recall - 3 / 4) < 1e-9
    assert abs(f1 - 6 / 9) < 1e-9
    assert list(line_scores(lines[:1], [[0, 0, 200, 120]])) == [0, 0, 0]
""",
        ),
        (
            "as a list",
            """
def check_line_scores(line_scores):
    a, b, c = [0, 0, 50, 10], [0, 20, 50, 30], [0, 40, 50, 50]
    cases = [
        ([a, b, c], [c, a, b], [1, 1, 1]),
        ([a], [a, [0, 0, 50, 11], [1, 0, 50, 10]], [1 / 3, 1, 0.5]),
        ([a, b], [[0, 0, 50, 30], [0, 200, 50, 210]], [0, 0, 0]),
        ([a], [[0, 5, 50, 30]], [0, 0, 0]),
    ]
    for true, found, expected in cases:
        assert np.allclose(line_scores(true, found), expected), (true, found)
""",
        ),
    ],
}
