"""When to look again: at a source, and at a page that could not be read. Pure decisions."""

from datetime import timedelta
from random import Random

from crawler.nouns import Outcome

INTERVAL = {1: timedelta(minutes=5), 2: timedelta(minutes=10), 3: timedelta(minutes=20)}  # by tier
LONGEST = timedelta(hours=6)  # however often it failed: an outlet is never abandoned
FIRST_RETRY = {
    Outcome.TEMPORARY: timedelta(minutes=2),
    Outcome.SOFT: timedelta(minutes=10),
    Outcome.HARD: timedelta(minutes=30),
}
FIRST_STEP = timedelta(seconds=0.25)  # between the first polls of two sources
FIRST_SPREAD = timedelta(minutes=2)  # of all first polls, at the most
PAGE_TRIES = (1, 5, 20, 60, 240, 720)  # minutes to wait after the first, second, … failure to read a page
JITTER = 0.1  # of the interval, so that outlets that started together drift apart


def next_look(
    outcome: Outcome,
    *,
    tier: int,
    failures: int,
    retry_after: timedelta | None = None,
    seed: str = "",
) -> timedelta:
    """Return how long to wait until the next poll of a source.

    ``failures`` counts the polls that failed in a row, this one included. A server's Retry-After is obeyed
    as a least wait. ``seed`` makes the jitter of one source repeatable.
    """
    base = INTERVAL[tier]
    if outcome in FIRST_RETRY:
        doubled = FIRST_RETRY[outcome] * 2 ** min(failures - 1, 10)
        base = (
            min(doubled, LONGEST)
            if outcome is not Outcome.TEMPORARY
            else min(doubled, max(base * 4, LONGEST / 6))
        )
    wait = max(base, retry_after or timedelta())
    return wait * (1 + Random(f"{seed}{failures}").uniform(0, JITTER))  # noqa: S311 (spreads load, guards nothing)


def next_try(outcome: Outcome, *, attempts: int) -> timedelta | None:
    """Return how long to wait before a page is tried again after ``attempts`` failures; None to give it up.

    A page that its server calls gone is asked for twice, any other until the list ends.
    """
    if outcome is Outcome.HARD and attempts >= 2:
        return None
    return timedelta(minutes=PAGE_TRIES[attempts - 1]) if attempts <= len(PAGE_TRIES) else None


def first_looks(sources: list[str]) -> dict[str, timedelta]:
    """Return how long each source never seen before waits for its first poll: spread, so that no herd thunders."""
    step = min(FIRST_STEP, FIRST_SPREAD / max(len(sources), 1))
    return {url: step * place for place, url in enumerate(sources)}
