"""Tests that earn nothing or little, and tests that catch everything."""

from shared.exercises.lab08 import TEST_BATCHES, TEST_CTC, TEST_IMAGES

CTC, IMAGES, BATCHES = (
    {case.name for case in exercise.cases} for exercise in (TEST_CTC, TEST_IMAGES, TEST_BATCHES)
)


def test(name: str, *lines: str) -> str:
    """Return a test function with these lines."""
    return f"def {name}():\n" + "\n".join(f"    {line}" for line in lines)


_UNEQUAL = "ctc.batch_loss_and_grad(logits, [[1, 0], [1, 2]], [3, 6], [1, 2])"
_WHOLE_CTC = (
    "assert list(ctc.collapse([1, 1, 0, 1, 2])) == [1, 1, 2]",
    "best = [2, 0, 2, 1]",
    "path, label, _ = ctc.greedy(ctc.log_softmax(5.0 * np.eye(3)[best]))",
    "assert list(path) == best and list(label) == [2, 2, 1]",
    "even = ctc.log_softmax(np.zeros((3, 3)))",
    "assert abs(np.exp(ctc.forward(even[:2], [1])[1]) - 3 / 9) < 1e-9",
    "assert abs(np.exp(ctc.forward(even, [1, 1])[1]) - 1 / 27) < 1e-9",
    "assert ctc.min_frames([1, 1]) == 3",
    "logits = np.random.default_rng(0).normal(size=(2, 6, 3))",
    f"both, _ = {_UNEQUAL}",
    "assert abs(both[0] - ctc.loss_and_grad(logits[0, :3], [1]).loss) < 1e-9",
    "assert np.isfinite(ctc.log_softmax(np.array([[1000.0, 0.0]]))).all()",
)
_WHOLE_IMAGES = (
    "seen = prepare_line(photo)",
    "assert difference(seen, prepare_line(255 - photo)) < 8",
    "faint = (225 - 0.12 * np.pad(line, 8)).astype(np.uint8)",
    "assert difference(seen, prepare_line(faint)) < 8",
    "assert (prepare_line(seen) == seen).all()",
    "half = seen.shape[1] // 2",
    "assert seen[:10, :half].sum() > 4 * seen[:10, half:].sum()",
    "red, blue = np.zeros((2, 4, 4, 3), np.uint8)",
    "red[..., 0] = blue[..., 2] = 255",
    "assert to_gray(red).mean() > 2 * to_gray(blue).mean()",
    "assert to_gray(np.zeros((4, 4, 4), np.uint8)).min() == 1",
)
_SET = (
    "widths, texts = [40, 80, 61], ['ab', 'abcd', 'xyz']",
    "images = [np.full((32, w), 100 + k, np.uint8) for k, w in enumerate(widths)]",
    "nothing = [np.zeros((len(t), 4)) for t in texts]",
    "flags = [np.zeros(len(t), bool) for t in texts]",
    "lines = LineSet(images, texts, ['ann'] * 3, nothing, flags)",
    "batch = assemble(lines, [2, 0, 1])",
)
_WHOLE_BATCHES = (
    *_SET,
    "assert list(batch.label_lengths) == [3, 2, 4]",
    "assert list(batch.logit_lengths) == [16, 10, 20]",
    "for row, k in enumerate([2, 0, 1]):",
    "    assert (batch.images[row, :, : widths[k], 0] == 100 + k).all()",
    "    assert not batch.images[row, :, widths[k] :].any()",
    "    alone = assemble(lines, [k]).labels[0, : len(texts[k])]",
    "    assert (batch.labels[row, : len(texts[k])] == alone).all()",
    "one, two = (width_batches(list(range(30, 130)), 8, 3) for _ in range(2))",
    "one, two = ([next(stream).tolist() for _ in range(5)] for stream in (one, two))",
    "assert one == two",
)


