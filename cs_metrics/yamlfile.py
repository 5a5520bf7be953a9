"""Strict YAML: what a person writes is what we read, and every value knows its line.

PyYAML's defaults follow YAML 1.1, in which `open: 10:30` is 630, `on` is true, `0123` is 83 and a repeated key
silently wins. Here only null, true/false, integers and decimals are not text, and a repeated key is an error.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from cs_metrics.errors import DefinitionError, Problem

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
