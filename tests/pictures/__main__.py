"""Draw all that the bot says, as a Telegram client shows it, for a person to look at.

    python -m tests.pictures FOLDER

Runs the bot against the Bot API fake, walks through every command and menu in each language, and has Chromium draw
what was sent: the text as the client lays it out (each paragraph by its first strong character), and the keyboards
as they come. Chromium is a package of the system; without it only the HTML is written.
"""

import asyncio
import html
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from alerts.bot import gate
from alerts.bot.nouns import Access
from alerts.bot.phrases import phrases
from alerts.indexing import Indexer
from alerts.nouns import LANGUAGES
from alerts.storage import Members
from tests.alerts.bot.conftest import Person, Room, delivering, open_room, until
from tests.pictures import operators

RAID = "شرطة كمبوديا تداهم مركز احتيال إلكتروني في سيهانوكفيل وتوقف 63 شخصا"
BODY = (
    "أعلنت الشرطة الكمبودية توقيف 63 شخصا يديرون مواقع للمقامرة والاحتيال من فندق قرب الميناء. "
    "وقال متحدث باسمها إن بين الموقوفين مواطنين عربًا استُدرجوا بعروض عمل وهمية."
)
TRIAL = "محكمة في ميانمار تقضي بسجن زعيم شبكة اتجار بالبشر"
GROUP, CHANNEL, OWNER, MEMBER = -100_500, -100_800, 71, 72
A_PICTURE = 16  # messages: what fits on a screen that one can read
PACE, FAST = gate.A_MINUTE, 1_000_000  # we ask faster than a person may
STYLE = """
body { background: #d5e3c8; font: 15px/1.45 "Noto Sans Arabic", "Noto Sans", "DejaVu Sans", sans-serif; margin: 12px; width: 1340px;
       columns: 3; column-gap: 16px; }
.sent { break-inside: avoid; margin: 0 0 14px; max-width: 420px; }
.asked { color: #3c5a36; font: 12px monospace; margin: 0 4px 2px; direction: ltr; text-align: left; }
.bubble { background: #fff; border-radius: 12px; padding: 7px 11px; box-shadow: 0 1px 1px #0003; }
.line { unicode-bidi: plaintext; text-align: start; min-height: 1em; overflow-wrap: anywhere; }
.bubble blockquote { unicode-bidi: plaintext; text-align: start; margin: 3px 0; padding: 3px 9px; border-inline-start: 3px solid #3390ec; background: #3390ec14; border-radius: 4px; }
a { color: #3390ec; text-decoration: none; }
.row { display: flex; gap: 4px; margin-top: 4px; direction: ltr; }
.row span { flex: 1; background: #6b8f5c; color: #fff; border-radius: 8px; padding: 7px 4px; text-align: center; font-size: 13px;
            white-space: nowrap; overflow: hidden; text-overflow: ellipsis; unicode-bidi: plaintext; }
.toast { background: #000a; color: #fff; border-radius: 8px; padding: 6px 10px; unicode-bidi: plaintext; font-size: 13px; }
"""


