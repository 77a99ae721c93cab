"""Lab 3: lines, CTC by hand, and a recognizer that can be trusted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shared import ctc
from shared.checks.answers import answer
from shared.checks.builders import accepts, ask, choose, diagnose, guess, refuses
from shared.checks.compare import close, equal, number_between, show
from shared.checks.exercise import Case
from shared.ctc import collapse
from shared.exercises.lab03_forward import (
    each_label,
    frame_by_frame,
    impossible_classes,
    judge_frames,
    judge_labels,
    labels_in,
    long_line,
)
from shared.explorer.searching import beam_steps, count_alignments, label_table
from shared.metrics import edit_distance


# Sitting A: composing lines, splitting them, and a guess about the ladder
def ink(line: list, glyph: list, left: int) -> dict:
    """Return the arguments of paste_ink."""
    return {
        "line": np.array(line, dtype=np.uint8),
        "glyph": np.array(glyph, dtype=np.uint8),
        "left": left,
    }


def random_glyphs(seed: int) -> list[dict]:
    """Return calls with a line and glyphs of full size, some of them across an edge."""
    rng = np.random.default_rng(seed)
    line = rng.integers(0, 256, (32, 200), dtype=np.uint8)
    glyphs = [rng.integers(0, 256, (32, int(w)), dtype=np.uint8) for w in rng.integers(5, 28, 12)]
    lefts = rng.integers(-20, 195, 12).tolist()
    return [
        {"line": line, "glyph": glyph, "left": left}
        for glyph, left in zip(glyphs, lefts, strict=True)
    ]


def kind_of_array(function, inputs):
    """Return the number type and the shape of what comes back."""
    pasted = function(**inputs)
    return [str(getattr(pasted, "dtype", type(pasted).__name__)), list(np.shape(pasted))]


PASTE_INK = ask(
    "lab03.paste_ink",
    "Paste ink that saturates",
    Case(
        "adds to the ink that is there",
        ink([[0, 50, 100, 7]], [[20, 30]], 1),
        hint="Ink on ink is the sum of both, neither the larger nor the newer one.",
    ),
    Case(
        "stops at 255",
        ink([[200, 0, 7], [255, 3, 1]], [[100, 50], [255, 1]], 0),
        hint="Add in a type wider than uint8 and cut the sum before you convert it back.",
    ),
    Case(
        "returns uint8 of the line's shape",
        ink([[0, 50, 100, 7], [1, 2, 3, 4]], [[20, 30], [1, 1]], 1),
        probe=kind_of_array,
        call="type and shape of paste_ink on a uint8 line of shape (2, 4)",
        hint="Convert at the very end, with .astype(np.uint8).",
    ),
    Case(
        "cuts a glyph off at the right edge",
        ink([[0, 0, 0, 0]], [[11, 22, 33]], 2),
        hint="Only the glyph's first line_width - left columns are on the line.",
    ),
    Case(
        "cuts a glyph off at the left edge",
        ink([[0, 0, 0, 0]], [[11, 22, 33]], -1),
        hint="A negative left hides the glyph's first columns; as an index it would count from "
        "the end.",
    ),
    Case(
        "leaves the line alone when the glyph is outside",
        [ink([[10, 20, 30]], [[100, 50, 25]], left) for left in (-3, -4, 3, 4, 40)],
        hint="When no column is shared, return a copy of the line.",
    ),
    Case(
        "pastes glyphs of full size anywhere",
        random_glyphs,
        call=lambda line, glyph, left: (
            f"paste_ink(a line of shape {line.shape}, a glyph of shape {glyph.shape}, {left})"
        ),
        hint="The message names the glyph's width and column: is it across an edge?",
    ),
)

FIND_LEAK = choose(
    "lab03.find_leak",
    "Find the split that leaks",
    "ABCD",
    {
        "A": "there hands and sentences are both divided; a common word is no secret",
        "C": "there what is doubled are training lines, and their hands and sentences stay in "
        "training",
        "D": "there the lines read after every epoch are validation lines, whose hands are not in "
        "the test",
    },
    case="names the recipe that leaks",
    hint="A test line must be new in two ways: its sentence, and the hand that wrote it.",
)


def judge_ladder(inputs: dict, answer: object) -> str | None:
    """Accept one of three words."""
    if isinstance(answer, str) and answer.strip().casefold() in ("boxes", "ctc", "tie"):
        return None
    return f"guess_ladder() gave {show(answer)}, expected one of 'boxes', 'ctc', 'tie'."


GUESS_LADDER = ask(
    "lab03.guess_ladder",
    "Which rung reads better?",
    Case(
        "one of boxes, ctc, tie",
        judge=judge_ladder,
        hint='Return one of the texts "boxes", "ctc" and "tie".',
    ),
    kind="predict",
)


# Sitting B: from a path to a label and back, the forward algorithm, and where greedy fails
def random_paths(seed: int) -> list[dict]:
    """Return paths of many lengths over few classes, so that there are runs of all kinds."""
    rng = np.random.default_rng(seed)
    return [
        {"path": rng.integers(0, 4, length).tolist(), "blank": int(rng.integers(0, 4))}
        for length in rng.integers(1, 30, 60)
    ]


COLLAPSE = ask(
    "lab03.collapse",
    "Collapse a path",
    Case(
        "merges repeats and drops blanks",
        {"path": [8, 8, 0, 5]},
        hint="Two rules: equal neighbors become one, and blanks go.",
    ),
    Case(
        "a blank keeps doubles apart",
        {"path": [12, 12, 0, 12], "blank": 0},
        hint="Merge before you drop the blanks, and compare with the step before in the path.",
    ),
    Case(
        "merges a long run to one",
        {"path": [5, 5, 5, 5, 5, 9], "blank": 0},
        hint="A run is one symbol, however long it is; it need not come in pairs.",
    ),
    Case(
        "keeps the order of the symbols",
        {"path": [7, 3, 7, 3, 3, 1], "blank": 0},
        hint="A symbol may come back later; only neighbors merge, and nothing is sorted.",
    ),
    Case(
        "nothing but blanks, or no step at all, is the empty label",
        [{"path": [0, 0, 0], "blank": 0}, {"path": [], "blank": 0}],
        hint="Return an empty list; take care not to read path[0] of an empty path.",
    ),
    Case(
        "takes any class as the blank",
        {"path": [0, 0, 3, 0, 2, 3, 3], "blank": 3},
        hint="Use the argument `blank`; class 0 may be a letter.",
    ),
    Case(
        "sixty random paths",
        random_paths,
        hint="Collapse the path in the message by hand, one step at a time.",
    ),
    reference=collapse,
    refuse=(ctc.collapse_trace, ctc.greedy, beam_steps, label_table),
)


def random_doubles(seed: int) -> list[dict]:
    """Return labels over two letters, so that most have equal neighbors."""
    rng = np.random.default_rng(seed)
    return [{"label": rng.integers(1, 3, length).tolist()} for length in rng.integers(1, 20, 40)]


MIN_FRAMES = ask(
    "lab03.min_frames",
    "Count the frames a label needs",
    Case(
        "a label without doubles",
        {"label": [4, 1, 19]},
        hint="Without equal neighbors, one frame for each symbol is enough.",
    ),
    Case(
        "one double: hello",
        {"label": [8, 5, 12, 12, 15]},
        hint="Between the two l's one frame has to be blank.",
    ),
    Case(
        "several equal in a row",
        {"label": [1, 1, 1]},
        hint="The shortest path is a, blank, a, blank, a: each pair of neighbors costs one.",
    ),
    Case(
        "equal symbols that are apart cost nothing",
        {"label": [1, 2, 1, 2, 1]},
        hint="Only neighbors can merge; count equal neighbors, not symbols that occur twice.",
    ),
    Case("no symbols", {"label": []}, hint="The empty label needs no frame at all."),
    Case(
        "forty random labels",
        random_doubles,
        hint="Write the shortest path of the label in the message and count its steps.",
    ),
    reference=ctc.min_frames,
)


def matrix_of(answer: object) -> np.ndarray | str:
    """Return an answer as a (2, 2) array of probabilities, or what is wrong with it."""
    try:
        matrix = np.array(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return f"greedy_fails() gave {show(answer)}, expected a 2 x 2 array of numbers."
    if matrix.shape != (2, 2):
        return f"greedy_fails() gave the shape {matrix.shape}, expected (2, 2)."
    if not (matrix >= 0).all():
        return f"greedy_fails() gave {show(matrix)}: a probability is a number of at least 0."
    sums = matrix.sum(axis=1)
    if not np.allclose(sums, 1, rtol=0, atol=1e-6):
        return f"greedy_fails() gave {show(matrix)}: its rows sum to {show(sums)}, expected 1."
    return matrix


def judge_rows(inputs: dict, answer: object) -> str | None:
    """Accept probabilities whose rows sum to 1."""
    matrix = matrix_of(answer)
    return matrix if isinstance(matrix, str) else None


SURE = 0.7  # The lab shows 0.6 and 0.4, which would only have to be copied


def judge_failure(inputs: dict, answer: object) -> str | None:
    """Accept a sure first blank and a best path that belongs to the less probable text."""
    matrix = matrix_of(answer)
    if isinstance(matrix, str):
        return matrix
    call = f"greedy_fails() gave {show(matrix)}"
    if (np.abs(matrix[:, 0] - matrix[:, 1]) < 1e-6).any():
        return f"{call}: a frame gives both classes the same probability; let one win."
    empty = float(matrix[0, 0] * matrix[1, 0])
    reads_a = bool((matrix[:, 1] > matrix[:, 0]).any())
    greedy, other = (1 - empty, empty) if reads_a else (empty, 1 - empty)
    texts = ("'a'", "the empty text") if reads_a else ("the empty text", "'a'")
    if other > greedy + 1e-9:
        if matrix[0, 0] > SURE - 1e-6:
            return None
        return (
            f"{call}: greedy decoding fails, but the blank has {matrix[0, 0]:.4g} in the first "
            f"frame, and the exercise asks for at least {SURE}."
        )
    return (
        f"{call}: greedy decoding reads {texts[0]}, with probability {greedy:.4g}, and {texts[1]} "
        f"has {other:.4g}. Greedy decoding is right here."
    )


GREEDY_FAILS = ask(
    "lab03.greedy_fails",
    "Make greedy decoding fail",
    Case(
        "two rows of probabilities",
        judge=judge_rows,
        hint="One row for each frame, blank first, then a; each row sums to 1.",
    ),
    Case(
        "another text is more probable than the greedy one",
        judge=judge_failure,
        hint="Three of the four paths read a. Give the fourth less than one half, and let it be "
        "the best one nevertheless.",
        points=2,
    ),
    kind="decide",
)


def states_only(function, inputs):
    """Return the first of the two results as whole numbers."""
    states, _ = function(**inputs)
    return {"states": [*map(int, states)]}


def skips_only(function, inputs):
    """Return the second of the two results as truth values."""
    _, can_skip = function(**inputs)
    return {"can_skip": [*map(bool, can_skip)]}


def states_and_skips(function, inputs):
    """Return both results."""
    return states_only(function, inputs) | skips_only(function, inputs)


def extending(label, blank=0) -> str:
    """Name a call of `extend_label` in a message, and the states that its skips belong to."""
    states = ctc.extend_label(label, blank)[0]
    return f"extend_label({show(label)}, blank={blank}), whose states are {states.tolist()},"


def random_labels(seed: int) -> list[dict]:
    """Return labels over three letters with a blank among classes 0 to 3."""
    rng = np.random.default_rng(seed)
    calls = []
    for length in rng.integers(1, 15, 30):
        blank = int(rng.integers(0, 4))
        letters = [symbol for symbol in range(4) if symbol != blank]
        calls.append({"label": rng.choice(letters, length).tolist(), "blank": blank})
    return calls


EXTEND_LABEL = ask(
    "lab03.extend_label",
    "Put the blanks in",
    Case(
        "blanks before, between and after",
        {"label": [3, 1, 2]},
        probe=states_only,
        call=extending,
        hint="Three symbols make seven states: the symbols are states 1, 3 and 5.",
    ),
    Case(
        "skips between letters that differ",
        {"label": [3, 1, 2], "blank": 0},
        probe=skips_only,
        call=extending,
        hint="A letter may follow the letter two states back, if the two differ; a blank may not, "
        "and the first letter has none before it.",
    ),
    Case(
        "stops at the blank between equal letters",
        {"label": [1, 1, 2, 2, 2], "blank": 0},
        probe=skips_only,
        call=extending,
        hint="Skipping the blank in l, blank, l would merge the two.",
    ),
    Case(
        "no symbols: one blank",
        [{"label": [], "blank": 0}],
        probe=states_and_skips,
        call=extending,
        hint="The empty label has one state, and nothing to skip.",
    ),
    Case(
        "takes any class as the blank",
        {"label": [0, 0, 1], "blank": 2},
        probe=states_only,
        call=extending,
        hint="Use the argument `blank`; class 0 may be a letter.",
    ),
    Case(
        "thirty random labels",
        random_labels,
        probe=states_and_skips,
        call=extending,
        hint="Write the states of the label in the message in a row and look two to the left.",
    ),
    reference=ctc.extend_label,
)


COUNT_PATHS = ask(
    "lab03.count_paths",
    "Count the paths of a label",
    Case(
        "two symbols in four frames",
        [
            {"num_frames": 4, "label": [1, 2]},
            {"num_frames": 6, "label": [2]},
            {"num_frames": 8, "label": [1, 2]},
        ],
        hint="List them: a letter may last several frames, blanks may stand before, between and "
        "after.",
    ),
    Case(
        "equal neighbors",
        [
            {"num_frames": 4, "label": [1, 1]},
            {"num_frames": 6, "label": [2, 1, 1]},
            {"num_frames": 7, "label": [1, 1, 1]},
        ],
        hint="Between equal letters the blank is not optional.",
    ),
    Case(
        "equal letters that are apart",
        {"num_frames": 5, "label": [1, 2, 1]},
        hint="The blank may be skipped between letters that differ, whatever came earlier.",
    ),
    Case(
        "no symbols, and one frame",
        [{"num_frames": 5, "label": []}, {"num_frames": 1, "label": [3]}],
        hint="The empty label has one path, all blanks; a symbol in one frame has one, too.",
    ),
    Case(
        "too few frames",
        [{"num_frames": 2, "label": [1, 1]}, {"num_frames": 1, "label": [1, 2]}],
        hint="No path is long enough, so the count is 0.",
    ),
    Case(
        "fifty symbols in 100 frames, exactly",
        {"num_frames": 100, "label": [*range(1, 26), *range(25, 50)]},
        seconds=2.0,
        hint="Listing 10 to the 40 paths takes too long: count the ways into each state, in "
        "Python's own integers, which have no largest one.",
        points=2,
    ),
    reference=count_alignments,
)


def label_case(name: str, inputs, hint: str) -> Case:
    """Ask for the number of each label."""
    return Case(name, inputs, probe=each_label, judge=judge_labels, hint=hint)


FORWARD_LOG_PROBABILITY = ask(
    "lab03.forward_log_probability",
    "Sum over every path",
    label_case(
        "one frame",
        labels_in(1, 4, [[], [2]]),
        "With one frame there is one path: the letter itself, or a blank. The empty label has one "
        "state, so ask for no second one.",
    ),
    Case(
        "five frames, letters that differ",
        labels_in(5, 4, [[3], [1, 2], [2, 1, 3], [1, 2, 1]]),
        probe=frame_by_frame,
        judge=judge_frames,
        hint="Begin in state 0 or 1; stay, step, or skip; end in one of the last two states.",
        points=2,
    ),
    Case(
        "seven frames, equal letters",
        labels_in(7, 3, [[1, 1], [2, 2, 1], [1, 1, 1]]),
        probe=frame_by_frame,
        judge=judge_frames,
        hint="The blank between equal letters may not be skipped: ask can_skip.",
        points=2,
    ),
    label_case(
        "no letters",
        labels_in(5, 3, [[]]),
        "The empty label has a single path, all blanks, and a single state.",
    ),
    label_case(
        "a label that does not fit is impossible",
        labels_in(4, 4, [[1, 2, 3, 1, 2], [1, 1, 2, 2]]),
        "No path means probability 0, whose logarithm is -inf, neither 0 nor an error.",
    ),
    label_case(
        "another class as the blank",
        labels_in(5, 4, [[0, 1], [0, 0]], blank=3),
        "Hand `blank` on to extend_label; class 0 may be a letter.",
    ),
    label_case(
        "classes that cannot occur",
        impossible_classes,
        "A log-probability may be -inf, and -inf minus -inf is not a number: np.logaddexp knows "
        "that.",
    ),
    label_case(
        "400 frames",
        long_line,
        "Stay in logarithms all the way: a probability of 400 factors is 0 in float64.",
    ),
    refuse=(
        ctc.forward,
        ctc.loss_and_grad,
        ctc.batch_loss_and_grad,
        ctc.posteriors,
        label_table,
    ),
)


GUESS_BLANK = guess(
    "lab03.guess_blank",
    "Where does the blank settle?",
    0,
    1,
    case="a probability from 0 to 1",
    hint="Return one number such as 0.5; every guess in the range earns the point.",
)


def shipped_loss(log_probs: np.ndarray, label: list[int], blank: int = 0) -> float:
    """Return minus the log-probability of a label, with the fault of the lab's cell."""
    states = np.full(2 * len(label) + 1, blank)
    states[1::2] = label
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = log_probs[0, states[:2]]
    for frame in log_probs[1:]:
        step = np.concatenate([[-np.inf], alpha])[: len(alpha)]
        skip = np.concatenate([[-np.inf, -np.inf], alpha])[: len(alpha)]
        skip[states == blank] = -np.inf
        alpha = np.logaddexp.reduce([alpha, step, skip]) + frame[states]
    return -float(np.logaddexp.reduce(alpha[-2:]))


