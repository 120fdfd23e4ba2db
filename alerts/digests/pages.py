"""A digest in words, before it has a medium: what a page says, in the order it says it."""

from dataclasses import dataclass

from alerts.messages.cleaning import beside
from alerts.messages.message import Run


@dataclass(frozen=True, slots=True)
class Item:
    """One story."""

    title: tuple[Run, ...]
    url: str
    label: str  # its urgency, or what it is to an earlier one; "" where nothing sets it apart
    tone: str  # "critical", "high", "notice" or "correction": its colour
    tags: str  # topics and places
    evidence: tuple[Run, ...]
    notes: tuple[str, ...]  # what is new in it
    meta: tuple[str, ...]  # who tells it, when, and how many do
    code: str
    rtl: bool = True  # its title and evidence are written right to left

    def told_by(self, *, rtl: bool) -> str:
        """``meta`` in one line of plain text of that direction."""
        return " · ".join(beside(part, rtl=rtl) for part in self.meta)


@dataclass(frozen=True, slots=True)
class Group:
    """Stories under one small heading."""

    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Stories under one heading."""

    heading: str
    groups: tuple[Group, ...]
    brief: bool = False  # one line a story

    @property
    def items(self) -> tuple[Item, ...]:
        """Its stories in order."""
        return tuple(item for group in self.groups for item in group.items)


@dataclass(frozen=True, slots=True)
class Bar:
    """A number of the day with its length."""

    name: str
    words: str
    share: int  # of the longest, in per cent


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers of one sort."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a reader sees."""

    language: str
    rtl: bool
    masthead: str
    name: str  # of this kind of digest
    date: str
    subject: str
    preheader: str
    lead: str
    quiet: str  # in place of stories; empty where there are some
    merged: str
    changes_heading: str
    changes: tuple[str, ...]
    sections: tuple[Section, ...]
    figures: str
    charts: tuple[Chart, ...]
    trend: str  # heading of the picture
    trend_alt: str  # empty: no picture
    sight_heading: str
    sight: tuple[str, ...]
    why: str

    @property
    def items(self) -> tuple[Item, ...]:
        """Its stories in order."""
        return tuple(item for section in self.sections for item in section.items)
