"""Answers to the exercises of Lab 4: wrong ones with the cases they must fail, and right ones."""

from shared.tests.catalogue import lab04_resume

SETUP = """
import difflib
import json
import math

import numpy as np
"""


def config(near="near[0]", refuse="name not in defaults", result="{**defaults, **changes}",
           kind="KeyError", cutoff="0"):  # fmt: skip
    """Return a complete_config with one part replaced."""
    return f"""
def complete_config(defaults, changes):
    for name in changes:
        if {refuse}:
            near = difflib.get_close_matches(name, defaults, n=1, cutoff={cutoff})
            raise {kind}(f"no setting {{name}}; did you mean {{{near}}}?")
    return {result}
"""


def going(value="not math.isnan(value) and", places="max(1, (len(others) + 1) // factor)",
          better="other > value", compare="<"):  # fmt: skip
    """Return a keep_going with one part replaced."""
    return f"""
def keep_going(value, others, factor):
    places = {places}
    better = sum({better} for other in others)
    return {value} better {compare} places
"""


def reader(line="continue", start="[]"):
    """Return a read_records that meets damage in its own way."""
    return f"""
def read_records(text):
    records = {start}
    for line in text.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            {line}
    return records
"""


def runs(**names):
    """Return a diagnose_runs with these names."""
    return f"def diagnose_runs():\n    return {names!r}"


RIGHT_RUNS = {
    "A": "restarted without its checkpoint",
    "B": "stopped early",
    "C": "diverged",
    "D": "logged in percent",
}
ALL_RUNS = {f"names run {run}" for run in "ABCD"}
FILLS, REFUSES = "fills in the defaults", "refuses an unknown setting by name"
NEAREST, INPUTS = "suggests the nearest right one", "leaves its inputs as they were"
WHOLE, SHORT = "reads whole records", "drops a record that was cut short"
NOTHING_AFTER, EMPTY = "takes nothing after the damage", "has nothing to read in an empty file"
LONG = "a long history, cut anywhere"
FIRST, BETTER = "lets the first trial pass", "lets the better half of four pass"
WORSE, NAN, FORTY = (
    "stops the worse half of four", "stops a trial that diverged", "forty trials",
)  # fmt: skip
FITS, FAST = "fits into memory", "is as fast as possible"

