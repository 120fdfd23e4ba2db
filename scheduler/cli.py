"""The command ``marsad``: commands in the order of a newcomer's questions, errors in one line."""

import logging
import os
import sys
from typing import Any

import click

from alerts.channels.secrets import guard_logs
from alerts.matching import RuleError
from crawler.database import DatabaseError
from crawler.strict import StrictError
from scheduler.commands.db import db
from scheduler.commands.demo import demo
from scheduler.commands.events import events
from scheduler.commands.evidence import evidence
from scheduler.commands.explain import explain
from scheduler.commands.outlets import outlets
from scheduler.commands.poll import poll
from scheduler.commands.read import read_command
from scheduler.commands.rules import rules
from scheduler.commands.run import run
from scheduler.commands.search import search
from scheduler.commands.stories import stories
from scheduler.commands.story import story
from scheduler.commands.subscribers import subscribers
from scheduler.service import AlreadyRunningError
from scheduler.wiring import VARIABLES, ConfigError, read_config

ONE_LINE = (StrictError, RuleError, ConfigError, DatabaseError, AlreadyRunningError)

SETTINGS = "\n".join(f"  {name}: {meaning}" for name, meaning in VARIABLES.items())


class Newcomer(click.Group):
    """Lists commands in the order they were added, and turns errors that name their way out into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a newcomer's questions."""
        del ctx
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's own signature)
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ONE_LINE as error:
            raise click.ClickException(str(error)) from error


@click.group(
    cls=Newcomer,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "\b\nSettings are read from the environment:\n"
        f"{SETTINGS}\n\n"
        "\b\nExit codes: 0 done; 1 it could not be done, and one line says why; 2 the command line is wrong."
    ),
)
@click.version_option(package_name="marsad")
@click.pass_context
def marsad(ctx: click.Context) -> None:
    """Watch Arabic news outlets, flag what matters, and tell people.

    Start with `marsad demo`. Then `marsad outlets list`, `marsad subscribers add`, `marsad run`.
    """
    ctx.obj = read_config(os.environ)
    logging.basicConfig(
        level=ctx.obj.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for chatty in ("apscheduler", "scrapy", "asyncio", "trafilatura", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # a line for every tick, request or page
    guard_logs()


for _command in (
    demo,
    run,
    poll,
    explain,
    evidence,
    search,
    read_command,
    outlets,
    rules,
    stories,
    story,
    subscribers,
    events,
    db,
):
    marsad.add_command(_command)


def main() -> None:
    """Run the command line."""
    marsad.main(prog_name="marsad")


if __name__ == "__main__":
    main()
