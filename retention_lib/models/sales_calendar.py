"""The days with sales: gaps that the shop's own week does not explain, and a last month that is not over."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough

NEEDED_DAYS = 28
"""Days with a sale below which the shop's own week is not known, so that only whole months are judged."""

ALARMS = 0.01
"""Runs of days without a sale as unlikely as this are gaps: so many would stand in a calendar without any."""

_WEEK = 7


@dataclass(frozen=True, kw_only=True, eq=False)
class SalesCalendar:
    """Sales day by day, and the runs of days without one that are longer than chance explains.

    Attributes:
        days: One row a day from the first to the last sale: day (date), orders (count), revenue (money).
        months: One row a month: month ('YYYY-MM'), orders, revenue (count and money), days_with_sales, days_seen
            (counts: days between the first and the last sale), days_in_month (count).
        gaps: One row a gap: first_day, last_day (dates, inclusive), days (count), expected (runs as unlikely that
            a calendar of this length holds by chance); none where fewer than 28 days have a sale.
        missing_months: Months between the first and the last sale without any ('YYYY-MM').
    """

    days: pd.DataFrame
    months: pd.DataFrame
    gaps: pd.DataFrame
    missing_months: tuple[str, ...]
    check: ClassVar[str] = "calendar"

    @property
    def found(self) -> bool:
        """Whether there is a gap."""
        return bool(len(self.gaps)) or bool(self.missing_months)

    @property
    def days_with_sales(self) -> int:
        """Days with a sale (count)."""
        return int((self.days["orders"] > 0).sum())

    @property
    def first_day(self) -> date:
        """The first day with a sale."""
        first: date = self.days["day"].iloc[0]
        return first

    @property
    def last_day(self) -> date:
        """The last day with a sale."""
        last: date = self.days["day"].iloc[-1]
        return last

    def to_frame(self) -> pd.DataFrame:
        """The days, with those of a gap marked."""
        inside = np.zeros(len(self.days), dtype=bool)
        for gap in self.gaps.itertuples():
            inside |= ((self.days["day"] >= gap.first_day) & (self.days["day"] <= gap.last_day)).to_numpy()
        return self.days.assign(gap=inside)


@dataclass(frozen=True, kw_only=True)
class LastMonth:
    """Whether the month in which the data end is over.

    Attributes:
        month: The month of the last sale ('YYYY-MM').
        last_day: The last day with a sale.
        days_missing: Days from the last sale to the month's end (count).
        complete: Whether no more days are missing than the store allows.
    """

    month: str
    last_day: date
    days_missing: int
    complete: bool
    check: ClassVar[str] = "last_month"

    @property
    def found(self) -> bool:
        """Whether the month is not over."""
        return not self.complete

    @property
    def last_day_text(self) -> str:
        """The last day with a sale as figures hold it (ISO)."""
        return self.last_day.isoformat()

    def to_frame(self) -> pd.DataFrame:
        """The figures as one row."""
        return pd.DataFrame([vars(self)])


def sales_calendar(days: pd.DataFrame) -> SalesCalendar | NotEnough:
    """Runs of days without a sale that the shop's own week does not explain, and months without any.

    Each weekday has its own chance of a sale, estimated from the days outside the run that is judged. A run is
    a gap when fewer than `ALARMS` runs as unlikely are expected in the whole calendar, were days independent.

    Args:
        days: One row a day with a row in the data: day (date), orders (with a sale; count), revenue (net money).

    Returns:
        The calendar; NotEnough("days_of_sales") without sales.
    """
    sold = days[days["orders"] > 0]
    if sold.empty:
        return NotEnough("days_of_sales", 0, 1)
    first, last = sold["day"].min(), sold["day"].max()
    whole = _every_day(days, first, (last - first).days + 1)
    months = _months(whole)
    silent = months.loc[months["days_with_sales"] == 0, "month"]
    return SalesCalendar(days=whole, months=months, gaps=_gaps(whole), missing_months=tuple(silent))


def last_month(coverage: pd.DataFrame) -> LastMonth | NotEnough:
    """Whether the month of the last sale is over.

    Args:
        coverage: One row: last_day (date), completeness_days (count); no row without sales.

    Returns:
        The month; NotEnough("days_of_sales") without sales.
    """
    if coverage.empty:
        return NotEnough("days_of_sales", 0, 1)
    last, allowed = coverage["last_day"].iloc[0], int(coverage["completeness_days"].iloc[0])
    missing = calendar.monthrange(last.year, last.month)[1] - last.day
    return LastMonth(month=f"{last:%Y-%m}", last_day=last, days_missing=missing, complete=missing <= allowed)


def _every_day(days: pd.DataFrame, first: date, span: int) -> pd.DataFrame:
    """The calendar with its empty days."""
    calendar_days = pd.DataFrame({"day": [first + timedelta(days=number) for number in range(span)]})
    whole = calendar_days.merge(days[["day", "orders", "revenue"]], on="day", how="left")
    return whole.fillna({"orders": 0, "revenue": 0.0}).astype({"orders": "int64", "revenue": "float64"})


def _months(days: pd.DataFrame) -> pd.DataFrame:
    named = days.assign(month=[f"{day:%Y-%m}" for day in days["day"]], days_with_sales=days["orders"] > 0)
    months = named.groupby("month", as_index=False).agg(
        orders=("orders", "sum"),
        revenue=("revenue", "sum"),
        days_with_sales=("days_with_sales", "sum"),
        days_seen=("day", "size"),
    )
    return months.assign(days_in_month=[calendar.monthrange(int(m[:4]), int(m[5:]))[1] for m in months["month"]])


def _gaps(days: pd.DataFrame) -> pd.DataFrame:
    """The runs of empty days that chance does not explain."""
    open_ = (days["orders"] > 0).to_numpy()
    weekday = np.arange(len(open_)) % _WEEK
    rows = []
    for start, stop in _runs(~open_) if open_.sum() >= NEEDED_DAYS else []:
        expected = _expected_runs(open_, weekday, start, stop)
        if expected < ALARMS:
            first, last = days["day"].iloc[start], days["day"].iloc[stop - 1]
            rows.append({"first_day": first, "last_day": last, "days": stop - start, "expected": expected})
    return pd.DataFrame(rows, columns=["first_day", "last_day", "days", "expected"])


def _runs(empty: np.ndarray) -> list[tuple[int, int]]:
    """Half-open ranges of consecutive true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _expected_runs(open_: np.ndarray, weekday: np.ndarray, start: int, stop: int) -> float:
    """Runs as unlikely as this one that a calendar of this length would hold."""
    outside = np.ones(len(open_), dtype=bool)
    outside[start:stop] = False
    opened = np.bincount(weekday[outside], weights=open_[outside], minlength=_WEEK)
    seen = np.bincount(weekday[outside], minlength=_WEEK)
    # Jeffreys' estimate: a weekday that never missed a sale may still miss one.
    closed = 1 - (opened + 0.5) / (seen + 1)
    return float(len(open_) * np.exp(np.log(closed[weekday[start:stop]]).sum()))
