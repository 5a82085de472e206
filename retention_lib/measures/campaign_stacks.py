"""Every campaign beside those whom no campaign had reached: sales by week around its start, in small groups.

Each campaign is a comparison of its own (a stack): those whom it reached first of all campaigns, and those whom none
reaches before the comparison ends. Nobody is chosen by what was bought after the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.measures.campaign_sums import CLUSTERS, Window, sales_levels, stack_rows, week_number, week_sums
from retention_lib.measures.sharing import FEWEST, RARE, named_if_shared
from retention_lib.measures.units import CUSTOMERS, Units

ONE_BY_ONE = 5_000
"""Households (or customers) are counted one by one up to this many."""

MOST_STACKS = 60
"""Comparisons made at most; of more, those of the largest campaigns."""

MOST_TOUCHED = 0.2
"""Share of a campaign's treated at which messages of other campaigns end its comparison."""

WEEKS_TO_KNOW = 4
"""First weeks of the data that no comparison uses where newcomers are left out: everybody looks new in them."""


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
    window = Window(origin=period[0], until=period[1], before=weeks[0], after=weeks[1], newcomers=newcomers)
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
    rows = stack_rows(bought, buyers, shown, window, clustered=facts["buyers"] > ONE_BY_ONE)
    sums = week_sums(rows, shown, window=window)
    return CampaignStacks(
        stacks=_counted(shown, sums),
        sums=sums,
        levels=sales_levels(rows, facts["buyers"]),
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


def _first_messages(sent: ibis.Table, window: Window) -> ibis.Table:
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
        touched_week=week_number(told.touched.date(), window.origin),
        started_week=week_number(told.started.date(), window.origin),
        others_week=week_number(told.others.date(), window.origin),
    )


def _buyers(bought: ibis.Table, touched: ibis.Table) -> ibis.Table:
    """One row a unit that ever bought: its first purchase, what reached it first, and a number without meaning."""
    first = bought.group_by("unit").aggregate(first_day=bought.ordered_at.min().date())
    joined = first.left_join(touched, "unit").drop("unit_right")
    order = ibis.window(order_by=joined.unit)
    bucket = (joined.unit.hash() % CLUSTERS + CLUSTERS) % CLUSTERS
    return joined.mutate(place=ibis.row_number().over(order), bucket=bucket)


def _stacks(buyers: ibis.Table, window: Window) -> pd.DataFrame:
    """The comparisons with their weeks, in the order of their starts."""
    treated = buyers.filter(buyers.touched_week == buyers.started_week, buyers.campaign.notnull())
    keys = ["campaign", "offer", "started", "started_week"]
    by_week = treated.group_by([*keys, "others_week"]).aggregate(units=treated.count()).to_pandas()
    rows = [_stack(key, group, window) for key, group in by_week.groupby(keys, sort=True)]
    columns = [*keys, "first_week", "end_week", "treated", "touched_later"]
    frame = pd.DataFrame([row for row in rows if row[-2] >= FEWEST], columns=columns)
    frame = frame.sort_values(["started_week", "started", "campaign", "offer"], ignore_index=True)
    return frame.assign(started=frame["started"].astype(str).str[:10])


def _stack(key: tuple[str, str, date, int], group: pd.DataFrame, window: Window) -> tuple[Any, ...]:
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
