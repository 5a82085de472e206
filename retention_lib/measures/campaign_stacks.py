"""Every campaign beside those whom no campaign had reached: sales by week around its start, in small groups.

Each campaign is a comparison of its own (a stack): those whom it reached first of all campaigns, and those whom none
reaches before the comparison ends. Nobody is chosen by what was bought after the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.measures.sales import MONEY
from retention_lib.measures.sharing import FEWEST, RARE, named_if_shared
from retention_lib.measures.units import CUSTOMERS, Units

if TYPE_CHECKING:
    from ibis.expr import types as ir

ONE_BY_ONE = 5_000
"""Households (or customers) are counted one by one up to this many."""

CLUSTERS = 1_000
"""More of them are put into so many groups by a hash of their id. Groups made by chance are as independent of one
another as those in them."""

MOST_STACKS = 60
"""Comparisons made at most; of more, those of the largest campaigns."""

MOST_TOUCHED = 0.2
"""Share of a campaign's treated at which messages of other campaigns end its comparison."""

WEEKS_TO_KNOW = 4
"""First weeks of the data that no comparison uses where newcomers are left out: everybody looks new in them."""

_LEVELS_FROM = 50_000
_HALVES = 2  # steps of the level of sales to each doubling


@dataclass(frozen=True, kw_only=True, eq=False)
class CampaignStacks:
    """Sales around the start of each campaign, of those it reached first and of those left alone.

    Attributes:
        stacks: One row a comparison: `stack` (running number), `campaign`, `offer` (text, empty where unknown),
            `started` (ISO day), `weeks_before`, `weeks_after` (whole weeks compared), `treated`, `controls` (units),
            `touched_later` (treated whom another campaign reached before the comparison ends).
        sums: One row a stack, group and cluster: `stack`, `treated` (bool), `cluster` (running number), `units`
            (count), and net sales by week, `before_<k>` (k weeks before the week of the start) and `after_<k>` (0 is
            that week); NaN outside the comparison.
        levels: One row a stack, group and level of sales: `stack`, `treated`, `level` (two steps a doubling of sales a
            week before the start; the lowest holds those without sales), `units`.
        mailed: Units ever mailed by a campaign in the time seen.
        left_alone: Units that bought and were never mailed by one.
        start_days: Days on which campaigns began.
        weeks_seen: Whole weeks of data.
        left_out: Comparisons beyond the largest `MOST_STACKS`.
        unit: What was counted: `customer` or `household`.
    """

    stacks: pd.DataFrame
    sums: pd.DataFrame
    levels: pd.DataFrame
    mailed: int
    left_alone: int
    start_days: int
    weeks_seen: int
    left_out: int
    unit: str

    def to_frame(self) -> pd.DataFrame:
        """The comparisons."""
        return self.stacks


@dataclass(frozen=True, kw_only=True)
class _Window:
    """The time that comparisons may use: origin, end (half-open), and weeks before and from the start on."""

    origin: date
    until: date
    before: int
    after: int
    newcomers: bool

    @property
    def weeks_seen(self) -> int:
        return (self.until - self.origin).days // 7


