"""The service's reader: each outlet's profile where it stands, the teacher elsewhere, all in a pool."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from hashlib import sha256

from crawler.nouns import Outlet, Page
from crawler.reading.article import Reading, Unreadable, learn_from, read
from crawler.reading.pool import ReadingPool
from crawler.reading.standing import (
    LESSONS,
    Standing,
    after_learning,
    after_page,
    wants_audit,
    wants_lessons,
)

LARGEST_LESSON = 1_000_000  # bytes; a few large pages must not fill the memory


class Reader:
    """Reads pages in a pool and keeps the outlets' standings.

    Args:
        pool: where the work is done.
        standings: by outlet id, as they were kept; they live on in ``standings``.
        keep: called with an outlet's id and standing when its profile changed, so that a store can keep it.
    """

    def __init__(
        self,
        pool: ReadingPool,
        standings: Mapping[str, Standing] | None = None,
        *,
        keep: Callable[[str, Standing], Awaitable[None]] | None = None,
    ) -> None:
        self.standings = dict(standings or {})
        self._pool = pool
        self._keep = keep
        self._lessons: dict[str, dict[str, Page]] = {}  # pages to learn from, by outlet and address

    async def read(self, page: Page, outlet: Outlet, *, now: datetime) -> Reading:
        """Read one page.

        Raises:
            Unreadable: the page holds no article, or reading it crashed or took too long.
        """
        standing = self.standings.get(outlet.id, Standing())
        audit = wants_audit(sha256(page.url.encode()).hexdigest())
        reading = await self._pool.run(read, page, outlet, now=now, profile=standing.profile, audit=audit)
        # Others may have been read meanwhile: the page counts on what stands now.
        standing = self.standings.get(outlet.id, Standing())
        if standing.profile:
            standing = after_page(standing, refused=bool(reading.refusal), agreement=reading.agreement)
        self.standings[outlet.id] = standing
        if wants_lessons(standing, now=now):
            await self._take_lesson(page, outlet, now)
        return reading

    async def _take_lesson(self, page: Page, outlet: Outlet, now: datetime) -> None:
        lessons = self._lessons.setdefault(outlet.id, {})
        if len(page.body) <= LARGEST_LESSON:
            lessons[page.url] = page
        if len(lessons) < LESSONS:
            return
        pages = list(self._lessons.pop(outlet.id).values())
        try:
            profile = await self._pool.run(learn_from, pages, outlet, now=now)
        except Unreadable:  # one of them crashed the process: the page that was read must not suffer
            profile = None
        self.standings[outlet.id] = after_learning(self.standings[outlet.id], profile, now=now)
        if self._keep:
            await self._keep(outlet.id, self.standings[outlet.id])
