"""Lab 8: three tests, each put to planted bugs and to right code written in several ways."""

from __future__ import annotations

import numpy as np

from shared import ctc
from shared.checks.exercise import Case, Exercise
from shared.lines import LineSet
from shared.planted.scoring import make_inputs, make_judge
from shared.planted.variants import run_variants
from shared.recognizer.preparation import prepare_line, to_gray
from shared.training.batching import assemble, width_batches


def test_ctc() -> None:
    """Assert what the course's CTC promises, in numbers worked out by hand."""
    # Repeats first, then blanks: the blank keeps two equal letters apart
    assert list(ctc.collapse([1, 1, 0, 1, 2])) == [1, 1, 2]
    best = [2, 0, 2, 1]
    path, label, _ = ctc.greedy(ctc.log_softmax(5.0 * np.eye(3)[best]))
    assert list(path) == best and list(label) == [2, 2, 1]
    # Two frames of three equal classes: 9 paths, of which [1, 0], [0, 1] and [1, 1] read 1
    even = ctc.log_softmax(np.zeros((2, 3)))
    assert abs(np.exp(ctc.forward(even, [1])[1]) - 3 / 9) < 1e-9
    # Three frames: only [1, 0, 1] reads 1 1
    even = ctc.log_softmax(np.zeros((3, 3)))
    assert abs(np.exp(ctc.forward(even, [1, 1])[1]) - 1 / 27) < 1e-9
    assert ctc.min_frames([1, 1]) == 3
    # A line gives the same loss alone and beside a longer one
    logits = np.random.default_rng(0).normal(size=(2, 6, 3))
    both, _ = ctc.batch_loss_and_grad(logits, [[1, 0], [1, 2]], [3, 6], [1, 2])
    alone = ctc.loss_and_grad(logits[0, :3], [1]).loss
    assert abs(both[0] - alone) < 1e-9
    assert np.isfinite(ctc.log_softmax(np.array([[1000.0, 0.0]]))).all()


