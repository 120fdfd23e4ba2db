"""A page as one message of a chat: few stories, each a line or two, and the way to the rest. Pure."""

from dataclasses import replace

from alerts.digests.pages import Item, Page
from alerts.digests.wording import digest_words
from alerts.messages.cleaning import RLM, holds_rtl, starts_rtl
from alerts.messages.evidence import shortened
from alerts.messages.message import Line, LineKind, Message, Run, cut
from alerts.messages.words import speech

STORIES = 8
TITLE_LIMIT = 160  # eight of them, with what stands around them, stay below 4,096
NOTE_LIMIT = 120
LINE_LIMIT = 300


def chat_message(page: Page, digits: str = "latn") -> Message:
    """The message that tells ``page`` to a chat, with at most ``STORIES`` stories."""
    items = page.items
    voice, words = speech(page.language, "UTC", digits), digest_words(page.language)
    lines = [Line((Run(f"{page.name} · {page.date}", bold=True),)), _plain(page.quiet or page.lead)]
    if page.merged:
        lines.append(_plain(page.merged))
    for item in items[:STORIES]:
        lines += _told(item, rtl=page.rtl)
    if len(items) > STORIES:
        lines += [_plain(""), _plain(voice.count(words.more, len(items) - STORIES))]
    lines += [_plain(""), *map(_plain, page.sight[:2])]
    return Message(tuple(_settled(line, rtl=page.rtl) for line in lines), rtl=page.rtl, silent=True)


def _told(item: Item, *, rtl: bool) -> list[Line]:
    title = tuple(replace(run, link=item.url) for run in shortened(item.title, TITLE_LIMIT))
    about = " · ".join(filter(None, (item.label, item.tags, item.told_by(rtl=rtl))))
    notes = [_plain(cut(note, NOTE_LIMIT)) for note in item.notes[:1]]
    return [_plain(""), Line(title, LineKind.TITLE), *notes, _plain(about)]


def _plain(text: str) -> Line:
    return Line((Run(cut(text, LINE_LIMIT)),))


def _settled(line: Line, *, rtl: bool) -> Line:
    """Arabic laid out right to left, whatever a line begins with."""
    if not line.text or starts_rtl(line.text) or not (rtl or holds_rtl(line.text)):
        return line
    return replace(line, runs=(Run(RLM), *line.runs))
