"""Reading: an image goes in, text comes out.

The same preparation serves training, notebooks, tests and the service. A network is loaded by
the name of its two files in `data/models`: the weights, and a model card that says how the
network is built, how it was trained and how well it reads.
"""

from shared.recognizer.detected_lines import DetectedLine, reading_order
from shared.recognizer.line_detection import LineDetector, PageMaps
from shared.recognizer.line_tracing import lines_from_classes, lines_from_maps
from shared.recognizer.models import (
    DamagedModelError,
    compile_inference,
    load_network,
    save_network,
)
from shared.recognizer.page_images import (
    PreparedPage,
    UnreadableImageError,
    open_page_image,
    prepare_page,
)
from shared.recognizer.page_reading import PageReader, PageReading, ReadLine
from shared.recognizer.preparation import prepare_character, prepare_line
from shared.recognizer.reading import CharacterRecognizer, LineTextRecognizer, character_logits
from shared.recognizer.straightening import Strip, prepare_strip, straighten, straighten_all

__all__ = [
    "CharacterRecognizer",
    "DamagedModelError",
    "DetectedLine",
    "LineDetector",
    "LineTextRecognizer",
    "PageMaps",
    "PageReader",
    "PageReading",
    "PreparedPage",
    "ReadLine",
    "Strip",
    "UnreadableImageError",
    "character_logits",
    "compile_inference",
    "lines_from_classes",
    "lines_from_maps",
    "load_network",
    "open_page_image",
    "prepare_character",
    "prepare_line",
    "prepare_page",
    "prepare_strip",
    "reading_order",
    "save_network",
    "straighten",
    "straighten_all",
]
