"""The adapter between what we know of hosts and Scrapy's downloader."""

from typing import Any, Self

from scrapy import Request, signals
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from crawler.hosts import HostBook
from crawler.politeness import SLOWEST, host_of, next_delay


class HostDownloader(Downloader):
    """A downloader with one slot a host, which a redirect to another host leaves."""

    def get_slot_key(self, request: Request) -> str:
        """Return the host of a request."""
        return host_of(request.url)


class Throttle:
    """Spaces the requests to each host by how fast it answers and by what it asks for.

    A slot that was idle for a minute is forgotten by Scrapy, and made anew from ``per_slot_settings``: what was
    learned is written there.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._book: HostBook | None = crawler.settings.get("MARSAD_HOSTS")
        crawler.signals.connect(self.answered, signal=signals.response_downloaded)
        crawler.signals.connect(self.robots_parsed, signal=signals.robots_parsed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build, and listen to the crawler."""
        return cls(crawler)

    def answered(self, response: Response, request: Request) -> None:
        """Learn from an answer."""
        latency = request.meta.get("download_latency")
        slot = self._downloader.slots.get(host := host_of(request.url))
        if latency is not None and slot is not None:
            settings = self._settings(host)
            delay = next_delay(slot.delay, latency=latency, status=response.status, floor=settings["floor"])
            if delay != slot.delay:
                slot.delay = settings["delay"] = delay
                self._remember(host, delay if delay > 1.1 * settings["floor"] else 0.0)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Obey the delay that a robots.txt asks for."""
        agent = request.headers.get("User-Agent") or self._crawler.settings["USER_AGENT"]
        settings = self._settings(host := host_of(request.url))
        settings["floor"] = max(settings["own"], min(robotparser.crawl_delay(agent) or 0.0, SLOWEST))
        settings["delay"] = max(settings["delay"], settings["floor"])
        if slot := self._downloader.slots.get(host):
            slot.delay = max(slot.delay, settings["floor"])

    @property
    def _downloader(self) -> Downloader:
        assert self._crawler.engine is not None  # noqa: S101 (open: it sends the signals)
        return self._crawler.engine.downloader

    def _settings(self, host: str) -> dict[str, Any]:
        """A host's settings; those of a host that no outlet names are forgotten."""
        default = self._crawler.settings.getfloat("DOWNLOAD_DELAY")
        return self._downloader.per_slot_settings.get(host) or slot_settings(default, default)

    def _remember(self, host: str, delay: float) -> None:
        if self._book is not None and host in self._downloader.per_slot_settings:
            self._book.set_delay(host, delay)


def slot_settings(own: float, learned: float, concurrency: int = 2) -> dict[str, Any]:
    """Return what a host's slot is made from: its delay as learned, the least one, and that of its outlets alone."""
    return {
        "delay": max(own, learned),
        "concurrency": concurrency,
        "jitter": 0.3,
        "floor": own,
        "own": own,
    }
