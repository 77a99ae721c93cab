"""The live explorer in a notebook, with ipywidgets 7 and 8, through anywidget."""

from __future__ import annotations

import anywidget
import traitlets

from shared.explorer.live import SCRIPTS, line_data, read_front, style


class ExplorerWidget(anywidget.AnyWidget):
    """The live view of one `Explorer`.

    Attributes:
        line: what `line_data` returned, sent once; nothing is computed in the kernel after that.
    """

    _esm = read_front(*SCRIPTS, "widget.js")
    _css = style()
    line = traitlets.Unicode("{}").tag(sync=True)

    def __init__(self, explorer) -> None:
        super().__init__(line=line_data(explorer))
