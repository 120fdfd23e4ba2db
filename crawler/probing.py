"""Try an address as the service would poll it, and say whether it deserves to be watched."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.dates import parse_date
from crawler.fetching import Fetch, Fetched, FetchError
from crawler.looking import Clock, Work, look
from crawler.nouns import Entry, Outcome, Outlet, Poll, Source
from crawler.pages import Read, read
from crawler.reading import Unreadable
from crawler.reading.decoding import decode
from crawler.storage import Validators

ARTICLES = 2  # of each address that are read
LEAST_TEXT = 100  # characters of an article that was read
STALE = timedelta(days=30)  # a list whose newest entry is older was left behind


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of trying one address."""

    outlet: str
    source: Source
    poll: Poll
    content_type: str = ""
    charset: str = ""
    newest: datetime | None = None  # of its entries' dates
    tried: int = 0  # articles
    read: int = 0  # of them
    problem: str = ""  # why one of them was not
    entries: tuple[Entry, ...] = ()

    @property
    def robots(self) -> str:
        """What the host's robots.txt says: allowed, denied; unknown where we did not get so far."""
        if self.poll.cause == "robots":
            return "denied"
        return "allowed" if self.poll.status else "unknown"


class Proposal(StrEnum):
    """What to do with an address."""

    ENABLE = "enable"
    DISABLE = "disable"
    LEAVE = "leave"  # as it is: nothing was proved


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with an address, and why, in one line."""

    proposal: Proposal
    why: str


class _Heard:
    """Fetches, and keeps what was answered."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.answers: dict[str, Fetched] = {}

    async def __call__(
        self, url: str, outlet: Outlet, validators: Validators | None = None, *, largest: int = 0
    ) -> Fetched:
        fetched = await self._fetch(url, outlet, validators, largest=largest)
        self.answers[url] = fetched
        return fetched


async def probe(
    outlet: Outlet, source: Source, *, fetch: Fetch, reader: Read, now: Clock, work: Work
) -> Probe:
    """Look at a source and read its first articles. Whatever fails is a value."""
    heard = _Heard(fetch)
    seen = await look(outlet, source, fetch=heard, now=now, work=work)
    tried, succeeded, problem = seen.entries[:ARTICLES], 0, ""
    for entry in tried:
        try:
            article = await read(entry, outlet, fetch=fetch, reader=reader, now=now)
        except (FetchError, Unreadable) as error:
            problem = error.cause
            continue
        if article.title and len(article.body) >= LEAST_TEXT:
            succeeded += 1
        else:
            problem = "short"
    answer = heard.answers.get(source.url)
    body, kind = (answer.page.body, answer.page.content_type) if answer else (b"", "")
    return Probe(
        outlet.id,
        source,
        seen.poll,
        content_type=kind,
        charset=decode(body, content_type=kind, hint=outlet.charset).charset if body else "",
        newest=_newest(seen.entries, outlet, now()),
        tried=len(tried),
        read=succeeded,
        problem=problem,
        entries=seen.entries,
    )


def _newest(entries: tuple[Entry, ...], outlet: Outlet, now: datetime) -> datetime | None:
    stamps = (
        parse_date(entry.published, now=now, zone=outlet.timezone, source="feed")
        for entry in entries
        if entry.published
    )
    return max((stamp.at for stamp in stamps if stamp), default=None)


def judge(found: Probe, now: datetime) -> Verdict:
    """Return what to do with an address.

    A failure that may pass proves nothing; one that will not, an old list, and articles that cannot be read do.
    """
    poll = found.poll
    if poll.outcome is Outcome.TEMPORARY:
        return Verdict(Proposal.LEAVE, f"{poll.cause}: may pass; try again later")
    if poll.outcome is not Outcome.OK:
        return Verdict(Proposal.DISABLE, poll.cause + (f": {poll.detail}" if poll.detail else ""))
    if found.newest and now - found.newest > STALE:
        return Verdict(Proposal.DISABLE, f"left behind: its newest entry is of {found.newest:%Y-%m-%d}")
    if found.read == 0:
        if found.problem in {"timeout", "connection", "dns", "cut_off"}:
            return Verdict(Proposal.LEAVE, f"its articles were not read ({found.problem}); try again later")
        return Verdict(Proposal.DISABLE, f"its articles cannot be read: {found.problem}")
    return Verdict(Proposal.ENABLE, summary(found))


def summary(found: Probe) -> str:
    """What came, for the file and for a person."""
    newest = f", newest {found.newest:%Y-%m-%d %H:%M}" if found.newest else ", no dates"
    return f"{found.poll.entries} entries{newest}, {found.read} of {found.tried} articles read"


def changes(found: Probe, verdict: Verdict, now: datetime) -> dict[str, object]:
    """The keys of its source that a verdict sets: None takes a key away. A and B are for what was seen working."""
    if verdict.proposal is Proposal.LEAVE:
        return {}
    day = now.date().isoformat()
    if verdict.proposal is Proposal.DISABLE:
        return {
            "enabled": False,
            "grade": "D",
            "probed": f"{day}: {found.poll.cause if found.poll.cause != 'ok' else verdict.why}",
        }
    grade = found.source.grade if found.source.grade in {"A", "B"} else "B"
    return {"enabled": None, "grade": grade, "probed": f"{day}: {verdict.why}"}
