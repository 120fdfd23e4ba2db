"""The shell around a poll: look at a source that is due, keep what is new, read its pages."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.cadence import Rhythm, ask_in_full, may_have_missed, next_look
from crawler.database import Connection, Database
from crawler.fetching import PATIENCE, Fetch
from crawler.looking import Clock, Look, Work, look
from crawler.nouns import Article, Entry, Gap, Outcome, Outlet, Poll, Source
from crawler.pages import Pages, Read
from crawler.reading import Standing
from crawler.recovering import Recovery
from crawler.storage import Entries, Kept, Profiles, SourceClaim, Sources, new_lease

log = logging.getLogger(__name__)

POLL_LEASE = 2 * PATIENCE + timedelta(
    minutes=1
)  # a fetch, and what recovers a gap: no source is polled twice at once
RECOVERED_BEFORE = timedelta(hours=6)  # the last look: an article may be listed hours after its date
KEPT_WITHIN = timedelta(minutes=5)  # on a full disk; then the lease brings the source back
WINDOW = 128  # sources polled at once; more would only wait inside the engine, which scans all that wait


def standings(connection: Connection) -> dict[str, Standing]:
    """Return how each outlet is read, as it was kept."""
    return {outlet: Standing(profile) for outlet, profile in Profiles(connection).all().items()}


class Poller:
    """Polls what is due and reads what was listed, for the service and for the command line."""

    def __init__(
        self,
        database: Database,
        outlets: Iterable[Outlet],
        *,
        fetch: Fetch,
        reader: Read,
        now: Clock,
        work: Work = asyncio.to_thread,
        cadence: Callable[..., timedelta] = next_look,
        holder: str = "poll",
        on_poll: Callable[[Poll], None] = lambda _: None,
        on_article: Callable[[Article, Kept], None] = lambda _a, _k: None,
        on_failure: Callable[[Entry, str], None] = lambda _e, _c: None,
    ) -> None:
        self._database = database
        self._outlets = {outlet.id: outlet for outlet in outlets}
        self._sources = {(o.id, source.url): source for o in self._outlets.values() for source in o.sources}
        self._fetch = fetch
        self._now = now
        self._work = work
        self._cadence = cadence
        self._holder = holder
        self._on_poll = on_poll
        self._pages = Pages(
            database,
            self._outlets,
            fetch=fetch,
            reader=reader,
            now=now,
            holder=holder,
            on_article=on_article,
            on_failure=on_failure,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """How many polls and readings are under way."""
        return len(self._tasks)

    async def start_due(self) -> None:
        """Start every poll and every reading that is due, up to the window."""
        room = WINDOW - len(self._tasks)
        if room <= 0:
            return
        now = self._now()
        claims = await self._database.awrite(
            lambda c: Sources(c).claim_due(
                now, until=now + POLL_LEASE, lease=new_lease(self._holder), most=room
            )
        )
        for claim in claims:
            self._start(self.poll(claim))
        for outlet in await self._database.aread(lambda c: Entries(c).pending_outlets(now)):
            if not self._pages.reads(outlet) and len(self._tasks) < WINDOW:
                self._start(self._pages.read_all(outlet))

    def _start(self, work: Awaitable[object]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # Its lease brings the row back; the failure must be seen.
            log.error("a poll failed for a reason of ours: %r", error, exc_info=error)

    async def drain(self, patience: float) -> None:
        """Wait up to ``patience`` seconds for what is under way, then let go: leases bring it back."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def poll(self, claim: SourceClaim) -> Poll:
        """Look at a claimed source, keep what is new, and read the new pages."""
        outlet = self._outlets[claim.outlet]
        source = self._sources[claim.outlet, claim.url]
        seen = await self._look(outlet, source, claim)
        poll, local = seen.poll, self._now().astimezone(ZoneInfo(outlet.timezone))
        rhythm = Rhythm.from_text(claim.rhythm).learn(poll, local, outlet.tier, seen.interval)
        wait = self._cadence(
            poll.outcome,
            tier=outlet.tier,
            failures=claim.failures + 1,
            retry_after=seen.retry_after,
            seed=claim.url,
            rhythm=rhythm,
            at=local,
            wish=timedelta(seconds=rhythm.wish),
        )
        await self._database.akeep(
            lambda c: Sources(c).finish_poll(
                claim,
                poll,
                fresh=seen.entries,
                validators=seen.validators,
                next_due=self._now() + wait,
                rhythm=rhythm.to_text(),
            ),
            KEPT_WITHIN,
        )
        self._on_poll(poll)
        await self._pages.read_all(claim.outlet)
        return poll

    async def _look(self, outlet: Outlet, source: Source, claim: SourceClaim) -> Look:
        """Return what a look brought that is new, with what fell out of the source since the last one."""
        since = claim.last_ok - RECOVERED_BEFORE if claim.last_ok else None
        try:
            seen = await look(
                outlet,
                source,
                fetch=self._fetch,
                now=self._now,
                validators=claim.validators,
                in_full=ask_in_full(claim.unchanged),
                since=since,
                work=self._work,
            )
            fresh = await self._unknown(seen.entries)
            polled = replace(seen, entries=tuple(fresh), poll=replace(seen.poll, fresh=len(fresh)))
            if claim.last_ok is None or seen.poll.outcome is not Outcome.OK:
                return polled
            if await self._reaches(seen.entries, claim.last_ok):
                return polled
            return await self._recover(outlet, source, seen, polled, claim.last_ok)
        except Exception as error:
            # The one place for a defect of ours in listing: the poll gets its row, and its turn comes again.
            log.exception("polling %s failed for a reason of ours", source.url)
            cause, detail = f"defect_{type(error).__name__}", str(error)[:300]
            poll = Poll(outlet.id, source.url, self._now(), timedelta(), Outcome.SOFT, cause, detail)
            return Look(poll, (), claim.validators)

    async def _recover(
        self, outlet: Outlet, source: Source, seen: Look, polled: Look, last_ok: datetime
    ) -> Look:
        """Return what was ``polled`` with what was found behind the list that was ``seen``."""
        recovery = Recovery(
            outlet,
            fetch=self._fetch,
            since=last_ok - RECOVERED_BEFORE,
            now=self._now,
            unknown=self._unknown,
            reaches=lambda entries: self._reaches(entries, last_ok),
            work=self._work,
        )
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await recovery.run(source, seen.entries, seen.next_page)
        except TimeoutError:
            log.warning("%s: older entries were not all asked for in time", source.url)
        more = recovery.found
        poll = replace(
            polled.poll,
            fresh=len(polled.entries) + len(more),
            recovered=len(more),
            gap=Gap.CLOSED if recovery.closed else Gap.OPEN,
            detail=f"its list did not reach back to the last look; {len(more)} more were found on older pages",
        )
        return replace(polled, entries=polled.entries + more, poll=poll)

    async def _reaches(self, entries: Iterable[Entry], last_ok: datetime) -> bool:
        """Whether a list reaches back to the last look. What a sister source listed since then says nothing of it."""
        entries = list(entries)
        return not may_have_missed(
            await self._database.aread(lambda c: Entries(c).listed_by(entries, last_ok))
        )

    async def _unknown(self, entries: Iterable[Entry]) -> list[Entry]:
        return await self._database.aread(lambda c: Entries(c).unknown(entries))
