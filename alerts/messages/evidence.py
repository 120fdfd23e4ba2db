"""The sentence that shows why an article was flagged, its matched words marked."""

import re
from collections.abc import Iterator, Sequence

from alerts.arabic import FUNCTION_WORDS
from alerts.facts.tokens import stem, words
from alerts.messages.cleaning import clean
from alerts.messages.message import Run, cut
from alerts.nouns import Span

EVIDENCE_LIMIT = 420  # characters: two or three lines on a telephone, five on a narrow one
LEAD_IN = 60  # characters kept before the first matched word of a sentence that is too long
MARKS_LIMIT = 20  # a message may hold 100 entities; more marks than this mark nothing

_SENTENCE = re.compile(r"[^.!?؟\n…]+[.!?؟…]*")


def marked(text: str, start: int, end: int, spans: Sequence[Span]) -> tuple[Run, ...]:
    """``text[start:end]`` as runs, cleaned, with what ``spans`` cover in bold."""
    runs, at = [], start
    for left, right in _merged(text, spans, start, end):
        runs.append(Run(clean(text[at:left])))
        runs.append(Run(clean(text[left:right]), bold=True))
        at = right
    runs.append(Run(clean(text[at:end])))
    return tuple(run for run in runs if run.text)


def evidence(body: str, spans: Sequence[Span], title: str = "") -> tuple[Run, ...]:
    """The sentence of ``body`` that tells the title's event: by its concepts and the title's words together.

    Of sentences that hold a concept, where one does; where all say as little, the first.

    Args:
        body: the article's text.
        spans: matched places in it, as offsets into ``body``.
        title: as published.

    Returns:
        Runs of at most ``EVIDENCE_LIMIT`` units, "…" where words are left out; none for an empty body.
    """
    start, end = _best_sentence(body, spans, _telling(title))
    inside = [span for span in spans if start <= span.start < end]
    first = min((span.start for span in inside), default=start)
    cut_in = first - start > EVIDENCE_LIMIT // 2
    if cut_in:
        start = _word_start(body, first - LEAD_IN, first)
    runs = shortened(marked(body, start, end, inside), EVIDENCE_LIMIT)
    return (Run("…"), *runs) if cut_in and runs else runs


def shortened(runs: tuple[Run, ...], limit: int) -> tuple[Run, ...]:
    """The first runs that fit into ``limit`` UTF-16 units, the last cut at a word."""
    kept: list[Run] = []
    room = limit
    for run in runs:
        text = cut(run.text, room)
        kept.append(Run(text, run.bold, run.link))
        room -= len(text.encode("utf-16-le")) // 2
        if text != run.text or room < 2:
            break
    return tuple(kept)


def _best_sentence(body: str, spans: Sequence[Span], title: frozenset[str]) -> tuple[int, int]:
    best, best_weight = (0, 0), (False, -1)
    ordered = sorted(spans, key=lambda span: span.start)
    at = 0
    for start, end in _sentences(body):
        concepts = set()
        while at < len(ordered) and ordered[at].start < end:
            if ordered[at].start >= start:
                concepts.add(ordered[at].concept)
            at += 1
        weight = bool(concepts), len(concepts) + len(title & _telling(body[start:end]))
        if weight > best_weight:
            best, best_weight = (start, end), weight
    return best


def _telling(text: str) -> frozenset[str]:
    """The words of a text by their stems, but for particles and signs."""
    return frozenset(
        stem(word.folded) for word in words(text) if not word.is_break and word.folded not in FUNCTION_WORDS
    )


def _sentences(body: str) -> Iterator[tuple[int, int]]:
    for match in _SENTENCE.finditer(body):
        text = match.group()
        if text.strip():
            lead = len(text) - len(text.lstrip())
            yield match.start() + lead, match.start() + len(text.rstrip())


def _word_start(body: str, at: int, before: int) -> int:
    space = body.find(" ", max(at, 0), before)
    return space + 1 if space >= 0 else before


def _merged(text: str, spans: Sequence[Span], start: int, end: int) -> list[tuple[int, int]]:
    """The spans clipped to the window, in order; what overlaps or stands side by side is one mark."""
    merged: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        left, right = max(span.start, start), min(span.end, end)
        if left >= right:
            continue
        if merged and not text[merged[-1][1] : left].strip():
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        elif len(merged) < MARKS_LIMIT:
            merged.append((left, right))
    return merged
