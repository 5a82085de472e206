"""Whether a shop looks like a shop: its measures beside those of public data sets and published figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.lapse import counted_quantile

NEEDED_CUSTOMERS = 100
"""Customers followed for the whole window below which nothing is said of their purchases."""

NEEDED_MONTHS = 24
"""Months of sales that a season takes: each calendar month needs a year around it."""

SEEN = 0.9
"""A month counts where at least this share of its days lies between the first and the last sale."""

WINDOW_DAYS = 270

MeasureUnit = Literal["share", "ratio", "days", "number"]

MEASURES: Mapping[str, MeasureUnit] = MappingProxyType(
    {
        "one_time": "share",
        "purchases_mean": "number",
        "purchases_p90": "number",
        "gap_p25": "days",
        "gap_p50": "days",
        "gap_p75": "days",
        "products_mean": "number",
        "pieces_median": "number",
        "order_spread": "ratio",
        "peak_month": "ratio",
        "peak_weekday": "share",
        "refunded": "share",
    }
)
"""What is measured, and its unit."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A figure that somebody published.

    Attributes:
        measure: What it measures, as in `MEASURES`.
        value: The figure, in the measure's unit.
        source: Code of who said it of which shops, whose words `reports.findings.shape` holds.
    """

    measure: str
    value: float
    source: str


PUBLISHED = (
    # U.S. Census Bureau, Monthly Retail Trade: combined seasonal, trading-day and holiday factors, December 2011,
    # kinds of business 445 and 451: https://www.census.gov/retail/mrts/www/data/text/nadjusts.txt (as of early 2012).
    Published(measure="peak_month", value=1.097, source="census_food"),
    Published(measure="peak_month", value=1.647, source="census_hobby"),
    # Windsor Circle (2 January 2015), eCommerce Revenue by Day of the Week: Monday's share of what one-time
    # buyers spent in 2014: https://blog.windsorcircle.com/2015-ecommerce-revenue-by-day-of-the-week.
    Published(measure="peak_weekday", value=0.178, source="windsor_circle"),
    # Appriss Retail (7 January 2019), 2018 Consumer Returns in the Retail Industry: drug stores and pharmacies.
    Published(measure="refunded", value=0.0214, source="appriss"),
    # National Retail Federation and Appriss Retail, 2023 Consumer Returns in the Retail Industry: online sales.
    Published(measure="refunded", value=0.176, source="nrf"),
)
"""Figures for what the public data sets do not hold; the addresses are in the notebook's method notes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShopShape:
    """A shop's measures beside the range of known ones.

    Attributes:
        table: One row a measure: measure (code), unit, shop (the shop's value; missing where not known), one
            column a peer by its name (missing where not known), published_low, published_high (missing where
            nothing is published), low, high (of all known values but the shop's), position (the shop's place in
            the range: 0 at its low end, 1 at its high end), place ("inside", "below", "above"; "unknown" where
            the shop's value or a range of two values is missing).
        peers: Names of the peers, as the columns are called.
        customers: The shop's customers followed for the whole window (count).
        window_days: The window's length.
    """

    table: pd.DataFrame
    peers: tuple[str, ...]
    customers: int
    window_days: int = WINDOW_DAYS

    @property
    def judged(self) -> pd.DataFrame:
        """The measures that could be compared."""
        return self.table[self.table["place"] != "unknown"]

    @property
    def outside(self) -> pd.DataFrame:
        """The measures that lie outside the range."""
        return self.table[self.table["place"].isin(["below", "above"])]

    @property
    def inside_share(self) -> Estimate:
        """Share of the compared measures that lie inside, their count as base."""
        judged = len(self.judged)
        return Estimate(1 - len(self.outside) / judged, n=judged)

    @property
    def one_time(self) -> Estimate | NotEnough:
        """Share of customers without a second purchase in the window."""
        return self._of_customers("one_time")

    @property
    def purchases_mean(self) -> Estimate | NotEnough:
        """Mean purchases in the window."""
        return self._of_customers("purchases_mean")

    @property
    def gap_median(self) -> Estimate | NotEnough:
        """Median days between purchases in the window."""
        return self._of_customers("gap_p50")

    def to_frame(self) -> pd.DataFrame:
        """The measures, one row each."""
        return self.table

    def _of_customers(self, measure: str) -> Estimate | NotEnough:
        value = float(self.table.set_index("measure")["shop"][measure])
        if math.isnan(value):
            return NotEnough("customers_followed", self.customers, NEEDED_CUSTOMERS)
        return Estimate(value, n=self.customers)


