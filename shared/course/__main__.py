"""Run the command line as `python -m shared.course`."""

import sys

from shared.course.cli import main

if __name__ == "__main__":
    sys.exit(main())
