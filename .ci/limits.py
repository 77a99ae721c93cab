"""Count the house: how much code each room of `shared` holds, beside what it may hold.

A line of code holds code: blank lines, comments, docstrings and imports are not counted, so that
nothing is gained by leaving out an explanation. Two statements on a line count as two.

  python .ci/limits.py    print the table; exit with 1 where a count is more than 10 % over
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: What is counted: the limit, and the ceiling until that part is rebuilt. Whoever rebuilds a part
#: lowers its ceiling. Over the limit is a warning, 10 % over the ceiling an error.
LIMITS = {
    "flat": (2600, 2820),
    "pages": (1800, 1968),
    "handwriting": (1000, 1000),
    "explorer": (1400, 1391),
    "experiments": (1500, 2221),
    "labeling": (1700, 2098),
    "service": (1700, 1975),
    "checks": (1600, 2050),
    "grading": (800, 800),
    "exercises": (3500, 3979),
    "course": (900, 900),
    "explorer, for the browser": (1500, 1950),  # With a reader of its own for typed and drawn lines
    "labeling, for the browser": (700, 906),
    "service, for the browser": (700, 728),
    "handwriting, for the browser": (600, 600),
    "grading, for the browser": (100, 100),
    "course, for the browser": (50, 50),
    "flat files": (14, 20),
    "files over 300 lines": (0, 1),
    "lab imports with two dots": (0, 0),
    "lab imports from judges and tools": (0, 0),
}
LONG_FILE = 300
#: What a lab needs of `checks`; `planted` is what Lab 8 is about: bugs to find, no verdicts
ALLOWED = {"begin", "check", "compare_guess", "planted", "predict", "recorded_guess", "report"}
SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(text: str) -> int:
    """Return the lines of a module that hold code."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, node.end_lineno + 1))
        elif _has_docstring(node):
            left_out.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines: set[int] = set()
    joined = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SKIPPED:
            lines.update(range(token.start[0], token.end[0] + 1))
            joined += token.type == tokenize.OP and token.string == ";"
    return len(lines - left_out) + joined


def _has_docstring(node: ast.AST) -> bool:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None


def room_of(path: Path) -> str:
    """Return the room of a module, given by its path from the root."""
    if len(path.parts) == 2:
        return "handwriting" if path.stem == "handwriting" else "flat"
    return path.parts[1]


def lab_imports(text: str) -> tuple[int, int]:
    """Return how many imports of a lab reach two dots deep, and how many reach judges and tools."""
    deep = behind = 0
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("shared."):
            continue
        deep += node.module.count(".") > 1
        names = {alias.name for alias in node.names}
        allowed = node.module == "shared.checks" and names <= ALLOWED
        behind += node.module.split(".")[1] in ("checks", "course", "grading") and not allowed
    return deep, behind


def count(root: Path = ROOT) -> Counter[str]:
    """Return the counts of a checkout under the names of `LIMITS`; other rooms come by name."""
    found: Counter[str] = Counter()
    shared = [path for path in (root / "shared").rglob("*.py") if "tests" not in path.parts]
    for path in shared:
        text = path.read_text(encoding="utf-8")
        room = room_of(path.relative_to(root))
        found[room] += code_lines(text)
        found["flat files"] += room == "flat" and path.name != "__init__.py"
        one_a_lab = room == "exercises"  # Long as the lab is
        found["files over 300 lines"] += len(text.splitlines()) > LONG_FILE and not one_a_lab
    for path in (root / "shared").rglob("*"):
        if path.suffix in (".css", ".html", ".js"):
            lines = path.read_text(encoding="utf-8").splitlines()
            room = room_of(path.relative_to(root))
            found[f"{room}, for the browser"] += sum(bool(line.strip()) for line in lines)
    for path in (root / "solutions").glob("*.py"):
        deep, behind = lab_imports(path.read_text(encoding="utf-8"))
        found["lab imports with two dots"] += deep
        found["lab imports from judges and tools"] += behind
    return found


def main() -> int:
    """Print every count with its limit; return 1 if one is too far over its ceiling."""
    found = count()
    broken = []
    print(f"{'':34}{'now':>7}{'limit':>7}{'ceiling':>9}")
    for name in (*LIMITS, *sorted(set(found) - set(LIMITS))):
        limit, ceiling = LIMITS.get(name, (0, 0))
        now, remark = found[name], ""
        if now > 1.1 * ceiling:
            remark = "  RED"
            broken.append(name)
        elif now > limit:
            remark = "  over the limit"
        print(f"{name:34}{now:7,}{limit:7,}{ceiling:9,}{remark}")
    rooms = [name for name in LIMITS if " " not in name]
    now, limit = sum(found[room] for room in rooms), sum(LIMITS[room][0] for room in rooms)
    print(f"{'all rooms':34}{now:7,}{limit:7,}")
    if broken:
        print(f"Too large: {', '.join(broken)}. Make it smaller, or say in the commit why not.")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
