"""What is wrong with a parameter file, in sentences a person can act on."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN_KEY = re.compile(r"[^\W\d][\w-]*|[0-9]+")
_SECRETS = re.compile(r"(?<=://)\S*(?=@)|(?<=password=)\S+", re.IGNORECASE)
_LONGEST = 60


class _NotShown:
    """The type of `NOT_SHOWN`."""

    def __repr__(self) -> str:
        return "NOT_SHOWN"


NOT_SHOWN: Final = _NotShown()
"""Stands for a value that a sentence leaves out: there is none, or it may be a secret."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a parameter file or with a notebook's parameters.

    Attributes:
        file: The file as the reader knows it, from the project's folder (`parameters/x.yml`).
        key: The place in the file (`reports.churn_diagnosis.lapse_days`); empty for the file as a whole.
        value: What stands there; `NOT_SHOWN` when the sentence is not about a value.
        rule: What is wrong (`is not known`) or, after a value, what is wanted (`must be text`).
        nearest: The known name closest to the one given, if any is close.
    """

    file: str
    key: str = ""
    value: Any = NOT_SHOWN
    rule: str = "is not known"
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        if isinstance(self.value, _NotShown):
            place = f"{self.key} " if self.key else ""
            return _one_line(f"{self.file}: {place}{self.rule}{hint}")
        place = f"{self.key} is" if self.key else "it is"
        return _one_line(f"{self.file}: {place} {shown(self.value)} but {self.rule}{hint}")


class ParameterError(Exception):
    """A parameter file, a set's name or a notebook's parameters are wrong.

    Attributes:
        problems: Everything found, each once, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple({str(problem): problem for problem in problems}.values())
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def shown(value: Any) -> str:
    """A value as a sentence shows it: on one line, as YAML writes it, cut, without passwords."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = _one_line(_SECRETS.sub("***", text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def key_path(parts: Iterable[Any]) -> str:
    """Names joined by dots; a name that is no plain word stands in quotes."""
    return ".".join(name if _PLAIN_KEY.fullmatch(name) else shown(name) for name in map(str, parts))


def nearest_name(name: Any, known: Iterable[str]) -> str | None:
    """The known name closest to the one given, or None when none is close."""
    names = list(known)
    by_fold = {known_name.casefold(): known_name for known_name in reversed(names)}
    close = difflib.get_close_matches(str(name)[:_LONGEST].casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def text_remedy(value: Any) -> str:
    """How to write a value as text, appended to a rule."""
    return f'; write it in quotes: "{shown(value)}"' if isinstance(value, int | float) else ""


def number_remedy(value: Any) -> str:
    """How to write a text as the number it looks like, appended to a rule; empty when it looks like none."""
    if isinstance(value, float) and value.is_integer():
        return f"; write {value:.0f}"
    if not isinstance(value, str):
        return ""
    try:
        number = float(value.replace(",", ".").replace("_", ""))
    except ValueError:
        return "; it is text"
    if not abs(number) < 1e15:  # not a number included
        return "; it is text"
    plain = f"{int(number)}" if number == int(number) else f"{number!r}"
    return f"; it is text, write {plain} without quotes"


def bool_remedy(value: Any) -> str:
    """How to write a word that YAML 1.1 took for true or false, appended to a rule."""
    words = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
    word = words.get(value.casefold()) if isinstance(value, str) else None
    return f"; write {word}" if word else ""


def _one_line(text: str) -> str:
    """The text with every character that moves the cursor or breaks the line written as a code."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
