"""The configuration: read once from the environment, checked, and handed on as one frozen value."""

import ipaddress
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import NewType
from urllib.parse import urlsplit

from alerts.bot.nouns import Access
from alerts.channels import Channel, open_channel
from alerts.matching import RuleSet
from crawler.addresses import networks
from crawler.nouns import Outlet
from crawler.registry import FOLDER as OUTLETS
from crawler.registry import load_outlets
from crawler.urls import is_web
from scheduler import mail_settings
from scheduler.apprise_file import read_targets
from scheduler.mail_settings import MailSettings
from scheduler.settings_file import read_settings, unread

Secret = NewType("Secret", str)

RULES = Path(__file__).parent.parent / "alerts" / "rules"
DATABASE = Path("marsad.sqlite")
TELEGRAM_API = "https://api.telegram.org"

# Each variable with what it sets, for `marsad --help`, the guide and the check of unknown names.
VARIABLES = {
    "MARSAD_SETTINGS": "a file of these settings (`marsad init` writes one); the environment goes before it",
    "MARSAD_DATABASE": "the archive, one SQLite file (marsad.sqlite in the current folder)",
    "MARSAD_OUTLETS": "a folder of outlet files (those that come with Marsad)",
    "MARSAD_WATCH": "which of them are watched: countries and ids, comma-separated, such as EG,SA,aawsat (all)",
    "MARSAD_RULES": "a folder of rule packs (those that come with Marsad)",
    "MARSAD_RECORDINGS": "a folder of recorded pages (recordings in the current folder)",
    "MARSAD_TELEGRAM_TOKEN": "the bot's token; better in a file:",
    "MARSAD_TELEGRAM_TOKEN_FILE": "a file that holds the token; $CREDENTIALS_DIRECTORY/telegram_token is read too",
    "MARSAD_TELEGRAM_API": f"the Bot API server ({TELEGRAM_API})",
    "MARSAD_TELEGRAM_PROXY": "a proxy for Telegram where it is blocked",
    **mail_settings.VARIABLES,
    "MARSAD_APPRISE_FILE": "a file of places that operators are told at, name=Apprise URL a line (extra: apprise)",
    "MARSAD_BOT_ACCESS": "who may subscribe through the bot: open, invite or allowed (open)",
    "MARSAD_BOT_ALLOWED": "ids of chats and users that may always subscribe, comma-separated",
    "MARSAD_USER_AGENT": "how we introduce ourselves to outlets; put a contact address in it",
    "MARSAD_PROXY": "an http:// or https:// proxy that outlets are fetched through (none)",
    "MARSAD_REACTOR": "1 fetches with Twisted's client in place of aiohttp's (0)",
    "MARSAD_BROWSER": "the Chromium that opens pages of outlets with `rendering: true` (the one that Playwright keeps)",
    "MARSAD_ALLOWED_NETWORKS": "private networks that may be fetched from, comma-separated (none)",
    "MARSAD_BACKUPS": "a folder for nightly backups, which `marsad run` then makes and rehearses (none)",
    "MARSAD_METRICS": "where metrics and health are answered, such as 127.0.0.1:9464; loopback only (nowhere)",
    "MARSAD_DEADMAN_URL": "an outside check that is pinged every five minutes while all moves (none)",
    "MARSAD_RUNBOOKS": "address of a copy of docs/runbooks that operators' messages link to (none)",
    "MARSAD_LOG": "debug, info, warning or error (info)",
    "MARSAD_LOG_FORMAT": "json or console (console on a terminal, else json)",
}
FOR_TESTS = {"MARSAD_DATA", "MARSAD_PROOF"}  # read by the test suite only


class ConfigError(Exception):
    """A setting that cannot be taken; one line that names the variable and the way out."""


@dataclass(frozen=True, slots=True)
class Config:
    """What an operator set. Secrets never show in its text."""

    database: Path = DATABASE
    outlets: Path = OUTLETS
    watch: frozenset[str] = frozenset()  # countries and ids of outlets; empty: all
    rules: Path = RULES
    recordings: Path = Path("recordings")
    telegram_token: Secret = field(default=Secret(""), repr=False)
    telegram_api: str = TELEGRAM_API
    telegram_proxy: str = field(default="", repr=False)
    mail: MailSettings | None = None
    apprise: Mapping[str, str] = field(default_factory=dict, repr=False)  # URLs by name
    public_url: str = ""
    bot_access: Access = Access.OPEN
    bot_allowed: frozenset[str] = frozenset()
    user_agent: str = ""
    proxy: str = field(default="", repr=False)
    reactor: bool = False
    browser: Path | None = None
    allowed_networks: tuple[str, ...] = ()
    log_level: str = "info"
    log_format: str = ""
    secret_files: tuple[Path, ...] = ()
    backups: Path | None = None
    metrics: str = ""
    deadman_url: str = field(default="", repr=False)
    runbooks: str = ""


