"""The figures a report may show: what each is called, its unit, its formula in words and which way is better.

A notebook names a figure by id, `report.figure("crr", value)`; everything else a card, a record or an index
needs to know about it stands here. An id that depends on the data (`visit_effect_<arm>`) is a pattern.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, get_args

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.reports.figure_specs import FigureSpec, one
from retention_lib.reports.figures_campaign import CAMPAIGN
from retention_lib.reports.figures_churn import CHURN
from retention_lib.reports.figures_loyalty import LOYALTY
from retention_lib.reports.figures_playbook import PLAYBOOK
from retention_lib.reports.figures_value import VALUE
from retention_lib.reports.words import N_, Unit, Words


def _registry(*specs: FigureSpec) -> Mapping[str, FigureSpec]:
    for spec in specs:
        if spec.unit not in get_args(Unit):
            raise ValueError(f"figure {spec.id} has unit {spec.unit!r}; use one of {', '.join(get_args(Unit))}")
    if len({spec.id for spec in specs}) != len(specs):
        raise ValueError("a figure id stands twice in the registry")
    return MappingProxyType({spec.id: spec for spec in specs})


_DATA = (
    one("rows_in", N_("Rows in"), "count", N_("rows in the sources of all tables that can be read")),
    one("rows_kept", N_("Rows used"), "count", N_("rows that reports use"), "up"),
    one("rows_rejected", N_("Rows set aside"), "count", N_("rows that broke a rule and are left out"), "down"),
    one("rows_merged", N_("Repeats dropped"), "count", N_("rows equal to an earlier one with the same id")),
    one(
        "share_without_customer",
        N_("Sales without a customer"),
        "share",
        N_("rows without a customer / rows of sales, each once and without lines of totals and rows left out"),
        "down",
    ),
    one("last_day_of_sales", N_("Data to"), "date", N_("last day with a sale")),
    one(
        "shape_one_time",
        N_("Bought once"),
        "share",
        N_("customers without a second purchase in the window after their first / customers seen for all of it"),
    ),
    one(
        "shape_purchases",
        N_("Purchases in the window"),
        "number",
        N_("mean purchase days in the window after the first purchase, of customers seen for all of it"),
    ),
    one(
        "shape_gap_median",
        N_("Median gap"),
        "days",
        N_("median of the days between purchases that follow one another in the window"),
    ),
    one(
        "shape_inside",
        N_("Measures like a shop's"),
        "share",
        N_("measures between the lowest and the highest value of public data sets and published figures / compared"),
        "up",
    ),
)

FIGURES: Mapping[str, FigureSpec] = _registry(*CHURN, *VALUE, *LOYALTY, *CAMPAIGN, *PLAYBOOK, *_DATA)


def figure_spec(id: str) -> FigureSpec:
    """The spec of one figure id, its pattern's name filled in.

    Raises:
        LookupError: Neither an id nor a pattern of the registry fits.
    """
    if id in FIGURES:
        return FIGURES[id]
    for pattern, spec in FIGURES.items():
        head, star, tail = pattern.partition("*")
        if star and fnmatchcase(id, pattern):
            name = id.replace("_effect_", ", ") if "*" in tail else id[len(head) : len(id) - len(tail) or None]
            return replace(spec, id=id, name=name.replace("_", " "))
    near = difflib.get_close_matches(id, FIGURES, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise LookupError(f"figure {id!r} is not in retention_lib/reports/figures.py{hint}")


def figure_record(id: str, value: Any, words: Words, *, n: float | None = None, about: Any = None) -> dict[str, Any]:
    """One figure as `<report>.figures.json` holds it, numbers with 12 significant digits.

    Args:
        id: The figure's id.
        value: An `Estimate`, a `NotEnough`, a number, a text or None.
        words: The reader's language (for the formula).
        n: The base, where the value does not carry one.
        about: The result whose facts the formula names, where it names any.

    Returns:
        The keys id, value, low, high, level, unit, n, formula, p, p_adjusted, claimed, reason.
    """
    spec = figure_spec(id)
    record: dict[str, Any] = {"id": id, "value": None, "low": None, "high": None, "level": None}
    record |= {"unit": spec.unit, "n": significant(n), "formula": spec.formula_in(words, about=about)}
    record |= {"p": None, "p_adjusted": None, "claimed": None, "reason": None}
    if isinstance(value, NotEnough):
        claimed = False if "_effect" in id else None
        return record | {
            "reason": value.reason,
            "n": significant(value.have if n is None else n),
            "claimed": claimed,
        }
    if isinstance(value, Estimate):
        numbers = ("value", "low", "high", "level", "p", "p_adjusted")
        record |= {key: significant(getattr(value, key)) for key in numbers}
        record |= {"claimed": value.claimed, "reason": value.reason}
        record["n"] = significant(value.n if n is None else n)
        return record
    record["value"] = value if isinstance(value, str) else significant(value)
    return record | {"reason": "no_value" if record["value"] is None else None}


def significant(value: Any) -> float | int | None:
    """A number with 12 significant digits as plain Python; None for missing and not finite ones."""
    if isinstance(value, NotEnough):
        return None
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or isinstance(plain, bool | int):
        return plain
    number = float(plain)
    return float(f"{number:.12g}") if math.isfinite(number) else None
