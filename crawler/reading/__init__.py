"""Reading pages: bytes of any Arabic article page to the article that its outlet published."""

from crawler.reading.article import Reading, Unreadable, read, read_page
from crawler.reading.live import Update
from crawler.reading.pool import ReadingPool

__all__ = ["Reading", "ReadingPool", "Unreadable", "Update", "read", "read_page"]