WRONG = {
    "lab04.guess_speedup": [
        ("too large", "def guess_speedup():\n    return 40", None),
        ("negative", "def guess_speedup():\n    return -1", None),
    ],
    "lab04.complete_config": [
        ("always the first", config(near="list(defaults)[0]"), {NEAREST}),
        (
            "finds nothing near, and fails",
            config(cutoff="0.6"),
            {REFUSES},
        ),
        ("changes alone", config(result="dict(changes)"), {FILLS}),
        ("defaults win", config(result="{**changes, **defaults}"), {FILLS}),
        (
            "no check",
            "def complete_config(defaults, changes):\n    return {**defaults, **changes}",
            {REFUSES, NEAREST},
        ),
        (
            "drops what is unknown",
            """
def complete_config(defaults, changes):
    return {name: changes.get(name, value) for name, value in defaults.items()}
""",
            {REFUSES, NEAREST},
        ),
        ("another exception", config(kind="ValueError"), {REFUSES}),
        ("lists every setting", config(near="', '.join(defaults)"), {NEAREST}),
        (
            "names nothing",
            """
def complete_config(defaults, changes):
    if not set(changes) <= set(defaults):
        raise KeyError("there is an unknown setting")
    return {**defaults, **changes}
""",
            {REFUSES, NEAREST},
        ),
        ("suggests the first", config(near="'learning_rate'"), {NEAREST}),
        (
            "changes the defaults",
            """
def complete_config(defaults, changes):
    for name, value in changes.items():
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, n=1)
            raise KeyError(f"no {name}, but {near}")
        defaults[name] = value
    return defaults
""",
            {FILLS, INPUTS},
        ),
        (
            "returns the defaults changed",
            """
def complete_config(defaults, changes):
    for name in set(changes) - set(defaults):
        raise KeyError(f"no {name}, but {difflib.get_close_matches(name, defaults, n=1)}")
    defaults.update(changes)
    return dict(defaults)
""",
            {FILLS, INPUTS},
        ),
    ],
    "lab04.read_records": [
        (
            "lines that end in a brace",
            """
def read_records(text):
    records = []
    for line in text.splitlines():
        if not line.endswith("}"):
            break
        try:
            records.append(json.loads(line))
        except ValueError:
            records.append({})
            break
    return records
""",
            {SHORT},
        ),
        (
            "ended lines alone",
            """
def read_records(text):
    records = []
    for line in text.split("\\n")[:-1]:
        try:
            records.append(json.loads(line))
        except ValueError:
            break
    return records
""",
            {WHOLE},
        ),
        (
            "eval",
            """
def read_records(text):
    records = []
    for line in text.splitlines():
        try:
            records.append(eval(line))
        except Exception:
            break
    return records
""",
            {WHOLE},
        ),
        (
            "mends what was cut",
            """
def read_records(text):
    records = []
    for line in text.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            try:
                records.append(json.loads(line + "}"))
            except ValueError:
                pass
            break
    return records
""",
            {SHORT},
        ),
        ("goes on after the damage", reader("continue"), {NOTHING_AFTER}),
        (
            "lets the exception out",
            """
def read_records(text):
    return [json.loads(line) for line in text.splitlines()]
""",
            {SHORT, NOTHING_AFTER, LONG},
        ),
        ("gives up everything", reader("return []"), {SHORT, NOTHING_AFTER, LONG}),
        (
            "drops the last line always",
            """
def read_records(text):
    return [json.loads(line) for line in text.splitlines()[:-1]]
""",
            {WHOLE, NOTHING_AFTER},
        ),
        (
            "keeps the text",
            """
def read_records(text):
    return [line for line in text.splitlines() if line.endswith("}")]
""",
            {WHOLE, SHORT, NOTHING_AFTER, LONG},
        ),
        (
            "marks the damage",
            reader("records.append(None)\n            break"),
            {SHORT, NOTHING_AFTER, LONG},
        ),
        (
            "nothing for nothing",
            reader("break", "[]").replace(
                "    for line", "    if not text:\n        return None\n    for line"
            ),
            {EMPTY},
        ),
        (
            "one dictionary",
            """
def read_records(text):
    found = {}
    for line in text.splitlines():
        try:
            found |= json.loads(line)
        except ValueError:
            break
    return found
""",
            {WHOLE, SHORT, NOTHING_AFTER, EMPTY, LONG},
        ),
    ],
    "lab04.find_unfair_study": [
        (
            "no letter",
            "def find_unfair_study():\n    return 'the third'",
            {"names the unfair study"},
        ),
        ("two letters", "def find_unfair_study():\n    return 'CD'", {"names the unfair study"}),
    ],
    "lab04.diagnose_runs": [
        ("all healthy", runs(**dict.fromkeys("ABCD", "healthy")), ALL_RUNS),
        (
            "A resumed well",
            runs(**{**RIGHT_RUNS, "A": "resumed from its checkpoint"}),
            {"names run A"},
        ),
        (
            "B and C exchanged",
            runs(**{**RIGHT_RUNS, "B": "diverged", "C": "stopped early"}),
            {"names run B", "names run C"},
        ),
        ("D healthy", runs(**{**RIGHT_RUNS, "D": "healthy"}), {"names run D"}),
        ("A diverged", runs(**{**RIGHT_RUNS, "A": "diverged"}), {"names run A"}),
        ("a name of one's own", runs(**{**RIGHT_RUNS, "C": "exploded"}), {"names run C"}),
        ("a list", "def diagnose_runs():\n    return ['stopped early'] * 4", ALL_RUNS),
    ],
    "lab04.keep_going": [
        ("who is equal is better", going(better="other >= value"), {FORTY}),
        ("always", "def keep_going(value, others, factor):\n    return True", {WORSE, NAN, FORTY}),
        ("never alone", going(places="len(others) // factor"), {FIRST, BETTER, FORTY}),
        ("no place for the first", going(places="(len(others) + 1) // factor"), {FIRST, FORTY}),
        ("one place too many", going(compare="<="), {WORSE, FORTY}),
        ("smaller is better", going(better="other < value"), {BETTER, WORSE, FORTY}),
        ("nan is unbeaten", going(value=""), {NAN}),
        (
            "above the mean",
            """
def keep_going(value, others, factor):
    return not math.isnan(value) and value >= np.mean([value, *others])
""",
            {FORTY},
        ),
        ("the factor is always two", going(places="max(1, (len(others) + 1) // 2)"), {FORTY}),
        (
            "the best alone",
            """
def keep_going(value, others, factor):
    return not math.isnan(value) and all(value > other for other in others)
""",
            {BETTER, FORTY},
        ),
    ],
    "lab04.choose_workers": [
        ("one a processor", "def choose_workers():\n    return 8", {FITS}),
        ("the notebook forgotten", "def choose_workers():\n    return math.ceil(4 / 1.1)", {FITS}),
        ("one a trial", "def choose_workers():\n    return 12", {FITS}),
        ("one", "def choose_workers():\n    return 1", {FAST}),
        ("two", "def choose_workers():\n    return 2", {FAST}),
        ("not rounded", "def choose_workers():\n    return (4 - 0.3) / 1.1", {FITS, FAST}),
        ("text", "def choose_workers():\n    return 'three'", {FITS, FAST}),
    ],
    **lab04_resume.WRONG,
}

