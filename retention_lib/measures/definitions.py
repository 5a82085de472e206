"""Who bought again after a first purchase, by the usual definitions of being kept."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd

PERIOD_DAYS, PERIODS = 7, 13
FOLLOWED_DAYS = PERIOD_DAYS * PERIODS
BRACKETS = ((1, 30), (31, 60), (61, 90))
COHORT_DAYS = 365
WEEKS = tuple((first, first + PERIOD_DAYS - 1) for first in range(1, FOLLOWED_DAYS, PERIOD_DAYS))
SPANS = (*(("in_period", *week) for week in WEEKS), *(("bracket", *bracket) for bracket in BRACKETS))
COLUMNS = ("new", "definition", "from_day", "to_day", "customers", "returned", "longest_days")


def returns_by_definition(purchases: ibis.Table, *, until: date, history_starts: date) -> pd.DataFrame:
    """How many customers bought again in each week, in each bracket of days, and on or after each week's first day.

    The customers are those whose first purchase leaves them 13 weeks to be followed, of the year up to the last
    such purchase; all definitions count the same ones.

    Args:
        purchases: From `purchases.purchase_days`.
        until: First day that is no longer seen.
        history_starts: First day from which a first purchase is known to be the first.

    Returns:
        Columns `new` (bool: first seen from `history_starts` on), `definition` ("in_period", "on_or_after",
        "bracket"), `from_day`, `to_day` (days since the first purchase, both inside; 0 in `to_day` where the
        period is open), `customers` (in the cohort), `returned` (counts), `longest_days` (since the earliest
        first purchase among them), ordered by the first four; no rows where nobody can be followed.
    """
    cohort = _cohort(purchases, until=until, history_starts=history_starts).cache()
    ages = purchases.inner_join(cohort, "customer_id").mutate(age=ibis._.day.delta(ibis._.first_day, unit="day"))
    bits = [ages.age.between(low, high).ifelse(1 << place, 0) for place, (_, low, high) in enumerate(SPANS)]
    weeks = ibis.least((ages.age.max() + PERIOD_DAYS - 1) // PERIOD_DAYS, PERIODS)
    customers = ages.group_by("customer_id", "new").aggregate(back=sum(bits[1:], bits[0]).bit_or(), weeks=weeks)
    keys = ("new", "back", "weeks")
    patterns = customers.group_by(*keys).aggregate(customers=ibis._.count()).order_by(*keys).to_pandas()
    longest = cohort.group_by("new").aggregate(first_day=cohort.first_day.min()).order_by("new").to_pandas()
    parts = [
        _of_cohort(patterns[patterns["new"] == row.new], new=row.new, longest=(until - row.first_day.date()).days - 1)
        for row in longest.itertuples()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _cohort(purchases: ibis.Table, *, until: date, history_starts: date) -> ibis.Table:
    """First purchases of the last year that can be followed."""
    latest = until - timedelta(days=FOLLOWED_DAYS)
    firsts = purchases.group_by("customer_id").aggregate(first_day=purchases.day.min())
    followed = firsts.filter(firsts.first_day < ibis.date(latest.isoformat()))
    # A year back from the last of them: a store may have won nobody for long.
    year = followed.first_day >= followed.first_day.max().as_scalar() - ibis.interval(days=COHORT_DAYS - 1)
    followed = followed.filter(year)
    return followed.mutate(new=followed.first_day >= ibis.date(history_starts.isoformat()))


def _of_cohort(patterns: pd.DataFrame, *, new: bool, longest: int) -> pd.DataFrame:
    """The counts of one cohort: its customers by the periods in which they bought, summed by definition."""
    customers, back, weeks = (patterns[name].to_numpy(dtype="int64") for name in ("customers", "back", "weeks"))
    rows = [(*span, int(customers[(back >> place & 1) == 1].sum())) for place, span in enumerate(SPANS)]
    later = [int(customers[weeks > week].sum()) for week in range(PERIODS)]
    rows += [("on_or_after", low, 0, count) for (low, _), count in zip(WEEKS, later, strict=True)]
    table = pd.DataFrame(rows, columns=["definition", "from_day", "to_day", "returned"])
    table = table.assign(new=bool(new), customers=int(customers.sum()), longest_days=longest)
    return table[list(COLUMNS)].sort_values(["definition", "from_day"], ignore_index=True)
