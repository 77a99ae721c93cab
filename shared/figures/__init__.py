"""Pictures for notebooks: one readable call a plot, each with a text that replaces it."""

from shared.figures.images import (
    contact_sheet,
    plot_emissions,
    show_boxes,
    show_characters,
    show_lines,
)
from shared.figures.modules import module_map, shared_imports
from shared.figures.pages import show_page, show_pages
from shared.figures.picture import OKABE_ITO, Picture, draw
from shared.figures.plots import plot_bars, plot_confusion, plot_curves
from shared.figures.tables import Table

__all__ = [
    "OKABE_ITO",
    "Picture",
    "Table",
    "contact_sheet",
    "draw",
    "module_map",
    "plot_bars",
    "plot_confusion",
    "plot_curves",
    "plot_emissions",
    "shared_imports",
    "show_boxes",
    "show_characters",
    "show_lines",
    "show_page",
    "show_pages",
]