def shop_shape(facts: Mapping[str, pd.DataFrame]) -> ShopShape | NotEnough:
    """A shop's measures, and whether each lies between the lowest and the highest known one.

    Args:
        facts: From `measures.shape.shape_facts`.

    Returns:
        The comparison; NotAsked without peers, NotEnough("sales_known") without sales, and
        NotEnough("measures_compared") where no measure can be compared.
    """
    if not facts:
        return NotAsked("simulated_store", 0, 1)
    if "" not in set(facts["days"]["shop"]):
        return NotEnough("sales_known", 0, 1)
    shops = list(dict.fromkeys(facts["days"]["shop"]))
    values = {shop: shape_values(_of_shop(facts, shop)) for shop in shops}
    peers = tuple(shop for shop in shops if shop)
    table = pd.DataFrame([_row(measure, values, peers) for measure in MEASURES])
    found = ShopShape(table=table, peers=peers, customers=_followed(_of_shop(facts, "")))
    return found if len(found.judged) else NotEnough("measures_compared", 0, 1)


def shape_values(frames: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """The measures of one shop.

    Args:
        frames: The frames of `measures.shape.shape_facts` for one shop.

    Returns:
        Value by measure, as in `MEASURES`; NaN where the data do not hold it.
    """
    purchases, gaps = frames["purchases"], frames["gaps"]
    enough = _followed(frames) >= NEEDED_CUSTOMERS
    customers = purchases["customers"].to_numpy()
    return {
        "one_time": _share(purchases["purchases"] == 1, customers) if enough else math.nan,
        "purchases_mean": _mean(purchases, "purchases", "customers") if enough else math.nan,
        "purchases_p90": _quantile(purchases, "purchases", "customers", 0.9) if enough else math.nan,
        "gap_p25": _quantile(gaps, "gap_days", "gaps", 0.25) if enough else math.nan,
        "gap_p50": _quantile(gaps, "gap_days", "gaps", 0.5) if enough else math.nan,
        "gap_p75": _quantile(gaps, "gap_days", "gaps", 0.75) if enough else math.nan,
        "products_mean": _mean(frames["products"], "products", "orders"),
        "pieces_median": _quantile(frames["pieces"], "pieces", "orders", 0.5),
        "order_spread": _order_spread(frames["sizes"]),
        "peak_month": peak_month(frames["days"]),
        "peak_weekday": peak_weekday(frames["days"]),
        "refunded": _refunded(frames["refunds"]),
    }


def peak_month(days: pd.DataFrame) -> float:
    """Sales of the strongest calendar month in multiples of an average month, growth taken out.

    Each month is divided by the centred average of the twelve months around it; of several years the mean counts.

    Args:
        days: One row a day with a row in the data: day (date), revenue (net money).

    Returns:
        The ratio, at least 1; NaN where not every calendar month has a year of sales around it.

    References:
        The classical decomposition by moving averages, as in Hyndman and Athanasopoulos (2021), Forecasting:
        Principles and Practice, 3rd edition, section 3.4.
    """
    months = _whole_months(days)
    if len(months) < NEEDED_MONTHS:
        return math.nan
    sales = months["revenue"].to_numpy()
    around = np.convolve(sales, np.array([0.5, *[1.0] * 11, 0.5]) / 12, mode="valid")
    middle = months.iloc[6:-6].assign(ratio=sales[6:-6] / around)
    season = middle.groupby(middle["month"].str[-2:])["ratio"].mean()
    return float(season.max() / season.mean()) if len(season) == 12 else math.nan


def peak_weekday(days: pd.DataFrame) -> float:
    """The strongest weekday's share of an average week's sales.

    Args:
        days: One row a day with a row in the data: day (date), revenue (net money).

    Returns:
        The share, in [1/7, 1]; NaN where the data hold less than a week or no net sales.
    """
    daily = _every_day(days)
    week = daily.groupby(daily["day"].dt.dayofweek)["revenue"].mean()
    return float(week.max() / week.sum()) if len(week) == 7 and week.sum() > 0 else math.nan


def _row(measure: str, values: Mapping[str, Mapping[str, float]], peers: tuple[str, ...]) -> dict[str, object]:
    """A measure of the shop beside all known ones."""
    shop, beside = values[""][measure], {peer: values[peer][measure] for peer in peers}
    published = [figure.value for figure in PUBLISHED if figure.measure == measure]
    known = [value for value in (*beside.values(), *published) if not math.isnan(value)]
    low, high = (min(known), max(known)) if known else (math.nan, math.nan)
    position = (shop - low) / (high - low) if high > low else math.nan
    return {
        "measure": measure,
        "unit": MEASURES[measure],
        "shop": shop,
        **beside,
        "published_low": min(published, default=math.nan),
        "published_high": max(published, default=math.nan),
        "low": low,
        "high": high,
        "position": position,
        "place": _place(position),
    }


def _place(position: float) -> str:
    if math.isnan(position):
        return "unknown"
    return "below" if position < 0 else "above" if position > 1 else "inside"


def _of_shop(facts: Mapping[str, pd.DataFrame], shop: str) -> dict[str, pd.DataFrame]:
    return {name: frame[frame["shop"] == shop] for name, frame in facts.items()}


def _followed(frames: Mapping[str, pd.DataFrame]) -> int:
    return int(frames["purchases"]["customers"].sum())


def _share(chosen: pd.Series[bool], counts: np.ndarray) -> float:
    return float(counts[chosen.to_numpy()].sum() / counts.sum())


def _mean(frame: pd.DataFrame, value: str, count: str) -> float:
    counts = frame[count].to_numpy(dtype=float)
    return float((frame[value].to_numpy(dtype=float) * counts).sum() / counts.sum()) if counts.sum() else math.nan


def _quantile(frame: pd.DataFrame, value: str, count: str, share: float) -> float:
    if frame.empty:
        return math.nan
    return counted_quantile(frame[value].to_numpy(dtype=float), frame[count].to_numpy(dtype="int64"), share=share)


def _order_spread(sizes: pd.DataFrame) -> float:
    """The 90th percentile of order values in multiples of the median, to the step of the sizes."""
    sold = sizes[~sizes["refund"].astype(bool)]
    steps = _quantile(sold, "log_step", "orders", 0.9) - _quantile(sold, "log_step", "orders", 0.5)
    return math.exp(steps / 100)


def _refunded(refunds: pd.DataFrame) -> float:
    """Share of the money taken that went back; without any refund they are taken to be left out of the data."""
    sold, refunded = refunds[["sold", "refunded"]].sum()
    return float(refunded / sold) if refunded > 0 and sold > 0 else math.nan


def _every_day(days: pd.DataFrame) -> pd.DataFrame:
    """Net sales of every day from the first to the last with a row: day (stamp), revenue."""
    stamps = pd.to_datetime(days["day"])
    daily = pd.Series(days["revenue"].to_numpy(dtype=float), index=pd.DatetimeIndex(stamps))
    return daily.asfreq("D", fill_value=0.0).rename_axis("day").rename("revenue").reset_index()


def _whole_months(days: pd.DataFrame) -> pd.DataFrame:
    """Net sales of the months that are seen nearly whole: month ('YYYY-MM'), revenue."""
    daily = _every_day(days)
    named = daily.assign(month=daily["day"].dt.strftime("%Y-%m"), length=daily["day"].dt.days_in_month)
    months = named.groupby("month", as_index=False).agg(
        revenue=("revenue", "sum"), seen=("day", "size"), length=("length", "first")
    )
    return months[months["seen"] >= SEEN * months["length"]]
