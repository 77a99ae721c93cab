"""Change one operator, number or name of the code after the other, and see which tests notice.

The tool is mutmut, in an environment of its own under my/mutation; making that environment
downloads it, because you asked. Mutants run as forks, with low priority where the system can.
A broken-off run goes on where it was.

Examples:
  labs mutate                                     the course's CTC by its two test files: an hour
  labs mutate shared/metrics.py --tests shared/tests/test_metrics.py
  labs mutate --pack                              write the results that Lab 8 shows
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.course.outline import CourseError
from shared.paths import checkout, data_file, my_directory, write_atomically

SHIPPED = "samples/mutants.json"
TOOLS = ("mutmut>=3.8,<4", "numpy>=2.1", "pytest>=8.4", "hypothesis>=6.100")
CODE = ("shared/ctc/*.py",)
TESTS = ("shared/tests/test_ctc.py", "shared/tests/test_ctc_properties.py")
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
_OUTCOMES = {0: "survived", 1: "killed", 3: "killed"}  # Anything else: killed by its time limit


@dataclass(frozen=True)
class Module:
    """What became of the mutants of one module; some may not have been tried yet."""

    killed: int
    survived: int
    waiting: int = 0


@dataclass(frozen=True)
class Mutants:
    """The results of a run.

    Attributes:
        modules: Counts by name of the module.
        survivors: For each survivor its function, the line as it was, as it became, and a verdict.
        command: What made it.
    """

    modules: dict[str, Module]
    survivors: list[tuple[str, str, str, str]]
    command: str

    @property
    def summary(self) -> str:
        """One sentence with the counts."""
        killed = sum(module.killed for module in self.modules.values())
        survived = len(self.survivors)
        count = killed + survived
        waiting = sum(module.waiting for module in self.modules.values())
        left = f", {waiting} not tried" if waiting else ""
        return f"{count:,} mutants: {killed / count:.1%} killed, {survived} survived{left}"


def shipped_mutants(path: Path | str | None = None) -> Mutants:
    """Return the results that the course ships.

    Raises:
        FileNotFoundError: The file is missing.
    """
    path = Path(path) if path else data_file(SHIPPED)
    content = json.loads(path.read_text(encoding="utf-8"))
    modules = {name: Module(**counts) for name, counts in content["modules"].items()}
    return Mutants(modules, [tuple(row) for row in content["survivors"]], content["command"])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `labs mutate`."""
    parser.add_argument("code", nargs="*", metavar="FILE", help="what to mutate, patterns allowed")
    parser.add_argument("--tests", nargs="+", metavar="FILE", help="tests that should notice")
    parser.add_argument("--children", type=int, default=1, help="mutants at a time")
    parser.add_argument(
        "--python", type=Path, metavar="FILE", help="a Python that has the tools already"
    )
    parser.add_argument(
        "--pack", action="store_true", help=f"write data/{SHIPPED} from the last run"
    )


def run(arguments: argparse.Namespace) -> int:
    """Mutate and test, or pack; return 1 if the tests fail on the code as it is."""
    root = checkout()
    if root is None:
        raise CourseError("Mutants need the tests, which an installed package lacks: use a clone.")
    folder = my_directory() / "mutation"
    if not arguments.pack:
        code, tests = arguments.code or list(CODE), arguments.tests or list(TESTS)
        python = arguments.python or make_environment(folder / "env")
        prepare(root, folder / "work", code, tests)
        status = mutate(python, folder / "work", arguments.children)
        if status:
            return 1
    found = collect(folder / "work")
    print(found.summary)
    for name, module in found.modules.items():
        print(f"  {name}: {module.killed} killed, {module.survived} survived")
    if arguments.pack:
        write_atomically(root / "data" / SHIPPED, as_json(found))
        print(f"written to data/{SHIPPED}")
    else:
        for function, was, became, verdict in found.survivors:
            print(f"{function} ({verdict})\n  - {was}\n  + {became}")
    return 0


def make_environment(folder: Path) -> Path:
    """Return the Python of an environment with the tools, making it if needed."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        print(f"Making an environment for {', '.join(TOOLS)} in {folder}")
        if shutil.which("uv"):
            words = ["uv", "venv", "-q", "--python", sys.executable, str(folder)]
            install = ["uv", "pip", "install", "-q", "--python", str(python), *TOOLS]
        else:
            words = [sys.executable, "-m", "venv", str(folder)]
            install = [str(python), "-m", "pip", "install", "-q", *TOOLS]
        for command in (words, install):
            subprocess.run(command, check=True)
    return python


def prepare(root: Path, work: Path, code: list[str], tests: list[str]) -> None:
    """Copy what the tool needs, and nothing it could damage.

    Raises:
        CourseError: A pattern or a test file matches nothing.
    """
    for name in (*code, *tests):
        if not list(root.glob(name)):
            raise CourseError(f"No file matches {name!r}; give paths from the repository's root.")
    ignored = shutil.ignore_patterns("__pycache__", "catalogue", "fixtures", "*.ipynb")
    shutil.copytree(root / "shared", work / "shared", ignore=ignored, dirs_exist_ok=True)
    for path in (work / "shared/tests").glob("*.py"):
        if not any(path.name == Path(name).name for name in (*tests, "__init__.py")):
            path.unlink()
    lists = {
        "source_paths": ["shared"],
        "only_mutate": code,
        "also_copy": ["shared"],
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
    }
    lines = ["[project]", 'name = "mutants"', 'version = "0"', "[tool.mutmut]"]
    lines += [f"{key} = {json.dumps(values)}" for key, values in lists.items()]
    write_atomically(work / "pyproject.toml", "\n".join(lines) + "\n")


def mutate(python: Path, work: Path, children: int) -> int:
    """Run the tool; return its exit status."""
    words = [str(python), "-m", "mutmut", "run", "--max-children", str(children)]
    if shutil.which("nice"):
        words = ["nice", "-n", "5", *words]
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, "1")
    return subprocess.run(words, cwd=work, env=environment, check=False).returncode


def collect(work: Path) -> Mutants:
    """Read the results and the changes of the survivors.

    Raises:
        CourseError: There are none.
    """
    modules: dict[str, Module] = {}
    survivors: list[tuple[str, str, str, str]] = []
    for path in sorted((work / "mutants").rglob("*.py.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        done = {name: code for name, code in codes.items() if code is not None}
        if not done:
            continue
        counts = Counter(_OUTCOMES.get(code, "killed") for code in done.values())
        name = next(iter(done)).rpartition(".")[0]
        waiting = len(codes) - len(done)
        modules[name] = Module(counts["killed"], counts["survived"], waiting)
        source = path.with_suffix("").read_text(encoding="utf-8")
        functions = {
            node.name: node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef)
        }
        for key in (key for key, code in done.items() if _OUTCOMES.get(code) == "survived"):
            survivors.append(_change(key, functions))
    if not modules:
        raise CourseError(f"There are no results under {work}; run `labs mutate` first.")
    return Mutants(modules, survivors, "labs mutate")


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


def as_json(found: Mutants) -> str:
    """Return results as text, a survivor a line."""
    modules = {name: vars(module) for name, module in found.modules.items()}
    rows = ",\n".join(f"  {json.dumps(row)}" for row in found.survivors)
    return (
        f'{{"command": {json.dumps(found.command)},\n "modules": {json.dumps(modules)},\n'
        f' "survivors": [\n{rows}\n ]}}\n'
    )
