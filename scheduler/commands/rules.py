"""``marsad rules``."""

import click

from scheduler.wiring import Config, load_rules


@click.group()
def rules() -> None:
    """The rules that flag articles."""


@rules.command()
@click.pass_obj
def check(config: Config) -> None:
    """Load every rule and prove it on its own examples."""
    found = load_rules(config)
    click.echo(f"{config.rules}: sound; topics {', '.join(found.topics)}; rule set {found.hash[:12]}")
