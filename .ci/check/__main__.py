"""Run `python .ci/check`, with the course that stands around it."""

import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[2]))

from check_labs import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
