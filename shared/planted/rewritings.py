"""Good code, written otherwise: a test that refuses it asks for more than was promised."""

from __future__ import annotations

from functools import cache

from shared.planted.bugs import BUGS
from shared.planted.patches import Patch, function_source, rename_locals, substitute

_COLLAPSE = """
def collapse(path, blank=0):
    runs = [symbol for k, symbol in enumerate(path) if k == 0 or symbol != path[k - 1]]
    return [int(symbol) for symbol in runs if symbol != blank]
"""
_GREEDY = """
def greedy(log_probs, blank=0):
    log_probs, _ = check_inputs(log_probs, [], blank)
    path = np.array([max(range(len(row)), key=lambda k: row[k]) for row in log_probs])
    log_p = sum(float(row[k]) for row, k in zip(log_probs, path))
    return path, collapse(path.tolist(), blank), log_p
"""
_LOG_SOFTMAX = """
def log_softmax(logits):
    logits = np.asarray(logits, dtype=np.float64)
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError(f"log_softmax needs (time steps, classes), not the shape {logits.shape}.")
    if not (np.isfinite(logits) | np.isneginf(logits)).all():
        raise ValueError("There is NaN or plus infinity among the logits.")
    if np.isneginf(logits).all(axis=1).any():
        raise ValueError("A time step has no possible class: all its logits are minus infinity.")
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
"""
_BATCH_LOSS = """
def batch_loss_and_grad(logits, labels, logit_lengths, label_lengths, blank=0):
    counts = [len(logits), len(labels), len(logit_lengths), len(label_lengths)]
    if min(counts) != max(counts):
        raise ValueError(f"All four must have one entry for each line; they have {counts}.")
    losses, grads = [], []
    for k in reversed(range(len(logits))):
        size = int(label_lengths[k])
        if size < 0 or size > len(labels[k]):
            raise ValueError(f"Row {k} is said to have {size} symbols, of {len(labels[k])}.")
        one = loss_and_grad(logits[k], labels[k][:size], blank, logit_lengths[k])
        losses.insert(0, one.loss)
        grads.insert(0, one.grad)
    return np.asarray(losses), np.asarray(grads)
"""
_MIN_FRAMES = """
def min_frames(label):
    needed, before = 0, None
    for symbol in label:
        needed += 2 if symbol == before else 1
        before = symbol
    return needed
"""
_ERROR_RATE = """
def _error_rate(references, hypotheses, unit):
    if len(references) != len(hypotheses):
        raise ValueError("Every line needs a reference and a hypothesis; the numbers differ.")
    length = sum(map(len, references))
    if not length:
        raise ValueError(f"There is not one {unit} to divide the edits by.")
    share = 0.0
    for reference, hypothesis in zip(references, hypotheses):
        share += edit_distance(reference, hypothesis) / length
    return share
"""
_EDIT_DISTANCE = """
def edit_distance(reference, hypothesis):
    rows, columns = len(reference), len(hypothesis)
    table = np.add.outer(np.arange(rows + 1), np.arange(columns + 1))
    for j in range(1, columns + 1):
        for i in range(1, rows + 1):
            table[i, j] = min(
                table[i - 1, j] + 1,
                table[i, j - 1] + 1,
                table[i - 1, j - 1] + (reference[i - 1] != hypothesis[j - 1]),
            )
    return int(table[rows, columns])
"""
_BOX_IOU = """
def box_iou(a, b):
    a, b = (np.asarray(boxes, dtype=float).reshape(-1, 4) for boxes in (a, b))
    table = np.zeros((len(a), len(b)))
    for i, (left, top, right, bottom) in enumerate(a):
        for j, other in enumerate(b):
            width = max(0.0, min(right, other[2]) - max(left, other[0]))
            height = max(0.0, min(bottom, other[3]) - max(top, other[1]))
            both = width * height
            union = (right - left) * (bottom - top)
            union += (other[2] - other[0]) * (other[3] - other[1]) - both
            table[i, j] = both / union if union > 0 else 0.0
    return table
"""
_MACRO = """
def macro_accuracy(labels, predictions):
    labels, predictions = _same_length(labels, predictions)
    rates = {}
    for label in labels.tolist():
        if label not in rates:
            mine = labels == label
            rates[label] = np.count_nonzero(predictions[mine] == label) / np.count_nonzero(mine)
    return sum(rates.values()) / len(rates)
"""
_ENCODE_BATCH = """
def encode_batch(self, texts):
    if isinstance(texts, str):
        raise TypeError("Give a list of texts.")
    rows = list(map(self.encode, texts))
    sizes = list(map(len, rows))
    width = max([0, *sizes])
    padded = [row + [0] * (width - len(row)) for row in rows]
    return (
        np.array(padded, dtype=np.int32).reshape(len(rows), width),
        np.array(sizes, dtype=np.int32),
    )
"""
_PAD_IMAGES = """
def pad_images(images, width):
    rows = [np.pad(image, ((0, 0), (0, width - image.shape[1]))) for image in images]
    return np.stack(rows).astype(np.uint8)[..., None]
"""
_DISJOINT = """
def assert_disjoint(train, *others):
    for text, flags in zip(train.texts, train.held_out):
        assert not np.any(flags), f"A held-out letterform is used in training, in {text!r}."
    for other in others:
        same = set(other.texts) & set(train.texts)
        assert not same, f"{len(same)} texts are in both sets."
        same = set(other.writers) & set(train.writers)
        assert not same, f"{len(same)} writers are in both sets."
"""

