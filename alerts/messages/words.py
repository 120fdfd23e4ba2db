"""The words of a language: one YAML file each, and Babel for plurals, countries and dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import cattrs
import yaml
from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_compact_decimal, get_currency_name

from alerts.messages.cleaning import clean_title
from alerts.nouns import KeyFact, Reason

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


@dataclass(frozen=True, slots=True)
class Words:
    """A language's file, key by key."""

    rtl: bool
    levels: Mapping[str, str]
    kinds: Mapping[str, str]
    topics: Mapping[str, str]
    places: Mapping[str, str]
    source: str
    published: str
    published_day: str
    seen: str
    utc: str
    delay: str
    delay_none: str
    story: str
    article: str
    untitled: str
    date: str
    minutes: Mapping[str, str]
    hours: Mapping[str, str]
    days: Mapping[str, str]
    outlets: Mapping[str, str]
    further: Mapping[str, str]
    reasons: Mapping[str, str]
    between: str
    listing: str
    facts: Mapping[str, str]
    events: Mapping[str, str]  # kinds of event
    about: str
    over: str
    under: str
    because: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Speech:
    """A language as one reader wants it: words, digits, time zone."""

    words: Words
    locale: Locale
    zone: ZoneInfo
    arabic_digits: bool

    def number(self, text: str) -> str:
        """``text`` in the reader's digits."""
        return text.translate(ARABIC_DIGITS) if self.arabic_digits else text

    def count(self, forms: Mapping[str, str], n: int) -> str:
        """The plural form for ``n``, with ``n`` in it."""
        form = forms.get(self.locale.plural_form(n), forms["other"])
        return form.format(n=self.number(str(n)))

    def topic(self, topic: str) -> str:
        """A topic's name; one without a name reads as its id."""
        return self.words.topics.get(topic, topic.replace("_", " "))

    def place(self, code: str) -> str:
        """The name of a country (ISO 3166-1 alpha-2) or of a town (its id)."""
        return (
            self.words.places.get(code)
            or self.locale.territories.get(code)
            or (code.replace("_", " ").title() if code.islower() else code)
        )

    def because(self, reasons: Iterable[Reason]) -> str:
        """Why something is told; a code without words here reads as it is."""
        return self.words.between.join(map(self._one_reason, reasons))

    def _one_reason(self, reason: Reason) -> str:
        forms = self.words.because.get(reason.code, {"other": reason.code.replace("_", " ")})
        form = forms.get(self.locale.plural_form(int(reason.now)), forms["other"])
        return form.format(
            about=self.subject(reason.about),
            places=self.words.listing.join(sorted(map(self.place, reason.places))),
            now=self.quantity(reason.now),
            before=self.quantity(reason.before),
        )

    def subject(self, about: str) -> str:
        """What a reason is about: a fate, a topic, a country; anything else as it stands."""
        words = self.words
        known = words.facts.get(about) or words.topics.get(about) or words.places.get(about)
        return known or self.locale.territories.get(about, about)

    def fact(self, fact: KeyFact) -> str:
        """A key fact by its name and value."""
        name = self.words.facts.get(fact.name, fact.name)
        if fact.name == "kind":
            return f"{name}: {self.words.events.get(fact.value, fact.value)}"
        if not fact.told:
            return f"{name}: «{clean_title(fact.span.text)}»"
        value = self.hedge(fact).format(n=self.amount(fact.told))
        currency = f" {get_currency_name(fact.value, fact.told, self.locale)}" if fact.value else ""
        return f"{name}: {value}{currency}"

    def hedge(self, fact: KeyFact) -> str:
        """How sure a text is of its number: «about», «more than», «less than», or of it."""
        if fact.low == fact.high:
            return "{n}"
        if fact.told in (fact.low, fact.high):
            return self.words.over if fact.told == fact.low else self.words.under
        return self.words.about

    def amount(self, value: float) -> str:
        """A number as a headline prints it: millions in words."""
        if value < 1_000_000:
            return self.quantity(value)
        compact = format_compact_decimal(value, format_type="long", locale=self.locale, fraction_digits=1)
        return self.number(compact)

    def quantity(self, value: float) -> str:
        """A number as a newspaper prints it: grouped from ten thousand, one decimal where there is one."""
        grouped = "," if value >= 10_000 else ""
        return self.number(format(value, f"{grouped}.{0 if value == int(value) else 1}f"))

    def clock(self, at: datetime, *, day: bool) -> str:
        """The wall time of ``at`` in the reader's zone, after its date where ``day`` asks for it."""
        local = at.astimezone(self.zone)
        return self.number(f"{self.date(at)} {local:%H:%M}" if day else f"{local:%H:%M}")

    def date(self, at: datetime) -> str:
        """The date of ``at`` in the reader's zone, without the year."""
        written = format_date(at.astimezone(self.zone), self.words.date, locale=self.locale)
        return self.number(written)

    def weekday(self, number: int) -> str:
        """A day of the week by its name; Monday is 0."""
        return str(self.locale.days["stand-alone"]["wide"][number])

    def zone_name(self) -> str:
        """The reader's zone by its city."""
        if self.zone.key in {"UTC", "Etc/UTC"}:
            return self.words.utc
        return get_timezone_location(self.zone, locale=self.locale, return_city=True)

    def span(self, wait: timedelta) -> str:
        """A positive duration in words, in its largest whole unit."""
        minutes = int(wait.total_seconds() // 60)
        if minutes < 60:
            return self.count(self.words.minutes, minutes)
        if minutes < 48 * 60:
            return self.count(self.words.hours, minutes // 60)
        return self.count(self.words.days, minutes // (24 * 60))


@cache
def words(language: str) -> Words:
    """Read a language's file; any language without one is read as English."""
    name = language if language in {"ar", "en"} else "en"
    text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return _CONVERTER.structure(yaml.safe_load(text), Words)


def speech(language: str, zone: str, digits: str) -> Speech:
    """A language in a reader's zone (IANA name) and digits ("latn" or "arab")."""
    spoken = words(language)
    locale = Locale("ar" if spoken.rtl else "en")
    return Speech(spoken, locale, ZoneInfo(zone), digits == "arab")
