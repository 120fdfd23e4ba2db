"""Outlet files written: a source amended with all else left as it stands, and a new outlet for review."""

from collections.abc import Mapping
from dataclasses import fields
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from crawler.nouns import Outlet, Selectors, Source
from crawler.registry import load_outlet
from crawler.strict import StrictError


def amend(path: Path, url: str, changes: Mapping[str, object]) -> None:
    """Set keys of one source of an outlet file, and take those away that are None.

    Comments, order and quotes stay; the file is replaced whole or not at all.

    Raises:
        StrictError: it has no such source, or would not load afterwards.
    """
    yaml = _yaml()
    document = yaml.load(path.read_text(encoding="utf-8"))
    source = next((each for each in document.get("sources", ()) if each.get("url") == url), None)
    if source is None:
        raise StrictError(f"{path}: it has no source {url}")
    for key, value in changes.items():
        if value is None:
            source.pop(key, None)
        else:
            source[key] = value
    _replace(path, _text(document))


def compose(outlet: Outlet, remarks: Mapping[str, str]) -> str:
    """Return the file of a new outlet: what is not usual, with a remark beside each key that has one."""
    document = _plain(outlet, Outlet)
    document["sources"] = [_plain(source, Source) for source in outlet.sources]
    if outlet.notes:
        document["notes"] = list(outlet.notes)
    for key, remark in remarks.items():
        if key in document:
            document.yaml_add_eol_comment(remark, key, column=0)
    return _text(document)


def create(path: Path, text: str) -> None:
    """Write a new file; raises StrictError when there is one, or when it would not load."""
    if path.exists():
        raise StrictError(f"{path}: is there already")
    _replace(path, text)


def _plain(noun: Outlet | Source | Selectors, kind: type) -> CommentedMap:
    blank: dict[str, Any] = {field.name: field.default for field in fields(kind)}
    values = {field.name: getattr(noun, field.name) for field in fields(kind)}
    lists = {"sources", "notes"}
    return CommentedMap(
        (name, _scalar(value)) for name, value in values.items() if name not in lists and value != blank[name]
    )


def _scalar(value: object) -> object:
    if isinstance(value, Selectors):
        return _plain(value, Selectors)
    return str(value) if isinstance(value, str) else value  # an Enum of strings is written as its value


def _replace(path: Path, text: str) -> None:
    try:
        with TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
            draft = Path(folder) / path.name  # under its own name: the name is the id
            draft.write_text(text, encoding="utf-8")
            load_outlet(draft)
            draft.replace(path)
    except OSError as error:
        raise StrictError(f"{path}: cannot be written ({error.strerror}); set MARSAD_OUTLETS") from error


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # no line is broken that was whole
    yaml.indent(mapping=2, sequence=2, offset=0)
    return yaml


def _text(document: CommentedMap) -> str:
    written = StringIO()
    _yaml().dump(document, written)
    return written.getvalue()
