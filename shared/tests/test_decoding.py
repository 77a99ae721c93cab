"""The language model's counts, and the beam against every label there is."""

import itertools
import math
import time

import numpy as np
import pytest
from english import prune, save_model

from shared import ctc
from shared.alphabet import ASCII, Alphabet, UnknownCharacterError
from shared.experiments.language_model import count_model, course_model, tune
from shared.explorer.searching import beam_steps
from shared.language import BEGIN, END, STEP, BeamDecoder, CharacterModel
from shared.paths import data_file

AB = Alphabet("ab")
ABC = Alphabet("abc")


def _log_probs(frames, classes, seed, sharpness=1.5):
    rng = np.random.default_rng(seed)
    return ctc.log_softmax(sharpness * rng.normal(size=(frames, classes)))


def p(model, before, character):
    return math.exp(model.log_p(before, character))


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
    model = count_model(["ab", "aa"], order=2, alphabet=AB)
    # After a came b, a and the end, once each: (1 - 2/3)/3 + (2/3 * 3)/3 * P(b) = 11/45
    assert p(model, "a", "b") == pytest.approx(1 / 9 + 2 / 3 * 1 / 5)
    assert model.log_p("a", "b") == pytest.approx(math.log(11 / 45))
    # A line began with a, twice: (2 - 2/3)/2 + (2/3)/2 * P(a)
    assert p(model, "", "a") == pytest.approx(2 / 3 + 1 / 3 * 2 / 5)


@pytest.mark.parametrize("before", ["", "a", "ca", "bbbbb", "abcabc"])
def test_what_can_come_next_sums_to_one(before):
    texts = ["abc", "cab", "a", "bacaba", "ccc"]
    model = count_model(texts, order=4, alphabet=ABC)
    total = sum(p(model, before, character) for character in ABC.characters + END)
    assert total == pytest.approx(1, abs=1e-12)
    assert all(p(model, before, character) > 0 for character in ABC.characters + END)


PROSE = ["the remarkable theater was remarkably other", "There the other was unremarkable"]


@pytest.mark.parametrize("before", ["", "the remarkab", "THE O", "The o", "x", "don't"])
@pytest.mark.parametrize("least", [0.0, 0.5, 3.0])
def test_words_and_pruning_keep_the_sum_at_one(before, least):
    model = count_model(PROSE, 3, words=0.3, change=lambda levels: prune(levels, least))
    total = sum(p(model, before, character) for character in ASCII.characters + END)
    assert total == pytest.approx(1, abs=1e-6)


def test_a_known_word_is_foreseen_from_its_beginning_in_any_case():
    plain, knows = (count_model(PROSE, order=3, words=words) for words in (0.0, 0.5))
    for before, character, times in (("Remarka", "b", 1.05), ("REMARKA", "B", 10)):
        assert p(knows, before, character) > times * p(plain, before, character)
    assert p(knows, "a REMARKA", "b") < p(plain, "a REMARKA", "b")  # Nobody changes over here


def test_pruning_leaves_out_what_says_little():
    full = count_model(PROSE, order=5)
    small = count_model(PROSE, order=5, change=lambda levels: prune(levels, 1.0))
    assert len(small._labels) < 0.6 * len(full._labels)
    said = ["the other theater"]
    assert small.bits_per_character(said) < full.bits_per_character(said) + 0.5


def test_a_stored_model_is_the_same_but_for_rounding(tmp_path):
    model = count_model(PROSE, order=4, words=0.3)
    stored = CharacterModel.load(save_model(model, tmp_path / "mine.npz", {"task": "a test"}))
    assert stored.card["task"] == "a test"
    for before, character in (("", "t"), ("the o", "t"), ("the ", "q"), ("Unrem", "a")):
        assert stored.log_p(before, character) == pytest.approx(
            model.log_p(before, character), abs=4 * STEP
        )


def test_a_damaged_or_missing_model_is_named(tmp_path):
    path = save_model(count_model(PROSE, order=3), tmp_path / "mine.npz", {})
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match=r"mine.npz cannot be loaded.*mine.json"):
        CharacterModel.load(path)
    with pytest.raises(FileNotFoundError):
        CharacterModel.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError, match="latin"):
        CharacterModel.load("latin")


