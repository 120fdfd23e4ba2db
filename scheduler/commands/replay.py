"""``marsad replay``."""

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.text import Text

from alerts.bot.hours import read_span
from alerts.flagging import Flagged
from alerts.operators.wording import counted
from alerts.replaying import Judgement, Replayer, Retaker, Span
from scheduler.archive import utc_now
from scheduler.commands.screen import (
    existing_database,
    open_console,
    operator_name,
    progress,
    readable_database,
    shown,
)
from scheduler.wiring import Config, load_rules, watched_outlets

EXAMPLES = """\b
marsad replay --since 2d
marsad replay --since 2026-11-20 --until 2026-11-21T06:00 --keep
marsad replay --since 12h --send
"""


class Moment(click.ParamType[datetime]):
    """A moment: so long ago, or a date with or without a time, UTC where it names no zone."""

    name = "moment"

    def convert(
        self, value: datetime | str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        if span := read_span(value):
            return utc_now() - span
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no moment: write 12h or 2d (ago, 7d at most), or 2026-11-20T06:00", param, ctx
            )
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command(epilog=EXAMPLES)
@click.option(
    "--since", type=Moment(), required=True, help="From then on: 12h or 2d ago, or 2026-11-20T06:00 (UTC)."
)
@click.option("--until", type=Moment(), help="Until then; now when absent.")
@click.option("--keep", is_flag=True, help="Flag what is gained and put it into stories. Nobody is told.")
@click.option(
    "--send", is_flag=True, help="Tell readers of it as well, and queue dead messages anew. SENDS MESSAGES."
)
@click.option("--yes", is_flag=True, help="Do not ask before --send.")
@click.pass_obj
def replay(
    config: Config, since: datetime, until: datetime | None, keep: bool, send: bool, yes: bool
) -> None:
    """Go through a span of time again: what today's rules say of its articles, and which messages never arrived.

    Nothing is changed without --keep or --send; what was sent is never sent again, nor taken back (`marsad recall`
    does that). An article that joins a story which was told is told only for something new. `marsad run` may go on.
    """
    now = utc_now()
    span = Span(since, until or now)
    if span.since >= span.until:
        raise click.BadParameter(
            f"--since {since:%Y-%m-%dT%H:%M} is not before --until {span.until:%Y-%m-%dT%H:%M}"
        )
    rules = load_rules(config)
    console = open_console(highlight=False, soft_wrap=True)
    with readable_database(config) as asked:
        replayer = Replayer(asked, rules, now)
        told, judged = _judge(replayer, span)
        dead = replayer.dead(span)
    _report(console, span, told, judged, len(dead))
    gained = sum(each.gained for each in judged)
    if not (keep or send):
        console.print("Nothing was changed. --keep flags what is gained, --send tells readers too.")
        return
    if not (gained or (send and dead)):
        console.print("Nothing was changed: there is nothing to flag, and nothing to send.")
        return
    if send and not yes:
        click.confirm(
            f"Tell readers of {counted(gained, 'article')}, and send {counted(len(dead), 'message')} again?",
            abort=True,
        )
    outlets = {outlet.id: outlet for outlet in watched_outlets(config)}
    with existing_database(config) as database:
        retaker = Retaker(database, rules, outlets, now, operator_name())
        taken = retaker.take(span, judged, send=send)
        queued = retaker.queue(span) if send else []
    console.print(_outcome(taken, queued, send=send))


def _judge(replayer: Replayer, span: Span) -> tuple[int, list[Judgement]]:
    """How many articles there are, and those that are not as before, or broke the rules before."""
    count, changed = 0, []
    with progress() as bar:
        task = bar.add_task("judging", total=replayer.count(span))
        for each in replayer.judge(span):
            count += 1
            bar.advance(task)
            if not each.as_before:
                changed.append(each)
    return count, changed


def _report(console: Console, span: Span, count: int, judged: list[Judgement], dead: int) -> None:
    gained, lost = [each for each in judged if each.gained], [each for each in judged if each.lost]
    broken = [each for each in judged if each.verdict is None]
    for mark, those in (("+", gained), ("-", lost), ("!", broken)):
        for each in those:
            console.print(_line(mark, each))
    console.print(
        f"{counted(count, 'article')} from {span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M} UTC: "
        f"{len(gained)} would be flagged that were not (+), {len(lost)} would not be that were (-), "
        f"{len(broken)} break the rules (!), all others as before. "
        f"{counted(dead, 'message of then is', 'messages of then are')} dead."
    )


def _line(mark: str, each: Judgement) -> Text:
    words = [mark]
    if each.verdict and each.verdict.flagged:
        words += [each.verdict.level.word, *each.verdict.topics, *each.verdict.places]
    return shown(" ".join([*words, each.article.outlet, each.article.title, each.article.url]))


def _outcome(taken: list[Flagged], queued: list[int], *, send: bool) -> str:
    if not send:
        return f"{counted(len(taken), 'article')} flagged; nobody is told."
    alerts = [each.alert for each in taken if each.alert]
    return (
        f"{counted(len(taken), 'article')} flagged, {counted(len(alerts), 'alert')} made and "
        f"{counted(sum(each.deliveries for each in taken), 'message')} queued; "
        f"{counted(len(queued), 'dead one goes', 'dead ones go')} again."
    )
