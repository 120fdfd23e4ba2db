"""The registry: which outlets are watched, one YAML file each."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.nouns import Outlet
from crawler.strict import StrictError, read_yaml, structure
from crawler.urls import is_web

FOLDER = Path(__file__).parent / "outlets"
TIERS = (1, 2, 3)
LONGEST_ID = 24  # characters: it stands in buttons, which carry 64 bytes (tests/alerts/bot/test_codec.py)


def load_outlets(folder: Path = FOLDER) -> tuple[Outlet, ...]:
    """Return every outlet in ``folder``, by id; raises StrictError naming file and key."""
    if not folder.is_dir():
        raise StrictError(f"{folder}: no such folder of outlets; set MARSAD_OUTLETS to one")
    outlets = [load_outlet(path) for path in sorted(folder.glob("*.yaml"))]
    _refuse_doubles(outlets, folder)
    return tuple(outlets)


def load_outlet(path: Path) -> Outlet:
    """Return the outlet in one file, whose name is its id; raises StrictError naming file and key."""
    outlet = structure(read_yaml(path), Outlet, str(path))
    for problem in problems(outlet):
        raise StrictError(f"{path}: {problem}")
    if outlet.id != path.stem:
        raise StrictError(f"{path}: the id {outlet.id!r} must be the file's name, {path.stem!r}")
    return outlet


def problems(outlet: Outlet) -> Iterable[str]:
    """Yield what no type can say of an outlet, each as a line that names the key."""
    if not re.fullmatch(rf"[a-z0-9_]{{2,{LONGEST_ID}}}", outlet.id):
        yield f"id {outlet.id!r} must be 2 to {LONGEST_ID} of a-z, 0-9 and _"
    if not re.fullmatch(r"[A-Z]{2}", outlet.country):
        yield f"country {outlet.country!r} must be two capital letters (ISO 3166-1)"
    try:
        ZoneInfo(outlet.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is no zone
        yield f"timezone {outlet.timezone!r} is not an IANA name such as Africa/Cairo"
    if outlet.tier not in TIERS:
        yield f"tier {outlet.tier} must be 1, 2 or 3"
    if not 0 <= outlet.delay <= 60:
        yield f"delay {outlet.delay} must be 0 to 60 seconds"
    for url in (outlet.home, *(source.url for source in outlet.sources)):
        if not is_web(url):
            yield f"{url!r} must be an http or https address without a user name"
    for source in outlet.sources:
        try:
            re.compile(source.article_pattern)
        except re.error as error:
            yield f"article_pattern {source.article_pattern!r} is not a regular expression ({error})"
    yield from _wrong_selectors(outlet)


def _wrong_selectors(outlet: Outlet) -> Iterable[str]:
    page = LexborHTMLParser("<html></html>")
    for name, selector in asdict(outlet.selectors).items():
        try:
            page.css_first(selector or "html")
        except SelectolaxError:
            yield f"selectors.{name} {selector!r} is not a CSS selector"


def _refuse_doubles(outlets: Iterable[Outlet], folder: Path) -> None:
    owners: dict[str, str] = {}
    for outlet in outlets:
        for source in outlet.sources:
            owner = owners.setdefault(source.url, outlet.id)
            if owner != outlet.id:
                raise StrictError(
                    f"{folder}: {source.url} is a source of both {owner} and {outlet.id}; keep one"
                )
