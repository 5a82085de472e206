"""Where each customer stands: new, buying as usual, due, overdue, gone quiet; by the own rhythm and the store's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.gaps import customers_between, own_percentiles

STAGES = ("never", "new", "active", "due", "overdue", "quiet", "lapsed")
"""In the order in which customers pass through them."""

LOOKBACK_DAYS = 365
USUAL_GAPS = 3
"""Intervals that the store's usual one counts for beside a customer's own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rhythms:
    """How customers used to buy before a window.

    Attributes:
        gaps: Their own 80th percentile intervals, as from `gaps.gap_percentiles`.
        customers: Customers with a purchase in the look-back (count).
        own: The same by customer, in the engine, from `gaps.own_percentiles`; for other measures.
    """

    gaps: pd.DataFrame
    customers: int
    own: ir.Table

    def to_frame(self) -> pd.DataFrame:
        """The own intervals."""
        return self.gaps


def rhythms_before(purchases: ir.Table, *, until: date, window_days: int) -> Rhythms:
    """How customers bought in the 365 days before the last window: what stages are told by.

    Args:
        purchases: From `purchases.purchase_days`, until today.
        until: Today: first day that is not seen.
        window_days: Days of the window that ends today, which takes no part in it.
    """
    end = until - timedelta(days=window_days)
    start = end - timedelta(days=LOOKBACK_DAYS)
    own = own_percentiles(purchases, start=start, end=end).cache()
    counts = own.group_by("gap_p80", "reached").aggregate(customers=own.count())
    return Rhythms(
        gaps=counts.order_by("gap_p80", "reached").to_pandas(),
        customers=customers_between(purchases, start=start, end=end),
        own=own,
    )


def customer_stages(purchases: ir.Table, rhythms: Rhythms, *, at: date, lapse_days: int, at_risk_days: int) -> ir.Table:
    """The stage of each customer who had bought before a day; for other measures and lists.

    A customer's usual interval is the mean of the own ones, with the store's (the median of customers' means) counted
    as three. The first rule that fits names the stage:

    - lapsed: silent for more than twice the store's lapse; quiet: for more than the lapse;
    - new: bought once;
    - overdue: silent for longer than the own 80th percentile interval (with fewer than three intervals, than the
      store's median of these), and than the usual one;
    - due: silent for longer than the usual interval; active: not yet.

    Args:
        purchases: From `purchases.purchase_days`.
        rhythms: Customers' own rhythms, as known before the last window.
        at: First day that is not seen; silence is counted from the last purchase to it.
        lapse_days: The store's lapse.
        at_risk_days: The store's median of the own 80th percentile intervals.

    Returns:
        Table of `customer_id`, `stage` (text of `STAGES`), `silence_days`, `usual_days` (whole numbers) and
        `expected_day` (date: the last purchase and the usual interval after it, in the past for who is late).
    """
    rhythm = _rhythms(purchases, at=at)
    own = rhythms.own
    known = rhythm.left_join(own.filter(own.reached).select("customer_id", "gap_p80"), "customer_id")
    silence = ibis.date(at.isoformat()).delta(known.last_day, unit="day")
    late = ibis.greatest(known.gap_p80.fill_null(at_risk_days), known.usual_days)
    stage = ibis.cases(
        (silence > 2 * lapse_days, "lapsed"),
        (silence > lapse_days, "quiet"),
        (known.purchase_days == 1, "new"),
        (silence > late, "overdue"),
        (silence > known.usual_days, "due"),
        else_="active",
    )
    return known.select(
        "customer_id",
        stage=stage,
        silence_days=silence.cast("int64"),
        usual_days=known.usual_days,
        expected_day=known.last_day + known.usual_days.as_interval("D"),
    )


def stage_counts(
    purchases: ir.Table,
    people: ir.Table,
    rhythms: Rhythms,
    *,
    until: date,
    window_days: int,
    lapse_days: int,
    at_risk_days: int,
) -> pd.DataFrame:
    """How many customers stand where, and how many of those who stood there a window ago bought in it.

    Args:
        purchases: From `purchases.purchase_days`, until today.
        people: One row a known customer: `customer_id`.
        rhythms: From `rhythms_before` of the same window.
        until: Today: first day that is not seen.
        window_days: Days of the window that ends today.
        lapse_days: The store's lapse, as it was known before the window where that is to be judged.
        at_risk_days: The store's median of the own 80th percentile intervals.

    Returns:
        Columns stage, customers (today), past_customers (when the window began), buyers (of these, in the window), all
        counts, in the order of `STAGES`. Who had never bought counts today only.
    """
    start = until - timedelta(days=window_days)
    rules = {"lapse_days": lapse_days, "at_risk_days": at_risk_days}
    told = people.select("customer_id").left_join(customer_stages(purchases, rhythms, at=until, **rules), "customer_id")
    now = told.group_by(stage=told.stage.fill_null("never")).aggregate(customers=ibis._.count())
    later = purchases.filter(purchases.day >= ibis.date(start.isoformat())).select("customer_id").distinct()
    then = customer_stages(purchases, rhythms, at=start, **rules).left_join(later, "customer_id")
    past = then.group_by("stage").aggregate(past_customers=then.count(), buyers=then.customer_id_right.count())
    frame = now.outer_join(past, "stage").to_pandas()
    stage = frame["stage"].fillna(frame["stage_right"])
    counts = frame[["customers", "past_customers", "buyers"]].fillna(0).astype("int64").set_index(stage)
    return counts.reindex(list(STAGES), fill_value=0).rename_axis("stage").reset_index()


def _rhythms(purchases: ir.Table, *, at: date) -> ir.Table:
    """Each customer's last day, purchase days and usual interval."""
    seen = purchases.filter(purchases.day < ibis.date(at.isoformat()))
    each = seen.group_by("customer_id").aggregate(
        first_day=seen.day.min(), last_day=seen.day.max(), purchase_days=seen.count()
    )
    length = each.last_day.delta(each.first_day, unit="day")
    several = each.mutate(gaps=each.purchase_days - 1, length=length)
    means = several.filter(several.gaps > 0)
    store = means.aggregate(store_days=(means.length / means.gaps).median().round(3))
    known = several.cross_join(store)
    usual = (USUAL_GAPS * known.store_days + known.length) / (USUAL_GAPS + known.gaps)
    # Where nobody bought twice, nothing is usual: nobody is due before the store's lapse.
    days = usual.round().cast("int64").fill_null(LOOKBACK_DAYS)
    return known.select("customer_id", "last_day", "purchase_days", usual_days=ibis.greatest(days, 1))
