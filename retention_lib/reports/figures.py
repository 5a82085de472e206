"""The figures a report may show: what each is called, its unit, its formula in words and which way is better.

A notebook names a figure by id, `report.figure("crr", value)`; everything else a card, a record or an index
needs to know about it stands here. An id that depends on the data (`visit_effect_<arm>`) is a pattern.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Literal, get_args

from retention_lib.models.estimates import Estimate, NotEnough
from retention_lib.reports.words import N_, Unit, Words

Better = Literal["up", "down"]


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """What is fixed about a figure.

    Attributes:
        id: Its id, or a pattern such as `visit_effect_*`.
        label: Name on a card, a message; `{name}` stands for what the pattern's star matched.
        unit: How the value is written and what the record says.
        formula: How it is computed, in words, a message.
        better: The good direction; None where neither is.
        name: What the star matched, for the spec of one id.
    """

    id: str
    label: str
    unit: Unit
    formula: str
    better: Better | None = None
    name: str | None = None

    def label_in(self, words: Words) -> str:
        """The label in the reader's language."""
        return words.say(self.label, name=self.name or "")

    def formula_in(self, words: Words) -> str:
        """The formula in the reader's language."""
        return words.say(self.formula, name=self.name or "")


def _registry(*specs: FigureSpec) -> Mapping[str, FigureSpec]:
    for spec in specs:
        if spec.unit not in get_args(Unit):
            raise ValueError(f"figure {spec.id} has unit {spec.unit!r}; use one of {', '.join(get_args(Unit))}")
    if len({spec.id for spec in specs}) != len(specs):
        raise ValueError("a figure id stands twice in the registry")
    return MappingProxyType({spec.id: spec for spec in specs})


def _one(id: str, label: str, unit: Unit, formula: str, better: Better | None = None) -> FigureSpec:
    return FigureSpec(id=id, label=label, unit=unit, formula=formula, better=better)


_CHURN = (
    _one("retention_gross", N_("Stayed active"), "share", N_("retained / active at the start"), "up"),
    _one("lapse_rate", N_("Went quiet"), "share", N_("went quiet / active at the start"), "down"),
    _one(
        "crr",
        N_("Retention, net (CRR)"),
        "share",
        N_("(active at the end - new) / active at the start; customers who came back are counted in"),
        "up",
    ),
    _one(
        "churn_rate",
        N_("Churn, net"),
        "share",
        N_("(active at the start + new - active at the end) / active at the start = 1 - CRR"),
        "down",
    ),
    _one(
        "customers_active_start",
        N_("Active at the start"),
        "count",
        N_("customers who bought within the lapse window before the month's first day"),
        "up",
    ),
    _one(
        "customers_active_end",
        N_("Active at the end"),
        "count",
        N_("customers who bought within the lapse window before the first day after the month"),
        "up",
    ),
    _one("customers_new", N_("New"), "count", N_("active at the end, never bought before the month"), "up"),
    _one("customers_retained", N_("Stayed"), "count", N_("active at the start and at the end"), "up"),
    _one(
        "customers_lapsed",
        N_("Went quiet"),
        "count",
        N_("active at the start, not active at the end"),
        "down",
    ),
    _one(
        "customers_reactivated",
        N_("Came back"),
        "count",
        N_("known but not active at the start, active at the end"),
        "up",
    ),
    _one(
        "customers_passed_through",
        N_("Came and went"),
        "count",
        N_("not active at the start, bought inside the month, not active at the end"),
    ),
    _one(
        "at_risk_days",
        N_("At risk after"),
        "days",
        N_("median of the customers' own 80th percentile gaps between purchases"),
    ),
    _one(
        "lapse_days",
        N_("Quiet after"),
        "days",
        N_("80th percentile of the customers' own 80th percentile gaps between purchases"),
    ),
    _one(
        "return_chance_beyond",
        N_("Silent ones who come back"),
        "share",
        N_("customers silent longer than the lapse window at a past day who bought within 90 days"),
        "up",
    ),
    _one(
        "return_chance_just_reached",
        N_("Newly quiet who still return"),
        "share",
        N_("customers silent one to one and a half lapse windows at a past day who bought within 90 days"),
        "up",
    ),
    _one(
        "revenue_total",
        N_("Sales, all data"),
        "money",
        N_("sum of net amounts of the whole source, rows used and rows set aside, whatever the month"),
    ),
    _one("revenue_month", N_("Sales in the month"), "money", N_("sum of the month's net amounts"), "up"),
)

_FITTED = N_("maximum likelihood on every customer's frequency, recency and age")
_FITTED_SPEND = N_("maximum likelihood on the mean spend of repeat customers")


def _parameters(model: str, label: str, letters: tuple[str, ...], formula: str) -> tuple[FigureSpec, ...]:
    return tuple(
        FigureSpec(id=f"{model}_{letter}", label=label, unit="parameter", formula=formula, name=letter)
        for letter in letters
    )


