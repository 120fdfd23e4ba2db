"""The command ``marsad``: commands in the order of a newcomer's questions, errors in one line."""

import errno
import gc
import os
import sys
from importlib import import_module
from textwrap import fill
from typing import Any

import click

from alerts.matching import RuleError
from crawler.database import DatabaseError
from crawler.strict import StrictError
from scheduler.archive import AlreadyRunningError
from scheduler.logs import set_up
from scheduler.wiring import VARIABLES, ConfigError, read_config

ONE_LINE = (StrictError, RuleError, ConfigError, DatabaseError, AlreadyRunningError)

UNANSWERED = "nothing was done: it asks, and nobody answers here; --yes, where there is one, answers ahead"
# What a write to standard output fails with.
LOST = frozenset({errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EFBIG, errno.EDQUOT})

# Of garbage: there are hundreds of thousands of long-lived objects and few cycles, and each look at all of them takes
# a fifth of a second. The default thresholds double the cost of a poll.
COLLECTING = (20_000, 50, 100)

SETTINGS = "\n".join(
    fill(f"{name}: {meaning}", 78, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False)
    for name, meaning in VARIABLES.items()
)


# In the order of a newcomer's questions. Each is a function of a module of its name in `scheduler.commands`.
COMMANDS = (
    "demo",
    "init",
    "run",
    "poll",
    "explain",
    "evidence",
    "search",
    "read",
    "outlets",
    "rules",
    "stories",
    "story",
    "subscribers",
    "outbox",
    "recall",
    "replay",
    "digest",
    "web",
    "mail",
    "events",
    "silence",
    "operators",
    "test-alert",
    "db",
    "backup",
    "restore",
    "drill",
    "migrate",
    "logs",
    "export",
    "doctor",
    "config",
)


class Newcomer(click.Group):
    """Imports a command when it is asked for, and turns errors that name their way out into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a newcomer's questions."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; the others stay unread, for a quick answer to a short question."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name.replace("-", "_")
        command = getattr(import_module(f"scheduler.commands.{module}"), module)
        assert isinstance(command, click.Command)  # noqa: S101 (ours: a test walks all of them)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; click knows no names but of those that are read, to suggest one."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx) from error

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's own signature)
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ONE_LINE as error:
            raise click.ClickException(str(error)) from error
        except click.Abort as error:
            if isinstance(error.__context__, EOFError):
                raise click.ClickException(UNANSWERED) from error
            raise


@click.group(
    cls=Newcomer,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
    epilog=(
        "\b\nSettings are read from the environment:\n"
        f"{SETTINGS}\n\n"
        "\b\nExit codes: 0 done; 1 it could not be done, and one line says why;\n2 the command line is wrong."
    ),
)
@click.version_option(package_name="marsad")
@click.pass_context
def marsad(ctx: click.Context) -> None:
    """Watch Arabic news outlets, flag what matters, and tell people.

    Start with `marsad demo`. Then `marsad init`, `marsad subscribers add`, `marsad run`.
    """
    # What repairs the settings must not need them.
    ctx.obj = read_config({} if ctx.invoked_subcommand == "init" else os.environ)
    set_up(ctx.obj.log_level, ctx.obj.log_format)


def main() -> None:
    """Run the command line; where its output is lost, it was not done."""
    gc.set_threshold(*COLLECTING)
    try:
        try:
            marsad.main(prog_name="marsad")
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.filename or error.errno not in LOST:
            raise
        # What is left in the buffer would fail once more at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        gone = error.errno == errno.EPIPE  # a reader that has enough, such as head
        sys.exit(1 if gone else f"Error: the output cannot be written ({error.strerror})")


if __name__ == "__main__":
    main()
