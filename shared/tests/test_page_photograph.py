"""What a page's paper, light and camera do is drawn, and only that."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.pages.camera import Camera, aim
from shared.pages.paper import Paper
from shared.pages.photograph import photograph_page
from shared.pages.plan import plan_page
from shared.pen import hands

SIZE = 300, 240
PLAIN = Paper(
    pen=2.0, nib=0.0, ink=40.0, flow=0.0, tone=220.0, texture=0.0, rules=(0.0, 0.0), phase=30.0,
    edge=0.0, print=80.0, folds=0.0, ghost=0.0, desk=-1.0, rim=0.0, slope=(0.0, 0.0, 0.0),
    shadows=(0.0, 0.0), blur=0.3, noise=0.0, jpeg=0, seed=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def straight():
    """A camera that sees the paper as it is."""
    return Camera(SIZE, SIZE, np.eye(3), 0.0)


@pytest.fixture(scope="module")
def ink():
    drawn = np.zeros(SIZE, np.uint8)
    cv2.line(drawn, (30, 150), (100, 150), 255, 3)
    return drawn


@pytest.fixture
def seen(straight, ink):
    plain = photograph_page(ink, PLAIN, straight, 1.0).astype(int)

    def look(camera=straight, **changes):
        return photograph_page(ink, replace(PLAIN, **changes), camera, 1.0).astype(int), plain

    return look


def test_plain_paper_shows_ink_and_nothing_else(seen, ink):
    _, plain = seen()
    assert (plain[cv2.dilate(ink, np.ones((5, 5))) == 0] == 220).all()
    assert plain[150, 60] < 60


def test_ruled_paper_has_a_dark_line_at_every_step(seen):
    image, _ = seen(rules=(30.0, 0.0), phase=30.0)
    free = image[:, 150:]  # Right of the ink
    rows = np.flatnonzero(free.mean(axis=1) < 200)
    steps = rows[np.flatnonzero(np.diff(rows, prepend=-9) > 3)]
    assert len(steps) >= 8 and (np.abs(np.diff(steps) - 30) <= 1).all()
    assert np.ptp(free.mean(axis=0)) < 1, "no lines go down"


def test_squared_paper_has_lines_both_ways(seen):
    image, _ = seen(rules=(30.0, 30.0))
    free = image[180:, :]
    assert (free.mean(axis=0) < 200).sum() >= 6 and (free.mean(axis=1) < 200).sum() >= 3


def test_a_margin_is_one_line_down(seen):
    image, plain = seen(edge=20.0)
    columns = np.flatnonzero((plain - image).mean(axis=0) > 20)
    assert columns.size and (np.abs(columns - 20) <= 1).all()


def test_a_shadow_darkens_one_side_smoothly(seen):
    image, plain = seen(shadows=(0.4, 0.0))
    ratio = (image / plain)[:140]
    assert ratio.min() < 0.72 < 0.9 < ratio.max()
    assert np.abs(np.diff(ratio, axis=0)).max() < 0.1, "no edge as sharp as a stroke"


def test_the_other_side_shows_through_the_wrong_way_round(seen, ink):
    image, plain = seen(ghost=0.2)
    rows, columns = np.nonzero(plain - image > 5)
    assert rows.size and columns.min() >= SIZE[1] - 1 - 104, "a stroke on the left shows right"
    assert (plain - image).max() < 60, "fainter than ink"


def test_folds_cross_the_whole_page(seen):
    image, plain = seen(folds=40.0)
    dark = plain - image > 8
    assert (dark.mean(axis=1) > 0.9).any() and (dark.mean(axis=0) > 0.9).any()


def test_a_photographed_page_is_seen_in_perspective():
    """Parallel edges of the paper meet somewhere, which no tilt and no stretch can do."""
    corners = np.array([(0, 0), (SIZE[1], 0), (SIZE[1], SIZE[0]), (0, SIZE[0])], float)
    bent = []
    for seed in range(20):
        camera = aim("photo", False, SIZE, np.random.default_rng(seed))
        a, b, c, d = camera.map(corners)
        bent.append(np.linalg.norm((b - a) - (c - d)) / SIZE[1])
    assert max(bent) > 0.02 and np.median(bent) > 0.003


def test_a_desk_lies_around_the_paper(seen):
    further = np.array([[0.8, 0, 24], [0, 0.8, 30], [0, 0, 1]])
    image, _ = seen(Camera(SIZE, SIZE, further, 0.0), desk=30.0)
    assert np.mean(image < 60) == pytest.approx(1 - 0.8 * 0.8, abs=0.05)
    assert (image[40:120, 40:200] > 200).all()


def test_every_kind_of_paper_is_chosen_now_and_then():
    from shared.pages.paper import choose_paper

    hand = hands("train")[0]
    chosen = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        grade = ("regular", "photo")[seed % 2]
        chosen.append(choose_paper(grade, plan_page(grade, hand, rng), hand, rng))
    shares = {
        "ruled": np.mean([paper.rules[0] > 0 and not paper.rules[1] for paper in chosen]),
        "squared": np.mean([paper.rules[1] > 0 for paper in chosen]),
        "shadow": np.mean([max(paper.shadows) > 0 for paper in chosen]),
        "through": np.mean([paper.ghost > 0 for paper in chosen]),
        "desk": np.mean([paper.desk >= 0 for paper in chosen]),
    }
    assert min(shares.values()) > 0.03, shares
