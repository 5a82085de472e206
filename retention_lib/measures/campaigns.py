"""Sales of customers, or households, mailed by a campaign and of those left alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.sharing import FEWEST, RARE, named_if_shared
from retention_lib.measures.units import CUSTOMERS, Units


@dataclass(frozen=True, kw_only=True)
class CampaignWeeks:
    """The weeks around a campaign, counted by sevens from the first day of the data.

    Attributes:
        origin: First day of week 0.
        campaign_id: The campaign.
        started: Day of its first message.
        event_week: Week in which its first message was sent.
        first_week: First week of the comparison.
        end_week: First week after it (half-open).
    """

    origin: date
    campaign_id: str
    started: date
    event_week: int
    first_week: int
    end_week: int

    def start_of(self, week: int) -> date:
        """First day of a week."""
        return self.origin + timedelta(days=7 * week)


def campaign_weeks(
    contacts: ibis.Table | NotEnough,
    campaign_id: str,
    *,
    origin: date,
    until: date,
    weeks_before: int,
    weeks_after: int,
) -> CampaignWeeks | NotEnough:
    """The comparison weeks of a campaign.

    Args:
        contacts: The store's `contacts`, or why there are none.
        campaign_id: The campaign to judge; empty where none is named.
        origin: First day of the data; weeks are counted from it by sevens.
        until: First day that is no longer seen.
        weeks_before: Whole weeks before the week of the start.
        weeks_after: Weeks from the week of the start on.

    Returns:
        The weeks, cut to the whole weeks that the data hold; NotAsked("campaign_named") where no campaign is named.

    Raises:
        LookupError: If the campaign has no message in `contacts`; names those that have.
    """
    if isinstance(contacts, NotEnough):
        return contacts
    if not campaign_id:
        return NotAsked("campaign_named", 0, 1)
    sent = contacts.filter(contacts.campaign_id == campaign_id).sent_at.min().to_pandas()
    if pd.isna(sent):
        sizes = contacts.group_by("campaign_id").aggregate(mailed=contacts.customer_id.nunique())
        # A campaign of a few may be a person's name in the wrong column.
        known = sorted(sizes.filter(sizes.mailed >= FEWEST).to_pandas()["campaign_id"])
        raise LookupError(f"campaign {campaign_id!r} has no message in contacts; known: {', '.join(known) or 'none'}")
    week = (sent.date() - origin).days // 7
    return CampaignWeeks(
        origin=origin,
        campaign_id=campaign_id,
        started=sent.date(),
        event_week=week,
        first_week=max(0, week - weeks_before),
        end_week=min(week + weeks_after, (until - origin).days // 7),
    )


def without_regular(contacts: ibis.Table | None, regular: Sequence[str]) -> ibis.Table | NotAsked:
    """The messages of campaigns, without those that everybody gets.

    Args:
        contacts: The store's `contacts`; None where it has none, and then nothing is asked of campaigns.
        regular: Campaign ids of newsletters and the like; `*` stands for any characters.
    """
    if contacts is None:
        return NotAsked("contacts", 0, 1)
    if not regular:
        return contacts
    patterns = [re.compile(re.escape(name).replace(r"\*", ".*"), re.DOTALL) for name in regular]
    # There are few names and many messages.
    names = contacts.select("campaign_id").distinct().to_pandas()["campaign_id"]
    left_out = [name for name in names if any(pattern.fullmatch(name) for pattern in patterns)]
    return contacts.filter(~contacts.campaign_id.isin(sorted(left_out))) if left_out else contacts


def weekly_panel(
    transactions: ibis.Table,
    contacts: ibis.Table | NotEnough,
    weeks: CampaignWeeks | NotEnough,
    *,
    units: Units = CUSTOMERS,
    newcomers: bool = True,
) -> pd.DataFrame | NotEnough:
    """Sales by customer, or household, and week, for those mailed by one campaign and those mailed by none.

    Treated are those whose first message of any campaign came in the week of this campaign and was this
    campaign's; controls are those without any message before the comparison ends. So no control is touched,
    and nobody treated was touched before. A household is mailed when a member is, and buys what its members buy.

    Args:
        transactions: The store's `transactions`.
        contacts: The store's `contacts`.
        weeks: From `campaign_weeks`.
        units: Who counts as one.
        newcomers: Whether those count who first bought when the comparison had begun. In a growing shop they make
            the sales of whoever was not mailed rise.

    Returns:
        One row a unit that ever bought, in a stable order: `customer` (running number, no id), `unit` (what
        one unit is), `treated` (bool), `touched_later` (bool: treated, and reached by another campaign before
        the comparison ends) and a column `w_<k>` of net sales for each week k of the comparison. A refusal of contacts
        or weeks is handed on.
    """
    if isinstance(contacts, NotEnough):
        return contacts
    if isinstance(weeks, NotEnough):
        return weeks
    transactions, contacts = units.of(transactions), units.of(contacts)
    day = transactions.ordered_at.date()
    known = transactions if newcomers else transactions.filter(day < weeks.start_of(weeks.first_week))
    groups = _groups(known, contacts, weeks)
    columns = {
        f"w_{week}": transactions.amount.sum(
            where=(day >= ibis.date(weeks.start_of(week).isoformat()))
            & (day < ibis.date(weeks.start_of(week + 1).isoformat()))
        )
        for week in range(weeks.first_week, weeks.end_week)
    }
    sales = transactions.group_by("unit").aggregate(**columns)
    panel = groups.left_join(sales, "unit").order_by("unit")
    frame = panel.select("treated", "touched_later", *columns).to_pandas()
    filled = frame.astype(dict.fromkeys(columns, float)).fillna(dict.fromkeys(columns, 0.0))
    filled = filled.assign(customer=range(len(filled)), unit=units.name)
    return filled[["customer", "unit", "treated", "touched_later", *columns]]


def _groups(transactions: ibis.Table, contacts: ibis.Table, weeks: CampaignWeeks) -> ibis.Table:
    start, next_week, stop = (
        ibis.timestamp(weeks.start_of(week).isoformat())
        for week in (weeks.event_week, weeks.event_week + 1, weeks.end_week)
    )
    own = contacts.campaign_id == weeks.campaign_id
    others = contacts.campaign_id != weeks.campaign_id
    history = contacts.group_by("unit").aggregate(
        first=contacts.sent_at.min(),
        own_first=contacts.sent_at.min(where=own),
        others_first=contacts.sent_at.min(where=others),
    )
    in_week = (history.own_first >= start) & (history.own_first < next_week)
    untouched = history.others_first.isnull() | (history.others_first > history.own_first)
    groups = history.select(
        "unit",
        treated=(in_week & untouched).fill_null(False),
        touched=history["first"] < stop,
        touched_later=(history.others_first < stop).fill_null(False),
    )
    buyers = transactions.select("unit").distinct().left_join(groups, "unit")
    flags = {name: buyers[name].fill_null(False) for name in ("treated", "touched", "touched_later")}
    marked = buyers.select("unit", **flags)
    return marked.filter(marked.treated | ~marked.touched)


def campaign_redemptions(
    contacts: ibis.Table | NotEnough, redemptions: ibis.Table | None, *, until: date, fewest: int = FEWEST
) -> pd.DataFrame | NotEnough:
    """Customers mailed by each campaign and those of them who used one of its coupons.

    Args:
        contacts: The store's `contacts`.
        redemptions: The store's `redemptions`; None where the store has none.
        until: First day that is no longer seen.
        fewest: Campaigns of fewer customers are left out, and offers made to fewer are not told, for they may
            name somebody.

    Returns:
        Columns `campaign` (id), `offer` (text; empty where unknown), `sent_on` (first day), `mailed`,
        `redeemed` (customers), ordered by first day and id; no rows without redemptions.
    """
    if isinstance(contacts, NotEnough):
        return contacts
    if redemptions is None:
        return pd.DataFrame({"campaign": [], "offer": [], "sent_on": [], "mailed": [], "redeemed": []})
    stop = ibis.timestamp(until.isoformat())
    sent = contacts.filter(contacts.sent_at < stop)
    if "offer" not in sent.columns:
        sent = sent.mutate(offer=ibis.literal(""))
    sent = named_if_shared(sent, "offer", fewest=fewest)
    mailed = sent.group_by("campaign_id", "customer_id").aggregate(
        offer=sent.offer.nullif(RARE).max(), sent_at=sent.sent_at.min()
    )
    used = redemptions.filter(redemptions.redeemed_at < stop).select("campaign_id", "customer_id").distinct()
    joined = mailed.left_join(used.mutate(used=1), ["campaign_id", "customer_id"])
    campaigns = joined.group_by(campaign=joined.campaign_id).aggregate(
        offer=joined.offer.max().fill_null(""),
        sent_on=joined.sent_at.min().date(),
        mailed=ibis._.count(),
        redeemed=joined.used.count(),
    )
    frame = campaigns.filter(campaigns.mailed >= fewest).order_by("sent_on", "campaign").to_pandas()
    return frame.assign(sent_on=frame["sent_on"].astype(str).str[:10])


def offer_redemptions(
    contacts: ibis.Table | NotEnough, redemptions: ibis.Table | None, *, until: date
) -> pd.DataFrame | NotEnough:
    """Customers mailed with each offer and those of them who used a coupon of the same campaign.

    Args:
        contacts: The store's `contacts`.
        redemptions: The store's `redemptions`; None where the store has none.
        until: First day that is no longer seen.

    Returns:
        Columns `offer` (text; empty where unknown or shared by fewer than five), `mailed`, `redeemed`: mailings of a
        campaign to a customer, ordered by offer; no rows without redemptions.
    """
    if isinstance(contacts, NotEnough):
        return contacts
    if redemptions is None:
        return pd.DataFrame({"offer": [], "mailed": [], "redeemed": []})
    stop = ibis.timestamp(until.isoformat())
    sent = contacts.filter(contacts.sent_at < stop)
    if "offer" not in sent.columns:
        sent = sent.mutate(offer=ibis.literal(""))
    named = named_if_shared(sent, "offer", fewest=FEWEST)
    mailed = named.select("customer_id", "campaign_id", offer=named.offer.nullif(RARE).fill_null("")).distinct()
    used = redemptions.filter(redemptions.redeemed_at < stop).select("campaign_id", "customer_id").distinct()
    joined = mailed.left_join(used.mutate(used=1), ["campaign_id", "customer_id"])
    offers = joined.group_by("offer").aggregate(mailed=joined.count(), redeemed=joined.used.count())
    return offers.order_by("offer").to_pandas()


def mailed_and_not(
    transactions: ibis.Table, contacts: ibis.Table | NotEnough, *, since: date, until: date, units: Units = CUSTOMERS
) -> pd.DataFrame | NotEnough:
    """What those whom campaigns reached spent a week over the whole time, and what all others did.

    Args:
        transactions: The store's `transactions`.
        contacts: The store's `contacts`, without what everybody gets.
        since: First day counted; weeks are counted from it by sevens, whole ones only.
        until: First day that is no longer seen.
        units: Who counts as one.

    Returns:
        One row a group that there is, the others first: mailed (bool: first reached by a campaign in the weeks counted;
        who was first reached earlier is among the others), n (units that bought), mean and variance (of sales a
        unit-week, divisor n - 1; 0 for one unit), unit. No rows without a whole week.
    """
    if isinstance(contacts, NotEnough):
        return contacts
    weeks = (until - since).days // 7
    start = ibis.timestamp(since.isoformat())
    stop = ibis.timestamp((since + timedelta(days=7 * weeks)).isoformat())
    bought = units.of(transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat())))
    counted = (bought.ordered_at >= start) & (bought.ordered_at < stop)
    spent = bought.group_by("unit").aggregate(
        sales=bought.amount.sum(where=counted).cast("float64").fill_null(0.0) / max(weeks, 1)
    )
    sent = units.of(contacts)
    reached = sent.group_by("unit").aggregate(touched=sent.sent_at.min())
    known = spent.left_join(reached, "unit")
    mailed = ((known.touched >= start) & (known.touched < stop)).fill_null(False)
    groups = known.group_by(mailed=mailed).aggregate(
        n=known.count(), mean=known.sales.mean(), variance=known.sales.var(how="sample")
    )
    frame = groups.order_by("mailed").to_pandas().head(2 if weeks else 0)
    return frame.assign(variance=frame["variance"].astype(float).fillna(0.0), unit=units.name)
