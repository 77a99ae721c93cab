"""A picture of which test catches which bug."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.checks.planted.bugs import BUGS
from shared.checks.planted.scoring import SuiteScore

if TYPE_CHECKING:
    from shared.figures import Picture


def show_caught(score: SuiteScore) -> Picture:
    """Draw tests by bugs: a filled square where a test turned red, areas side by side."""
    from shared import figures

    names = list(score.by_test)
    areas = list(dict.fromkeys(bug.area for bug in BUGS))
    colors = dict(zip(areas, figures.OKABE_ITO[1:], strict=False))

    def paint(figure: Any) -> str:
        axes = figure.subplots()
        for row, name in enumerate(names):
            for column, bug in enumerate(BUGS):
                hit = bug.name in score.by_test[name]
                axes.scatter(
                    column, row, marker="s", s=110,
                    facecolors=colors[bug.area] if hit else "none", edgecolors="#999999",
                    linewidths=0.6,
                )  # fmt: skip
        for area in areas:
            columns = [k for k, bug in enumerate(BUGS) if bug.area == area]
            axes.axvline(columns[-1] + 0.5, color="#999999", lw=0.6)
            middle = (columns[0] + columns[-1]) / 2
            axes.text(middle, -0.75, area, ha="center", va="bottom", color=colors[area])
        axes.set_xticks(range(len(BUGS)), [bug.name for bug in BUGS], rotation=90, fontsize=8)
        axes.set_yticks(range(len(names)), names)
        axes.set(xlim=(-0.7, len(BUGS) - 0.4), ylim=(len(names) - 0.4, -1.4))
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        caught = "; ".join(
            f"{name}: {', '.join(found) or 'none'}" for name, found in score.by_test.items()
        )
        return f"Tests and the planted bugs that they catch, of {len(BUGS)}. {caught}."

    return figures.draw(paint, 2.2 + 0.3 * len(names))