RIGHT = {
    "lab04.guess_speedup": [
        ("a number", "def guess_speedup():\n    return 1.5"),
        ("a whole number", "def guess_speedup():\n    return 2"),
        ("of numpy", "def guess_speedup():\n    return np.float32(0.8)"),
    ],
    "lab04.complete_config": [
        ("merged", config()),
        (
            "a copy, changed",
            """
def complete_config(defaults, changes):
    config = dict(defaults)
    for name, value in changes.items():
        if name in config:
            config[name] = value
        else:
            near = difflib.get_close_matches(name, list(defaults), n=1)
            raise KeyError(f"{name} is unknown, perhaps {near}")
    return config
""",
        ),
        (
            "by ratio",
            """
def complete_config(defaults, changes):
    for wrong in set(changes).difference(defaults):
        likeness = {n: difflib.SequenceMatcher(None, n, wrong).ratio() for n in defaults}
        raise KeyError(wrong, "nearest:", max(likeness, key=likeness.get))
    return defaults | changes
""",
        ),
    ],
    "lab04.read_records": [
        ("break", reader("break")),
        ("return", reader("return records")),
        (
            "a generator",
            """
def read_records(text):
    def whole():
        for line in filter(None, text.split("\\n")):
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                return
    return list(whole())
""",
        ),
        (
            "while",
            """
def read_records(text):
    lines, k, records = text.splitlines(), 0, []
    while k < len(lines):
        try:
            record = json.loads(lines[k])
        except Exception:
            k = len(lines)
        else:
            records = records + [record]
            k += 1
    return tuple(records)
""",
        ),
    ],
    "lab04.find_unfair_study": [
        ("the letter", "def find_unfair_study():\n    return 'C'"),
        ("small", "def find_unfair_study():\n    return 'c'"),
        ("with a space", "def find_unfair_study():\n    return ' C '"),
    ],
    "lab04.diagnose_runs": [
        ("a dict", runs(**RIGHT_RUNS)),
        (
            "capitals and spaces",
            runs(**{run: f" {name.capitalize()} " for run, name in RIGHT_RUNS.items()}),
        ),
        (
            "one by one",
            "def diagnose_runs():\n    found = {}\n"
            + "".join(f"    found[{run!r}] = {name!r}\n" for run, name in RIGHT_RUNS.items())
            + "    return found",
        ),
    ],
    "lab04.keep_going": [
        ("counts", going()),
        (
            "sorts",
            """
def keep_going(value, others, factor):
    if value != value:
        return False
    ranked = sorted([*others, value], reverse=True)
    return ranked.index(value) < max(1, len(ranked) // factor)
""",
        ),
        (
            "numpy",
            """
def keep_going(value, others, factor):
    better = np.sum(np.asarray(others) > value)
    return bool(np.isfinite(value)) and bool(better < max(1, (1 + len(others)) // factor))
""",
        ),
    ],
    "lab04.choose_workers": [
        ("the number", "def choose_workers():\n    return 3"),
        ("computed", "def choose_workers():\n    return int((4 - 0.3) / 1.1)"),
        (
            "searched",
            """
def choose_workers():
    fitting = [w for w in range(1, 9) if 0.3 + 1.1 * w <= 4]
    return min(fitting, key=lambda w: 6 + math.ceil(12 / w) * 20)
""",
        ),
    ],
    **lab04_resume.RIGHT,
}
