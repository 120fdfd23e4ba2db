"""Reading pages: bytes of any Arabic article page to the article that its outlet published."""

from crawler.reading.article import Reading, Unreadable, learn_from, read, read_page
from crawler.reading.live import Update
from crawler.reading.pool import ReadingPool
from crawler.reading.profile import Profile
from crawler.reading.reader import Reader
from crawler.reading.standing import Standing

__all__ = [
    "Profile",
    "Reader",
    "Reading",
    "ReadingPool",
    "Standing",
    "Unreadable",
    "Update",
    "learn_from",
    "read",
    "read_page",
]