_VALUE = (
    *_parameters("bgnbd", N_("BG/NBD {name}"), ("r", "alpha", "a", "b"), _FITTED),
    *_parameters("mbgnbd", N_("MBG/NBD {name}"), ("r", "alpha", "a", "b"), _FITTED),
    *_parameters("gamma_gamma", N_("Gamma-Gamma {name}"), ("p", "q", "v"), _FITTED_SPEND),
    _one(
        "expected_value_*m_per_customer",
        N_("Value of a customer, {name} months"),
        "money_per_customer",
        N_("expected purchases a month x expected spend x margin, discounted, over {name} months, / customers"),
        "up",
    ),
    _one(
        "expected_value_*m_total",
        N_("Value of all customers, {name} months"),
        "money",
        N_("sum over customers of expected purchases x expected spend x margin, discounted, over {name} months"),
        "up",
    ),
    _one(
        "holdout_purchases_actual",
        N_("Purchases that happened"),
        "count",
        N_("repeat purchases in the weeks the model did not see"),
    ),
    _one(
        "holdout_purchases_expected",
        N_("Purchases the model expected"),
        "count",
        N_("sum of expected purchases in the weeks the model did not see"),
    ),
    _one(
        "holdout_total_error",
        N_("Error of the forecast"),
        "share",
        N_("(expected - actual) / actual purchases in the weeks the model did not see"),
    ),
    _one("repeat_rate", N_("Bought again"), "share", N_("customers with a second purchase / customers"), "up"),
    _one("customers", N_("Customers"), "count", N_("customers with at least one purchase"), "up"),
)

_LOYALTY = (
    _one(
        "naive_difference",
        N_("Raw gap a week, no effect"),
        "money_per_week",
        N_("mean weekly spend of those in the campaign - of those outside it; not an effect"),
    ),
    _one(
        "did_effect",
        N_("Effect of the campaign"),
        "money_per_week",
        N_("difference in differences of weekly spend; household (or customer) and week effects, clustered errors"),
        "up",
    ),
    _one(
        "pretrend_p",
        N_("Groups alike before (p)"),
        "p",
        N_("joint Wald test that no week before the campaign shows an effect"),
    ),
    _one(
        "households_treated",
        N_("Got the campaign"),
        "count",
        N_("households (customers where none are known) that got the campaign"),
    ),
    _one(
        "households_control",
        N_("Left alone"),
        "count",
        N_("households (customers where none are known) that no campaign had reached"),
    ),
)

_CAMPAIGN = (
    _one("srm_p", N_("Split as planned? (p)"), "p", N_("chi-squared test of the arms' sizes against the plan")),
    _one(
        "visit_effect_*",
        N_("Extra visits, {name}"),
        "points",
        N_("share of all assigned who visited, {name} - control"),
        "up",
    ),
    _one(
        "conversion_effect_*",
        N_("Extra buyers, {name}"),
        "points",
        N_("share of all assigned who bought, {name} - control"),
        "up",
    ),
    _one(
        "spend_effect_*",
        N_("Extra spend, {name}"),
        "money_per_customer",
        N_("mean spend of all assigned, {name} - control"),
        "up",
    ),
    _one(
        "gross_profit_effect_*",
        N_("Extra gross profit, {name}"),
        "money_per_customer",
        N_("mean gross profit of all assigned, {name} - control"),
        "up",
    ),
    _one("customers_in_test", N_("In the test"), "count", N_("households (customers where none are known) in one arm")),
)

_DATA = (
    _one("rows_in", N_("Rows in"), "count", N_("rows in the sources of all tables that can be read")),
    _one("rows_kept", N_("Rows used"), "count", N_("rows that reports use"), "up"),
    _one("rows_rejected", N_("Rows set aside"), "count", N_("rows that broke a rule and are left out"), "down"),
    _one("rows_merged", N_("Repeats dropped"), "count", N_("rows equal to an earlier one with the same id")),
    _one(
        "share_without_customer",
        N_("Sales without a customer"),
        "share",
        N_("rows without a customer / rows of sales, each once and without lines of totals and rows left out"),
        "down",
    ),
    _one("last_day_of_sales", N_("Data to"), "date", N_("last day with a sale")),
    _one(
        "shape_one_time",
        N_("Bought once"),
        "share",
        N_("customers without a second purchase in the window after their first / customers seen for all of it"),
    ),
    _one(
        "shape_purchases",
        N_("Purchases in the window"),
        "number",
        N_("mean purchase days in the window after the first purchase, of customers seen for all of it"),
    ),
    _one(
        "shape_gap_median",
        N_("Median gap"),
        "days",
        N_("median of the days between purchases that follow one another in the window"),
    ),
    _one(
        "shape_inside",
        N_("Measures like a shop's"),
        "share",
        N_("measures between the lowest and the highest value of public data sets and published figures / compared"),
        "up",
    ),
)

FIGURES: Mapping[str, FigureSpec] = _registry(*_CHURN, *_VALUE, *_LOYALTY, *_CAMPAIGN, *_DATA)


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
            return replace(spec, id=id, name=id[len(head) : len(id) - len(tail) or None].replace("_", " "))
    near = difflib.get_close_matches(id, FIGURES, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise LookupError(f"figure {id!r} is not in retention_lib/reports/figures.py{hint}")


def figure_record(id: str, value: Any, words: Words, *, n: float | None = None) -> dict[str, Any]:
    """One figure as `<report>.figures.json` holds it, numbers with 12 significant digits.

    Args:
        id: The figure's id.
        value: An `Estimate`, a `NotEnough`, a number, a text or None.
        words: The reader's language (for the formula).
        n: The base, where the value does not carry one.

    Returns:
        The keys id, value, low, high, level, unit, n, formula, p, p_adjusted, claimed, reason.
    """
    spec = figure_spec(id)
    record: dict[str, Any] = {"id": id, "value": None, "low": None, "high": None, "level": None}
    record |= {"unit": spec.unit, "n": significant(n), "formula": spec.formula_in(words)}
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
