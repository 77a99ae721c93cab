"""The one command line of the course: `labs VERB`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

from shared.course.outline import CourseError
from shared.paths import checkout

#: The module of each verb has add_arguments() and run(); those outside `shared` stand in `.ci`
VERBS = {
    "open": ("shared.course.opening", "copy a lab into my/ and open it in JupyterLab"),
    "run": ("shared.course.running", "run labs from end to end and write one report"),
    "build": ("building.build", "build both notebooks of a lab from its source"),
    "check": ("check_labs", "check text, notebooks and drift; executes nothing"),
    "hand-in": ("shared.course.hand_in", "make the one file of a lab that you hand in"),
    "grade": ("shared.course.grade", "grade a folder of notebooks that were handed in"),
    "class": ("building.classes", "make an edition without answers, and one to grade with"),
    "sheet": ("shared.course.sheet", "make a page to write on, and cut its photograph"),
    "adapt": ("shared.course.adapt", "teach the line reader one hand, yours first"),
    "label": ("shared.course.label", "label photographs of handwriting, here or in Label Studio"),
    "overnight": ("shared.course.overnight", "run ideas unattended and leave a report"),
    "export": ("shared.course.export", "make model files that are served without TensorFlow"),
    "serve": ("shared.course.serve", "start the recognizer as a service on this machine"),
    "improve": ("shared.course.improve", "teach the served reader what people corrected"),
    "quality": ("shared.course.quality", "measure the reader, and gate a change"),
    "doctor": ("shared.course.doctor", "say what this machine has and what is missing"),
}
EPILOG = """\
examples:
  labs open 2             work on Lab 2 in a copy of your own
  labs run                run every lab as a learner gets it, and write a report
  labs run 3 --solutions  run the solved Lab 3
  labs VERB --help        more about one verb

exit status: 0 all is well, 1 something was found or failed, 2 the command was not understood
"""


FORM = argparse.RawDescriptionHelpFormatter


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    words = list(sys.argv[1:] if words is None else words)
    if words and words[0] in VERBS:
        return run_verb(words[0], words[1:])
    parser = argparse.ArgumentParser(
        prog="labs",
        description="Handwriting recognition in nine labs: open, run, build and check them.",
        epilog=EPILOG,
        formatter_class=FORM,
    )
    verbs = parser.add_subparsers(metavar="VERB", title="verbs")
    for verb, (_, summary) in VERBS.items():
        verbs.add_parser(verb, help=summary)
    parser.parse_args(words)  # It ends here after --help, and at a word that is no verb
    parser.print_help()
    return 0


def run_verb(verb: str, words: Sequence[str]) -> int:
    """Run a verb with the words behind it; only its own module is imported, to answer at once."""
    again = "The same command begins again."
    try:
        module = _module(verb)
        again = getattr(module, "STOPPED", again)
        parser = argparse.ArgumentParser(
            prog=f"labs {verb}", description=module.__doc__, formatter_class=FORM
        )
        module.add_arguments(parser)
        return module.run(parser.parse_args(words))
    except CourseError as error:
        print(f"labs {verb}: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # A full disk, a name that is taken: what failed, not where
        said = error.strerror if error.strerror and not error.filename else error
        print(f"labs {verb}: {said}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nlabs {verb}: stopped. {again}", file=sys.stderr)
        return 130


def _module(verb: str) -> ModuleType:
    name = VERBS[verb][0]
    if not name.startswith("shared."):
        root = checkout()
        if root is None or not (root / ".ci").is_dir():
            raise CourseError("The sources of the labs are not here: use a clone of the course.")
        sys.path[1:1] = [str(root / ".ci"), str(root / ".ci/check")]
    return importlib.import_module(name)
