"""Strict models that report everything wrong at once, each with its rule in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from retention_lib.settings.calendar import Month
from retention_lib.settings.problems import (
    NOT_SHOWN,
    Problem,
    bool_remedy,
    key_path,
    nearest_name,
    number_remedy,
    text_remedy,
)

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""What sets, stores, reports and variants are called: the names become files and addresses."""

NAME_RULE = "is no usable name; take a-z, 0-9, _ and -, begin with a letter or digit, at most 64 characters"

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HIDDEN_KEYS = frozenset({"connection"})

_TYPE_RULES = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "missing": "is missing",
}


@dataclass(frozen=True)
class Broken:
    """A rule broken by the mapping as a whole or by a key of it.

    Attributes:
        place: The keys that lead there from the mapping.
        rule: What is wrong, in the words of `Problem.rule`.
        value: What stands there, `NOT_SHOWN` to leave it out.
        nearest: The known name closest to a wrong one.
    """

    place: tuple[str, ...]
    rule: str
    value: Any = NOT_SHOWN
    nearest: str | None = None

    def details(self) -> InitErrorDetails:
        """The same, as pydantic wants it."""
        context = {"rule": self.rule, "nearest": self.nearest}
        return InitErrorDetails(type=PydanticCustomError("rule", "{rule}", context), loc=self.place, input=self.value)


class StrictModel(BaseModel):
    """A frozen mapping of known keys; rules between keys are judged even when a key is wrong."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """The rules between keys which the mapping breaks, judged on values of any type."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _everything_at_once(cls, raw: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Gathers what pydantic finds and what `broken_rules` finds into one error."""
        if not isinstance(raw, Mapping):
            return handler(raw)
        known = {key: value for key, value in raw.items() if key in cls.model_fields}
        found = [_unknown(key, cls.model_fields).details() for key in raw if key not in known]
        found += [broken.details() for broken in cls.broken_rules(raw)]
        try:
            built = handler(known)
        except ValidationError as error:
            found = [_again(line) for line in error.errors(include_url=False)] + found
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found, hide_input=True)
        return built


def problems_of(error: ValidationError, *, file: str, above: tuple[str, ...] = ()) -> list[Problem]:
    """The problems in a pydantic error, in its order.

    Args:
        error: The error.
        file: The parameter file.
        above: The keys under which the judged mapping stands in it.
    """
    return [_problem({**line, "loc": (*above, *line["loc"])}, file=file) for line in error.errors(include_url=False)]


def all_broken(title: str, broken: Iterable[Broken]) -> ValidationError:
    """The error a model's own validator raises for the rules broken.

    Args:
        title: The model's name.
        broken: What is wrong.
    """
    return ValidationError.from_exception_data(title, [each.details() for each in broken], hide_input=True)


def refusal(rule: str, *, nearest: str | None = None) -> PydanticCustomError:
    """The error a validator raises for one value."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule, "nearest": nearest})


def iso_date(value: Any) -> Any:
    """A date from text like 2024-02-29; dates and None are left alone."""
    if value is None or type(value) is date:
        return value
    rule = "must be a day of the calendar, written like 2024-02-29"
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise refusal(rule)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise refusal(rule) from None


def _month(value: Any) -> Month | None:
    """A month from text like 2017-12; months and None are left alone."""
    if value is None or isinstance(value, Month):
        return value
    try:
        return Month.parse(value)
    except (TypeError, ValueError):
        raise refusal("must be a month, written like 2017-12") from None


IsoDate = Annotated[date, BeforeValidator(iso_date)]
IsoMonth = Annotated[
    Month | None,
    PlainValidator(_month),
    PlainSerializer(lambda month: None if month is None else str(month), return_type=str | None),
]


def _unknown(key: Any, known: Mapping[str, Any]) -> Broken:
    return Broken((str(key),), "is not known", nearest=nearest_name(key, known))


def _again(line: Any) -> InitErrorDetails:
    """An error of an inner model, ready to be raised again from the outer one."""
    if line["type"] == "rule":
        kind: Any = PydanticCustomError("rule", "{rule}", line["ctx"])
    else:
        kind = line["type"]
    return InitErrorDetails(type=kind, loc=line["loc"], input=line["input"], ctx=line.get("ctx", {}))


def _problem(line: Any, *, file: str) -> Problem:
    kind, value, place = line["type"], line["input"], line["loc"]
    context = line.get("ctx", {})
    nearest = context.get("nearest")
    if kind == "rule":
        rule = context["rule"]
    elif kind == "literal_error":
        names = re.findall(r"'(.*?)'", context["expected"])
        rule, nearest = one_of_rule(names), nearest_name(value, names)
    else:
        rule = _TYPE_RULES.get(kind, line["msg"]) + _remedy(kind, value)
    if kind == "missing" or (set(place) & _HIDDEN_KEYS):
        value = NOT_SHOWN
    return Problem(file, key_path(place), value, rule, nearest)


def _remedy(kind: str, value: Any) -> str:
    if kind == "string_type":
        return text_remedy(value)
    if kind in ("int_type", "float_type"):
        return number_remedy(value)
    return bool_remedy(value) if kind == "bool_type" else ""


def one_of_rule(names: Iterable[Any]) -> str:
    """The rule that a value must be one of some names."""
    *first, last = map(str, names)
    return f"must be {', '.join(first)} or {last}" if first else f"must be {last}"
