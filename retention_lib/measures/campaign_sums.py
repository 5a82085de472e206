"""Sales around the start of campaigns, by comparison, group and week: what `campaign_stacks` reads of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from retention_lib.measures.sales import MONEY

if TYPE_CHECKING:
    from ibis.expr import types as ir

CLUSTERS = 1_000
"""Groups that many units are put into, by a hash of their ids. Groups made by chance are as independent of one another
as those in them."""

_LEVELS_FROM = 50_000
_HALVES = 2  # steps of the level of sales to each doubling


@dataclass(frozen=True, kw_only=True)
class Window:
    """The time that comparisons may use.

    Attributes:
        origin: First day of the data, from which weeks are counted by sevens.
        until: First day no longer seen.
        before: Whole weeks before the week of the start (count).
        after: Weeks from that week on (count).
        newcomers: Whether those count who first bought when a comparison had begun.
    """

    origin: date
    until: date
    before: int
    after: int
    newcomers: bool

    @property
    def weeks_seen(self) -> int:
        """Whole weeks of data (count)."""
        return (self.until - self.origin).days // 7


def week_number(day: ir.DateValue, origin: date) -> ir.IntegerValue:
    """The week of a day, counted by sevens from the origin; negative before it.

    Args:
        day: The days.
        origin: The first day of week 0.
    """
    days = day.delta(ibis.date(origin.isoformat()), unit="day")
    return (days / 7).floor().cast("int64")


@dataclass(frozen=True, kw_only=True, eq=False)
class StackRows:
    """What the reductions of one store share.

    Attributes:
        lines: Sales by unit and week: number, week, amount.
        buyers: Units with `number`, `cluster`, `own` (their stack as treated, or null), `touched_week`, `bought_week`.
        stacks: The comparisons as a table: stack, first_week, end_week.
        weeks: One row a comparison and week: week, stack, first_week, end_week, at (the week from the start).
        newcomers: As for `campaign_stacks`.
    """

    lines: ibis.Table
    buyers: ibis.Table
    stacks: ibis.Table
    weeks: ibis.Table
    newcomers: bool

    def kept(self, rows: ibis.Table) -> ibis.Table:
        """Rows of units beside each comparison they belong to, as treated or control."""
        return self._belonging(rows.join(self.stacks, ibis.literal(True)))

    def sold(self, buyers: ibis.Table) -> ibis.Table:
        """The sales of some units in the weeks of each comparison they belong to; `at` is the week from the start."""
        lines = self.lines.join(buyers, "number")
        return self._belonging(lines.join(self.weeks, "week"))

    def _belonging(self, joined: ibis.Table) -> ibis.Table:
        own = (joined.own == joined.stack).fill_null(False)
        alone = (joined.touched_week >= joined.end_week).fill_null(True)
        found = joined.mutate(treated=own).filter(own | alone)
        return found if self.newcomers else found.filter(found.bought_week < found.first_week)


def stack_rows(
    bought: ibis.Table,
    buyers: ibis.Table,
    stacks: pd.DataFrame,
    window: Window,
    *,
    clustered: bool,
) -> StackRows:
    """The tables that the sums are read from.

    Args:
        bought: Sales of units: unit, ordered_at, amount.
        buyers: One row a unit, with its first purchase, what reached it first, its number and its bucket.
        stacks: The comparisons with their weeks.
        window: The time they may use.
        clustered: Whether units are counted in groups by a hash of their ids, or one by one.
    """
    named = {"stack": "int64", "campaign": "string", "offer": "string"}
    bounds = {"stack": "int64", "first_week": "int64", "end_week": "int64"}
    given = ibis.memtable(stacks[list(named)], schema=named)
    each = [
        (week, int(stack), int(first), int(end), week - int(started))
        for stack, first, end, started in stacks[[*bounds, "started_week"]].to_numpy()
        for week in range(int(first), int(end))
    ]
    weeks = {"week": "int64", **bounds, "at": "int64"}
    reached = buyers.mutate(first_reached=(buyers.touched_week == buyers.started_week).fill_null(False))
    own = given.select("campaign", "offer", own="stack", first_reached=ibis.literal(True))
    known = reached.left_join(own, ["campaign", "offer", "first_reached"])
    cluster = known.bucket if clustered else known.place
    people = known.select(
        "unit",
        "bucket",
        "touched_week",
        "own",
        number="place",
        cluster=cluster,
        bought_week=week_number(known.first_day, window.origin),
    ).cache()
    return StackRows(
        lines=_unit_weeks(bought, people, window).cache(),
        buyers=people.drop("unit"),
        stacks=ibis.memtable(stacks[list(bounds)], schema=bounds),
        weeks=ibis.memtable(pd.DataFrame(each, columns=list(weeks)), schema=weeks),
        newcomers=window.newcomers,
    )


def _unit_weeks(bought: ibis.Table, people: ibis.Table, window: Window) -> ibis.Table:
    """Sales by unit, as its number, and week: far fewer rows than lines, which every comparison would read again."""
    lines = bought.select("unit", "amount", week=week_number(bought.ordered_at.date(), window.origin))
    lines = lines.inner_join(people.select("unit", "number"), "unit")
    return lines.group_by("number", "week").aggregate(amount=lines.amount.sum().cast(MONEY))


def week_sums(rows: StackRows, stacks: pd.DataFrame, *, window: Window) -> pd.DataFrame:
    """Units and sales by stack, group, cluster and week of the comparison, as `CampaignStacks.sums` has them.

    Args:
        rows: Of all comparisons.
        stacks: The comparisons with their weeks.
        window: The time they may use.
    """
    joined = rows.kept(rows.buyers)
    groups = joined.group_by("stack", "treated", "cluster").aggregate(units=joined.count()).to_pandas()
    seen = rows.sold(rows.buyers)
    long = seen.group_by("stack", "treated", "cluster", "at").aggregate(sales=seen.amount.sum().cast("float64"))
    names = {f"before_{k}": -k for k in range(window.before, 0, -1)}
    names |= {f"after_{k}": k for k in range(window.after)}
    columns = {name: long.sales.sum(where=long["at"] == at) for name, at in names.items()}
    wide = long.group_by("stack", "treated", "cluster").aggregate(**columns).to_pandas()
    frame = groups.merge(wide, on=["stack", "treated", "cluster"], how="left")
    frame = frame.sort_values(["stack", "treated", "cluster"], ignore_index=True)
    places = frame["stack"].to_numpy(dtype=int)
    first = (stacks["first_week"] - stacks["started_week"]).to_numpy(dtype=int)[places]
    end = (stacks["end_week"] - stacks["started_week"]).to_numpy(dtype=int)[places]
    for name, at in names.items():
        seen_then = (at >= first) & (at < end)
        frame[name] = np.where(seen_then, frame[name].astype(float).fillna(0.0), np.nan)
    return frame


def sales_levels(rows: StackRows, buyers: int) -> pd.DataFrame:
    """Units by level of sales a week before the start; of very many left alone, some are drawn by a hash of the id.

    Args:
        rows: Of all comparisons.
        buyers: Units that ever bought (count).
    """
    share = min(1.0, _LEVELS_FROM / max(buyers, 1))
    drawn = rows.buyers.filter((rows.buyers.bucket < int(CLUSTERS * share) + 1) | rows.buyers.own.notnull())
    everyone = rows.kept(drawn)
    sold = rows.sold(drawn)
    before = sold.filter(sold["at"] < 0)
    weeks = (before.week - before["at"] - before.first_week).max()
    sums = before.group_by("stack", "number").aggregate(level=before.amount.sum().cast("float64") / weeks)
    joined = everyone.select("stack", "treated", "number").left_join(sums, ["stack", "number"])
    step = ibis.cases((joined["level"] > 0, (_HALVES * joined["level"].log2()).floor()))
    counted = joined.group_by("stack", "treated", level=step).aggregate(units=joined.count())
    return counted.order_by("stack", "treated", "level").to_pandas()
