"""Answers that go wrong, before or after the message was accepted."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One way to go wrong, for the next ``times`` calls that fit."""

    status: int = 200
    description: str = ""
    parameters: Mapping[str, int] = field(default_factory=dict)
    body: bytes | None = None  # sent as it is, in the place of a JSON answer
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the answer
    reset: bool = False  # the connection ends in the place of an answer
    after_accept: bool = False  # the call takes effect first
    method: str = "sendMessage"  # empty: every method
    chat: str = ""  # empty: every chat
    times: int = 1


def flood(seconds: int, *, chat: str = "", times: int = 1) -> Fault:
    """A 429 that says how long to wait."""
    why = f"Too Many Requests: retry after {seconds}"
    return Fault(429, why, {"retry_after": seconds}, chat=chat, times=times)


HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def mix(hang: float = 40.0) -> tuple[Fault, ...]:
    """What a long day brings; each is met equally often at a rate. ``hang`` outlasts a client's patience."""
    return (
        flood(1),
        Fault(429, "Too Many Requests"),
        Fault(500, "Internal Server Error"),
        Fault(502, body=HTML, content_type="text/html"),
        Fault(200, body=HTML, content_type="text/html"),
        Fault(reset=True),
        Fault(reset=True, after_accept=True),
        Fault(delay=hang, after_accept=True),
    )


@dataclass
class Faults:
    """Faults set by a test, and seeded ones at a rate."""

    rate: float = 0.0
    dice: random.Random = field(default_factory=random.Random)
    mix: Sequence[Fault] = field(default_factory=mix)
    waiting: list[Fault] = field(default_factory=list)

    def add(self, *faults: Fault) -> None:
        self.waiting.extend(faults)

    def next(self, method: str, chat: str) -> Fault | None:
        """The fault this call meets, if any."""
        for fault in self.waiting:
            if fault.method in ("", method) and fault.chat in ("", chat):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        if method == "sendMessage" and self.dice.random() < self.rate:
            return self.dice.choice(self.mix)
        return None