def test_the_shipped_model_knows_english_and_is_small():
    started = time.process_time()
    model = CharacterModel.load("english")
    assert time.process_time() - started < 1.0  # 0.1 s where it was made
    assert data_file("models/english.npz").stat().st_size < 4.5e6
    prose = ["It was the best of times, it was the worst of times."]
    assert model.bits_per_character(prose) < 2.5
    assert model.bits_per_character(prose) < course_model().bits_per_character(prose) - 0.5
    total = sum(p(model, "I do not kn", character) for character in ASCII.characters + END)
    assert total == pytest.approx(1, abs=0.05)  # Its logarithms are rounded
    for measured in model.card["bits_per_character_without_the_held_out_book"].values():
        assert measured["american_adventures"] < 2.4


def test_a_longer_memory_foresees_more():
    texts = ["the other theater", "then the other", "there they are", "other than the rest"]
    bits = [
        count_model(texts, order=n).bits_per_character(["the theater there"]) for n in (1, 2, 4)
    ]
    assert bits[0] > bits[1] > bits[2]


def test_course_model_knows_the_texts_it_was_not_counted_on():
    from shared.sentences import sample_many

    model = course_model(5, 800)
    held_back = sample_many(40, 1, "validation")
    assert model.bits_per_character(held_back) < 4.5  # All 96 alike would be 6.6
    assert course_model(5, 800) is model


def test_a_model_says_what_is_wrong_with_its_input():
    with pytest.raises(ValueError, match="at least one line"):
        count_model([])
    with pytest.raises(ValueError, match="order is 0"):
        count_model(["a"], order=0)
    with pytest.raises(UnknownCharacterError):
        count_model([f"a{BEGIN}"])


@pytest.mark.parametrize("seed", range(8))
def test_a_beam_that_drops_nothing_finds_the_most_probable_label(seed):
    log_probs = _log_probs(5, 3, seed)
    exact = _every_label(log_probs)
    found = BeamDecoder(width=10_000, floor=0, alphabet=AB).candidates(log_probs)
    assert {reading.text for reading in found} == {AB.decode(label) for label in exact}
    for reading in found:
        assert reading.log_p == pytest.approx(exact[tuple(AB.encode(reading.text))], abs=1e-9)
    assert found[0].text == AB.decode(max(exact, key=exact.get))


@pytest.mark.parametrize("seed", range(8))
def test_the_best_sum_of_network_model_and_length_wins(seed):
    model = count_model(["abab", "ba", "aab", "b"], order=3, alphabet=AB)
    weight, bonus = 0.7, 0.4
    log_probs = _log_probs(5, 3, 100 + seed)
    exact = {}
    for label, log_p in _every_label(log_probs).items():
        text = AB.decode(label)
        prior = sum(model.log_p(text[:k], c) for k, c in enumerate(text + END))
        exact[text] = log_p + weight * prior + bonus * len(text)
    found = BeamDecoder(model, weight, bonus, 10_000, 0, AB).candidates(log_probs)
    assert {reading.text for reading in found} == set(exact)
    for reading in found:
        assert reading.score == pytest.approx(exact[reading.text], abs=1e-9)
    assert found[0].text == max(exact, key=exact.get)


def test_the_beam_agrees_with_the_one_that_shows_its_steps():
    log_probs = _log_probs(12, 4, 7)
    for width in (1, 2, 5):
        steps = beam_steps(log_probs, width)
        found = BeamDecoder(width=width, floor=0, alphabet=ABC).candidates(log_probs)
        kept = {ABC.decode(entry.prefix): entry.log_p for entry in steps[-1].kept}
        assert {reading.text for reading in found} == set(kept)
        for reading in found:
            assert reading.log_p == pytest.approx(kept[reading.text], abs=1e-9)


def test_the_beam_beats_the_best_path_where_paths_add_up():
    # Two frames with blank .6 and a .4: the best path is empty (.36), the label a has .64
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    reading = BeamDecoder(alphabet=Alphabet("a")).candidates(log_probs)[0]
    assert reading.text == "a"
    assert reading.log_p == pytest.approx(math.log(0.64))


