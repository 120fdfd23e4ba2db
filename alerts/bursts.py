"""When too much comes at once: storms that are told in one summary, and volumes that leave their history. Pure."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.nouns import Level
from alerts.stories import Fingerprint

OUTLET_STORM = (
    6  # alerts within the span that one outlet may cause; half of what a subscriber is sent one by one
)
READER_STORM = 12
STORM_SPAN = timedelta(minutes=10)
CALM = timedelta(minutes=5)  # without a further alert: the storm is over, and its summary is sent
PATIENCE = timedelta(minutes=30)  # and while it lasts, a summary so often
SPIKE_SPAN = timedelta(hours=1)
SPIKE_DAYS = 28  # of history
SPIKE_LEAST = 5  # articles in an hour, below which no volume is a spike
SPIKE_SIGMAS = 4.0
SPIKE_AGAIN = timedelta(hours=12)  # one spike of a topic or place is told once
ONE_OUTLET = 3  # articles of one owner that count in an hour: no outlet makes a spike by itself


def is_storm(lately: int) -> bool:
    """Whether an outlet caused so many alerts within the span that its next one waits for a summary."""
    return lately >= OUTLET_STORM


def is_braked(lately: int, level: Level) -> bool:
    """Whether a subscriber was sent so many that the next one waits for a summary; what is critical never does."""
    return lately >= READER_STORM and level < Level.CRITICAL


def is_due(first: datetime, last: datetime, now: datetime) -> bool:
    """Whether what a storm held back, from ``first`` to ``last``, is to be told."""
    return now - last >= CALM or now - first >= PATIENCE


def volumes(articles: Iterable[Fingerprint]) -> dict[str, int]:
    """How many articles speak of each topic and place; of one owner's no more than ``ONE_OUTLET``."""
    counted: dict[tuple[str, str], int] = {}
    for article in articles:
        for subject in {*article.topics, *(place for place in article.places if place.isupper())}:
            counted[subject, article.group] = counted.get((subject, article.group), 0) + 1
    total: dict[str, int] = {}
    for (subject, _), count in counted.items():
        total[subject] = total.get(subject, 0) + min(count, ONE_OUTLET)
    return total


def is_spike(count: int, history: Sequence[int]) -> bool:
    """Whether an hour's articles on a topic or place leave their own history.

    ``history`` holds the counts of the same hour on earlier days, 28 of them where there are as many; too short
    a history says nothing.
    """
    if count < SPIKE_LEAST or len(history) < SPIKE_DAYS // 4:
        return False
    mean = sum(history) / len(history)
    variance = sum((each - mean) ** 2 for each in history) / len(history)
    return count > mean + SPIKE_SIGMAS * math.sqrt(max(variance, mean, 1.0))
