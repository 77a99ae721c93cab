"""The one command line of the course: `labs VERB`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from shared.course.outline import CourseError

#: The module of each verb has add_arguments() and run()
VERBS = {
    "open": ("shared.course.opening", "copy a lab into my/ and open it in JupyterLab"),
    "run": ("shared.course.running", "run labs from end to end and write one report"),
    "build": ("shared.course.build", "build both notebooks of a lab from its source"),
    "check": ("shared.course.check", "check text, notebooks and drift; executes nothing"),
    "hand-in": ("shared.course.hand_in", "make the one file of a lab that you hand in"),
    "grade": ("shared.course.grade", "grade a folder of notebooks that were handed in"),
    "class": ("shared.course.classes", "make an edition without answers, and one to grade with"),
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


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    words = list(sys.argv[1:] if words is None else words)
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="labs",
        description="Handwriting recognition in nine labs: open, run, build and check them.",
        epilog=EPILOG,
        formatter_class=form,
    )
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    loaded = subparser = None
    for verb, (module, summary) in VERBS.items():
        # Only the verb that was typed is imported, so that --help answers at once.
        if verb not in words[:1]:
            subparsers.add_parser(verb, help=summary, add_help=False)
            continue
        loaded = importlib.import_module(module)
        description = loaded.__doc__
        subparser = subparsers.add_parser(
            verb, help=summary, description=description, formatter_class=form
        )
        loaded.add_arguments(subparser)
        subparser.set_defaults(run=loaded.run)
    arguments, unknown = parser.parse_known_args(words)
    if unknown:  # The parser of the verb knows what the verb takes
        (subparser if arguments.verb else parser).error(f"not understood: {' '.join(unknown)}")
    if arguments.verb is None:
        parser.print_help()
        return 0
    try:
        return arguments.run(arguments)
    except CourseError as error:
        print(f"labs {arguments.verb}: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # A full disk, a name that is taken: what failed, not where
        said = error.strerror if error.strerror and not error.filename else error
        print(f"labs {arguments.verb}: {said}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        again = getattr(loaded, "STOPPED", "The same command begins again.")
        print(f"\nlabs {arguments.verb}: stopped. {again}", file=sys.stderr)
        return 130
