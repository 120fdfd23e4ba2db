"""Read YAML strictly: whatever is unknown, missing, doubled or of the wrong kind is refused by file and key."""

from collections.abc import Hashable
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import cattrs
import yaml
from cattrs.gen import make_dict_structure_fn

T = TypeVar("T")

MOST_BYTES = 4 << 20  # a file of judgement is written by hand; anything larger is a mistake


class StrictError(Exception):
    """A file that cannot be taken as it is; one line that names file, key and way out."""


class _Loader(yaml.CSafeLoader):
    """YAML's safe loader (libyaml's: ten times as fast), which also refuses a key written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise StrictError(f"line {key_node.start_mark.line + 1}: the key {key!r} is written twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


# YAML 1.1 reads NO (Norway), on and yes as booleans; here only true and false are. A date stays the text it is.
_Loader.yaml_implicit_resolvers = {
    initial: [
        (tag, pattern)
        for tag, pattern in found
        if not tag.endswith(":timestamp") and (initial in "tTfF" or not tag.endswith(":bool"))
    ]
    for initial, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str) -> Any:  # noqa: ANN401 (a document may be anything until it is structured)
    """Return the document in ``text``; raises StrictError that names the line."""
    try:
        # An alias may be grown into a bomb: refused before anything is made of it.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _Loader)):
            raise StrictError("aliases (*name) are not taken: write the value out")
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        why = ", ".join(filter(None, (error.context, error.problem)))
        raise StrictError(f"{at}not YAML: {why}") from error
    except yaml.reader.ReaderError as error:
        raise StrictError(f"not YAML: a character that it does not allow: U+{error.character:04X}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise StrictError(f"not YAML: {' '.join(str(error).split())}") from error


def read_yaml(path: Path) -> Any:  # noqa: ANN401 (a document may be anything until it is structured)
    """Return the document in ``path``; raises StrictError that names the file and line."""
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            raise StrictError(f"larger than {MOST_BYTES >> 20} MB")
        return parse_yaml(raw.decode("utf-8"))
    except StrictError as error:
        raise StrictError(f"{path}: {error}") from error
    except (UnicodeDecodeError, OSError) as error:
        raise StrictError(f"{path}: cannot be read ({' '.join(str(error).split())})") from error


def structure(document: object, kind: type[T], where: str) -> T:
    """Return ``document`` as a ``kind`` (a dataclass); raises StrictError naming ``where`` and every wrong key."""
    if not isinstance(document, dict):
        found = (
            "nothing" if document is None else "a list" if isinstance(document, list) else repr(document)[:40]
        )
        raise StrictError(f"{where}: must be keys with values, and there is {found}")
    try:
        return _converter.structure(document, kind)
    except (cattrs.BaseValidationError, ValueError, TypeError) as error:
        problems = cattrs.transform_error(error, path="", format_exception=_in_words)
        lines = (
            problem.replace(" @ .", " at ").replace(" @ ", " at ").removesuffix(" at ")
            for problem in problems
        )
        raise StrictError(f"{where}: " + "; ".join(lines)) from error


def _in_words(error: BaseException, kind: type | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        known = ", ".join(sorted(getattr(error.cl, "__dataclass_fields__", {})))
        unknown = ", ".join(sorted(error.extra_fields))
        return f"unknown key {unknown} (known: {known})"
    if isinstance(error, KeyError):
        return f"the key {error.args[0]} is missing"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"must be one of {', '.join(str(member.value) for member in kind)}"
    return str(error)


def _plain(value: object, kind: type) -> Any:  # noqa: ANN401 (it returns what it was given)
    if issubclass(kind, Enum):  # an Enum of strings is a str too
        return kind(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        written = "a list" if isinstance(value, list) else repr(value)
        raise ValueError(f"must be of type {kind.__name__}, not {written}")
    return value


def _list(value: object, kind: Any) -> Any:  # noqa: ANN401 (cattrs hands over a generic alias)
    if not isinstance(value, list):
        raise ValueError(f"must be a list, not {value!r}")  # noqa: TRY004 (one kind of error for the reader)
    # As a list, so that an error carries the index of the item it stands in.
    return tuple(_converter.structure(value, list[kind.__args__[0]]))


_converter = cattrs.Converter(forbid_extra_keys=True)
for _kind in (str, int, float, bool):
    _converter.register_structure_hook(_kind, _plain)
_converter.register_structure_hook_func(lambda kind: getattr(kind, "__origin__", None) is tuple, _list)
_converter.register_structure_hook_factory(
    is_dataclass, lambda kind: make_dict_structure_fn(kind, _converter, _cattrs_forbid_extra_keys=True)
)
