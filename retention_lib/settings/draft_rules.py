"""Rules of a drafted table: which rows are left out, are refunds or name nobody, each with the doubt about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retention_lib.settings.draft_yaml import comment, flow, scalar


@dataclass(frozen=True, kw_only=True)
class DraftRule:
    """A key of a drafted table that was taken from its rows.

    Attributes:
        key: The key (`without`, `anonymous`, `order_numbers`, ...).
        value: A word, a list of words, or words by column.
        doubt: What was seen, with its rows and money, and how to mend it.
        active: Whether it holds as written; else it is a comment to be taken up.
    """

    key: str
    value: str | Sequence[str] | Mapping[str, Sequence[str]]
    doubt: str
    active: bool = True


def rule_lines(rules: Sequence[DraftRule], indent: int) -> Iterator[str]:
    """The rules as lines of a parameter file, each under its doubt.

    Args:
        rules: The rules.
        indent: The blanks before each line.
    """
    for rule in rules:
        yield from comment(f"DOUBT: {rule.doubt}", indent, hanging="  ")
        yield f"{' ' * indent}{'' if rule.active else '# '}{rule.key}: {_value(rule.value)}"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(name, inside=True)}: {flow(words)}' for name, words in value.items())}}}"
    return flow(value)
