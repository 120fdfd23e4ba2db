"""``marsad run``."""

import asyncio

import click

from scheduler.service import Service, serve
from scheduler.steady import SteadyClock
from scheduler.wiring import Config, load_rules, watched_outlets


@click.command()
@click.pass_obj
def run(config: Config) -> None:
    """Run the whole service: watch, flag, tell. Ends on SIGTERM or Ctrl-C within ten seconds."""
    asyncio.run(serve(Service(config, watched_outlets(config), load_rules(config), now=SteadyClock().now)))
