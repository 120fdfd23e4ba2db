"""Whether an installation can do its work: each finding with its way out. Nothing is sent and nothing changed."""

import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from urllib.parse import urlsplit

from alerts.matching import RuleError
from alerts.operators.wording import spoken
from alerts.storage import Bulletins, Subscribers, Upkeep
from alerts.wanting import CHANNEL_OF
from crawler.database import DatabaseError, Readable, pending
from crawler.nouns import Outlet
from crawler.storage import Figures
from crawler.strict import StrictError
from scheduler.archive import MIGRATIONS, is_archive, no_archive, open_readable
from scheduler.upkeep import BACKUP_STALE, LEAST_DISK
from scheduler.wiring import Config, ConfigError, load_rules, open_channels, watched_outlets


class Grade(StrEnum):
    """How a check came out."""

    GOOD = "good"
    LOOK = "look"  # it works, and something is missing that one will want
    BAD = "bad"  # it does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, for a person."""

    about: str
    grade: Grade
    says: str


def check(config: Config, now: datetime) -> Iterator[Finding]:
    """Yield what can be found out on this machine alone."""
    yield Finding("python", Grade.GOOD, sys.version.split()[0])
    yield Finding("time zones", Grade.GOOD, f"tzdata {version('tzdata')}")
    yield from _judgement(config)
    yield from _secrets(config)
    yield from _disk(config)
    if not config.database.exists():
        yield Finding("archive", Grade.LOOK, f"{config.database} is not there yet; `marsad run` makes it")
        return
    try:
        if not is_archive(config.database):
            yield Finding("archive", Grade.BAD, no_archive(config.database))
            return
        steps = pending(config.database, MIGRATIONS)
        if steps:  # not taken here: an older service may work on the archive just now
            due = "1 step is due" if len(steps) == 1 else f"{len(steps)} steps are due"
            says = f"{config.database}: {due}; `marsad migrate` and `marsad run` take what is due"
            yield Finding("archive", Grade.LOOK, says)
            return
        with open_readable(config.database) as database:
            yield Finding("archive", Grade.GOOD, str(config.database))
            yield from _people(database)
            yield from _archive(database, now)
    except DatabaseError as error:
        yield Finding("archive", Grade.BAD, str(error))


def _judgement(config: Config) -> Iterator[Finding]:
    try:
        outlets = watched_outlets(config)
        watched = [each for each in outlets if each.watched]
        grade = Grade.GOOD if watched else Grade.BAD
        yield Finding("outlets", grade, f"{len(watched)} of {len(outlets)} are watched")
    except (StrictError, ConfigError) as error:
        yield Finding("outlets", Grade.BAD, str(error))
    try:
        yield Finding("rules", Grade.GOOD, f"rule set {load_rules(config).hash[:12]}")
    except RuleError as error:
        yield Finding("rules", Grade.BAD, str(error))


def _secrets(config: Config) -> Iterator[Finding]:
    if config.telegram_token:
        yield Finding("telegram", Grade.GOOD, "a token is set (not shown)")
    else:
        yield Finding("telegram", Grade.LOOK, "no token; MARSAD_TELEGRAM_TOKEN_FILE names one")
    for path in config.secret_files:
        try:
            loose = stat.S_IMODE(path.stat().st_mode) & 0o077
        except OSError as error:
            yield Finding(str(path), Grade.BAD, f"cannot be read ({error.strerror})")
            continue
        if loose:
            yield Finding(str(path), Grade.LOOK, f"others may read this secret; chmod 600 {path}")
    if not config.deadman_url:
        yield Finding(
            "outside check", Grade.LOOK, "none: nobody would notice a dead machine; MARSAD_DEADMAN_URL"
        )


def _disk(config: Config) -> Iterator[Finding]:
    folder = config.database.absolute().parent
    if not folder.exists():
        yield Finding("disk", Grade.LOOK, f"{folder} is not there yet")
        return
    if config.database.exists() and stat.S_IMODE(config.database.stat().st_mode) & 0o007:
        others = f"others may read it, with all addresses; chmod 600 {config.database}*"
        yield Finding("archive", Grade.LOOK, others)
    free = shutil.disk_usage(folder).free
    grade = Grade.GOOD if free > LEAST_DISK else Grade.BAD
    yield Finding("disk", grade, f"{free / 1e9:,.1f} GB are free in {folder}")


def _people(database: Readable) -> Iterator[Finding]:
    people = database.read(lambda c: Subscribers(c).all())
    yield Finding(
        "subscribers", Grade.GOOD if people else Grade.LOOK, f"{len(people)}; `marsad subscribers add`"
    )
    ways = {CHANNEL_OF[each.kind] for each in database.read(lambda c: Bulletins(c).operators())}
    if len(ways) < 2:
        says = f"told of trouble on {len(ways)} of two channels; two do not fail together: `marsad operators add`"
        yield Finding("operators", Grade.LOOK, says)
    else:
        yield Finding("operators", Grade.GOOD, f"told on {', '.join(sorted(ways))}")


def _archive(database: Readable, now: datetime) -> Iterator[Finding]:
    newest = database.read(lambda c: Figures(c).newest_time())
    if newest and newest - now > timedelta(minutes=5):
        yield Finding(
            "clock", Grade.BAD, f"the archive has rows of {newest:%Y-%m-%d %H:%M} UTC: the clock went back"
        )
    else:
        yield Finding("clock", Grade.GOOD, f"{now:%Y-%m-%d %H:%M} UTC")
    last = database.read(lambda c: Upkeep(c).last("backup"))
    if last is None or now - last.at > BACKUP_STALE:
        age = f"the last is {spoken(now - last.at)} old" if last else "none was made"
        yield Finding("backup", Grade.LOOK, f"{age}; set MARSAD_BACKUPS, or `marsad backup`")
    else:
        yield Finding("backup", Grade.GOOD, f"{spoken(now - last.at)} ago")


def check_online(
    outlets: tuple[Outlet, ...], resolve: Callable[[str], object] = socket.gethostbyname
) -> Iterator[Finding]:
    """Yield whether names resolve from here: of the first outlets that are watched."""
    hosts = [
        urlsplit(source.url).hostname
        for outlet in outlets
        for source in outlet.sources
        if outlet.enabled and source.enabled
    ]
    failed = []
    for host in list(dict.fromkeys(filter(None, hosts)))[:5]:
        try:
            resolve(host)
        except OSError:
            failed.append(host)
    grade = Grade.BAD if failed else Grade.GOOD
    yield Finding("names", grade, f"cannot be resolved: {', '.join(failed)}" if failed else "resolve")


async def check_channels(config: Config) -> list[Finding]:
    """Ask the server of each channel that is set up whether it knows us; raises ConfigError."""
    found = []
    async with open_channels(config, bytes(32)) as channels:  # nothing is signed with this key
        for name, channel in channels.items():
            trouble = await channel.check()
            grade = Grade.BAD if trouble else Grade.GOOD
            found.append(Finding(f"{name} (online)", grade, trouble or "answers"))
    return found
