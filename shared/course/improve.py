"""Teach the served line reader what people corrected, and offer it if it reads better.

Reads the corrections in my/service/corrections, learns from three quarters of them, and judges the
result on the rest and on other writers' lines. What passes is written as a model file and named;
swapping it in is a command of its own, printed at the end.

Examples:
  labs improve                       corrections of this machine's service
  labs improve --updates 60          a quicker, weaker lesson
  labs improve --name line_for_ada   another name for the candidate
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from shared.course.outline import CourseError
from shared.paths import data_file, my_directory, write_atomically


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs improve`."""
    parser.add_argument("--corrections", type=Path, help="default: my/service/corrections")
    parser.add_argument("--models", type=Path, help="folder of the candidate")
    parser.add_argument("--line", type=Path, help="model file that is served")
    parser.add_argument("--detector", type=Path, help="model file of the detector")
    parser.add_argument("--weights", default="reader", help="what the served model is made of")
    parser.add_argument("--name", default="line_corrected", help="name of the candidate")
    parser.add_argument("--updates", type=int, default=None, help="batches to learn from")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments: argparse.Namespace) -> int:
    """Go through the loop once; return 1 if the gate refuses the candidate."""
    from shared.labeling import LabelError
    from shared.service.corrections import LabelFolder
    from shared.service.exporting.model_file import ModelFileError
    from shared.service.improving import NothingToLearnError, improve

    service = my_directory() / "service"
    models = arguments.models or service / "models"
    store = LabelFolder(arguments.corrections or service / "corrections")
    try:
        found = improve(
            store.labels(),
            store.folder,
            arguments.line or data_file("models/reader.onnx"),
            arguments.detector or data_file("models/detector_small.onnx"),
            models,
            arguments.weights,
            arguments.name,
            arguments.updates,
            seed=arguments.seed,
        )
    except (NothingToLearnError, ModelFileError, LabelError) as error:
        raise CourseError(str(error)) from error
    verdict = found.verdict
    print(f"Learned {found.learned} lines; measured on {verdict.lines} others of the same writer.")
    print("Corrections: {:.1%} before, {:.1%} after.".format(*verdict.own))
    print("Other writers: {:.1%} before, {:.1%} after.".format(*verdict.others))
    if found.file is None:
        print(f"The gate refuses it: {verdict.reason}.")
        return 1
    report = {**verdict.as_dict(), "learned": found.learned}
    written = write_atomically(
        models / f"{arguments.name}.report.json", json.dumps(report, indent=1) + "\n"
    )
    print(f"The gate lets it pass: {verdict.reason}.")
    print(f"Wrote {found.file} and {written.name}. To serve it:")
    print(f"  labs serve --line {found.file}")
    return 0
