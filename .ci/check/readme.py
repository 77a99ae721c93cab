"""Keep README.md and TEACHING.md true: hours, figures, tables of labs and exercises, address.

python .ci/check/readme.py    write what has changed; `python .ci/check` says if something has
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1]))  # Where `building` is, if this is run alone

import gallery  # noqa: E402
from building import duration, source  # noqa: E402
from building.derive import badge  # noqa: E402

from shared.checks.exercise import load_lab  # noqa: E402
from shared.course import outline  # noqa: E402
from shared.course.outline import Course, CourseError, Lab, this_course  # noqa: E402
from shared.paths import sample, write_atomically  # noqa: E402

BEGIN, END = "<!-- {}: written by `.ci/check/readme.py` -->", "<!-- {}: end -->"
_EXERCISE = re.compile(r"^### Exercise (\S+) · (.+)\n(\d+) min · (core|stretch)$", re.MULTILINE)


def readme_blocks(course: Course) -> dict[str, str]:
    """Return what stands between the marks of each name in the README."""
    reading = sample("reading_texts")
    return {
        "hours": hours(course),
        "figures": f"**How well it reads.** {reading['sentence']}",
        "reading": "\n\n".join(filter(None, (reading["table"], reading["learned"]))),
        "labs": table(course),
        "gallery": gallery.block(course),
    }


def teaching_blocks(course: Course) -> dict[str, str]:
    """Return what stands between the marks of each name in TEACHING.md."""
    return {"exercises": exercises(course)}


def exercises(course: Course) -> str:
    """Return the table of all exercises: what is asked, its points and minutes."""
    lines = ["| | exercise | kind | points | minutes |", "| --- | --- | --- | --- | --- |"]
    for lab in course.available():
        cells = source.read(course.solutions / lab.source)
        asked = [m for cell in cells for m in _EXERCISE.finditer(cell.source)]
        points = [(cell.check, cell.points) for cell in cells if cell.check]
        kinds = {exercise.id.partition(".")[2]: exercise.kind for exercise in load_lab(lab.number)}
        for found, (name, worth) in zip(asked, points, strict=True):
            number, title, minutes, status = found.groups()
            row = (
                number,
                title,
                kinds[name],
                f"{worth:g}",
                minutes + ", optional" * (status != "core"),
            )
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def hours(course: Course) -> str:
    """Return how long all labs take, in a sentence."""
    found = [_duration(course, lab) for lab in course.available()]
    core = sum(sum(each.sittings) for each in found) / 60
    stretch = sum(sum(each.stretch) for each in found) / 60
    return (
        f"**How long it takes.** The labs add up to {core:.0f} hours of reading, exercises and "
        f"waiting, and {stretch:.0f} more with everything that is marked as optional; "
        "it takes longer if Python or NumPy is new to you."
    )


def table(course: Course) -> str:
    """Return the table of all labs; one that is not written yet is listed as coming."""
    lines = ["| | lab | what happens | time | |", "| --- | --- | --- | --- | --- |"]
    for lab in course.outline:
        row = [str(lab.number), lab.title, lab.summary, "coming", ""]
        if (course.solutions / lab.source).is_file():
            row[1] = f"[{lab.title}](labs/{lab.notebook})"
            row[3:] = [str(_duration(course, lab)), badge(lab)]
        lines.append(f"| {' | '.join(row)} |".replace("|  |", "| |"))
    return "\n".join(lines)


def _duration(course: Course, lab: Lab) -> duration.Duration:
    return duration.measure(source.read(course.solutions / lab.source))


PAGES = {"README.md": readme_blocks, ".github/TEACHING.md": teaching_blocks}


def difference(course: Course) -> str | None:
    """Return a sentence if a page is not what sources and figures say."""
    stale = [path.name for path, text in _updated(course) if text != path.read_text("utf-8")]
    if not stale:
        return None
    return f"{' and '.join(stale)} not up to date. Run `python .ci/check/readme.py`."


def update(course: Course) -> None:
    """Write the pages in which something has changed."""
    for path, text in _updated(course):
        if text != path.read_text(encoding="utf-8"):
            write_atomically(path, text)


def _updated(course: Course) -> Iterator[tuple[Path, str]]:
    """Yield each page that stands around the labs, and what it should say."""
    address = outline.REPOSITORY
    clone = f"git clone {address}\ncd {address.rpartition('/')[2]}"
    for name, blocks in PAGES.items():
        path = course.labs.parent / name
        if not path.is_file():
            continue
        text = re.sub(r"git clone \S+\ncd \S+", clone, path.read_text(encoding="utf-8"))
        for block, content in blocks(course).items():
            begin, end = BEGIN.format(block), END.format(block)
            before, found, rest = text.partition(begin)
            _, closed, after = rest.partition(end)
            if not found or not closed:
                raise CourseError(f"{name} needs the lines {begin} and {end}, in this order.")
            text = f"{before}{begin}\n{content}\n{end}{after}"
        yield path, text


if __name__ == "__main__":
    update(this_course())