async def walk(room: Room, language: str) -> list[tuple[str, dict]]:
    """Everything that can be said to one reader: (what was asked, what came)."""
    seen: list[tuple[str, dict]] = []
    person, owner, member = room.chat(7), room.chat(GROUP, OWNER), room.chat(GROUP, MEMBER)
    labels = _labels(language)
    gate.A_MINUTE = FAST
    room.api.world.chat(GROUP).admins.add(OWNER)
    await _says(seen, person, "/topics")
    update = room.api.world.says(7, "/start")
    update["message"]["from"]["language_code"] = language
    await until(lambda: len(person.heard()) > 1)
    seen.append(("/start", _shown(person)))
    for label in (labels["next_step"], labels["cairo"]):
        await _presses(seen, person, label)
    async with delivering(room):
        await room.publish(RAID, BODY)
        await room.publish(f"{RAID} بينهم عرب", BODY, outlet="baa")
        await room.publish(TRIAL, outlet="taa")
        await room.told()
    seen += [("an alert", entry) for entry in person.heard()[-2:]]
    await Indexer(room.database).run()
    for command in (
        "/help", "/privacy", "/frobnicate", "/topics", "/places", "/outlets", "/level", "/frequency", "/quiet", "/quiet 23:00-06:00",
        "/quiet x", "/timezone", "/timezone x", "/timezone Asia/Riyadh", "/mute", "/mute x", "/mute 8h", "/mute baa", "/mute M0002",
        "/mute M0BAD", "/unmute", "/filter", "/filter ***", "/filter " + "كلمة " * 60, "/filter " + "ا|ب|ت|ث|ج|ح|خ|د|ذ|ر|ز|س|ش", '/filter "',
        "/filter كمبوديا -كرة", "/last", "/search", "كمبوديا", "/search زنجبيل", "/search ***", "/story", "/story M0001", "/story M0BAD",
        "/digest", "/email", "/email x", "/email reader@example.org", "/status", "/language", "/export", "/delete_me",
    ):  # fmt: skip
        await _says(seen, person, command)
    await _says(seen, person, "/frequency")
    await _presses(seen, person, _topic(language))
    await _toasts(seen, person, labels)
    await _limits(seen, room, person)
    await _others(seen, room, owner, member, language)
    await _says(seen, person, "/delete_me")
    await _presses(seen, person, labels["delete_yes"])
    return seen


async def _toasts(seen: list[tuple[str, dict]], person: Person, labels: dict[str, str]) -> None:
    alert = next(number for number, entry in _alerts(person))
    for key in ("follow", "useful", "not_relevant", "mute_story"):
        toast = await person.presses(labels[key], of=alert)
        seen.append((f"press {key}", {"toast": toast}))
    await person.says("/story M0001")
    await person.presses(labels["follow"])
    await _says(seen, person, "/story M0001")
    seen.append(("press unfollow", {"toast": await person.presses(labels["unfollow"])}))
    await person.says("/filter كمبوديا")
    seen.append(("press keep", {"toast": await person.presses(labels["filter_keep"])}))
    seen.append(("an old button", {"toast": await person.sends("v1:old", alert)}))


async def _limits(seen: list[tuple[str, dict]], room: Room, person: Person) -> None:
    for number in range(10):
        room.database.write(lambda c, n=number: Members(c).add_filter(1, f"كلمة {n}"))
    await asyncio.sleep(0.1)
    await _says(seen, person, "/filter ميانمار")
    flooder = room.chat(9)
    gate.A_MINUTE = PACE
    for _ in range(20):
        room.api.world.says(9, "/help")
    await until(lambda: len(flooder.heard()) == 16)
    seen.append(("too many", flooder.heard()[-1]))
    gate.A_MINUTE = FAST


async def _others(
    seen: list[tuple[str, dict]], room: Room, owner: Person, member: Person, language: str
) -> None:
    """A group, a channel."""
    room.api.world.admits(GROUP, "member", user_id=OWNER)["my_chat_member"]["from"]["language_code"] = (
        language
    )
    await until(lambda: bool(owner.heard()))
    seen.append(("added to a group", _shown(owner)))
    room.api.world.says(GROUP, "/start", user_id=MEMBER)["message"]["from"]["language_code"] = language
    await until(lambda: len(member.heard()) > 1)
    seen.append(("/start in a group", _shown(member)))
    room.api.world.chat(CHANNEL).type = "channel"
    room.api.world.chat(CHANNEL).admins.add(7)
    person = room.chat(7)
    before = len(person.heard())
    room.api.world.admits(CHANNEL, "administrator", user_id=7)["my_chat_member"]["from"]["language_code"] = (
        language
    )
    await until(lambda: len(person.heard()) > before)
    seen.append(("added to a channel", _shown(person)))
    seen.append(("press begin", {"toast": await person.presses(_labels(language)["channel_begin"])}))
    seen.append(("press begin", _shown(person)))


