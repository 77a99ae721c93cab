"""Lab 2: single characters, honest splits and honest numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np

from shared.checks.builders import accepts, ask, choose, diagnose, guess, refuses
from shared.checks.compare import equal, show, whole_number
from shared.checks.elsewhere import elsewhere
from shared.checks.exercise import Case
from shared.metrics import macro_accuracy

GUESS_ACCURACY = guess(
    "lab02.guess_accuracy",
    "Guess before you train",
    0,
    100,
    case="a percentage from 0 to 100",
    hint="Return one number such as 70; every guess in the range earns the point.",
)


def uneven_writers(seed: int) -> dict:
    """Return images of 24 writers who wrote 1 to 29 each."""
    rng = np.random.default_rng([2, seed])
    sizes = rng.integers(1, 30, 24)
    writers = np.repeat([f"hand {number:02}" for number in range(24)], sizes)
    rng.shuffle(writers)
    return {"writers": writers.tolist(), "test_share": 0.25, "seed": int(rng.integers(1000))}


def sixteen_splits(seed: int) -> list[dict]:
    """Return one call with uneven writers, and fifteen with writers of one image or twenty."""
    writers = [f"hand {number:02}" for number in range(30) for _ in range(20 if number % 3 else 1)]
    seeds = np.random.default_rng([2, seed, 1]).integers(1000, size=15).tolist()
    few = [{"writers": writers, "test_share": 0.25, "seed": one} for one in seeds]
    return [uneven_writers(seed), *few]


def parts_of(answer: object) -> tuple[list[int], list[int]]:
    """Return the two parts of a split as lists of whole numbers.

    Raises:
        ValueError: The answer is something else.
    """
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        raise ValueError("not two parts")
    train, test = (part.tolist() if isinstance(part, np.ndarray) else part for part in answer)
    if not isinstance(train, list | tuple | set) or not isinstance(test, list | tuple | set):
        raise ValueError("a part is no list")
    for value in (*train, *test):
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise ValueError("not an index")
    return [int(value) for value in train], [int(value) for value in test]


def judge_split(find_fault):
    """Return a judge that looks for one fault of (writers, train, test, inputs)."""

    def judge(inputs: dict, answer: object) -> str | None:
        writers = inputs["writers"]
        call = f"split_by_writer of {len(writers)} images by {len(set(writers))} writers"
        try:
            fault = find_fault(writers, *parts_of(answer), inputs["test_share"])
        except (TypeError, ValueError, OverflowError):
            return f"{call} gave {show(answer)}, expected two lists of indices: (train, test)."
        return fault and f"{call}{fault}."

    return judge


def not_once(writers: list, train: list, test: list, share: float) -> str | None:
    """Find an index that does not stand in exactly one part, or an empty part."""
    if not train or not test:
        return f" gave {len(train)} and {len(test)} indices; neither may be empty"
    counts = Counter(train + test)
    for index in range(len(writers)):
        if counts.pop(index, 0) != 1:
            where = "twice" if index in train or index in test else "in neither part"
            return f": index {index} stands {where}, expected exactly once"
    return f": index {min(counts)} does not exist" if counts else None


def shared_writer(writers: list, train: list, test: list, share: float) -> str | None:
    """Find a writer of a test image who wrote a training image."""
    sides = [{writers[k] for k in part if 0 <= k < len(writers)} for part in (train, test)]
    if not all(sides):
        raise ValueError("a part is empty")
    both = sorted(sides[0] & sides[1])
    return f": {both[0]!r} is on both sides, and so are {len(both) - 1} others" if both else None


def missed_share(writers: list, train: list, test: list, share: float) -> str | None:
    """Find a test part that misses its target by more than the largest writer."""
    target, largest = share * len(writers), max(Counter(writers).values())
    if abs(len(test) - target) <= largest:
        return None
    return (
        f", test_share={share}: {len(test)} test images, expected {target:.0f}, give or take "
        f"one writer (at most {largest} images)"
    )


def split_with_seeds(function, inputs: dict) -> list:
    """Split with one seed twice, then with four others, then in two fresh processes.

    A set of names has another order in every process; a split that follows it cannot be repeated.
    """
    seeds = [5, 5, 6, 7, 8, 9]
    here = [sorted(int(i) for i in function(inputs["writers"], 0.25, seed)[1]) for seed in seeds]
    there = elsewhere(function, {"writers": inputs["writers"], "test_share": 0.25, "seed": 5})
    return [*here, [sorted(int(i) for i in test) for _, test in there]]


def judge_seeds(inputs: dict, answer: object) -> str | None:
    """The same seed repeats the split, also in another process; other seeds draw other writers."""
    if not isinstance(answer, list) or len(answer) != 7:
        return f"split_by_writer gave {show(answer)}, expected two lists of indices."
    *answer, there = answer
    if any(equal(part, there[0], "") for part in there):
        return (
            "split_by_writer(writers, 0.25, seed=5) gives another split in another kernel: the "
            "order of a set of names changes, so sort them first."
        )
    if equal(answer[1], answer[0], ""):
        return "split_by_writer(writers, 0.25, seed=5) gave two different splits in two calls."
    if not any(equal(part, answer[0], "") for part in answer):
        return "split_by_writer gave the same test part for the seeds 5, 6, 7, 8 and 9."
    return None


SPLIT_BY_WRITER = ask(
    "lab02.split_by_writer",
    "Split by writer",
    Case(
        "puts every index on one side",
        {"writers": ["ann", "bob", "ann", "cem", "bob", "ann"], "test_share": 0.4, "seed": 1},
        judge=judge_split(not_once),
        hint="Walk over range(len(writers)) once and ask of each index where its writer is.",
    ),
    Case(
        "keeps each writer on one side",
        uneven_writers,
        judge=judge_split(shared_writer),
        hint="Choose whole writers first; the images follow their writers.",
        points=2,
    ),
    Case(
        "comes within one writer of the share",
        sixteen_splits,
        judge=judge_split(missed_share),
        hint="Writers write different amounts: add writers until enough images are chosen.",
    ),
    Case(
        "repeats itself for a seed, and only then",
        uneven_writers,
        probe=split_with_seeds,
        judge=judge_seeds,
        hint="Make a generator inside: np.random.default_rng(seed).",
    ),
)

FIND_LEAK = choose(
    "lab02.find_leak",
    "Find the leak",
    "ABCD",
    {
        "A": "there the mean comes from training images alone, and the test images are changed "
        "by it",
        "B": "there test images are looked at only to remove their copies from the training part",
        "D": "there images are repeated after the split, so that no copy crosses over",
    },
    case="names the leaking snippet",
    hint="Ask of each snippet: can one person's ink end up on both sides?",
)


# A test for splitters, and splitters that it must accept or refuse
def good_splitter(writers, test_share, seed):
    """A splitter that keeps every promise."""
    names = sorted(set(writers), reverse=True)
    np.random.default_rng(seed).shuffle(names)
    train = list(range(len(writers)))
    test = []
    for name in names:
        mine = [index for index in train if writers[index] == name]
        if len(mine) < len(train) and len(test) < test_share * len(writers):
            train = [index for index in train if writers[index] != name]
            test = test + mine
    return train, test


def splits_by_draws(writers, test_share, seed):
    """A good splitter written otherwise."""
    rng = np.random.default_rng(seed + 1)
    names, sizes = np.unique(writers, return_counts=True)
    chosen, count = [], 0
    for place in rng.permutation(len(names)):
        if len(chosen) < len(names) - 1 and count < test_share * len(writers):
            chosen.append(names[place])
            count += sizes[place]
    is_test = np.isin(writers, chosen)
    return np.flatnonzero(~is_test).tolist(), np.flatnonzero(is_test).tolist()


def splits_by_image(writers, test_share, seed):
    """A splitter that shuffles images, whoever wrote them."""
    order = np.random.default_rng(seed).permutation(len(writers)).tolist()
    size = round(test_share * len(writers))
    return order[size:], order[:size]


def leaks_one_writer(writers, test_share, seed):
    """A splitter that puts one writer on both sides."""
    names = np.random.default_rng(seed).permutation(sorted(set(writers))).tolist()
    order = sorted(range(len(writers)), key=lambda index: (names.index(writers[index]), index))
    size = round(test_share * len(writers))
    if 0 < size < len(order) and writers[order[size - 1]] == writers[order[size]]:
        return order[size:], order[:size]
    return order[size - 1 :], order[: size - 1]


def loses_images(writers, test_share, seed):
    """A splitter that drops most images of the test writers."""
    train, test = good_splitter(writers, test_share, seed)
    first = {writers[index]: index for index in reversed(test)}
    return train, sorted(first.values())


def trains_on_everything(writers, test_share, seed):
    """A splitter that leaves the test images in the training part."""
    _, test = good_splitter(writers, test_share, seed)
    return list(range(len(writers))), test


def tests_nothing(writers, test_share, seed):
    """A splitter that tests nothing at all."""
    return list(range(len(writers))), []


CHECK_SPLIT = ask(
    "lab02.check_split",
    "Test any splitter",
    accepts(
        "accepts a good splitter",
        good_splitter,
        also=(splits_by_draws,),
        hint="Assert what is promised and no more: the order of indices is free, and so is the "
        "exact size of the test part.",
    ),
    refuses(
        "refuses a split by image",
        splits_by_image,
        hint="Give it several images of each writer and compare the two sets of writers.",
    ),
    refuses(
        "refuses a splitter that cuts one writer in two",
        leaks_one_writer,
        hint="Compare the whole sets of writers; one name in both is too many.",
    ),
    refuses(
        "refuses a splitter that loses images",
        loses_images,
        hint="Both parts together, sorted, must be list(range(len(writers))).",
    ),
    refuses(
        "refuses test images in training",
        trains_on_everything,
        hint="An index in both parts is a leak, too: count the indices.",
    ),
    refuses(
        "refuses an empty test part",
        tests_nothing,
        hint="A comparison of two sets passes when one is empty; assert that neither is.",
    ),
    save_to="tests/test_lab02_split.py",
)

DIAGNOSE_CURVES = diagnose(
    "lab02.diagnose_curves",
    "Diagnose four runs",
    {
        "A": "Run A: training loss goes on falling while validation loss turns and rises.",
        "B": "Run B: both losses fall together, smoothly, and are still falling at the end.",
        "C": "Run C: training loss falls, but validation loss is never better than a blind guess.",
        "D": "Run D: both losses jump up and down together instead of falling.",
    },
    (
        "healthy",
        "overfitting",
        "labels shuffled",
        "learning rate too high",
        "learning rate too low",
        "test images in training",
    ),
    case="names run {}",
    objection=", but the curves say something else",
    example="such as",
)


def imbalanced_images(seed: int) -> dict:
    """Return 300 images of 8 classes, the rare ones read worst."""
    rng = np.random.default_rng([6, seed])
    labels = rng.choice(8, 300, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.01, 0.01])
    wrong = rng.random(300) < 0.1 + 0.1 * labels
    predictions = np.where(wrong, rng.integers(0, 9, 300), labels)
    return {"labels": labels, "predictions": predictions}


MACRO_ACCURACY = ask(
    "lab02.macro_accuracy",
    "Macro accuracy",
    Case(
        "agrees with micro where classes are equal",
        {"labels": [0, 0, 1, 1], "predictions": [0, 1, 1, 1]},
        hint="Every class has two images here: (1/2 + 2/2) / 2.",
    ),
    Case(
        "counts a rare class like a common one",
        {"labels": [0, 0, 0, 1], "predictions": [0, 0, 0, 0]},
        hint="Class 0 has accuracy 1 and class 1 has 0; their mean is asked for.",
    ),
    Case(
        "ignores classes without an image",
        {"labels": [2, 2, 5], "predictions": [2, 3, 5]},
        hint="Take the classes from np.unique(labels), not from predictions or range(...).",
    ),
    Case(
        "a few hundred images",
        imbalanced_images,
        call="macro_accuracy of 300 images in 8 classes",
        hint="Divide by the number of images of a class in labels, then by the classes seen.",
    ),
    reference=macro_accuracy,
)


def many_mistakes(seed: int) -> dict:
    """Return 400 images of 12 classes, half of them read wrongly."""
    rng = np.random.default_rng([7, seed])
    labels = rng.integers(0, 12, 400)
    predictions = np.where(rng.random(400) < 0.5, labels, rng.integers(0, 12, 400))
    return {"labels": labels, "predictions": predictions, "top": 15}


CONFUSION_PAIRS = ask(
    "lab02.confusion_pairs",
    "Rank the confusions",
    Case(
        "counts each pair",
        {"labels": [3, 3, 3, 7], "predictions": [5, 5, 3, 1], "top": 2},
        hint="Count the pairs (true, predicted) that differ; a dictionary or Counter will do.",
    ),
    Case(
        "tells both directions apart",
        {"labels": [1, 1, 2, 4], "predictions": [2, 2, 1, 4], "top": 5},
        hint="1 read as 2 and 2 read as 1 are two pairs.",
    ),
    Case(
        "breaks ties by class numbers",
        {"labels": [9, 4, 4, 0], "predictions": [1, 8, 2, 3], "top": 3},
        hint="Sort by (-count, true, predicted).",
    ),
    Case(
        "has nothing to say without mistakes",
        {"labels": [5, 6], "predictions": [5, 6], "top": 4},
        hint="Right predictions are no confusion; the list may be shorter than top.",
    ),
    Case(
        "four hundred images",
        many_mistakes,
        call="confusion_pairs of 400 images, top=15",
        hint="Compare the first differing entry with a count made by hand.",
    ),
)


def half_width(images: float) -> float:
    """Return half of the 95% interval of an accuracy of 80 %, in points."""
    return 196 * (0.8 * 0.2 / images) ** 0.5


def judge_enough(inputs: dict, answer: object) -> str | None:
    """Half the width is at most 5 points."""
    problem = whole_number(answer, 1, 10**9, "choose_sample()")
    if problem or half_width(answer) <= 5:
        return problem
    return (
        f"choose_sample() gave {answer}: an accuracy of 80% is then known to "
        f"±{half_width(answer):.1f} points, expected ±5 or better."
    )


def judge_thrifty(inputs: dict, answer: object) -> str | None:
    """No more images than the least favorable accuracy, 50%, would need."""
    problem = whole_number(answer, 1, 10**9, "choose_sample()")
    if problem or answer <= 400:
        return problem
    return (
        f"choose_sample() gave {answer}: that is ±{half_width(answer):.1f} points, paid for with "
        "labels that nobody asked for; expected at most 400."
    )


CHOOSE_SAMPLE = ask(
    "lab02.choose_sample",
    "Choose a sample size",
    Case(
        "enough for 5 points either way",
        judge=judge_enough,
        hint="Solve 1.96 · sqrt(p (1 - p) / n) = 0.05 for n, with p = 0.8, and round up.",
    ),
    Case(
        "no more than needed",
        judge=judge_thrifty,
        hint="Even at p = 0.5, where the interval is widest, 385 images would do.",
    ),
    kind="decide",
)
