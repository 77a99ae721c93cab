"""Compare runs: choose two, see their curves, what was set differently and what was read anew.

The picture of the best run beside the worst is there without anybody choosing; in a live
notebook two lists choose, and every curve says its name under the pointer.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from shared.experiments.tracking import (
    RunRecord,
    compare_two,
    differing_settings,
    ranked,
    run_label,
)
from shared.explorer.browsing import _LIVE, failed, live
from shared.explorer.explorer import is_static
from shared.picture import OKABE_ITO, Picture, number

WIDTH, HEIGHT, MARGIN = 640, 220, 40
_STYLE = (
    "<style>.hw-run{fill:none;stroke-width:2;opacity:.55}"
    ".hw-run:hover,.hw-run:focus{stroke-width:5;opacity:1;outline:none}</style>"
)


class RunBrowser:
    """Two lists of runs and what they show; made by `compare_runs`.

    Attributes:
        runs: The runs, best first.
        labels: What tells them apart, in the same order.
        chosen: Positions of the two runs on display.
        shown: Their picture.
        controls: The two lists, once displayed where somebody can choose.
    """

    def __init__(self, runs: Sequence[RunRecord], metric: str, larger: bool, table: str) -> None:
        if len(runs) < 2:
            raise ValueError(f"Comparing needs two runs at least; {len(runs)} were given.")
        self.runs = ranked(runs, metric, larger)
        settings = differing_settings(self.runs)
        self.labels = [f"{k + 1}: {run_label(r, settings)}" for k, r in enumerate(self.runs)]
        self.metric, self._table = metric, table
        self.controls: tuple[Any, ...] = ()
        # Two pairs are drawn, so that a fault in the drawing stops a run without hands
        self.show(len(runs) - 1, 0)
        self.shown = self.show(0, len(runs) - 1)

    def show(self, first: int, second: int) -> Picture:
        """Draw the comparison of two runs by position."""
        self.chosen = first, second
        a, b = self.runs[first], self.runs[second]
        self.shown = compare_two(a, b, self.metric, self._table)
        return self.shown

    def curves(self) -> str:
        """Return all curves as SVG; each names its run, under the pointer and by keyboard."""
        drawn = [(k, run.curves[self.metric]) for k, run in enumerate(self.runs)
                 if self.metric in run.curves]  # fmt: skip
        xs = [x for _, (steps, _) in drawn for x in steps] or [0]
        ys = [y for _, (_, values) in drawn for y in values if y == y] or [0]
        across = (WIDTH - 2 * MARGIN) / (max(xs) - min(xs) or 1)
        up = (HEIGHT - 2 * MARGIN) / (max(ys) - min(ys) or 1)
        parts = [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" '
            f'aria-label="Curves of {escape(self.metric)} for {len(drawn)} runs">{_STYLE}',
            f'<text x="4" y="16" font-size="12">{escape(self.metric)}, from {number(min(ys))} to '
            f"{number(max(ys))}; point at a curve for its name</text>",
        ]
        for k, (steps, values) in drawn:
            points = " ".join(
                f"{MARGIN + (x - min(xs)) * across:.1f},{HEIGHT - MARGIN - (y - min(ys)) * up:.1f}"
                for x, y in zip(steps, values, strict=True) if y == y
            )  # fmt: skip
            said = f"{self.labels[k]}, {self.metric} {number(values[-1])}"
            dash = "" if k % 2 == 0 else ' stroke-dasharray="7 4"'
            parts.append(
                f'<polyline class="hw-run" tabindex="0" points="{points}"{dash} '
                f'stroke="{OKABE_ITO[1 + k % 6]}"><title>{escape(said)}</title></polyline>'
            )
        return "".join([*parts, "</svg>"])

    def widget(self) -> Any:
        """Return lists, curves and picture as one ipywidget, for versions 7 and 8."""
        import ipywidgets as widgets

        options = [(label, position) for position, label in enumerate(self.labels)]
        self.controls = tuple(
            widgets.Dropdown(
                options=options, value=position, description=f"Run {name}", layout={"width": "95%"}
            )
            for name, position in zip("AB", self.chosen, strict=True)
        )
        picture = widgets.HTML(live(self.shown))

        def choose(_: Any) -> None:
            try:
                picture.value = live(self.show(*(control.value for control in self.controls)))
            except Exception as error:
                picture.value = failed(error)
                raise  # ipywidgets prints the traceback under the cell

        for control in self.controls:
            control.observe(choose, "value")
        box = widgets.VBox([*self.controls, widgets.HTML(self.curves()), picture])
        box.add_class(_LIVE)
        return box

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.shown)
        if not is_static():
            display(self.widget())


def compare_runs(
    runs: Sequence[RunRecord], metric: str, larger: bool = True, table: str = "validation"
) -> RunBrowser:
    """Show the best run beside the worst, and two lists that choose others.

    Args:
        runs: Two runs or more.
        metric: Whose curves are drawn, and by whose last value the runs are ordered.
        larger: Whether larger is better there.
        table: The predictions that are compared one by one.
    """
    return RunBrowser(runs, metric, larger, table)