async def closed(folder: Path) -> list[tuple[str, dict]]:
    """What a bot by invitation says to strangers."""
    async with open_room(folder, bot_access=Access.INVITE) as room:
        return [("/start, uninvited", await room.chat(8).says("/start"))]


def _alerts(person: Person) -> Iterator[tuple[int, dict]]:
    for entry in person.heard():
        if "#M0001" in entry["text"] and entry["kind"] == "message" and len(entry["buttons"]) > 2:
            yield entry["message_id"], entry


def _labels(language: str) -> dict[str, str]:
    return {key: text for key, text in phrases(language).items() if isinstance(text, str)} | {
        "cairo": "القاهرة" if language == "ar" else "Cairo"
    }


def _topic(language: str) -> str:
    return "احتيال" if language == "ar" else "Fraud"


async def _says(seen: list[tuple[str, dict]], person: Person, text: str) -> None:
    await person.says(text)
    await _quiet(person)
    seen.append((text[:60], _shown(person)))


async def _presses(seen: list[tuple[str, dict]], person: Person, label: str) -> None:
    await person.presses(label)
    await _quiet(person)
    seen.append((f"press {label}", _shown(person)))


async def _quiet(person: Person) -> None:
    """Wait until nothing more comes: a second answer would be drawn under what is asked next."""
    heard = -1
    for _ in range(40):
        if heard == (heard := len(person.heard())):
            return
        await asyncio.sleep(0.15)


def _shown(person: Person) -> dict:
    """The newest message with its buttons as they are now."""
    entry = person.heard()[-1]
    message = person.room.api.world.messages[person.chat, entry["message_id"]]
    return entry | {"buttons": message.get("reply_markup", {}).get("inline_keyboard", [])}


def drawn(asked: str, entry: dict) -> str:
    """One message as a client draws it."""
    if "toast" in entry:
        body = f'<div class="toast">{html.escape(entry["toast"])}</div>'
    elif entry["kind"] == "document":
        body = f'<div class="bubble"><div class=line>marsad.json, {len(entry["content"])} bytes</div></div>'
    else:
        lines = "".join(f"<div class=line>{line}</div>" for line in entry["html"].split("\n"))
        rows = "".join(map(_row, entry.get("buttons") or []))
        body = f'<div class="bubble">{lines}</div>{rows}'
    return f'<div class="sent"><div class="asked">{html.escape(asked)}</div>{body}</div>'


def _row(buttons: list[dict]) -> str:
    return '<div class="row">' + "".join(f"<span>{html.escape(b['text'])}</span>" for b in buttons) + "</div>"


def page(messages: list[tuple[str, dict]]) -> str:
    """A page of messages."""
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>" + "".join(
        drawn(*each) for each in messages
    )


def picture(source: Path) -> None:
    """Have Chromium draw a page."""
    chromium = shutil.which("chromium")
    if not chromium:
        print(f"no chromium here: look at {source}")
        return
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
                "--window-size=1380,1500", f"--screenshot={source.with_suffix('.png')}", source.absolute().as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


def pictures(messages: list[tuple[str, dict]], target: Path, name: str) -> None:
    """Draw messages, as many on a page as one can read."""
    for number, at in enumerate(range(0, len(messages), A_PICTURE)):
        source = target / f"bot-{name}-{number:02}.html"
        source.write_text(page(messages[at : at + A_PICTURE]), encoding="utf-8")
        picture(source)


@asynccontextmanager
async def a_room(folder: Path) -> AsyncIterator[Room]:
    folder.mkdir()
    async with open_room(folder) as room:
        yield room


async def main() -> None:
    """Walk, draw."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder:
            async with a_room(Path(folder) / "open") as room:
                messages = await walk(room, language)
            if language == "ar":
                (Path(folder) / "closed").mkdir()
                messages += await closed(Path(folder) / "closed")
        pictures(messages, target, language)
    with tempfile.TemporaryDirectory() as folder:
        async with a_room(Path(folder) / "operators") as room:
            pictures(await operators.walk(room, RAID), target, "operators")
    print(f"look at {target}")


if __name__ == "__main__":
    asyncio.run(main())
