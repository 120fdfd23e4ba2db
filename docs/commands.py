"""Write docs/guide/commands.md from what the commands say of themselves: ``make docs``."""

from collections.abc import Iterator
from pathlib import Path

import click

from scheduler.cli import marsad
from scheduler.wiring import VARIABLES

PAGE = Path(__file__).parent / "guide" / "commands.md"
TOP = """# Commands

Every command, with its options. `marsad COMMAND --help` says the same in the terminal.
This page is written by `make docs`.

Exit codes: 0 done; 1 it could not be done, and one line says why; 2 the command line is wrong.
"""


def chapters(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield a chapter a command, in the order of ``marsad --help``."""
    context = click.Context(command, **marsad.context_settings)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            each = command.get_command(context, name)
            if each is not None:
                yield from chapters(each, (*path, name))
        return
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    yield f"\n## `{' '.join(['marsad', *path, *arguments])}`\n"
    for paragraph in (
        f"{command.help or ''}\n\n{command.epilog or ''}".replace("\b", "").strip().split("\n\n")
    ):
        lines = [line.strip() for line in paragraph.strip().splitlines()]
        examples = len(lines) > 1 and any(line.startswith("marsad ") for line in lines)
        yield "\n".join(["```sh", *lines, "```"]) + "\n" if examples else " ".join(lines) + "\n"
    options = [p for p in command.params if isinstance(p, click.Option)]
    if options:
        yield (
            "\n".join(["| option | value | meaning |", "|---|---|---|", *(row(o, context) for o in options)])
            + "\n"
        )


def row(option: click.Option, context: click.Context) -> str:
    """One option: its names, what it takes, what it means with its default, range and whether it must be given."""
    names = "`, `".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else option.make_metavar(context).replace(" RANGE", "").strip("[]")
    meaning = " ".join((option.get_help_record(context) or ("", ""))[1].split())
    if option.multiple and "again" not in meaning:
        meaning += " [again for more]"
    value = value.replace("|", "`, `") if isinstance(option.type, click.Choice) else value.replace("|", r"\|")
    return " | ".join([f"| `{names}`", f"`{value}`" if value else "", meaning.replace("|", r"\|")]) + " |"


def settings() -> str:
    """The chapter on settings."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()]
    return "\n".join(
        [
            "\n# Settings\n",
            "Read once from the environment. An unknown `MARSAD_` name is refused.\n",
            "| variable | what it sets (by default) |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def written() -> str:
    """The page."""
    return "\n".join([TOP, *chapters(marsad), settings()]).replace("\n\n\n", "\n\n")


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
