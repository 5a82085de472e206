"""What a new customer will bring: the first order, and the purchases that may follow.

Value = profit of the first order + expected repeat purchases x profit a repeat purchase, discounted. Customers who
never return count: the expectation is over everybody who makes a first purchase. The costs of winning and of keeping a
customer are not in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, first_refusal
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.cohorts import Measure, opening_cohorts
from retention_lib.models.forecasts import Forecast, Known
from retention_lib.models.horizon import Horizon
from retention_lib.models.intervals import normal_quantile, sd_behind, signed_interval
from retention_lib.models.margins import Margin
from retention_lib.models.season import with_columns
from retention_lib.models.uncertainty import FEWEST_CUTOFFS, ForecastErrors, Total, model_sd

LEVEL = 0.90
NEEDED_REPEATERS = 200
NEEDED_CUSTOMERS = 30
_DRAWS = 100
_GROUPS = 2
_TOTALS: tuple[Total, Total] = ("purchases", "revenue")
_NEEDED = ("cohort", "frequency", "paid", "first_paid", "T")


@dataclass(frozen=True, kw_only=True, eq=False)
class NewCustomer:
    """The value of a customer who makes a first purchase, over the months after it.

    The interval is about the mean of many such customers: it holds the draw of the customers seen, the uncertainty of
    the models' parameters and of the margin, and the error of the forecast at its own cut-offs; one customer may bring
    anything.

    Attributes:
        value: First order and repeats, discounted (money a customer).
        first: Of it, the first order (money).
        repeats: Expected repeat purchases in the months.
        money: Of a repeat purchase, net of refunds (money).
        measure: "gross_profit", or "revenue" without a margin.
        months: Calendar months after the first purchase.
        horizon: The months.
        margin: What is left of the money.
        customers: Customers seen, whose first order is taken.
        left_out: Cohorts not looked at, as they may hold customers won before the data begin, who buy more than new
            ones do; none where too few of the others came back.
        unsure: Relative standard deviation of the money of all repeats that moves every group alike: of the models'
            parameters, the customers looked at and the error of the forecast.
        by_month: One row a month from the first purchase on: month (0 = the first order), repeats, value; cumulative.
    """

    value: Estimate
    first: Estimate
    repeats: Estimate
    money: Estimate
    measure: Measure
    months: int
    horizon: Horizon = field(repr=False)
    margin: Margin = field(repr=False)
    customers: int
    left_out: tuple[str, ...]
    unsure: float = field(repr=False)
    by_month: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row a month."""
        return self.by_month


@dataclass(frozen=True, kw_only=True, eq=False)
class NewCustomersBy:
    """The value of a new customer by what is known when he is won.

    Attributes:
        by: What customers are told apart by: "channel", "first_category", "first_discount", "cohort".
        table: One row a group, the most valuable first: group, customers, repeaters (counts), first (money), repeats
            (purchases), money (of a repeat purchase), value, low, high (money a customer; bounds missing where the
            group is thin), own_low, own_high (without what moves all groups alike: the parameters and the error of the
            forecast), pooled (whether repeats and money a repeat are those of all customers, for want of repeaters),
            thin (fewer than 30 customers), cost (of winning one, money; missing where not known), differs (from all
            customers, by more than chance).
        everybody: The value over all customers.
        level: Of the intervals.
        measure: "gross_profit", or "revenue" without a margin.
        months: Calendar months after the first purchase.
    """

    by: str
    table: pd.DataFrame
    everybody: NewCustomer
    level: float
    measure: Measure
    months: int

    def to_frame(self) -> pd.DataFrame:
        """One row a group."""
        return self.table


