"""An alert in words: everything it tells goes in as a value, a message comes out.

Every part is bounded, and the bounds together stay below what one Telegram message holds (4096 UTF-16 units,
100 entities), so nothing is ever cut blindly; what is shortened is behind the link on the title.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.messages.cleaning import LRM, RLM, clean_link, clean_title, holds_rtl, settle, starts_rtl, within
from alerts.messages.evidence import evidence, marked, shortened
from alerts.messages.message import Button, Line, LineKind, Message, Run, cut
from alerts.messages.words import Speech, speech
from alerts.nouns import AlertKind, KeyFact, Level, Reason, Span
from crawler.nouns import Precision, Stamp

TITLE_LIMIT = 300  # UTF-16 units, as the limits below
NAME_LIMIT = 60
FACT_LIMIT = 120
REASON_LIMIT = 300
LIST_LIMIT = 4  # topics or places in the heading
FACTS_LIMIT = 6
LISTED = 12  # stories of a summary; the rest is counted
LISTED_LIMIT = 160
_URGENT = frozenset({AlertKind.NEW, AlertKind.UPDATE})  # what is put right has no urgency of its own
_EXACT = frozenset({Precision.MINUTE, Precision.SECOND})


@dataclass(frozen=True, slots=True)
class Listed:
    """A story in a summary."""

    title: str
    url: str
    home: str  # of its outlet
    level: Level
    code: str


@dataclass(frozen=True, slots=True)
class Notice:
    """All that an alert tells."""

    kind: AlertKind
    level: Level
    topics: tuple[str, ...]
    places: tuple[str, ...]  # ISO 3166-1 alpha-2
    title: str
    body: str
    url: str
    outlet: str  # its name in Arabic
    first_seen: datetime
    code: str  # the story's
    outlet_en: str = ""  # its name in English, where there is one
    home: str = ""  # its home page
    published: Stamp | None = None
    spans: tuple[Span, ...] = ()  # evidence, in title and body
    facts: tuple[KeyFact, ...] = ()  # that its article tells, the kind of event first
    outlets: int = 1  # independent outlets that tell the story
    reasons: tuple[Reason, ...] = ()  # what changed, and what decided the level
    listed: tuple[Listed, ...] = ()  # of a summary or a spike: its stories, the most urgent first
    further: int = 0  # stories that the list has no room for


@dataclass(frozen=True, slots=True)
class Reader:
    """How a subscriber wants to read."""

    language: str = "ar"
    timezone: str = "UTC"  # IANA name
    digits: str = "latn"  # or "arab"
    silent: bool = False  # no sound: quiet hours
    preview: bool = True  # a small preview of the page under the message


def render(notice: Notice, reader: Reader) -> Message:
    """The message that tells ``notice`` to ``reader``."""
    voice = speech(reader.language, reader.timezone, reader.digits)
    link = clean_link(notice.url, notice.home)
    rtl = voice.words.rtl
    said = _list(notice, voice) if notice.listed else _story(notice, link, voice)
    lines = [_heading(notice, voice), *said]
    return Message(
        lines=tuple(_settled(line, rtl=rtl) for line in lines if line.text),
        buttons=((Button(voice.words.article, url=link),),) if link and not notice.listed else (),
        rtl=rtl,
        silent=reader.silent or notice.level is Level.NOTICE,
        preview=link if reader.preview and not notice.listed else "",
    )


def _story(notice: Notice, link: str, voice: Speech) -> list[Line]:
    # What is taken back is named, not told again.
    stands = notice.kind is not AlertKind.WITHDRAWAL
    quoted = evidence(notice.body, _in(notice.spans, "body"), notice.title)
    told = [Line(quoted, LineKind.QUOTE), *_facts(notice, voice)]
    return [
        Line(_title(notice, link, voice), LineKind.TITLE),
        *_reason(notice, voice),
        *(told if stands else ()),
        Line((Run(_meta(notice, voice)),)),
        Line((Run(_telling(notice, voice)),)),
    ]


def _list(notice: Notice, voice: Speech) -> list[Line]:
    """The stories of a summary, each behind its link; how many more there are."""
    lines = [*_reason(notice, voice), *(_listed(each, voice) for each in notice.listed[:LISTED])]
    further = notice.further + len(notice.listed[LISTED:])
    return [*lines, Line((Run(voice.count(voice.words.further, further)),))] if further else lines


def _listed(story: Listed, voice: Speech) -> Line:
    title = cut(clean_title(story.title) or voice.words.untitled, LISTED_LIMIT)
    after = f" · {voice.words.levels[story.level.word]} · {_code(story.code, voice)}"
    return Line((Run(title, link=clean_link(story.url, story.home)), Run(after)))


def _heading(notice: Notice, voice: Speech) -> Line:
    """Level, topics and places by words; for all but the first alert, what it is to the first."""
    words = voice.words
    kind = words.kinds[notice.kind]
    level = words.levels[notice.level.word] if notice.kind in _URGENT else ""
    topics = [clean_title(voice.topic(topic)) for topic in notice.topics[:LIST_LIMIT]]
    places = [clean_title(voice.place(place)) for place in notice.places[:LIST_LIMIT]]
    parts = (cut(part, NAME_LIMIT) for part in (kind, level, *topics, *places) if part)
    return Line((Run(" · ".join(parts), bold=True),))


def _title(notice: Notice, link: str, voice: Speech) -> tuple[Run, ...]:
    runs = marked(notice.title, 0, len(notice.title), _in(notice.spans, "title"))
    title = clean_title("".join(run.text for run in runs))
    if not title:
        return (Run(voice.words.untitled, link=link),)
    if title != "".join(run.text for run in runs):  # tatweel went: the marks' places are lost
        return (Run(cut(title, TITLE_LIMIT), link=link),)
    return tuple(replace(run, link=link) for run in shortened(runs, TITLE_LIMIT))


def _facts(notice: Notice, voice: Speech) -> list[Line]:
    """The key facts in one line, as many as it holds."""
    facts = [_fact(fact, voice) for fact in notice.facts[:FACTS_LIMIT]]
    return [Line((Run(" · ".join(facts)),))] if facts else []


def _fact(fact: KeyFact, voice: Speech) -> str:
    """A fact, and the text's own words where those are no digits."""
    told = cut(voice.fact(fact), FACT_LIMIT)
    if fact.name == "kind" or not fact.told or any(sign.isdigit() for sign in fact.span.text):
        return told
    return f"{told} ({_short(fact.span.text, NAME_LIMIT, voice)})"


