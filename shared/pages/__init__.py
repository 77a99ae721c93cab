"""Pages of handwriting, with the baseline, box and ink of every line.

`texts` chooses what stands on a page, `layout` where, `camera` how it is seen, `paper` how it
looks; `writing` puts them together, `composing` makes many, `frozen` holds the test pages.
"""

from shared.pages.composing import compose_pages
from shared.pages.frozen import frozen_pages
from shared.pages.layout import GRADES
from shared.pages.page import Page, PageLine
from shared.pages.writing import write_page

__all__ = ["GRADES", "Page", "PageLine", "compose_pages", "frozen_pages", "write_page"]
