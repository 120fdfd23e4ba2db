"""A digest put into words. Pure: a digest and a reader in, a page out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from babel.dates import format_date

from alerts.digests.nouns import Day, Digest, Figure, Piece
from alerts.digests.pages import Bar, Chart, Group, Item, Page, Section
from alerts.digests.selecting import first
from alerts.digests.wording import digest_words
from alerts.messages import Reader
from alerts.messages.cleaning import beside, clean_title, holds_rtl, settle
from alerts.messages.message import Run, cut
from alerts.messages.words import Speech, speech
from alerts.nouns import AlertKind, Level
from crawler.nouns import Coverage, Outlet

SUBJECT_LIMIT = 60
NAMES = 12  # outlets named in the footer; the others are counted
TAGS = 4
REASON_LIMIT = 300


def tell(digest: Digest, reader: Reader, outlets: Mapping[str, Outlet]) -> Page:
    """The page that tells ``digest`` to ``reader``; ``outlets`` name those of its footer."""
    return _Teller(digest, reader, outlets).page()


class _Teller:
    """One digest for one reader."""

    def __init__(self, digest: Digest, reader: Reader, outlets: Mapping[str, Outlet]) -> None:
        self.digest, self.outlets = digest, outlets
        self.voice: Speech = speech(reader.language, reader.timezone, reader.digits)
        self.words = digest_words(reader.language)
        self.rtl = self.voice.words.rtl
        self.comma = "، " if self.rtl else ", "
        self.day_by_day = digest.until - digest.since > timedelta(hours=18)

    def page(self) -> Page:
        digest, words = self.digest, self.words
        quiet = not digest.pieces
        return Page(
            language="ar" if self.rtl else "en",
            rtl=self.rtl,
            masthead=words.masthead,
            name=words.names[digest.kind],
            date=self._date(words.full_date),
            subject=self._subject(),
            preheader=self._preheader(),
            lead="" if quiet else self._lead(),
            quiet=words.quiet if quiet else "",
            merged=self._merged(),
            changes_heading=words.changes,
            changes=() if quiet else tuple(self._changes()),
            sections=tuple(self._sections()),
            figures=words.figures,
            charts=tuple(self._charts()),
            trend=words.trend,
            trend_alt=self._trend_alt(digest.trend) if digest.trend else "",
            sight_heading=words.sight,
            sight=tuple(self._sight(digest.coverage)),
            why=words.why.format(name=words.names[digest.kind].lower(), time=self._time()),
        )

    def _time(self) -> str:
        utc = self.voice.zone.key in {"UTC", "Etc/UTC"}
        return self.words.in_utc if utc else self.words.in_zone.format(zone=self.voice.zone_name())

    # Heading

    def _date(self, pattern: str) -> str:
        return self._day(pattern, self.digest.until.astimezone(self.voice.zone).date())

    def _day(self, pattern: str, day: date) -> str:
        return self.voice.number(format_date(day, pattern, locale=self.voice.locale))

    def _subject(self) -> str:
        """What happened, then the date; the title of the first story in what room is left."""
        digest, words = self.digest, self.words
        today = self._date(words.short_date)
        if not digest.pieces:
            return words.subject_quiet.format(date=today)
        new = digest.stories.now
        forms = words.stories if new else words.items
        told = len(digest.pieces) - len(digest.corrections)
        if not told:
            new, forms = 0, words.corrections
        stories = self.voice.count(forms, new or told or len(digest.corrections))
        bare = words.subject_other.format(stories=stories, date=today)
        title = self._titles(1)
        room = SUBJECT_LIMIT - len(bare) - 2
        if not title or room < 12:
            return bare
        return words.subject.format(stories=stories, title=beside(cut(title, room), rtl=self.rtl), date=today)

    def _preheader(self) -> str:
        if not self.digest.pieces:
            return self.words.quiet
        return self._titles(2)

    def _titles(self, n: int) -> str:
        """The first titles; what was taken back is no headline while there is anything else."""
        digest = self.digest
        pieces = (*digest.top, *digest.fresh, *digest.updates, *digest.late, *digest.corrections)
        return self.comma.join("".join(run.text for run in piece.title) for piece in pieces[:n])

    def _lead(self) -> str:
        words, all_ = self.words, self.digest.stories
        spans = words.spans.get(self._length(), words.spans["other"])
        told = words.lead.format(
            stories=self.voice.count(words.stories, all_.now),
            span=spans["in"].format(span=self.voice.span(self.digest.until - self.digest.since)),
        )
        change = words.lead_same if all_.now == all_.before else words.lead_more
        change = change if all_.before else words.lead_first
        change = change.format(before=self._n(all_.before), earlier=spans["before"])
        parts = [told + change if self.digest.compared else told]
        topics = [figure for figure in self.digest.topics if figure.now]
        if len(topics) > 1 and topics[0].now > topics[1].now:
            most = self.voice.topic(topics[0].name)
            parts.append(words.lead_topic.format(topic=most, n=self._n(topics[0].now)))
        places = [self.voice.place(figure.name) for figure in self.digest.places[:3]]
        if places:
            parts.append(words.lead_places.format(places=self.comma.join(places)))
        return ("؛ " if self.rtl else "; ").join(parts) + "."

    def _length(self) -> str:
        """The name of the window's length, where it has one; a night of a clock change has a day's."""
        span = self.digest.until - self.digest.since
        lengths = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
        return next((name for name, length in lengths.items() if abs(span / length - 1) < 0.1), "other")

    def _n(self, n: int) -> str:
        return self.voice.number(str(n))

    # What changed

    def _merged(self) -> str:
        days = [self._day(self.words.short_date, day) for day in self.digest.merged]
        return self.words.merged.format(dates=self.comma.join(dict.fromkeys(days))) if days else ""

    def _changes(self) -> Iterable[str]:
        if self.digest.compared:
            yield from self._against_before()
        if self.digest.known:
            yield self.voice.count(self.words.known, self.digest.known)

    def _against_before(self) -> Iterable[str]:
        for figure in self.digest.topics:
            if figure.now != figure.before:
                yield self._change(figure)
        new = [self.voice.place(figure.name) for figure in self.digest.places if not figure.before]
        if new and self.digest.stories.before:
            yield self.words.places_new.format(places=self.comma.join(new))

    def _change(self, figure: Figure) -> str:
        words = self.words
        form = words.topic_change if figure.now and figure.before else words.topic_new
        if not figure.now:
            form = words.topic_gone
        now = self.voice.count(words.items, figure.now)
        return form.format(topic=self.voice.topic(figure.name), now=now, before=self._n(figure.before))

    # Stories

    def _sections(self) -> Iterable[Section]:
        digest, names = self.digest, self.words.sections
        yield from self._plain(names["corrections"], digest.corrections)
        yield from self._plain(names["top"], digest.top)
        for topic, pieces in groupby(digest.fresh, key=lambda piece: first(piece.topics)):
            places = groupby(pieces, key=lambda piece: first(piece.places))
            groups = [Group(self._place(place), tuple(map(self._item, some))) for place, some in places]
            yield Section(self.voice.topic(topic) if topic else names["other"], tuple(groups))
        yield from self._plain(names["updates"], digest.updates, brief=True)
        yield from self._plain(names["late"], digest.late, brief=True)

    def _plain(self, heading: str, pieces: Sequence[Piece], *, brief: bool = False) -> Iterable[Section]:
        if pieces:
            yield Section(heading, (Group("", tuple(map(self._item, pieces))),), brief)

    def _place(self, place: str) -> str:
        return self.voice.place(place) if place else ""

    def _item(self, piece: Piece) -> Item:
        taken_back = piece.kind in {AlertKind.CORRECTION, AlertKind.WITHDRAWAL}
        level = self.voice.words.levels[piece.level.word] if piece.level > Level.NOTICE else ""
        tags = [self.voice.topic(topic) for topic in piece.topics] + [
            self.voice.place(p) for p in piece.places
        ]
        return Item(
            title=self._settled(piece.title) or (Run(self.voice.words.untitled),),
            url=piece.url,
            label=self.voice.words.kinds[piece.kind] if taken_back else level,
            tone="correction" if taken_back else piece.level.word,
            tags=" · ".join(clean_title(tag) for tag in tags[:TAGS]),
            evidence=self._settled(piece.evidence),
            notes=tuple(self._notes(piece)),
            meta=self._meta(piece),
            code=piece.code,
            rtl=self.rtl or holds_rtl("".join(run.text for run in piece.title)),
        )

    def _notes(self, piece: Piece) -> Iterable[str]:
        if piece.reasons:
            reasons = self.voice.words.reasons
            form = self.words.reason if piece.kind is AlertKind.NEW else reasons[piece.kind]
            yield form.format(reason=self._short(self.voice.because(piece.reasons), REASON_LIMIT))
        if piece.folded:
            yield self.words.folded

    def _meta(self, piece: Piece) -> tuple[str, ...]:
        named = piece.outlet if self.rtl else piece.outlet_en or piece.outlet
        parts = [cut(clean_title(named), 60), self.voice.clock(piece.at, day=self.day_by_day)]
        if piece.voices > 1:
            parts.append(self.voice.count(self.voice.words.outlets, piece.voices))
        return tuple(parts)

    def _short(self, foreign: str, limit: int) -> str:
        return beside(cut(clean_title(foreign), limit), rtl=self.rtl)

    def _settled(self, runs: tuple[Run, ...]) -> tuple[Run, ...]:
        text = "".join(run.text for run in runs)
        if not self.rtl and not holds_rtl(text):
            return runs
        return tuple(replace(run, text=settle(run.text)) for run in runs)

    # Numbers

    def _charts(self) -> Iterable[Chart]:
        digest, voice, names = self.digest, self.voice, self.words.charts
        for name, figures, say in (
            (names["topics"], digest.topics, voice.topic),
            (names["places"], digest.places, voice.place),
        ):
            bars = tuple(self._bars(figures, say))
            if bars:
                yield Chart(name, bars)

    def _bars(self, figures: Sequence[Figure], say: Callable[[str], str]) -> Iterable[Bar]:
        longest = max((figure.now for figure in figures), default=0)
        for figure in figures:
            if figure.now:
                form = self.words.bar if self.digest.compared else self.words.bar_alone
                words = form.format(n=self._n(figure.now), before=self._n(figure.before))
                yield Bar(say(figure.name), words, round(100 * figure.now / longest))

    def _trend_alt(self, days: Sequence[Day]) -> str:
        totals = [(sum(n for _, n in day.topics), day.date) for day in days]
        ends = {
            "first": self._day(self.words.short_date, days[0].date),
            "last": self._day(self.words.short_date, days[-1].date),
        }
        most, peak = max(totals, key=lambda total: (total[0], total[1]))
        if not most:
            return self.words.trend_flat.format(**ends)
        every = sum(total for total, _ in totals)
        return self.words.trend_alt.format(
            **ends,
            stories=self.voice.count(self.words.items, every),
            peak=self._day(self.words.short_date, peak),
            n=self._n(most),
        )

    # Honesty

    def _sight(self, coverage: Coverage) -> Iterable[str]:
        voice, words = self.voice, self.words
        read = voice.count(words.read, coverage.articles)
        yield f"{voice.count(words.checked, coverage.checked)}{self.comma}{read}".replace("، و", " و") + "."
        for since, until in coverage.asleep:
            yield (
                words.asleep.format(since=voice.clock(since, day=True), until=voice.clock(until, day=True))
                + "."
            )
        if coverage.failing:
            yield words.failing.format(names=self._names(coverage.failing)) + "."
        if coverage.silent:
            yield words.silent.format(names=self._names(coverage.silent)) + "."
        for forms, n in ((words.waiting, coverage.waiting), (words.given_up, coverage.given_up)):
            if n:
                yield voice.count(forms, n) + "."
        if not (
            coverage.asleep or coverage.failing or coverage.silent or coverage.waiting or coverage.given_up
        ):
            yield words.sound + "."

    def _names(self, ids: Sequence[str]) -> str:
        outlets = [self.outlets.get(name) for name in ids[:NAMES]]
        named = [
            (each.name_ar if self.rtl else each.name_en) if each else name
            for name, each in zip(ids, outlets, strict=False)
        ]
        names = self.comma.join(self._short(name, 60) for name in named)
        more = len(ids) - NAMES
        return names if more <= 0 else f"{names} {self.words.and_more.format(n=self._n(more))}"