def read_config(environment: Mapping[str, str]) -> Config:
    """Return the configuration in ``environment``; raises ConfigError naming the variable."""
    given = given_settings(environment)
    credentials = environment.get("CREDENTIALS_DIRECTORY", "")
    try:
        mail, public_url = mail_settings.read_mail(given, credentials), mail_settings.public_url(given)
        apprise = read_targets(given, credentials)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    config = Config(
        database=Path(given.get("MARSAD_DATABASE") or DATABASE),
        outlets=Path(given.get("MARSAD_OUTLETS") or OUTLETS),
        watch=_listed(given.get("MARSAD_WATCH", "")),
        rules=Path(given.get("MARSAD_RULES") or RULES),
        recordings=Path(given.get("MARSAD_RECORDINGS") or "recordings"),
        telegram_token=_token(given, credentials),
        telegram_api=given.get("MARSAD_TELEGRAM_API") or TELEGRAM_API,
        telegram_proxy=given.get("MARSAD_TELEGRAM_PROXY", ""),
        mail=mail,
        apprise=apprise,
        public_url=public_url,
        bot_access=_access(given.get("MARSAD_BOT_ACCESS") or "open"),
        bot_allowed=_listed(given.get("MARSAD_BOT_ALLOWED", "")),
        user_agent=given.get("MARSAD_USER_AGENT", ""),
        proxy=given.get("MARSAD_PROXY", ""),
        reactor=_switch("MARSAD_REACTOR", given.get("MARSAD_REACTOR") or "0"),
        browser=Path(given["MARSAD_BROWSER"]) if given.get("MARSAD_BROWSER") else None,
        allowed_networks=tuple(
            filter(None, given.get("MARSAD_ALLOWED_NETWORKS", "").replace(" ", "").split(","))
        ),
        secret_files=tuple(
            Path(given[name]) for name in sorted(given) if name.endswith("_FILE") and given[name]
        ),
        backups=Path(given["MARSAD_BACKUPS"]) if given.get("MARSAD_BACKUPS") else None,
        metrics=given.get("MARSAD_METRICS", ""),
        deadman_url=given.get("MARSAD_DEADMAN_URL", "").rstrip("/"),
        runbooks=given.get("MARSAD_RUNBOOKS", "").rstrip("/"),
        log_level=(given.get("MARSAD_LOG") or "info").lower(),
        log_format=given.get("MARSAD_LOG_FORMAT", "").lower(),
    )
    _check(config)
    return config


