"""``marsad demo``: the real service against the bundled newsroom, for a person who looks on."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from alerts.flagging import Flagged
from alerts.nouns import RecipientKind, Subscriber, Subscription
from alerts.operators.wording import counted
from alerts.outbox import Sent
from alerts.storage import Subscribers
from crawler.newsroom import Newsroom
from crawler.nouns import Article, Outcome, Poll
from crawler.storage import Kept
from scheduler.archive import open_database, utc_now
from scheduler.commands.screen import listing, marked, open_console
from scheduler.parts import Watcher
from scheduler.service import Service, stop_on_signals
from scheduler.wiring import Config, load_rules

ARCHIVE = Path("marsad-demo.sqlite")
LOOK_EVERY = timedelta(seconds=2)  # outlets of a demo are polled so often that nobody waits
LONGEST = 28.0  # seconds until the demo ends even if something is still missing
QUIET = 2.5  # seconds without anything new after the last publication: all is told
STAY_EVERY = timedelta(seconds=5)  # between publications under --stay


@click.command()
@click.option("--stay", is_flag=True, help="Keep publishing and watching until Ctrl-C.")
@click.pass_obj
def demo(config: Config, stay: bool) -> None:
    """See the whole chain at work in half a minute: a small newsroom publishes, Marsad watches it and tells you."""
    logging.getLogger("scheduler").setLevel(logging.WARNING)  # the screen tells it
    for old in ARCHIVE.parent.glob(ARCHIVE.name + "*"):
        old.unlink()
    asyncio.run(_demo(config, stay=stay))


async def _demo(config: Config, *, stay: bool) -> None:
    console = open_console()
    rules = load_rules(config)
    own = Config(
        database=ARCHIVE, outlets=config.outlets, rules=config.rules, allowed_networks=("127.0.0.0/8",)
    )
    screen = Screen(console)
    with open_database(ARCHIVE) as database:
        reader = Subscriber(RecipientKind.CONSOLE, "demo", utc_now(), timezone="Asia/Riyadh")
        database.write(lambda c: Subscribers(c).subscribe(reader, [Subscription(0)]))
    async with Newsroom(repeat=STAY_EVERY if stay else None) as room:
        service = Service(
            own,
            room.outlets,
            rules,
            watcher=Watcher(screen.on_poll, screen.on_article, screen.on_flag, screen.on_sent),
            cadence=lambda *_args, **_more: LOOK_EVERY,
        )
        stop = asyncio.Event()
        stop_on_signals(stop)
        ending = asyncio.create_task(_until_told(screen, room, stop)) if not stay else None
        await service.run(stop)
        if ending:
            ending.cancel()
            with suppress(asyncio.CancelledError):
                await ending
        screen.close(room)


async def _until_told(screen: "Screen", room: Newsroom, stop: asyncio.Event) -> None:
    """Set ``stop`` when all that was published is read and nothing more is said, or when time is up."""
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST
    while loop.time() < end and not stop.is_set():
        await asyncio.sleep(0.2)
        complete = room.finished and screen.articles >= len(room.article_ids)
        if complete and loop.time() - screen.changed > QUIET:
            break
    stop.set()


class Screen:
    """Prints what happens, as it happens, and a summary at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._polls: dict[str, Poll] = {}
        self._topics: Counter[str] = Counter()
        self._read: dict[int, Article] = {}
        self._flagged: dict[int, Flagged] = {}
        self._alerts = 0
        self.changed = 0.0

    @property
    def articles(self) -> int:
        """How many articles were read."""
        return len(self._read)

    def _note(self) -> None:
        self.changed = asyncio.get_running_loop().time()

    def on_poll(self, poll: Poll) -> None:
        """Print a poll that listed something new, or failed."""
        self._polls[poll.outlet] = max(poll, self._polls.get(poll.outlet, poll), key=lambda p: p.entries)
        if poll.fresh or poll.outcome not in (Outcome.OK, Outcome.UNCHANGED):
            self._line(
                "polled",
                "cyan",
                Text(f"{poll.outlet}: {poll.cause}, {poll.entries} listed, {poll.fresh} new"),
            )

    def on_article(self, article: Article, kept: Kept) -> None:
        """Print an article that was read."""
        self._read[len(self._read)] = article
        self._note()
        self._line(
            "read" if kept is Kept.NEW else kept, "white", Text(f"{article.outlet}  ").append(article.title)
        )

    def on_flag(self, flagged: Flagged) -> None:
        """Print a flagged article with the first rule of each topic and the words that matched."""
        self._flagged[flagged.article.id] = flagged
        verdict = flagged.flag.verdict
        self._topics.update(verdict.topics)
        self._note()
        about = (", ".join(verdict.topics), ", ".join(verdict.places), f"story {flagged.story.code}")
        first = {finding.topic: finding.rule for finding in reversed(verdict.findings)}  # of each topic
        where = " · ".join([*about, "by " + ", ".join(first[topic] for topic in verdict.topics)])
        said = "" if flagged.alert else " · told already"
        self._line("flagged", "bold yellow", Text(where + said))
        spans = [span for finding in verdict.findings for span in finding.spans]
        for text in marked(flagged.article, spans):
            self._console.print(Text("          ").append_text(text))

    def on_sent(self, sent: Sent) -> None:
        """Count an alert; the console channel has printed it."""
        del sent
        self._alerts += 1
        self._note()

    def _line(self, what: str, style: str, text: Text) -> None:
        self._console.print(Text(f"{what:<9} ", style=style).append_text(text), highlight=False)

    def close(self, room: Newsroom) -> None:
        """Print what was seen and what to type next."""
        table = listing("listed", "read", "flagged", "source", long=("outlet",))
        for outlet in room.outlets:
            read = sum(article.outlet == outlet.id for article in self._read.values())
            flags = sum(one.article.outlet == outlet.id for one in self._flagged.values())
            poll = self._polls.get(outlet.id)
            table.add_row(
                str(poll.entries if poll else 0),
                str(read),
                str(flags),
                room.dialect(outlet.id),
                outlet.name_en,
            )
        self._console.print()
        self._console.print(table)
        topics = ", ".join(f"{topic} {count}" for topic, count in sorted(self._topics.items()))
        twice = "; some tell of two" if self._topics.total() > len(self._flagged) else ""
        self._console.print(
            f"{counted(self.articles, 'article')} read, {len(self._flagged)} flagged ({topics}{twice}), "
            f"{len({one.story.id for one in self._flagged.values()})} stories, {self._alerts} alerts sent.",
            highlight=False,
        )
        self._console.print(f"\nThe archive is {ARCHIVE.absolute()}. Next, in this folder:", highlight=False)
        some = min(self._flagged.values(), key=lambda one: len(one.article.url), default=None)
        for command in (
            f"MARSAD_DATABASE={ARCHIVE} .venv/bin/marsad explain '{some.article.url}'" if some else "",
            f"MARSAD_DATABASE={ARCHIVE} .venv/bin/marsad search الاحتيال",
            "make demo ARGS=--stay    keeps publishing",
            ".venv/bin/marsad --help  shows how to go live",
        ):
            self._console.print(Text(f"  {command}"), soft_wrap=True) if command else None
