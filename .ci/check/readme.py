"""Keep README.md true: its hours, figures, table of labs and address.

python .ci/check/readme.py    write what has changed; `python .ci/check` says if something has
"""

from __future__ import annotations

import re

from shared.course import duration, outline, source
from shared.course.derive import badge
from shared.course.outline import Course, CourseError, Lab, this_course
from shared.paths import sample, write_atomically

BEGIN, END = "<!-- {}: written by `.ci/check/readme.py` -->", "<!-- {}: end -->"


def blocks(course: Course) -> dict[str, str]:
    """Return what stands between the marks of each name."""
    reading = sample("reading_texts")
    return {
        "hours": hours(course),
        "figures": f"**How well it reads.** {reading['sentence']}",
        "reading": "\n\n".join(filter(None, (reading["table"], reading["learned"]))),
        "labs": table(course),
    }


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


def difference(course: Course) -> str | None:
    """Return a sentence if the README beside the labs is not what sources and figures say."""
    path = course.labs.parent / "README.md"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    if text == _updated(text, course):
        return None
    return "README.md has stale hours, figures or labs. Run `python .ci/check/readme.py`."


def update(course: Course) -> None:
    """Write the README beside the labs, if something in it has changed."""
    path = course.labs.parent / "README.md"
    if difference(course):
        write_atomically(path, _updated(path.read_text(encoding="utf-8"), course))


def _updated(text: str, course: Course) -> str:
    address = outline.REPOSITORY
    clone = f"git clone {address}\ncd {address.rpartition('/')[2]}"
    text = re.sub(r"git clone \S+\ncd \S+", clone, text)
    for name, content in blocks(course).items():
        begin, end = BEGIN.format(name), END.format(name)
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise CourseError(f"README.md needs the lines {begin} and {end}, in this order.")
        text = f"{before}{begin}\n{content}\n{end}{after}"
    return text


if __name__ == "__main__":
    update(this_course())
