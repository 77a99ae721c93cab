"""Run `python .ci/bench`, with the course that stands around it."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[1:1] = [str(ROOT), str(ROOT / "data/make")]  # It measures as those scripts do

from bench import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
