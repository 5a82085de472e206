"""What says whether a test may be read: its split, who was reached before it began, what else happened to its units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough, first_refusal
from retention_lib.measures.experiment_events import sent_messages
from retention_lib.measures.experiment_others import OtherCampaigns, other_campaigns
from retention_lib.measures.experiment_sample import whole_grid
from retention_lib.measures.sharing import FEWEST, RARE
from retention_lib.stores.rules import CONFLICT

if TYPE_CHECKING:
    from retention_lib.measures.experiment_outcomes import Outcomes
    from retention_lib.measures.experiments import Experiment, MixedUnits

_USUAL_ROWS = 20
_USUAL_DAYS = 56


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckFacts:
    """What was found out about a test, as counts of its units.

    Attributes:
        experiment: Its `experiment_id`.
        control: The arm left alone.
        unit: What a unit is: `customer` or `household`.
        source: Whether results are counted in `transactions` or stand in `outcomes`.
        first_day: Day of the first assignment; None in a test without dates.
        last_day: Day of the last one.
        window_ends: First day after everybody's window.
        until: First day that is not seen.
        arms: One row an arm, the one left alone first: `arm`, `units`, `members` (customers assigned in these) and, NaN
            where it cannot be known, of the units: `bought_between` (bought on the day of the assignment before it),
            `contacted` (were sent a message of the campaign), `used_coupon` (used a coupon of it), `exposed_before`
            (had either before they were assigned).
        strata: `stratum` (text; empty where it is not known), `arm`, `units`; no row where no stratum is known.
        days: `day`, `arm`, `units` by day of assignment; no row in a test without dates.
        mixed: Units in two arms, left out.
        set_aside: Rows of `assignments`, of all tests together, that put a customer into a test at odds with another
            row, and persons in two arms under several ids; they were left out when the store was read (count).
        mixed_households: Households with members in two arms (count).
        missing: `metric`, `arm`, `units`, `missing` (units without a value); no row where results are counted in sales,
            which leave nobody out.
        others: Other campaigns and tests that reached the same units.
        days_missing: Days of the window on which the shop has no sale at all though it sells on such weekdays (count).
        days_looked: Days of the window that were looked at (count; 0 without dates or sales).
    """

    experiment: str
    control: str
    unit: str
    source: str
    first_day: date | None
    last_day: date | None
    window_ends: date | None
    until: date
    arms: pd.DataFrame
    strata: pd.DataFrame
    days: pd.DataFrame
    mixed: MixedUnits
    set_aside: int
    mixed_households: int
    missing: pd.DataFrame
    others: OtherCampaigns
    days_missing: int
    days_looked: int

    @property
    def dated(self) -> bool:
        """Whether it is known when the units were assigned."""
        return self.first_day is not None

    @property
    def window_closed(self) -> bool:
        """Whether everybody's window has been seen whole; a test without dates is over."""
        return self.window_ends is None or self.window_ends <= self.until

    @property
    def knows_contacts(self) -> bool:
        """Whether the store holds messages of this campaign."""
        return bool(self.arms["contacted"].notna().all())

    @property
    def contacted_control(self) -> float:
        """Units left alone that got a message of the campaign (count); NaN where messages are not known."""
        own = self.arms.loc[self.arms["arm"] == self.control, "contacted"]
        return float(own.iloc[0]) if len(own) else math.nan

    @property
    def not_contacted(self) -> pd.DataFrame:
        """Units of the other arms that got no message: arm, units, not_contacted; no row where messages are unknown."""
        treated = self.arms[self.arms["arm"] != self.control]
        told = treated.assign(not_contacted=treated["units"] - treated["contacted"]).dropna(subset=["contacted"])
        return told[["arm", "units", "not_contacted"]].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """The arms."""
        return self.arms


def experiment_checks(test: Experiment | NotEnough, outcomes: Outcomes | NotEnough) -> CheckFacts | NotEnough:
    """What the store says about whether a test may be read.

    Args:
        test: The test.
        outcomes: Its results.

    Returns:
        The facts; the refusal of the test, or of its results, where there is one.
    """
    if isinstance(test, NotEnough) or isinstance(outcomes, NotEnough):
        return first_refusal(test, outcomes)
    return CheckFacts(
        experiment=test.name,
        control=test.control,
        unit=test.units.name,
        source=outcomes.source,
        first_day=test.first_day,
        last_day=test.last_day,
        window_ends=test.window_ends,
        until=test.until,
        arms=_arms(test, outcomes),
        strata=_strata(test),
        days=_days(test),
        mixed=test.mixed,
        set_aside=_set_aside(test),
        mixed_households=test.mixed_households,
        missing=_missing(test, outcomes),
        others=other_campaigns(test),
        **_days_without_sales(test),
    )


def _arms(test: Experiment, outcomes: Outcomes) -> pd.DataFrame:
    """The arms with what their units did and got; what cannot be known is NaN."""
    people = test.people
    sizes = people.group_by("arm").aggregate(units=people.count(), members=people.members.sum().cast("int64"))
    frame = sizes.to_pandas().set_index("arm").reindex(list(test.arms), fill_value=0)
    sent = sent_messages(outcomes)
    given = [rows for rows in (sent, outcomes.coupons) if rows is not None]
    early = [_before_the_draw(test, rows).select("unit") for rows in given]
    found: dict[str, ir.Table | None] = {
        "bought_between": _bought_between(outcomes),
        "contacted": sent,
        "used_coupon": outcomes.coupons,
        "exposed_before": ibis.union(*early) if len(early) > 1 else early[0] if early else None,
    }
    for name, rows in found.items():
        frame[name] = math.nan if rows is None else _units_by_arm(test, rows).reindex(frame.index).fillna(0.0)
    return frame.reset_index()