def test_a_model_turns_a_doubtful_letter():
    model = count_model(["aab"] * 5 + ["abb"], order=3, alphabet=AB)
    # Blank between letters; the middle letter is b by a hair
    rows = [[0.02, 0.97, 0.01], [0.98, 0.01, 0.01], [0.02, 0.48, 0.5]]
    rows += [[0.98, 0.01, 0.01], [0.02, 0.01, 0.97]]
    logits = np.log(np.array(rows))
    assert BeamDecoder(alphabet=AB)(logits) == "abb"
    assert BeamDecoder(model, 0.5)(logits) == "aab"


def test_a_long_line_does_not_run_out_of_small_numbers():
    logits = np.zeros((400, 3))
    found = BeamDecoder(width=4, floor=0, alphabet=AB).candidates(ctc.log_softmax(logits))
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


def _spelled(text, doubts=None):
    """Return logits of a network that is sure of every letter but those that `doubts` names."""
    logits = np.zeros((2 * len(text), ASCII.num_classes))
    for place, label in enumerate(ASCII.encode(text)):
        logits[2 * place, label], logits[2 * place + 1, 0] = 8, 8
    for place, (character, logit) in (doubts or {}).items():
        logits[2 * place, ASCII.encode(character)[0]] = logit
    return logits


def test_the_shipped_decoder_mends_a_letter_and_leaves_a_number():
    decoder = BeamDecoder.load()
    assert decoder(_spelled("I saw tbe sea", {7: ("h", 7.5)})) == "I saw the sea"
    assert decoder(_spelled("48 Elm Rd, No. 2317")) == "48 Elm Rd, No. 2317"
    tuned = decoder.model.card["tuned"]
    assert all(tuned["cer"][name] < rate for name, rate in tuned["cer_greedy"].items())
    assert tuned["milliseconds_a_line"] < 60


def test_a_decoder_that_was_not_tuned_is_refused(tmp_path):
    path = save_model(count_model(PROSE, order=3), tmp_path / "mine.npz", {})
    with pytest.raises(ValueError, match="says nothing of a decoder"):
        BeamDecoder.load(str(path))


def test_a_smaller_blank_reads_more_letters():
    logits = np.log([[0.55, 0.45], [0.999, 0.001], [0.001, 0.999]])
    assert BeamDecoder(alphabet=Alphabet("a"))(logits) == "a"
    assert BeamDecoder(alphabet=Alphabet("a"), blank=1.0)(logits) == "aa"


def test_the_model_is_asked_only_about_texts_that_can_stay():
    class Counting(CharacterModel):
        asked = 0

        def log_p(self, before, character):
            self.asked += 1
            return super().log_p(before, character)

    counted = count_model(["abcabc", "cab"], order=3, alphabet=ABC)
    model = Counting(counted.arrays, counted.card)
    log_probs = _log_probs(40, 4, 3, sharpness=3)
    BeamDecoder(model, 0.5, 0.5, width=6, floor=0).candidates(log_probs)
    assert 0 < model.asked < 40 * 6 * 3 / 3


def test_tuning_finds_the_weight_that_mends_these_lines():
    model = count_model(["aab"] * 5 + ["abb"], order=3, alphabet=AB)
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


def test_a_reader_whose_card_names_a_language_reads_with_it_until_told_otherwise():
    from shared.recognizer import LineTextRecognizer

    class Logits:
        output_shape = (None, None, ASCII.num_classes)

    written = _spelled("I saw tbe sea", {7: ("h", 7.5)})
    images = [np.zeros((32, 4 * len(written)), np.uint8)]
    for card, text in (({}, "I saw tbe sea"), ({"language": "english"}, "I saw the sea")):
        reader = LineTextRecognizer(Logits(), card=card)
        reader._infer = lambda images: np.stack([np.pad(written, ((0, 8), (0, 0)))] * len(images))
        assert reader.read_many(images) == [text]
        assert reader.read(images[0], decoder=reader.decode) == "I saw tbe sea"
        reader.decoder = reader.decode
        assert reader.read_many(images) == ["I saw tbe sea"]
