"""The labeling widget: draw boxes, type texts, and lose nothing.

`editing` says what an action does, and `session` keeps it in the label file and takes it back;
`live` and `front/` show it in a browser, `pictures` without one.
"""

from shared.labeling.widget.editing import EditError, apply
from shared.labeling.widget.labeler import Labeler, label_pages
from shared.labeling.widget.pictures import draw_labels
from shared.labeling.widget.session import LabelSession, progress_text

__all__ = [
    "EditError",
    "LabelSession",
    "Labeler",
    "apply",
    "draw_labels",
    "label_pages",
    "progress_text",
]
