"""Tell what stands where news should be: a consent page, a bot check, a parked domain, a page that is gone."""

from functools import cache
from importlib.resources import files

import yaml
from selectolax.lexbor import LexborHTMLParser

LOOKED_AT = 60_000  # characters of markup; walls are small, and a newspaper is not looked at further
TEXT = 3_000  # characters of visible text


def wall_of(title: str, text: str) -> str:
    """Name the wall that a page is: a key of ``walls.yaml``, or nothing.

    Ask only of a page that held no news: the phrases may stand in any newspaper.

    Args:
        title: of the page.
        text: that a reader sees.
    """
    for words in (title, text[:TEXT]):
        flat = " ".join(words.lower().split())
        for kind, phrases in _walls().items():
            if any(phrase in flat for phrase in phrases):
                return kind
    return ""


def wall_in(markup: str) -> str:
    """Name the wall that a page of markup is, or nothing."""
    page = LexborHTMLParser(markup[:LOOKED_AT])
    title = page.css_first("title")
    for node in page.css("script, style, noscript, template"):
        node.decompose()
    return wall_of(title.text() if title else "", page.body.text(separator=" ") if page.body else "")


@cache
def _walls() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load(files("crawler").joinpath("walls.yaml").read_text("utf-8"))
    return loaded