def given_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the environment, and those of a file that it does not say; raises ConfigError."""
    named = environment.get("MARSAD_SETTINGS", "").strip()
    try:
        kept = read_settings(Path(named)) if named else {}
    except ValueError as error:
        raise ConfigError(str(error)) from error
    given = kept | {name: value.strip() for name, value in environment.items() if name.startswith("MARSAD_")}
    for name in sorted(given.keys() - VARIABLES.keys() - FOR_TESTS):
        where = f"{named}: " if name in kept else ""
        near = get_close_matches(name, VARIABLES, 1)
        way_out = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(VARIABLES)}"
        raise ConfigError(f"{where}{name}: no such setting; {way_out}")
    return given


def _switch(name: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise ConfigError(f"{name}: {text!r} must be 1 or 0")
    return text == "1"


def _listed(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.replace(" ", "").split(",")))


def _token(given: Mapping[str, str], credentials: str) -> Secret:
    named = given.get("MARSAD_TELEGRAM_TOKEN_FILE", "")
    handed = Path(credentials) / "telegram_token" if credentials else None
    file = Path(named) if named else handed if handed and handed.exists() else None
    if file is None:
        return Secret(given.get("MARSAD_TELEGRAM_TOKEN", ""))
    try:
        return Secret(file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"MARSAD_TELEGRAM_TOKEN_FILE: {file} cannot be read ({unread(error)})") from error


def _access(word: str) -> Access:
    try:
        return Access(word)
    except ValueError:
        raise ConfigError(f"MARSAD_BOT_ACCESS: {word!r} must be {', '.join(Access)}") from None


def _check(config: Config) -> None:
    try:
        networks(config.allowed_networks)
    except ValueError as error:
        raise ConfigError(f"MARSAD_ALLOWED_NETWORKS: {error}; write networks such as 10.0.0.0/8") from error
    _check_addresses(config)
    if config.telegram_proxy and urlsplit(config.telegram_proxy).scheme not in {"http", "https", "socks5"}:
        raise ConfigError("MARSAD_TELEGRAM_PROXY: must begin with http://, https:// or socks5://")
    if config.proxy and not (
        urlsplit(config.proxy).scheme in {"http", "https"} and urlsplit(config.proxy).hostname
    ):
        raise ConfigError("MARSAD_PROXY: must be an address such as http://proxy.example:3128")
    if config.browser and not os.access(config.browser, os.X_OK):
        raise ConfigError(f"MARSAD_BROWSER: {config.browser} is no program that can be started")
    if not (config.user_agent.isprintable() and config.user_agent.isascii()):
        raise ConfigError(
            "MARSAD_USER_AGENT: must be one line of printable ASCII: it is a header of each request"
        )
    if config.backups and config.backups.exists() and not config.backups.is_dir():
        raise ConfigError(f"MARSAD_BACKUPS: {config.backups} is a file; name a folder")
    if config.log_level not in {"debug", "info", "warning", "error"}:
        raise ConfigError(f"MARSAD_LOG: {config.log_level!r} must be debug, info, warning or error")
    if wrong := [each for each in config.bot_allowed if not each.removeprefix("-").isdecimal()]:
        raise ConfigError(
            f"MARSAD_BOT_ALLOWED: {wrong[0]!r} is no Telegram id: the bot shows a chat's on /start"
        )
    if config.log_format not in {"", "json", "console"}:
        raise ConfigError(f"MARSAD_LOG_FORMAT: {config.log_format!r} must be json or console")
    if config.metrics:
        metrics_address(config.metrics)
    if config.telegram_token and not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", config.telegram_token):
        raise ConfigError(
            "MARSAD_TELEGRAM_TOKEN: not a bot token (digits, a colon, letters); BotFather gives one"
        )


def _check_addresses(config: Config) -> None:
    if not is_web(config.telegram_api):
        raise ConfigError(f"MARSAD_TELEGRAM_API: {config.telegram_api!r} is not an http or https address")
    for name, url in (("MARSAD_DEADMAN_URL", config.deadman_url), ("MARSAD_RUNBOOKS", config.runbooks)):
        if url and not is_web(url):
            raise ConfigError(f"{name}: must begin with http:// or https://")


def metrics_address(text: str) -> tuple[str, int]:
    """Return host and port of ``127.0.0.1:9464``; raises ConfigError unless it is a loopback address."""
    host, _, port = text.rpartition(":")
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(
            f"MARSAD_METRICS: {text!r} must be a loopback address and a port, such as 127.0.0.1:9464; "
            "figures leave the machine through a proxy of yours"
        )
    return host.strip("[]"), int(port)


def watched_outlets(config: Config) -> tuple[Outlet, ...]:
    """Return every outlet, those disabled that MARSAD_WATCH does not name.

    Raises:
        StrictError: an outlet file is wrong.
        ConfigError: MARSAD_WATCH names nothing that is there.
    """
    outlets = load_outlets(config.outlets)
    for name in sorted(config.watch - {word for each in outlets for word in (each.id, each.country)}):
        raise ConfigError(
            f"MARSAD_WATCH: {name!r} is the id or country of no outlet; `marsad outlets list` shows them"
        )
    return tuple(
        each if not config.watch or {each.id, each.country} & config.watch else replace(each, enabled=False)
        for each in outlets
    )


def load_rules(config: Config) -> RuleSet:
    """Return the rules in force; raises RuleError naming file, entry and key."""
    return RuleSet.load(config.rules)


@asynccontextmanager
async def open_channels(config: Config, key: bytes) -> AsyncIterator[dict[str, Channel]]:
    """Open every channel that is configured, by name; closes them on leaving.

    Args:
        config: what the operator set.
        key: signs the tokens in mails, and webhooks.

    Raises:
        ConfigError: a channel cannot take its settings.
    """
    settings: dict[str, dict[str, str]] = {
        "console": {},
        "webhook": {"key": key.hex(), "allowed": ",".join(config.allowed_networks)},
    }
    if config.telegram_token:
        settings["telegram"] = {
            "token": config.telegram_token,
            "api": config.telegram_api,
            "proxy": config.telegram_proxy,
        }
    if config.mail:
        settings["mail"] = config.mail.channel(key)
    if config.apprise:
        settings["apprise"] = dict(config.apprise)
    async with AsyncExitStack() as stack:
        channels = {}
        for name, given in settings.items():
            try:
                channels[name] = open_channel(name, given)
            except ValueError as error:
                raise ConfigError(str(error)) from error
            stack.push_async_callback(channels[name].close)
        yield channels
