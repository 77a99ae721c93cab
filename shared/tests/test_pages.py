"""Written pages: baselines, boxes and owners agree with the ink."""

import subprocess
import sys

import cv2
import freeze
import numpy as np
import pytest

from shared import pages, paths, pen
from shared.alphabet import UnknownCharacterError
from shared.lines import FROZEN, DamagedFileError
from shared.pages.frozen import unpack

MIX = {"regular": 1, "touching": 1, "photo": 1}


@pytest.fixture(scope="module")
def some():
    return pages.compose_pages(18, MIX, "train", 5)


def _ink(page, k):
    """Return x, y of the middles of the pixels of line k's ink."""
    down, right = np.nonzero(page.owner == k + 1)
    return right + 0.5, down + 0.5


def _depth(line, x, y):
    """Return how far below the baseline each point lies."""
    return y - np.interp(x, *line.baseline.T)


def test_pages_are_complete(some):
    assert {page.grade for page in some} == set(pages.GRADES)
    for page in some:
        assert page.image.dtype == page.owner.dtype == np.uint8
        assert page.image.shape == page.owner.shape
        assert page.owner.max() <= len(page.lines)
        assert page.text.split("\n") == [line.text for line in page.lines]
        for line in page.lines:
            assert line.baseline.shape == (len(line.baseline), 2)
            assert len(line.baseline) >= 2
            assert np.all(np.diff(line.baseline[:, 0]) > 0)
            assert min(line.x_height, line.ascent) > 0
            assert line.descent >= 0
            assert line.polygon.shape == (2 * len(line.baseline), 2)


def test_ink_is_darker_than_the_paper_around_it(some):
    for page in some:
        ink = page.owner > 0
        around = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) & ~ink
        assert page.image[ink].mean() < page.image[around].mean() - 8


def test_letters_stand_on_the_baseline(some):
    off, inside = [], []
    for page in some:
        for k, line in enumerate(page.lines):
            x, y = _ink(page, k)
            depth = _depth(line, x, y) / line.x_height
            lowest = np.full(page.owner.shape[1], -np.inf)
            np.maximum.at(lowest, x.astype(int), depth)
            if len(line.text) > 8:
                # Most columns of ink end where the letters stand; few go on into a tail.
                off.append(np.quantile(lowest[np.isfinite(lowest)], 0.6))
                inside.append(np.mean((depth > -1.3) & (depth < 0.35)))
    assert np.abs(off).max() < 0.25
    assert np.median(inside) > 0.75


def test_boxes_hold_exactly_the_lines_ink(some):
    gaps = []
    for page in some:
        for k, line in enumerate(page.lines):
            x, y = _ink(page, k)
            low, high = (x.min() - 0.5, y.min() - 0.5), (x.max() + 0.5, y.max() + 0.5)
            gaps += [*(low - line.box[:2]), *(line.box[2:] - high)]
    # Edges are smooth: half a pixel may show outside. Where lines touch, the outermost ink may
    # be the neighbor's.
    assert min(gaps) > -2.5
    assert np.mean(np.array(gaps) > -1.2) > 0.99
    assert np.mean(np.array(gaps) < 1.2) > 0.95


def test_ascent_and_descent_reach_the_ink_and_no_further(some):
    misses = []
    for page in some:
        for k, line in enumerate(page.lines):
            x, y = _ink(page, k)
            outline = line.polygon.astype(np.float32)
            inside = [
                cv2.pointPolygonTest(outline, (float(a), float(b)), True)
                for a, b in zip(x[::7], y[::7], strict=True)
            ]
            # The ends of the band are cut across, and letters lean out of them.
            assert np.mean(np.array(inside) > -1.5) > 0.97, line.text
            depth = _depth(line, x, y)
            misses.append((line.ascent + depth.min()) / line.x_height)
    assert np.median(misses) < 0.3


def test_lines_are_in_reading_order(some):
    for page in some:
        middles = [line.baseline[:, 1].mean() for line in page.lines]
        assert all(
            b > a - 1.5 * page.lines[0].x_height for a, b in zip(middles, middles[1:], strict=False)
        )
    regular = [page for page in some if page.grade == "regular"]
    steps = np.concatenate([np.diff([n.baseline[0, 1] for n in p.lines]) for p in regular])
    assert np.mean(steps > 0) > 0.97


