"""How the planned times of sending lie: on which days, at whose hours, and what found no hour."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.habits import Habits

CONTROL, AUDIENCE = "control", "ads"
"""Who gets nothing; the channel that has no hours."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SendPlan:
    """Messages of the lists by day.

    Attributes:
        table: One row a day, ordered: day (date), contacts (count), first_hour, last_hour (of sending, 0 to 23),
            busiest (the hour with most of them), at_hour (share in the hour that was looked for).
        contacts: Messages with a time; neither those left alone nor the audience of advertisements (count).
        at_hour: Share of them in the hour that was looked for: the customer's own, or everybody's.
        on_weekday: Share of them on the weekday that was looked for.
        own_hour: Share of them in an hour of the customer's own that is not everybody's.
        audience: Customers who see advertisements instead, at no hour of their own (count).
    """

    table: pd.DataFrame
    contacts: int
    at_hour: float
    on_weekday: float
    own_hour: float
    audience: int

    def to_frame(self) -> pd.DataFrame:
        """Contacts by day."""
        return self.table


def send_plan(arms: pd.DataFrame | NotEnough, habits: Habits) -> SendPlan | NotEnough:
    """How the times of the lists' messages lie.

    Args:
        arms: Customers of the lists, `ActionLists.arms`: row (below 0: not known any more), variant, channel, send_at
            (datetime64; NaT of those left alone).
        habits: By which the times were chosen.

    Returns:
        The days; the `NotEnough` that came in; NotEnough("contacts_with_a_time") where nothing is to be sent.
    """
    if isinstance(arms, NotEnough):
        return arms
    treated = arms[(arms["variant"] != CONTROL) & arms["send_at"].notna() & (arms["row"] >= 0)]
    sent = treated[treated["channel"] != AUDIENCE].reset_index(drop=True)
    if sent.empty:
        return NotEnough("contacts_with_a_time", 0, 1)
    wanted, hour = habits.of(sent["row"]), sent["send_at"].dt.hour
    met = hour == wanted["hour"]
    on_day = (wanted["weekday"] == 0) | (sent["send_at"].dt.weekday + 1 == wanted["weekday"])
    each = pd.DataFrame({"day": sent["send_at"].dt.date, "hour": hour, "met": met})
    table = each.groupby("day").agg(
        contacts=("hour", "size"),
        first_hour=("hour", "min"),
        last_hour=("hour", "max"),
        busiest=("hour", lambda hours: hours.value_counts(sort=False).sort_index().idxmax()),
        at_hour=("met", "mean"),
    )
    return SendPlan(
        table=table.reset_index(),
        contacts=len(sent),
        at_hour=float(met.mean()),
        on_weekday=float(on_day.mean()),
        own_hour=float((met & (wanted["hour"] != habits.base_hour)).mean()),
        audience=len(treated) - len(sent),
    )