_REJECT_CURVE = """
def reject_curve(confidence, edits, lengths):
    rows = sorted(zip(confidence, edits, lengths, strict=True), key=lambda row: -row[0])
    coverage, rates, wrong, characters = [], [], 0, 0
    for number, (_, some, length) in enumerate(rows, 1):
        wrong, characters = wrong + some, characters + length
        coverage.append(number / len(rows))
        rates.append(wrong / max(1, characters))
    return np.array(coverage), np.array(rates), np.array([row[0] for row in rows])
"""
_DECISION = """
def decision(self, confidence):
    return "review" if confidence < self.threshold else "accept"
"""
_SPLIT_LINES = """
def split_lines(lines, every=4):
    texts = sorted(set(lines.texts), key=lines.texts.index)
    if len(lines) < LEAST_LINES or len(texts) < every:
        raise NothingToLearnError("There are too few lines, or too few different texts.")
    measuring = [text for number, text in enumerate(texts, 1) if number % every == 0]
    back = [k for k, text in enumerate(lines.texts) if text in measuring]
    rest = [k for k in range(len(lines)) if k not in back]
    return lines[np.array(rest, dtype=int)], lines[np.array(back, dtype=int)]
"""

_PREPARATION, _CONFIDENCE = "shared.recognizer.preparation", "shared.service.confidence"
#: Ink that is rounded instead of cut off: a level of 255 more or less is nobody's promise
_ROUNDED = substitute(
    _PREPARATION,
    "extract_ink",
    "np.clip((difference - low) / (full - low) * 255, 0, 255)",
    "np.rint(np.clip((difference - low) / (full - low) * 255, 0, 255))",
)

#: Module, function, source
REWRITTEN = (
    (_PREPARATION, "extract_ink", _ROUNDED.source),
    ("shared.ctc.collapsing", "collapse", _COLLAPSE),
    ("shared.ctc.collapsing", "log_softmax", _LOG_SOFTMAX),
    ("shared.ctc.collapsing", "min_frames", _MIN_FRAMES),
    ("shared.ctc.decoding", "greedy", _GREEDY),
    ("shared.ctc.lattice", "batch_loss_and_grad", _BATCH_LOSS),
    ("shared.metrics", "_error_rate", _ERROR_RATE),
    ("shared.metrics", "edit_distance", _EDIT_DISTANCE),
    ("shared.metrics", "macro_accuracy", _MACRO),
    ("shared.matching", "box_iou", _BOX_IOU),
    ("shared.alphabet", "Alphabet.encode_batch", _ENCODE_BATCH),
    ("shared.training.batching", "pad_images", _PAD_IMAGES),
    ("shared.lines.composing", "assert_disjoint", _DISJOINT),
    (_CONFIDENCE, "reject_curve", _REJECT_CURVE),
    (_CONFIDENCE, "Confidence.decision", _DECISION),
    ("shared.service.improving", "split_lines", _SPLIT_LINES),
)

#: Functions that the first rewriting renames: every one that some bug patches
_TARGETS = tuple(dict.fromkeys((bug.module, bug.function) for bug in BUGS))


@cache
def renamed(seed: int) -> tuple[Patch, ...]:
    """Return the code as it is, with other local names and no comments."""
    patches = (Patch(*target, function_source(*target)) for target in _TARGETS)
    return tuple(rename_locals(patch, seed) for patch in patches)


@cache
def rewritten(seed: int) -> tuple[Patch, ...]:
    """Return the code written anew where that can be done: other loops, order and rounding."""
    return tuple(
        rename_locals(Patch(module, function, source.strip()), seed)
        for module, function, source in REWRITTEN
    )
