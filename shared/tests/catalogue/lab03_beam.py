"""Answers to the stretch exercise of Lab 3 on prefix beam search."""

from shared.tests.catalogue.lab03_changes import changed, every

BEAM = """
def prefix_beam(log_probs, width, blank=0):
    beam = {(): (0.0, -np.inf)}
    for frame in log_probs:
        grown = {}

        def add(prefix, ends_in_blank, score, grown=grown):
            scores = grown.setdefault(prefix, [-np.inf, -np.inf])
            scores[1 - ends_in_blank] = np.logaddexp(scores[1 - ends_in_blank], score)

        for prefix, (in_blank, in_letter) in beam.items():
            either = np.logaddexp(in_blank, in_letter)
            for symbol, score in enumerate(frame):
                if symbol == blank:
                    add(prefix, True, either + score)
                elif prefix and prefix[-1] == symbol:
                    add(prefix, False, in_letter + score)
                    add((*prefix, symbol), False, in_blank + score)
                else:
                    add((*prefix, symbol), False, either + score)
        ranked = sorted(grown.items(), key=lambda item: -np.logaddexp(*item[1]))
        beam = dict(ranked[:width])
    best, scores = next(iter(beam.items()))
    return list(best), float(np.logaddexp(*scores))
"""

WRONG = {
    "lab03.prefix_beam": [
        (
            "both scores begin at one",
            changed(BEAM, "(0.0, -np.inf)}", "(0.0, 0.0)}"),
            every("lab03.prefix_beam"),
        ),
        (
            "overwrites instead of adding",
            changed(BEAM, "np.logaddexp(scores[1 - ends_in_blank], score)", "score"),
            every("lab03.prefix_beam") - {"400 frames"},
        ),
        (
            "keeps the better path",
            changed(
                BEAM,
                "np.logaddexp(scores[1 - ends_in_blank], score)",
                "max(scores[1 - ends_in_blank], score)",
            ),
            every("lab03.prefix_beam") - {"400 frames"},
        ),
        (
            "a repeat always makes the prefix longer",
            changed(BEAM, "elif prefix and prefix[-1] == symbol:", "elif False:"),
            every("lab03.prefix_beam"),
        ),
        (
            "a repeat never makes it longer",
            changed(
                BEAM, "                    add((*prefix, symbol), False, in_blank + score)\n", ""
            ),
            every("lab03.prefix_beam") - {"400 frames"},
        ),
        (
            "a repeat continues after a blank",
            changed(BEAM, "in_letter + score", "either + score"),
            every("lab03.prefix_beam"),
        ),
        (
            "ranks by the blank's score",
            changed(BEAM, "-np.logaddexp(*item[1])", "-item[1][0]"),
            every("lab03.prefix_beam"),
        ),
        (
            "ranks by the letter's score",
            changed(BEAM, "-np.logaddexp(*item[1])", "-item[1][1]"),
            every("lab03.prefix_beam") - {"reads where greedy fails, and a double letter"},
        ),
        (
            "keeps the worst",
            changed(BEAM, "-np.logaddexp(*item", "np.logaddexp(*item"),
            every("lab03.prefix_beam"),
        ),
        (
            "one beam too many",
            changed(BEAM, "[:width]", "[: width + 1]"),
            {"narrow beams", "another class as the blank", "400 frames"},
        ),
        (
            "ignores the width",
            changed(BEAM, "[:width]", "[:12]"),
            {"narrow beams", "another class as the blank", "400 frames"},
        ),
        (
            "takes class 0 for the blank",
            changed(BEAM, "symbol == blank", "symbol == 0"),
            {"another class as the blank"},
        ),
        (
            "multiplies probabilities",
            changed(
                BEAM,
                "(0.0, -np.inf)}",
                "(1.0, 0.0)}",
                "[-np.inf, -np.inf]",
                "[0.0, 0.0]",
                "np.logaddexp(scores[1 - ends_in_blank], score)",
                "scores[1 - ends_in_blank] + score",
                "np.logaddexp(in_blank, in_letter)",
                "in_blank + in_letter",
                "+ score)",
                "* np.exp(score))",
                "-np.logaddexp(*item[1])",
                "-sum(item[1])",
                "float(np.logaddexp(*scores))",
                "float(np.log(sum(scores)))",
            ),
            {"400 frames"},
        ),
        (
            "greedy",
            """
def prefix_beam(log_probs, width, blank=0):
    path = log_probs.argmax(axis=1)
    label = [int(s) for t, s in enumerate(path) if s != blank and (t == 0 or s != path[t - 1])]
    return label, float(log_probs.max(axis=1).sum())
""",
            every("lab03.prefix_beam"),
        ),
        (
            "returns a probability",
            changed(BEAM, "float(np.logaddexp(*scores))", "float(np.exp(np.logaddexp(*scores)))"),
            every("lab03.prefix_beam"),
        ),
    ],
}

RIGHT = {
    "lab03.prefix_beam": [
        ("dictionary", BEAM),
        (
            "two dictionaries",
            """
from collections import defaultdict

def prefix_beam(log_probs, width, blank=0):
    nothing = lambda: -np.inf
    blanks, letters = defaultdict(nothing, {(): 0.0}), defaultdict(nothing)
    for frame in log_probs:
        new_blanks, new_letters = defaultdict(nothing), defaultdict(nothing)
        for prefix in set(blanks) | set(letters):
            both = np.logaddexp(blanks[prefix], letters[prefix])
            new_blanks[prefix] = np.logaddexp(new_blanks[prefix], both + frame[blank])
            for symbol in range(len(frame)):
                if symbol == blank:
                    continue
                longer, start = prefix + (symbol,), both
                if prefix[-1:] == (symbol,):
                    stay = letters[prefix] + frame[symbol]
                    new_letters[prefix] = np.logaddexp(new_letters[prefix], stay)
                    start = blanks[prefix]
                new_letters[longer] = np.logaddexp(new_letters[longer], start + frame[symbol])
        score = lambda prefix: np.logaddexp(new_blanks[prefix], new_letters[prefix])
        kept = sorted(set(new_blanks) | set(new_letters), key=score, reverse=True)[:width]
        blanks = defaultdict(nothing, {prefix: new_blanks[prefix] for prefix in kept})
        letters = defaultdict(nothing, {prefix: new_letters[prefix] for prefix in kept})
    return np.array(kept[0], dtype=int), np.logaddexp(blanks[kept[0]], letters[kept[0]])
""",
        ),
        (
            "probabilities, scaled",
            """
def prefix_beam(log_probs, width, blank=0):
    beam, log_scale = [((), 1.0, 0.0)], 0.0
    for row in np.exp(log_probs):
        grown = {}
        for prefix, b, n in beam:
            for k in range(len(row)):
                if k == blank:
                    parts = [(prefix, 0, (b + n) * row[k])]
                elif prefix and k == prefix[-1]:
                    parts = [(prefix, 1, n * row[k]), (prefix + (k,), 1, b * row[k])]
                else:
                    parts = [(prefix + (k,), 1, (b + n) * row[k])]
                for key, place, p in parts:
                    grown.setdefault(key, [0.0, 0.0])[place] += p
        best = sorted(grown.items(), key=lambda item: sum(item[1]), reverse=True)[:width]
        scale = sum(sum(pair) for _, pair in best)
        log_scale += np.log(scale)
        beam = [(prefix, b / scale, n / scale) for prefix, (b, n) in best]
    prefix, b, n = beam[0]
    return prefix, log_scale + np.log(b + n)
""",
        ),
    ],
}
