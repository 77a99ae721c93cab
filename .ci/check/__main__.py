"""Run `python .ci/check`, which is `labs check` of the course that stands around it."""

import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[2]))

from shared.course.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(["check", *sys.argv[1:]]))
