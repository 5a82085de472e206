"""The lists of a month as they were issued: what their own customers cost and bring, whatever the file says today."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.allocation import Allocation
from retention_lib.models.actions.playbook_terms import LEARNED, MEASURED, UNTESTED, Effects
from retention_lib.models.actions.send_plan import CONTROL
from retention_lib.models.actions.values import cost_an_order

SUMS = ("base", "orders", "sending", "offer_cost", "expected_value")
"""What is added up over the customers of a list."""

_EFFECTS = ("scenario", "offer", "source", "place")


@dataclass(frozen=True, kw_only=True, eq=False)
class IssuedLists:
    """The lists of a month as the ledger has them.

    Attributes:
        changed: The scenarios whose list the playbook, or today's choice, would issue on other terms.
        customers: One row a customer of the lists, those left alone among them: scenario, offer (as
            issued), treated (bool), base (gross profit expected in the list's window without a message, money),
            orders (likewise), offer_cost (money that the offer is expected to cost; NaN where it is no offer of the
            playbook any more).
        pairs: One row a scenario and offer: scenario, offer, customers (contacted; count) and the sums of `SUMS` over
            them; expected_value is NaN where nothing is measured.
        effects: One row a pair: scenario, offer, source, place (its row in the table of what was learned; -1: none).
    """

    changed: tuple[str, ...]
    customers: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    effects: pd.DataFrame = field(repr=False)


def issued_lists(counts: pd.DataFrame, arms: pd.DataFrame, allocation: Allocation, learned: Effects) -> IssuedLists:
    """The lists of a month as they were issued.

    Args:
        counts: Of `measures.actions.lists`: what was issued, a row a list.
        arms: Likewise, a row a customer.
        allocation: What would be chosen today.
        learned: What past lists and tests say.
    """
    customers = _customers(counts, arms[arms["scenario"].isin(counts["scenario"])], allocation)
    pairs = _pairs(customers, counts)
    mixed = _mixed(counts, learned)
    places = [
        mixed.get(scenario, _place(learned, scenario, offer))
        for scenario, offer in zip(pairs["scenario"], pairs["offer"], strict=True)
    ]
    told = learned.effects.reset_index(drop=True)
    sources = [str(told["source"].iloc[at]) if at >= 0 else UNTESTED for at in places]
    mean = [
        float(told["mean"].iloc[at]) if source != UNTESTED else np.nan
        for at, source in zip(places, sources, strict=True)
    ]
    effects = pairs[["scenario", "offer"]].assign(source=sources, place=places)
    return IssuedLists(
        changed=tuple(
            str(row["scenario"]) for row in counts.to_dict("records") if not _is_todays(row, arms, allocation)
        ),
        customers=customers,
        pairs=pairs.assign(expected_value=np.array(mean, dtype=float) * pairs["base"] - pairs["sending"]),
        effects=effects[list(_EFFECTS)],
    )


def _is_todays(row: Mapping[Hashable, Any], arms: pd.DataFrame, allocation: Allocation) -> bool:
    """Whether today's choice has such a list: of the same kind, offer, channels, shares, window and cost."""
    about = allocation.terms.scenarios.set_index("scenario")
    name = str(row["scenario"])
    chosen = allocation.chosen[allocation.chosen["scenario"] == name]
    if name not in about.index or chosen.empty:
        return False
    if not row["contacts"]:
        # A list of which chance left everybody alone has none of it.
        return True
    offers = set(chosen["offer"].astype(str))
    listed = arms[arms["scenario"] == name]
    own = about.loc[name]
    return bool(
        (row["offer"] in offers or (row["offer"] == LEARNED and len(offers) > 1))
        and _same_channels(listed, chosen)
        and np.isclose(row["contact_cost"], _message_cost(listed, allocation), atol=1e-6, equal_nan=True)
        and all(row[term] == own[term] for term in ("kind", "window_days", "campaign_cost"))
        and np.isclose(row["control_share"], own["control_share"])
    )


def _same_channels(listed: pd.DataFrame, chosen: pd.DataFrame) -> bool:
    """Whether the channels of a list are all chosen today, and those chosen for its own customers all its own."""
    planned = set(listed["channel"].dropna().astype(str))
    same = chosen["row"].isin(listed["row"])
    return planned <= set(chosen["channel"].astype(str)) and set(chosen.loc[same, "channel"].astype(str)) <= planned


def _message_cost(listed: pd.DataFrame, allocation: Allocation) -> float:
    """What a message of a list costs today on average; NaN where that of a channel is not known."""
    cost = allocation.terms.channels.set_index("channel")["cost"].astype(float)
    treated = listed.loc[listed["variant"] != CONTROL, "channel"].astype(str)
    return float(treated.map(cost).mean(skipna=False))


def _customers(counts: pd.DataFrame, arms: pd.DataFrame, allocation: Allocation) -> pd.DataFrame:
    """What is expected of customers over the window of their list, and what the offer costs."""
    told = arms[["scenario", "offer"]].astype(str).assign(treated=(arms["variant"] != CONTROL).to_numpy())
    told = told.reset_index(drop=True)
    base, rows = allocation.allocated.base, arms["row"].to_numpy()
    if isinstance(base, NotEnough):
        return told.assign(base=np.nan, orders=np.nan, offer_cost=0.0)
    windows = told["scenario"].map(counts.set_index("scenario")["window_days"])
    money, orders = np.zeros((2, len(told)))
    for days in windows.unique():
        mine = np.flatnonzero(windows == days)
        money[mine], orders[mine] = base.money_in(int(days))[rows[mine]], base.orders_in(int(days))[rows[mine]]
    # Who is no customer any more brings nothing.
    money[rows < 0], orders[rows < 0] = 0.0, 0.0
    cost = cost_an_order(told["offer"].astype("category"), rows, base, allocation.terms)
    return told.assign(base=money, orders=orders, offer_cost=orders * cost)


def _pairs(customers: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Sums over those contacted by scenario and offer; zeros where chance left everybody of a list alone."""
    treated = customers["treated"]
    told = customers.assign(
        customers=treated.astype(float),
        base=customers["base"] * treated,
        orders=customers["orders"] * treated,
        offer_cost=customers["offer_cost"].where(treated, 0.0),
        unpriced=treated & customers["offer_cost"].isna(),
    )
    grouped = told.groupby(["scenario", "offer"], sort=True)
    pairs = grouped[["customers", "base", "orders", "offer_cost"]].sum(min_count=1)
    # What an offer costs is not known where that of any customer is not.
    pairs["offer_cost"] = pairs["offer_cost"].mask(grouped["unpriced"].any())
    pairs = pairs.reset_index()
    # An offer that only those left alone would have got is none of the list's.
    pairs = pairs[(pairs["customers"] > 0) | (pairs.groupby("scenario")["customers"].transform("sum") == 0)]
    message = pairs["scenario"].map(counts.set_index("scenario")["contact_cost"]).astype(float)
    return pairs.assign(sending=(message * pairs["customers"]).where(pairs["customers"] > 0, 0.0))


def _mixed(counts: pd.DataFrame, learned: Effects) -> dict[str, int]:
    """The row of what lists by customer measured, of the lists whose customers got different offers."""
    asked = counts.loc[counts["offer"] == LEARNED, "scenario"].astype(str)
    places = {scenario: _place(learned, scenario, LEARNED) for scenario in asked}
    source = learned.effects["source"]
    return {scenario: at for scenario, at in places.items() if at >= 0 and source.iloc[at] == MEASURED}


def _place(learned: Effects, scenario: str, offer: str) -> int:
    """The row of a pair in the table of what was learned; -1 without one."""
    own = (learned.effects["scenario"] == scenario) & (learned.effects["offer"] == offer)
    return int(own.to_numpy().argmax()) if own.any() else -1