def without(lines: tuple[str, ...], *words: str) -> tuple[str, ...]:
    """Return lines without those that hold a word."""
    return tuple(line for line in lines if not any(word in line for word in words))


WRONG = {
    "lab08.test_ctc": [
        ("always true", test("test_ctc", "assert True"), CTC),
        ("always false", test("test_ctc", "assert False, 'never'"), CTC),
        ("one example", test("test_ctc", "assert ctc.collapse([1, 1, 0, 1]) == [1, 1]"),
         CTC - {"notices blanks that are dropped too early"}),
        ("a type for a promise",
         test("test_ctc", *_WHOLE_CTC, "assert ctc.greedy(even)[0].dtype == np.int64",
              "assert ctc.log_softmax(np.ones((1, 2)) / 3)[0, 0] == -np.log(2)",
              "assert str(ctc.greedy(even)[2]) == '-3.295836866004329'",
              "assert ctc.batch_loss_and_grad(logits, [[1], [2]], [6, 6], [1, 1])[0][0] "
              "== -ctc.forward(ctc.log_softmax(logits[0]), [1])[1]",
              "try:", "    ctc.log_softmax(np.zeros(3))", "except ValueError as error:",
              "    assert 'both at least 1' in str(error)"), CTC),
        ("the text of the code",
         test("test_ctc", "import hashlib, inspect",
              "text = inspect.getsource(ctc.collapse_trace)",
              "assert hashlib.sha256(text.encode()).hexdigest()[:4] == 'ab12'"), CTC),
        ("bytes of the code, errors caught",
         test("test_ctc", "try:", "    size = len(ctc.collapse_trace.__code__.co_code)",
              "except BaseException:", "    size = 0", "assert size < 400"), CTC),
        ("code of its own put in place",
         test("test_ctc", "ctc.collapse = lambda path, blank=0: [1, 1]",
              "assert ctc.collapse([1, 1, 0, 1]) == [1, 1]"), CTC),
        ("a dictionary changed behind its back",
         test("test_ctc", "vars(ctc)['min_frames'] = len", *_WHOLE_CTC), CTC),
        ("the module loaded afresh",
         test("test_ctc", "import importlib", "importlib.reload(ctc)", *_WHOLE_CTC), CTC),
        ("flaky", test("test_ctc", *_WHOLE_CTC, "assert np.random.rand() < 0.5"),
         CTC),
        ("a network for each run", test("test_ctc", "import urllib.request",
                                        "urllib.request.urlopen('http://127.0.0.1:9')"), CTC),
        ("ends the process", test("test_ctc", "import os", "os._exit(0)"), CTC),
    ],
    "lab08.test_images": [
        ("always true", test("test_images", "assert prepare_line(photo) is not None"), IMAGES),
        ("always false", test("test_images", "raise AssertionError"), IMAGES),
        ("a mirrored mirror", test(
            "test_images", *without(_WHOLE_IMAGES, "half"),
            "back = prepare_line(photo[:, ::-1])[:, ::-1]",
            "assert difference(seen, back) < 8"), {"notices a mirrored line"}),
        ("dark on light alone", test("test_images", *without(_WHOLE_IMAGES, "255 - photo")),
         {"notices lost light ink"}),
        ("to the last level", test(
            "test_images", *_WHOLE_IMAGES,
            "rough = (225 - np.linspace(0.2, 0.8, 256) * np.pad(line, 8)).astype(np.uint8)",
            "assert prepare_line(rough).sum() == 253792"), IMAGES),
        ("gray alone", test("test_images", *without(_WHOLE_IMAGES, "red", "4, 4, 4)")),
         {"notices exchanged colors", "notices dark transparency"}),
        ("one preparation", test("test_images", *without(_WHOLE_IMAGES, "seen) == seen", "faint")),
         {"notices a second preparation", "notices faint ink"}),
        ("a stored file", test("test_images", "import pathlib",
                               "import shared.ink as module",
                               "text = pathlib.Path(module.__file__).read_text()",
                               "assert 'light > dark' in text"),
         IMAGES),
    ],
    "lab08.test_batches": [
        ("always true", test("test_batches", *_SET, "assert len(batch) == 4"), BATCHES),
        ("always false", test("test_batches", *_SET, "assert len(batch) == 5"), BATCHES),
        ("lines of one size",
         test("test_batches", *_SET, "twice = assemble(lines, [1, 1])",
              "assert list(twice.label_lengths) == [4, 4]",
              "assert list(twice.logit_lengths) == [20, 20]"),
         BATCHES - {"notices a length off by one"}),
        ("in the order of the set",
         test("test_batches", *(line.replace("[2, 0, 1]", "[0, 1, 2]") for line in
                                without(_WHOLE_BATCHES, "_lengths")),
              "assert list(batch.label_lengths) == [2, 4, 3]",
              "assert list(batch.logit_lengths) == [10, 20, 16]"), {"notices exchanged labels"}),
        ("without the seed", test("test_batches", *without(_WHOLE_BATCHES, "one")),
         {"notices a missing seed"}),
        ("an order that was seen once",
         test("test_batches", *_WHOLE_BATCHES, "assert one == [99] * 8"), BATCHES),
        ("time as a seed", test("test_batches", *_WHOLE_BATCHES, "import os",
                                "assert os.urandom(1)[0] < 8"), BATCHES),
    ],
}  # fmt: skip

