"""Strict YAML: what a person writes is what we read, and every value knows its line.

PyYAML's defaults follow YAML 1.1, in which `open: 10:30` is 630, `on` is true, `0123` is 83 and a repeated key
silently wins. Here only null, true/false, integers and decimals are not text, and a repeated key is an error.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from datetime import date
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar, get_args, get_origin

import msgspec
import yaml

from cs_metrics.errors import DefinitionError, Problem, did_you_mean

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times as fast


class Mapping(dict[str, Any]):
    """A YAML mapping; `line` is its own line and `lines` that of each key, counting from 1."""

    line: int = 0
    lines: dict[str, int]


class _Loader(_Base):  # type: ignore[misc]
    """PyYAML's safe loader with four plain scalar types instead of YAML 1.1's zoo."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> Mapping:
    mapping = Mapping()
    mapping.line = node.start_mark.line + 1
    mapping.lines = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, Hashable) or not isinstance(key, str):
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
        if key in mapping:
            raise yaml.constructor.ConstructorError(
                None,
                None,
                f"the key '{key}' stands here twice (first in line {mapping.lines[key]})",
                key_node.start_mark,
            )
        mapping[key] = loader.construct_object(value_node, deep=True)
        mapping.lines[key] = line
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def load(path: Path) -> Mapping:
    """The mapping that a YAML file holds. Raises `DefinitionError` with file and line where it holds none."""
    try:
        return loads(path.read_text(encoding="utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise DefinitionError([Problem(str(path), 0, "is not UTF-8 text")]) from None
    except OSError as error:
        raise DefinitionError([Problem(str(path), 0, f"cannot be read: {error.strerror}")]) from None


def loads(text: str, path: str) -> Mapping:
    """`load` for text; `path` is what error messages call it."""
    try:
        loaded = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise DefinitionError([Problem(path, line, str(error.problem or error.context))]) from None
    except yaml.YAMLError as error:
        raise DefinitionError([Problem(path, 0, str(error).splitlines()[0])]) from None
    if loaded is None:
        return loads("{}", path)
    if not isinstance(loaded, Mapping):
        raise DefinitionError([Problem(path, 1, "is not a list of `key: value` lines")])
    return loaded


_KINDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a day such as 2024-03-31",
    dict: "keys with values",
}


def key_problems(raw: Mapping, struct: type[msgspec.Struct], path: Path, within: str = "") -> Iterator[Problem]:
    """What is wrong with the keys of a mapping, and of the mappings in it, for a struct that says what they must be.

    Unknown keys, values of a wrong type, missing keys; `within` is said before the names of nested keys.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key, value in raw.items():
        line, name = raw.lines[key], f"{within}{key}"
        if key not in fields:
            yield Problem(str(path), line, f"unknown key '{name}'.{did_you_mean(key, fields)}")
            continue
        inner = _struct_in(fields[key].type)
        items = value if isinstance(value, list) else [value]
        if inner and items and all(isinstance(item, Mapping) for item in items):
            for item in items:
                yield from key_problems(item, inner, path, f"{name}.")
            continue
        try:
            msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError:
            yield Problem(str(path), line, f"{name}: {_must_be(fields[key].type, value)}")
    for key, field in fields.items():
        if field.required and key not in raw:
            yield Problem(str(path), raw.line, f"the key '{within}{key}' is missing")


def _struct_in(wanted: Any) -> type[msgspec.Struct] | None:
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return wanted
    return next((inner for option in get_args(wanted) if (inner := _struct_in(option))), None)


def _must_be(wanted: Any, value: object) -> str:
    words = [word for option in (wanted, *get_args(wanted)) for word in get_args(option) if isinstance(word, str)]
    if words:
        return f"'{value}' is none of {', '.join(words)}.{did_you_mean(str(value), words)}"
    return f"this must be {_kind(wanted)}"


def _kind(wanted: Any) -> str:
    origin = get_origin(wanted) or wanted
    if origin is list:
        return "a list"
    if origin in _KINDS:
        return _KINDS[origin]
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        return _KINDS[dict]
    return " or ".join(_kind(option) for option in get_args(wanted) if option is not NoneType)
