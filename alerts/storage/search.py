"""The search index: folded words of every article."""

from collections.abc import Iterable, Sequence

from crawler.database import Connection, rows


class SearchIndex:
    """The full-text index, through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, documents: Iterable[tuple[int, str, str]]) -> None:
        """Make folded (seq, title, body) texts findable."""
        for seq, title, body in documents:
            self._db.execute(
                "INSERT INTO search (rowid, title, body) VALUES (:seq, :title, :body)",
                {"seq": seq, "title": title, "body": body},
            )

    def find(self, asked: Sequence[Sequence[str]], most: int) -> list[int]:
        """Return ids of the articles that hold one form of each word that is ``asked`` for, newest first."""
        every = (" OR ".join('"' + form.replace('"', '""') + '"' for form in forms) for forms in asked)
        found = rows(
            self._db,
            "SELECT article.id FROM search JOIN article ON article.seq = search.rowid "
            "WHERE search MATCH :query ORDER BY search.rowid DESC LIMIT :most",
            {"query": " AND ".join(f"({each})" for each in every), "most": most},
        )
        return [row["id"] for row in found]