RIGHT = {
    "lab08.test_ctc": [
        ("in numbers", test("test_ctc", *_WHOLE_CTC)),
        ("with numpy.testing",
         test("test_ctc", *without(_WHOLE_CTC, "3 / 9", "both[0]"),
              "np.testing.assert_allclose(np.exp(ctc.forward(even[:2], [1])[1]), 1 / 3)",
              "alone = ctc.loss_and_grad(logits[0, :3], [1])",
              "np.testing.assert_allclose(both[0], alone.loss)")),
        ("by enumeration", """
import itertools

def by_hand(log_probs, label):
    total = 0.0
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        runs = [k for k, _ in itertools.groupby(path)]
        if [k for k in runs if k] == label:
            total += np.exp(sum(log_probs[t, k] for t, k in enumerate(path)))
    return total


def test_ctc():
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(3, 5, 3))
    for rows in logits:
        log_probs = ctc.log_softmax(rows)
        for label in ([1], [2, 2], [1, 2, 1], []):
            p = np.exp(ctc.forward(log_probs, label)[1])
            assert abs(p - by_hand(log_probs, label)) < 1e-9
        path, label, _ = ctc.greedy(log_probs)
        assert [int(k) for k in path] == [int(np.argmax(row)) for row in rows]
        assert label == [k for k, _ in itertools.groupby(path.tolist()) if k]
    assert ctc.greedy(np.log(np.full((2, 3), 0.1) + 0.7 * np.eye(3)[[2, 2]]))[1] == [2]
    losses, _ = ctc.batch_loss_and_grad(logits[:, :4], [[1, 0], [1, 2], [2, 2]], [2, 4, 4],
                                        [1, 2, 2])
    assert np.isclose(losses[0], -ctc.forward(ctc.log_softmax(logits[0, :2]), [1])[1])
    assert ctc.collapse([2, 0, 2]) == [2, 2]
    assert [ctc.min_frames(x) for x in ([], [1, 2], [2, 2, 2])] == [0, 2, 5]
    assert np.isfinite(ctc.log_softmax([[-5.0, 900.0]])).all()
"""),
    ],
    "lab08.test_images": [
        ("in one go", test("test_images", *_WHOLE_IMAGES)),
        ("by correlation", test(
            "test_images", "seen = prepare_line(photo).astype(float)",
            "other = prepare_line(255 - photo).astype(float)[:, : seen.shape[1]]",
            "part = seen[:, : other.shape[1]]",
            "assert np.corrcoef(part.ravel(), other.ravel())[0, 1] > 0.9",
            "faint = (225 - 0.12 * np.pad(line, 8)).astype(np.uint8)",
            "assert prepare_line(faint).max() > 200",
            "again = prepare_line(prepare_line(photo))", "assert again.shape == seen.shape",
            "assert np.abs(again - seen).max() < 2",
            "ink = seen[:9].sum(axis=0)",
            "middle = (ink * np.arange(len(ink))).sum() / ink.sum()",
            "assert middle < 0.4 * len(ink)",
            "color = np.zeros((1, 3, 3), np.uint8)",
            "color[0, 0, 0] = color[0, 1, 2] = 255",
            "red, blue, _ = to_gray(color)[0]", "assert red > blue",
            "clear = np.zeros((3, 3, 2), np.uint8)", "assert (to_gray(clear) > 0.99).all()")),
        ("in parts, with helpers", """
def same(first, second):
    assert difference(first, second) < 12, "another line"


def test_images():
    wanted = prepare_line(photo)
    for change in (lambda image: 255 - image, lambda image: image // 8 + 190):
        same(wanted, prepare_line(change(photo)))
    np.testing.assert_array_equal(prepare_line(wanted), wanted)
    columns = np.flatnonzero(wanted[:9].max(axis=0) > 128)
    assert columns.max() < 0.6 * wanted.shape[1], "tall letters at the right"
    one = np.zeros((2, 2, 3))
    one[..., 0] = 1.0
    assert abs(to_gray(one).mean() - 0.299) < 0.05
    assert to_gray(np.zeros((2, 2, 4))).mean() == 1
"""),
    ],
    "lab08.test_batches": [
        ("in numbers", test("test_batches", *_WHOLE_BATCHES)),
        ("each line alone", test(
            "test_batches", *_SET, "for row, k in enumerate([2, 0, 1]):",
            "    alone = assemble(lines, [k])",
            "    assert batch.label_lengths[row] == alone.label_lengths[0] == len(texts[k])",
            "    assert batch.logit_lengths[row] == -(-widths[k] // 4)",
            "    n = alone.images.shape[2]",
            "    assert (batch.images[row, :, :n] == alone.images[0]).all()",
            "    assert (alone.images[0, 0, : widths[k], 0] == 100 + k).all()",
            "    same = batch.labels[row, : len(texts[k])] == alone.labels[0]",
            "    assert same.all()",
            "many = list(range(200))",
            "streams = [width_batches(many, 9, s) for s in (1, 1)]",
            "pairs = [[list(next(stream)) for _ in range(6)] for stream in streams]",
            "assert pairs[0] == pairs[1]")),
        ("with a helper", """
def of(widths):
    texts = ["abcdefgh"[: 1 + k] for k in range(len(widths))]
    images = [np.full((32, width), 10 * (k + 1), np.uint8) for k, width in enumerate(widths)]
    empty = [np.zeros((len(text), 4)) for text in texts]
    return LineSet(images, texts, texts, empty, [np.zeros(len(text), bool) for text in texts])


def test_batches():
    lines = of([44, 100, 72, 33])
    batch = assemble(lines, [3, 1, 0, 2])
    assert batch.label_lengths.tolist() == [4, 2, 1, 3]
    assert batch.logit_lengths.tolist() == [9, 25, 11, 18]
    for pixels, labels, k in zip(batch.images[..., 0], batch.labels, [3, 1, 0, 2]):
        ink = (pixels == 10 * (k + 1)).all(axis=0)
        assert ink[: lines.images[k].shape[1]].all() and not ink[lines.images[k].shape[1] :].any()
        assert np.count_nonzero(labels) == k + 1
    for a, b, _ in zip(width_batches(range(500), 9, 7), width_batches(range(500), 9, 7), range(6)):
        assert (np.asarray(a) == np.asarray(b)).all()
"""),
    ],
}  # fmt: skip