def label_of(answer: object) -> list[int] | str:
    """Return an answer as a label of one to four symbols 1 to 3, or what is wrong with it."""
    expected = "expected a list of one to four class numbers from 1 to 3"
    symbols = answer.tolist() if isinstance(answer, np.ndarray) else answer
    if not isinstance(symbols, list | tuple) or not 1 <= len(symbols) <= 4:
        return f"find_loss_fault() gave {show(answer)}, {expected}."
    for symbol in symbols:
        if number_between(symbol, 1, 3, "") or symbol != int(symbol):
            return f"find_loss_fault() gave {show(answer)}: {show(symbol)} is wrong, {expected}."
    return [int(symbol) for symbol in symbols]


def judge_fits(inputs: dict, answer: object) -> str | None:
    """Accept a label for which six frames are enough."""
    label = label_of(answer)
    if isinstance(label, str):
        return label
    needed = ctc.min_frames(label)
    if needed <= 6:
        return None
    return f"find_loss_fault() gave {label}, which needs {needed} frames; there are six."


def six_frames(seed: int) -> dict:
    """Return six frames over the blank and three letters."""
    return {"log_probs": ctc.log_softmax(np.random.default_rng(seed).normal(size=(6, 4)))}


def judge_fault(inputs: dict, answer: object) -> str | None:
    """Run both losses on the label."""
    label = label_of(answer)
    if isinstance(label, str):
        return label
    faulty = shipped_loss(inputs["log_probs"], label)
    right = -ctc.forward(inputs["log_probs"], label)[1]
    if abs(faulty - right) > 1e-9:
        return None
    return (
        f"find_loss_fault() gave {label}: on six random frames shipped_loss is {faulty:.6f} "
        f"and the right loss is {right:.6f}, the same. This label does not show the fault."
    )


