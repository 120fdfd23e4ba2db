"""``marsad init``: the first set-up, asked for in words; what is answered is tried before it is kept."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
from rich.console import Console

from crawler.registry import FOLDER as OUTLETS
from crawler.registry import load_outlets
from scheduler.checking import Grade, check_channels
from scheduler.commands.screen import open_console
from scheduler.settings_file import put_private, read_settings, settings_text, unread
from scheduler.wiring import VARIABLES, Config, ConfigError, read_config, watched_outlets

FILE = "marsad.env"
TOKEN, PASSWORD = "MARSAD_TELEGRAM_TOKEN_FILE", "MARSAD_SMTP_PASSWORD_FILE"
SECRETS = {TOKEN: "telegram_token", PASSWORD: "smtp_password"}  # files in the folder of secrets
MAIL = ("MARSAD_SMTP_", "MARSAD_MAIL_", "MARSAD_DKIM_")  # how its settings begin
NONE = "none"
MAIL_QUESTIONS = {  # with what is usual
    "MARSAD_SMTP_PORT": ("Its port", "587"),
    "MARSAD_SMTP_SECURITY": ("starttls, tls, or none for a relay on this machine", "starttls"),
    "MARSAD_SMTP_USER": ("Our name there, or none: it knows us by our address", NONE),
    "MARSAD_MAIL_FROM": ("Whom mails are from, such as Marsad <news@example.org>", ""),
    "MARSAD_PUBLIC_URL": ("The https address under which readers reach the pages of `marsad web`", ""),
}
TRIES = 9  # of one question
EXAMPLES = """\b
marsad init
marsad init --folder /etc/marsad --force
marsad init --yes --telegram-token-file token.txt --watch EG,SA
marsad init --yes --smtp-host relay.example.org --mail-from news@example.org --public-url https://news.example.org
"""


@dataclass(slots=True)
class Draft:
    """What was answered so far. Nothing is written before the last answer."""

    settings: dict[str, str]
    asking: bool  # False: what no option says stays as it is
    online: bool
    secrets: dict[str, str] = field(default_factory=dict, repr=False)  # by variable

    def ask(self, name: str, question: str, usual: str = "", given: str | None = None) -> str:
        """Take a setting from an option, or else from an answer; Enter takes what stands there already.

        Where ``usual`` is NONE, the setting may stay empty.
        """
        there = self.settings.get(name) or usual
        if given is None and self.asking:
            given = str(click.prompt(question, default=there or None))
        answer = (there if given is None else given).strip()
        self.settings[name] = answer = "" if answer == NONE == usual else answer
        return answer

    def ask_secret(self, name: str, question: str, file: Path | None) -> None:
        """As ``ask``, of what nobody may see: it is never a setting, and a script hands it over in a file."""
        if file:
            self.secrets[name] = _text(file)
        elif self.asking:
            there = self.settings.get(name) or (name in self.secrets and "the environment")
            enter = f"Enter keeps the one in {there}" if there else "Enter: none"
            answer = click.prompt(
                f"{question} (not shown; {enter})",
                default="",
                show_default=False,
                hide_input=sys.stdin.isatty(),
            )
            if answer:
                self.secrets[name] = answer.strip()

    def forget(self, *beginnings: str) -> None:
        """Do without the settings whose names begin so."""
        for known in (self.settings, self.secrets):
            for name in [each for each in known if each.startswith(beginnings)]:
                del known[name]

    def problem(self, *beginnings: str) -> str:
        """What is wrong with the settings whose names begin so, tried as `marsad doctor` tries them; or empty."""
        try:
            config = self.config(*beginnings)
            found = asyncio.run(check_channels(config)) if self.online else []
        except ConfigError as error:
            return str(error)
        return "; ".join(each.says for each in found if each.grade is Grade.BAD)

    def config(self, *beginnings: str) -> Config:
        """The configuration that the settings make whose names begin so, with their secrets; raises ConfigError."""
        tried = {
            name: value
            for name, value in self.settings.items()
            if name.startswith(beginnings) and name not in self.secrets
        }
        if TOKEN in self.secrets and TOKEN.startswith(beginnings):
            tried["MARSAD_TELEGRAM_TOKEN"] = self.secrets[TOKEN]
        config = read_config(tried)
        if config.mail and PASSWORD in self.secrets:
            config = replace(config, mail=replace(config.mail, password=self.secrets[PASSWORD]))
        return config


_FILE = click.Path(allow_dash=True, dir_okay=False, path_type=Path)


@click.command(epilog=EXAMPLES)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help=f"Where {FILE}, the secrets, the archive and the backups go.",
)
@click.option(
    "--telegram-token-file",
    "token",
    type=_FILE,
    help="A file that holds the bot's token; - is standard input.",
)
@click.option("--smtp-host", help="The relay that takes our mails; empty: no mail.")
@click.option("--smtp-port", help="Its port (587).")
@click.option("--smtp-security", help="starttls, tls, or none for a relay on this machine (starttls).")
@click.option("--smtp-user", help="Our name there.")
@click.option(
    "--smtp-password-file",
    "password",
    type=_FILE,
    help="A file that holds the password; - is standard input.",
)
@click.option("--mail-from", help="Whom mails are from: an address, or a name with the address in <>.")
@click.option("--public-url", help="The https address under which readers reach the pages of `marsad web`.")
@click.option("--watch", help="Which outlets: all, or countries and ids, comma-separated.")
@click.option("--contact", help="Where outlets reach you: a page or a mail address.")
@click.option("--backups/--no-backups", default=None, help="Whether `marsad run` makes a backup every night.")
@click.option("--offline", is_flag=True, help="Do not try the token and the relay.")
@click.option(
    "--force", is_flag=True, help=f"Change a {FILE} that is there; what is not answered anew stays."
)
@click.option("--yes", is_flag=True, help="Ask nothing: what no option says stays as it is.")
def init(
    folder: Path, token: Path | None, smtp_host: str | None, smtp_port: str | None, smtp_security: str | None,
    smtp_user: str | None, password: Path | None, mail_from: str | None, public_url: str | None,
    watch: str | None, contact: str | None, backups: bool | None, offline: bool, force: bool, yes: bool,
) -> None:  # fmt: skip
    """Set Marsad up: asks for a bot, a mail relay and outlets, tries them, and writes the settings.

    Settings go into a file, and secrets into files of their own, all of mode 600. Nothing is written before the last
    answer, and nothing is replaced without --force. With --yes and options it works in scripts.
    """
    folder = folder.absolute()
    target = folder / FILE
    if target.exists() and not force:
        raise click.ClickException(
            f"{target}: is there already; --force changes it, --folder names another place"
        )
    draft = Draft(_known(target), asking=not yes, online=not offline)
    draft.settings.setdefault("MARSAD_DATABASE", str(folder / "marsad.sqlite"))
    console = open_console(highlight=False, markup=False, soft_wrap=True)
    if draft.asking:
        console.print(
            f"Answers go to {target}. Enter takes what stands in [brackets], Ctrl-C leaves all as it was."
        )
    _telegram(draft, console, token)
    _mail(draft, console, password, {
        "MARSAD_SMTP_HOST": smtp_host, "MARSAD_SMTP_PORT": smtp_port, "MARSAD_SMTP_SECURITY": smtp_security,
        "MARSAD_SMTP_USER": smtp_user, "MARSAD_MAIL_FROM": mail_from, "MARSAD_PUBLIC_URL": public_url,
    })  # fmt: skip
    _outlets(draft, console, watch)
    _contact(draft, console, contact)
    there = bool(draft.settings.get("MARSAD_BACKUPS"))
    if backups is None and draft.asking:
        backups = click.confirm(f"Make a backup every night, in {folder / 'backups'}?", default=True)
    if backups is not None and backups is not there:
        draft.settings["MARSAD_BACKUPS"] = str(folder / "backups") if backups else ""
    written = _write(draft, folder)
    _say_next(draft, console, written)


def _known(target: Path) -> dict[str, str]:
    """What was set up before, and what the environment says now."""
    try:
        before = read_settings(target) if target.exists() else {}
    except ValueError as error:
        raise ConfigError(str(error)) from error
    now = {name: os.environ[name].strip() for name in VARIABLES if os.environ.get(name, "").strip()}
    now.pop("MARSAD_SETTINGS", None)
    return before | now


def _text(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            return str(opened.read(10_000)).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: cannot be read ({unread(error)})") from error


def _telegram(draft: Draft, console: Console, file: Path | None) -> None:
    draft.secrets |= {TOKEN: token} if (token := draft.settings.pop("MARSAD_TELEGRAM_TOKEN", "")) else {}
    if draft.asking and not file:
        console.print(
            "\nAlerts on Telegram come from a bot of yours: write /newbot to @BotFather, and it answers with a token."
        )
    for _ in range(TRIES):
        draft.ask_secret(TOKEN, "The bot's token", file)
        if not (draft.secrets.get(TOKEN) or draft.settings.get(TOKEN)):
            return
        problem = draft.problem("MARSAD_TELEGRAM_")
        if not problem:
            console.print("Telegram knows this bot." if draft.online else "The token is kept untried.")
            return
        if _kept_all_the_same(draft, console, problem):
            return
        draft.forget(TOKEN)
        file = None
    raise click.ClickException(f"the bot's token: {TRIES} answers did not do")


def _mail(draft: Draft, console: Console, file: Path | None, given: Mapping[str, str | None]) -> None:
    if draft.asking and not given["MARSAD_SMTP_HOST"]:
        console.print(
            "\nDigests and alerts by mail need a relay that takes our mails, and `marsad web` on a public address."
        )
    for _ in range(TRIES):
        if not draft.ask(
            "MARSAD_SMTP_HOST",
            "The relay's host name, or none for no mail",
            NONE,
            given=given["MARSAD_SMTP_HOST"],
        ):
            draft.forget(*MAIL)
            return
        for name, (question, usual) in MAIL_QUESTIONS.items():
            draft.ask(name, question, usual, given[name])
        if file or draft.settings["MARSAD_SMTP_USER"]:
            draft.ask_secret(PASSWORD, "The password there", file)
        problem = draft.problem(*MAIL, "MARSAD_PUBLIC_URL")
        if not problem:
            console.print("The relay takes our mails." if draft.online else "The relay is kept untried.")
            return
        if _kept_all_the_same(draft, console, problem):
            return
        given, file = dict.fromkeys(given), None
    raise click.ClickException(f"the mail relay: {TRIES} answers did not do")


def _kept_all_the_same(draft: Draft, console: Console, problem: str) -> bool:
    """Say what is wrong, and ask again; a server that cannot be reached just now may be believed."""
    sound = not problem.startswith(("MARSAD_", "Telegram refuses"))
    if not draft.asking:
        way_out = "; --offline does not try it" if sound and draft.online else ""
        raise click.ClickException(f"{problem}. Nothing was written{way_out}")
    console.print(problem)
    return sound and click.confirm("Keep it all the same?", default=False)


def _outlets(draft: Draft, console: Console, given: str | None) -> None:
    folder = Path(draft.settings.get("MARSAD_OUTLETS") or OUTLETS)
    countries = Counter(outlet.country for outlet in load_outlets(folder))
    if draft.asking and given is None:
        told = ", ".join(f"{country} {count}" for country, count in countries.most_common())
        console.print(f"\n{countries.total()} outlets are known: {told}. `marsad outlets list` names them.")
    for _ in range(TRIES):
        answer = draft.ask(
            "MARSAD_WATCH", "Watch which: all, or countries and ids, such as EG,SA,aawsat", "all", given
        )
        words = [word.strip() for word in answer.split(",") if word.strip()]
        chosen = [word.upper() if word.upper() in countries else word.lower() for word in words]
        draft.settings["MARSAD_WATCH"] = "" if chosen == ["all"] else ",".join(chosen)
        try:
            watch = frozenset(chosen) - {"all"}
            outlets = watched_outlets(Config(outlets=folder, watch=watch))
        except ConfigError as error:
            draft.settings["MARSAD_WATCH"] = ""
            if not draft.asking:
                raise
            console.print(str(error))
            given = None
            continue
        watched = sum(each.watched for each in outlets)
        console.print(f"{watched} outlets are watched.")
        return
    raise click.ClickException(f"the outlets: {TRIES} answers did not do")


def _contact(draft: Draft, console: Console, given: str | None) -> None:
    question = "Where outlets reach you, a page or a mail address, or none"
    for _ in range(TRIES):
        agent = draft.ask("MARSAD_USER_AGENT", question, NONE, given=given)
        draft.settings["MARSAD_USER_AGENT"] = f"Marsad (+{agent})" if agent and "(" not in agent else agent
        problem = draft.problem("MARSAD_USER_AGENT")
        if not problem:
            return
        draft.forget("MARSAD_USER_AGENT")
        if not draft.asking:
            raise click.ClickException(f"--contact: {problem}")
        console.print(problem)
        given = None
    raise click.ClickException(f"the contact: {TRIES} answers did not do")


def _write(draft: Draft, folder: Path) -> list[Path]:
    """Put the files in place; returns which."""
    draft.config("")  # raises ConfigError: nothing is written that would be refused
    written = []
    try:
        Path(draft.settings["MARSAD_DATABASE"]).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in draft.secrets.items():
            path = folder / "secrets" / SECRETS[name]
            put_private(path, text + "\n")
            draft.settings[name] = str(path)
            written.append(path)
        put_private(folder / FILE, settings_text(draft.settings))
    except OSError as error:
        raise click.ClickException(
            f"{folder}: cannot be written ({error.strerror}); --folder names another"
        ) from error
    return [*written, folder / FILE]


def _say_next(draft: Draft, console: Console, written: list[Path]) -> None:
    console.print(f"\nWritten, for your eyes only: {', '.join(map(str, written))}\n\nNext:")
    chat = "private_chat YOUR_CHAT" if TOKEN in draft.settings else "console"
    for command, why in (
        (f"export MARSAD_SETTINGS={written[-1]}", "in each shell, or EnvironmentFile= of a unit"),
        ("marsad doctor --online", "whether all of it works from here"),
        (f"marsad operators add {chat}", "who hears when Marsad is in trouble; marsad test-alert tries it"),
        (f"marsad subscribers add {chat}", "who is told; on Telegram /start to the bot does it"),
        ("marsad run", "until Ctrl-C; it goes on where it stopped"),
    ):
        console.print(f"  {command:<50} # {why}")
