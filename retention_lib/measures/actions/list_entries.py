"""The lists of a store's playbook and how each is read: by the ledger, or by its name `<scenario>_<YYYY_MM>`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.audiences import ADS
from retention_lib.measures.actions.consents import our_channel
from retention_lib.measures.experiment_names import AUTO, assigned_arms, control_named, reached_arms
from retention_lib.measures.holdout_arms import called_holdout, holdout_arms
from retention_lib.measures.sharing import FEWEST
from retention_lib.settings.scenario import NO_OFFER
from retention_lib.stores.listed import scenario_of

if TYPE_CHECKING:
    from retention_lib.measures.actions.terms import JudgingTerms
    from retention_lib.stores.listed import ListedExperiment
    from retention_lib.stores.store import Store

_MONTH = len("_2026_07")


@dataclass(frozen=True, kw_only=True, eq=False)
class ListEntry:
    """A list, or another test of the store, and how it is read.

    Attributes:
        name: Its `experiment_id`.
        scenario: The scenario it is a list of; empty for another test.
        month: Month of its start, as YYYY-MM; empty for another test.
        control: The arm left alone; a refusal where the data do not tell it.
        arms: Its arms, the one left alone first, the others by name.
        offers: What each arm got: the name of an offer, `none` for a message without one, `auto` where customers got
            different ones; empty where it is not known.
        shares: Planned share of each arm; None where nobody wrote them down.
        window_days: Days from the message on in which it is meant to work.
        after_days: Days after these.
        contact_cost: Money of one message; None where it is not known.
        campaign_cost: Money of the list beside its messages.
        start: First day on which a message was to be sent; None where no ledger tells.
        first_day: Day of the first assignment; None without dates.
        last_day: Day of the last one.
        customers: Customers in all arms (count).
        held: Of them, left alone (count).
        in_ledger: Whether the ledger has it.
        delay_days: Days from the assignment to the message of the arm that waits longest; all arms are counted so much
            longer.
    """

    name: str
    scenario: str
    month: str
    control: str | NotEnough
    arms: tuple[str, ...]
    offers: Mapping[str, str]
    shares: Mapping[str, float] | None
    window_days: int
    after_days: int
    contact_cost: float | None
    campaign_cost: float
    start: date | None
    first_day: date | None
    last_day: date | None
    customers: int
    held: int
    in_ledger: bool
    delay_days: int = 0

    @property
    def days(self) -> int:
        """Days from the assignment over which it is counted."""
        return self.window_days + self.after_days + self.delay_days

    @property
    def verdict_on(self) -> date | None:
        """First day on which the days of everybody have been seen whole; None without dates."""
        return None if self.last_day is None else self.last_day + timedelta(days=self.days)


def list_entries(store: Store, terms: JudgingTerms, *, until: date) -> tuple[ListEntry, ...]:
    """The lists of a store and its other tests that began before a day, by name.

    Hold-outs from all campaigns are none of them, nor are tests of fewer than five customers or of one arm that no
    ledger has.

    Args:
        store: The store.
        terms: How lists are read that no ledger describes.
        until: First day that is no longer seen.
    """
    assignments = store.find("assignments")
    if assignments is None or "assigned_at" not in assignments.columns:
        return ()
    arms = assigned_arms(assignments)
    begun = arms[arms.groupby("experiment")["first"].transform("min") < pd.Timestamp(until)]
    listed = {one.experiment_id: one for one in store.lists.experiments}
    kept = [
        (str(name), own)
        for name, own in begun.groupby("experiment", sort=True)
        if name in listed
        or (
            len(own) > 1
            and own["rows"].sum() >= FEWEST
            and (terms.other_tests or scenario_of(str(name), terms.scenarios))
        )
    ]
    held = _holdouts(store, assignments, arms, until) if kept else set()
    return tuple(_entry(store, name, own, listed.get(name), terms) for name, own in kept if name not in held)


def unsent_lists(store: Store, *, until: date) -> tuple[str, ...]:
    """The lists of the ledger that were never sent, as the store's messages show.

    None is called so where messages cannot tell: the store keeps none, or none of any list by its name; they do not
    reach over all days of the list; no other campaign went by one of its channels then; it went by advertising, which
    leaves no message.

    Args:
        store: The store.
        until: First day that is no longer seen.

    Returns:
        Their names, by month of the report and scenario.
    """
    contacts, assignments = store.find("contacts"), store.find("assignments")
    lists = [one for one in store.lists.experiments if one.last_send < until and ADS not in one.channels]
    if contacts is None or assignments is None or not lists:
        return ()
    seen = contacts.filter(contacts.sent_at < ibis.timestamp(until.isoformat()))
    reached = _reached_lists(seen, assignments, lists)
    if not reached:
        return ()
    campaigns = _campaign_days(seen, since=min(one.start for one in lists))
    bounds = seen.aggregate(first=seen.sent_at.min(), last=seen.sent_at.max()).to_pandas().iloc[0]
    first, last = bounds["first"].date(), bounds["last"].date()
    return tuple(
        one.experiment_id
        for one in lists
        if one.experiment_id not in reached
        and first <= one.start
        and one.last_send <= last
        and _others_sent(campaigns, one)
    )


def _reached_lists(seen: ir.Table, assignments: ir.Table, lists: Sequence[ListedExperiment]) -> set[str]:
    """The lists of which somebody to be contacted got a message."""
    control = ibis.cases(*((assignments.experiment_id == one.experiment_id, one.control) for one in lists))
    treated = assignments.filter(assignments.variant != control)
    named = seen.filter(seen.campaign_id.isin([one.experiment_id for one in lists]))
    sent = named.semi_join(
        treated, [named.customer_id == treated.customer_id, named.campaign_id == treated.experiment_id]
    )
    return set(sent.select("campaign_id").distinct().to_pandas()["campaign_id"])


def _campaign_days(seen: ir.Table, *, since: date) -> pd.DataFrame:
    """The days on which campaigns were sent: campaign_id, day, channel (ours; None for another, or where not known)."""
    channel = seen.channel if "channel" in seen.columns else ibis.null("string")
    named = seen.filter(seen.campaign_id.notnull(), seen.sent_at >= ibis.timestamp(since.isoformat()))
    days = named.select("campaign_id", day=named.sent_at.truncate("D"), channel=channel).distinct().to_pandas()
    ours = {name: our_channel(str(name)) for name in days["channel"].dropna().unique()}
    return days.assign(channel=days["channel"].map(ours))


def _others_sent(campaigns: pd.DataFrame, listed: ListedExperiment) -> bool:
    """Whether other campaigns went by one of the list's channels while it was to be sent."""
    near = campaigns["day"].between(pd.Timestamp(listed.start), pd.Timestamp(listed.last_send))
    fits = campaigns["channel"].isna() | campaigns["channel"].isin(list(listed.channels))
    return bool((near & fits & (campaigns["campaign_id"] != listed.experiment_id)).any())


