"""What a subscriber set for its digests is what the store gives back."""

from datetime import UTC, datetime, time

from alerts.digests.nouns import DigestKind, DigestSettings
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.storage import Digests, Subscribers
from scheduler.archive import open_database

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)


def test_settings_are_the_defaults_until_they_are_kept(tmp_path):
    with open_database(tmp_path / "marsad.sqlite") as database:
        reader = Subscriber(RecipientKind.MAIL, "reader@example.org", NOW)
        number = database.write(
            lambda c: Subscribers(c).subscribe(reader, [Subscription(0, cadence="daily")])
        )
        assert database.read(lambda c: Digests(c).settings(number)) == DigestSettings(number)
        asked = DigestSettings(
            number, DigestKind.WEEKLY, time(19, 30), frozenset({4}), all_quiet=True, picture=True
        )
        for at in (time(6), time(19, 30)):
            database.write(
                lambda c, at=at: Digests(c).keep_settings(
                    DigestSettings(number, DigestKind.WEEKLY, at, frozenset({4}), True, True)
                )
            )
        assert database.read(lambda c: Digests(c).settings(number, DigestKind.WEEKLY)) == asked
        assert database.read(lambda c: Digests(c).settings(number)) == DigestSettings(number)
