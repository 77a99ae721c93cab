"""Texts become class numbers and come back."""

import numpy as np
import pytest

from shared.alphabet import ASCII, Alphabet, UnknownCharacterError


def test_ascii_has_the_printable_characters_and_a_blank():
    assert ASCII.num_classes == 96
    assert ASCII.characters[0] == " "
    assert ASCII.characters[-1] == "~"
    assert ASCII.encode(" ~") == [1, 95]


def test_every_character_comes_back():
    assert ASCII.decode(ASCII.encode(ASCII.characters)) == ASCII.characters


def test_unknown_characters_are_named_with_their_positions():
    named = "'\u00e9' at position 3, '\u20ac' at position 5"
    with pytest.raises(UnknownCharacterError, match=named) as caught:
        ASCII.encode("caf\u00e9-\u20ac")
    assert caught.value.positions == (3, 5)


def test_decode_drops_padding_at_the_end_alone():
    assert Alphabet("ab").decode(np.array([2, 1, 0, 0])) == "ba"
    with pytest.raises(ValueError, match="position 1, before a character"):
        Alphabet("ab").decode([2, 0, 1])


@pytest.mark.parametrize("label", [-1, 3])
def test_decode_refuses_what_is_no_class(label):
    with pytest.raises(ValueError, match=f"Label {label} at position 1.*1 to 2"):
        Alphabet("ab").decode([1, label])


def test_encode_batch_pads_with_zero():
    labels, lengths = Alphabet("ab").encode_batch(["abb", "", "b"])
    np.testing.assert_array_equal(labels, [[1, 2, 2], [0, 0, 0], [2, 0, 0]])
    np.testing.assert_array_equal(lengths, [3, 0, 1])
    assert labels.dtype == lengths.dtype == np.int32


def test_encode_batch_of_nothing_and_of_a_string():
    assert Alphabet("ab").encode_batch([])[0].shape == (0, 0)
    with pytest.raises(TypeError, match="list of texts"):
        Alphabet("ab").encode_batch("ab")


def test_an_alphabet_names_each_character_once():
    with pytest.raises(ValueError, match="repeated"):
        Alphabet("aba")
    with pytest.raises(ValueError, match="at least one"):
        Alphabet("")


def test_equality_and_membership():
    assert Alphabet("ab") == Alphabet("ab") != Alphabet("ba")
    assert len({Alphabet("ab"), Alphabet("ab")}) == 1
    assert "a" in Alphabet("ab")
    assert "c" not in Alphabet("ab")
