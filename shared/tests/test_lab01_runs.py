"""The four pages that went wrong in Lab 1 are what the course's own code makes of their paths."""

import pytest

from shared import ctc
from shared.alphabet import ASCII
from shared.checks.answers import answer
from shared.metrics import character_error_rate
from shared.paths import sample

DOT = "·"


@pytest.mark.parametrize(("page", "stage"), answer("lab01.broken_stage")().items())
def test_each_page_broke_at_its_stage_alone(page, stage):
    evidence = sample("broken_pages")[page]
    written = evidence["written"].partition("   (")[0].replace("⏎", "\n")
    path = evidence["network"].removeprefix("path ")
    text = evidence["decoding"].removeprefix("text ")
    labels = [0 if one == DOT else ASCII.encode(one)[0] for one in path]
    right, rate = ASCII.decode(ctc.collapse(labels)), character_error_rate([written], [text])
    if stage == "decoding":  # Blanks dropped before repeats were merged
        right = ASCII.decode(ctc.collapse([label for label in labels if label]))
    if stage == "score":  # Padding counted
        rate = character_error_rate([written.ljust(10, "_")], [text])
    assert text == right
    assert evidence["score"] == f"CER {rate:.0%}"
    assert (text == written) == (stage == "score")
    num_lines = 1 + written.count("\n")
    assert (evidence["lines"] == f"{num_lines} box found") == (stage != "lines")
