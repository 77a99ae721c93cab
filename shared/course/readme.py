"""Keep the table of labs in README.md true: the build writes it from the sources."""

from __future__ import annotations

from shared.course import outline, source, texture
from shared.course.outline import Course, CourseError, Lab
from shared.paths import write_atomically

BEGIN, END = "<!-- labs: written by `labs build` -->", "<!-- labs: end -->"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"


def table(course: Course) -> str:
    """Return the table of all labs; one that is not written yet is listed as coming."""
    lines = ["| | lab | what happens | time | |", "| --- | --- | --- | --- | --- |"]
    available = course.available()
    for lab in course.outline:
        there = lab in available and (course.solutions / lab.source).is_file()
        lines.append(_row(course, lab) if there else _coming(lab))
    return "\n".join(lines)


def colab(lab: Lab) -> str:
    """Return the address that opens a lab on Colab."""
    owner = outline.REPOSITORY.removeprefix("https://github.com/")
    return (
        f"https://colab.research.google.com/github/{owner}/blob/{outline.TAG}/labs/{lab.notebook}"
    )


def badge(lab: Lab) -> str:
    """Return the Colab badge of a lab in Markdown."""
    return f"[![Open lab {lab.number} in Colab]({BADGE})]({colab(lab)})"


def _row(course: Course, lab: Lab) -> str:
    time = texture.measure(source.read(course.solutions / lab.source)).time
    title = f"[{lab.title}](labs/{lab.notebook})"
    return f"| {lab.number} | {title} | {lab.summary} | {time} | {badge(lab)} |"


def _coming(lab: Lab) -> str:
    return f"| {lab.number} | {lab.title} | {lab.summary} | coming | |"


def difference(course: Course) -> str | None:
    """Return a sentence if the table in the README is not what the sources say."""
    path = course.labs.parent / "README.md"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    return None if text == _updated(text, course) else "README.md: its table of labs is stale"


def update(course: Course) -> None:
    """Write the table into the README beside the labs, where there is one."""
    path = course.labs.parent / "README.md"
    if difference(course):
        write_atomically(path, _updated(path.read_text(encoding="utf-8"), course))


def _updated(text: str, course: Course) -> str:
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CourseError(f"README.md needs the lines {BEGIN} and {END} around its table of labs.")
    return f"{before}{BEGIN}\n{table(course)}\n{END}{after}"
