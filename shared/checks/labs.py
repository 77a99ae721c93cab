"""The nine labs: their numbers, names and titles."""

from __future__ import annotations

from dataclasses import dataclass

OUTLINE = """
01_codebase_walkthrough: Codebase walkthrough: from a page to text, every stage with a picture
02_single_character_prediction: Single-character prediction: a letter at a time: baseline, MLP, CNN
03_line_text_recognizer: LineTextRecognizer: whole lines: context, CTC by hand, training, decoding
04_tools_for_experimentation: Tools for experimentation: configurations, tracking, runs in parallel
05_experimentation: Experimentation: ideas, seeds, intervals, adapting to one writer
06_line_detector: LineDetector: find the lines of a page, count what was found, read the page
07_data: Data: labeling, disagreement, versions of a data set
08_continuous_integration: Continuous integration: tests that find planted bugs, workflows
09_deployment: Deployment: a service that reads a page, and learns from corrections
"""


@dataclass(frozen=True)
class Lab:
    """One lab: the name of its files, its title in the outline, and what happens in it."""

    name: str
    title: str
    summary: str = ""

    @property
    def number(self) -> int:
        """The lab's number, with which its name begins."""
        return int(self.name[:2])

    @property
    def source(self) -> str:
        """Name of the one source of both notebooks."""
        return f"{self.name}.py"

    @property
    def notebook(self) -> str:
        """Name of the notebooks in `labs/` and `solutions/`."""
        return f"{self.name}.ipynb"


LABS = tuple(Lab(*line.split(": ", 2)) for line in OUTLINE.strip().splitlines())
