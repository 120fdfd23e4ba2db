"""What the bot says: one YAML file a language; plurals by CLDR's forms; everything foreign is cleaned on its way in."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from alerts.messages import Button, Line, Message, Run
from alerts.messages.cleaning import LRM, RLM, clean_title, settle, starts_rtl, within
from alerts.messages.message import cut, fitting
from alerts.messages.words import Speech, speech
from alerts.nouns import LANGUAGES, Subscriber

_LATIN_SIGN: Final = re.compile(r"(?<![\w/#\u200e])(?=[/#][A-Za-z])")
FOREIGN_LIMIT: Final = 200  # UTF-16 units of one name or title in a sentence of ours


@cache
def phrases(language: str) -> Mapping[str, Any]:
    """Read a language's file; any language without one is read as Arabic."""
    name = language if language in LANGUAGES else LANGUAGES[0]
    text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = yaml.safe_load(text)
    return read


class Tongue:
    """The bot's language for one subscriber."""

    def __init__(self, language: str, timezone: str = "UTC", digits: str = "latn") -> None:
        """Speak a language ("ar", "en") in a zone (IANA name) and digits ("latn" or "arab")."""
        self.voice: Speech = speech(language if language in LANGUAGES else LANGUAGES[0], timezone, digits)
        self.rtl = self.voice.words.rtl
        self._phrases = phrases(language)

    @classmethod
    def of(cls, subscriber: Subscriber) -> "Tongue":
        """The language of a subscriber."""
        return cls(subscriber.language, subscriber.timezone, subscriber.digits)

    def say(self, key: str, **values: object) -> str:
        """A phrase; text that goes into it is cleaned, cut, and keeps its place in the line."""
        told = str(self._phrases[key]).format(**{name: self.foreign(value) for name, value in values.items()})
        return _signed(told) if self.rtl else told

    def foreign(self, value: object) -> str:
        """A value as it may stand in a phrase."""
        if isinstance(value, int):
            return self.voice.number(str(value))
        return within(cut(clean_title(str(value)), FOREIGN_LIMIT), rtl=self.rtl)

    def count(self, key: str, number: int) -> str:
        """A phrase with the plural form for a number."""
        return self.voice.count(self._phrases[key], number)

    def page(self, *texts: str) -> tuple[Line, ...]:
        """Paragraphs of our own; one that begins with "# " is a heading."""
        lines = [line for text in texts for line in text.strip("\n").split("\n")]
        return tuple(
            Line((Run(line.removeprefix("# "), bold=line.startswith("# ")),))
            for line in lines
            if line.strip()
        )

    def message(
        self, lines: Iterable[Line], buttons: Sequence[Sequence[Button]] = (), *, silent: bool = False
    ) -> Message:
        """A message of lines and rows of buttons, laid out for the language; what does not fit is said to be more."""
        return Message(
            lines=fitting(map(self._settled, lines), self._settled(Line((Run(self.say("left_out")),)))),
            buttons=tuple(tuple(row) for row in buttons if row),
            rtl=self.rtl,
            silent=silent,
        )

    def _settled(self, line: Line) -> Line:
        """A right-to-left line begins with a right-to-left character, whatever a client makes of the first one."""
        if not self.rtl and not starts_rtl(line.text):
            return line
        runs = tuple(replace(run, text=_signed(run.text)) for run in line.runs)
        return Line(runs if starts_rtl(line.text) else (Run(RLM), *runs), line.kind)


def _signed(text: str) -> str:
    """Right-to-left text in which the sign of a command or code stays before its Latin word."""
    return settle(_LATIN_SIGN.sub(LRM, text))
