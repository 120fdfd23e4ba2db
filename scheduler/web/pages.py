"""Pages as text: words of a language, a template, and one style that its own hash allows."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cattrs
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

STYLE = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

# Nothing is loaded, run or framed: a page is its text, one style, and forms that lead back here.
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class PageWords:
    """What the pages say in one language."""

    rtl: bool
    other: str
    name: str
    about: str
    sign_up: str
    address: str
    when: str
    cadences: Mapping[str, str]
    topics: str
    all_topics: str
    timezone: str
    send: str
    privacy: str
    bad_address: str
    busy_title: str
    busy: str
    asked_title: str
    asked: str
    confirm_title: str
    confirm: str
    confirm_button: str
    confirmed_title: str
    confirmed: str
    unsubscribe_title: str
    unsubscribe: str
    unsubscribe_button: str
    unsubscribed_title: str
    unsubscribed: str
    missing_title: str
    missing: str
    settings_title: str
    every: Mapping[str, str]  # how often a topic is told, by cadence
    not_wanted: str
    no_topic: str
    level: str
    levels: Mapping[str, str]
    digest: str
    hour: str
    days: str
    first_day: str
    no_day: str
    picture: str
    pause: str
    no_pause: str
    paused: str
    paused_until: str
    save: str
    saved: str


@cache
def words(language: str) -> PageWords:
    """The words of a language."""
    text = files(__package__).joinpath("words.yaml").read_text(encoding="utf-8")
    read = cattrs.Converter(forbid_extra_keys=True).structure(yaml.safe_load(text), dict[str, PageWords])
    return read[language]


def page(language: str, title: str, text: str = "", template: str = "page.html", **more: Any) -> str:  # noqa: ANN401 (for the template)
    """A whole page."""
    return (
        _templates()
        .get_template(template)
        .render(
            lang=language,
            other="en" if language == "ar" else "ar",
            words=words(language),
            style=Markup(STYLE),  # noqa: S704 (our own file)
            title=title,
            text=text,
            **more,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
