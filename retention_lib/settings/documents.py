"""Strict YAML: plain mappings, lists, texts, numbers, true, false and empty, and nothing else.

YAML 1.1 reads `no` as false, `22:30` as 1350, `012` as 10 and `2024-02-30` as a broken date. Here they
stay text, so that the strict types refuse them with a rule a person understands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from retention_lib.settings.problems import NOT_SHOWN, Problem, key_path, shown

_LARGEST = 1_000_000
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "map", "seq")}


class StrictLoader(yaml.SafeLoader):
    """YAML in which only true, false, decimal numbers and empty are anything but text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # pyyaml's own


for _kind, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+", "-+0123456789"),
):
    _letters = [*_first, ""] if _kind == "null" else list(_first)
    StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), _letters)


@dataclass
class _Reading:
    """What has been found so far in one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: tuple[str, ...], rule: str, value: Any = NOT_SHOWN) -> None:
        self.problems.append(Problem(self.file, key_path(path), value, rule))


def plain_mapping(content: bytes, *, file: str) -> tuple[dict[str, Any], list[Problem]]:
    """The mapping a parameter file holds and the problems of its form.

    Args:
        content: The file's bytes.
        file: The file's name for the problems.

    Returns:
        The mapping, as far as it could be read, and every problem of form.
    """
    reading = _Reading(file)
    node = _node(content, reading)
    if node is None:
        return {}, reading.problems
    if not isinstance(node, yaml.MappingNode):
        reading.problem((), "must hold keys and values, like title: My shop, and holds something else at the top")
        return {}, reading.problems
    try:
        return _mapping(node, (), reading), reading.problems
    except RecursionError:
        return {}, [Problem(file, rule="is nested too deeply")]


def _node(content: bytes, reading: _Reading) -> yaml.Node | None:
    """The tree of the file's only document."""
    text = _text(content, reading)
    if text is None:
        return None
    loader = None
    try:
        loader = StrictLoader(text)
        for event in yaml.parse(text, Loader=StrictLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                line = event.start_mark.line + 1 if event.start_mark else 1
                reading.problem((), f"line {line} begins a value with * or &; write such a value in quotes")
        node = None if reading.problems else loader.get_single_node()
    except yaml.YAMLError as error:
        reading.problem((), _broken_form(error, text))
        return None
    except RecursionError:
        reading.problem((), "is nested too deeply")
        return None
    finally:
        if loader is not None:
            loader.dispose()
    if node is None and not reading.problems:
        reading.problem((), "is empty; copy parameters/template.yml and change it")
    return node


def _text(content: bytes, reading: _Reading) -> str | None:
    if len(content) > _LARGEST:
        reading.problem((), "is larger than 1 MB, which no parameter file is")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reading.problem((), f"line {line} is not written in UTF-8; save the file with that encoding")
        return None


def _broken_form(error: yaml.YAMLError, text: str) -> str:
    """A parser's complaint in words."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f"line {line} holds the character U+{ord(text[error.position]):04X}, which YAML does not allow"
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = str(getattr(error, "problem", None) or "the end is missing")
    where = f"line {mark.line + 1}" if mark else "it"
    if mark and ("'\\t'" in what or _indented_by_tab(text, mark.line)):
        return f"{where} is indented with a tab; YAML wants spaces"
    if "another document" in what:
        return f"{where} begins a second document; a parameter file holds one"
    if "expected alphabetic or numeric" in what:
        return f"{where} begins a value with * or &; write such a value in quotes"
    return f"{where} is no YAML: {what} (a text that holds : or # goes in quotes)"


def _indented_by_tab(text: str, line: int) -> bool:
    """Whether a line begins with white space that holds a tab."""
    words = [*text.split("\n"), ""][line]
    return "\t" in words[: len(words) - len(words.lstrip())]


def _mapping(node: yaml.MappingNode, path: tuple[str, ...], reading: _Reading) -> dict[str, Any]:
    _check_tag(node, path, reading)
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            reading.problem(path, f"has a key on line {line} that is no single word")
            continue
        key = key_node.value
        place = (*path, key)
        if key_node.tag != "tag:yaml.org,2002:str":
            reading.problem(place, f"is a key on line {line} and no text; write it in quotes")
        elif not _is_unicode(key):
            reading.problem(place, f"is a key on line {line} that holds half a character")
        elif key in found:
            reading.problem(place, f"is given again on line {line}; keep one of them")
        else:
            found[key] = _value(value_node, place, reading)
    return found


def _is_unicode(text: str) -> bool:
    """Whether a text can be written: the half of a surrogate pair alone cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _value(node: yaml.Node, path: tuple[str, ...], reading: _Reading) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, reading)
    if isinstance(node, yaml.SequenceNode):
        _check_tag(node, path, reading)
        return [_value(item, path, reading) for item in node.value]
    return _scalar(node, path, reading)


def _check_tag(node: yaml.Node, path: tuple[str, ...], reading: _Reading) -> None:
    if node.tag not in _PLAIN:
        reading.problem(path, f"carries the tag {shown(node.tag)}; a parameter file may not use tags")


def _scalar(node: yaml.Node, path: tuple[str, ...], reading: _Reading) -> Any:
    _check_tag(node, path, reading)
    text = node.value
    kind = node.tag.rpartition(":")[2]
    if kind == "null" and text in ("", "~", "null", "Null", "NULL"):
        return None
    if kind == "bool" and text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    if not _is_unicode(text):
        reading.problem(path, "must be text without half a character", text)
    try:
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
    except ValueError:
        reading.problem(path, "must be a number that can be read", text)
    return text
