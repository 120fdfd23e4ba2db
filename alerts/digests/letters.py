"""A page as a mail: HTML that survives the loss of its style sheet, and text written for reading. Pure."""

from dataclasses import replace
from functools import cache

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alerts.digests.pages import Group, Item, Page, Section
from alerts.digests.wording import digest_words
from alerts.messages import Attachment, Letter, Picture
from alerts.messages.cleaning import holds_rtl, readable
from alerts.messages.letter import SETTINGS, UNSUBSCRIBE
from alerts.messages.words import speech

SIZE = 90_000  # bytes of HTML; clients cut a mail off at about 102 kB
TREND_CID = "trend.marsad"
# How many stories are told in full, and how many at all; the first pair that fits. The rest is attached.
CAPS = ((30, 60), (30, 30), (20, 20), (10, 10), (5, 5), (1, 1))
_STYLE = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def letter(
    page: Page,
    *,
    digits: str = "latn",
    trend: bytes = b"",
    most: int = 30,
) -> Letter:
    """The mail that shows ``page``.

    Args:
        page: what it says.
        digits: of the reader.
        trend: the picture that ``page.trend_alt`` describes, a PNG; without it none is shown.
        most: stories told in full at most, for a mail that proved too large.
    """
    page = page if trend else replace(page, trend_alt="")
    for full, listed in CAPS:
        shown, rest = capped(page, min(full, most), min(listed, 2 * most))
        html = _html(shown, _rest(page, len(rest), digits))
        if len(html.encode()) <= SIZE:
            break
    return Letter(
        subject=page.subject,
        html=html,
        text=_render("letter.txt", shown, _rest(page, len(rest), digits)),
        language=page.language,
        pictures=(Picture(TREND_CID, trend, page.trend_alt),) if trend else (),
        attachments=(_attached(page, rest),) if rest else (),
    )


def capped(page: Page, full: int, listed: int) -> tuple[Page, tuple[Item, ...]]:
    """``page`` with its first ``full`` stories as they are and the next by title up to ``listed``; and the rest."""
    items = page.items
    kept = {id(item): item if n < full else _bare(item) for n, item in enumerate(items[:listed])}
    sections = [replace(section, groups=_kept(section, kept)) for section in page.sections]
    return replace(page, sections=tuple(section for section in sections if section.groups)), items[listed:]


def _bare(item: Item) -> Item:
    return replace(item, evidence=(), notes=())


def _kept(section: Section, kept: dict[int, Item]) -> tuple[Group, ...]:
    groups = [
        replace(group, items=tuple(kept[id(item)] for item in group.items if id(item) in kept))
        for group in section.groups
    ]
    return tuple(group for group in groups if group.items)


def _rest(page: Page, n: int, digits: str) -> str:
    return speech(page.language, "UTC", digits).count(digest_words(page.language).rest, n) if n else ""


def _attached(page: Page, rest: tuple[Item, ...]) -> Attachment:
    words = digest_words(page.language)
    told = [
        f"{''.join(run.text for run in item.title)}\n{item.told_by(rtl=page.rtl)}\n{readable(item.url)}\n"
        for item in rest
    ]
    return Attachment(words.rest_name, f"{words.rest_title}: {page.date}\n\n" + "\n".join(told))


def _html(page: Page, rest: str) -> str:
    return _STYLE.inline(_render("letter.html", page, rest))


def _render(template: str, page: Page, rest: str) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            page=page,
            words=digest_words(page.language),
            readable=readable,
            holds_rtl=holds_rtl,
            rest=rest,
            settings=SETTINGS,
            unsubscribe=UNSUBSCRIBE,
            cid=TREND_CID,
            dir="rtl" if page.rtl else "ltr",
            side="right" if page.rtl else "left",
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("alerts.digests"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
