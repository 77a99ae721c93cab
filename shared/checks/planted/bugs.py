"""The planted bugs: real mistakes of real recognizers, each one place of one function.

Beside them stand changes that are no bugs: a test that refuses those asks for too much.

Nothing here may be imported where a learner's test runs; `holds_judges` sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.checks.planted.patches import Patch, substitute

CTC, METRICS, MATCHING = "shared.ctc", "shared.metrics", "shared.pages.matching"
BATCHING, ALPHABET = "shared.training", "shared.alphabet"
INK, PREPARATION, LINES = "shared.ink", "shared.preparation", "shared.lines"
PAGES, IMAGE_FILES = "shared.pages.preparation", "shared.pages.image_files"
CONFIDENCE, CURVES = "shared.pages.confidence", "shared.service.confidence"


@dataclass(frozen=True)
class Bug:
    """One mistake.

    Attributes:
        name: Short name, unique.
        kind: What goes wrong, in words that do not tell where: shown to a learner.
        area: "ctc", "scores", "batches", "images" or "service".
        module: Module that is patched.
        function: Function that is patched.
        old: What the function says.
        new: What it says instead.
    """

    name: str
    kind: str
    area: str
    module: str
    function: str
    old: str
    new: str

    def patch(self) -> Patch:
        """Return the patch; raises PatchError if the function has changed."""
        return substitute(self.module, self.function, self.old, self.new)


BUGS = (
    Bug("blanks first", "repeats are merged after blanks were dropped", "ctc",
        CTC, "collapse_trace",
        "previous = symbol  #", "previous = previous if symbol == blank else symbol  #"),
    Bug("blank last", "the blank is taken for another class", "ctc",
        CTC, "greedy", "collapse(path, blank)",
        "collapse(path, log_probs.shape[1] - 1)"),
    Bug("wrong axis", "the best is taken over the wrong axis", "ctc",
        CTC, "greedy", "log_probs.argmax(axis=1)", "log_probs.argmax(axis=0)"),
    Bug("padded loss", "padded frames are scored in the loss", "ctc",
        CTC, "batch_loss_and_grad", "label[:label_length], blank, length)",
        "label[:label_length], blank, None)"),
    Bug("equal letters", "equal letters may follow each other without a blank", "ctc",
        CTC, "extend_label", "= symbols[1:] != symbols[:-1]", "= True"),
    Bug("overflow", "large logits overflow", "ctc",
        CTC, "log_softmax", "shifted = logits - top", "shifted = logits"),
    Bug("last blank", "some paths of a label are not counted", "ctc",
        CTC, "forward", "alpha[-1, -2:]", "alpha[-1, -1:]"),
    Bug("length rule", "labels that are too long for their frames pass", "ctc",
        CTC, "min_frames",
        "return len(symbols) + sum(a == b for a, b in zip(symbols, symbols[1:], strict=False))",
        "return len(symbols)"),
    Bug("mean of rates", "an error rate is averaged over lines", "scores",
        METRICS, "_error_rate",
        "sum(edit_distance(reference, hypothesis) for reference, hypothesis in pairs) / total",
        "sum(edit_distance(a, b) / max(1, len(a)) for a, b in pairs) / len(references)"),
    Bug("case folding", "capitals and small letters count as equal", "scores",
        METRICS, "_texts", "return list(texts)", "return [text.lower() for text in texts]"),
    Bug("free insertions", "invented letters cost nothing", "scores",
        METRICS, "edit_distance", "current[j - 1] + 1", "current[j - 1]"),
    Bug("lines as writers", "an interval treats lines of one writer as independent", "scores",
        METRICS, "bootstrap_interval", "order = {cluster: index",
        "clusters = range(len(clusters))\n    order = {cluster: index"),
    Bug("found twice", "one line is counted as found more than once", "scores",
        MATCHING, "match_lines", "left[row], left[:, column] = -1, -1", "left[row] = -1"),
    Bug("union counts twice", "an overlap counts the shared area twice", "scores",
        MATCHING, "box_iou", "areas[1][None] - common, 1e-12)", "areas[1][None], 1e-12)"),
    Bug("rare classes", "rare classes count less than frequent ones", "scores",
        METRICS, "macro_accuracy",
        "return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))",
        "return float(right.mean())"),
    Bug("padded labels", "the padded length of a label is taken for its true one", "batches",
        ALPHABET, "Alphabet.encode_batch",
        "np.array([len(labels) for labels in encoded], dtype=np.int32)",
        "np.array([max(map(len, encoded), default=0) for _ in encoded], dtype=np.int32)"),
    Bug("padded frames", "padding counts as frames of the line", "batches",
        BATCHING, "assemble", "np.array([num_frames(image.shape[1]) for image in images]",
        "np.array([num_frames(max(i.shape[1] for i in images)) for _ in images]"),
    Bug("short lengths", "a length in the batch is off by one", "batches",
        BATCHING, "assemble", "label_lengths, frames)", "label_lengths, frames - 1)"),
    Bug("left padding", "the padding is on the wrong side", "batches",
        PREPARATION, "pad_images", "row[:, : image.shape[1], 0] = image",
        "row[:, width - image.shape[1] :, 0] = image"),
    Bug("no seed", "the order of the lines ignores its seed", "batches",
        BATCHING, "width_batches", "np.random.default_rng(seed)", "np.random.default_rng()"),
    Bug("shifted labels", "images and labels are in different order", "batches",
        BATCHING, "assemble", "images = [lines.images[i] for i in indices]",
        "images = [lines.images[i] for i in sorted(indices)]"),
    Bug("leaking writers", "a writer in both training and test goes unnoticed", "batches",
        LINES, "assert_disjoint", 'for name in ("writers", "texts"):', 'for name in ("texts",):'),
    Bug("polarity", "light writing on dark paper is lost", "images",
        INK, "extract_ink", "if light > dark:", "if False:"),
    Bug("color order", "red and blue are exchanged", "images",
        INK, "to_gray", "[0.299, 0.587, 0.114]", "[0.114, 0.587, 0.299]"),
    Bug("mirrored", "the line comes out mirrored", "images",
        PREPARATION, "place_line", "MARGIN : MARGIN + new_width] = small",
        "MARGIN : MARGIN + new_width] = small[:, ::-1]"),
    Bug("prepared twice", "serving prepares what training had prepared already", "images",
        PREPARATION, "place_line", "if is_prepared(image, (HEIGHT, None)):", "if False:"),
    Bug("faint ink", "faint ink stays faint", "images",
        INK, "extract_ink", "np.clip((difference - low) / (full - low) * 255, 0, 255)",
        "np.clip(difference - low, 0, 255)"),
    Bug("dark transparency", "transparent paper turns black", "images",
        INK, "to_gray", "color = color * alpha + (1 - alpha)", "color = color * alpha"),
    Bug("stale cache", "an old picture comes back at a new scale", "images",
        PAGES, "PreparedPage.at_scale",
        "_ink_at(self, scale)", "self.ink if self.ink.size > 1 else _ink_at(self, scale)"),
    Bug("right to left", "lines beside each other are read in the wrong order", "images",
        "shared.pages.line", "reading_order",
        "sorted(row, key=lambda i: middles[i, 0])", "sorted(row, key=lambda i: -middles[i, 0])"),
    Bug("doubt accepted", "doubtful texts are accepted and sure ones are sent to review", "service",
        CONFIDENCE, "Confidence.decision", "confidence >= self", "confidence < self"),
    Bug("least sure first", "the surest lines are the first to be rejected", "service",
        CURVES, "reject_curve", "np.argsort(-np.asarray(confidence)",
        "np.argsort(np.asarray(confidence)"),
    Bug("prepared pixels", "places are given in pixels of the prepared line", "service",
        PREPARATION, "PlacedLine.column",
        "self.left + (prepared - self.margin) / self.scale", "prepared - self.margin"),
    Bug("sideways", "a photograph lies on its side", "service",
        IMAGE_FILES, "decode_page_image",
        "_TURNS.get(Image.Image.getexif(opened).get(_ORIENTATION))", "None"),
    Bug("learned and held back", "a held-back text is learned from, too", "service",
        "shared.service.improving", "split_lines",
        "return lines[~back], lines[back]", "return lines[back | ~back], lines[back]"),
    Bug("one way alone", "a change in one direction goes unnoticed", "service",
        "shared.service.drift", "Reference.distances", "max(ahead.max(), behind.max())",
        "ahead.max()"),
)  # fmt: skip


#: Module, function, what it says, and what means the same to all but a last digit or an odd input
HARMLESS = (
    (CTC, "log_softmax",
     "shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
     "logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)"),
    (CTC, "greedy", "float(log_probs.max(axis=1).sum())",
     "sum(map(float, log_probs.max(axis=1)))"),
    (METRICS, "_error_rate",
     "sum(edit_distance(reference, hypothesis) for reference, hypothesis in pairs) / total",
     "sum(edit_distance(reference, hypothesis) / total for reference, hypothesis in pairs)"),
    (METRICS, "macro_accuracy",
     "float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))",
     "sum(right[labels == each].mean() / len(set(labels)) for each in set(labels.tolist()))"),
    (MATCHING, "box_iou", "areas[0][:, None] + areas[1][None] - common",
     "areas[0][:, None] - common + areas[1][None]"),
    (INK, "extract_ink", "np.clip((difference - low) / (full - low) * 255, 0, 255)",
     "np.rint(np.clip((difference - low) / (full - low) * 255, 0, 255))"),
    (CONFIDENCE, "Confidence.decision", '"accept" if confidence >= self.threshold else "review"',
     '"review" if confidence < self.threshold else "accept"'),
)  # fmt: skip


def bugs_of(area: str) -> tuple[Bug, ...]:
    """Return the bugs of an area."""
    return tuple(bug for bug in BUGS if bug.area == area)


def find_bug(name: str) -> Bug:
    """Return the bug of a name.

    Raises:
        KeyError: There is none.
    """
    for bug in BUGS:
        if bug.name == name:
            return bug
    raise KeyError(f"No bug is called {name!r}; there are {', '.join(b.name for b in BUGS)}.")
