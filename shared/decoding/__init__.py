"""Decoding with a language model: counts of characters, a beam, and how to tune it."""

from shared.decoding.beam import BeamDecoder, Reading
from shared.decoding.language_model import BEGIN, END, CharacterModel, course_model
from shared.decoding.tuning import Tuned, tune

__all__ = [
    "BEGIN",
    "END",
    "BeamDecoder",
    "CharacterModel",
    "Reading",
    "Tuned",
    "course_model",
    "tune",
]
