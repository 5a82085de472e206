"""Messages before a month and what became of those who got them: opened, without consent now, gone quiet."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.profile_behaviour import sent_messages
from retention_lib.measures.sharing import FEWEST
from retention_lib.measures.where import Find, active_customers
from retention_lib.settings.calendar import Month

MESSAGE_DAYS = 90
BAND_STARTS = (1, 2, 3, 4, 6, 11, 21)
"""The fewest messages of each band: 1, 2, 3, 4 to 5, 6 to 10, 11 to 20, 21 or more."""

COLUMNS = (
    *("channel", "messages_from", "messages_to", "customers", "asked", "withdrawn", "sent", "opened", "sent_squares"),
    *("opened_squares", "sent_opened", "active", "lost"),
)


def contact_fatigue(customers: ir.Table, find: Find, *, month: Month, lapse_days: int) -> pd.DataFrame | None:
    """Customers by the messages of each channel they were sent in the 90 days before a month.

    Only customers whose first purchase is at least 90 days old are counted: a newcomer had less time to get messages,
    and newcomers leave more.

    Args:
        customers: From `rfm.rfm_customers`.
        find: `Store.find`: a table by name, or None where the store has none.
        month: Month to read.
        lapse_days: The window W.

    Returns:
        None where the store has no `contacts`; else columns `channel`, `messages_from`, `messages_to` (the band's
        fewest and most messages, the last one's most being NA; 0 for customers active when the month began who got
        none), `customers` (sent that many), `asked` (of them, with yes or no as consent to the channel), `withdrawn`
        (of them, no as the store has it now, withdrawn or never given), `sent`, `opened` (messages; NA where none of
        the channel was ever seen opened), the sums over customers of their squares and their product (`sent_squares`,
        `opened_squares`, `sent_opened`), `active`, `lost` (active when the month began, and of them not when it
        ended); ordered by channel and band. Channels that reached fewer than five customers are left out.
    """
    contacts = find("contacts")
    if contacts is None:
        return None
    settled = customers.filter(customers.known_days >= MESSAGE_DAYS)
    active = active_customers(settled, lapse_days=lapse_days).select("customer_id", lost="lost")
    counted = _counted(contacts, settled, month).left_join(active, "customer_id").drop("customer_id_right")
    bands = _bands(_with_consent(counted, find("customers")).cache()).to_pandas()
    reached = bands.groupby("channel")["customers"].transform("sum")
    # A channel that fewer customers share may name one.
    bands = bands.loc[reached >= FEWEST]
    everyone = active.aggregate(active=active.count(), lost=active.lost.cast("int64").sum().coalesce(0)).to_pandas()
    return _finished(pd.concat([bands, _unmailed(bands, everyone)], ignore_index=True))


def _counted(contacts: ir.Table, settled: ir.Table, month: Month) -> ir.Table:
    """Messages of each channel to each customer in the days before the month, and how many of them were opened."""
    since = ibis.timestamp(month.start.isoformat()) - ibis.interval(days=MESSAGE_DAYS)
    sent = sent_messages(contacts, until=month.start)
    sent = sent.filter(sent.sent_at >= since).semi_join(settled, "customer_id")
    return sent.group_by("customer_id", "channel").aggregate(
        sent=ibis._.count(), opened=ibis._.opened.cast("int64").sum()
    )


def _finished(frame: pd.DataFrame) -> pd.DataFrame:
    """The bands with their ends, in order; openings missing where a channel shows none."""
    ends = dict(zip((0, *BAND_STARTS), (0, *(start - 1 for start in BAND_STARTS[1:]), pd.NA), strict=True))
    opened = frame["opened"].astype("Int64")
    unseen = frame.groupby("channel")["opened"].transform("sum") == 0
    frame = frame.assign(
        messages_to=frame["messages_from"].map(ends).astype("Int64"), opened=opened.mask(unseen, pd.NA)
    )
    return frame.sort_values(["channel", "messages_from"], ignore_index=True)[list(COLUMNS)]


def _with_consent(mailed: ir.Table, customers: ir.Table | None) -> ir.Table:
    """The customers' consent to the channel of their messages; missing where the store does not ask for it."""
    known = [] if customers is None else [name for name in customers.columns if name.endswith("_consent")]
    if customers is None or not known:
        return mailed.mutate(consent=ibis.null("boolean"))
    joined = mailed.left_join(customers.select("customer_id", *known), "customer_id").drop("customer_id_right")
    cases = [(joined.channel.lower() == name.removesuffix("_consent"), joined[name]) for name in known]
    return joined.mutate(consent=ibis.cases(*cases, else_=ibis.null("boolean"))).drop(*known)


def _bands(mailed: ir.Table) -> ir.Table:
    start = ibis.cases(*[(mailed.sent >= least, least) for least in BAND_STARTS[::-1]], else_=0)
    return mailed.group_by("channel", messages_from=start).aggregate(
        customers=mailed.count(),
        asked=mailed.consent.count(),
        withdrawn=(~mailed.consent).fill_null(False).cast("int64").sum(),
        sent_squares=(mailed.sent * mailed.sent).sum(),
        opened_squares=(mailed.opened * mailed.opened).sum(),
        sent_opened=(mailed.sent * mailed.opened).sum(),
        sent=mailed.sent.sum(),
        opened=mailed.opened.sum(),
        active=mailed.lost.count(),
        lost=mailed.lost.fill_null(False).cast("int64").sum(),
    )


def _unmailed(bands: pd.DataFrame, everyone: pd.DataFrame) -> pd.DataFrame:
    """The active customers who got no message of a channel, for each channel."""
    reached = bands.groupby("channel", as_index=False)[["active", "lost"]].sum()
    for name in ("active", "lost"):
        reached[name] = int(everyone[name].iloc[0]) - reached[name]
    return reached.reindex(columns=list(COLUMNS), fill_value=0)
