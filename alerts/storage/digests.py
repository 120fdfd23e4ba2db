"""Digests: who wants one when, what was decided about each slot, and what each told."""

import json
from datetime import time
from typing import Any

from alerts.digests.nouns import DigestKind, DigestSettings
from crawler.database import Connection, first


class Digests:
    """The digests' rows, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # Settings

    def settings(self, subscriber_id: int, kind: DigestKind = DigestKind.DAILY) -> DigestSettings:
        """Return when and how a subscriber wants the digest of a kind; the defaults where it never said."""
        row = first(
            self._db,
            "SELECT * FROM digest_settings WHERE subscriber_id = :id AND kind = :kind",
            {"id": subscriber_id, "kind": kind},
        )
        return _settings(row) if row else DigestSettings(subscriber_id, kind)

    def keep_settings(self, settings: DigestSettings) -> None:
        """Keep when and how a subscriber wants the digest of a kind. The next slot is decided by it."""
        self._db.table("digest_settings").upsert(
            {
                "subscriber_id": settings.subscriber,
                "kind": settings.kind,
                "at": settings.at.isoformat("minutes"),
                "weekdays": json.dumps(sorted(settings.weekdays)),
                "all_quiet": int(settings.all_quiet),
                "picture": int(settings.picture),
            },
            pk=("subscriber_id", "kind"),
        )


def _settings(row: dict[str, Any]) -> DigestSettings:
    return DigestSettings(
        subscriber=row["subscriber_id"],
        kind=DigestKind(row["kind"]),
        at=time.fromisoformat(row["at"]),
        weekdays=frozenset(json.loads(row["weekdays"])),
        all_quiet=bool(row["all_quiet"]),
        picture=bool(row["picture"]),
    )