def new_customer(
    today: Known | NotEnough,
    forecast: Forecast | NotEnough,
    margin: Margin | NotEnough,
    *,
    horizon: Horizon | NotEnough,
    errors: ForecastErrors | NotEnough,
    rng: np.random.Generator,
) -> NewCustomer | NotEnough:
    """The value of a customer who makes a first purchase.

    Args:
        today: What is known of all customers, from `forecasts.known`.
        forecast: Of purchases; its buying models expect the repeats.
        margin: What is left of the money of first and of repeat purchases.
        horizon: How many months, and their discount; a season counts as in the mean of a year.
        errors: Of the forecast on past days; NotEnough where they are not known.
        rng: For the draws of the parameters.

    Returns:
        The value; the first `NotEnough` that came in; "repeat_customers" with fewer than 30 customers who came back.
    """
    if isinstance(today, NotEnough) or isinstance(forecast, NotEnough):
        return first_refusal(today, forecast)
    if isinstance(margin, NotEnough) or isinstance(horizon, NotEnough):
        return first_refusal(margin, horizon)
    repeaters = int((today.rows["frequency"] > 0).sum())
    if repeaters < NEEDED_CUSTOMERS:
        return NotEnough("repeat_customers", repeaters, NEEDED_CUSTOMERS)
    left_out = _opening(today.rows)
    every = _won(today.rows, (), forecast)
    rows = every[~every["cohort"].isin(left_out)] if left_out else every
    times = _after_a_first(horizon)
    drawn = [[float(model.expected_purchases(times[-1])) for model in each] for each in forecast.draws(rng, _DRAWS)]
    ratio = _ratio(rows, every)
    grown = forecast.expected_purchases(times) * ratio.value
    drawn_sd = math.hypot(forecast.parameter_sd(drawn), sd_behind(ratio) / ratio.value)
    of_count, of_money = (math.hypot(drawn_sd, _missed(errors, horizon, name)) for name in _TOTALS)
    first, money = _first(rows, margin), _repeat(rows, margin)
    paid = np.cumsum(np.diff(grown, prepend=0.0) * horizon.factors)
    customers = len(rows)
    return NewCustomer(
        value=_sum(first, money, Estimate(float(paid[-1])), unsure=of_money, n=customers),
        first=first,
        repeats=signed_interval(float(grown[-1]), float(grown[-1]) * of_count, level=LEVEL, n=customers),
        money=money,
        measure=margin.measure,
        months=horizon.months,
        horizon=horizon,
        margin=margin,
        customers=customers,
        left_out=left_out,
        unsure=of_money,
        by_month=_by_month(first, money, grown, paid),
    )


def _by_month(first: Estimate, money: Estimate, grown: np.ndarray, paid: np.ndarray) -> pd.DataFrame:
    """Repeats and value of a new customer, added up, from the first purchase on."""
    return pd.DataFrame(
        {
            "month": np.arange(len(grown) + 1),
            "repeats": np.concatenate([[0.0], grown]),
            "value": first.value + np.concatenate([[0.0], paid]) * money.value,
        }
    )


def new_customers_by(
    today: Known | NotEnough,
    forecast: Forecast | NotEnough,
    everybody: NewCustomer | NotEnough,
    *,
    by: str,
    cost: AcquisitionCost | NotEnough,
) -> NewCustomersBy | NotEnough:
    """The value of a new customer in each group.

    A group's repeats are those of all customers times how many more its customers have made so far than all have, both
    beside what the model expects at their age; so groups of different age can be compared. A group with fewer than 200
    customers who came back takes the repeats of all.

    Args:
        today: As for `new_customer`.
        forecast: As for it.
        everybody: From it.
        by: The column of groups.
        cost: Of winning a customer, to stand beside the value where it is known of groups.

    Returns:
        The groups; the `NotEnough` that came in; "customers_in_segments" where the store does not tell customers apart
        so.
    """
    if isinstance(today, NotEnough) or isinstance(forecast, NotEnough) or isinstance(everybody, NotEnough):
        return first_refusal(today, forecast, everybody)
    if by not in today.rows or today.rows[by].nunique() < _GROUPS:
        return NotEnough("customers_in_segments", 0, _GROUPS)
    rows = _won(today.rows, everybody.left_out, forecast, by)
    found = [
        _group(by, str(name), rows[group], ratio=_ratio(rows[group], rows), everybody=everybody)
        for name, group in _masks(rows[by])
    ]
    table = pd.DataFrame(found).sort_values(["thin", "value"], ascending=[True, False], ignore_index=True)
    paid = [None if isinstance(cost, NotEnough) else cost.of_group(by, str(name)) for name in table["group"]]
    table["cost"] = [np.nan if known is None else known.value for known in paid]
    table["differs"] = _differs(table, table.pop("own_sd"), everybody.value.value)
    return NewCustomersBy(
        by=by, table=table, everybody=everybody, level=LEVEL, measure=everybody.measure, months=everybody.months
    )


