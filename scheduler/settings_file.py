"""Settings in a file, a NAME=value line each: as `marsad init` writes it, and as systemd and a shell read it too."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile


def unread(error: OSError | UnicodeDecodeError) -> str:
    """Why a file could not be read, in words."""
    return error.strerror or "no reason is given" if isinstance(error, OSError) else "it is no UTF-8 text"


def read_settings(path: Path) -> dict[str, str]:
    """Return the settings in a file, by name; raises ValueError naming file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"MARSAD_SETTINGS: {path} cannot be read ({unread(error)}); `marsad init` writes one"
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise ValueError(f"{path}: line {number}: {error}") from error
        if not words:
            continue
        name, equals, value = words[0].partition("=")
        if len(words) > 1 or not equals or not name.startswith("MARSAD_"):
            raise ValueError(
                f"{path}: line {number}: not a setting; write MARSAD_NAME=value, with '' around a value that has spaces"
            )
        found[name] = value
    return found


def settings_text(settings: Mapping[str, str]) -> str:
    """Return the lines of a settings file; what is empty is left out."""
    lines = [f"{name}={shlex.quote(value)}" for name, value in settings.items() if value]
    return "\n".join(["# Written by `marsad init`; `marsad --help` lists all settings.", *lines, ""])


def put_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(text)  # made with mode 0600
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
