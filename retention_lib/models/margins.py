"""What of a sale is left: the gross margin of first and of repeat orders, and the share of purchases that is kept."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.cohort_sums import Measure
from retention_lib.models.intervals import normal_quantile

Source = Literal["cost", "cost_and_settings", "settings"]

NEEDED_CUSTOMERS = 30  # with a known cost, for a margin of their own
_LEVEL = 0.95
_ALL_COSTED = 0.9995
Row = Mapping[Hashable, Any]
_PARTS = ("first", "repeat")
_GROUP_COLUMNS = ("dimension", "segment", "customers", *(f"{p}{end}" for p in _PARTS for end in ("", "_low", "_high")))


@dataclass(frozen=True, kw_only=True, eq=False)
class Margin:
    """Gross profit in a unit of revenue, and what refunds leave of purchases.

    Attributes:
        source: "cost" (every sale's own), "cost_and_settings" (the settings' margin, or that of the sales with a cost
            where none is set, for sales without one), "settings"; None where neither is known and values are revenue.
        overall: Margin of all sales, refunds included; None where no margin is known. No interval where it comes from
            the settings.
        first: That of first orders.
        repeat: That of everything after them; a refund that names no order is counted here.
        stated: The margin of the settings; None where none is set.
        costed_share: Share of net revenue with a known cost, in [0, 1].
        kept: Net revenue over the money of purchases of all customers, in [0, 1]: what is left once refunds that name
            no order are taken off too.
        customers: Customers who bought (count).
        customers_without_net: Of them, those whose refunds reach what they bought (count).
        groups: One row a group with 30 customers of known cost: dimension, segment, customers (with a known cost),
            first, first_low, first_high, repeat, repeat_low, repeat_high; missing where a part has fewer.
    """

    source: Source | None
    overall: Estimate | None
    first: Estimate | None
    repeat: Estimate | None
    stated: float | None
    costed_share: float
    kept: Estimate
    customers: int
    customers_without_net: int
    groups: pd.DataFrame = field(repr=False)

    @property
    def measure(self) -> Measure:
        """What money times the margin is: "gross_profit", or "revenue" without a margin."""
        return "revenue" if self.source is None else "gross_profit"

    @property
    def kept_share(self) -> float:
        """Net revenue over the money of purchases, as a number."""
        return self.kept.value

    @property
    def of_first(self) -> float:
        """Factor from the revenue of a first order to its profit; 1 without a margin."""
        return 1.0 if self.first is None else self.first.value

    @property
    def of_repeats(self) -> float:
        """Factor from the revenue of a repeat order to its profit; 1 without a margin."""
        return 1.0 if self.repeat is None else self.repeat.value

    @property
    def first_sd(self) -> float:
        """Relative standard deviation of `of_first` and `kept_share` together, for intervals of profit."""
        return _relative_sd(self.first, self.kept)

    @property
    def repeats_sd(self) -> float:
        """Relative standard deviation of `of_repeats` and `kept_share` together."""
        return _relative_sd(self.repeat, self.kept)

    def of_group(self, dimension: str, segment: str) -> Margin:
        """The same with the margins of one group's orders, as far as 30 of its customers carry them.

        Args:
            dimension: A split of customers, such as `channel`.
            segment: One of its values.
        """
        rows = self.groups[(self.groups["dimension"] == dimension) & (self.groups["segment"] == segment)]
        if rows.empty:
            return self
        row = rows.iloc[0].to_dict()
        return replace(self, first=_own(row, "first") or self.first, repeat=_own(row, "repeat") or self.repeat)

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


def profit_margin(
    profits: pd.DataFrame | NotEnough, kept: pd.DataFrame | NotEnough, *, gross_margin: float | None
) -> Margin | NotEnough:
    """The margins of first and repeat orders: from the sales' own costs, else from the settings, else none.

    Args:
        profits: From `measures.margins.order_profits`.
        kept: From `measures.margins.kept_revenue`.
        gross_margin: Margin of the settings, in [0, 1]; None where not known.

    Returns:
        The margin; `NotEnough("customers")` without a customer who bought. Costs are left aside where fewer than 30
        customers have one.
    """
    if isinstance(profits, NotEnough):
        return profits
    if isinstance(kept, NotEnough):
        return kept
    known = kept.iloc[0]
    if known["customers"] < 1:
        return NotEnough("customers", 0, 1)
    parts = _own_margins(profits, gross_margin)
    share = _costed_share(profits) if parts is not None else 0.0
    stated = None if gross_margin is None else Estimate(gross_margin)
    return Margin(
        source=_source(parts, share, gross_margin),
        overall=parts["all"] if parts is not None else stated,
        first=parts["first"] if parts is not None else stated,
        repeat=parts["repeat"] if parts is not None else stated,
        stated=gross_margin,
        costed_share=share,
        kept=_kept(known),
        customers=int(known["customers"]),
        customers_without_net=int(known["without_net"]),
        groups=_groups(profits, gross_margin) if parts is not None else pd.DataFrame(columns=list(_GROUP_COLUMNS)),
    )


def _source(parts: dict[str, Estimate] | None, share: float, gross_margin: float | None) -> Source | None:
    if parts is None:
        return None if gross_margin is None else "settings"
    return "cost" if share >= _ALL_COSTED else "cost_and_settings"


def _own_margins(profits: pd.DataFrame, gross_margin: float | None) -> dict[str, Estimate] | None:
    """Margins of all, first and repeat orders from costs; None where too few customers have one."""
    rows = {str(row["part"]): row for row in profits.to_dict("records") if row["dimension"] == ""}
    if "all" not in rows or not _is_enough(rows["all"]) or rows["all"]["known_profit"] == 0:
        return None
    of_others = _of_others(rows["all"], gross_margin)
    own = {part: _ratio(row, of_others) for part, row in rows.items() if _is_enough(row)}
    return {"first": own["all"], "repeat": own["all"]} | own


def _of_others(row: Row, gross_margin: float | None) -> float:
    """The margin of sales without a cost: that of the settings, else that of the sales with one."""
    if gross_margin is not None:
        return gross_margin
    return float(row["known_profit"] / (row["revenue"] - row["unpriced"]))


def _groups(profits: pd.DataFrame, gross_margin: float | None) -> pd.DataFrame:
    """The margins of every group that has enough customers."""
    of_others = _of_others(_of_all(profits), gross_margin)
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in profits[profits["dimension"] != ""].to_dict("records"):
        if not _is_enough(row):
            continue
        keys = {"dimension": str(row["dimension"]), "segment": str(row["segment"])}
        kept = rows.setdefault(tuple(keys.values()), keys | {"customers": 0})
        kept["customers"] = max(kept["customers"], int(row["customers"]))
        found, part = _ratio(row, of_others), row["part"]
        kept |= {part: found.value, f"{part}_low": found.low, f"{part}_high": found.high}
    return pd.DataFrame(list(rows.values()), columns=list(_GROUP_COLUMNS))


def _of_all(profits: pd.DataFrame) -> Row:
    """The row of all customers and all orders."""
    return profits[(profits["dimension"] == "") & (profits["part"] == "all")].iloc[0].to_dict()


def _is_enough(row: Row) -> bool:
    return row["customers"] >= NEEDED_CUSTOMERS and row["revenue"] > 0 and row["revenue"] > row["unpriced"]


def _ratio(row: Row, of_others: float) -> Estimate:
    """Profit over revenue with the interval of a ratio of sums over customers, by the delta method.

    The margin given for sales without a cost is taken as it is.
    """
    n, costed, profit = float(row["customers"]), row["revenue"] - row["unpriced"], row["known_profit"]
    margin = profit / costed
    squares = row["profit_squares"] - 2 * margin * row["products"] + margin**2 * row["costed_squares"]
    sd = math.sqrt(max(squares, 0.0) * n / max(n - 1, 1)) / costed
    share = costed / row["revenue"]
    value = share * margin + (1 - share) * of_others
    half = normal_quantile(_LEVEL) * sd * abs(share)
    return Estimate(float(value), low=float(value - half), high=float(value + half), level=_LEVEL, n=n)


def _costed_share(profits: pd.DataFrame) -> float:
    row = _of_all(profits)
    return min(1.0, max(0.0, 1 - float(row["unpriced"]) / float(row["revenue"])))


def _kept(row: pd.Series) -> Estimate:
    """Net money over the money of purchases, with the interval of a ratio."""
    n, bought = int(row["customers"]), float(row["bought"])
    if bought <= 0 or row["net"] <= 0:
        return Estimate(0.0, n=n)
    share = float(row["net"]) / bought
    squares = row["net_squares"] - 2 * share * row["products"] + share**2 * row["bought_squares"]
    half = normal_quantile(_LEVEL) * math.sqrt(max(float(squares), 0.0)) / bought
    return Estimate(share, low=max(0.0, share - half), high=share + half, level=_LEVEL, n=n)


def _own(row: Row, part: str) -> Estimate | None:
    """A group's margin of one part; None where too few customers carry it."""
    value, low, high = (float(row[f"{part}{end}"]) for end in ("", "_low", "_high"))
    n = float(row["customers"])
    return None if math.isnan(value) else Estimate(value, low=low, high=high, level=_LEVEL, n=n)


def _relative_sd(*factors: Estimate | None) -> float:
    """Relative standard deviation of a product of factors."""
    spreads = [
        (factor.high - factor.value) / normal_quantile(_LEVEL) / abs(factor.value)
        for factor in factors
        if factor is not None and factor.high is not None and factor.value != 0
    ]
    return math.hypot(*spreads) if spreads else 0.0
