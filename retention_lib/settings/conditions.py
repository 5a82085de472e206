"""Conditions on columns of the customer profile, as a parameter file writes them, read into a typed tree.

Python's own grammar reads them and nothing of Python runs: comparisons, `and`, `or`, `not`, `in`, `is missing`,
numbers, quoted text and days. Whatever else stands there is refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from retention_lib.settings.problems import nearest_name, shown
from retention_lib.settings.profile_kinds import PROFILE_KINDS, ProfileKind
from retention_lib.settings.strict import refusal

Sign = Literal["==", "!=", "<", "<=", ">", ">="]
Value = float | str | bool | date

LONGEST = 1000
"""Characters of a condition at most."""


@dataclass(frozen=True)
class Column:
    """A column of the profile.

    Attributes:
        name: Its name.
        kind: What its values are.
    """

    name: str
    kind: ProfileKind


@dataclass(frozen=True)
class Comparison:
    """Two values held against each other; false where one is missing.

    Attributes:
        column: The one on the left.
        sign: How they are compared.
        other: The one on the right.
    """

    column: Column
    sign: Sign
    other: Column | Value


@dataclass(frozen=True)
class Among:
    """A column has one of some values.

    Attributes:
        column: The column.
        values: The values.
    """

    column: Column
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Missing:
    """A column says nothing of the customer.

    Attributes:
        column: The column.
    """

    column: Column


@dataclass(frozen=True)
class Not:
    """A part does not hold.

    Attributes:
        part: The part.
    """

    part: Part


@dataclass(frozen=True)
class Joined:
    """Several parts, all of which or one of which holds.

    Attributes:
        parts: The parts.
        every: Whether all of them have to hold.
    """

    parts: tuple[Part, ...]
    every: bool


Part = Comparison | Among | Missing | Not | Joined


@dataclass(frozen=True)
class Condition:
    """A condition, read.

    Attributes:
        text: As the file has it.
        root: What it says.
    """

    text: str
    root: Part

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names, each once, in their order."""
        return tuple(dict.fromkeys(_columns(self.root)))


def parsed(text: str) -> Condition:
    """A condition read into a tree.

    Args:
        text: Such as `monetary > 5000 and recency_days >= 60 and region in ["north", "south"]`.

    Raises:
        PydanticCustomError: With what is wrong, as a parameter file's validators say it.
    """
    line = " ".join(text.splitlines()).strip()
    if not line or len(line) > LONGEST:
        raise refusal(f"must be a condition of 1 to {LONGEST} characters")
    if not line.isprintable():
        raise refusal("holds characters that cannot be seen; write it anew")
    if day := _DAY_INSIDE.search(_QUOTED.sub("", line)):
        raise refusal(f'has the day {day[0]} without quotes; write "{day[0]}"')
    try:
        body = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        raise refusal(_syntax_rule(line, error)) from None
    except (RecursionError, MemoryError):
        raise refusal(_TOO_DEEP) from None
    if not _shallow(body):
        raise refusal(_TOO_DEEP)
    return Condition(text=line, root=_part(body))


def condition_text(text: str) -> str:
    """The text of a condition, which can be read.

    Raises:
        PydanticCustomError: With what is wrong.
    """
    return parsed(text).text


_SIGNS: dict[type[ast.cmpop], Sign] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MIRRORED: dict[Sign, Sign] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DEEPEST = 40
_TOO_DEEP = "has too many parts within parts; make it simpler"
_DAY_INSIDE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_BOOLEANS = {"true": True, "false": False}
_LARGEST = 1e15
_NUMBERS = frozenset({"count", "money", "number"})
_ALLOWED = "a condition takes columns, numbers, quoted text and days, == != < <= > >=, and, or, not, in, is missing"


