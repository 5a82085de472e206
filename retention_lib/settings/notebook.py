"""The parameters a notebook declares in its cell tagged `parameters`, read without running it."""

from __future__ import annotations

import ast
import io
import json
import math
import re
import tokenize
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from retention_lib.settings.problems import (
    ParameterError,
    Problem,
    bool_remedy,
    nearest_name,
    number_remedy,
    shown,
    text_remedy,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Kind = Literal["int", "float", "str", "bool", "date", "none"]

RESERVED: dict[str, str] = {"set_file": "str", "report_id": "str", "month": "str | None"}
"""The names the runner fills and their types; a parameter file may not set them."""

_KINDS: dict[str, Kind] = {"int": "int", "float": "float", "str": "str", "bool": "bool", "date": "date"}
_IMPORTS = {"from typing import Literal", "from datetime import date"}
_COMMENT = re.compile(r"(?P<help>[^\[]*?)\s*(?:\[(?P<notes>[^\[\]]*)\])?", re.DOTALL)
_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})?\s*\.\.\s*(?P<high>{_NUMBER})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, kw_only=True)
class NotebookParameter:
    """One line `name: type = default  # help [unit; low..high]` of a notebook.

    Attributes:
        name: The parameter's name, a Python identifier.
        annotation: Its type as the notebook writes it.
        kinds: The plain kinds of value it takes; dates are ISO text.
        choices: The values named by Literal.
        items: The kind of a list's items; None when it takes no list.
        default: The value when nothing is given.
        help: What it means, in words.
        unit: The unit of its numbers; None when there is none.
        low: The smallest number allowed; None when there is none.
        high: The largest number allowed; None when there is none.
    """

    name: str
    annotation: str
    kinds: tuple[Kind, ...]
    choices: tuple[str | int | bool, ...]
    items: Kind | None
    default: Any
    help: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None


class _WrongCellError(Exception):
    """A line of the cell that breaks the form, with the broken rule in words."""


def read_parameters(notebook: Path) -> list[NotebookParameter]:
    """The parameters of a notebook, in its order, with the reserved ones.

    Args:
        notebook: The `.ipynb` file.

    Raises:
        ParameterError: With every problem, when the file is no notebook, has not exactly one code cell
            tagged `parameters`, or a line of that cell is not of the form above.
    """
    file = f"{notebook.parent.name}/{notebook.name}"
    try:
        return _parameters(_tagged_source(notebook), file=file)
    except _WrongCellError as wrong:
        raise ParameterError([Problem(file, rule=str(wrong))]) from None


def check_value(parameter: NotebookParameter, value: Any) -> str | None:
    """The rule a value breaks, in words that follow "is ... but"; None when the value is right."""
    if value is None and "none" in parameter.kinds:
        return None
    if any(type(choice) is type(value) and choice == value for choice in parameter.choices):
        return None
    if any(_is_kind(value, kind) and _in_range(parameter, value) for kind in parameter.kinds):
        return None
    if isinstance(value, list) and parameter.items is not None and _list_is_right(parameter, value):
        return None
    return f"must be {_wanted(parameter)}{_remedy(parameter, value)}"


def _tagged_source(notebook: Path) -> str:
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        cells = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", [])]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except OSError as error:
        raise _WrongCellError(f"cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _WrongCellError("is no Jupyter notebook of format 4") from None
    if len(sources) != 1 or len(cells) != 1:
        raise _WrongCellError(f"must have one code cell tagged parameters, and has {len(cells)} cells so tagged")
    return sources[0]


def _parameters(source: str, *, file: str) -> list[NotebookParameter]:
    try:
        statements = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError) as error:
        raise _WrongCellError(f"has a parameters cell that is no plain Python: {error}") from None
    found: dict[str, NotebookParameter] = {}
    problems = []
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and ast.unparse(statement) in _IMPORTS:
            continue
        try:
            parameter = _parameter(statement, comments.get(statement.end_lineno or statement.lineno, ""))
            if parameter.name in found:
                raise _WrongCellError(f"declares {parameter.name} twice")
            found[parameter.name] = parameter
        except _WrongCellError as wrong:
            problems.append(Problem(file, f"parameters cell, line {statement.lineno}", rule=str(wrong)))
    if problems:
        raise ParameterError(problems)
    return list(found.values())


