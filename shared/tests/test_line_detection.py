"""From maps to lines: bands traced, joined, cut apart, put in order, and made level."""

from __future__ import annotations

import numpy as np
import pytest

from shared import networks, pages, pen
from shared.pages import Line, LineDetector, baseline_maps, class_maps
from shared.pages.detector import DISTANCE, RETRY_SCALES, PageMaps, activate
from shared.pages.line import band_polygon
from shared.pages.rectifying import CROP_X_HEIGHT, MARGIN_BESIDE, LineCrop, without_neighbors
from shared.pages.tracing import lines_from_classes, lines_from_maps
from shared.preparation import X_HEIGHT

STEP = networks.MAP_STEP


def line(y, left=10.0, right=210.0, slope=0.0, x_height=8.0, bend=0.0):
    x = np.linspace(left, right, 30)
    middle = (left + right) / 2
    heights = y + slope * (x - middle) + bend * np.cos((x - middle) / 40)
    return Line(np.column_stack([x, heights]), 1.8 * x_height, 0.7 * x_height, x_height, 1)


def maps_of(lines, shape=(160, 224)):
    """Return the maps that a perfect network would give."""
    maps = baseline_maps(lines, shape)
    maps[..., 1:] *= DISTANCE / STEP
    return maps


def close(found, true, within=0.8):
    """Compare lines found on maps with the lines that the maps were drawn from."""
    assert len(found) == len(true)
    for one, other in zip(found, true, strict=True):
        one = one.scaled(STEP)
        heights = np.interp(one.baseline[:, 0], *other.baseline.T)
        assert np.abs(one.baseline[:, 1] - heights).max() < within
        assert abs(one.baseline[0, 0] - other.baseline[0, 0]) <= 2 * STEP
        assert abs(one.baseline[-1, 0] - other.baseline[-1, 0]) <= 2 * STEP
        assert one.x_height == pytest.approx(other.x_height, rel=0.15)
        assert one.ascent == pytest.approx(other.ascent, abs=1.6)
        assert one.descent == pytest.approx(other.descent, abs=1.6)


