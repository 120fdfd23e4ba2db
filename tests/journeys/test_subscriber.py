"""A subscriber's whole way: from /start to the alert of an article that was just published, and back to the rules."""

from dataclasses import dataclass, replace
from datetime import timedelta

from click.testing import CliRunner

from alerts.nouns import RecipientKind
from alerts.storage import Subscribers
from crawler.newsroom import Newsroom
from crawler.newsroom.press import drafts
from scheduler.archive import open_database
from scheduler.cli import marsad
from tests.alerts.bot.conftest import Person
from tests.fakes.bot_api import BotApi, serve
from tests.journeys.conftest import running, until

TOKEN = "123456789:AAtest_token_of_thirty_five_chars_xx"
GROUP, OWNER, MEMBER = -100_500, 71, 72
WRITTEN = {draft.id: draft for draft in drafts()}
RAID = replace(WRITTEN["compound-raid"], minutes_ago=0)
# The same event, told by another outlet, with another number: news about the story.
MORE = replace(
    WRITTEN["compound-raid-copy"],
    minutes_ago=0,
    title=RAID.title.replace("214", "398"),
    paragraphs=tuple(text.replace("214", "398") for text in WRITTEN["compound-raid-copy"].paragraphs),
)


@dataclass
class Desk:
    api: BotApi

    def person(self, chat: int, user: int = 0) -> Person:
        return Person(self, chat, user or abs(chat))


def alerts_to(person: Person) -> list[dict]:
    return [entry for entry in person.heard() if entry["kind"] == "message" and "#M" in entry["text"]]


async def test_start_choose_alert_mute_judge_and_the_rules_hear_of_it(tmp_path):
    path = tmp_path / "a.sqlite"
    async with serve(BotApi()) as api, Newsroom(drafts=[]) as press:
        api.world.chat(GROUP).admins.add(OWNER)
        desk = Desk(api)
        reader, other = desk.person(7), desk.person(8)
        member, owner = desk.person(GROUP, MEMBER), desk.person(GROUP, OWNER)
        telegram = {"telegram_token": TOKEN, "telegram_api": api.url}
        async with running(path, press.outlets, every=timedelta(seconds=1), **telegram) as seen:
            await reader.says("/start")
            await reader.presses("احتيال")
            await reader.presses("التالي")
            await reader.presses("القاهرة")
            await other.says("/start")
            assert "لمشرفيها فقط" in (await member.says("/start"))["text"]
            assert owner.heard() == member.heard()
            await owner.says("/start")

            press.publish(RAID)
            people = (reader, other, owner)
            await until(
                lambda: all(len(alerts_to(each)) == 1 for each in people), within=30, what="three alerts"
            )
            alert = alerts_to(reader)[0]
            assert "ميانمار" in alert["text"]
            assert "احتيال" in alert["text"]
            assert "القاهرة" in alert["text"], "times are in the reader's zone"
            number = alert["message_id"]
            assert (await reader.presses("كتم القصة", of=number)).startswith("كُتمت القصة")
            group_alert = alerts_to(owner)[0]["message_id"]
            assert await member.presses("كتم القصة", of=group_alert) == "هذا للمشرفين فقط."
            assert (await owner.presses("كتم القصة", of=group_alert)).startswith("كُتمت القصة")

            press.publish(MORE)
            await until(lambda: len(alerts_to(other)) == 2, within=30, what="the update, to who did not mute")
            assert "398" in alerts_to(other)[1]["text"]
            assert alerts_to(other)[1]["reply_to"] == alerts_to(other)[0]["message_id"]
            assert (len(alerts_to(reader)), len(alerts_to(owner))) == (1, 1), "a muted story says no more"

            assert "شكرًا" in await reader.presses("ليس ذا صلة", of=number)
            assert "شكرًا" in await member.presses("ليس ذا صلة", of=group_alert)
        assert len(seen.sent) == 4
    assert api.violations == []
    with open_database(path) as database:
        said = database.read(lambda c: list(c.table("feedback").rows))
        flagged = seen.flagged[0].flag
        chat = database.read(lambda c: Subscribers(c).at(RecipientKind.GROUP, str(GROUP)))
    assert [each["verdict"] for each in said] == ["not_relevant", "not_relevant"]
    assert {each["ruleset"] for each in said} == {flagged.verdict.ruleset}
    assert chat.title == "غرفة الأخبار"
    report = CliRunner().invoke(
        marsad, ["rules", "report"], env={"MARSAD_DATABASE": str(path), "COLUMNS": "200"}
    )
    assert report.exit_code == 0, report.output
    rule = flagged.verdict.findings[0].rule
    (line,) = [line for line in report.output.splitlines() if rule in line]
    hits, right, wrong, precision = (cell.strip() for cell in line.strip("│ ").split("│")[1:])
    assert (int(hits), right, wrong, precision) == (len(seen.flagged), "0", "1", "0.00")
