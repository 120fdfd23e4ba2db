"""A small newsroom of invented Arabic outlets on 127.0.0.0/8: what `make demo` watches and tests misuse."""

from crawler.newsroom.nouns import Dialect, Draft, Masthead, Piece
from crawler.newsroom.server import Newsroom, Seen

__all__ = ["Dialect", "Draft", "Masthead", "Newsroom", "Piece", "Seen"]