def _group(by: str, name: str, rows: pd.DataFrame, *, ratio: Estimate, everybody: NewCustomer) -> dict[str, object]:
    """One group; `ratio` is how many more repeat purchases its customers made than all."""
    size, margin = len(rows), everybody.margin.of_group(by, name)
    repeaters = int((rows["frequency"] > 0).sum())
    pooled = repeaters < NEEDED_REPEATERS
    first = _first(rows, margin)
    money = everybody.money if pooled else _repeat(rows, margin)
    times = Estimate(1.0) if pooled else ratio
    # Repeat purchases expected of the group's customers, discounted.
    paid = float(np.diff(everybody.by_month["repeats"]) @ everybody.horizon.factors)
    repeats = signed_interval(times.value * paid, sd_behind(times) * paid, level=LEVEL)
    own, whole = (_sum(first, money, repeats, unsure=shared, n=size) for shared in (0.0, everybody.unsure))
    thin = size < NEEDED_CUSTOMERS
    return {
        "group": name,
        "customers": size,
        "repeaters": repeaters,
        "first": first.value,
        "repeats": everybody.repeats.value * times.value,
        "money": money.value,
        "value": whole.value,
        "low": np.nan if thin else whole.low,
        "high": np.nan if thin else whole.high,
        "own_low": np.nan if thin else own.low,
        "own_high": np.nan if thin else own.high,
        "own_sd": np.nan if thin else sd_behind(own),
        "pooled": pooled,
        "thin": thin,
    }


def _differs(table: pd.DataFrame, sd: pd.Series, usual: float) -> pd.Series:
    """Which groups lie apart from all customers by more than chance, over all groups of the table (Bonferroni)."""
    wide = normal_quantile(1 - (1 - LEVEL) / max(1, len(table)))
    return ((table["value"] - usual).abs() > wide * sd) & ~table["pooled"]


def _missed(errors: ForecastErrors | NotEnough, horizon: Horizon, total: Total) -> float:
    """The part of the model in the error of a total over the horizon; 0 where it cannot be told.

    Past forecasts of money need a model of spend; without one those of purchases stand for them.
    """
    if isinstance(errors, NotEnough):
        return 0.0
    tables = [errors.of(name) for name in dict.fromkeys((total, _TOTALS[0]))]
    days = (horizon.ends[-1] - horizon.until).days
    return next((model_sd(table, horizon_days=days) for table in tables if len(table) >= FEWEST_CUTOFFS), 0.0)


def _masks(groups: pd.Series) -> list[tuple[object, pd.Series]]:
    """Each group's rows."""
    return [(name, groups == name) for name in groups.dropna().unique()]


def _after_a_first(horizon: Horizon) -> np.ndarray:
    """Times from a first purchase to the end of each month, in a year without a season."""
    days = np.array([(end - horizon.until).days for end in horizon.ends], dtype=float)
    return days / horizon.clock.unit_days


