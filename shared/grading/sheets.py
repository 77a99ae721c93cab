"""What people read: a table of points, a page for each learner, an overview of the class."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, median

from shared.checks.verdict import NOT_ATTEMPTED, PASSED
from shared.grading.batch import Graded
from shared.grading.folder import Roster
from shared.grading.submission import NotebookError
from shared.paths import write_atomically

#: Headings, and what stands below each; a file of one's own has two such lines, too
COLUMNS = """\
learner,lab,points,of,percent,trouble,same answers as,look at,isolation
{learner},{lab},{points},{possible},{percent},{trouble},{same_as},{look_at},{isolation}
"""


def table(graded: Sequence[Graded], roster: Roster, columns: str = COLUMNS) -> str:
    """Return the points as CSV, one line for each learner and lab.

    Args:
        graded: What was graded.
        roster: Its columns may be used as fields, too.
        columns: Two lines of CSV: headings, and fields in braces.

    Raises:
        NotebookError: It has other than two lines, or a field that is unknown.
    """
    lines = list(csv.reader(io.StringIO(columns.lstrip("\ufeff"))))
    lines = [line for line in lines if line]
    if len(lines) != 2 or len(lines[0]) != len(lines[1]):
        raise NotebookError("A file of columns has two lines of CSV: headings, and as many fields.")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(lines[0])
    empty = {name: "" for row in roster.rows.values() for name in row}
    for one in sorted(graded, key=_order):
        fields = empty | dict(roster.rows.get(one.submission.learner, {})) | _fields(one)
        try:
            writer.writerow(_safe(form.format_map(fields)) for form in lines[1])
        except (KeyError, ValueError, IndexError) as error:
            known = ", ".join(sorted(fields))
            raise NotebookError(f"No field is called {error}; there are: {known}.") from None
    return out.getvalue()


def _safe(value: str) -> str:
    """Keep a spreadsheet from reading what a learner wrote as a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _fields(one: Graded) -> dict[str, str]:
    share = 100 * one.points / one.possible if one.possible else 0
    lab = one.submission.lab
    return {
        "learner": one.submission.learner,
        "lab": str(lab.number) if lab else "",
        "points": f"{one.points:g}" if one.exercises else "",
        "possible": f"{one.possible:g}" if one.exercises else "",
        "percent": f"{share:.1f}" if one.exercises else "",
        "trouble": one.trouble,
        "same_as": "; ".join(one.same_as),
        "look_at": "; ".join(one.look_at),
        "isolation": one.isolation,
        "file": str(one.submission.path),
    }


def _order(one: Graded) -> tuple[str, int]:
    return one.submission.learner, one.submission.lab.number if one.submission.lab else 0


def write_pages(graded: Sequence[Graded], roster: Roster, folder: Path) -> Path:
    """Write a page for each learner and an overview; return the overview.

    Texts of learners are escaped, and the pages load nothing from anywhere.
    """
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("shared.grading", "."), autoescape=True, trim_blocks=True
    )
    by_learner: dict[str, list[Graded]] = {}
    for one in sorted(graded, key=_order):
        by_learner.setdefault(one.submission.learner, []).append(one)
    pages = {}
    for number, (learner, theirs) in enumerate(by_learner.items(), start=1):
        pages[learner] = f"learner-{number:03}.html"  # A name may be no name of a file
        text = environment.get_template("learner.html").render(learner=learner, graded=theirs)
        write_atomically(folder / pages[learner], text)
    missing = sorted(set(roster.rows) - set(by_learner))
    text = environment.get_template("overview.html").render(
        by_learner=by_learner, pages=pages, missing=missing, labs=overview(graded)
    )
    return write_atomically(folder / "overview.html", text)


def overview(graded: Sequence[Graded]) -> Mapping[str, list[dict[str, object]]]:
    """Return for each lab its exercises: who passed, what was earned, which cases were missed."""
    found: dict[str, list[dict[str, object]]] = {}
    labs = {one.submission.lab.number: one.submission.lab for one in graded if one.exercises}
    for _, lab in sorted(labs.items()):
        of_lab = [one for one in graded if one.exercises and one.submission.lab == lab]
        rows = []
        for column in zip(*(one.exercises for one in of_lab), strict=True):
            name = column[0]["id"].partition(".")[2]
            noted = [one.handed_in.get("tries", {}).get(name) for one in of_lab]
            tries = [one for one in noted if isinstance(one, int) and one > 0]
            guesses = [one.handed_in.get("guesses", {}).get(name) for one in of_lab]
            missed = Counter(
                case["name"] for one in column for case in one["cases"] if not case["passed"]
            )
            states = Counter(one["state"] for one in column)
            rows.append({
                "title": column[0]["title"],
                "full": states[PASSED],
                "in_part": sum(0 < one["points"] < one["possible"] for one in column),
                "none": sum(one["points"] == 0 for one in column),
                "untouched": states[NOT_ATTEMPTED],
                "of": len(column),
                "share": 100 * mean(one["points"] for one in column) / column[0]["possible"],
                "missed": missed.most_common(3),
                "tries": f"{median(tries):g}" if tries else "",
                "guesses": Counter(str(one)[:40] for one in guesses if one).most_common(5),
            })  # fmt: skip
        found[f"Lab {lab.number}, {lab.title}"] = rows
    return found
