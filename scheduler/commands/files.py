"""Files that commands write: whole or not at all, and never over one that is there, unless that is said."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace a file that is there.")


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that is there; raises ClickException."""
    if path.is_file() and not overwrite:
        raise click.ClickException(f"{path}: is there already; --overwrite replaces it")


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield where to write what becomes ``path`` at the end; a device or a pipe is written to as it is.

    Raises:
        ClickException: it is there already, or cannot be written; an earlier file stays as it was.
    """
    refuse_existing(path, overwrite=overwrite)
    straight = path.exists() and not path.is_file()
    part = path if straight else path.with_name(path.name + ".part")
    try:
        yield part
        if not straight:
            part.rename(path)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        if not straight:
            with suppress(OSError):
                part.unlink(missing_ok=True)