def _opening(rows: pd.DataFrame) -> tuple[str, ...]:
    """The cohorts with which the data begin amid a shop's life, as far as enough customers of others came back."""
    sizes = rows["cohort"].value_counts()
    sizes.index = sizes.index.astype(str)
    opening = opening_cohorts(sizes[sizes > 0].sort_index())
    repeaters = (rows["frequency"] > 0) & ~rows["cohort"].isin(opening)
    return opening if int(repeaters.sum()) >= NEEDED_CUSTOMERS else ()


def _won(rows: pd.DataFrame, left_out: tuple[str, ...], forecast: Forecast, *further: str) -> pd.DataFrame:
    """What is needed of customers but for some cohorts; `expected` so far is what the models say of their age."""
    kept = rows[[*_NEEDED, *further]]
    kept = kept[~kept["cohort"].isin(left_out)] if left_out else kept
    return with_columns(kept, {"expected": _expected_so_far(kept, forecast)})


def _ratio(rows: pd.DataFrame, everybody: pd.DataFrame) -> Estimate:
    """How many more repeat purchases some customers made than all, each beside what the models expect at their age."""
    if len(rows) == len(everybody):
        return Estimate(1.0, n=len(rows))
    usual = float(everybody["frequency"].sum()) / float(everybody["expected"].sum())
    made, expected = rows["frequency"].to_numpy(dtype=float), rows["expected"].to_numpy() * usual
    ratio = float(made.sum() / expected.sum())
    sd = float(np.sqrt(((made - ratio * expected) ** 2).sum()) / expected.sum())
    return signed_interval(ratio, sd, level=LEVEL, n=len(rows))


def _expected_so_far(rows: pd.DataFrame, forecast: Forecast) -> np.ndarray:
    """Repeat purchases that the models expect of new customers by the age each has now."""
    at, ages = pd.factorize(rows["T"].to_numpy(dtype=float))
    return np.asarray(forecast.expected_purchases(ages)[at])


def _first(rows: pd.DataFrame, margin: Margin) -> Estimate:
    """Money of the first order, mean over customers."""
    paid = rows["first_paid"].to_numpy(dtype=float)
    spread = float(paid.std()) / math.sqrt(len(paid))
    return _kept(float(paid.mean()), spread, margin.kept, margin.first, n=len(rows))


def _repeat(rows: pd.DataFrame, margin: Margin) -> Estimate:
    """Money of a repeat purchase, mean over purchases; the customer is the unit of chance."""
    bought, held = rows["frequency"].to_numpy(dtype=float), (rows["paid"] - rows["first_paid"]).to_numpy(dtype=float)
    paid = float(held.sum() / bought.sum())
    spread = float(np.sqrt(((held - paid * bought) ** 2).sum()) / bought.sum())
    return _kept(paid, spread, margin.kept, margin.repeat, n=int((bought > 0).sum()))


def _kept(paid: float, sd: float, kept: Estimate, share: Estimate | None, *, n: int) -> Estimate:
    """What is left of money paid: after refunds, and of it the margin where one is known."""
    margin = Estimate(1.0) if share is None else share
    parts = (
        sd * kept.value * margin.value,
        paid * sd_behind(kept) * margin.value,
        paid * kept.value * sd_behind(margin),
    )
    low = margin.value if margin.low is None else margin.low
    return signed_interval(paid * kept.value * margin.value, math.hypot(*parts), level=LEVEL, n=n, signed=low <= 0)


def _sum(first: Estimate, money: Estimate, repeats: Estimate, *, unsure: float, n: int) -> Estimate:
    """First order and repeats, the errors added as independent; `unsure` is relative, of all repeats' money.

    A first order at a loss may be paid for by the repeats, so the sum is signed as soon as one of the two may be.
    """
    later = repeats.value * money.value
    sd = math.hypot(
        sd_behind(first), repeats.value * sd_behind(money), money.value * sd_behind(repeats), later * unsure
    )
    signed = any(part.low is None or part.low < 0 for part in (first, money))
    return signed_interval(first.value + later, sd, level=LEVEL, n=n, signed=signed)
