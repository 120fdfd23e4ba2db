"""``marsad subscribers add``: tell somebody."""

import click

from alerts.channels.webhook import secret_of
from alerts.consent import mail_key, revive
from alerts.mail.nouns import Asked
from alerts.nouns import CADENCES, LANGUAGES, RecipientKind
from alerts.wanting import CHANNEL_OF, READERS
from scheduler.archive import open_database, utc_now
from scheduler.commands.subscribers.taking import REFUSED, number_of, outlet_ids, take
from scheduler.roster import LEVELS, Entry, checked, checked_address
from scheduler.wiring import Config, load_rules

KINDS = [kind.value for kind in READERS]
EXAMPLES = """\b
marsad subscribers add private_chat 123456789 --topic fraud --place MM
marsad subscribers add channel -1001234567890 --level high
marsad subscribers add mail reader@example.org --cadence daily --timezone Africa/Cairo
"""


# Ids of groups and channels begin with a minus: it must not be read as an option.
@click.command(context_settings={"ignore_unknown_options": True}, epilog=EXAMPLES)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("address", default="-")
@click.option(
    "--topic", "topics", multiple=True, help="Only this topic; give it again for more. All when absent."
)
@click.option(
    "--place",
    "places",
    multiple=True,
    metavar="ISO",
    help="Only this country (MM, KH, TH …). All when absent.",
)
@click.option(
    "--outlet", "outlets", multiple=True, metavar="ID", help="Only what this outlet tells. All when absent."
)
@click.option("--level", type=click.Choice(LEVELS), default="notice", help="From this level up.")
@click.option(
    "--cadence", type=click.Choice(CADENCES), default=None, help="At once, or in a digest; mail: daily."
)
@click.option("--language", type=click.Choice(LANGUAGES), default="ar", help="Of messages.")
@click.option("--timezone", default="UTC", help="IANA name; the times in messages are local.")
@click.option("--confirmed", is_flag=True, help="The owner of a mail address agreed already: do not ask.")
@click.option("--again", is_flag=True, help="Also where its mails came back, or its owner complained.")
@click.pass_obj
def add(
    config: Config,
    /,
    kind: str,
    address: str,
    cadence: str | None,
    confirmed: bool,
    again: bool,
    **wanted: str | tuple[str, ...],
) -> None:
    """Tell somebody: ADDRESS is a mail address, or a Telegram chat id (or @channel); the console needs none.

    The owner of a mail address is asked by a letter first, and told nothing else before the answer.
    """
    rules = load_rules(config)
    try:
        entry = checked(Entry(kind, address, cadence=cadence or "", **wanted), rules, outlet_ids(config))  # type: ignore[arg-type]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    with open_database(config.database) as database:
        if again and kind == RecipientKind.MAIL:
            database.write(lambda c: revive(c, entry.address, utc_now()))
        became = database.write(lambda c: take(c, (entry,), confirmed=confirmed))
        if became in REFUSED:
            raise click.ClickException(f"{entry.address} {REFUSED[Asked(became)]}")
        number = database.read(lambda c: number_of(c, entry))
        click.echo(
            f"subscriber {number} is asked by a letter, and told once it is confirmed"
            if became is Asked.ASKED
            else f"subscriber {number} is told from now on"
        )
        if kind == RecipientKind.WEBHOOK:
            secret = secret_of(database.write(lambda c: mail_key(c, utc_now())), entry.address)
            click.echo(f"what it gets is signed with {secret}; docs/guide/webhooks.md says how")
    warn(config, CHANNEL_OF[RecipientKind(kind)])


def warn(config: Config, channel: str) -> None:
    """Say what is missing for a channel to work."""
    if channel == "telegram" and not config.telegram_token:
        click.echo(
            "no Telegram token is set: nothing is sent before MARSAD_TELEGRAM_TOKEN_FILE names one", err=True
        )
    if channel == "mail" and not config.mail:
        click.echo("no relay is set: nothing is sent before MARSAD_SMTP_HOST names one", err=True)


def check_address(kind: str, address: str) -> None:
    """Refuse an address that cannot be one of its kind; raises BadParameter."""
    try:
        checked_address(kind, address)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
