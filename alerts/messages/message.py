"""A rendered message: lines of runs, from which each channel takes the form it needs.

HTML is written from the runs at the last moment, so that shortening and cleaning never cut a tag.
"""

import html
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Final

from alerts.messages.letter import Letter

ROOM: Final = 3800  # UTF-16 units of a page: Telegram takes 4096


class LineKind(StrEnum):
    """How a line stands in the message."""

    PLAIN = "plain"  # our own words
    TITLE = "title"  # the article's title
    QUOTE = "quote"  # evidence: the article's words


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one dress."""

    text: str
    bold: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph."""

    runs: tuple[Run, ...]
    kind: LineKind = LineKind.PLAIN

    @property
    def text(self) -> str:
        """The paragraph without its dress."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Button:
    """What a reader may press: a link, or a word (at most 64 bytes) for the bot itself."""

    label: str
    url: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What one reader is to see."""

    lines: tuple[Line, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()  # rows, first to last in reading order
    rtl: bool = True
    silent: bool = False
    preview: str = ""  # the address to show a small preview of; empty: none
    letter: Letter | None = None  # what a mail says in its place; None: a mail says these lines

    @property
    def text(self) -> str:
        """The message for a medium without dress."""
        return "\n".join(line.text for line in self.lines)

    @property
    def html(self) -> str:
        """The message in the subset of HTML that the Bot API reads."""
        return "\n".join(_line_html(line) for line in self.lines)

    def plain(self, limit: int) -> "Message":
        """The same words without dress, cut at a word to ``limit`` UTF-16 units."""
        lines = tuple(Line((Run(part),)) for part in cut(self.text, limit).split("\n"))
        return replace(self, lines=lines)


def _line_html(line: Line) -> str:
    inner = "".join(_linked(link, runs) for link, runs in groupby(line.runs, key=lambda run: run.link))
    return f"<blockquote>{inner}</blockquote>" if line.kind is LineKind.QUOTE and inner else inner


def _linked(link: str, runs: Iterable[Run]) -> str:
    """Neighbours with one link share its tag: a title is one link, whatever is marked in it."""
    inner = "".join(map(_run_html, runs))
    return f'<a href="{html.escape(link)}">{inner}</a>' if link else inner


def _run_html(run: Run) -> str:
    text = html.escape(run.text, quote=False)
    return f"<b>{text}</b>" if run.bold else text


def fitting(lines: Iterable[Line], more: Line) -> tuple[Line, ...]:
    """The first lines, as many as one message holds; ``more`` stands for the others."""
    kept: list[Line] = []
    room = ROOM
    for line in lines:
        room -= utf16_length(line.text) + 1
        if room < 0:
            return (*kept, more)
        kept.append(line)
    return tuple(kept)


def utf16_length(text: str) -> int:
    """The length of ``text`` as the Bot API counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` UTF-16 units: cut after a word, and marked with "…"."""
    if utf16_length(text) <= limit:
        return text
    kept, room = 0, limit - 1
    for character in text:
        room -= 1 + (character > "\uffff")
        if room < 0:
            break
        kept += 1
    head = text[:kept]
    at_word = head.rpartition(" ")[0] if " " in head[kept // 2 :] else head
    return at_word.rstrip(" \n،,؛;:.") + "…"
