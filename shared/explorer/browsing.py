"""Turn pages of pictures with a slider or a list; the first picture is there without either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from shared.explorer.explorer import is_static

if TYPE_CHECKING:
    from shared.figures import Picture

_LIVE = "handwriting-browse"
# Lives inside the widget, so that the still picture goes away only where the widget is alive
_HIDE_TWIN = (
    f"<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child .{_LIVE}) {{display: none}}</style>"
)


def live(picture: Picture) -> str:
    """Return a picture for a widget, read out when it changes."""
    return f'{_HIDE_TWIN}<div aria-live="polite">{picture.html}</div>'


def failed(error: Exception) -> str:
    """Return what stands in place of a picture that could not be drawn."""
    text = escape(f"{type(error).__name__}: {error}")
    return f'{_HIDE_TWIN}<p role="alert">This picture failed. {text}</p>'


class Browser:
    """Show `draw(values[start])`, and a control that shows the others.

    Attributes:
        names: What the control offers.
        shown: The picture on display.
        control: The ipywidgets control, once displayed where somebody can move it.
    """

    def __init__(
        self, draw: Callable[[Any], Picture], values: Sequence[Any], label: str, start: int = 0
    ) -> None:
        """Draw the first picture.

        Args:
            draw: Returns a picture of a value; what it raises is shown, never swallowed.
            values: What to choose from, in order.
            label: Name of the control, such as "window width in pixels".
            start: Position of the value that is shown first.

        Raises:
            ValueError: There are no values.
        """
        self.values = list(values)
        if not self.values:
            raise ValueError(f"There is nothing to browse: the list for {label!r} is empty.")
        self.names = [str(value) for value in self.values]
        self.label = label
        self.control: Any = None
        self._draw = draw
        # The last one is drawn as well: a fault in the callback then stops a run without hands
        draw(self.values[-1])
        self.start = start
        self.shown = draw(self.values[start])

    def show(self, position: int) -> Picture:
        """Draw the picture at a position."""
        self.shown = self._draw(self.values[position])
        return self.shown

    def widget(self) -> Any:
        """Return control and picture as one ipywidget, for versions 7 and 8."""
        import ipywidgets as widgets

        options = [(name, position) for position, name in enumerate(self.names)]
        wide = {"style": {"description_width": "initial"}, "layout": {"width": "95%"}}
        self.control = widgets.SelectionSlider(
            options=options,
            value=self.start,
            description=self.label,
            continuous_update=False,
            **wide,
        )
        picture = widgets.HTML(live(self.shown))

        def turn(change: dict[str, Any]) -> None:
            try:
                picture.value = live(self.show(change["new"]))
            except Exception as error:
                picture.value = failed(error)
                raise  # ipywidgets prints the traceback under the cell

        self.control.observe(turn, "value")
        box = widgets.VBox([self.control, picture])
        box.add_class(_LIVE)
        return box

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.shown)
        if not is_static():
            display(self.widget())


browse = Browser  # A cell says what it does: `browse(draw, values, "Page")`