def campaign_stacks(
    transactions: ibis.Table,
    contacts: ibis.Table | NotEnough,
    *,
    period: tuple[date, date],
    weeks: tuple[int, int] = (12, 8),
    units: Units = CUSTOMERS,
    newcomers: bool = False,
) -> CampaignStacks | NotEnough:
    """The comparisons of all campaigns, reduced in the engine.

    Treated by a campaign and offer are those whose first message of any campaign came in the week of the campaign's
    start and was this campaign's; controls are those without any message before the comparison ends. It ends
    `weeks[1]` weeks after the start, with the data, or with the week before other campaigns have reached one in five
    of the treated, whichever is first.

    Args:
        transactions: The store's `transactions`.
        contacts: The store's `contacts`, without what everybody gets (`campaigns.without_regular`).
        period: First day of the data, from which weeks are counted by sevens, and first day no longer seen.
        weeks: Whole weeks before the week of the start, and weeks from that week on.
        units: Who counts as one.
        newcomers: Whether those count who first bought when a comparison had begun. They have no sales before, and as
            campaigns go to known customers there are more of them among the controls, whose sales they make rise.

    Returns:
        The comparisons of campaigns that reached five units or more, ordered by start, campaign and offer.
    """
    if isinstance(contacts, NotEnough):
        return contacts
    window = _Window(origin=period[0], until=period[1], before=weeks[0], after=weeks[1], newcomers=newcomers)
    stop = ibis.timestamp(window.until.isoformat())
    sent = contacts.filter(contacts.sent_at < stop)
    bought = units.of(transactions.filter(transactions.ordered_at < stop))
    touched = _first_messages(units.of(_with_offer(sent)), window).cache()
    buyers = _buyers(bought, touched).cache()
    stacks = _stacks(buyers, window)
    shown = stacks.nlargest(MOST_STACKS, "treated").sort_index() if len(stacks) > MOST_STACKS else stacks
    shown = shown.reset_index(drop=True).assign(stack=range(len(shown)))
    counts = buyers.aggregate(
        mailed=buyers.touched.notnull().sum(), alone=buyers.touched.isnull().sum(), buyers=buyers.count()
    ).to_pandas()
    facts = {name: int(counts[name].fillna(0).iloc[0]) for name in counts}
    rows = _rows(bought, buyers, shown, window, clustered=facts["buyers"] > ONE_BY_ONE)
    sums = _reduced(rows, shown, window=window)
    return CampaignStacks(
        stacks=_counted(shown, sums),
        sums=sums,
        levels=_levels(rows, facts["buyers"]),
        mailed=facts["mailed"],
        left_alone=facts["alone"],
        start_days=int(stacks["started"].nunique()),
        weeks_seen=window.weeks_seen,
        left_out=len(stacks) - len(shown),
        unit=units.name,
    )


def _with_offer(sent: ibis.Table) -> ibis.Table:
    """The messages with the campaign's offer, rare ones (which may name somebody) and missing ones as empty text."""
    if "offer" not in sent.columns:
        sent = sent.mutate(offer=ibis.literal(""))
    named = named_if_shared(sent, "offer", fewest=FEWEST)
    return named.mutate(offer=named.offer.nullif(RARE).fill_null(""))


def _week(day: ir.DateValue, origin: date) -> ir.IntegerValue:
    """The week of a day, counted by sevens from the origin; negative before it."""
    days = day.delta(ibis.date(origin.isoformat()), unit="day")
    return (days / 7).floor().cast("int64")


def _first_messages(sent: ibis.Table, window: _Window) -> ibis.Table:
    """Of each unit: its first message's campaign, offer and week, and the week of the first of another campaign.

    Whoever got messages of two campaigns at the same moment has no first campaign.
    """
    offers = sent.group_by("unit", "offer", campaign=sent.campaign_id).aggregate(touched=sent.sent_at.min())
    of_campaign = ibis.window(group_by=["unit", "campaign"])
    offers = offers.mutate(earliest=offers.touched.min().over(of_campaign))
    each = offers.group_by("unit", "campaign").aggregate(
        touched=offers.touched.min(), offer=offers.offer.min(where=offers.touched == offers.earliest)
    )
    order = ibis.window(group_by="unit", order_by=[each.touched, each.campaign])
    ranked = each.mutate(place=ibis.row_number().over(order), others=each.touched.lead().over(order))
    first = ranked.filter(ranked.place == 0)
    alone = first.others.isnull() | (first.others > first.touched)
    named = first.mutate(campaign=alone.ifelse(first.campaign, ibis.null("string")))
    # A campaign starts with its first message to anybody.
    starts = each.group_by(each.campaign).aggregate(started=each.touched.min())
    told = named.left_join(starts, "campaign")
    return told.select(
        "unit",
        "touched",
        "campaign",
        "offer",
        started=told.started.date(),
        touched_week=_week(told.touched.date(), window.origin),
        started_week=_week(told.started.date(), window.origin),
        others_week=_week(told.others.date(), window.origin),
    )


def _buyers(bought: ibis.Table, touched: ibis.Table) -> ibis.Table:
    """One row a unit that ever bought: its first purchase, what reached it first, and a number without meaning."""
    first = bought.group_by("unit").aggregate(first_day=bought.ordered_at.min().date())
    joined = first.left_join(touched, "unit").drop("unit_right")
    order = ibis.window(order_by=joined.unit)
    bucket = (joined.unit.hash() % CLUSTERS + CLUSTERS) % CLUSTERS
    return joined.mutate(place=ibis.row_number().over(order), bucket=bucket)


