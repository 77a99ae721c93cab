"""Preparation of any image, reading in company as alone, and models stored and found."""

import json

import numpy as np
import pytest

from shared import networks, pen, preparation, recognizer
from shared.alphabet import ASCII, Alphabet
from shared.ink import _shear, core_band
from shared.pages.confidence import log_probability

HAND = pen.hands("train")[0]


def _photograph(text="Tea for two, 4:30", height=96, seed=0, slope=0.0):
    """Return a photographed line: dark ink on shaded paper with margins, float 0 to 1."""
    rng = np.random.default_rng(seed)
    ink = pen.draw(pen.write(text, HAND, rng), height=height) / 255
    ink = np.pad(ink, ((30, 25), (50, 70)))
    if slope:
        ink = _shear((255 * ink).astype("uint8"), slope) / 255
    shade = np.linspace(0.9, 0.65, ink.shape[1])
    return np.clip(shade * (1 - 0.7 * ink) + rng.normal(0, 0.01, ink.shape), 0, 1)


def _overlap(a, b):
    """Return how well two prepared lines agree, 1 at best, allowing a shift of a few pixels."""
    width = max(a.shape[1], b.shape[1]) + 8
    a, b = (np.pad(x.astype(float), ((0, 0), (0, width - x.shape[1]))) for x in (a, b))
    shifts = [np.roll(b, (i, j), (0, 1)) for i in (-2, -1, 0, 1, 2) for j in range(-6, 7)]
    return max(float(np.corrcoef(a.ravel(), shifted.ravel())[0, 1]) for shifted in shifts)


def test_a_photograph_becomes_what_the_pen_drew():
    drawn = pen.draw(pen.write("Tea for two, 4:30", HAND, np.random.default_rng(0)))
    prepared = preparation.prepare_line(_photograph())
    assert prepared.shape[0] == 32
    assert prepared.dtype == np.uint8
    assert 0.75 < prepared.shape[1] / drawn.shape[1] < 1.3
    assert np.median(prepared) == 0
    assert np.percentile(prepared[prepared > 60], 90) > 200


VARIANTS = {
    "uint8": lambda x: np.round(255 * x).astype("uint8"),
    "uint16": lambda x: np.round(65535 * x).astype("uint16"),
    "int64": lambda x: np.round(255 * x).astype("int64"),
    "float32 to 255": lambda x: (255 * x).astype("float32"),
    "one channel": lambda x: x[..., None],
    "RGB": lambda x: np.repeat((255 * x).astype("uint8")[..., None], 3, axis=2),
    "light on dark": lambda x: 1 - x,
    "upright copy": lambda x: x[:, ::1].copy(),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_any_dtype_layout_and_polarity_gives_the_same_line(name):
    image = _photograph()
    expected = preparation.prepare_line(image)
    assert _overlap(preparation.prepare_line(VARIANTS[name](image)), expected) > 0.97


def test_transparent_ink_and_a_bilevel_scan():
    ink = _photograph() < 0.5
    expected = preparation.prepare_line(~ink)
    clear = np.zeros((*ink.shape, 4), "uint8")
    clear[..., 3] = 255 * ink
    assert _overlap(preparation.prepare_line(clear), expected) > 0.97


@pytest.mark.parametrize("height", [48, 64, 160, 300])
def test_size_does_not_matter(height):
    import cv2

    expected = preparation.prepare_line(_photograph(height=96))
    prepared = preparation.prepare_line(_photograph(height=height))
    assert 0.9 < prepared.shape[1] / expected.shape[1] < 1.1
    assert _overlap(cv2.resize(prepared, expected.shape[::-1]), expected) > 0.7


def test_a_slope_is_undone():
    rows = [
        np.flatnonzero(preparation.prepare_line(_photograph(slope=slope)).max(axis=1) > 90)
        for slope in (0.0, 0.06)
    ]
    assert abs(np.ptp(rows[0]) - np.ptp(rows[1])) <= 3


def test_a_prepared_image_is_left_alone():
    prepared = preparation.prepare_line(_photograph())
    assert preparation.prepare_line(prepared) is prepared
    letter = pen.write_character("g", HAND, np.random.default_rng(0))
    assert preparation.prepare_character(letter) is letter


def test_the_core_of_letters_comes_to_the_pens_height():
    cores = []
    for seed in range(8):
        image = _photograph("nine amazing sunrises in june", 120, seed)
        top, bottom = core_band(preparation.prepare_line(image))
        cores.append((bottom - top, bottom))
    height, bottom = np.mean(cores, axis=0)
    assert abs(height - preparation.CORE_HEIGHT) < 2.5
    assert abs(bottom - preparation.CORE_BOTTOM) < 2


def test_a_character_is_framed_as_emnist_frames_it():
    big = pen.draw(pen.write("h", HAND, np.random.default_rng(0)), height=90)
    framed = preparation.prepare_character(255 - np.pad(big, ((10, 40), (60, 5))))
    assert framed.shape == (28, 28)
    rows, columns = np.nonzero(framed > 60)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in range(20, 25)
    assert abs(rows.min() - (27 - rows.max())) <= 3
    assert abs(columns.min() - (27 - columns.max())) <= 3


def test_smooth_resizing_may_overshoot_a_little():
    line = 1 - pen.write_line("over", HAND, np.random.default_rng(0)).image / 255
    over = preparation.prepare_line(np.pad(line, 6, constant_values=1.0) * 1.04 - 0.02)
    assert over.shape[0] == 32 and over.max() > 200
    with pytest.raises(ValueError, match="Brightness runs from 0 to 1"):
        preparation.prepare_line(line * 1.5)


def test_no_characters_give_no_logits():
    from shared import networks

    network = networks.character_mlp(5, units=4)
    assert recognizer.character_logits(network, []).shape == (0, 5)


BAD = {
    "empty": (np.zeros((0, 10)), "empty"),
    "batch": (np.zeros((2, 3, 4, 5)), r"\(2, 3, 4, 5\).*not a batch"),
    "channels": (np.zeros((9, 9, 7)), "1 to 4 channels"),
    "nan": (np.full((40, 80), np.nan), "NaN"),
    "negative": (np.full((40, 80), -1.0), "0 to 1"),
    "text": (np.full((4, 4), "a"), "cannot be read"),
    "white": (np.full((40, 200), 255, "uint8"), "No ink"),
    "noise": (np.random.default_rng(0).normal(0.9, 0.005, (40, 300)), "No ink"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("prepare", [preparation.prepare_line, preparation.prepare_character])
def test_bad_images_are_explained(prepare, name):
    image, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        prepare(image)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 2), (5, 5)])
