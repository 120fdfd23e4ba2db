"""A digest of invented stories, for whoever wants to see one before there is news. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from alerts.digests.nouns import Day, Digest, DigestKind, Figure, Piece
from alerts.messages.message import Run
from alerts.nouns import AlertKind, Level, Reason
from crawler.nouns import Coverage

_HOURS = (1, 2, 3, 5, 7, 11, 13, 17, 19, 22)  # before the end of the window


@cache
def _sample() -> dict[str, Any]:
    text = files(__package__).joinpath("sample.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def sample(stories: int, until: datetime, kind: DigestKind = DigestKind.DAILY, zone: str = "UTC") -> Digest:
    """A digest with so many stories that are new, and, from eleven on, some of every other kind."""
    pieces = [_piece(n, until) for n in range(stories)]
    others = stories >= 11
    corrected = (
        replace(pieces.pop(), kind=AlertKind.WITHDRAWAL, reasons=(Reason("denial"),), evidence=())
        if others
        else None
    )
    updates = [_updated(pieces.pop()) for _ in range(2)] if others else []
    late = [replace(pieces.pop(), at=until - timedelta(days=9))] if others else []
    span = timedelta(days=7 if kind is DigestKind.WEEKLY else 1)
    fresh = sorted(pieces[3:], key=lambda piece: (piece.topics[0], piece.places[0]))
    topics = ("fraud", "gambling", "trafficking")
    counted = [Figure(topic, sum(topic in p.topics for p in pieces), n) for n, topic in enumerate(topics, 1)]
    places = dict.fromkeys(place for piece in pieces for place in piece.places)
    return Digest(
        kind,
        f"{until:%Y-%m-%d}",
        zone,
        until - span,
        until,
        top=tuple(pieces[:3]),
        fresh=tuple(fresh),
        late=tuple(late),
        updates=tuple(updates),
        corrections=(corrected,) if corrected else (),
        stories=Figure("", len(pieces) + len(late), 6),
        topics=tuple(sorted(counted, key=lambda each: -each.now)),
        places=tuple(
            Figure(place, sum(place in p.places for p in pieces), n) for n, place in enumerate(places)
        ),
        known=2 if others else 0,
        coverage=_coverage(until, whole=not others),
        trend=tuple(_day(until, n) for n in reversed(range(28))) if kind is DigestKind.WEEKLY else (),
    )


def _piece(n: int, until: datetime) -> Piece:
    told = _sample()["stories"][n % len(_sample()["stories"])]
    outlet, outlet_en = _sample()["outlets"][n % len(_sample()["outlets"])]
    return Piece(
        story=n + 1,
        code=f"M{n + 1:04X}",
        kind=AlertKind.NEW,
        level=Level[told["level"].upper()],
        topics=tuple(told["topics"]),
        places=tuple(told["places"]),
        title=_marked(told["title"], told["mark"]),
        url=f"https://news.example/ar/{n + 1}",
        outlet=outlet,
        outlet_en=outlet_en,
        voices=told["voices"],
        at=until - timedelta(hours=_HOURS[n % len(_HOURS)], minutes=n % 60),
        evidence=_marked(told["evidence"], told["evidence_mark"]),
        reasons=(Reason("number", "rescued", now=120, before=80),) if n % 6 == 0 else (),
        folded=n == 4,
    )


def _updated(piece: Piece) -> Piece:
    return replace(piece, kind=AlertKind.UPDATE, reasons=(Reason("voices", now=6, before=3),), evidence=())


def _marked(text: str, marks: list[str]) -> tuple[Run, ...]:
    runs, rest = [], text
    for mark in marks:
        before, found, rest = rest.partition(mark)
        runs += [Run(before), Run(found, bold=True)]
    return tuple(run for run in (*runs, Run(rest)) if run.text)


def _coverage(until: datetime, *, whole: bool) -> Coverage:
    if whole:
        return Coverage(checked=137, articles=3184)
    asleep = ((until - timedelta(hours=6), until - timedelta(hours=4)),)
    failing, silent = ("alpha", "beta"), ("gamma",)
    return Coverage(131, failing, silent, articles=2950, waiting=12, given_up=3, asleep=asleep)


def _day(until: datetime, n: int) -> Day:
    counts = {"fraud": (n * 5 + 2) % 7, "gambling": (n * 3 + 1) % 4, "trafficking": (n * 2 + 1) % 5}
    return Day((until - timedelta(days=n)).date(), tuple(counts.items()))