def _before_the_draw(test: Experiment, rows: ir.Table) -> ir.Table:
    """Messages, or uses of coupons, from before it was settled who is in which arm."""
    drawn = test.reading.drawn_on
    if drawn is None:
        return rows.filter(~rows.begun)
    placed = rows.inner_join(test.people.select("unit", "day"), "unit")
    return placed.filter(placed.day + placed.age.as_interval("D") < ibis.date(drawn.isoformat()))


def _units_by_arm(test: Experiment, rows: ir.Table) -> pd.Series:
    """Units of each arm that have a row."""
    found = test.people.semi_join(rows, "unit")
    return found.group_by("arm").aggregate(units=found.count()).to_pandas().set_index("arm")["units"].astype(float)


def _bought_between(outcomes: Outcomes) -> ir.Table | None:
    """Units that bought on the day of their assignment before it; None where assignments hold no time of day."""
    at = outcomes.experiment.people.assigned_at
    if outcomes.orders is None or not (at != at.truncate("D")).any().fill_null(False).to_pandas():
        return None
    orders = outcomes.orders
    return orders.filter((orders.age == 0) & ~orders.begun & (orders.sold > 0))


def _set_aside(test: Experiment) -> int:
    """Rows and persons that the store left out, for they would be in two arms."""
    reasons = test.store.reconciliation("assignments").reasons
    rows = sum(reason.rows for reason in reasons if reason.reason == CONFLICT)
    merging = test.store.merging
    return rows + (0 if merging is None else merging.persons_in_two_variants)


def _strata(test: Experiment) -> pd.DataFrame:
    """Units by stratum and arm; strata so small that their name may be a person's are taken together."""
    people = test.people.filter(test.people.stratum.notnull())
    if not people.count().to_pandas():
        return pd.DataFrame({"stratum": pd.Series(dtype=object), "arm": pd.Series(dtype=object), "units": []})
    counts = test.people.group_by("stratum").aggregate(members=test.people.members.sum())
    small = counts.filter(counts.members < FEWEST).select("stratum")
    told = test.people.mutate(rare=test.people.stratum.isin(small.stratum).fill_null(False))
    named = told.mutate(stratum=told.rare.ifelse(RARE, told.stratum.fill_null("")))
    return whole_grid(test, named.group_by("stratum", "arm").aggregate(units=named.count()), "stratum").to_pandas()


def _days(test: Experiment) -> pd.DataFrame:
    """Units by day of assignment and arm."""
    dated = test.people.filter(test.people.day.notnull())
    counts = dated.group_by("day", "arm").aggregate(units=dated.count())
    return whole_grid(test, counts, "day").to_pandas()


def _missing(test: Experiment, outcomes: Outcomes) -> pd.DataFrame:
    """Units without a value, by metric and arm; sales leave nobody out."""
    table = outcomes.table
    metrics = [] if outcomes.source == "transactions" else [name for name in outcomes.metrics if name in table.columns]
    if not metrics:
        empty: dict[str, Any] = {"metric": [], "arm": [], "units": [], "missing": []}
        return pd.DataFrame(empty).astype({"metric": object, "arm": object, "units": "int64", "missing": "int64"})
    nulls = {name: table[name].isnull().sum() for name in metrics}
    wide = table.group_by("arm").aggregate(units_=table.count(), **nulls).to_pandas().set_index("arm")
    rows = [
        {"metric": name, "arm": arm, "units": int(wide.loc[arm, "units_"]), "missing": int(wide.loc[arm, name])}
        for name in metrics
        for arm in test.arms
        if arm in wide.index
    ]
    return pd.DataFrame(rows)


def _days_without_sales(test: Experiment) -> dict[str, int]:
    """Days of the window without a sale in the whole shop, though it usually sells on that day of the week."""
    sales = test.store.find("transactions")
    if sales is None or test.first_day is None or test.window_ends is None:
        return {"days_missing": 0, "days_looked": 0}
    start, end = test.first_day, min(test.window_ends, test.until)
    since = ibis.timestamp((start - timedelta(days=_USUAL_DAYS)).isoformat())
    seen = sales.filter(sales.ordered_at >= since, sales.ordered_at < ibis.timestamp(end.isoformat()))
    rows = seen.group_by(day=seen.ordered_at.date()).aggregate(rows=seen.count()).order_by("day").to_pandas()
    every = pd.date_range(start - timedelta(days=_USUAL_DAYS), end - timedelta(days=1))
    counts = rows.assign(day=pd.to_datetime(rows["day"])).set_index("day")["rows"].reindex(every, fill_value=0)
    usual = counts.groupby(counts.index.dayofweek).transform("median")
    inside = counts.index >= pd.Timestamp(start)
    missing = inside & (counts == 0) & (usual >= _USUAL_ROWS)
    return {"days_missing": int(missing.sum()), "days_looked": int(inside.sum())}
