"""``marsad rules``: check, try, explain and measure the rules."""

import click

from scheduler.commands.rules.judging import check, explain, match, try_expression
from scheduler.commands.rules.labels import label, learn, report_rules
from scheduler.commands.rules.measuring import evaluate
from scheduler.commands.rules.replaying import audit_terms, backtest_archive


@click.group()
def rules() -> None:
    """Check, try, explain and measure the rules."""


for command in (
    check,
    match,
    try_expression,
    explain,
    evaluate,
    audit_terms,
    backtest_archive,
    label,
    learn,
    report_rules,
):
    rules.add_command(command)
