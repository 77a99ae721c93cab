"""How the rooms of `shared` stand on each other, read from the import statements themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1]

#: From the ground up: a room imports rooms before it, never one behind it. What a lab teaches comes
#: first; checks judge all of it, exercises are judged by checks, and the command `labs` drives all.
ROOMS = (
    "flat",  # The files directly in `shared`: what every lab stands on
    "pages",
    "handwriting",
    "explorer",
    "experiments",
    "labeling",
    "service",
    "checks",
    "grading",
    "exercises",
    "course",
)


def modules() -> dict[str, Path]:
    """Return the modules of the package by their names, the tests left out."""
    found = {}
    for path in SHARED.rglob("*.py"):
        parts = ["shared", *path.relative_to(SHARED).with_suffix("").parts]
        if "tests" not in parts:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def room_of(module: str) -> str:
    """Return the room of a module; folders that are no room belong to the flat module."""
    names = module.split(".")[1:]
    return names[0] if names and names[0] in ROOMS else "flat"


def imports_of(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield what a module imports, in functions too, and the line; not what only types need."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield (name if name in MODULES else node.module), node.lineno
        yield from imports_of(node)


ARROWS = {
    module: [
        (other, line)
        for other, line in imports_of(ast.parse(path.read_text(encoding="utf-8")))
        if other in MODULES and other != module
    ]
    for module, path in MODULES.items()
}


def circle_through(start: str) -> list[str]:
    """Return a way along imports from a module back to itself, empty where there is none."""
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop()
        for other, _ in ARROWS[way[-1]]:
            if other == start:
                return [*way, start]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def test_no_module_imports_itself_by_way_of_others():
    assert [circle for circle in map(circle_through, sorted(MODULES)) if circle] == []


def test_no_room_imports_a_room_above_it():
    upward = [
        f"{module}:{line} imports {other}"
        for module, arrows in ARROWS.items()
        for other, line in arrows
        if ROOMS.index(room_of(other)) > ROOMS.index(room_of(module))
    ]
    assert upward == []


def test_the_arrows_that_must_be_there_are_found():
    assert "shared.backend" in [other for other, _ in ARROWS["shared.networks"]], "in a function"
    assert "shared.pages.line" in [other for other, _ in ARROWS["shared.pages.detector"]]
    lazily = ast.parse(
        "def f():\n    import shared.paths\nif TYPE_CHECKING:\n    import shared.ctc"
    )
    assert list(imports_of(lazily)) == [("shared.paths", 2)]


@pytest.mark.parametrize("room", ["pages", "explorer", "labeling"])
def test_a_room_has_every_name_of_its_face_and_loads_them_late(room):
    code = (
        f"import sys, shared.{room} as room; early = set(sys.modules); "
        "[getattr(room, name) for name in room.__all__]; "
        "sys.exit(len({'numpy', 'cv2'} & early | {'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
