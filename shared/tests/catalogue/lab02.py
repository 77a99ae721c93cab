"""Wrong and right answers to the exercises of Lab 2."""

SETUP = "import numpy as np\n"

ONCE, SIDE, SHARE, SEED = (
    "puts every index on one side",
    "keeps each writer on one side",
    "comes within one writer of the share",
    "repeats itself for a seed, and only then",
)
GOOD, IMAGE, CUT, LOST, TRAINED, EMPTY = (
    "accepts a good splitter",
    "refuses a split by image",
    "refuses a splitter that cuts one writer in two",
    "refuses a splitter that loses images",
    "refuses test images in training",
    "refuses an empty test part",
)
EQUAL, RARE, ABSENT, HUNDREDS = (
    "agrees with micro where classes are equal",
    "counts a rare class like a common one",
    "ignores classes without an image",
    "a few hundred images",
)
COUNTS, BOTH_WAYS, TIES, NOTHING, MANY = (
    "counts each pair",
    "tells both directions apart",
    "breaks ties by class numbers",
    "has nothing to say without mistakes",
    "four hundred images",
)
RUN = "names run {}".format
ENOUGH, THRIFTY = "enough for 5 points either way", "no more than needed"

BY_WRITER = """
def split_by_writer(writers, test_share, seed):
    names = sorted(set(writers))
    np.random.default_rng(seed).shuffle(names)
    test_names, size = set(), 0
    for name in names:
        if {stop}:
            break
        test_names.add(name)
        size += writers.count(name)
    test = [i for i, w in enumerate(writers) if w in test_names]
    train = [i for i, w in enumerate(writers) if w not in test_names]
    return {result}
"""
ENOUGH_IMAGES = "size >= test_share * len(writers)"


def by_writer(stop: str = ENOUGH_IMAGES, result: str = "train, test") -> str:
    """Return a right splitter with one part exchanged."""
    return BY_WRITER.format(stop=stop, result=result)


def curves(**names: str) -> str:
    """Return an answer to diagnose_curves."""
    return f"def diagnose_curves():\n    return {names!r}"


RIGHT_CURVES = {
    "A": "overfitting",
    "B": "learning rate too low",
    "C": "labels shuffled",
    "D": "learning rate too high",
}

PAIRS = """
def confusion_pairs(labels, predictions, top):
    counts = {{}}
    for true, guess in zip(labels, predictions):
        if {when}:
            key = {key}
            counts[key] = counts.get(key, 0) + 1
    rows = [({row}) for key, n in counts.items()]
    {sort}
    return rows{end}
"""


def pairs(
    when: str = "true != guess",
    key: str = "(int(true), int(guess))",
    row: str = "key[0], key[1], n",
    sort: str = "rows.sort(key=lambda r: (-r[2], r[0], r[1]))",
    end: str = "[:top]",
) -> str:
    """Return a right list of confusions with one part exchanged."""
    return PAIRS.format(when=when, key=key, row=row, sort=sort, end=end)