def test_touching_lines_touch():
    def overlap(page):
        boxes = np.array([line.box for line in page.lines])
        return np.mean(boxes[1:, 1] < boxes[:-1, 3]) if len(boxes) > 1 else 0.0

    near = np.mean([overlap(page) for page in pages.compose_pages(10, "touching", "train", 2)])
    far = np.mean([overlap(page) for page in pages.compose_pages(10, "regular", "train", 2)])
    assert near > 0.6 > 0.45 > far


def test_crossed_out_words_are_in_no_text_and_belong_to_nobody():
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(24):
        page = pages.write_page("touching", pen.hands("train")[1], rng)
        freeze.check_texts([line.text for line in page.lines], "train")
        near = cv2.dilate(page.owner, np.ones((9, 9), np.uint8)) > 0
        dark = page.image < 0.5 * np.median(page.image)
        found += (dark & ~near).sum() > 60
    assert found >= 2


def test_another_zoom_draws_the_same_page():
    hand = pen.hands("train")[3]
    for grade in pages.GRADES:
        large = pages.write_page(grade, hand, np.random.default_rng(8))
        small = pages.write_page(grade, hand, np.random.default_rng(8), zoom=0.5)
        assert large.text == small.text
        for a, b in zip(large.lines, small.lines, strict=True):
            np.testing.assert_allclose(a.baseline * 0.5, b.baseline, atol=1e-6)
            assert b.x_height == pytest.approx(a.x_height / 2)
        shape = small.image.shape[::-1]
        alike = cv2.resize(large.image, shape, interpolation=cv2.INTER_AREA)
        assert np.corrcoef(alike.ravel(), small.image.ravel())[0, 1] > 0.8, grade


def test_a_shorter_list_is_the_beginning_of_a_longer_one(some):
    short = pages.compose_pages(3, MIX, "train", 5)
    for a, b in zip(short, some, strict=False):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.owner, b.owner)
    assert pages.compose_pages(1, MIX, "train", 6)[0].text != some[0].text


