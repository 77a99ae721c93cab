"""Wrong and right answers to the exercises of Lab 9 on batches."""

ORDER, WIDTH, PADDING, SORTED, LOST, LARGE, INK, MORE, CUT = (
    "accepts batches in order",
    "accepts batches by width",
    "refuses frames of the padding",
    "refuses another order",
    "refuses lost lines",
    "refuses batches that are too large",
    "refuses padding with ink",
    "refuses answers nobody asked for",
    "refuses lines cut short",
)
NOBODY, COMPANY, FULL, FIT, BOUND, FIRST, THIRTY = (
    "nothing waits",
    "waits for company",
    "a full batch goes at once",
    "no more than fit",
    "the bound itself counts",
    "the first of two full batches",
    "thirty lines",
)

TEST = """
def check_batching(read_lines):
    sizes = []
    def network(batch):
        sizes.append(len(batch))
        columns = {columns}
        columns = np.concatenate([columns, np.zeros((len(columns), 4))], axis=1)
        return np.array([[row[x:x + {window}].sum() for x in range(0, len(row) - 4, 4)]
                         for row in columns])
    lines = [np.full((2, width), value) for width, value in {lines}]
    found = list(read_lines(network, lines, 2))
    {large}
    {count}
    for line, answer in zip(lines, found):
        alone = network(line[None])[0]
        {same}
"""


def test(
    columns: str = "np.asarray(batch, float).sum(axis=1)",
    window: str = "8",
    lines: str = "[(8, 3), (24, 5), (12, 7), (4, 9), (16, 2)]",
    large: str = "assert max(sizes) <= 2",
    count: str = "assert len(found) == len(lines)",
    same: str = "assert len(answer) == len(alone) and np.allclose(answer, alone)",
) -> str:
    """Return a right check_batching with one part exchanged."""
    return TEST.format(
        columns=columns, window=window, lines=lines, large=large, count=count, same=same
    )


MEAN = "np.asarray(batch, float).mean(axis=(1, 2), keepdims=True)[:, 0] + np.asarray(batch).sum(1)"
HASH = """
import inspect
def check_batching(read_lines):
    assert "pad" in inspect.getsource(read_lines)
"""
LOOP = """
def check_batching(read_lines):
    largest = 0
    def network(batch):
        nonlocal largest
        largest = max(largest, len(batch))
        return np.stack([seen(row) for row in batch])
    def seen(line):
        wide = np.concatenate([line, np.zeros((len(line), 4))], axis=1)
        return [wide[:, 4 * k:4 * k + 8].sum() for k in range(line.shape[1] // 4)]
    lines = [np.arange(2 * w).reshape(2, w) + 1 for w in (4, 20, 12)]
    answers = read_lines(network, lines, 2)
    assert largest <= 2
    assert [np.round(a).tolist() for a in answers] == [np.round(seen(l)).tolist() for l in lines]
"""
MANY = """
def check_batching(read_lines):
    rng = np.random.default_rng(7)
    for most in (1, 2, 3):
        sizes = []
        def network(batch):
            sizes.append(len(batch))
            columns = np.pad(np.asarray(batch, float).sum(axis=1), ((0, 0), (0, 4)))
            return np.stack([columns[:, x:x + 8].sum(axis=1)
                             for x in range(0, columns.shape[1] - 4, 4)], axis=1)
        lines = [rng.integers(1, 99, (3, 4 * n)) for n in (2, 5, 1, 4)]
        found = read_lines(network, lines, most)
        if len(found) != 4 or max(sizes) > most:
            raise AssertionError("batches")
        for line, answer in zip(lines, found):
            assert np.array_equal(np.asarray(answer), network(line[None])[0])
"""

NEXT = """
def next_batch(waiting, now, most, wait):
    if not waiting:
        return []
    widths = []
    for _, width in waiting:
        if width not in widths:
            widths.append(width)
    for width in {order}:
        same = [k for k, (_, w) in enumerate(waiting) if {alike}]
        if len(same) {full} most:
            return same{cut}
    if now - waiting[{who}][0] {late} wait:
        return [k for k, (_, w) in enumerate(waiting) if {company}]
    return []
"""


