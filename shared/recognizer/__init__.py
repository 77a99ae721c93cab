"""Reading: an image goes in, text comes out.

The same preparation serves training, notebooks, tests and the service. A network is loaded by
the name of its two files in `data/models`: the weights, and a model card that says how the
network is built, how it was trained and how well it reads.
"""

from shared.recognizer.models import (
    DamagedModelError,
    compile_inference,
    load_network,
    save_network,
)
from shared.recognizer.preparation import prepare_character, prepare_line
from shared.recognizer.reading import CharacterRecognizer, LineTextRecognizer, character_logits

__all__ = [
    "CharacterRecognizer",
    "DamagedModelError",
    "LineTextRecognizer",
    "character_logits",
    "compile_inference",
    "load_network",
    "prepare_character",
    "prepare_line",
    "save_network",
]
