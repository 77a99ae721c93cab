"""Lab 9: a test of the service, put to planted bugs and to right code written in several ways."""

from __future__ import annotations

import numpy as np

from shared.checks.exercise import Exercise
from shared.checks.lab08_suite import cases_of
from shared.checks.lab09_things import sideways, twelve_lines
from shared.recognizer.preparation import PlacedLine
from shared.service.confidence import Confidence, reject_curve
from shared.service.drift import FEATURES, Reference
from shared.service.images import decode_upload
from shared.service.improving import split_lines


def test_service() -> None:
    """Assert what the service promises about doubt, places, photographs, learning and drift."""
    sure = Confidence(1.0, 0.0, 0.6, 0.02, {})
    assert [sure.decision(c) for c in (0.3, 0.6, 0.9)] == ["review", "accept", "accept"]
    # The surest line is right; with the other, 5 edits in 20 characters
    _, rates, _ = reject_curve(np.array([0.2, 0.9]), np.array([5, 0]), np.array([10, 10]))
    assert np.allclose(rates, [0, 5 / 20])
    # 20 prepared pixels behind the margin are 10 given ones, and the ink begins at 5
    placed = PlacedLine(np.zeros((32, 64), np.uint8), 5.0, 2.0, 4)
    assert abs(placed.column(24) - 15) < 1e-9
    assert decode_upload(sideways(), 10**6).shape == (60, 20)
    learned, held_back = split_lines(twelve_lines())
    assert not set(learned.texts) & set(held_back.texts)
    # Numbers that all lie at one end of what is usual are as far as can be, at either end
    grid = np.linspace(0, 1, 65).tolist()
    level = Reference(
        dict.fromkeys(FEATURES, grid), dict.fromkeys(FEATURES, 1.0), 1.0, 64, 4, 0.01, {}
    )
    for value in (0.0, 1.0):
        gaps = level.distances(np.full((64, len(FEATURES)), value))
        assert min(gaps.values()) > 0.9


TEST_SERVICE = Exercise(
    id="lab09.test_service",
    kind="implement",
    title="A test for the service",
    reference=test_service,
    save_to="tests/test_lab09_service.py",
    seconds=120.0,
    doc="Catch six bugs of the service, and refuse no right code.",
    cases=cases_of(
        1,
        {
            "doubt accepted": ("notices doubt that is accepted",
                               "What does `sure.decision` say below, at and above 0.6?"),
            "least sure first": ("notices the wrong end of the reject curve",
                                 "Give `reject_curve` a sure line without errors and a doubtful "
                                 "one with some: the first rate is 0."),
            "prepared pixels": ("notices places in the wrong pixels",
                                "`placed` has half the pixels of its image and begins at column "
                                "5: which column of the image is its column 24?"),
            "sideways": ("notices a photograph on its side",
                         "`turned` is stored 60 wide and 20 high by a camera held upright: what "
                         "shape does `decode_upload` give?"),
            "learned and held back": ("notices a text on both sides",
                                      "No text of the lines that teach may be among those that "
                                      "`improving.split_lines` holds back."),
            "one way alone": ("notices drift both ways",
                              "Give `level.distances` windows full of 0 and full of 1."),
        },
    ),
)  # fmt: skip