def following(
    order: str = "widths", alike: str = "w == width", full: str = ">=", cut: str = "[:most]",
    who: str = "0", late: str = ">=", company: str = "w == waiting[0][1]",
) -> str:  # fmt: skip
    """Return right next_batch with one part exchanged."""
    return NEXT.format(
        order=order, alike=alike, full=full, cut=cut, who=who, late=late, company=company
    )


DICT = """
def next_batch(waiting, now, most, wait):
    groups = {}
    for k, (_, width) in enumerate(waiting):
        groups.setdefault(width, []).append(k)
    full = [group for group in groups.values() if len(group) >= most]
    if full:
        return min(full)[:most]
    if waiting and waiting[0][0] + wait <= now:
        return groups[waiting[0][1]]
    return []
"""
COUNTER = """
def next_batch(waiting, now, most, wait):
    from collections import Counter
    counts = Counter(width for _, width in waiting)
    chosen = next((width for width, n in counts.items() if n >= most), None)
    if chosen is None and waiting and now - waiting[0][0] >= wait:
        chosen = waiting[0][1]
    return tuple(k for k, (_, width) in enumerate(waiting) if width == chosen)[:most]
"""
WRONG = {
    "lab09.check_batching": [
        ("order alone", test(large="", count="", same="pass"),
         {PADDING, SORTED, LOST, LARGE, INK, MORE, CUT}),
        ("no count", test(count=""), {LOST, MORE}),
        ("any size", test(large=""), {LARGE}),
        ("frames as they come", test(same="m = min(len(alone), len(answer))\n"
                                          "        assert np.allclose(answer[:m], alone[:m])"),
         {PADDING}),
        ("one width", test(lines="[(8, 3), (8, 5), (8, 7), (8, 9), (8, 2)]"),
         {PADDING, SORTED, INK, CUT}),
        ("windows that look at nothing else", test(window="4"), {INK}),
        ("wide ones first", test(lines="[(24, 5), (16, 3), (12, 7), (8, 9), (4, 2)]"), {CUT}),
        ("a whole number of batches", test(lines="[(8, 3), (24, 5), (12, 7), (4, 9)]"),
         {LOST, MORE}),
        ("a network that sees padding", test(columns=MEAN), {ORDER, WIDTH}),
        ("equal by ==", test(same="assert answer.tolist() == alone.tolist()"), {WIDTH}),
        ("reads the source", HASH, {WIDTH, PADDING, INK, CUT}),
    ],
    "lab09.next_batch": [
        ("the oldest before a full batch", """
def next_batch(waiting, now, most, wait):
    if not waiting:
        return []
    groups = {}
    for k, (_, width) in enumerate(waiting):
        groups.setdefault(width, []).append(k)
    if now - waiting[0][0] >= wait:
        return groups[waiting[0][1]][:most]
    full = [group for group in groups.values() if len(group) >= most]
    return min(full)[:most] if full else []
""", {FULL}),
        ("the largest group first", """
def next_batch(waiting, now, most, wait):
    groups = {}
    for k, (_, width) in enumerate(waiting):
        groups.setdefault(width, []).append(k)
    full = [group for group in groups.values() if len(group) >= most]
    if full:
        return max(full, key=len)[:most]
    return groups[waiting[0][1]] if waiting and now - waiting[0][0] >= wait else []
""", {FULL, THIRTY}),
        ("never waits", following(late="<"), {COMPANY, BOUND}),
        ("waits for the newest", following(who="-1"), {BOUND}),
        ("beyond the bound", following(late=">"), {BOUND}),
        ("takes any width along", following(company="True"), {BOUND}),
        ("one more than fits", following(cut=""), {FIT}),
        ("waits for one more", following(full=">"), {FULL, FIRST, THIRTY}),
        ("the narrowest first", following(order="sorted(widths)"), {FIRST, THIRTY}),
        ("counts all widths", following(alike="True"), {FULL, FIRST, THIRTY}),
        ("the first alone", following(company="k == 0"), {BOUND}),
        ("fails on nothing", following().replace("if not waiting:", "if waiting is None:"),
         {NOBODY}),
    ],
}  # fmt: skip

RIGHT = {
    "lab09.check_batching": [
        ("constant lines", test()),
        ("compared as lists", LOOP),
        ("three batch sizes", MANY),
    ],
    "lab09.next_batch": [
        ("a list of widths", following()),
        ("groups", DICT),
        ("a counter", COUNTER),
    ],
}
