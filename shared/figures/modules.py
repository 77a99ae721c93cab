"""The map of the module, drawn from its real imports."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shared.figures.picture import OKABE_ITO, Picture, draw

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[1]
CORE = (
    "paths",
    "backend",
    "alphabet",
    "pen",
    "emnist",
    "lines",
    "pages",
    "networks",
    "losses",
    "training",
    "ctc",
    "recognizer",
    "metrics",
    "figures",
)


def shared_imports(modules: Sequence[str] = CORE, root: Path = ROOT) -> dict[str, list[str]]:
    """Return for each module which of the others its files import, anywhere in them."""
    found = {}
    for module in modules:
        folder = root / module
        files = sorted(folder.glob("*.py")) if folder.is_dir() else [root / f"{module}.py"]
        names: set[str] = set()
        for file in files:
            if file.is_file():
                names |= _imported(ast.parse(file.read_text(encoding="utf-8")))
        found[module] = [name for name in modules if name in names and name != module]
    return found


def _imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            parts = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "shared":
            parts = [["shared", alias.name] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = [(node.module or "").split(".")]
        else:
            continue
        names |= {part[1] for part in parts if part[0] == "shared" and len(part) > 1}
    return names


def _levels(imports: dict[str, list[str]]) -> dict[str, int]:
    levels: dict[str, int] = {}

    def level(name: str, above: tuple[str, ...] = ()) -> int:
        if name in above:  # A circle of imports: draw it rather than fail
            return 0
        if name not in levels:
            needs = [level(other, (*above, name)) for other in imports[name]]
            levels[name] = 1 + max(needs, default=-1)
        return levels[name]

    for name in imports:
        level(name)
    return levels


def module_map(modules: Sequence[str] = CORE, root: Path = ROOT) -> Picture:
    """Draw which module imports which: what lies higher is built from what lies lower."""
    imports = shared_imports(modules, root)
    levels = _levels(imports)
    rows = [[n for n in imports if levels[n] == row] for row in range(max(levels.values()) + 1)]
    place = {
        name: ((index + 1) / (len(row) + 1), height)
        for height, row in enumerate(rows)
        for index, name in enumerate(row)
    }

    def paint(figure: Figure) -> str:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set(xlim=(0, 1), ylim=(-0.6, len(rows) - 0.4))
        for row, (name, needs) in enumerate(imports.items()):
            for other in needs:
                axes.annotate(
                    "",
                    place[other],
                    place[name],
                    zorder=1,
                    arrowprops={
                        "arrowstyle": "->",
                        "color": OKABE_ITO[1 + row % 6],
                        "lw": 1.1,
                        "alpha": 0.6,
                        "shrinkA": 12,
                        "shrinkB": 12,
                        "connectionstyle": "arc3,rad=0.08",
                    },
                )
        for name, (across, up) in place.items():
            box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": OKABE_ITO[0]}
            axes.text(across, up, name, ha="center", va="center", bbox=box, zorder=2)
        said = [
            f"{name} imports {', '.join(needs)}" if needs else f"{name} imports none of them"
            for name, needs in imports.items()
        ]
        return f"Map of {len(imports)} modules, an arrow for each import. {'; '.join(said)}."

    return draw(paint, 0.4 + 0.95 * len(rows))
