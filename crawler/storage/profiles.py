"""How each outlet's pages are read, as it was learned."""

import json

from crawler.database import Connection, rows
from crawler.reading.profile import Profile


class Profiles:
    """The table of reading profiles, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> dict[str, Profile]:
        """Return what was learned of how to read each outlet; a profile of another version is left out."""
        found = rows(self._db, "SELECT outlet, learned FROM profile")
        read = {row["outlet"]: Profile.from_json(json.loads(row["learned"])) for row in found}
        return {outlet: profile for outlet, profile in read.items() if profile}

    def keep(self, outlet: str, profile: Profile | None) -> None:
        """Keep an outlet's profile, or that it has none."""
        self._db.execute("DELETE FROM profile WHERE outlet = :outlet", {"outlet": outlet})
        if profile:
            learned = json.dumps(profile.to_json(), ensure_ascii=False)
            self._db.table("profile").insert({"outlet": outlet, "learned": learned})
