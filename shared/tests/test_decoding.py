"""The language model's counts, and the beam against every label there is."""

import itertools
import math

import numpy as np
import pytest

from shared import ctc
from shared.alphabet import ASCII, Alphabet, UnknownCharacterError
from shared.decoding import BEGIN, END, BeamDecoder, CharacterModel, course_model, tune

AB = Alphabet("ab")
ABC = Alphabet("abc")


def _log_probs(frames, classes, seed, sharpness=1.5):
    rng = np.random.default_rng(seed)
    return ctc.log_softmax(sharpness * rng.normal(size=(frames, classes)))


def _every_label(log_probs):
    """Return the exact log-probability of every label that fits the frames."""
    frames, classes = log_probs.shape
    labels = itertools.chain.from_iterable(
        itertools.product(range(1, classes), repeat=length) for length in range(frames + 1)
    )
    return {
        label: ctc.forward(log_probs, label)[1]
        for label in labels
        if ctc.min_frames(label) <= frames
    }


def test_bigram_probabilities_by_hand():
    # "ab" and "aa" hold the runs ^a twice and ab, b$, aa, a$ once: one count of 2 and four of 1,
    # so the discount is 4 / (4 + 2) = 2/3. Without context the counts are of distinct runs: a ends
    # ^a and aa, b ends ab, the end ends b$ and a$; one 1 and two 2s, so there it is 1/(1+4) = 1/5
    # and 3 * 1/5 of 5 is shared by a, b and the end: P(a) = (2 - 1/5)/5 + 3/25 * 1/3 = 2/5
    # and P(b) = (1 - 1/5)/5 + 3/25 * 1/3 = 1/5.
    model = CharacterModel(["ab", "aa"], order=2, alphabet=AB)
    # After a came b, a and the end, once each: (1 - 2/3)/3 + (2/3 * 3)/3 * P(b) = 11/45
    assert model.p("a", "b") == pytest.approx(1 / 9 + 2 / 3 * 1 / 5)
    assert model.log_p("a", "b") == pytest.approx(math.log(11 / 45))
    # A line began with a, twice: (2 - 2/3)/2 + (2/3)/2 * P(a)
    assert model.p("", "a") == pytest.approx(2 / 3 + 1 / 3 * 2 / 5)


@pytest.mark.parametrize("before", ["", "a", "ca", "bbbbb", "abcabc"])
def test_what_can_come_next_sums_to_one(before):
    texts = ["abc", "cab", "a", "bacaba", "ccc"]
    model = CharacterModel(texts, order=4, alphabet=ABC)
    total = sum(model.p(before, character) for character in ABC.characters + END)
    assert total == pytest.approx(1, abs=1e-12)
    assert all(model.p(before, character) > 0 for character in ABC.characters + END)


def test_a_longer_memory_foresees_more():
    texts = ["the other theater", "then the other", "there they are", "other than the rest"]
    bits = [
        CharacterModel(texts, order=n).bits_per_character(["the theater there"]) for n in (1, 2, 4)
    ]
    assert bits[0] > bits[1] > bits[2]


def test_course_model_knows_the_texts_it_was_not_counted_on():
    from shared.lines.sentences import sample_many

    model = course_model(5, 800)
    held_back = sample_many(40, 1, "validation")
    assert model.bits_per_character(held_back) < 4.5  # All 96 alike would be 6.6
    assert course_model(5, 800) is model


def test_a_model_says_what_is_wrong_with_its_input():
    with pytest.raises(ValueError, match="at least one line"):
        CharacterModel([])
    with pytest.raises(ValueError, match="order is 0"):
        CharacterModel(["a"], order=0)
    with pytest.raises(UnknownCharacterError):
        CharacterModel([f"a{BEGIN}"])


@pytest.mark.parametrize("seed", range(8))
def test_a_beam_that_drops_nothing_finds_the_most_probable_label(seed):
    log_probs = _log_probs(5, 3, seed)
    exact = _every_label(log_probs)
    found = BeamDecoder(width=10_000, floor=0, alphabet=AB).readings(log_probs)
    assert {reading.text for reading in found} == {AB.decode(label) for label in exact}
    for reading in found:
        assert reading.log_p == pytest.approx(exact[tuple(AB.encode(reading.text))], abs=1e-9)
    assert found[0].text == AB.decode(max(exact, key=exact.get))


