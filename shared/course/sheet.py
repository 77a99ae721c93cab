"""Make a sheet to write on by hand, or cut photographs of filled ones into my/handwriting.

The sheet is a PDF to print, and a PNG, with boxes for letters and rules for twelve lines. What is
cut out becomes files of yours on this machine; a picture in my/sheet shows what was kept and what
is in doubt. Files that are there are never changed.

Examples:
  labs sheet                        write my/sheet/sheet_1_A4.pdf and .png
  labs sheet --paper Letter --number 2
  labs sheet photo.jpg              cut a photograph of a filled sheet
"""

from __future__ import annotations

import argparse
from pathlib import Path

from shared.course.outline import CourseError
from shared.paths import my_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs sheet`."""
    parser.add_argument("photos", nargs="*", type=Path, help="photographs of filled sheets")
    parser.add_argument("--paper", choices=["A4", "Letter"], default="A4")
    parser.add_argument("--number", type=int, choices=[1, 2], default=1, help="1 and 2 differ")


def run(arguments: argparse.Namespace) -> int:
    """Write a sheet, or cut all photographs; return 1 where one has a problem."""
    from shared.handwriting import HandwritingError, make_sheet, read_sheet

    place, problems = my_directory() / "sheet", 0
    if not arguments.photos:
        for kind in ("pdf", "png"):
            name = f"sheet_{arguments.number}_{arguments.paper}.{kind}"
            print(f"Wrote {make_sheet(place / name, arguments.paper, arguments.number)}.")
    try:
        for photo in arguments.photos:
            sheet = read_sheet(photo)
            problems += bool(sheet.problems)
            print(f"{photo.name}: {sheet.description}\n{sheet.save()}")
            print(f"Look at {sheet.show().save(place / f'{photo.stem}_cut.jpg')}.")
    except HandwritingError as error:
        raise CourseError(str(error)) from error
    return int(problems > 0)
