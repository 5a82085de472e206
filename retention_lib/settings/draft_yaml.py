"""YAML as a drafted parameter file writes it: values quoted where need be, and comments in lines of one width."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

_WIDTH = 118
_PLAIN = re.compile(r"[^\W\d_][\w ./*%()№+-]*[\w)*%]|[^\W\d_]|[a-z]+://", re.UNICODE)
_TAKEN_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def comment(text: str, indent: int, *, bullet: str = "", hanging: str = "") -> Iterator[str]:
    """Lines of a comment.

    Args:
        text: What it says.
        indent: The blanks before each line.
        bullet: What the first line begins with.
        hanging: What the further lines begin with.
    """
    start = " " * indent + "# "
    lines = textwrap.wrap(
        printable(text),
        width=_WIDTH,
        initial_indent=start + bullet,
        subsequent_indent=start + " " * len(bullet) + hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from lines


def printable(text: str) -> str:
    """A text on one line, without characters that move the cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def flow(values: Sequence[Any]) -> str:
    """A list in brackets."""
    return f"[{', '.join(scalar(value, inside=True) for value in values)}]"


def scalar(value: Any, *, inside: bool = False) -> str:
    """A value as a parameter file writes it; a text goes in quotes where YAML could take it for something else.

    Args:
        value: A text, a number, true or false.
        inside: Whether it stands in a list in brackets.
    """
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) and value.casefold() not in _TAKEN_WORDS and "  " not in value
    if plain and not (inside and "," in value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in quoted)


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