FIND_LOSS_FAULT = ask(
    "lab03.find_loss_fault",
    "Catch a loss that shipped",
    Case(
        "a label that fits into six frames",
        judge=judge_fits,
        hint="One to four symbols, each 1, 2 or 3, and min_frames(label) at most 6.",
    ),
    Case(
        "a label whose loss is wrong",
        six_frames,
        probe=lambda function, inputs: function(),
        judge=judge_fault,
        hint="Compare shipped_loss with your own forward pass, label by label: what does the line "
        "about skipping forget to ask?",
        points=2,
    ),
    kind="review",
)

# Sitting C: broken runs, a stride that fits every line, and padding
FAULTS = {
    "padding": "texts with something stray behind their last letter",
    "double softmax": "a loss that stays high and frames that are never sure",
    "blank": "a loss near zero and texts that are nothing like it",
    "stride": "texts that lack letters, doubled ones above all",
    "plateau": "empty texts, a blank that is nearly certain, and a loss that still falls",
}


DIAGNOSE_LOSS = diagnose(
    "lab03.diagnose_loss",
    "Name five broken runs",
    {
        "A": "Its loss is as good as a loss can be, so training found no fault: look at what "
        "happens after it.",
        "B": "Compare its loss with that of a network with nothing but a bias (about 10), and its "
        "confidence with the share of blanks there.",
        "C": "Its most probable class never gets far above the rest: what keeps a probability "
        "small, whatever the weights?",
        "D": "Its texts are right, and then go on.",
        "E": "Its loss is low from the first update, because lines that do not fit count 0.",
    },
    FAULTS,
    case="run {}",
    objection=". That fault would show {sign}; run {key} does not",
)