def test_pages_are_the_same_in_another_process(some):
    code = (
        "import hashlib; from shared import pages; "
        "made = pages.compose_pages(3, {'regular': 1, 'touching': 1, 'photo': 1}, 'train', 5); "
        "print(hashlib.sha256(b''.join(p.image.tobytes() + p.owner.tobytes() for p in made))"
        ".hexdigest())"
    )
    import hashlib

    mine = hashlib.sha256(b"".join(p.image.tobytes() + p.owner.tobytes() for p in some[:3]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == mine.hexdigest()


def test_splits_share_no_hand_and_no_text(some):
    test = pages.compose_pages(6, "regular", "test", 5)
    assert not {page.writer for page in some} & {page.writer for page in test}
    freeze.check_texts([line.text for page in some for line in page.lines], "train")
    freeze.check_texts([line.text for page in test for line in page.lines], "test")


def test_empty_pages_have_no_lines():
    for page in pages.compose_pages(6, MIX, "train", 1, empty=1.0):
        assert page.lines == [] and page.text == ""
        assert page.owner.shape == page.image.shape
        assert not page.owner.any()


def test_sparse_pages_hold_short_lines_that_stand_alone():
    mixed = pages.compose_pages(12, "regular", "train", 8)
    alone = pages.compose_pages(12, "regular", "train", 8, sparse=1.0)
    lengths = [[len(line.text) for page in some for line in page.lines] for some in (mixed, alone)]
    assert np.median(lengths[0]) > 2 * np.median(lengths[1]) and max(lengths[1]) < 30
    assert all(1 <= len(page.lines) <= 7 for page in alone)
    steps = [np.diff([line.baseline[:, 1].mean() for line in page.lines]) for page in alone]
    heights = [page.lines[0].x_height for page in alone]
    gaps = np.concatenate([step / height for step, height in zip(steps, heights, strict=True)])
    assert np.median(gaps) > 5, "in x-heights; lines of a paragraph stand closer"
    assert any(len(line.text) == 1 for page in alone for line in page.lines)


def test_an_empty_page_is_as_large_as_a_written_one():
    written = pages.compose_pages(12, "regular", "train", 8)
    empty = pages.compose_pages(12, "regular", "train", 8, empty=1.0)
    areas = [np.median([page.image.size for page in some]) for some in (written, empty)]
    assert areas[1] > 0.3 * areas[0]


def test_given_lines_are_written_in_order():
    texts = ["first", "the second line", "3rd"]
    page = pages.write_page("regular", pen.hands("test")[0], np.random.default_rng(1), texts=texts)
    assert page.text == "\n".join(texts)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"grade": "hard"}, "no grade 'hard'; choose one of regular, touching, photo"),
        ({"zoom": 0.0}, "zoom is 0.0"),
        ({"texts": ["  "]}, "is blank"),
        ({"texts": ["a"] * 201}, "more than the 200"),
        ({"split": "dev"}, "no split 'dev'"),
    ],
)
def test_bad_requests_are_refused(given, message):
    asked = {"grade": "regular", "hand": pen.hands("train")[0], "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=message):
        pages.write_page(**{**asked, **given})


def test_bad_lists_are_refused():
    with pytest.raises(ValueError, match="-1 pages"):
        pages.compose_pages(-1, "regular", "train", 0)
    with pytest.raises(ValueError, match="0 hands"):
        pages.compose_pages(1, "regular", "train", 0, hands=[])
    with pytest.raises(ValueError, match="no mix of regular"):
        pages.compose_pages(1, {"easy": 1}, "train", 0)
    hand, rng = pen.hands("train")[0], np.random.default_rng(0)
    with pytest.raises(UnknownCharacterError):
        pages.write_page("regular", hand, rng, texts=["na\u00efve"])


def test_pages_survive_packing(some):
    again = unpack(freeze.pack({"a": some[:2], "b": some[2:4]}))
    assert list(again) == ["a", "b"]
    for a, b in zip([*again["a"], *again["b"]], some, strict=False):
        assert (a.text, a.grade, a.writer) == (b.text, b.grade, b.writer)
        np.testing.assert_array_equal(a.owner, b.owner)
        assert np.abs(a.image.astype(int) - b.image).mean() < 4  # JPEG
        for p, q in zip(a.lines, b.lines, strict=True):
            np.testing.assert_array_equal(p.baseline, q.baseline)
            np.testing.assert_array_equal(p.box, q.box)
            assert (p.ascent, p.descent, p.x_height) == (q.ascent, q.descent, q.x_height)


def test_the_frozen_pages_are_what_they_say():
    made = {name: pages.frozen_pages(name) for name in ("regular", "unseen", "touching", "photo")}
    trained = {hand.name for hand in pen.hands("train")}
    for name, group in made.items():
        assert len(group) == 10
        assert len({page.writer for page in group}) == 10
        assert {page.grade for page in group} == {"regular" if name == "unseen" else name}
        assert all((page.writer in trained) == (name == "regular") for page in group)
        texts = [line.text for page in group for line in page.lines]
        assert len(texts) >= 95
        freeze.check_texts(texts, "test")
        for page in group:
            assert set(np.unique(page.owner)) == set(range(len(page.lines) + 1))
    with pytest.raises(ValueError, match="no frozen pages 'hard'; choose one of regular, unseen"):
        pages.frozen_pages("hard")


def test_changed_frozen_pages_are_refused(tmp_path, monkeypatch):
    changed = {"regular": pages.frozen_pages("regular")}
    freeze.save_pages(changed, tmp_path / "samples" / "pages_test.npz")
    monkeypatch.setattr(paths, "DATA", tmp_path)
    with pytest.raises(DamagedFileError, match="is not the frozen test set"):
        pages.frozen_pages("regular")
    (tmp_path / "samples" / "pages_test.npz").unlink()
    with pytest.raises(FileNotFoundError, match="pages_test"):
        pages.frozen_pages("regular")


def test_one_kind_can_be_frozen_alone(tmp_path):
    assert freeze.make_frozen(["characters"], tmp_path) == {
        "characters_test.npz": FROZEN["characters_test.npz"]
    }
    assert [path.name for path in tmp_path.iterdir()] == ["characters_test.npz"]