WRONG = {
    "lab02.guess_accuracy": [
        ("above 100", "def guess_accuracy():\n    return 120", {"a percentage from 0 to 100"}),
        ("text", "def guess_accuracy():\n    return '80 %'", {"a percentage from 0 to 100"}),
        ("a share", "def guess_accuracy():\n    return 0.8", {"a percentage from 0 to 100"}),
    ],
    "lab02.split_by_writer": [
        (
            "a share of the writers",
            """
def split_by_writer(writers, test_share, seed):
    names = sorted(set(writers))
    np.random.default_rng(seed).shuffle(names)
    chosen = set(names[: max(1, round(test_share * len(names)))])
    test = [i for i, name in enumerate(writers) if name in chosen]
    return [i for i, name in enumerate(writers) if name not in chosen], test
""",
            {SHARE},
        ),
        (
            "follows the order of a set",
            by_writer().replace("sorted(set(writers))", "list(set(writers))"),
            {SEED},
        ),
        (
            "splits images",
            """
def split_by_writer(writers, test_share, seed):
    order = np.random.default_rng(seed).permutation(len(writers))
    size = round(test_share * len(writers))
    return order[size:].tolist(), order[:size].tolist()
""",
            {SIDE},
        ),
        ("sides exchanged", by_writer(result="test, train"), {SHARE}),
        ("share of writers as a count of one", by_writer(stop="size > 0"), {SHARE}),
        ("test images stay in training", by_writer(result="train + test, test"), {ONCE, SIDE}),
        (
            "names instead of indices",
            by_writer(result="[writers[i] for i in train], [writers[i] for i in test]"),
            {ONCE, SIDE, SHARE, SEED},
        ),
        (
            "ignores the seed",
            by_writer().replace("    np.random.default_rng(seed).shuffle(names)\n", ""),
            {SEED},
        ),
        (
            "never the same twice",
            by_writer().replace("default_rng(seed)", "default_rng()"),
            {SEED},
        ),
        (
            "keeps the first image of each test writer",
            by_writer(result="train, [writers.index(w) for w in sorted(test_names)]"),
            {ONCE, SHARE},
        ),
        ("tests nobody", by_writer(stop="True"), {ONCE, SIDE, SHARE, SEED}),
        ("returns the test part alone", by_writer(result="test"), {ONCE, SIDE, SHARE, SEED}),
    ],
    "lab02.find_leak": [
        ("an unknown letter", "def find_leak():\n    return 'E'", {"names the leaking snippet"}),
        ("a number", "def find_leak():\n    return 3", {"names the leaking snippet"}),
    ],
    "lab02.check_split": [
        (
            "accepts one splitter only",
            "def check_split(split):\n"
            "    train, test = split(['a', 'b', 'a', 'b'], 0.5, 1)\n"
            "    assert (train, sorted(test)) == ([0, 2], [1, 3])",
            {"accepts a good splitter"},
        ),
        (
            "asserts nothing",
            "def check_split(split):\n    split(['a', 'b'], 0.5, 1)",
            {IMAGE, CUT, LOST, TRAINED, EMPTY},
        ),
        (
            "one image a writer",
            """
def check_split(split):
    writers = [f"writer {i}" for i in range(10)]
    train, test = split(writers, 0.3, 1)
    assert train and test
    assert sorted(train + test) == list(range(10))
    assert not {writers[i] for i in train} & {writers[i] for i in test}
""",
            {IMAGE, CUT, LOST},
        ),
        (
            "indices alone",
            """
def check_split(split):
    writers = ["a", "b", "c", "d", "e"] * 8
    train, test = split(writers, 0.3, 1)
    assert train and test
    assert sorted(train + test) == list(range(40))
""",
            {IMAGE, CUT},
        ),
        (
            "writers alone",
            """
def check_split(split):
    writers = ["a", "b", "c", "d", "e"] * 8
    train, test = split(writers, 0.3, 1)
    assert not {writers[i] for i in train} & {writers[i] for i in test}
""",
            {LOST, EMPTY},
        ),
        (
            "demands the exact share",
            """
def check_split(split):
    writers = ["a", "b", "c", "d", "e"] * 8
    train, test = split(writers, 0.3, 1)
    assert len(test) == 12
    assert sorted(train + test) == list(range(40))
    assert not {writers[i] for i in train} & {writers[i] for i in test}
""",
            {GOOD},
        ),
        ("refuses everything", "def check_split(split):\n    assert False", {GOOD}),
        (
            "lets one shared writer pass",
            """
def check_split(split):
    writers = ["a", "b", "c", "d", "e"] * 8
    train, test = split(writers, 0.3, 1)
    assert train and test
    assert sorted(train + test) == list(range(40))
    assert len({writers[i] for i in train} & {writers[i] for i in test}) <= 1
""",
            {CUT},
        ),
    ],
    "lab02.diagnose_curves": [
        ("A taken for healthy", curves(**RIGHT_CURVES | {"A": "healthy"}), {RUN("A")}),
        ("B taken for healthy", curves(**RIGHT_CURVES | {"B": "healthy"}), {RUN("B")}),
        ("C taken for overfitting", curves(**RIGHT_CURVES | {"C": "overfitting"}), {RUN("C")}),
        (
            "D taken for shuffled labels",
            curves(**RIGHT_CURVES | {"D": "labels shuffled"}),
            {RUN("D")},
        ),
        (
            "rates exchanged",
            curves(**RIGHT_CURVES | {"B": "learning rate too high", "D": "learning rate too low"}),
            {RUN("B"), RUN("D")},
        ),
        (
            "a list",
            "def diagnose_curves():\n    return ['overfitting', 'healthy']",
            set(map(RUN, "ABCD")),
        ),
        ("a name not offered", curves(**RIGHT_CURVES | {"A": "too much training"}), {RUN("A")}),
        (
            "a run left out",
            curves(**{k: v for k, v in RIGHT_CURVES.items() if k != "D"}),
            {RUN("D")},
        ),
    ],
    "lab02.macro_accuracy": [
        (
            "micro",
            "def macro_accuracy(labels, predictions):\n"
            "    return float(np.mean(np.array(labels) == np.array(predictions)))",
            {RARE, ABSENT, HUNDREDS},
        ),
        (
            "per predicted class",
            """
def macro_accuracy(labels, predictions):
    labels, predictions = np.array(labels), np.array(predictions)
    return float(np.mean([np.mean(labels[predictions == c] == c) for c in np.unique(predictions)]))
""",
            {EQUAL, RARE, ABSENT, HUNDREDS},
        ),
        (
            "classes of both lists",
            """
def macro_accuracy(labels, predictions):
    labels, predictions = np.array(labels), np.array(predictions)
    classes = np.union1d(labels, predictions)
    rates = [np.mean(predictions[labels == c] == c) if (labels == c).any() else 0 for c in classes]
    return float(np.mean(rates))
""",
            {ABSENT, HUNDREDS},
        ),
        (
            "all classes up to the largest",
            """
def macro_accuracy(labels, predictions):
    labels, predictions = np.array(labels), np.array(predictions)
    right = [np.sum((labels == c) & (predictions == c)) / max(1, np.sum(labels == c))
             for c in range(labels.max() + 1)]
    return float(np.mean(right))
""",
            {ABSENT},
        ),
        (
            "adds up without dividing",
            """
def macro_accuracy(labels, predictions):
    labels, predictions = np.array(labels), np.array(predictions)
    return float(sum(np.mean(predictions[labels == c] == c) for c in np.unique(labels)))
""",
            {EQUAL, RARE, ABSENT, HUNDREDS},
        ),
        (
            "percent",
            """
def macro_accuracy(labels, predictions):
    labels, predictions = np.array(labels), np.array(predictions)
    return 100 * float(np.mean([np.mean(predictions[labels == c] == c) for c in np.unique(labels)]))
""",
            {EQUAL, RARE, ABSENT, HUNDREDS},
        ),
    ],
    "lab02.confusion_pairs": [
        ("keeps the diagonal", pairs(when="True"), {COUNTS, BOTH_WAYS, NOTHING, MANY}),
        ("predicted first", pairs(row="key[1], key[0], n"), {COUNTS, BOTH_WAYS, TIES, MANY}),
        (
            "both directions as one",
            pairs(key="tuple(sorted((int(true), int(guess))))"),
            {COUNTS, BOTH_WAYS, TIES, MANY},
        ),
        (
            "rarest first",
            pairs(sort="rows.sort(key=lambda r: (r[2], r[0], r[1]))"),
            {COUNTS, BOTH_WAYS, MANY},
        ),
        ("ties as they come", pairs(sort="rows.sort(key=lambda r: -r[2])"), {TIES, MANY}),
        (
            "reversed sort",
            pairs(sort="rows.sort(key=lambda r: (r[2], r[0], r[1]), reverse=True)"),
            {TIES, MANY},
        ),
        ("forgets top", pairs(end=""), {TIES, MANY}),
        ("no list without mistakes", pairs(end="[:top] or None"), {NOTHING}),
    ],
    "lab02.choose_sample": [
        ("the frozen set's own", "def choose_sample():\n    return 20", {ENOUGH}),
        ("a round hundred", "def choose_sample():\n    return 100", {ENOUGH}),
        ("rounded down", "def choose_sample():\n    return 245", {ENOUGH}),
        ("without the 1.96", "def choose_sample():\n    return 64", {ENOUGH}),
        ("plus or minus one point", "def choose_sample():\n    return 6147", {THRIFTY}),
        ("the whole of MNIST", "def choose_sample():\n    return 10_000", {THRIFTY}),
        ("half an image", "def choose_sample():\n    return 300.5", {ENOUGH, THRIFTY}),
    ],
}

