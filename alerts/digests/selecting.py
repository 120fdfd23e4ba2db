"""What a digest tells, and in what order. Pure: candidates in, pieces out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.digests.nouns import Candidate, Figure, Piece
from alerts.messages.cleaning import clean_link, clean_title
from alerts.messages.evidence import evidence, marked, shortened
from alerts.messages.message import Run
from alerts.nouns import Alert, AlertKind, Hold, MuteKind, Reason, Span, Story, Subscription
from alerts.planning import FRESH, NEW, VOICES
from alerts.wanting import covers
from crawler.nouns import Precision

TOP = 3  # stories told first, whatever their topic
BACKFILL = timedelta(days=3)  # flagged so long after it was seen: the past, which is never told
TITLE_LIMIT = 300
PLACES = 6  # countries in the figures of the day
_EXACT = frozenset({Precision.MINUTE, Precision.SECOND})
_TAKEN_BACK = frozenset({AlertKind.CORRECTION, AlertKind.WITHDRAWAL})


@dataclass(frozen=True, slots=True)
class Selection:
    """The stories of a digest by where they stand in it."""

    top: tuple[Piece, ...]
    fresh: tuple[Piece, ...]
    late: tuple[Piece, ...]
    updates: tuple[Piece, ...]
    corrections: tuple[Piece, ...]
    known: int


def asks(
    subscription: Subscription,
    story: Story,
    outlets: Iterable[str],
    now: datetime,
    holds: Iterable[str] = (),
) -> bool:
    """Whether a subscription asks for ``story`` in its digest.

    Args:
        subscription: what is asked for; that all is muted for a while is no matter of one story.
        story: what there is to tell.
        outlets: who tells it; what muted outlets alone tell is not told.
        now: the moment of telling.
        holds: the subscriber's filters that hold for one of its articles.
    """
    mutes = [mute for mute in subscription.mutes if mute.kind is not MuteKind.ALL]
    heard = {outlet for outlet in outlets if not any(covers(mute, story.id, outlet, now) for mute in mutes)}
    if not heard:
        return False
    return story.id in subscription.follows or (
        story.level >= subscription.level
        and _any(subscription.topics, story.topics)
        and _any(subscription.places, story.places)
        and _any(subscription.outlets, heard)
        and _any(subscription.filters, holds)
    )


def muted(subscriptions: Iterable[Subscription], now: datetime) -> bool:
    """Whether a reader wants to hear nothing at all just now."""
    everything = (mute for each in subscriptions for mute in each.mutes if mute.kind is MuteKind.ALL)
    return any(mute.until is None or mute.until > now for mute in everything)


def _any(wanted: tuple[str, ...], there: Iterable[str]) -> bool:
    return not wanted or not set(wanted).isdisjoint(there)


def select(candidates: Iterable[Candidate]) -> Selection:
    """Where each candidate stands, the weightiest first; what the reader knows and did not change stands nowhere."""
    places: dict[str, list[tuple[Candidate, Piece]]] = {
        name: [] for name in ("new", "late", "updates", "corrections", "known")
    }
    for candidate in sorted(candidates, key=_weight):
        section, kind, reasons = _standing(candidate)
        if section:
            places[section].append((candidate, _piece(candidate, kind, reasons)))
    new = [piece for _, piece in places["new"]]
    return Selection(
        top=tuple(new[:TOP]),
        fresh=tuple(_by_topic_and_place(new[TOP:])),
        late=_pieces(places["late"]),
        updates=_pieces(places["updates"]),
        corrections=_pieces(places["corrections"]),
        known=len(places["known"]),
    )


def _pieces(found: Sequence[tuple[Candidate, Piece]]) -> tuple[Piece, ...]:
    return tuple(piece for _, piece in found)


def _weight(candidate: Candidate) -> tuple[float, ...]:
    story = candidate.story
    return (-story.level, -candidate.story.voices, -len(story.articles), -story.last_at.timestamp(), story.id)


def _standing(candidate: Candidate) -> tuple[str, AlertKind, tuple[Reason, ...]]:
    """The section of a candidate ("" for none), what it is to the reader, and what is new in it."""
    known = candidate.known
    unheard = [alert for alert in candidate.alerts if known is None or alert.version > known.version]
    taken_back = [alert for alert in unheard if alert.kind in _TAKEN_BACK]
    if taken_back:
        return "corrections", taken_back[-1].kind, taken_back[-1].reasons
    if known is None:
        return _first_telling(candidate)
    updates = [alert for alert in unheard if alert.kind is AlertKind.UPDATE]
    if updates:
        return "updates", AlertKind.UPDATE, _reasons(updates)
    if candidate.story.voices >= VOICES and len(candidate.story.articles) >= 2 * max(known.articles, 1):
        return "updates", AlertKind.UPDATE, ()
    return "known", AlertKind.UPDATE, ()


def _first_telling(candidate: Candidate) -> tuple[str, AlertKind, tuple[Reason, ...]]:
    article = candidate.article
    told = [alert for alert in candidate.alerts if alert.hold is not Hold.STALE]
    if told or candidate.folded:
        later = [alert for alert in told if alert.kind is AlertKind.UPDATE]
        return "new", AlertKind.NEW, _reasons(later)
    old = article.published is not None and article.first_seen - article.published.at > FRESH
    return ("late" if old else "new"), AlertKind.NEW, ()


def _reasons(alerts: Sequence[Alert]) -> tuple[Reason, ...]:
    """The newest reasons first, each once."""
    found = (reason for alert in reversed(alerts) for reason in alert.reasons if reason.code != NEW)
    return tuple(dict.fromkeys(found))


def is_backfill(candidate: Candidate, placed_at: datetime) -> bool:
    """Whether a story came only from a changed rule or a slow reader, long after its news."""
    return not candidate.alerts and placed_at - candidate.article.first_seen > BACKFILL


def _piece(candidate: Candidate, kind: AlertKind, reasons: tuple[Reason, ...]) -> Piece:
    story, article = candidate.story, candidate.article
    url = clean_link(article.url, candidate.home)
    dated = article.published is not None and article.published.precision in _EXACT
    return Piece(
        story=story.id,
        code=story.code,
        kind=kind,
        level=story.level,
        topics=story.topics,
        places=story.places,
        title=_title(article.title, candidate.spans),
        url=url,
        outlet=candidate.outlet,
        outlet_en=candidate.outlet_en,
        voices=story.voices,
        at=article.published.at if article.published and dated else article.first_seen,
        # What was taken back is named, and its claim is not repeated.
        evidence=()
        if kind is AlertKind.WITHDRAWAL
        else evidence(article.body, _in_body(candidate.spans), article.title),
        reasons=reasons,
        folded=candidate.folded,
    )


def _in_body(spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if span.field == "body"]


def _title(title: str, spans: Sequence[Span]) -> tuple[Run, ...]:
    runs = marked(title, 0, len(title), [span for span in spans if span.field == "title"])
    plain = "".join(run.text for run in runs)
    if clean_title(plain) != plain:  # tatweel went: the marks' places are lost
        runs = (Run(clean_title(plain)),)
    return shortened(runs, TITLE_LIMIT)


def _by_topic_and_place(pieces: Sequence[Piece]) -> list[Piece]:
    """Topics by how much there is of them, places within a topic likewise; the weight decides the rest."""
    topics = Counter(first(piece.topics) for piece in pieces)
    places = Counter((first(piece.topics), first(piece.places)) for piece in pieces)

    def order(piece: Piece) -> tuple[int, str, int, str]:
        topic, place = first(piece.topics), first(piece.places)
        return -topics[topic], topic, -places[topic, place], place

    return sorted(pieces, key=order)


def first(names: Sequence[str]) -> str:
    """The leading topic or place of a story, under which it stands; "" where it has none."""
    return names[0] if names else ""


def figures(
    now: Sequence[Story], before: Sequence[Story]
) -> tuple[Figure, tuple[Figure, ...], tuple[Figure, ...]]:
    """How many stories were opened in the window and in the span of the same length before: all, by topic, by place."""
    topics = _figures([story.topics for story in now], [story.topics for story in before])
    places = _figures([story.places for story in now], [story.places for story in before])
    return Figure("", len(now), len(before)), topics, tuple(each for each in places if each.now)[:PLACES]


def _figures(now: Iterable[Sequence[str]], before: Iterable[Sequence[str]]) -> tuple[Figure, ...]:
    here, there = (
        Counter(name for each in now for name in each),
        Counter(name for each in before for name in each),
    )
    names = sorted(here.keys() | there.keys(), key=lambda name: (-here[name], -there[name], name))
    return tuple(Figure(name, here[name], there[name]) for name in names)
