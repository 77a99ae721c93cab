"""`label_pages`: a picture of the page and its labels, and where somebody is there, the widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.explorer.explorer import is_static
from shared.labeling.proposing import propose
from shared.labeling.records import LabelSet
from shared.labeling.widget.editing import EditError
from shared.labeling.widget.pictures import draw_labels
from shared.labeling.widget.session import LabelSession, progress_text

if TYPE_CHECKING:
    from shared.figures import Picture
    from shared.pages import PageReader


class Labeler:
    """One label file on display; made by `label_pages`.

    Attributes:
        session: Does and keeps what a person does.
        index: Number of the page that is shown first.
    """

    def __init__(self, session: LabelSession, index: int = 0) -> None:
        self.session = session
        self.index = index

    @property
    def labels(self) -> LabelSet:
        """The labels as they are now, what other widgets did included."""
        self.session.refresh()
        return self.session.labels

    def progress(self) -> str:
        """Return progress in words, such as "7 of 12 lines, 2 pages open"."""
        return progress_text(self.session.progress())

    def picture(self) -> Picture:
        """Draw the page that is shown first, with its boxes and texts."""
        from shared.pages.image_files import open_page_image

        page = self.session.labels.pages[self.index]
        image = open_page_image(self.session.path.parent / page.image)
        return draw_labels(image, page, f"{page.image}: {self.progress()}")

    def widget(self) -> Any:
        """Return the live widget."""
        from shared.labeling.widget.live import LabelWidget

        return LabelWidget(self.session, self.index)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.picture())
        if not is_static():
            display(self.widget())


def label_pages(
    label_file: Path | str,
    reader: PageReader | None = None,
    annotator: str = "you",
    page: int | None = None,
) -> Labeler:
    """Label the pages of a label file, by hand and in this notebook.

    Every action is in the file, on the disk, before the widget says "saved". Two widgets on one
    file add up, and neither undoes what the other did.
    Undo reaches back to the opening of the widget, and keeps the reader's proposals.

    While the kernel is busy or gone, actions are kept in the browser's local storage, which the
    widget says; they are sent when the kernel answers, or when the cell is run again in the same
    browser after a restart. On Colab each output is a page of its own, so that what was not yet
    saved when the tab was closed may be lost there.

    Args:
        label_file: The file; its pages' images are beside or below it.
        reader: Fills in pages that have no line yet; what it says is a proposal.
        annotator: Whose name the labels get.
        page: Number of the page to begin with, from 0; by default the first open one.

    Raises:
        FileNotFoundError: There is no such file.
        LabelError: It cannot be read.
        EditError: It has no page, or not the one asked for.

    Example:
        >>> labeler = label_pages("my/labels/labels.json", PageReader.load())  # doctest: +SKIP
        >>> labeler  # Shows the picture, and the widget  # doctest: +SKIP
    """
    session = LabelSession(label_file, annotator)
    pages = session.labels.pages
    if not pages:
        raise EditError(
            f"{label_file} has no page; add one with shared.labeling.page_of, or load a folder of "
            "photographs."
        )
    if page is not None and not 0 <= page < len(pages):
        raise EditError(f"There is no page {page}; the pages go from 0 to {len(pages) - 1}.")
    for one in pages if reader else ():
        if one.status == "open" and not one.lines:
            session.fill(propose(one, session.path.parent, reader))
    waiting = [k for k, one in enumerate(pages) if one.status == "open"]
    return Labeler(session, page if page is not None else next(iter(waiting), 0))
