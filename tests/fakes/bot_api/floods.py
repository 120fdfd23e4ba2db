"""Flood limits as documented: 30 messages a second, 1 a second to a chat, 20 a minute to a group.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Window:
    count: int
    seconds: float


OVERALL = Window(30, 1.0)
PRIVATE = Window(3, 3.0)  # one a second, with the short burst that Telegram lets pass
GROUP = Window(20, 60.0)


@dataclass
class Floods:
    """Sliding windows. ``scale`` shortens every window: 0.1 lets a test run ten times as fast."""

    scale: float = 1.0
    on: bool = True
    refused: int = 0
    _seen: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def retry_after(self, chat: str, *, private: bool, now: float) -> int:
        """Zero and the call counted, or the whole seconds to wait; a refused call is not counted."""
        if not self.on:
            return 0
        rules = (("", OVERALL), (chat, PRIVATE if private else GROUP))
        wait = max(self._wait(key, window, now) for key, window in rules)
        if wait > 0:
            self.refused += 1
            return max(1, math.ceil(wait))
        for key, _ in rules:
            self._seen[key].append(now)
        return 0

    def _wait(self, key: str, window: Window, now: float) -> float:
        seen, length = self._seen[key], window.seconds * self.scale
        while seen and seen[0] <= now - length:
            seen.popleft()
        return seen[0] + length - now if len(seen) >= window.count else 0.0