def _holdouts(store: Store, assignments: ir.Table, arms: pd.DataFrame, until: date) -> set[str]:
    """The tests that leave customers out of all campaigns."""
    if not any(called_holdout(str(arm)) for arm in arms["arm"]):
        return set()
    return set(holdout_arms(assignments, store.find("contacts"), until=until)["experiment"].astype(str))


def _entry(
    store: Store, name: str, own: pd.DataFrame, listed: ListedExperiment | None, terms: JudgingTerms
) -> ListEntry:
    """A test and how it is read."""
    if listed is not None:
        return _of_ledger(own, listed)
    scenario = scenario_of(name, terms.scenarios) or ""
    control = control_named(own, AUTO, partial(reached_arms, store, name))
    treated = [str(arm) for arm in own["arm"] if arm != control]
    alone = () if isinstance(control, NotEnough) else (control,)
    offer = terms.offers.get(scenario, NO_OFFER) if scenario else None
    return ListEntry(
        name=name,
        scenario=scenario,
        month=name[1 - _MONTH :].replace("_", "-") if scenario else "",
        control=control,
        arms=(*alone, *sorted(treated)),
        # Arms of other tests are called by what they offer.
        offers={arm: arm if offer is None else offer for arm in treated},
        shares=None,
        window_days=terms.window_of(scenario),
        after_days=0,
        contact_cost=terms.contact_cost,
        campaign_cost=0.0,
        start=None,
        first_day=_day(own["first"].min()),
        last_day=_day(own["last"].max()),
        customers=int(own["rows"].sum()),
        held=int(own.loc[own["arm"].isin(alone), "rows"].sum()),
        in_ledger=False,
    )


def _of_ledger(own: pd.DataFrame, listed: ListedExperiment) -> ListEntry:
    """A list on the terms on which it was issued."""
    last_day = _day(own["last"].max())
    whole = timedelta(days=listed.window_days + listed.after_days)
    delay = 0 if last_day is None else max(0, (listed.verdict_on - last_day - whole).days)
    return ListEntry(
        name=listed.experiment_id,
        scenario=listed.scenario,
        month=listed.start.strftime("%Y-%m"),
        control=listed.control,
        arms=(listed.control, *sorted(listed.treatments)),
        offers={arm: listed.offers.get(arm, NO_OFFER) for arm in listed.treatments},
        shares=listed.shares,
        window_days=listed.window_days,
        after_days=listed.after_days,
        contact_cost=listed.contact_cost,
        campaign_cost=listed.campaign_cost,
        start=listed.start,
        first_day=_day(own["first"].min()),
        last_day=last_day,
        delay_days=delay,
        customers=sum(listed.customers.values()),
        held=listed.held,
        in_ledger=True,
    )


def _day(at: pd.Timestamp) -> date | None:
    return None if pd.isna(at) else at.date()