def _letters() -> np.ndarray:
    """Return a gray photograph of a line, ink 40 on paper 220, heavier at its left end."""
    picture = np.full((60, 300), 220, np.uint8)
    for k, x in enumerate(range(20, 270, 14)):
        picture[30:44, x : x + 4] = 40
        picture[30:33, x : x + 9] = 40
        if k < 6:
            picture[14:44, x : x + 5] = 40
    return picture


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return how far two prepared lines are apart, a mean over what both have."""
    width = min(first.shape[1], second.shape[1])
    return float(np.abs(first[:, :width].astype(float) - second[:, :width]).mean())


def test_images() -> None:
    """Assert that what does not change the writing does not change what a network sees."""
    photo = _letters()
    seen = prepare_line(photo)
    assert _distance(seen, prepare_line(255 - photo)) < 8, "light on dark is another line"
    faint = np.where(photo < 100, 190, 220).astype(np.uint8)
    assert _distance(seen, prepare_line(faint)) < 8, "faint ink is another line"
    assert (prepare_line(seen) == seen).all(), "a prepared line is prepared once more"
    # A mirror image has to stay one: the tall letters are at the left
    half = seen.shape[1] // 2
    assert seen[:12, :half].sum() > 4 * seen[:12, half:].sum(), "the line is mirrored"
    red, blue = np.zeros((2, 4, 4, 3), np.uint8)
    red[..., 0] = blue[..., 2] = 255
    assert to_gray(red).mean() > 2 * to_gray(blue).mean(), "red and blue are exchanged"
    clear = np.zeros((4, 4, 4), np.uint8)
    assert to_gray(clear).min() == 1, "what is transparent is not paper"


def _lines(widths: list[int], texts: list[str]) -> LineSet:
    """Return lines of plain ink; the brightness says which line it is."""
    images = [np.full((32, width), 100 + k, np.uint8) for k, width in enumerate(widths)]
    boxes = [np.zeros((len(text), 4)) for text in texts]
    flags = [np.zeros(len(text), bool) for text in texts]
    return LineSet(images, list(texts), ["ann"] * len(texts), boxes, flags)


def test_batches() -> None:
    """Assert that a line is the same in a batch as alone."""
    lines = _lines([40, 80, 61], ["ab", "abcd", "xyz"])
    order = [2, 0, 1]
    batch = assemble(lines, order)
    assert batch.images.shape[2] >= 80
    for row, k in enumerate(order):
        alone = assemble(lines, [k])
        width, size = lines.images[k].shape[1], len(lines.texts[k])
        assert batch.label_lengths[row] == alone.label_lengths[0] == size
        assert (batch.labels[row, :size] == alone.labels[0, :size]).all()
        assert batch.logit_lengths[row] == alone.logit_lengths[0] == width // 4 + (width % 4 > 0)
        assert (batch.images[row, :, :width, 0] == lines.images[k]).all()
        assert not batch.images[row, :, width:].any()
    widths = list(range(30, 130))
    streams = [width_batches(widths, 8, seed=3) for _ in range(2)]
    first, again = ([next(stream).tolist() for _ in range(5)] for stream in streams)
    assert first == again


def cases_of(points: int, hints: dict[str, tuple[str, str]]) -> tuple[Case, ...]:
    """Return a case for each bug: its name on the tick list, and a hint."""
    return tuple(
        Case(name, points, make_inputs(bug), probe=run_variants, judge=make_judge(bug), hint=hint)
        for bug, (name, hint) in hints.items()
    )


TEST_CTC = Exercise(
    id="lab08.test_ctc",
    kind="implement",
    title="A test for CTC",
    reference=test_ctc,
    save_to="tests/test_lab08_ctc.py",
    seconds=120.0,
    doc="Catch eight bugs of CTC, and refuse no right code.",
    cases=cases_of(
        1,
        {
            "blanks first": ("notices blanks that are dropped too early",
                             "Collapse a path where a blank stands between two equal letters."),
            "blank last": ("notices a wrong blank",
                           "Let `ctc.greedy` read frames in which the last class wins."),
            "wrong axis": ("notices a maximum over the wrong axis",
                           "Let `ctc.greedy` read more frames than there are classes, and look "
                           "at the path."),
            "padded loss": ("notices padding in the loss",
                            "Compare `ctc.batch_loss_and_grad` of two lines of different length "
                            "with `ctc.loss_and_grad` of the short one alone."),
            "equal letters": ("notices equal letters without a blank",
                              "Three frames, three classes, all logits equal: how probable is "
                              "the label [1, 1]?"),
            "overflow": ("notices logits that overflow",
                         "Give `ctc.log_softmax` a logit of 1000."),
            "last blank": ("notices lost paths",
                           "Two frames, three classes, all logits equal: three of nine paths "
                           "read [1]."),
            "length rule": ("notices a label that does not fit",
                            "How many frames does the label [1, 1] need?"),
        },
    ),
)  # fmt: skip

TEST_IMAGES = Exercise(
    id="lab08.test_images",
    kind="implement",
    title="A metamorphic test",
    reference=test_images,
    seconds=120.0,
    doc="Catch six bugs in the preparation of images, and refuse no right code.",
    cases=cases_of(
        1,
        {
            "polarity": ("notices lost light ink",
                         "Prepare the photo and `255 - photo`, and compare."),
            "faint ink": ("notices faint ink",
                          "Bring the ink nearer to its paper, prepare both, and compare."),
            "prepared twice": ("notices a second preparation",
                               "`prepare_line(prepare_line(photo))` is `prepare_line(photo)`."),
            "mirrored": ("notices a mirrored line",
                         "Use a line that is heavier at its left end, and look where its ink is. "
                         "Mirroring the input does not help: a mirrored mirror looks right."),
            "color order": ("notices exchanged colors",
                            "`to_gray` of pure red is brighter than of pure blue."),
            "dark transparency": ("notices dark transparency",
                                  "Four channels, the last one zero: `to_gray` sees white paper."),
        },
    ),
)  # fmt: skip

TEST_BATCHES = Exercise(
    id="lab08.test_batches",
    kind="implement",
    title="A test for batches",
    reference=test_batches,
    seconds=120.0,
    doc="Catch six bugs in batches, and refuse no right code.",
    cases=cases_of(
        1,
        {
            "padded labels": ("notices padded label lengths",
                              "Use texts of different length and compare `label_lengths`."),
            "padded frames": ("notices padded frame counts",
                              "Use lines of different width: `logit_lengths` of a line is the "
                              "same alone and in a batch."),
            "short lengths": ("notices a length off by one",
                              "A line of 40 pixels has 10 frames of 4 pixels."),
            "left padding": ("notices padding on the left",
                             "A line's pixels begin at column 0 of its row."),
            "no seed": ("notices a missing seed",
                        "Ask `width_batches` twice with the same seed."),
            "shifted labels": ("notices exchanged labels",
                               "Take the lines in another order than that of the set, and mark "
                               "each image by its brightness."),
        },
    ),
)  # fmt: skip
