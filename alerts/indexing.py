"""The shell that makes articles findable, behind the archive and in transactions of its own."""

import asyncio

from alerts.arabic import fold
from alerts.storage import Newsdesk
from crawler.database import Connection, Database
from crawler.storage import Archive

CURSOR = "search"
BATCH = 200  # articles a transaction; the index costs ten times what the article did


class Indexer:
    """Follows the archive and feeds the search index with folded words."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Index until nothing is left."""
        while await self.run_batch():
            pass

    async def run_batch(self) -> int:
        """Index up to ``BATCH`` articles; returns how many."""
        batch = await self._database.aread(lambda c: Archive(c).after(Newsdesk(c).cursor(CURSOR), BATCH))
        if not batch:
            return 0
        folded = await asyncio.to_thread(lambda: [(seq, fold(a.title), fold(a.body)) for seq, a in batch])

        def keep(connection: Connection) -> None:
            desk = Newsdesk(connection)
            if desk.cursor(CURSOR) < folded[0][0]:
                desk.index(folded)
                desk.advance(CURSOR, folded[-1][0])

        await self._database.awrite(keep)
        return len(batch)
