"""Check the text of a lab: words to avoid, long sentences, headings, pictures, cell sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from building import duration
from building.source import Cell, headings

from shared.course.outline import Lab

BANNED = (
    *("simply", "just", "easy", "easily", "obviously", "of course", "basically", "powerful"),
    *("magic", "as you can see", "note that"),
)
MAX_WORDS_A_SENTENCE = 35
MAX_WORDS_A_HEADING = 6
MAX_CODE_LINES = 25
MAX_LINE = 100
TIME_MARK = "{time}"  # Where the header of a lab says its time
_BANNED = re.compile(
    r"\b(" + "|".join(words.replace(" ", r"\s+") for words in BANNED) + r")\b", re.IGNORECASE
)
_CODE_SPAN = re.compile(r"`[^`]*`|\$[^$]*\$")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(")
_COMMENTED_CODE = re.compile(r"^\s*#\s*(?:[\w.]+ = |\w+\(.*\)$|import |from \w+ import )")


def lint(lab: Lab, cells: list[Cell]) -> list[str]:
    """Return a sentence for everything in the text that a reader would stumble over."""
    problems = list(_titles(lab, cells))
    for cell in cells:
        look = _markdown if cell.kind == "markdown" else _code
        problems += [f"{lab.source}, cell {cell.id}: {problem}" for problem in look(cell)]
    return problems


def _titles(lab: Lab, cells: list[Cell]) -> Iterator[str]:
    found = [heading for cell in cells for heading in headings(cell)]
    tops = [text for level, text in found if level == 1]
    if len(tops) != 1 or not tops[0].startswith(lab.title):
        yield f"{lab.source}: one H1 that begins with {lab.title!r} is needed, found {tops}."
    previous = 0
    for level, text in found:
        if level > previous + 1:
            yield f"{lab.source}: the heading {text!r} skips a level."
        previous = level
        words = text.split("·")[-1].split() if text.startswith("Exercise") else text.split()
        if level > 1 and len(words) > MAX_WORDS_A_HEADING:
            yield f"{lab.source}: the heading {text!r} has over {MAX_WORDS_A_HEADING} words."
    if not any(TIME_MARK in cell.source for cell in cells):
        yield f"{lab.source}: the header must say **Time** {TIME_MARK}."


def _markdown(cell: Cell) -> Iterator[str]:
    text = _CODE_SPAN.sub("code", duration.prose(cell.source))
    for match in _BANNED.finditer(text):
        yield f"the word {match.group(0)!r} talks down to a reader or says nothing."
    if re.search(r"\w!(?:\s|$)", text):
        yield "an exclamation mark."
    for sentence in _sentences(text):
        count = len(sentence.split())
        if count > MAX_WORDS_A_SENTENCE:
            yield f"a sentence of {count} words: {' '.join(sentence.split()[:8])} ..."
    for alt in _IMAGE.findall(cell.source):
        if len(alt.split()) < 5 or alt.lower().startswith("image of"):
            yield f"the alt text {alt!r} does not replace the picture; use five words or more."
    for label in _LINK.findall(cell.source):
        if label.strip().lower() in ("", "here", "click here", "link", "this"):
            yield f"the link text {label!r} does not say where it goes."


def _sentences(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n|\n\s*(?:[-*#>|]|\d+\.)\s*|\|", text):
        yield from re.split(r"(?<=[.!?:;])\s+(?=[\"'(*_A-Z0-9])|\n(?=[A-Z])", block)


def _code(cell: Cell) -> Iterator[str]:
    lines = [line for line in cell.source.splitlines() if line.strip()]
    if len(lines) > MAX_CODE_LINES and "setup" not in cell.tags and not cell.answer:
        yield f"{len(lines)} lines of code, at most {MAX_CODE_LINES} fit one idea."
    for line in lines:
        if line.lstrip().startswith("%") and not line.startswith("%%writefile "):
            yield f"a magic line: {line.strip()!r}; a tool is run by `!`, a file by %%writefile."
        if len(line) > MAX_LINE:
            yield f"a line of code with {len(line)} characters, at most {MAX_LINE} fit a screen."
        if "TODO" in line:
            yield f"an unfinished place: {line.strip()!r}."
        if _COMMENTED_CODE.match(line):
            yield f"code in a comment: {line.strip()!r}."
