"""What each cohort brought by calendar period: whom a month's sales came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.cohort_sums import PERIODS, Grain, period_label
from retention_lib.models.cohorts import CohortTriangles

MOST_BANDS = 8
_YEAR = "Y-DEC"
_BANDS: Mapping[Grain, tuple[str, ...]] = MappingProxyType(
    {
        "week": ("W-SUN", "M", "Q-DEC", _YEAR),
        "month": ("M", "Q-DEC", _YEAR),
        "quarter": ("Q-DEC", _YEAR),
    }
)
_GRAINS: Mapping[str, Grain] = MappingProxyType({name: grain for grain, name in PERIODS.items()})
_YEARS: Mapping[Grain, int] = MappingProxyType({"week": 52, "month": 12, "quarter": 4})


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortCalendar:
    """Net money by calendar period, split by when the customers were won.

    Attributes:
        by: The period.
        table: Index calendar period (text), columns bands of cohorts in order of time ('2026-01-05' a week, '2026-01',
            '2026-Q1', '2026'), at most eight unless the data hold more years; net money, 0 before the band.
        outside: Net money of nobody's cohort by period, likewise indexed.
        whole: Whether the period is over and was seen from its first day, likewise indexed.
        last: The last whole period; None where there is none.
        new_share: Share of the cohorts' money of that period that came from customers won in it, in [0, 1]; None
            without such a period or without money in it.
        old_share: Share that came from customers won a year or more before; None likewise, and where no cohort is that
            old.
    """

    by: Grain
    table: pd.DataFrame
    outside: pd.Series
    whole: pd.Series
    last: str | None
    new_share: float | None
    old_share: float | None

    def to_frame(self) -> pd.DataFrame:
        """One row a period: period, whole, each band, outside, total."""
        money = self.table.assign(outside=self.outside)
        frame = money.assign(total=money.sum(axis=1))
        frame.insert(0, "whole", self.whole)
        return frame.reset_index()


def cohort_calendar(cohorts: CohortTriangles | NotEnough) -> CohortCalendar | NotEnough:
    """The calendar view of the triangles; its money adds up to all sales.

    Args:
        cohorts: From `cohorts.cohort_triangles`.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    sums, by = cohorts.sums, cohorts.by
    periods = pd.period_range(sums.cohorts[0], periods=sums.ages, freq=PERIODS[by])
    labels = pd.Index([period_label(period, by) for period in periods], name="period", dtype="object")
    starts = np.array([period.ordinal - periods[0].ordinal for period in sums.cohorts])
    money = np.zeros((sums.ages, len(starts)))
    for place, start in enumerate(starts):
        money[start:, place] = sums.revenue[place, : sums.ages - start]
    outside = cohorts.outside.groupby(level=0).sum()
    # Refunds of orders older than the data may stand in periods before the first cohort.
    index = pd.Index(sorted({*labels, *outside.index}), name="period")
    over = pd.Series(sums.whole[0], index=labels).reindex(index, fill_value=False)
    whole = over & ~((index == labels[0]) & _begun(cohorts, periods[0]))
    seen = [place for place, label in enumerate(labels) if whole[label]]
    last = seen[-1] if seen else None
    return CohortCalendar(
        by=by,
        table=pd.DataFrame(money, index=labels, columns=_bands(sums.cohorts, by))
        .T.groupby(level=0)
        .sum()
        .T.reindex(index, fill_value=0.0),
        outside=outside.reindex(index, fill_value=0.0).rename("outside"),
        whole=whole.rename("whole"),
        last=None if last is None else str(labels[last]),
        new_share=None if last is None else _share(money[last], starts == last),
        old_share=None if last is None or last < _YEARS[by] else _share(money[last], starts <= last - _YEARS[by]),
    )


def _begun(cohorts: CohortTriangles, first: pd.Period) -> bool:
    """Whether the first period had begun when the data begin; a day without a sale is none of theirs."""
    return cohorts.start is not None and (pd.Timestamp(cohorts.start) - first.start_time).days > 1


def _share(money: np.ndarray, chosen: np.ndarray) -> float | None:
    total = float(money.sum())
    return float(money[chosen].sum()) / total if total > 0 else None


def _bands(cohorts: pd.PeriodIndex, by: Grain) -> pd.Index:
    """The name of the band that each cohort is in, of the finest kind that gives eight at most."""
    days = cohorts.to_timestamp(how="start")
    kinds = {kind: pd.PeriodIndex(days, freq=kind) for kind in _BANDS[by]}
    chosen = next((kind for kind, band in kinds.items() if band.nunique() <= MOST_BANDS), _YEAR)
    if chosen == _YEAR:
        return pd.Index([str(period.year) for period in kinds[chosen]], name="won")
    return pd.Index([period_label(period, _GRAINS[chosen]) for period in kinds[chosen]], name="won")
