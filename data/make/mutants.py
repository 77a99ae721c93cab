"""Keep what became of the mutants of the course's CTC: data/samples/mutants.json, for Lab 8.

The tool is mutmut, told by pyproject.toml what to change and which tests should notice; an hour
on one core, and a broken-off run goes on where it was:

  python -m pip install "mutmut>=3.8,<4"
  mutmut run --max-children 4
  python data/make/mutants.py
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from shared.paths import DATA, write_atomically

#: Why a survivor is left alone, by words of its change; the first that fits counts
REASONS = (
    ("raise ", "words of an error"),
    ("f'", "words of an error"),
    ("strict=", "lengths are equal already"),
    ("dtype=", "another type, the same values"),
    ("num_classes}", "words of an error"),
    ("max_expansions", "only how long it searches"),
    ("expansions", "only how long it searches"),
    ("MAX_LISTED", "only how much is listed"),
    ("check_inputs", "what it refuses was refused before"),
    ("need_feasible", "what it refuses was refused before"),
)
OUTCOMES = {0: "survived", 1: "killed", 3: "killed"}  # Anything else: killed by its time limit


def main(words: list[str] | None = None) -> int:
    """Write the results of the last run; return 1 if there are none."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutants", type=Path, default=Path("mutants"), help="mutmut's folder")
    parser.add_argument("--out", type=Path, default=DATA / "samples/mutants.json")
    arguments = parser.parse_args(words)
    modules, survivors = collect(arguments.mutants)
    if not modules:
        print(f"There are no results in {arguments.mutants}; run `mutmut run` first.")
        return 1
    write_atomically(arguments.out, as_json(modules, survivors))
    for name, counts in modules.items():
        print(f"{name}: {', '.join(f'{count} {what}' for what, count in counts.items())}")
    print(f"Wrote {arguments.out}.")
    return 0


def collect(folder: Path) -> tuple[dict[str, dict[str, int]], list[tuple[str, str, str, str]]]:
    """Read what mutmut left.

    Returns:
        Counts by module, and for each survivor its function, the line as it was, as it became,
        and a verdict.
    """
    modules: dict[str, dict[str, int]] = {}
    survivors = []
    for path in sorted(folder.rglob("*.py.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        done = {name: code for name, code in codes.items() if code is not None}
        if not done:
            continue
        counts = Counter(OUTCOMES.get(code, "killed") for code in done.values())
        modules[next(iter(done)).rpartition(".")[0]] = {
            "killed": counts["killed"],
            "survived": counts["survived"],
            "waiting": len(codes) - len(done),
        }
        source = path.with_suffix("").read_text(encoding="utf-8")
        functions = {
            node.name: node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef)
        }
        for key in (key for key, code in done.items() if OUTCOMES.get(code) == "survived"):
            survivors.append(_change(key, functions))
    return modules, survivors


def _change(key: str, functions: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return function, old line, new line and verdict of one survivor."""
    name = key.rpartition(".")[2]
    base = name.rpartition("__mutmut_")[0]
    # The first line names the mutant; a default in it is shown without that name
    before, after = (
        ast.unparse(functions[one]).replace(one, base.removeprefix("x_")).splitlines()
        for one in (f"{base}__mutmut_orig", name)
    )
    lines = [
        line
        for line in difflib.unified_diff(before, after, n=0, lineterm="")
        if line[:1] in "+-" and line[:3] not in ("---", "+++")
    ]
    was = " ".join(line[1:].strip() for line in lines if line[0] == "-")
    became = " ".join(line[1:].strip() for line in lines if line[0] == "+")
    verdict = next((why for word, why in REASONS if word in was), "open")
    was, became = _around(was, became)
    return base.removeprefix("x_"), was, became, verdict


def _around(was: str, became: str, room: int = 48) -> tuple[str, str]:
    """Cut two long lines to the place where they differ."""
    first = next((k for k, pair in enumerate(zip(was, became, strict=False)) if len(set(pair)) > 1),
                 min(len(was), len(became)))  # fmt: skip
    start = max(0, first - room // 2)
    dots = "..." if start else ""
    cut = [f"{dots}{text[start : start + room]}" for text in (was, became)]
    return cut[0], cut[1]


def as_json(modules: dict[str, dict[str, int]], survivors: list) -> str:
    """Return results as text, a survivor a line."""
    rows = ",\n".join(f"  {json.dumps(row)}" for row in survivors)
    return (
        f'{{"command": "mutmut run",\n "modules": {json.dumps(modules)},\n'
        f' "survivors": [\n{rows}\n ]}}\n'
    )


if __name__ == "__main__":
    raise SystemExit(main())
