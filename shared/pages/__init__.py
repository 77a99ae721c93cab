"""Pages of handwriting, with the baseline, box and ink of every line.

The way of a page: `plan` decides on paper and pitch, `texts` on what stands there, `script` has it
written, `layout` places it, `camera` and `paper` decide how it is seen, `photograph` shows it.
`writing` goes that way once, `composing` many times, and `frozen` holds the test pages.
"""

from shared.pages.composing import compose_pages
from shared.pages.frozen import frozen_pages
from shared.pages.page import Page, PageLine
from shared.pages.plan import GRADES
from shared.pages.writing import write_page

__all__ = ["GRADES", "Page", "PageLine", "compose_pages", "frozen_pages", "write_page"]