def test_tiny_and_odd_images_are_prepared_or_explained(shape):
    image = np.full(shape, 255, "uint8")
    image[shape[0] // 2, shape[1] // 2] = 0
    try:
        prepared = preparation.prepare_line(image)
    except ValueError as error:
        assert len(str(error).split()) > 6
    else:
        assert prepared.shape[0] == 32


@pytest.fixture(scope="module")
def reader():
    from shared.backend import keras

    keras.utils.set_random_seed(0)
    design = {"context": "lstm", "channels": [4, 4, 6, 8], "features": 8, "num_classes": 4}
    network = networks.line_network(**design)
    return recognizer.LineTextRecognizer(network, Alphabet("abc"), {"network": design})


def _lines(count=9):
    rng = np.random.default_rng(0)
    widths = [37, 64, 65, 100, 130, 131, 250, 251, 300][:count]
    return [
        (rng.random((32, w)) * 255 * (rng.random((32, w)) < 0.3)).astype("uint8") for w in widths
    ]


def test_a_line_is_read_in_company_as_it_is_alone(reader):
    lines = _lines()
    together = reader.logits_many(lines)
    for line, logits in zip(lines, together, strict=True):
        assert logits.shape == (networks.num_frames(line.shape[1]), 4)
        np.testing.assert_allclose(reader.logits(line), logits, atol=1e-5)
    assert reader.read_many(lines) == [reader.read(line) for line in lines]


def test_the_probability_of_a_text_agrees_with_the_loss(reader):
    from shared import losses

    line = _lines()[0]
    logits = reader.logits(line)
    label = np.array([[1, 2]])
    loss = losses.ctc_loss(label, logits[None], np.array([2]), np.array([len(logits)]))
    assert log_probability(logits, [1, 2]) == pytest.approx(-float(loss[0]), abs=1e-4)
    assert log_probability(logits, [1] * 50) == -np.inf


def test_the_alphabet_has_to_fit(reader):
    with pytest.raises(ValueError, match="4 classes.*96"):
        recognizer.LineTextRecognizer(reader.network, ASCII)


def test_a_model_is_stored_and_found(reader, tmp_path):
    path = reader.save(tmp_path / "mine.weights.h5", {"cer": 0.5})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.json", "mine.weights.h5"]
    loaded = recognizer.LineTextRecognizer.load(path)
    assert loaded.card["cer"] == 0.5
    assert loaded.alphabet == reader.alphabet
    np.testing.assert_allclose(loaded.logits(_lines()[2]), reader.logits(_lines()[2]), atol=1e-6)


def test_damaged_and_missing_models_are_explained(reader, tmp_path):
    path = reader.save(tmp_path / "mine.weights.h5")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(recognizer.DamagedModelError, match="checksum.*Restore mine.weights.h5"):
        recognizer.LineTextRecognizer.load(path)
    path.write_bytes(whole)
    card = json.loads((tmp_path / "mine.json").read_text())
    (tmp_path / "mine.json").write_text(json.dumps(card)[:-20])
    with pytest.raises(recognizer.DamagedModelError, match="cannot be loaded"):
        recognizer.LineTextRecognizer.load(path)
    del card["alphabet"]
    (tmp_path / "mine.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="its card does not say alphabet. Restore mine"):
        recognizer.LineTextRecognizer.load(path)
    (tmp_path / "mine.json").unlink()
    with pytest.raises(FileNotFoundError, match="mine.json is missing"):
        recognizer.LineTextRecognizer.load(path)
    with pytest.raises(FileNotFoundError, match="models/nobody.weights.h5"):
        recognizer.LineTextRecognizer.load("nobody")


def test_the_character_recognizer_reads_any_image(tmp_path):
    network = networks.character_cnn(3, channels=(4, 4, 8))
    design = {"num_classes": 3, "channels": [4, 4, 8]}
    reader = recognizer.CharacterRecognizer(network, "abc", {"network": design})
    images = [255 - pen.draw(pen.write(c, HAND, np.random.default_rng(1)), 70) for c in "abc"]
    loaded = recognizer.CharacterRecognizer.load(reader.save(tmp_path / "c.weights.h5"))
    assert loaded.read_many(images) == reader.read_many(images)
    assert set(reader.read(images[0])) <= set("abc")
    with pytest.raises(ValueError, match="3 classes, but 2"):
        recognizer.CharacterRecognizer(network, "ab")
