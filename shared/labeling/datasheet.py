"""A datasheet for a labeled set: what the data can say, and what a person has to.

The questions follow Gebru et al., "Datasheets for datasets", Communications of the ACM 64 (12),
2021, pages 86-92, in our own words and for handwriting. They stand in `datasheet.md`: an answer
that can be counted is counted, every other one waits for a person and is kept when the sheet is
written again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from statistics import median

from shared.labeling.agreeing import Agreement
from shared.labeling.label_files import decode
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
    """Write a datasheet; what a person answered in the file before is kept.

    Args:
        path: The Markdown file.
        labels: The data set.
        folder: Where its label file is; the images are checked.
        title: Its name.
        agreed: How far two annotators agreed; see `agreement`.
    """
    path = Path(path)
    answers = answers_in(decode(path.read_bytes(), path.name)) if path.is_file() else {}
    return write_atomically(path, datasheet(labels, folder, title, agreed, answers))


def datasheet(
    labels: LabelSet,
    folder: Path | str,
    title: str,
    agreed: Agreement | None = None,
    answers: Mapping[str, str] | None = None,
) -> str:
    """Return a datasheet as Markdown; `answers` are what a person said, by question."""
    text = _template()
    for question, answer in (answers or {}).items():
        kept = answer.replace("{", "{{").replace("}", "}}")
        text = text.replace(f"### {question}\n\n{OPEN}", f"### {question}\n\n{kept}")
    counted = _counted(labels, folder) | {"agreed": _agreed(agreed), "left": text.count(OPEN)}
    return re.sub(r"\n{3,}", "\n\n", text.format(title=title, note=labels.note, **counted))


def answers_in(text: str) -> dict[str, str]:
    """Return what a person answered in a datasheet, by question."""
    asked = re.findall(rf"^### (.*)\n\n{re.escape(OPEN)}", _template(), re.MULTILINE)
    blocks = re.split(r"^### (.*)\n", text, flags=re.MULTILINE)[1:]
    found = {}
    for question, answer in zip(blocks[::2], blocks[1::2], strict=True):
        answer = re.split(r"^#{1,2} ", answer, maxsplit=1, flags=re.MULTILINE)[0].strip()
        if question.strip() in asked and answer and answer != OPEN:
            found[question.strip()] = answer
    return found


def _template() -> str:
    return (resources.files("shared.labeling") / "datasheet.md").read_text(encoding="utf-8")


def _counted(labels: LabelSet, folder: Path | str) -> dict[str, object]:
    pages, lines = labels.pages, labels.lines()
    texts = [line.text for line in lines if line.status == "labeled" and line.text]
    characters = Counter("".join(texts))
    filled = [line for line in lines if line.proposal is not None and line.status == "labeled"]
    sizes = [page.width * page.height / 1e6 for page in pages] or [0]
    people = Counter(line.annotator or "not named" for line in lines if line.status != "proposed")
    return {
        "pages": _count(len(pages), "photographed page"),
        "statuses": _listed(Counter(page.status for page in pages)),
        "lines": _count(len(lines), "line"),
        "per_page": f"{median(len(page.lines) for page in pages) if pages else 0:g}",
        "texts": _count(len(texts), "line"),
        "length": _count(sum(map(len, texts)), "character"),
        "baselines": sum(line.baseline is not None for line in lines),
        "characters": len(characters),
        "frequent": _listed(dict(characters.most_common(8)), shown=repr),
        "once": " ".join(sorted(c for c, n in characters.items() if n == 1)) or "none",
        "unreadable": _count(sum(line.status == "unreadable" for line in lines), "line"),
        "proposed": sum(line.status == "proposed" for line in lines),
        "nobody": _count(sum(page.writer is None for page in pages), "page"),
        "writers": _listed(Counter(page.writer or "unknown" for page in pages)),
        "problems": _listed(Counter(problem.code for problem in validate(labels, folder))),
        "endings": _listed(Counter(Path(page.image).suffix.lower() for page in pages)),
        "smallest": f"{min(sizes):.2g}",
        "largest": f"{max(sizes):.2g}",
        "people": _listed(people),
        "filled": _count(len(filled), "labeled line"),
        "kept": sum(line.text == line.proposal for line in filled),
        "version": labels.version,
    }


def _agreed(agreed: Agreement | None) -> str:
    if agreed is None:
        return "No page was labeled by two."
    return (
        f"On {_count(agreed.pages, 'page')}, {agreed.matched} lines of {agreed.first_lines} "
        f"and {agreed.second_lines} match; their boxes have {agreed.overlap:.0%} of their area "
        f"in common, and their texts differ in {agreed.distance:.1%} of the letters."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(counts: Mapping[str, int], shown: Callable[[str], str] = str) -> str:
    return ", ".join(f"{shown(name)} {count:,}" for name, count in counts.items()) or "none"
