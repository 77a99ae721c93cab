"""A datasheet for a labeled set: what the data can say, and what a person has to.

The questions follow Gebru et al., "Datasheets for datasets", Communications of the ACM 64 (12),
2021, pages 86-92, in our own words and for handwriting. An answer that can be counted is counted;
every other one waits for a person and is kept when the sheet is written again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from shared.labeling.agreeing import Agreement
from shared.labeling.duplicates import Twins
from shared.labeling.label_files import decode
from shared.labeling.records import LabelSet
from shared.labeling.validation import validate
from shared.paths import write_atomically

OPEN = "*To be answered by a person.*"
#: By section the questions that no count can answer
ASKED = {
    "Motivation": (
        "Why was this data set made, and what was missing before?",
        "Who made it, for whom, and who paid for it?",
    ),
    "Composition": (
        "How were these pages chosen, and what do they stand for?",
        "Does a text hold anything private, hurtful or confidential?",
    ),
    "Collection": (
        "How were the pages written and photographed, and when?",
        "Did the writers agree to this use, and can they take it back?",
    ),
    "Labeling": ("What were annotators told about unclear letters, corrections and layout?",),
    "Uses": (
        "What has it been used for, and what should it not be used for?",
        "Whose handwriting is missing, and who would be served worse for it?",
    ),
    "Distribution": ("Who may have it, and under which license?",),
    "Maintenance": ("Who answers for it, and how are errors reported and mended?",),
}


def datasheet(
    labels: LabelSet,
    folder: Path | str,
    title: str,
    split: Mapping[str, str] | None = None,
    agreed: Agreement | None = None,
    twins: Sequence[Twins] | None = None,
    answers: Mapping[str, str] | None = None,
) -> str:
    """Return a datasheet as Markdown.

    Args:
        labels: The data set.
        folder: Where its label file is; the images are checked.
        title: Its name.
        split: For every image its part; see `splits`.
        agreed: How far two annotators agreed; see `agreement`.
        twins: Images that look alike; see `duplicates`.
        answers: What a person said, by question.
    """
    counted = {
        "Composition": _composition(labels, folder, split, twins),
        "Collection": _collection(labels),
        "Labeling": _labeling(labels, agreed),
        "Maintenance": {
            "How can one tell one version from another?": (
                "By the tag of its version and the SHA-256 of every image, which the label file "
                "holds. The labels follow version "
                f"{labels.version} of the schema in `shared.labeling.records`."
            )
        },
    }
    answers = answers or {}
    parts = [f"# Datasheet: {title}"]
    if labels.note:
        parts.append(labels.note)
    for section, questions in ASKED.items():
        parts.append(f"## {section}")
        found = {**counted.get(section, {}), **{q: answers.get(q, OPEN) for q in questions}}
        parts += [f"### {question}\n\n{answer}" for question, answer in found.items()]
    left = sum(part.endswith(OPEN) for part in parts)
    parts.insert(1, f"{left} questions are still to be answered by a person." if left else "")
    return "\n\n".join(part for part in parts if part) + "\n"


def write_datasheet(path: Path | str, *arguments: object, **more: object) -> Path:
    """Write a datasheet; what a person answered in the file before is kept.

    Args:
        path: The Markdown file.
        *arguments: As for `datasheet`.
        **more: As for `datasheet`.
    """
    path = Path(path)
    kept = answers_in(decode(path.read_bytes(), path.name)) if path.is_file() else {}
    answers = {**kept, **(more.pop("answers", None) or {})}
    return write_atomically(path, datasheet(*arguments, answers=answers, **more))


def answers_in(text: str) -> dict[str, str]:
    """Return what a person answered in a datasheet, by question."""
    asked = {question for questions in ASKED.values() for question in questions}
    blocks = re.split(r"^### (.*)\n", text, flags=re.MULTILINE)[1:]
    found = {}
    for question, answer in zip(blocks[::2], blocks[1::2], strict=True):
        answer = re.split(r"^#{1,2} ", answer, maxsplit=1, flags=re.MULTILINE)[0].strip()
        if question.strip() in asked and answer and answer != OPEN:
            found[question.strip()] = answer
    return found


def _composition(
    labels: LabelSet,
    folder: Path | str,
    split: Mapping[str, str] | None,
    twins: Sequence[Twins] | None,
) -> dict[str, str]:
    pages, lines = labels.pages, [line for page in labels.pages for line in page.lines]
    texts = [line.text for line in lines if line.status == "labeled" and line.text]
    statuses = Counter(page.status for page in pages)
    per_page = [len(page.lines) for page in pages if page.status != "skipped"]
    writers = Counter(page.writer or "unknown" for page in pages)
    characters = Counter("".join(texts))
    found = {
        "What is in it, and how much?": (
            f"{_count(len(pages), 'photographed page')} ({_listed(statuses)}) with "
            f"{_count(len(lines), 'line')}"
            + (f", a median of {median(per_page):g} a page" if per_page else "")
            + f". {_count(len(texts), 'line')} have a text of "
            f"{_count(sum(map(len, texts)), 'character')} in all."
        ),
        "What is an example, and what is its label?": (
            "A line of handwriting, cut from its page by a box in pixels; the label is its text, "
            "letter by letter. "
            f"{sum(line.baseline is not None for line in lines)} of {len(lines)} lines also have "
            "a baseline."
        ),
        "Which characters occur, and how often?": (
            f"{len(characters)} different ones. The most frequent: "
            f"{_listed(dict(characters.most_common(8)), shown=repr)}. Only once: "
            f"{' '.join(sorted(c for c, n in characters.items() if n == 1)) or 'none'}."
            if characters
            else "No line has a text yet."
        ),
        "Is anything missing?": _missing(labels),
        "Which examples belong together?": (
            f"Pages by one writer: {_listed(dict(writers.most_common(10)))}"
            + (f", and {len(writers) - 10} writers more." if len(writers) > 10 else ".")
        ),
        "Is there a recommended split?": _split(labels, split),
        "Are there errors, noise or duplicates?": _errors(labels, folder, twins),
        "Does it stand on its own?": (
            "Yes: the label file names every image by a path beside it and by its SHA-256. "
            "Nothing is fetched from elsewhere."
        ),
        "Can people be told from it?": (
            f"The hands of {len(writers)} writers, who are named in the label file as "
            f"{', '.join(sorted(writers)[:5])}{', ...' if len(writers) > 5 else ''}. Handwriting "
            "can identify a person, and so can what is written."
        ),
    }
    return found


def _missing(labels: LabelSet) -> str:
    lines = [line for page in labels.pages for line in page.lines]
    unreadable = sum(line.status == "unreadable" for line in lines)
    proposed = sum(line.status == "proposed" for line in lines)
    nobody = sum(page.writer is None for page in labels.pages)
    return (
        f"{_count(unreadable, 'line')} could not be read, {proposed} have only a model's proposal, "
        f"and {_count(nobody, 'page')} name no writer."
    )


def _split(labels: LabelSet, split: Mapping[str, str] | None) -> str:
    if not split:
        return "None was given. One should keep each writer in one part; see `split_by_writer`."
    parts = Counter(split[page.image] for page in labels.pages if page.image in split)
    writers = {}
    for page in labels.pages:
        writers.setdefault(page.writer, set()).add(split.get(page.image))
    torn = sum(len(found) > 1 for found in writers.values())
    kept = "No writer is in two parts." if not torn else f"{torn} writers are in two parts: a leak."
    return f"By pages: {_listed(parts)}. {kept}"


def _errors(labels: LabelSet, folder: Path | str, twins: Sequence[Twins] | None) -> str:
    problems = validate(labels, folder)
    counts = Counter(problem.code for problem in problems)
    said = f"The checks of the schema find {_listed(counts)}." if counts else (
        "The checks of the schema find nothing; they cannot see a wrong letter."
    )  # fmt: skip
    if twins is None:
        return said + " Nobody has looked for pages that are there twice."
    return said + f" {_count(len(twins), 'pair')} of pages look alike."


def _collection(labels: LabelSet) -> dict[str, str]:
    sizes = [page.width * page.height / 1e6 for page in labels.pages]
    endings = Counter(Path(page.image).suffix.lower() or "none" for page in labels.pages)
    if not sizes:
        return {}
    return {
        "What are the images like?": (
            f"{_listed(endings)}; from {min(sizes):.2g} to {max(sizes):.2g} megapixels, "
            f"the median is {median(sizes):.2g}."
        )
    }


def _labeling(labels: LabelSet, agreed: Agreement | None) -> dict[str, str]:
    lines = [line for page in labels.pages for line in page.lines]
    people = Counter(line.annotator or "not named" for line in lines if line.status != "proposed")
    filled = [line for line in lines if line.proposal is not None and line.status == "labeled"]
    kept = sum(line.text == line.proposal for line in filled)
    said = f"Lines by annotator: {_listed(people)}." if people else "Nobody has labeled a line yet."
    found = {"Who labeled it?": said}
    found["Was anything filled in by a model?"] = (
        f"Yes: {len(filled)} labeled lines began with a model's text, and {kept} of them were left "
        "as they were. People miss errors in a text that is already there."
        if filled
        else "No labeled line began with a model's text."
    )
    found["How far do annotators agree?"] = (
        "No page was labeled by two."
        if agreed is None
        else (
            f"On {_count(agreed.pages, 'page')}, {agreed.matched} lines of {agreed.first_lines} "
            f"and {agreed.second_lines} match; their boxes have {agreed.overlap:.0%} of their area "
            f"in common, and their texts differ in {agreed.distance:.1%} of the letters."
        )
    )
    return found


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(counts: Mapping[str, int], shown: Callable[[str], str] = str) -> str:
    return ", ".join(f"{shown(name)} {count:,}" for name, count in counts.items()) or "none"