def _stacks(buyers: ibis.Table, window: _Window) -> pd.DataFrame:
    """The comparisons with their weeks, in the order of their starts."""
    treated = buyers.filter(buyers.touched_week == buyers.started_week, buyers.campaign.notnull())
    keys = ["campaign", "offer", "started", "started_week"]
    by_week = treated.group_by([*keys, "others_week"]).aggregate(units=treated.count()).to_pandas()
    rows = [_stack(key, group, window) for key, group in by_week.groupby(keys, sort=True)]
    columns = [*keys, "first_week", "end_week", "treated", "touched_later"]
    frame = pd.DataFrame([row for row in rows if row[-2] >= FEWEST], columns=columns)
    frame = frame.sort_values(["started_week", "started", "campaign", "offer"], ignore_index=True)
    return frame.assign(started=frame["started"].astype(str).str[:10])


def _stack(key: tuple[str, str, date, int], group: pd.DataFrame, window: _Window) -> tuple[Any, ...]:
    """One comparison: its key, first week, end (half-open), treated, and those reached by others before the end."""
    week = key[3]
    total = int(group["units"].sum())
    end = max(week, min(week + window.after, window.weeks_seen))
    reached = group.dropna(subset=["others_week"]).sort_values("others_week")
    passed = reached[reached["units"].cumsum() > MOST_TOUCHED * total]
    if len(passed):
        # At least the week of the start is compared: what comes in it belongs to the campaign's own message.
        end = min(end, max(week + 1, int(passed["others_week"].iloc[0])))
    touched = int(reached.loc[reached["others_week"] < end, "units"].sum())
    first = 0 if window.newcomers else WEEKS_TO_KNOW
    return (*key, min(max(first, week - window.before), max(week, 0)), end, total, touched)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
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


def _rows(
    bought: ibis.Table,
    buyers: ibis.Table,
    stacks: pd.DataFrame,
    window: _Window,
    *,
    clustered: bool,
) -> _Rows:
    """The tables that the reductions read."""
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
        bought_week=_week(known.first_day, window.origin),
    ).cache()
    return _Rows(
        lines=_unit_weeks(bought, people, window).cache(),
        buyers=people.drop("unit"),
        stacks=ibis.memtable(stacks[list(bounds)], schema=bounds),
        weeks=ibis.memtable(pd.DataFrame(each, columns=list(weeks)), schema=weeks),
        newcomers=window.newcomers,
    )


def _unit_weeks(bought: ibis.Table, people: ibis.Table, window: _Window) -> ibis.Table:
    """Sales by unit, as its number, and week: far fewer rows than lines, which every comparison would read again."""
    lines = bought.select("unit", "amount", week=_week(bought.ordered_at.date(), window.origin))
    lines = lines.inner_join(people.select("unit", "number"), "unit")
    return lines.group_by("number", "week").aggregate(amount=lines.amount.sum().cast(MONEY))


def _reduced(rows: _Rows, stacks: pd.DataFrame, *, window: _Window) -> pd.DataFrame:
    """Units and sales by stack, group, cluster and week of the comparison."""
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


def _levels(rows: _Rows, buyers: int) -> pd.DataFrame:
    """Units by level of sales a week before the start; of very many left alone, some are drawn by a hash of the id."""
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


def _counted(stacks: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """The comparisons with the units counted in them."""
    units = sums.groupby(["stack", "treated"])["units"].sum().unstack("treated", fill_value=0)
    units = units.reindex(index=stacks["stack"], columns=[False, True], fill_value=0)
    found = stacks.assign(
        weeks_before=stacks["started_week"].clip(lower=0) - stacks["first_week"],
        weeks_after=stacks["end_week"] - stacks["started_week"],
        treated=units[True].to_numpy(dtype=int),
        controls=units[False].to_numpy(dtype=int),
    )
    names = ["stack", "campaign", "offer", "started", "weeks_before", "weeks_after", "treated", "controls"]
    return found[[*names, "touched_later"]]
