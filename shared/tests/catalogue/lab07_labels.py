"""Wrong and right answers to the exercises of Lab 7 on labels, agreement and groups."""

FINE, EMPTY, NAN, EDGE, TEXT, CHARACTERS, FORTY = (
    "right lines have no problem",
    "an empty or turned-around box",
    "a box that is no number",
    "a box beyond each edge",
    "a labeled line without a text",
    "characters outside the alphabet",
    "forty lines, several problems at once",
)
ONE, JOINS, CHAIN, UNKNOWN, NUMBERS, NOTHING, THIRTY = (
    "pages of one writer",
    "a copy joins two writers",
    "copies of copies",
    "nobody knows the writer",
    "numbers in order of appearance",
    "no page at all",
    "thirty pages",
)
EQUAL, LETTER, NEITHER, MISSED, NONE, LINES = (
    "equal texts",
    "one letter of many",
    "neither of the two is right",
    "a line that one of them missed",
    "nothing to compare",
    "thirty lines",
)

PROBLEMS = """
def line_problems(line, width, height, alphabet):
    left, top, right, bottom = line["box"]
    text = line["text"] or ""
    problems = []
    if {empty}:
        problems.append("empty box")
    if {outside}:
        problems.append("outside")
    if {missing}:
        problems.append("no text")
    if {unknown}:
        problems.append("unknown character")
    return problems
"""


def problems(
    empty: str = "not (left < right and top < bottom)",
    outside: str = "min(left, top, right, bottom) < 0 or max(left, right) > width"
    " or max(top, bottom) > height",
    missing: str = "line['status'] == 'labeled' and not text.strip()",
    unknown: str = "set(text) - set(alphabet)",
) -> str:
    """Return right line_problems with one part exchanged."""
    return PROBLEMS.format(empty=empty, outside=outside, missing=missing, unknown=unknown)


GROUPS = """
def leak_groups(writers, copies):
    group = list(range(len(writers)))
    def merge(a, b):
        {merge}
    for a in range(len(writers)):
        for b in range(a):
            if {same}:
                merge(a, b)
    for a, b in {copies}:
        merge(a, b)
    {number}
"""


def groups(
    merge: str = "old, new = group[a], group[b]\n"
    "        group[:] = [new if g == old else g for g in group]",
    same: str = "writers[a] is not None and writers[a] == writers[b]",
    copies: str = "copies",
    number: str = "seen = list(dict.fromkeys(group))\n    return [seen.index(g) for g in group]",
) -> str:
    """Return right leak_groups with one part exchanged."""
    return GROUPS.format(merge=merge, same=same, copies=copies, number=number)


AGREEMENT = """
def text_agreement(pairs):
    edits = lengths = 0
    for first, second in {pairs}:
        first, second = first or "", second or ""
        edits += edit_distance(first, second)
        lengths += {length}
    return {result}
"""


def agreement(
    pairs: str = "pairs",
    length: str = "max(len(first), len(second))",
    result: str = "1 - edits / lengths if lengths else 1",
) -> str:
    """Return a right text_agreement with one part exchanged."""
    return AGREEMENT.format(pairs=pairs, length=length, result=result)


