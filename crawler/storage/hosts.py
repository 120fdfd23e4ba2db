"""Hosts: how fast each may be asked, as it was learned."""

from collections.abc import Iterable

from crawler.database import Connection, from_text, rows, to_text
from crawler.nouns import Host


class Hosts:
    """The table of hosts, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> list[Host]:
        """Return every host that taught us something."""
        return [
            Host(
                row["name"],
                row["delay"],
                from_text(row["robots_failed"]) if row["robots_failed"] else None,
            )
            for row in rows(self._db, "SELECT * FROM host")
        ]

    def keep(self, hosts: Iterable[Host]) -> None:
        """Keep what was learned of hosts."""
        for host in hosts:
            self._db.table("host").upsert(
                {
                    "name": host.name,
                    "delay": host.delay,
                    "robots_failed": to_text(host.robots_failed) if host.robots_failed else None,
                },
                pk="name",
            )
