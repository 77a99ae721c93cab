"""Wrong and right gates."""

BETTER, EQUAL, WORSE = (
    "lets a better reader through",
    "lets an equal reader through",
    "stops a worse reader",
)
HAND, TOTALS, SHARE = "stops what is bad for one hand", "divides totals", "asks for 95 in 100"
TWICE = "counts a writer as often as it is drawn"

_SUMS = """
def passes_gate(extra, lengths, writers, draws, margin):
    sums = {}
    for number, length, writer in zip(extra, lengths, writers):
        edits, characters = sums.get(writer, (0, 0))
        sums[writer] = edits + number, characters + length
    rises = np.array([
        sum(sums[name][0] for name in draw) / sum(sums[name][1] for name in draw)
        for draw in draws
    ])
    return RETURN
"""


def gate(result: str) -> str:
    """Return a gate that does the sums rightly and decides in some way."""
    return _SUMS.replace("RETURN", result).strip()


WRONG = {
    "lab08.passes_gate": [
        ("two-sided", gate("bool((np.abs(rises) <= margin).mean() >= 0.95)"), {BETTER}),
        ("the mean alone", gate("bool(rises.mean() <= margin)"), {EQUAL, HAND, SHARE}),
        ("significantly worse", gate("bool((rises <= margin).mean() > 0.05)"), {HAND, SHARE}),
        ("strict", gate("bool((rises < 0).mean() >= 0.95)"), {EQUAL}),
        ("the wrong way round", gate("bool((rises >= margin).mean() >= 0.95)"),
         {BETTER, EQUAL, WORSE, TOTALS, TWICE}),
        ("all draws", gate("bool((rises <= margin).all())"), {EQUAL}),
        ("more than 95 %", gate("bool((rises <= margin).mean() > 0.95)"), {EQUAL}),
        ("97.5 %", gate("bool((rises <= margin).mean() >= 0.975)"), {EQUAL}),
        ("an interpolated quantile", gate("bool(np.quantile(rises, 0.95) <= margin)"), {EQUAL}),
        ("below the margin", gate("bool((rises < margin).mean() >= 0.95)"), {EQUAL}),
        ("percent against a share", gate("bool((100 * rises <= margin).mean() >= 0.95)"), {EQUAL}),
        ("nine in ten", gate("bool((rises <= margin).mean() >= 0.9)"), {SHARE}),
        ("everything", "def passes_gate(extra, lengths, writers, draws, margin):\n    return True",
         {WORSE, HAND, TOTALS, SHARE, TWICE}),
        ("lines instead of writers", """
def passes_gate(extra, lengths, writers, draws, margin):
    rng = np.random.default_rng(0)
    extra, lengths = np.array(extra), np.array(lengths)
    rows = rng.integers(len(extra), size=(400, len(extra)))
    rises = extra[rows].sum(axis=1) / lengths[rows].sum(axis=1)
    return bool((rises <= margin).mean() >= 0.95)
""", {EQUAL, HAND}),
        ("a mean of rates", """
def passes_gate(extra, lengths, writers, draws, margin):
    rates = {}
    for number, length, writer in zip(extra, lengths, writers):
        rates.setdefault(writer, []).append(number / length)
    rises = [np.mean([rate for name in draw for rate in rates[name]]) for draw in draws]
    return bool(np.mean([rise <= margin for rise in rises]) >= 0.95)
""", {EQUAL, TOTALS}),
        ("each writer once", """
def passes_gate(extra, lengths, writers, draws, margin):
    within = []
    for draw in draws:
        rows = [k for k, name in enumerate(writers) if name in set(draw)]
        rise = sum(extra[k] for k in rows) / sum(lengths[k] for k in rows)
        within.append(rise <= margin)
    return bool(np.mean(within) >= 0.95)
""", {TWICE}),
        ("a share", gate("float((rises <= margin).mean())"),
         {BETTER, EQUAL, WORSE, HAND, TOTALS, SHARE, TWICE}),
    ],
}  # fmt: skip

RIGHT = {
    "lab08.passes_gate": [
        ("sums of writers", gate("bool((rises <= margin).mean() >= 0.95)")),
        ("a numpy truth", gate("(rises <= margin).mean() >= 0.95")),
        ("counting what is beyond",
         gate("sum(rise > margin for rise in rises) <= 0.05 * len(rises)")),
        ("rows of each writer", """
def passes_gate(extra, lengths, writers, draws, margin):
    names = np.array(writers)
    extra, lengths = np.array(extra), np.array(lengths)
    good = 0
    for draw in draws:
        rows = np.concatenate([np.flatnonzero(names == name) for name in draw])
        good += extra[rows].sum() <= margin * lengths[rows].sum()
    return bool(good >= 0.95 * len(draws))
"""),
    ],
}  # fmt: skip
