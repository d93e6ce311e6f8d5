"""Lists of what a key may see: a page at a time, filtered and in order."""

from attune.service.listing.page import MOST_A_PAGE, Page, cut, select_page

__all__ = ["MOST_A_PAGE", "Page", "cut", "select_page"]