def _meta(notice: Notice, voice: Speech) -> str:
    named = notice.outlet if voice.words.rtl else notice.outlet_en or notice.outlet
    outlet = voice.words.source.format(outlet=_short(named, NAME_LIMIT, voice))
    return " · ".join([outlet, *_times(notice.published, notice.first_seen, voice)])


def _times(published: Stamp | None, seen: datetime, voice: Speech) -> list[str]:
    """When it was published and how much later it was seen: only what the outlet's own date can bear."""
    words, zone = voice.words, voice.zone_name()
    if published is None:
        return [words.seen.format(time=voice.clock(seen, day=False), zone=zone)]
    if published.precision not in _EXACT:
        return [
            words.published_day.format(day=voice.date(published.at)),
            words.seen.format(time=voice.clock(seen, day=False), zone=zone),
        ]
    other_day = voice.date(published.at) != voice.date(seen)
    told = words.published.format(time=voice.clock(published.at, day=other_day), zone=zone)
    delay = seen - published.at
    if delay < timedelta(0):
        return [told]
    if delay < timedelta(minutes=1):
        return [told, words.delay_none]
    return [told, words.delay.format(delay=voice.span(delay))]


def _reason(notice: Notice, voice: Speech) -> list[Line]:
    reason = _short(voice.because(notice.reasons), REASON_LIMIT, voice)
    if not reason:
        return []
    return [Line((Run(voice.words.reasons[notice.kind].format(reason=reason)),))]


def _short(foreign: str, limit: int, voice: Speech) -> str:
    return within(cut(clean_title(foreign), limit), rtl=voice.words.rtl)


def _code(code: str, voice: Speech) -> str:
    """A story's code behind its sign, which would jump to its other side among right-to-left words."""
    return f"{LRM if voice.words.rtl else ''}#{code}"


def _telling(notice: Notice, voice: Speech) -> str:
    story = voice.words.story.format(code=_code(notice.code, voice))
    if notice.outlets < 2:
        return story
    return f"{voice.count(voice.words.outlets, notice.outlets)} · {story}"


def _settled(line: Line, *, rtl: bool) -> Line:
    """Arabic laid out right to left: no client decides otherwise by a line's first character."""
    if not rtl and (line.kind is LineKind.PLAIN or not holds_rtl(line.text)):
        return line
    runs = tuple(replace(run, text=settle(run.text)) for run in line.runs)
    return Line(runs if starts_rtl(line.text) else (Run(RLM), *runs), line.kind)


def _in(spans: tuple[Span, ...], field: str) -> list[Span]:
    return [span for span in spans if span.field == field]
