"""Stories: the articles that tell one event. Pure: values in, a decision out."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.stories.fingerprint import Count, Fingerprint, fingerprint
from alerts.stories.likeness import WINDOW, Link, compare

__all__ = ["WINDOW", "Count", "Decision", "Fingerprint", "Link", "compare", "fingerprint", "place"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where an article belongs: an open story, or a new one (``story`` is None), and what decided it."""

    story: int | None
    links: tuple[Link, ...]  # to every candidate, the strongest first

    @property
    def why(self) -> str:
        """One line for a person."""
        if not self.links:
            return "no candidate within the window"
        best = self.links[0]
        parts = " ".join(f"{name}{points:+.1f}" for name, points in best.parts)
        gate = f" forbidden by {best.gate}" if best.gate else ""
        return f"article {best.other}: {best.score:+.1f} ({parts}){gate}"


def place(article: Fingerprint, candidates: Iterable[tuple[int, Fingerprint]]) -> Decision:
    """The story of ``article`` among ``candidates``: (story id, article) pairs of the last 72 hours.

    The strongest link decides; a story one of whose articles contradicts the new one is out of the question.
    """
    compared = [(story, compare(article, candidate)) for story, candidate in candidates]
    closed = {story for story, link in compared if link.gate}
    ranked = sorted(compared, key=lambda pair: (bool(pair[1].gate), -pair[1].score, pair[0], pair[1].other))
    story = next((story for story, link in ranked if link.joins and story not in closed), None)
    return Decision(story, tuple(link for _, link in ranked))
