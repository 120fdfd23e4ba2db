"""A span of time gone through again: what was let pass is taken, told at most once, and what was sent stays sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from alerts.nouns import DeliveryState, Hold, RecipientKind, Subscriber, SubscriberState, Subscription
from alerts.replaying import Replayer, Retaker, Span
from alerts.storage import Alerts, DeliveryQueue, Logbook, Newsdesk, Subscribers
from crawler.nouns import Precision, Stamp
from crawler.storage import Archive
from scheduler.archive import open_database, utc_now
from scheduler.cli import marsad
from tests.alerts.test_flagging import COPY, NOW, RAID, RULES, WEATHER, flagger, keep

DAY = Span(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
OLD = Stamp(NOW - timedelta(days=21), Precision.DAY, "jsonld", "2026-11-02")


class Deaf:
    """Rules of yesterday that knew nothing of what `those` tell."""

    def __init__(self, *those):
        self.titles = {each.title for each in those}

    def judge(self, title, body):
        return RULES.judge("", "") if title in self.titles else RULES.judge(title, body)


class Brittle(Deaf):
    def judge(self, title, body):
        if title in self.titles:
            raise RecursionError
        return super().judge(title, body)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


@pytest.fixture
def database(path):
    with open_database(path) as database:
        who = Subscriber(RecipientKind.CONSOLE, "-", NOW)
        database.write(lambda c: Subscribers(c).subscribe(who, [Subscription(0)]))
        yield database


def again(database, rules=RULES):
    return Replayer(database, rules, NOW)


def taking(database, rules=RULES):
    return Retaker(database, rules, {}, NOW, "zahra (command line)")


def gained(replayer, span=DAY):
    return [each for each in replayer.judge(span) if each.gained]


def counts(database):
    return database.read(lambda c: Newsdesk(c).counts()) | database.read(lambda c: DeliveryQueue(c).counts())


async def let_pass(database, *articles, rules=None):
    keep(database, *articles)
    await flagger(database, rules=rules or Deaf(*articles)).run_batch()


async def test_what_was_let_pass_is_kept_as_the_past_and_nobody_is_told(database):
    await let_pass(database, WEATHER, RAID)
    before = counts(database)
    (found,) = gained(again(database))
    assert (found.article.url, counts(database)) == (RAID.url, before), "a look changes nothing"
    (taken,) = taking(database).take(DAY, [found], send=False)
    assert (taken.alert, taken.deliveries, taken.story.title) == (None, 0, RAID.title)
    assert counts(database) == before | {"flags": 1, "stories": 1}
    assert gained(again(database)) == []


@pytest.mark.parametrize("published", [None, OLD], ids=["today", "weeks ago"])
async def test_with_send_it_is_told_once_however_old_it_is(database, published):
    await let_pass(database, replace(RAID, published=published))
    judged = gained(again(database))
    (taken,) = taking(database).take(DAY, judged, send=True)
    assert (taken.alert.hold, taken.deliveries) == (Hold.NONE, 1)
    assert taking(database).take(DAY, judged, send=True) == [], "a second one at the same time"
    assert gained(again(database)) == []
    assert counts(database)["queued"] == 1


async def test_an_article_that_joins_a_told_story_says_nothing_new(database):
    await let_pass(database, RAID, rules=RULES)
    await let_pass(database, COPY)
    (taken,) = taking(database).take(DAY, gained(again(database)), send=True)
    assert (taken.alert, taken.deliveries, counts(database)["queued"]) == (None, 0, 1)
    assert taken.story.articles == (1, 2)


async def test_a_service_beside_it_sees_what_it_placed(database):
    running = flagger(database)
    keep(database, WEATHER)
    await running.run_batch()
    keep(database, replace(RAID, url="https://jeem.example/other", title="توقيف شبكة اتجار بالبشر في ميانمار",
                           body="أوقفت الشرطة في ميانمار شبكة اتجار بالبشر."))  # fmt: skip
    await running.run_batch()
    keep(database, RAID)
    database.write(lambda c: Newsdesk(c).advance("flagger", 3))
    taking(database).take(DAY, gained(again(database)), send=True)
    keep(database, COPY)
    await running.run_batch()
    story = database.read(lambda c: Newsdesk(c).story_of(3))
    assert story.articles == (3, 4)


async def test_what_is_no_longer_flagged_is_named_and_stays(database):
    await let_pass(database, RAID, rules=RULES)
    later = again(database, Deaf(RAID))
    (lost,) = later.judge(DAY)
    assert (lost.lost, lost.gained) == (True, False)
    before = counts(database)
    assert taking(database, Deaf(RAID)).take(DAY, [lost], send=True) == []
    assert counts(database) == before


async def test_an_article_that_broke_the_rules_is_judged_and_its_event_closed(database):
    await let_pass(database, WEATHER, RAID, rules=Brittle(WEATHER, RAID))
    assert len(database.read(lambda c: Logbook(c).open_events())) == 2
    half = again(database, Brittle(RAID))
    taking(database, Brittle(RAID)).take(DAY, list(half.judge(DAY)), send=True)
    (still,) = database.read(lambda c: Logbook(c).open_events())
    assert still.evidence["url"] == RAID.url
    whole = again(database)
    changed = [each for each in whole.judge(DAY) if not each.as_before]
    assert len(taking(database).take(DAY, changed, send=True)) == 1
    assert database.read(lambda c: Logbook(c).open_events()) == []


async def test_what_the_service_has_not_come_to_what_changed_and_what_is_gone_is_left_to_it(database):
    await let_pass(database, WEATHER, RAID)
    keep(database, COPY)
    judged = gained(again(database))
    assert [each.article.url for each in judged] == [RAID.url]
    database.write(lambda c: Archive(c).keep(replace(RAID, body="نفى المتحدث الخبر.")))
    assert taking(database).take(DAY, judged, send=True) == []
    database.write(lambda c: Newsdesk(c).advance("flagger", 99))
    database.write(lambda c: Archive(c).remove(3, NOW))
    assert [each.article.id for each in gained(again(database))] == [2], "3 was taken down"
    assert gained(again(database), Span(NOW + timedelta(hours=1), NOW + timedelta(days=1))) == []


async def test_only_dead_messages_of_alerts_that_stand_to_who_is_still_told_go_again(database):
    states = ("dead", "sent", "unknown", "folded", "cancelled", "dead", "dead")
    for number in range(2, len(states) + 1):
        who = Subscriber(RecipientKind.CONSOLE, str(number), NOW)
        database.write(lambda c, w=who: Subscribers(c).subscribe(w, [Subscription(0)]))
    await let_pass(database, RAID, rules=RULES)
    for number, state in enumerate(states, 1):
        database.write(lambda c, n=number, s=state: c.table("delivery").update(n, {"state": s}))
    database.write(lambda c: Subscribers(c).set_state(6, SubscriberState.SUSPENDED))
    assert again(database).dead(DAY) == [1, 7]
    assert again(database).dead(Span(DAY.since, NOW)) == []
    assert taking(database).queue(DAY) == [1, 7]
    assert taking(database).queue(DAY) == []
    now_are = [each.state.value for each, _ in database.read(lambda c: DeliveryQueue(c).deliveries_of(1))]
    assert now_are == ["queued", *states[1:6], "queued"]
    database.write(lambda c: c.table("delivery").update(1, {"state": DeliveryState.DEAD.value}))
    database.write(lambda c: Alerts(c).recall(1, "false", NOW))
    assert again(database).dead(DAY) == []


# The command


def say(path, *words, stdin=""):
    result = CliRunner().invoke(marsad, ["replay", *words], env={"MARSAD_DATABASE": str(path)}, input=stdin)
    assert "Traceback" not in result.output
    return result


@pytest.fixture
async def yesterday(database, path):
    recent = replace(RAID, first_seen=utc_now() - timedelta(hours=3))
    await let_pass(database, replace(WEATHER, first_seen=recent.first_seen), recent)
    return path


async def test_the_command_changes_nothing_unless_told(database, yesterday):
    before = counts(database)
    said = say(yesterday, "--since", "12h")
    assert said.exit_code == 0
    assert "+ high fraud KH alif شرطة كمبوديا" in said.output
    assert "2 articles" in said.output
    assert "1 would be flagged that were not" in said.output
    assert "Nothing was changed" in said.output
    assert "0 articles" in say(yesterday, "--since", "1h").output
    asked = say(yesterday, "--since", "12h", "--send", stdin="n\n")
    assert asked.exit_code == 1
    assert "Tell readers of 1 article, and send 0 messages again?" in asked.output
    assert counts(database) == before


async def test_the_command_sends_once_and_keeps_who_did_it(database, yesterday):
    assert "1 alert made and 1 message queued" in say(yesterday, "--since", "12h", "--send", "--yes").output
    assert (
        "nothing to flag, and nothing to send" in say(yesterday, "--since", "12h", "--send", "--yes").output
    )
    assert counts(database)["queued"] == 1
    (line,) = database.read(lambda c: Logbook(c).audited(2))  # the second time nothing was changed
    assert (line["action"], line["detail"]) == ("replay", "articles flagged and told: 1")
    assert line["actor"].endswith("(command line)")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since", "yesterday"], "write 12h or 2d (ago, 7d at most), or 2026-11-20T06:00"),
        (["--since", "1h", "--until", "2h"], "is not before --until"),
        ([], "Missing option '--since'"),
    ],
)
async def test_a_slip_is_told_in_one_line(yesterday, words, says):
    result = say(yesterday, *words)
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
