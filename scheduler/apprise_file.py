"""The file of places that operators are told at through Apprise."""

import re
from collections.abc import Mapping
from pathlib import Path

from scheduler.settings_file import unread

VARIABLE = "MARSAD_APPRISE_FILE"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def read_targets(given: Mapping[str, str], credentials: str) -> dict[str, str]:
    """Return Apprise URLs by the names that operators give them; nothing where no file is set.

    Args:
        given: the ``MARSAD_`` settings.
        credentials: systemd's folder of credentials, or empty.

    Raises:
        ValueError: the file or a line of it cannot be read; the text names the line and shows no URL.
    """
    named = given.get(VARIABLE, "")
    file = Path(named) if named else Path(credentials) / "apprise"
    if not named and not (credentials and file.exists()):
        return {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{VARIABLE}: {file} cannot be read ({unread(error)})") from error
    targets: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, url = (part.strip() for part in line.partition("="))
        if not (equals and url and _NAME.fullmatch(name)):
            raise ValueError(
                f"{file}: line {number}: not a target; write name=address, such as phone=ntfys://…"
            )
        if name in targets:
            raise ValueError(f"{file}: line {number}: {name} is there twice; give each a name of its own")
        targets[name] = url
    return targets
