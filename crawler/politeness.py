"""How fast a host is asked. Pure decisions."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from crawler.nouns import Outlet

SLOWEST = 60.0  # seconds between two requests to a host, whatever it asks for: it would never be read
PUSHED_BACK = frozenset({429, 503})  # "you ask too often"
FIRST_PUSH = 2.0  # seconds, after the first of these
LONGEST_WAIT = timedelta(days=1)  # of a Retry-After that we obey
ROBOTS_PATIENCE = timedelta(hours=12)  # that a host is left alone while its robots.txt cannot be had


def host_of(url: str) -> str:
    """Return whom an address belongs to: http and https are one host, and so are ``www.`` and none."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def floors(outlets: Iterable[Outlet]) -> dict[str, float]:
    """Return the seconds between two requests to each host: the slowest of its outlets decides for all of them."""
    slowest: dict[str, float] = {}
    for outlet in outlets:
        for url in (outlet.home, *(source.url for source in outlet.sources)):
            host = host_of(url)
            slowest[host] = max(outlet.delay, slowest.get(host, 0.0))
    return slowest


def next_delay(delay: float, *, latency: float, status: int, floor: float) -> float:
    """Return the seconds between two requests to a host, after one more answer.

    As Scrapy's AutoThrottle: one request at a time, as long as the host takes to answer; quicker by halves, slower
    at once. Unlike it, a 304 counts as the answer that it is, and a host that pushes back is given twice the time.

    Args:
        delay: so far.
        latency: seconds from the request to the answer's head.
        status: of the answer.
        floor: what its outlets, or its robots.txt, ask for.
    """
    if status in PUSHED_BACK:
        wanted = max(delay * 2, FIRST_PUSH)
    elif status < 400:
        wanted = max(latency, (delay + latency) / 2)
    else:
        wanted = max(delay, latency)  # an error page is quick, and no reason to hurry
    return round(min(max(wanted, floor), SLOWEST), 3)


def left_alone(robots_failed: datetime, now: datetime) -> bool:
    """Whether a host must not be asked while its robots.txt cannot be had (RFC 9309 calls this "unreachable")."""
    return now - robots_failed < ROBOTS_PATIENCE


def retry_after(header: str, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header asks for, by seconds or by a date; a day at most.

    None where it asks for none: it is empty, no date, or one that no calendar holds.
    """
    if header.isascii() and header.isdigit() and len(header) < 10:
        wait = timedelta(seconds=int(header))
    else:
        try:
            at = parsedate_to_datetime(header)
            wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
        except (ValueError, OverflowError):
            return None
    return min(max(wait, timedelta()), LONGEST_WAIT)
