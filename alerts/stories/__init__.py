"""Stories: the articles that tell one event. Pure: values in, a decision out."""

from collections.abc import Iterable

from alerts.stories.desk import Decision, Desk
from alerts.stories.fingerprint import Count, Fingerprint, fingerprint
from alerts.stories.likeness import WINDOW, Link, compare, same_text

__all__ = [
    "WINDOW",
    "Count",
    "Decision",
    "Desk",
    "Fingerprint",
    "Link",
    "compare",
    "fingerprint",
    "place",
    "same_text",
]


def place(article: Fingerprint, candidates: Iterable[tuple[int, Fingerprint]]) -> Decision:
    """The story of ``article`` among ``candidates``: (story id, article) pairs of the last 72 hours.

    For one article; whoever places many keeps a ``Desk``.
    """
    desk = Desk()
    for story, candidate in candidates:
        desk.restore(candidate, story)
    return desk.place(article)