def _shallow(body: ast.expr) -> bool:
    """Whether no part lies deeper than a condition needs, so that it can be read part within part."""
    level: list[ast.AST] = [body]
    for _ in range(_DEEPEST):
        level = [below for node in level for below in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def _part(node: ast.expr) -> Part:
    """What an expression says; it must be true or false."""
    if isinstance(node, ast.BoolOp):
        return Joined(tuple(_part(each) for each in node.values), every=isinstance(node.op, ast.And))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Not(_part(node.operand))
    if isinstance(node, ast.Compare):
        return _compared(node)
    if isinstance(node, ast.Name):
        column = _column(node)
        if column.kind != "boolean":
            raise refusal(f"does not say what {column.name} is to be compared with; write {_example(column)}")
        return Comparison(column, "==", True)
    raise refusal(f"holds {_told(node)}, but {_ALLOWED}")


def _compared(node: ast.Compare) -> Part:
    """A comparison; a chain such as 2 <= orders < 5 is each of its links."""
    sides = [node.left, *node.comparators]
    links = tuple(_link(sides[at], sign, sides[at + 1]) for at, sign in enumerate(node.ops))
    return links[0] if len(links) == 1 else Joined(links, every=True)


def _link(left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Part:
    if isinstance(sign, ast.Is | ast.IsNot):
        if not (isinstance(right, ast.Name) and right.id == "missing"):
            raise refusal("has `is` before something else than missing; write == to compare, or is missing")
        missing = Missing(_column(left))
        return missing if isinstance(sign, ast.Is) else Not(missing)
    if isinstance(sign, ast.In | ast.NotIn):
        among = _among(_column(left), right)
        return among if isinstance(sign, ast.In) else Not(among)
    return _comparison(left, _SIGNS[type(sign)], right)


def _comparison(left: ast.expr, sign: Sign, right: ast.expr) -> Comparison:
    if not _named(left):
        if not _named(right):
            raise refusal(f"compares {_told(left)} with {_told(right)}, and neither is a column of the profile")
        left, sign, right = right, _MIRRORED[sign], left
    column = _column(left)
    other = _column(right) if _named(right) else _value(right, column)
    if isinstance(other, Column) and _family(other) != _family(column):
        raise refusal(f"compares {column.name}, {_words(column)}, with {other.name}, {_words(other)}")
    if column.kind in ("text", "boolean") and sign not in ("==", "!="):
        raise refusal(f"compares {column.name}, {_words(column)}, by {sign}; it takes == and != only")
    return Comparison(column, sign, other)


def _among(column: Column, node: ast.expr) -> Among:
    if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
        raise refusal(f"needs a list after in; write {_example(column, listed=True)}")
    return Among(column, tuple(_value(each, column) for each in node.elts))


def _named(node: ast.expr) -> bool:
    """Whether an expression is a column and no value; YAML's true and false are values."""
    return isinstance(node, ast.Name) and node.id not in _BOOLEANS


def _column(node: ast.expr) -> Column:
    """The column that a name stands for."""
    if not isinstance(node, ast.Name):
        raise refusal(f"holds {_told(node)} where a column of the profile has to stand")
    if node.id not in PROFILE_KINDS:
        nearest = nearest_name(node.id, PROFILE_KINDS)
        raise refusal(f"names {node.id}, which is no column of the profile (text goes in quotes)", nearest=nearest)
    return Column(node.id, PROFILE_KINDS[node.id])


def _value(node: ast.expr, column: Column) -> Value:
    """A constant of the kind a column holds."""
    minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    plain = node.operand if isinstance(node, ast.UnaryOp) and minus else node
    value = plain.value if isinstance(plain, ast.Constant) else None
    if isinstance(node, ast.Name):
        value = _BOOLEANS.get(node.id)
    if column.kind in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        if not value <= _LARGEST:
            raise refusal(f"compares {column.name} with a number too large to be true of anybody")
        return -float(value) if minus else float(value)
    if not minus:
        if column.kind == "boolean" and isinstance(value, bool):
            return value
        if column.kind == "text" and isinstance(value, str):
            return value
        if column.kind == "day" and isinstance(value, str):
            return _day(value, column)
    raise refusal(f"compares {column.name}, {_words(column)}, with {_told(node)}; write {_example(column)}")


def _day(text: str, column: Column) -> date:
    if not _DAY.fullmatch(text):
        raise refusal(f"compares {column.name} with {shown(text)}, which is no day; write {_example(column)}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refusal(f"compares {column.name} with {shown(text)}, a day the calendar does not have") from None


def _family(column: Column) -> str:
    """Columns of one family can be compared with one another."""
    return "number" if column.kind in _NUMBERS else column.kind


def _words(column: Column) -> str:
    kinds = {"number": "a number", "day": "a day", "text": "text", "boolean": "true or false"}
    return kinds[_family(column)]


def _example(column: Column, *, listed: bool = False) -> str:
    values = {"number": ("5", "6"), "day": ('"2026-01-31"', '"2026-02-28"'), "text": ('"one"', '"two"')}
    first, second = values.get(_family(column), ("true", "false"))
    if listed:
        return f"{column.name} in [{first}, {second}]"
    return f"{column.name} {'==' if _family(column) in ('text', 'boolean') else '>='} {first}"


def _told(node: ast.expr) -> str:
    """An expression as a sentence shows it."""
    if isinstance(node, ast.Constant):
        return shown(node.value) if isinstance(node.value, str | int | float) else "a constant"
    return f"`{ast.unparse(node)[:40]}`"


def _syntax_rule(line: str, error: SyntaxError) -> str:
    if "==" not in line and "=" in line.replace("<=", "").replace(">=", "").replace("!=", ""):
        return "has one = where two are needed; write == to compare"
    at = max((error.offset or 1) - 1, 0)
    near = line[at : at + 20].strip()
    return f"cannot be read from `{near}` on; {_ALLOWED}" if at and near else f"cannot be read; {_ALLOWED}"


def _columns(part: Part) -> Iterator[str]:
    if isinstance(part, Joined):
        for each in part.parts:
            yield from _columns(each)
    elif isinstance(part, Not):
        yield from _columns(part.part)
    else:
        yield part.column.name
        if isinstance(part, Comparison) and isinstance(part.other, Column):
            yield part.other.name
