"""The book of hosts: what each taught us about how it wants to be asked."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from crawler.nouns import Host


class HostBook:
    """What is known of each host. Kept in rows, so that it outlasts idleness and restarts."""

    def __init__(self, known: Iterable[Host] = (), *, now: Callable[[], datetime]) -> None:
        self.now = now
        self._hosts = {host.name: host for host in known}
        self._changed: set[str] = set()

    def __getitem__(self, name: str) -> Host:
        return self._hosts.get(name) or Host(name)

    def set_delay(self, name: str, delay: float) -> None:
        """Note how fast a host may be asked."""
        if abs(delay - self[name].delay) > 0.1 * delay:  # it wavers with each answer
            self._note(replace(self[name], delay=delay))

    def set_robots(self, name: str, *, failed: bool) -> None:
        """Note whether a host's robots.txt could be had."""
        since = (self[name].robots_failed or self.now()) if failed else None
        if since != self[name].robots_failed:
            self._note(replace(self[name], robots_failed=since))

    def _note(self, host: Host) -> None:
        self._hosts[host.name] = host
        self._changed.add(host.name)

    def take_changed(self) -> list[Host]:
        """Return the hosts that changed since this was asked last."""
        changed, self._changed = self._changed, set()
        return [self._hosts[name] for name in sorted(changed)]
