"""``marsad config``."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import fields

import click

from crawler.database import DatabaseError, no_folder
from scheduler.archive import is_archive, no_archive
from scheduler.commands.screen import open_console, shown
from scheduler.wiring import VARIABLES, Config, given_settings, load_rules, open_channels, watched_outlets

SET = "set"


@click.group()
def config() -> None:
    """The settings in force. They are read from the environment; `marsad --help` lists them."""


@config.command()
@click.pass_obj
def check(config: Config) -> None:
    """Check every setting; an unknown or unusable one is refused by name. `marsad doctor` looks further."""

    async def open_all() -> None:
        async with open_channels(config, bytes(32)):  # nothing is sent, nor signed with this key
            pass

    watched_outlets(config)
    load_rules(config)
    if not config.database.parent.is_dir():
        raise DatabaseError(no_folder(config.database))
    if config.database.exists() and not is_archive(config.database) and config.database.stat().st_size:
        raise DatabaseError(no_archive(config.database))
    asyncio.run(open_all())
    click.echo("the settings are sound")


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a program.")
@click.pass_obj
def show(config: Config, as_json: bool) -> None:
    """Show every setting with the value in force; of secrets only whether they are set."""
    if as_json:
        click.echo(json.dumps(values(config, given_settings(os.environ)), ensure_ascii=False, indent=1))
        return
    console = open_console()
    for name, value in values(config, given_settings(os.environ)).items():
        console.print(shown(f"{name:<28}{value}"), soft_wrap=True, highlight=False)


def values(config: Config, given: Mapping[str, str]) -> dict[str, str]:
    """Return the value in force of every setting, sorted by name: the one that is given, or else the default.

    Of a secret it is "set" or "not set", wherever it came from.
    """
    mail = config.mail
    elsewhere: dict[str, object] = {
        "MARSAD_LOG": config.log_level,
        "MARSAD_SMTP_PORT": mail and mail.port,
        "MARSAD_SMTP_SECURITY": mail and mail.security,
        "MARSAD_MAIL_BOUNCES": mail and mail.bounces,
        "MARSAD_DKIM_SELECTOR": mail and mail.dkim_selector,
        # Without a file they may be systemd's credentials.
        "MARSAD_SMTP_PASSWORD_FILE": mail and mail.password and SET,
        "MARSAD_DKIM_KEY_FILE": mail and mail.dkim_key and SET,
        "MARSAD_APPRISE_FILE": config.apprise and SET,
    }
    secret = {f"MARSAD_{each.name.upper()}" for each in fields(config) if not each.repr}
    found = {}
    for name in sorted(VARIABLES):
        value = elsewhere.get(name, getattr(config, name.removeprefix("MARSAD_").lower(), ""))
        found[name] = (SET if value else "") if name in secret else given.get(name) or _plain(value)
    return {name: value or "not set" for name, value in found.items()}


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(sorted(value)) if isinstance(value, frozenset | tuple) else str(value or "")