LAYOUTS = {
    "straight": [line(30), line(60), line(90, right=100)],
    "skewed": [line(40, slope=0.1), line(70, slope=0.1), line(100, slope=0.1)],
    "curved": [line(40, bend=5), line(70, bend=5)],
    "dense": [line(30 + 13 * k) for k in range(8)],  # A pitch of 1.6 x-heights
    "one word": [line(50, 100, 130)],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_perfect_maps_give_the_lines_back(name):
    close(lines_from_maps(maps_of(LAYOUTS[name])), LAYOUTS[name])


def test_odd_and_even_lines_come_from_the_classes():
    lines = LAYOUTS["straight"]
    found = lines_from_classes(class_maps(lines, (160, 224)))
    assert len(found) == 3
    for one, other in zip(found, lines, strict=True):
        np.testing.assert_allclose(one.box * STEP, other.box, atol=3)


def test_a_gap_between_words_is_bridged_and_a_gutter_is_not():
    lines = [line(40, 10, 90), line(42, 120, 210)]
    found = lines_from_maps(maps_of(lines))
    assert len(found) == 1 and np.ptp(found[0].baseline[:, 0]) * STEP > 190
    assert len(lines_from_maps(maps_of([line(40, 10, 50), line(40, 160, 210)]))) == 2


def test_lines_that_flow_together_are_cut_apart():
    lines = [line(40), line(62)]
    maps = maps_of(lines)
    # A thin bridge of doubt between both bands, as a long descender makes it
    maps[16:32, 50:80, 0] = np.maximum(maps[16:32, 50:80, 0], 0.6)
    close(lines_from_maps(maps), lines, within=1.5)


def test_specks_and_nothing_give_no_line():
    maps = np.zeros((80, 112, 3))
    assert lines_from_maps(maps) == []
    maps[40, 50:53, 0] = 1
    assert lines_from_maps(maps) == []


def test_a_speck_inside_a_line_is_left_out_and_a_short_line_is_kept():
    lines = [line(40), line(70, 10, 22)]
    maps = maps_of(lines)
    maps[12:15, 50:56, 0] = 1  # Seven pixels above the core of the first line
    close(lines_from_maps(maps), lines)


def test_a_higher_threshold_never_finds_what_is_less_sure():
    maps = maps_of(LAYOUTS["straight"])
    maps[20:32, :, 0] *= 0.85  # The second line is doubtful
    assert len(lines_from_maps(maps, 0.5)) == 3
    assert len(lines_from_maps(maps, 0.8)) == 2
    sure = [one.confidence for one in lines_from_maps(maps, 0.5)]
    assert sure[1] < 0.85 < min(sure[0], sure[2])


def test_lines_are_read_down_a_tilted_page_and_along_a_row():
    tilted = [line(30 + 20 * k, slope=0.25) for k in range(4)]
    right = line(30 + 0.25 * 170, 250, 300, slope=0.25)  # Beside the first line, and lower
    shuffled = [tilted[2], right, tilted[0], tilted[3], tilted[1]]
    ordered = pages.reading_order(shuffled)
    assert [id(one) for one in ordered] == [id(one) for one in [tilted[0], right, *tilted[1:]]]
    assert pages.reading_order([]) == []


def test_the_outline_keeps_its_distance_along_the_normals():
    baseline = np.array([[0.0, 0.0], [30.0, 40.0]])  # The normal upward is (.8, -.6)
    outline = band_polygon(baseline, 10.0, 5.0)
    np.testing.assert_allclose(outline, [[8, -6], [38, 34], [26, 43], [-4, 3]])


def ink_rows(image):
    return np.flatnonzero((image < 128).any(axis=1))


@pytest.mark.parametrize("slope", [0.0, 0.15, -0.3])
def test_a_strip_is_level(slope):
    import cv2

    page = np.full((300, 400), 255, np.uint8)
    ends = [(40, 150 - slope * 160), (360, 150 + slope * 160)]
    cv2.line(page, *[(round(x), round(y)) for x, y in ends], 0, 3)
    crop = pages.rectify(page, Line(np.array(ends), 30, 12, 16, 1.0))
    rows = ink_rows(crop.image)
    assert crop.x_height == CROP_X_HEIGHT
    assert abs(rows.mean() - crop.baseline) < 1.5 and np.ptp(rows) <= 9
    along = np.hypot(320, 320 * slope) * 24 / 16
    assert crop.image.shape[1] == pytest.approx(along + 2 * MARGIN_BESIDE * 24, rel=0.01)


def test_a_curved_line_is_level_too():
    import cv2

    x = np.arange(20, 380, 4.0)
    baseline = np.column_stack([x, 100 + 20 * np.sin(x / 60)])
    page = np.full((200, 400), 255, np.uint8)
    cv2.polylines(page, [np.round(baseline).astype(np.int32)], False, 0, 2)
    crop = pages.rectify(page, Line(baseline, 30, 12, 16, 1.0))
    assert np.ptp(ink_rows(crop.image)) <= 8


def test_a_strip_comes_to_the_place_that_the_reader_knows():
    hand = pen.hands("train")[0]
    writing = pen.write("nine sunrises in june", hand, np.random.default_rng(0))
    gray = 255 - pen.draw(writing, height=96)
    baseline = np.array([[0, 3.0 * writing.baseline], [gray.shape[1], 3.0 * writing.baseline]])
    true = Line(baseline, 60, 25, 3 * writing.x_height, 1.0)
    prepared = pages.place_crop(pages.rectify(gray, true)).image
    assert prepared.shape[0] == 32 and prepared.dtype == np.uint8
    assert np.median(prepared) == 0 and prepared.max() > 230
    drawn = pen.draw(writing)
    zoom = X_HEIGHT / writing.x_height
    assert prepared.shape[1] == pytest.approx(drawn.shape[1] * min(zoom, 1.1), rel=0.25)


def test_strokes_of_the_lines_around_are_left_out():
    gray = np.full((90, 200), 255, np.uint8)
    gray[40:60, 20:180:12] = 0  # Small letters on the baseline 60
    gray[25:40, 32] = 0  # An ascender of this line
    gray[0:34, 100] = 0  # A tail of the line above
    gray[70:90, 150] = 0  # An ascender of the line below
    crop = LineCrop(gray, 60.0, 20.0)
    left = without_neighbors(255 - gray, crop)
    assert left[30, 32] and left[50, 32]
    assert not left[:36, 100].any() and not left[66:, 150].any()


def test_paper_has_no_line_to_prepare():
    crop = LineCrop(np.full((60, 200), 240, np.uint8), 40.0, 24.0)
    with pytest.raises(ValueError, match="No ink"):
        pages.place_crop(crop)


@pytest.fixture(scope="module")
def untrained():
    return networks.line_detector_network(channels=(4, 4, 6, 8))


@pytest.mark.parametrize("shape", [(16, 16), (32, 48), (160, 16)])
def test_maps_have_half_the_size_of_the_page(untrained, shape):
    maps = untrained(np.zeros((2, *shape, 1), "float32"))
    assert maps.shape == (2, shape[0] // STEP, shape[1] // STEP, 3)


def test_the_receptive_field_of_the_detector_is_what_reaches_a_map_pixel(untrained):
    from shared.backend import tf

    field = networks.receptive_field(untrained)
    assert field.step == STEP
    images = tf.constant(np.random.default_rng(0).random((1, 16, 512, 1), dtype="float32"))
    with tf.GradientTape() as tape:
        tape.watch(images)
        pixel = tf.reduce_sum(untrained(images)[0, 4, 128])
    reached = np.flatnonzero(np.abs(tape.gradient(pixel, images)[0, :, :, 0]).sum(axis=0))
    span = reached.max() - reached.min() + 1
    assert field.pixels - 40 <= span <= field.pixels


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (700, 3), (37, 41), (300, 200)])
def test_an_image_of_any_size_has_maps_and_lines(untrained, shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    maps = LineDetector(untrained).maps(image)
    assert maps.maps.shape[2] == 3 and np.isfinite(maps.maps).all()
    assert isinstance(maps.lines(), list)


def test_probabilities_and_distances_come_out_of_the_network():
    raw = np.array([[[0.0, 0.5, -1.0], [90.0, 2.0, 1.0]]])
    expected = [[[0.5, 4, 0], [1, 16, 8]]]  # 16 working pixels are 8 pixels of the maps
    np.testing.assert_allclose(activate(raw, "baseline"), expected)
    np.testing.assert_allclose(activate(raw, "classes").sum(axis=-1), 1)


def test_mistakes_are_explained(untrained):
    with pytest.raises(ValueError, match="'boxes' is unknown; use 'baseline' or 'classes'"):
        LineDetector(untrained, "boxes")
    with pytest.raises(FileNotFoundError, match="train it: see data/README.md"):
        LineDetector.load("no_such_detector.weights.h5")


def test_a_detector_is_saved_and_loaded(untrained, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    card = {"network": {"num_maps": 3, "channels": [4, 4, 6, 8]}}
    path = LineDetector(untrained, "classes").save(tmp_path / "own.weights.h5", card)
    again = LineDetector.load(str(path))
    assert again.kind == "classes"
    page = pages.prepare_page(image)
    np.testing.assert_allclose(
        again.predict(page).maps, LineDetector(untrained, "classes").predict(page).maps, atol=1e-5
    )


@pytest.mark.parametrize("blind", [True, False])
def test_scales_nearby_are_tried_where_lines_cover_too_little_ink(blind):
    paper = np.full((240, 320), 255, np.uint8)
    for top in (40, 100, 160):
        paper[top : top + 6, 20:300] = 0
    sizes = []

    class Blinking(LineDetector):
        """Sees every bar as a line; when it blinks, only their left thirds at the first size."""

        def predict(self, page):
            sizes.append(page.scale)
            core = (page.ink[::STEP, ::STEP] > 127).astype(np.float32)
            if blind and page.scale == sizes[0]:
                core[:, core.shape[1] // 3 :] = 0
            return PageMaps(np.stack([core, 4 * core, 2 * core], axis=-1), "baseline", page)

    found = Blinking(None).maps(paper).lines()
    assert len(found) == 3
    assert all(line.baseline[-1, 0] > 280 for line in found)
    beside = {round(size / sizes[0], 2) for size in sizes} & set(RETRY_SCALES)
    assert bool(beside) == blind, "other sizes cost time, so they are tried only where needed"
