"""The one spider: resident in the service, an ordinary one for ``scrapy crawl outlet -a id=… -O out.jsonl``."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider

from crawler.fetching import EngineFetch, FetchError
from crawler.looking import look
from crawler.pages import read
from crawler.reading import Reader, ReadingPool, Unreadable
from crawler.registry import FOLDER, load_outlets


class OutletSpider(scrapy.Spider):
    """Keeps an engine open for the service's polls; given an outlet's id, reads that outlet once, yielding articles."""

    name = "outlet"

    def __init__(self, id: str = "", ready: asyncio.Event | None = None, **kwargs: Any) -> None:  # noqa: A002, ANN401
        super().__init__(**kwargs)
        self.id = id
        self.ready = ready or asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "OutletSpider":  # noqa: ANN401
        """Build, and keep the engine open when no outlet is named."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if not spider.id:
            crawler.signals.connect(spider.stay, signal=signals.spider_idle)
        return spider

    def stay(self) -> None:
        """Refuse to end when idle: polls come from outside."""
        raise DontCloseSpider

    async def start(self) -> AsyncIterator[Any]:
        """Say that the engine is open; then read the named outlet, if one is named."""
        self.ready.set()
        if not self.id:
            return
        folder = Path(self.settings.get("MARSAD_OUTLETS") or FOLDER)
        outlet = next((outlet for outlet in load_outlets(folder) if outlet.id == self.id), None)
        if outlet is None:
            raise CloseSpider(f"no outlet {self.id!r} in {folder}")
        assert self.crawler.engine is not None  # noqa: S101 (open: this method runs inside it)
        fetch = EngineFetch(self.crawler.engine, _now)
        async with ReadingPool() as pool:
            reader = Reader(pool).read
            for source in outlet.sources:
                seen = await look(outlet, source, fetch=fetch, now=_now, work=pool.run)
                for entry in seen.entries:
                    try:
                        yield asdict(await read(entry, outlet, fetch=fetch, reader=reader, now=_now))
                    except (FetchError, Unreadable) as error:
                        self.logger.warning("%s: %s", entry.url, error)


def _now() -> datetime:
    return datetime.now(UTC)
