"""A datasheet for a labeled set: what the data can say, and what a person has to.

The questions follow Gebru et al., "Datasheets for datasets", Communications of the ACM 64 (12),
2021, pages 86-92, in our own words and for handwriting. They stand in `datasheet.md`: an answer
that can be counted is counted, every other one waits for a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from shared.labeling.agreeing import Agreement
from shared.labeling.label_files import keep_before
from shared.labeling.records import LabelSet
from shared.labeling.validation import validate
from shared.paths import write_atomically

OPEN = "*To be answered by a person.*"


def write_datasheet(
    path: Path | str,
    labels: LabelSet,
    folder: Path | str,
    title: str,
    agreed: Agreement | None = None,
) -> Path:
    """Write a datasheet; one that is there, with what people answered, is kept under a number.

    Args:
        path: The Markdown file.
        labels: The data set.
        folder: Where its label file is; the images are checked.
        title: Its name.
        agreed: How far two annotators agreed; see `agreement`.
    """
    path = Path(path)
    text = datasheet(labels, folder, title, agreed)
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        keep_before(path)
    return write_atomically(path, text)


def datasheet(
    labels: LabelSet, folder: Path | str, title: str, agreed: Agreement | None = None
) -> str:
    """Return a datasheet as Markdown."""
    text = (resources.files("shared.labeling") / "datasheet.md").read_text(encoding="utf-8")
    pages, lines = labels.pages, labels.lines()
    labeled = [line for line in lines if line.status == "labeled" and line.text]
    filled = [line for line in labeled if line.proposal is not None]
    characters = Counter("".join(line.text for line in labeled))
    both = "No page was labeled by two."
    if agreed:
        both = (
            f"On {agreed.pages} pages, {agreed.matched} lines of {agreed.first_lines} and "
            f"{agreed.second_lines} match; their boxes have {agreed.overlap:.0%} of their area in "
            f"common, and their texts differ in {agreed.distance:.1%} of the letters."
        )
    return text.format(
        title=title,
        note=labels.note,
        left=text.count(OPEN),
        version=labels.version,
        pages=len(pages),
        lines=len(lines),
        texts=len(labeled),
        length=characters.total(),
        characters=len(characters),
        once=" ".join(sorted(c for c, n in characters.items() if n == 1)) or "none",
        unreadable=sum(line.status == "unreadable" for line in lines),
        proposed=sum(line.status == "proposed" for line in lines),
        nobody=sum(page.writer is None for page in pages),
        writers=_listed(Counter(page.writer or "unknown" for page in pages)),
        problems=_listed(Counter(problem.code for problem in validate(labels, folder))),
        people=_listed(Counter(line.annotator or "not named" for line in labeled)),
        filled=len(filled),
        kept=sum(line.text == line.proposal for line in filled),
        agreed=both,
    )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