RIGHT = {
    "lab02.guess_accuracy": [
        ("a float", "def guess_accuracy():\n    return 62.5"),
        ("an int", "def guess_accuracy():\n    return 90"),
        ("numpy", "def guess_accuracy():\n    return np.float32(33)"),
    ],
    "lab02.split_by_writer": [
        ("writers until enough", by_writer()),
        (
            "stops before it is too many",
            """
import random

def split_by_writer(writers, test_share, seed):
    names = sorted(set(writers))
    random.Random(seed).shuffle(names)
    groups = {name: [i for i, w in enumerate(writers) if w == name] for name in names}
    train, test = [], []
    for name in names:
        fits = not test or len(test) + len(groups[name]) <= test_share * len(writers)
        (test if fits else train).extend(groups[name])
    return train, test
""",
        ),
        (
            "cumulated counts in numpy",
            """
def split_by_writer(writers, test_share, seed):
    writers = np.asarray(writers)
    names, counts = np.unique(writers, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    before = np.cumsum(counts[order]) - counts[order]
    chosen = names[order[before < test_share * len(writers)]]
    is_test = np.isin(writers, chosen)
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)
""",
        ),
    ],
    "lab02.find_leak": [
        ("capital", "def find_leak():\n    return 'C'"),
        ("small", "def find_leak():\n    return 'c'"),
        ("with a space", "def find_leak():\n    return ' C '"),
    ],
    "lab02.check_split": [
        (
            "sets",
            """
def check_split(split):
    writers = [f"writer {i % 6}" for i in range(60)]
    train, test = split(writers, 0.25, 3)
    assert len(train) and len(test)
    assert sorted(list(train) + list(test)) == list(range(60))
    assert {writers[i] for i in train}.isdisjoint(writers[i] for i in test)
""",
        ),
        (
            "loops over seeds",
            """
def check_split(split):
    writers = list("aaaabbbbccccddddeeeeffffgggg")
    for seed in range(5):
        train, test = split(writers, 0.4, seed)
        if len(train) == 0 or len(test) == 0:
            raise AssertionError("a part is empty")
        assert len(train) + len(test) == len(set(train) | set(test)) == len(writers)
        for index in test:
            assert all(writers[index] != writers[other] for other in train)
""",
        ),
        (
            "generous share",
            """
def check_split(split):
    rng = np.random.default_rng(0)
    writers = [f"w{k}" for k in rng.integers(0, 9, 200)]
    train, test = split(writers, 0.3, 7)
    assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(200))
    assert 0.05 * 200 <= len(test) <= 0.6 * 200
    names = np.array(writers)
    assert len(np.intersect1d(names[train], names[test])) == 0
""",
        ),
    ],
    "lab02.diagnose_curves": [
        ("a dict", curves(**RIGHT_CURVES)),
        (
            "capitals and spaces",
            curves(**{run: f" {name.capitalize()} " for run, name in RIGHT_CURVES.items()}),
        ),
        (
            "made with zip",
            """
def diagnose_curves():
    names = ["overfitting", "learning rate too low", "labels shuffled", "learning rate too high"]
    return dict(zip("ABCD", names))
""",
        ),
    ],
    "lab02.macro_accuracy": [
        (
            "numpy",
            """
def macro_accuracy(labels, predictions):
    labels, predictions = np.array(labels), np.array(predictions)
    return np.mean([np.mean(predictions[labels == c] == c) for c in np.unique(labels)])
""",
        ),
        (
            "pure Python",
            """
def macro_accuracy(labels, predictions):
    right, seen = {}, {}
    for label, guess in zip(labels, predictions):
        seen[label] = seen.get(label, 0) + 1
        right[label] = right.get(label, 0) + (label == guess)
    return sum(right[c] / seen[c] for c in seen) / len(seen)
""",
        ),
        (
            "bincount",
            """
def macro_accuracy(labels, predictions):
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    seen = np.bincount(labels)
    right = np.bincount(labels, weights=labels == predictions)
    return float((right[seen > 0] / seen[seen > 0]).mean())
""",
        ),
    ],
    "lab02.confusion_pairs": [
        ("dictionary", pairs()),
        (
            "Counter",
            """
from collections import Counter

def confusion_pairs(labels, predictions, top):
    counts = Counter((a, b) for a, b in zip(labels, predictions) if a != b)
    ranked = sorted(counts, key=lambda pair: (-counts[pair], *pair))
    return [(*pair, counts[pair]) for pair in ranked[:top]]
""",
        ),
        (
            "numpy matrix",
            """
def confusion_pairs(labels, predictions, top):
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    size = max(labels.max(), predictions.max()) + 1
    matrix = np.zeros((size, size), int)
    np.add.at(matrix, (labels, predictions), 1)
    np.fill_diagonal(matrix, 0)
    order = np.argsort(-matrix, axis=None, kind="stable")[:top]
    rows, columns = np.unravel_index(order, matrix.shape)
    return [(r, c, matrix[r, c]) for r, c in zip(rows, columns) if matrix[r, c]]
""",
        ),
    ],
    "lab02.choose_sample": [
        (
            "the formula",
            "def choose_sample():\n    return int(np.ceil(0.8 * 0.2 * (1.96 / 0.05) ** 2))",
        ),
        ("two standard deviations", "def choose_sample():\n    return 256"),
        ("the worst case", "def choose_sample():\n    return 385"),
    ],
}
