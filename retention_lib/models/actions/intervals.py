"""After how many days a product is bought again, drawn towards its category, and how far an own pace counts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.shrinkage import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

QUANTILES = {"days_25": 0.25, "days_50": 0.5, "days_75": 0.75}
"""The columns of the quartiles."""

_LEVEL = 0.95
_SMALLEST_SD = 0.05

COLUMNS = (
    *("product", "category", "buyers", "customers", "gaps", "repeat_share"),
    *(*QUANTILES, *(f"raw_{name}" for name in QUANTILES), "low", "high", "own_gaps_needed"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProductIntervals:
    """The intervals between purchases of the same product by the same customer.

    Attributes:
        table: One row a product with `least` intervals, those bought again most often first.

            - `product`, `category`; `buyers` (customers who bought it), `customers` (of them, who bought it again),
              `gaps` (intervals; counts), `repeat_share`: customers / buyers, in [0, 1],
            - `days_25`, `days_50`, `days_75`: the quartiles of the interval (days), drawn towards those of the
              category; `raw_days_25`, ...: before that; `low`, `high`: the 95 % interval of `days_50`,
            - `own_gaps_needed`: how many intervals of a customer's own weigh as much as the product's (count; infinite
              where customers do not differ beyond chance).
        least: Intervals of a product at least (count).
        products: Products that were bought again by anybody (count; at most those looked at).
        period_days: Days that were read (count); intervals above half of it are left out.
        customers: Customers looked at (count), of `of_customers`.
        of_customers: Customers who bought anything (count).
    """

    table: pd.DataFrame = field(repr=False)
    least: int
    products: int
    period_days: int
    customers: int
    of_customers: int

    def top(self, n: int) -> pd.DataFrame:
        """The `n` products bought again most often."""
        return self.table.head(n)

    def to_frame(self) -> pd.DataFrame:
        """The products with their intervals."""
        return self.table


def product_intervals(counts: Any, *, least: int = 20) -> ProductIntervals | NotEnough:
    """Each product's interval between purchases: 25th, 50th and 75th percentile, drawn towards the category's.

    The period cuts off long intervals: one of g days is seen only where it begins g days before the end, so that it
    counts with the inverse of that chance. The logarithm of a quartile has the standard error that it has for a
    log-normal interval and as many values as customers (a customer's intervals are alike). Quartiles of the products of
    a category are drawn towards their mean by how much of their scatter is chance.

    A customer's own interval counts with n / (n + own_gaps_needed), n the customer's intervals: the ratio of the
    variance within customers to that between them, pooled over the products of a category.

    Args:
        counts: `measures.actions.intervals.GapCounts`, or NotEnough.
        least: Intervals of a product at least.

    Returns:
        The intervals; NotEnough("product_intervals") where no product has so many.

    References:
        Horvitz and Thompson (1952), A generalization of sampling without replacement, JASA 47 (inverse chances);
        Stuart and Ord, Kendall's Advanced Theory of Statistics 1, section 10.10 (standard errors of quantiles); Morris
        (1983), JASA 78 (shrinkage); Searle, Casella and McCulloch (1992), Variance Components, section 3.6.
    """
    if isinstance(counts, NotEnough):
        return counts
    enough = counts.products[counts.products["gaps"] >= least]
    if enough.empty:
        return NotEnough("product_intervals", float(counts.products["gaps"].max()), least)
    table = enough.merge(_quartiles(counts.gaps, counts.period_days), on="item")
    table = pd.concat([_drawn(rows) for _, rows in table.groupby("category", sort=True)])
    table["repeat_share"] = table["customers"] / table["buyers"]
    table = table.rename(columns={"name": "product"}).sort_values(["gaps", "product"], ascending=[False, True])
    return ProductIntervals(
        table=table[list(COLUMNS)].reset_index(drop=True),
        least=least,
        products=len(counts.products),
        period_days=counts.period_days,
        customers=counts.customers,
        of_customers=counts.of_customers,
    )


def _quartiles(gaps: pd.DataFrame, period_days: int) -> pd.DataFrame:
    """The quartiles of each product as they were seen, with the standard deviation of the logarithm."""
    seen = gaps.sort_values(["item", "gap_days"], kind="stable")
    weight = seen["gaps"] * period_days / (period_days - seen["gap_days"])
    by_item = weight.groupby(seen["item"])
    share = by_item.cumsum() / by_item.transform("sum")
    log = np.log(seen["gap_days"].to_numpy(dtype=float))
    mean = (weight * log).groupby(seen["item"]).sum() / by_item.sum()
    square = (weight * log**2).groupby(seen["item"]).sum() / by_item.sum()
    found = pd.DataFrame({"sd": np.sqrt(np.maximum(square - mean**2, _SMALLEST_SD**2))})
    for name, q in QUANTILES.items():
        first = seen[share >= q - 1e-9].drop_duplicates("item").set_index("item")["gap_days"]
        found[f"raw_{name}"] = first.astype(float)
    return found.reset_index()


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """Products of a category with their quartiles drawn towards the mean, and how far own intervals count."""
    rows = rows.copy()
    for name, q in QUANTILES.items():
        raw = np.log(rows[f"raw_{name}"].to_numpy())
        error = rows["sd"].to_numpy() * _quantile_factor(q) / np.sqrt(rows["customers"].to_numpy(dtype=float))
        value, sd = raw, error
        if len(rows) > 1:
            closer = shrunk(raw, error**2)
            value, sd = closer.value, closer.sd
        rows[name] = np.exp(value)
        if q == 0.5:
            width = normal_quantile(_LEVEL) * sd
            rows["low"], rows["high"] = np.exp(value - width), np.exp(value + width)
    rows["own_gaps_needed"] = _variance_ratio(rows)
    return rows


def _quantile_factor(q: float) -> float:
    """Standard error of a quantile in standard deviations, times the root of the values, for a normal distribution."""
    from scipy.special import ndtri

    density = math.exp(-(float(ndtri(q)) ** 2) / 2) / math.sqrt(2 * math.pi)
    return math.sqrt(q * (1 - q)) / density


def _variance_ratio(rows: pd.DataFrame) -> float:
    """Variance of intervals within customers over that between them, pooled; infinite without the latter."""
    gaps, customers = rows["gaps"].to_numpy(dtype=float), rows["customers"].to_numpy(dtype=float)
    between = float((rows["log_squares"] - rows["log_sum"] ** 2 / gaps).sum())
    free_within, free_between = float((gaps - customers).sum()), float((customers - 1).sum())
    if free_within <= 0 or free_between <= 0:
        return math.inf
    within = float(rows["log_within"].sum()) / free_within
    size = float((gaps - rows["gaps_squared"] / gaps).sum()) / free_between
    spread = (between / free_between - within) / size if size > 0 else 0.0
    return within / spread if spread > 0 else math.inf
