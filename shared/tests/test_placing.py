"""The shipped reader's preparation: one size of letters, whatever stands above and below them."""

import h5py
import numpy as np
import pytest
from release_reader import halve

from shared import pen
from shared.alphabet import ASCII
from shared.ink import body_rows, measure_slant
from shared.networks import READER_HEIGHT, reader_network
from shared.preparation import BODIES, BODY, BODY_BOTTOM, WHOLE_LINE, place_bodies, preparation_of
from shared.recognizer import DamagedModelError, LineTextRecognizer


def line(text, seed=0, height=64, hand=0):
    rng = np.random.default_rng(seed)
    ink = pen.write_line(text, pen.hands("train")[hand], rng, height).image
    return 255 - np.pad(ink, 12)  # Dark on light, as people write


@pytest.fixture(scope="module")
def reader():
    network = reader_network(channels=(4, 4, 8, 8), features=8, units=8)
    network.set_weights([w.astype(np.float16).astype(np.float32) for w in network.get_weights()])
    card = {"preparation": BODIES.version, "network": {"architecture": "reader", "units": 8,
            "channels": [4, 4, 8, 8], "features": 8}}  # fmt: skip
    return LineTextRecognizer(network, ASCII, card)


@pytest.mark.parametrize("height", [40, 64, 160])
def test_letters_have_one_size_whatever_the_size_of_the_image(height):
    for hand in range(6):
        image = place_bodies(line("never seen a summer moon", hand, height, hand)).image
        assert image.shape[0] == READER_HEIGHT
        top, bottom = body_rows(image)
        assert abs(bottom - top - BODY) <= 5
        assert abs(bottom - BODY_BOTTOM) <= 3


def test_tall_parts_do_not_make_letters_small():
    plain = line("never seen a summer moon")
    tall = plain.copy()
    tall = np.pad(tall, ((90, 90), (0, 0)), constant_values=255)
    tall[10:130, 60:64] = 0  # A stroke through three lines
    sizes = [place_bodies(image).scale for image in (plain, tall)]
    assert abs(np.log(sizes[1] / sizes[0])) < 0.25
    # What the labs' small networks do instead
    shrunk = [WHOLE_LINE.place_line(image).scale for image in (plain, tall)]
    assert shrunk[1] < 0.7 * shrunk[0]


def test_half_of_the_slant_goes():
    image = line("lllilllilltlllill", 3)
    leaning = np.zeros((len(image), image.shape[1] + 80), np.uint8) + 255
    for row, values in enumerate(image):
        shift = round(0.6 * (len(image) - row)) if row < len(image) else 0
        leaning[row, shift : shift + len(values)] = np.minimum(
            leaning[row, shift : shift + len(values)], values
        )
    before = measure_slant(255 - leaning)
    after = measure_slant(place_bodies(leaning).image)
    assert before > 0.35
    assert 0.25 * before < after < 0.75 * before


def test_the_rules_of_paper_do_not_change_the_size():
    for seed in range(5):
        image = line("never seen a summer moon", seed, hand=seed)
        ruled = image.copy()
        for row in (20, 74):
            ruled[row : row + 1] = np.minimum(ruled[row : row + 1], 90)
        sizes = [place_bodies(one).scale for one in (image, ruled)]
        assert abs(np.log(sizes[1] / sizes[0])) < 0.3


def test_capitals_are_not_taken_for_small_letters():
    image = place_bodies(line("THE OTHER LETTERS", 1)).image
    rows = np.flatnonzero((image > 90).any(axis=1))
    assert 12 <= rows[-1] - rows[0] <= 34


def test_a_place_in_the_line_is_known_in_the_image():
    image = np.full((80, 600), 255, np.uint8)
    image[20:52, 100:106] = 0
    image[20:52, 500:506] = 0
    image[36:52, 100:506:40] = 0
    placed = place_bodies(image)
    columns = np.flatnonzero(placed.image[BODY_BOTTOM - 3] > 120)
    assert abs(placed.column(columns[0]) - 100) < 4
    assert abs(placed.column(columns[-1]) - 505) < 4


def test_what_is_prepared_comes_back_and_paper_is_refused():
    once = place_bodies(line("once and again")).image
    assert place_bodies(once).image is once
    with pytest.raises(ValueError, match="No ink"):
        place_bodies(np.full((60, 400), 255, np.uint8))
    with pytest.raises(ValueError, match="times as wide"):
        wide = np.full((20, 9000), 255, np.uint8)
        wide[8:12, ::9] = 0
        place_bodies(wide)


def test_room_keeps_rows_that_training_moves_in():
    image = line("quietly typed", 5)
    close, roomy = place_bodies(image).image, place_bodies(image, room=10).image
    assert roomy.shape == (READER_HEIGHT + 20, close.shape[1])
    assert np.array_equal(roomy[10:-10], close)


def test_a_reader_brings_its_preparation_and_its_half_weights(reader, tmp_path):
    path = reader.save(tmp_path / "r.weights.h5")
    halve(path)
    again = LineTextRecognizer.load(path)
    assert again.preparation is BODIES
    image = line("the same in both")
    assert np.allclose(again.logits(image), reader.logits(image), atol=1e-5)
    with h5py.File(path) as stored:
        kinds = set()
        stored.visititems(lambda _, item: kinds.add(getattr(item, "dtype", None)))
    assert np.dtype("float16") in kinds and np.dtype("float32") not in kinds


def test_an_unknown_preparation_is_refused_with_a_way_out(reader, tmp_path):
    with pytest.raises(ValueError, match=r"preparation 9.*[Tt]rain"):
        preparation_of(9)
    path = reader.save(tmp_path / "r.weights.h5")
    card = path.with_name("r.json")
    card.write_text(card.read_text().replace('"preparation": 2', '"preparation": 9'))
    with pytest.raises((DamagedModelError, ValueError), match="preparation 9"):
        LineTextRecognizer.load(path)


def test_the_small_reader_keeps_its_own_preparation():
    small = LineTextRecognizer.load("line_small")
    assert small.preparation is WHOLE_LINE
