"""What people type, by its kind: options and arguments that several commands share, refused in words."""

import click

from alerts.channels import channel_names

MOST = 10**12  # no row's number is larger, and SQLite holds it
NUMBER = click.IntRange(1, MOST)
DAYS = 36_500  # a hundred years: no archive is older, and no calendar ends
CHANNEL = click.Choice(channel_names())


class Words(click.ParamType[str]):
    """A sentence for people who read it later: not empty, in one paragraph."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it without what surrounds it."""
        if not value.strip():
            self.fail("is empty; say it in a sentence", param, ctx)
        return value.strip()


WORDS = Words()