#: Width and text of the lines in question
LINES = (
    (312, "Thursday, 14 November"),
    (104, "a committee"),
    (88, "15.11.1999"),
    (25, "1111"),
    (72, "balloon"),
)


def against_stride(stride: int) -> str:
    """Show the first line that does not fit, or that a larger stride would do."""
    for width, text in LINES:
        frames, needed = -(-width // stride), ctc.min_frames([ord(letter) for letter in text])
        if frames < needed:
            return f": {text!r}, {width} pixels wide, then has {frames} frames and needs {needed}"
    return ": every line fits, and at twice that stride as well"


CHOOSE_STRIDE = choose(
    "lab03.choose_stride",
    "Choose the stride",
    (2, 4, 8, 16),
    against_stride,
    case="the largest stride that every line survives",
    hint="Compare ceil(width / stride) with min_frames of the text, line by line; doubled letters "
    "cost a frame more.",
    kind="decide",
    offered="2, 4, 8, 16",
)


# A test for functions that score padded batches, and those that it must accept or refuse
def right_rate(paths, num_frames, labels, num_labels):
    """A function that scores the true frames and labels."""
    rows = [*zip(paths, num_frames, strict=True), *zip(labels, num_labels, strict=True)]
    for row, length in rows:
        if not 0 <= length <= len(row):
            raise ValueError(f"A row of {len(row)} numbers is said to hold {length}.")
    read = [collapse(path[:length]) for path, length in zip(paths, num_frames, strict=True)]
    true = [label[:length] for label, length in zip(labels, num_labels, strict=True)]
    edits = sum(edit_distance(*pair) for pair in zip(true, read, strict=True))
    return edits / sum(num_labels)


def right_by_difference(paths, num_frames, labels, num_labels):
    """A function that returns one minus the share that is right."""
    share_right = 1 - right_rate(paths, num_frames, labels, num_labels)
    return np.float64(1) - share_right


def reads_padded_frames(paths, num_frames, labels, num_labels):
    """A function that collapses padded frames, too."""
    return right_rate(paths, [len(path) for path in paths], labels, num_labels)


def compares_padded_labels(paths, num_frames, labels, num_labels):
    """A function that compares with the whole padded label."""
    read = [collapse(path[:length]) for path, length in zip(paths, num_frames, strict=True)]
    edits = sum(edit_distance(list(pair[0]), pair[1]) for pair in zip(labels, read, strict=True))
    return edits / sum(num_labels)


def divides_by_padded_length(paths, num_frames, labels, num_labels):
    """A function that divides by the padded length of the labels."""
    edits = right_rate(paths, num_frames, labels, num_labels) * sum(num_labels)
    return edits / sum(len(label) for label in labels)


def mean_of_rates(paths, num_frames, labels, num_labels):
    """A function that averages the rates of the lines."""
    rates = [
        right_rate([path], [frames], [label], [length])
        for path, frames, label, length in zip(paths, num_frames, labels, num_labels, strict=True)
    ]
    return sum(rates) / len(rates)


def cuts_frames_short(paths, num_frames, labels, num_labels):
    """A function that reads only num_labels frames of each line."""
    return right_rate(paths, num_labels, labels, num_labels)


CHECK_PADDING = ask(
    "lab03.check_padding",
    "Write a test for padding",
    accepts(
        "accepts a right function",
        right_rate,
        hint="Work the error rate of your batch out by hand: total edits over the total of "
        "num_labels.",
    ),
    accepts(
        "accepts a right function that rounds differently",
        right_by_difference,
        hint="Compare floats with a small tolerance, and ask for no particular type.",
    ),
    refuses(
        "catches padded frames that are read",
        reads_padded_frames,
        hint="Fill the padded frames with letters; zeros are blanks, which leave no trace.",
    ),
    refuses(
        "catches frames that are cut off",
        cuts_frames_short,
        hint="Give a line more frames than letters.",
    ),
    refuses(
        "catches label padding that counts as letters",
        compares_padded_labels,
        hint="Let one label be shorter than the other, so that it carries padding.",
    ),
    refuses(
        "catches a denominator with padding in it",
        divides_by_padded_length,
        hint="Without an edit the rate is 0 whatever it is divided by: plant one.",
    ),
    refuses(
        "catches a mean of the lines' rates",
        mean_of_rates,
        hint="Give the lines labels of different lengths, and unequal rates.",
    ),
    save_to="tests/test_lab03_padding.py",
)


# Stretch: the backward pass, the gradient of the loss, and prefix beam search
def array_of_each_label(function, inputs):
    """Call the answer with each label, and return arrays."""
    return [np.asarray(grid) for grid in each_label(function, inputs)]


def judge_grids(name: str, column: str, expected: Callable, last_first: bool = False) -> Callable:
    """Return a judge for arrays over time: it reports the first wrong cell with both numbers.

    Args:
        name: Name of the answer's function.
        column: Letter of the second index.
        expected: The right function.
        last_first: Whether the work begins at the last frame, so that its errors are the causes.
    """

    def judge(inputs: dict, grids: object) -> str | None:
        num_frames, num_classes = inputs["log_probs"].shape
        for label, got in zip(inputs["labels"], grids, strict=True):
            frames = f"{num_frames} frames of {num_classes} classes"
            call = f"{name}({frames}, {show(label)}, blank={inputs['blank']})"
            right = expected(inputs["log_probs"], label, inputs["blank"])
            if np.shape(got) != right.shape:
                return f"{call} gave the shape {np.shape(got)}, expected the shape {right.shape}."
            for t in sorted(range(num_frames), reverse=last_first):
                for place, value in enumerate(right[t].tolist()):
                    if close(got[t][place], value, "", rtol=1e-6, atol=1e-9):
                        digits = ""
                        if np.allclose(got, right, rtol=1e-4, atol=1e-5):
                            digits = " It is right to the digits of float32: compute in float64."
                        return (
                            f"{call}: the {'last' if last_first else 'first'} wrong frame is "
                            f"t = {t}, there at {column} = {place}: {show(got[t][place])}, "
                            f"expected {show(value)}.{digits}"
                        )
        return None

    return judge


def backward_case(name: str, inputs, hint: str) -> Case:
    """Ask for the grid of each label."""
    judge = judge_grids("backward", "s", ctc.backward, last_first=True)
    return Case(name, inputs, probe=array_of_each_label, judge=judge, hint=hint)


BACKWARD = ask(
    "lab03.backward",
    "Finish from every state",
    backward_case(
        "one frame: where a path may end",
        labels_in(1, 4, [[], [2], [1, 2]]),
        "After the last frame nothing is left: log 1 = 0 in the last two states, -inf in the "
        "others.",
    ),
    backward_case(
        "letters that differ",
        labels_in(5, 4, [[3], [1, 2], [2, 1, 2]]),
        "Add the emission of frame t + 1 in the state one arrives in; that of t is not part of "
        "beta[t].",
    ),
    backward_case(
        "equal letters",
        labels_in(7, 3, [[1, 1], [2, 2, 1]]),
        "A skip from s lands on s + 2, and the rule is that of the state it lands on.",
    ),
    backward_case(
        "another blank, no letters, and a label that does not fit",
        labels_in(4, 4, [[0, 0], [], [0, 1, 0, 1, 0]], blank=2),
        "The empty label has one state; the label of five has no path of four frames from its "
        "first states.",
    ),
    backward_case(
        "400 frames",
        long_line,
        "Stay in logarithms: np.logaddexp, from the last frame to the first.",
    ),
    reference=ctc.backward,
)


def logits_of(num_frames: int, num_classes: int, labels: list, blank: int = 0) -> Callable:
    """Return a function of the seed that makes logits, not normalized, and labels."""
    return lambda seed: {
        "log_probs": 2 + 1.5 * np.random.default_rng(seed).normal(size=(num_frames, num_classes)),
        "labels": labels,
        "blank": blank,
    }


def gradient_case(name: str, inputs, hint: str, points: int = 1) -> Case:
    """Ask for the gradient of each label."""
    judge = judge_grids("ctc_gradient", "k", answer("lab03.ctc_gradient"))
    return Case(name, inputs, probe=array_of_each_label, judge=judge, hint=hint, points=points)


CTC_GRADIENT = ask(
    "lab03.ctc_gradient",
    "The gradient of the loss",
    gradient_case(
        "one frame",
        logits_of(1, 4, [[2], []]),
        "With one path the posterior is 1 for its class: the gradient is the softmax, less 1 at "
        "that class.",
    ),
    gradient_case(
        "letters that differ",
        logits_of(6, 4, [[1, 2], [3, 1, 2]]),
        "The posterior is exp(alpha + beta - log p), and log p is one number, the same at every "
        "frame.",
    ),
    gradient_case(
        "a letter that occurs twice",
        logits_of(7, 3, [[1, 2, 1], [1, 1]]),
        "Add up all states of a class; plain fancy indexing keeps only one of them.",
        points=2,
    ),
    gradient_case(
        "another class as the blank",
        logits_of(5, 4, [[0, 1]], blank=3),
        "Hand `blank` on to every function you call.",
    ),
    gradient_case(
        "400 frames",
        long_line,
        "Add and subtract logarithms; take exp of the difference at the very end. Trying each of "
        "the 4,800 logits, as a numerical gradient does, takes too long.",
    ),
    refuse=(ctc.loss_and_grad, ctc.batch_loss_and_grad, ctc.posteriors),
)


def searches(grids, widths: list[int], blank: int = 0) -> list[dict]:
    """Return a call of `prefix_beam` for each grid of log-probabilities and each width."""
    pairs = [(grid, width) for grid in grids for width in widths]
    return [{"log_probs": grid, "width": width, "blank": blank} for grid, width in pairs]


def six_grids(num_frames: int, num_classes: int, widths: list[int], blank: int = 0) -> Callable:
    """Return a function of the seed that makes searches of flat log-probabilities."""

    def make(seed: int) -> list[dict]:
        logits = 0.7 * np.random.default_rng(seed).normal(size=(6, num_frames, num_classes))
        return searches(map(ctc.log_softmax, logits), widths, blank)

    return make


def two_grids(seed: int) -> list[dict]:
    """Return the two frames of the greedy failure, and frames that read a double letter."""
    double = np.log([[0.1, 0.9], [0.8, 0.2], [0.05, 0.95]])
    return searches([np.log([[0.6, 0.4], [0.6, 0.4]]), double], [4])


def long_grid(seed: int) -> list[dict]:
    """Return one grid so long and flat that the best prefix has no probability in float64."""
    logits = 0.3 * np.random.default_rng(seed).normal(size=(400, 18))
    return searches([ctc.log_softmax(logits)], [1])


def one_beam(function, inputs):
    """Call the answer, with the blank where it is not 0."""
    blank = [inputs["blank"]] if inputs["blank"] else []
    label, score = function(inputs["log_probs"], inputs["width"], *blank)
    return [[int(symbol) for symbol in label], float(score)]


def judge_beam(inputs: dict, got: list) -> str | None:
    """Compare the label and the score of a search."""
    label, score = answer("lab03.prefix_beam")(**inputs)
    frames = f"{len(inputs['log_probs'])} frames"
    call = f"prefix_beam({frames}, width={inputs['width']}, blank={inputs['blank']})"
    message = equal(got[0], label, f"label of {call}")
    return message or close(got[1], score, f"score of {call}", rtol=1e-7)


def beam_case(name: str, inputs, hint: str, **settings) -> Case:
    """Ask for the best label of each search."""
    return Case(name, inputs, probe=one_beam, judge=judge_beam, hint=hint, **settings)


PREFIX_BEAM = ask(
    "lab03.prefix_beam",
    "Search over prefixes",
    beam_case(
        "reads where greedy fails, and a double letter",
        two_grids,
        "A repeated letter continues the prefix after a letter, and makes it longer after a blank.",
    ),
    beam_case(
        "a beam that keeps everything is exact",
        six_grids(5, 3, [200]),
        "Paths that meet in the same prefix add up; begin with the empty prefix, ending in a "
        "blank, with probability 1.",
        points=2,
    ),
    beam_case(
        "narrow beams",
        six_grids(7, 4, [1, 2, 3]),
        "Rank by the sum of both scores, after every frame, and keep the best `width`.",
    ),
    beam_case(
        "another class as the blank",
        six_grids(6, 4, [3], blank=3),
        "Compare with `blank`; class 0 may be a letter.",
    ),
    beam_case(
        "400 frames",
        long_grid,
        "Keep logarithms: np.logaddexp adds two of them.",
        seconds=20.0,
    ),
    refuse=(beam_steps, label_table),
)
