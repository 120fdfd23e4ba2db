"""Search follows the archive, behind it."""

from dataclasses import replace
from datetime import UTC, datetime

from alerts.indexing import Indexer, query
from alerts.schema import migrations as alert_tables
from alerts.storage import SearchIndex
from crawler.database import Database
from crawler.nouns import Article
from crawler.schema import migrations
from crawler.storage import Archive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ARTICLE = Article("alif", "https://alif.example/1", "المُقامَرة في كمبوديا", "متن", NOW)


async def test_a_text_is_found_as_it_is_now_in_any_spelling(tmp_path):
    with Database(tmp_path / "a.sqlite", (migrations, alert_tables)) as database:
        indexer = Indexer(database)

        def find(word: str) -> list[int]:
            return database.read(lambda c: SearchIndex(c).find(query(word), 9))

        database.write(lambda c: Archive(c).keep(ARTICLE))
        assert find("المقامره") == []
        await indexer.run()
        assert find("المقامره") == find("الْمُقامَرَة") == [1]
        database.write(lambda c: Archive(c).keep(replace(ARTICLE, title="الطقس في كمبوديا")))
        await indexer.run()
        assert find("المقامرة") == [], "a text that was replaced is no longer found"
        assert find("الطقس") == [1]
