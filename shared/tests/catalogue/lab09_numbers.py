"""Wrong and right answers to the exercises of Lab 9 on thresholds and drift."""

ALL, LETTER, ON, TIES, TOTALS, NOTHING, SIXTY = (
    "accepts all where all is well",
    "keeps a promise to the letter",
    "goes on after a bad line",
    "takes equal confidences together",
    "divides totals",
    "says so where nothing may be accepted",
    "sixty lines",
)
SAME, APART, LOWER, EQUAL, SPREAD, SIZES = (
    "the same values in another order",
    "nothing in common",
    "a window that is lower",
    "equal values",
    "the same mean, another spread",
    "samples of two sizes",
)

THRESHOLD = """
def choose_threshold(confidence, edits, lengths, promised):
    kept = []
    for t in confidence:
        accepted = [k for k in range(len(confidence)) if confidence[k] {reaches} t]
        if not accepted:
            continue
        rate = {rate}
        if rate {within} promised:
            kept.append(t)
    return {result}
"""
TOTAL = "sum(edits[k] for k in accepted) / sum(lengths[k] for k in accepted)"


def threshold(
    reaches: str = ">=", rate: str = TOTAL, within: str = "<=",
    result: str = "min(kept) if kept else None",
) -> str:  # fmt: skip
    """Return right choose_threshold with one part exchanged."""
    return THRESHOLD.format(reaches=reaches, rate=rate, within=within, result=result)


FIRST_FAILURE = """
def choose_threshold(confidence, edits, lengths, promised):
    best, wrong, characters = None, 0, 0
    for k in sorted(range(len(confidence)), key=lambda k: -confidence[k]):
        wrong, characters = wrong + edits[k], characters + lengths[k]
        if wrong / characters > promised:
            return best
        best = confidence[k]
    return best
"""
LINE_BY_LINE = """
def choose_threshold(confidence, edits, lengths, promised):
    best, wrong, characters = None, 0, 0
    for k in sorted(range(len(confidence)), key=lambda k: (-confidence[k], edits[k])):
        wrong, characters = wrong + edits[k], characters + lengths[k]
        if wrong / characters <= promised:
            best = confidence[k]
    return best
"""
AS_GIVEN = """
def choose_threshold(confidence, edits, lengths, promised):
    wrong, characters = np.cumsum(edits), np.cumsum(lengths)
    kept = np.flatnonzero(wrong / characters <= promised)
    return confidence[kept[-1]] if len(kept) else None
"""
SORTED = """
def choose_threshold(confidence, edits, lengths, promised):
    sure, edits, lengths = np.array(confidence), np.array(edits), np.array(lengths)
    for t in np.unique(sure):
        accepted = sure >= t
        if edits[accepted].sum() <= promised * lengths[accepted].sum():
            return float(t)
"""
CUMULATIVE = """
def choose_threshold(confidence, edits, lengths, promised):
    order = sorted(range(len(confidence)), key=lambda k: confidence[k], reverse=True)
    wrong = characters = 0
    best = None
    for place, k in enumerate(order):
        wrong += edits[k]
        characters += lengths[k]
        last = place + 1 == len(order) or confidence[order[place + 1]] < confidence[k]
        if last and wrong / characters <= promised:
            best = confidence[k]
    return best
"""

GAP = """
def largest_gap(reference, window):
    gaps = []
    for x in {points}:
        here = sum(v {below} x for v in reference) / len(reference)
        there = sum(v {below} x for v in window) / len({size})
        gaps.append({gap})
    return {result}
"""


def gap(
    points: str = "[*reference, *window]", below: str = "<=", size: str = "window",
    gap: str = "abs(here - there)", result: str = "max(gaps)",
) -> str:  # fmt: skip
    """Return right largest_gap with one part exchanged."""
    return GAP.format(points=points, below=below, size=size, gap=gap, result=result)


INTERLEAVED = """
def largest_gap(reference, window):
    pool = sorted([(v, 0) for v in reference] + [(v, 1) for v in window])
    seen, best = [0, 0], 0.0
    for _, which in pool:
        seen[which] += 1
        best = max(best, abs(seen[0] / len(reference) - seen[1] / len(window)))
    return best
"""
SEARCHED = """
def largest_gap(reference, window):
    pool = np.unique(np.concatenate([reference, window]))
    here = np.searchsorted(np.sort(reference), pool, side="right") / len(reference)
    there = np.searchsorted(np.sort(window), pool, side="right") / len(window)
    return np.abs(here - there).max()
"""
MEANS = "def largest_gap(reference, window):\n    return abs(np.mean(reference) - np.mean(window))"
SORTED_PAIRS = """
def largest_gap(reference, window):
    return max(abs(a - b) for a, b in zip(sorted(reference), sorted(window)))
"""

WRONG = {
    "lab09.choose_threshold": [
        ("stops at the first failure", FIRST_FAILURE, {ON, TIES, TOTALS}),
        ("line by line", LINE_BY_LINE, {TIES}),
        ("in the order given", AS_GIVEN, {ALL, SIXTY}),
        ("surer than the threshold", threshold(reaches=">"), {ON, TIES, TOTALS, SIXTY}),
        ("within, but not to the letter", threshold(within="<"), {LETTER}),
        ("a mean of rates", threshold(
            rate="sum(edits[k] / lengths[k] for k in accepted) / len(accepted)"),
         {ON, TOTALS, SIXTY}),
        ("the largest", threshold(result="max(kept) if kept else None"),
         {ALL, LETTER, ON, SIXTY}),
        ("one where nothing is", threshold(result="min(kept, default=1.0)"), {NOTHING}),
        ("fails where nothing is", threshold(result="min(kept)"), {NOTHING}),
    ],
    "lab09.largest_gap": [
        ("means", MEANS, {APART, LOWER, EQUAL, SPREAD, SIZES}),
        ("values of the sorted samples", SORTED_PAIRS, {APART, LOWER, EQUAL, SPREAD, SIZES}),
        ("one direction", gap(gap="here - there"), {LOWER, SIZES}),
        ("at the window alone", gap(points="window"), {APART}),
        ("one by one through ties", INTERLEAVED, {SAME, EQUAL}),
        ("the reference's size for both", gap(size="reference"), {SIZES}),
        ("a mean of gaps", gap(result="sum(gaps) / len(gaps)"), {APART, LOWER, EQUAL, SPREAD,
                                                                 SIZES}),
    ],
}  # fmt: skip

RIGHT = {
    "lab09.choose_threshold": [
        ("every confidence", threshold()),
        ("from the least on", SORTED),
        ("cumulative, ties together", CUMULATIVE),
    ],
    "lab09.largest_gap": [
        ("at every value", gap()),
        ("less than, in place of at most", gap(below="<")),
        ("searched", SEARCHED),
    ],
}
