"""The shell that makes articles findable, behind the archive and in transactions of its own.

A word is indexed as it stands, folded, and once more without each prefix that may be attached to it: whoever looks
for احتيال finds وللاحتيال, and the other way round.
"""

import asyncio
from functools import lru_cache

from alerts.arabic import readings, tokens
from alerts.storage import Newsdesk, SearchIndex
from crawler.database import Connection, Database
from crawler.storage import Archive

CURSOR = "search"
BATCH = 200  # articles a transaction; the index costs ten times what the article did
MOST_WORDS = 8  # of a search
SURE_STEM = (
    4  # letters: in a search, a single letter before fewer than these belongs to the word (كتاب is no تاب)
)


@lru_cache(maxsize=200_000)
def forms(word: str) -> tuple[str, ...]:
    """A folded word, and what is left of it without the prefixes it may carry."""
    stems = [reading.stem for reading in readings(word) if not reading.enclitic]
    return tuple(dict.fromkeys([word, *stems]))


def indexed(text: str) -> str:
    """A text as the index holds it."""
    return " ".join(form for token in tokens(text) for form in forms(token.folded))


def query(text: str) -> list[list[str]]:
    """What to look for: of each word of ``text`` the forms any of which will do."""
    words = [token.folded for token in tokens(text)][:MOST_WORDS]
    return [[form for form in forms(word) if form == word or _is_sure(word, form)] for word in words]


def _is_sure(word: str, stem: str) -> bool:
    return len(stem) >= SURE_STEM or len(word) - len(stem) > 1


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
        folded = await asyncio.to_thread(
            lambda: [(seq, indexed(a.title), indexed(a.body)) for seq, a in batch]
        )

        def keep(connection: Connection) -> None:
            desk = Newsdesk(connection)
            if desk.cursor(CURSOR) < folded[0][0]:
                SearchIndex(connection).add(folded)
                desk.advance(CURSOR, folded[-1][0])

        await self._database.awrite(keep)
        return len(batch)