def _comments(source: str) -> dict[int, str]:
    """The comments of a cell by line."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def _parameter(statement: ast.stmt, comment: str) -> NotebookParameter:
    if (
        not isinstance(statement, ast.AnnAssign)
        or not isinstance(statement.target, ast.Name)
        or statement.value is None
    ):
        raise _WrongCellError("is not of the form: name: type = default  # help [unit; low..high]")
    kinds, choices, items = _type(statement.annotation)
    text, unit, low, high = _help(comment)
    try:
        default = ast.literal_eval(statement.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise _WrongCellError(f"gives {statement.target.id} a default that is no plain value") from None
    parameter = NotebookParameter(
        name=statement.target.id,
        annotation=ast.unparse(statement.annotation),
        kinds=kinds,
        choices=choices,
        items=items,
        default=default,
        help=text,
        unit=unit,
        low=low,
        high=high,
    )
    _check_declaration(parameter)
    return parameter


def _check_declaration(parameter: NotebookParameter) -> None:
    """A declaration agrees with itself and, for a reserved name, with the runner."""
    numbers = {"int", "float"} & {*parameter.kinds, parameter.items}
    if (parameter.low is not None or parameter.high is not None) and not numbers:
        raise _WrongCellError(f"gives {parameter.name} a range, and it takes no numbers")
    if rule := check_value(parameter, parameter.default):
        raise _WrongCellError(f"gives {parameter.name} the default {shown(parameter.default)}, which {rule}")
    reserved = RESERVED.get(parameter.name)
    if reserved not in (None, parameter.annotation):
        raise _WrongCellError(f"declares {parameter.name} as {parameter.annotation}; the run fills it with {reserved}")


def _type(annotation: ast.expr) -> tuple[tuple[Kind, ...], tuple[str | int | bool, ...], Kind | None]:
    """Kinds, choices and the kind of list items of a type."""
    kinds: list[Kind] = []
    choices: list[str | int | bool] = []
    items: Kind | None = None
    for part in _members(annotation):
        match part:
            case ast.Name(id=name) if name in _KINDS:
                kinds.append(_KINDS[name])
            case ast.Constant(value=None):
                kinds.append("none")
            case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
                choices += _choices(inner)
            case ast.Subscript(value=ast.Name(id="list"), slice=ast.Name(id="int" | "float" | "str" as name)):
                items = _KINDS[name]
            case _:
                raise _WrongCellError(
                    f"has the type {ast.unparse(part)}; known are int, float, str, bool, date, "
                    "list[int], list[float], list[str], Literal[...], None and unions of them by |"
                )
    return tuple(kinds), tuple(choices), items


def _members(annotation: ast.expr) -> Iterator[ast.expr]:
    """The members of a union, in order."""
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        yield from _members(annotation.left)
        yield from _members(annotation.right)
    else:
        yield annotation


def _choices(inner: ast.expr) -> list[str | int | bool]:
    members = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    values = [member.value for member in members if isinstance(member, ast.Constant)]
    plain = [value for value in values if isinstance(value, str | int)]
    if len(plain) != len(members):
        raise _WrongCellError("names in Literal a value that is no text, whole number, True or False")
    return plain


def _help(comment: str) -> tuple[str, str | None, float | None, float | None]:
    """Help, unit, low and high of a line's comment."""
    match = _COMMENT.fullmatch(comment.lstrip("#").strip())
    if match is None or not match["help"]:
        raise _WrongCellError("needs a comment that explains it: # help [unit; low..high]")
    unit: str | None = None
    low = high = None
    for note in filter(None, map(str.strip, (match["notes"] or "").split(";"))):
        if ".." not in note:
            unit = note
            continue
        bounds = _RANGE.fullmatch(note)
        if bounds is None:
            raise _WrongCellError(f"has the range [{note}], which is not of the form low..high")
        low, high = (None if bounds[side] is None else float(bounds[side]) for side in ("low", "high"))
    return match["help"], unit, low, high


def _is_kind(value: Any, kind: Kind | None) -> bool:
    match kind:
        case "int":
            return type(value) is int
        case "float":
            return type(value) is int or (type(value) is float and math.isfinite(value))
        case "str":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, str) and _is_date(value)
        case _:
            return False


def _is_date(value: str) -> bool:
    if not _ISO_DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _in_range(parameter: NotebookParameter, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (parameter.low is None or value >= parameter.low) and (parameter.high is None or value <= parameter.high)


def _list_is_right(parameter: NotebookParameter, value: list[Any]) -> bool:
    """Every item is right; an empty list only where the notebook itself begins with one."""
    if not value:
        return bool(parameter.default == [])
    return all(_is_kind(item, parameter.items) and _in_range(parameter, item) for item in value)


def _wanted(parameter: NotebookParameter) -> str:
    """The values a parameter takes, in words."""
    words = [shown(choice) for choice in parameter.choices]
    words += [_kind_words(kind, parameter) for kind in parameter.kinds if kind != "none"]
    if parameter.items is not None:
        several = {"int": "whole numbers", "float": "numbers", "str": "texts"}[parameter.items]
        least = "" if parameter.default == [] else "one or more "
        words.append(f"a list of {least}{several}{_range_words(parameter)}")
    if "none" in parameter.kinds:
        words.append("left empty")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _kind_words(kind: Kind, parameter: NotebookParameter) -> str:
    names = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}
    if kind == "date":
        return "a day written like 2024-02-29"
    return names[kind] + (_range_words(parameter) if kind in ("int", "float") else "")


def _range_words(parameter: NotebookParameter) -> str:
    low, high = parameter.low, parameter.high
    unit = f" ({parameter.unit})" if parameter.unit else ""
    if low is not None and high is not None:
        return f" from {low:.15g} to {high:.15g}{unit}"
    if low is not None:
        return f" from {low:.15g} up{unit}"
    return (f" up to {high:.15g}" if high is not None else "") + unit


def _remedy(parameter: NotebookParameter, value: Any) -> str:
    """How to write a value that looks right but has the wrong type, or the choice it is close to."""
    if isinstance(value, str):
        nearest = nearest_name(value, [choice for choice in parameter.choices if isinstance(choice, str)])
        if nearest is not None:
            return f"; did you mean {nearest}?"
    if "str" in parameter.kinds or any(str(choice) == str(value) for choice in parameter.choices):
        return text_remedy(value)
    if {"int", "float"} & set(parameter.kinds):
        return number_remedy(value)
    return bool_remedy(value) if "bool" in parameter.kinds else ""