WRONG = {
    "lab07.line_problems": [
        ("knows a space at the ends", problems(unknown="set(text.strip()) - set(alphabet)"),
         {CHARACTERS}),
        ("asks whether it is wrong", problems(empty="left >= right or top >= bottom"), {NAN}),
        ("one direction alone", problems(empty="not left < right"), {EMPTY, FORTY}),
        ("edges are outside", problems(
            outside="left <= 0 or top <= 0 or right >= width or bottom >= height"), {FINE, FORTY}),
        ("x against the height", problems(
            outside="min(left, top) < 0 or right > height or bottom > width"),
         {FINE, EDGE, FORTY}),
        ("upper left corner alone", problems(outside="left < 0 or top < 0"), {EDGE, FORTY}),
        ("lower right corner alone", problems(outside="right > width or bottom > height"),
         {EDGE, FORTY}),
        ("spaces are a text", problems(missing="line['status'] == 'labeled' and not text"),
         {TEXT, FORTY}),
        ("every line needs a text", problems(missing="not text.strip()"), {FINE, TEXT, FORTY}),
        ("labeled texts alone", problems(
            unknown="line['status'] == 'labeled' and set(text) - set(alphabet)"),
         {CHARACTERS, FORTY}),
        ("letters alone", problems(unknown="any(c.isalpha() and c not in alphabet for c in text)"),
         {CHARACTERS, FORTY}),
        ("the first problem alone", problems().replace(
            "return problems", "return problems[:1]"), {FORTY}),
        ("a set of problems", problems().replace("return problems", "return sorted(problems)"),
         {FORTY}),
        ("true or false", problems().replace("return problems", "return bool(problems)"),
         {FINE, EMPTY, NAN, EDGE, TEXT, CHARACTERS, FORTY}),
    ],
    "lab07.leak_groups": [
        ("writers alone", groups(copies="[]"), {JOINS, CHAIN, UNKNOWN, THIRTY}),
        ("copies alone", groups(same="False"), {ONE, JOINS, NUMBERS, THIRTY}),
        ("moves one page alone", groups(merge="group[a] = group[b]"), {JOINS, CHAIN, THIRTY}),
        ("unknown is one writer", groups(same="writers[a] == writers[b]"), {UNKNOWN, THIRTY}),
        ("numbers as they fall", groups(number="return group"), {ONE, JOINS, UNKNOWN, NUMBERS,
                                                                 CHAIN, THIRTY}),
        ("sorted by name", groups(
            number="order = sorted(set(group), key=lambda g: str(writers[g]))\n"
            "    return [order.index(g) for g in group]"), {NUMBERS, UNKNOWN, CHAIN, THIRTY}),
        ("needs a page", "def leak_groups(writers, copies):\n    first = writers[0]\n" + "\n".join(
            f"    {line}" for line in groups().strip().splitlines())
         + "\n    return leak_groups(writers, copies)", {NOTHING}),
        ("the writer's name", "def leak_groups(writers, copies):\n    return writers",
         {ONE, JOINS, CHAIN, UNKNOWN, NUMBERS, THIRTY}),
    ],
    "lab07.text_agreement": [
        ("ignores case and outer spaces", agreement(
            pairs="[[t and t.strip().lower() for t in pair] for pair in pairs]"), {LINES}),
        ("mean of rates", """
def text_agreement(pairs):
    rates = [edit_distance(a or "", b or "") / max(len(a or ""), len(b or "")) for a, b in pairs]
    return 1 - sum(rates) / len(rates) if rates else 1.0
""", {LETTER, NEITHER, MISSED, LINES}),
        ("over the first text", agreement(length="len(first)"), {NEITHER, MISSED, LINES}),
        ("over both texts", agreement(length="len(first) + len(second)"),
         {LETTER, NEITHER, MISSED, LINES}),
        ("missing lines left out", agreement(pairs="[p for p in pairs if None not in p]"),
         {MISSED, LINES}),
        ("disagreement", agreement(result="edits / lengths if lengths else 1"),
         {EQUAL, LETTER, NEITHER, MISSED, LINES}),
        ("divides by zero", agreement(result="1 - edits / lengths"), {NONE}),
        ("nothing is no agreement", agreement(result="1 - edits / lengths if lengths else 0"),
         {NONE}),
        ("equal lines", """
def text_agreement(pairs):
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else 1.0
""", {LETTER, NEITHER, MISSED, LINES}),
    ],
}  # fmt: skip

RIGHT = {
    "lab07.line_problems": [
        ("one if after the other", problems()),
        (
            "a table",
            """
def line_problems(line, width, height, alphabet):
    box, text = np.array(line["box"], float), line["text"] or ""
    size = np.array([width, height])
    tests = {
        "empty box": not bool((box[2:] > box[:2]).all()),
        "outside": bool((box < 0).any() or (box > np.tile(size, 2)).any()),
        "no text": line["status"] == "labeled" and text.strip() == "",
        "unknown character": any(c not in alphabet for c in text),
    }
    return [name for name, failed in tests.items() if failed]
""",
        ),
        ("a tuple", problems().replace("return problems", "return tuple(problems)")),
        (
            "chained comparisons",
            problems(
                outside="any(v < 0 or v > w for v, w in zip(line['box'], (width, height) * 2))"
            ),
        ),
    ],
    "lab07.leak_groups": [
        ("every pair", groups()),
        (
            "a search",
            """
def leak_groups(writers, copies):
    near = [set() for _ in writers]
    for a, b in copies:
        near[a].add(b)
        near[b].add(a)
    for a, writer in enumerate(writers):
        near[a] |= {b for b, other in enumerate(writers) if writer is not None and other == writer}
    group = [None] * len(writers)
    count = 0
    for page in range(len(writers)):
        if group[page] is None:
            waiting = [page]
            while waiting:
                one = waiting.pop()
                if group[one] is None:
                    group[one] = count
                    waiting += near[one]
            count += 1
    return group
""",
        ),
        (
            "smallest number wins, until nothing changes",
            """
def leak_groups(writers, copies):
    pairs = [(a, b) for a in range(len(writers)) for b in range(a)
             if writers[a] is not None and writers[a] == writers[b]]
    pairs += [tuple(pair) for pair in copies]
    group = np.arange(len(writers))
    changed = True
    while changed:
        changed = False
        for a, b in pairs:
            if group[a] != group[b]:
                group[a] = group[b] = min(group[a], group[b])
                changed = True
    names = sorted(set(group.tolist()))
    return [names.index(g) for g in group.tolist()]
""",
        ),
    ],
    "lab07.text_agreement": [
        ("a loop", agreement()),
        (
            "arrays",
            """
def text_agreement(pairs):
    texts = [(a or "", b or "") for a, b in pairs]
    edits = np.array([edit_distance(a, b) for a, b in texts])
    longest = np.array([max(map(len, both)) for both in texts])
    return float(1 - edits.sum() / longest.sum()) if len(texts) else 1.0
""",
        ),
        (
            "agreeing characters",
            """
def text_agreement(pairs):
    same = whole = 0
    for a, b in pairs:
        longest = max(len(a or ""), len(b or ""))
        whole += longest
        same += longest - edit_distance(a or "", b or "")
    return 1.0 if whole == 0 else same / whole
""",
        ),
    ],
}