@pytest.mark.parametrize("seed", range(8))
def test_the_best_sum_of_network_model_and_length_wins(seed):
    model = CharacterModel(["abab", "ba", "aab", "b"], order=3, alphabet=AB)
    weight, bonus = 0.7, 0.4
    log_probs = _log_probs(5, 3, 100 + seed)
    exact = {}
    for label, log_p in _every_label(log_probs).items():
        text = AB.decode(label)
        prior = sum(model.log_p(text[:k], c) for k, c in enumerate(text + END))
        exact[text] = log_p + weight * prior + bonus * len(text)
    found = BeamDecoder(model, weight, bonus, 10_000, 0, AB).readings(log_probs)
    assert {reading.text for reading in found} == set(exact)
    for reading in found:
        assert reading.score == pytest.approx(exact[reading.text], abs=1e-9)
    assert found[0].text == max(exact, key=exact.get)


def test_the_beam_agrees_with_the_one_that_shows_its_steps():
    log_probs = _log_probs(12, 4, 7)
    for width in (1, 2, 5):
        steps = ctc.beam_steps(log_probs, width)
        found = BeamDecoder(width=width, floor=0, alphabet=ABC).readings(log_probs)
        kept = {ABC.decode(entry.prefix): entry.log_p for entry in steps[-1].kept}
        assert {reading.text for reading in found} == set(kept)
        for reading in found:
            assert reading.log_p == pytest.approx(kept[reading.text], abs=1e-9)


def test_the_beam_beats_the_best_path_where_paths_add_up():
    # Two frames with blank .6 and a .4: the best path is empty (.36), the label a has .64
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    reading = BeamDecoder(alphabet=Alphabet("a")).readings(log_probs)[0]
    assert reading.text == "a"
    assert reading.log_p == pytest.approx(math.log(0.64))


def test_a_model_turns_a_doubtful_letter():
    model = CharacterModel(["aab"] * 5 + ["abb"], order=3, alphabet=AB)
    # Blank between letters; the middle letter is b by a hair
    rows = [[0.02, 0.97, 0.01], [0.98, 0.01, 0.01], [0.02, 0.48, 0.5]]
    rows += [[0.98, 0.01, 0.01], [0.02, 0.01, 0.97]]
    logits = np.log(np.array(rows))
    assert BeamDecoder(alphabet=AB)(logits) == "abb"
    assert BeamDecoder(model, 0.5)(logits) == "aab"


def test_a_long_line_does_not_run_out_of_small_numbers():
    logits = np.zeros((400, 3))
    found = BeamDecoder(width=4, floor=0, alphabet=AB).readings(ctc.log_softmax(logits))
    assert all(np.isfinite(reading.log_p) for reading in found)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"width": 0}, "width is 0"),
        ({"weight": -1.0}, "weight -1"),
        ({"floor": 1.0}, "floor 1"),
        ({"weight": 0.3}, "no language model"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        BeamDecoder(**settings)


def test_tuning_finds_the_weight_that_mends_these_lines():
    model = CharacterModel(["aab"] * 5 + ["abb"], order=3, alphabet=AB)
    rows = [[0.02, 0.97, 0.01], [0.98, 0.01, 0.01], [0.02, 0.48, 0.5]]
    rows += [[0.98, 0.01, 0.01], [0.02, 0.01, 0.97]]
    found = tune([np.log(rows)], ["aab"], model, weights=(0.0, 0.5), bonuses=(0.0,))
    assert (found.weight, found.bonus, found.rate) == (0.5, 0.0, 0.0)
    assert found.rates[0.0, 0.0] == pytest.approx(1 / 3)


def test_a_line_reader_takes_a_decoder():
    from shared.recognizer import LineTextRecognizer

    class Logits:
        output_shape = (None, None, ASCII.num_classes)

    reader = LineTextRecognizer(Logits())
    reader._infer = lambda images: np.zeros((len(images), images.shape[2] // 4, 96))
    image = np.zeros((32, 64), np.uint8)
    assert reader.read(image, decoder=lambda logits: f"{len(logits)} frames") == "16 frames"
