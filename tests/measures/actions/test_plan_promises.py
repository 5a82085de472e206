"""From the tables of a shop to its lists: promises hold in shops and playbooks drawn by chance."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from measures.actions.plan_shop import UNTIL, context
from models.actions.plan_parts import Effects, effects

from retention_lib.measures.actions.bases import bases
from retention_lib.measures.actions.candidates import Candidates, candidates
from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.hours import channel_hours, habit_counts
from retention_lib.measures.actions.lists import ActionLists, action_lists
from retention_lib.measures.actions.people import People, people
from retention_lib.measures.actions.terms import Terms, plan_terms
from retention_lib.models.actions.allocation import Allocation, Limits, allocate
from retention_lib.models.actions.base import expected_profit
from retention_lib.models.actions.habits import habits
from retention_lib.models.actions.offers import offered
from retention_lib.models.actions.timing import SendLimits, send_times
from retention_lib.models.actions.values import valued
from retention_lib.settings.calendar import Month
from retention_lib.settings.models import Economics

HEADERS = {
    "customers": "customer_id,household_id,birth_date,email_consent,sms_consent,messenger_consent",
    "assignments": "customer_id,experiment_id,variant,assigned_at",
}
CUSTOMERS = 60
KINDS = ("birthday", "reactivation", "welcome", "rescue", "after_sale")
OTHERS = (
    *("abandoned_cart", "browsed_category", "cross_sell", "replenishment", "review_request", "new_arrivals"),
    *("early_access", "tier_nudge", "points_expiring", "retargeting"),
)
YES = ("yes", "no", "")


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What is true of the customers of a shop, by id."""

    customers: pd.DataFrame
    rows: dict[str, list[str]]


def shop(rng: np.random.Generator) -> Shop:
    """Customers with orders, consents, complaints, messages, a hold-out and an open list."""
    ids = [f"{number:03d}" for number in range(CUSTOMERS)]
    told = pd.DataFrame({"id": ids}).set_index("id")
    for channel in ("email", "sms", "messenger"):
        told[channel] = rng.choice(YES, CUSTOMERS, p=[0.6, 0.3, 0.1])
    told["home"] = [f"h{number // 3}" if rng.random() < 0.4 else "" for number in range(CUSTOMERS)]
    told["born"] = [f"1990-07-{1 + int(rng.integers(28)):02d}" for _ in ids]
    told["messages"] = rng.integers(0, 5, CUSTOMERS)
    told["complains"] = rng.random(CUSTOMERS) < 0.15
    told["held"] = rng.random(CUSTOMERS) < 0.1
    told["open"] = ~told["held"] & (rng.random(CUSTOMERS) < 0.15)
    days = {id: rng.integers(1, 200, int(rng.integers(1, 6))) for id in ids}
    rows = {
        "transactions": [
            f'"{id}",{id}x{place},{UNTIL - timedelta(days=int(back))} {hour:02d}:00:00,{amount}'
            for id in ids
            for place, (back, hour, amount) in enumerate(
                zip(days[id], rng.integers(0, 24, 9), rng.integers(5, 500, 9), strict=False)
            )
        ],
        "customers": [
            f'"{id}",{one.home},{one.born},{one.email},{one.sms},{one.messenger}'
            for id, one in zip(ids, told.itertuples(), strict=True)
        ],
        "contacts": [
            f'"{id}",letter,email,{UNTIL - timedelta(days=1 + place)} 12:00:00,'
            for id, n in told["messages"].items()
            for place in range(n)
        ],
        "service": [f'"{id}",{UNTIL - timedelta(days=5)} 12:00:00,' for id in told.index[told["complains"]]],
        "assignments": [
            *(
                f'"{id}",global,{"holdout" if held else "marketed"},2026-03-01 00:00:00'
                for id, held in told["held"].items()
            ),
            *(f'"{id}",birthday_2026_06,treatment,2026-06-20 12:00:00' for id in told.index[told["open"]]),
        ],
    }
    return Shop(customers=told, rows=rows)


def playbook(rng: np.random.Generator) -> dict[str, Any]:
    """Scenarios, channels and limits by chance."""
    off = dict.fromkeys(OTHERS, False)
    order = rng.permutation(3)
    named = [("email", "sms", "messenger")[place] for place in order]
    scenarios = {
        kind: {
            "priority": int(rng.integers(1, 4)),
            "control_share": float(rng.choice([0.1, 0.2, 0.5])),
            "channels": named[: int(rng.integers(1, 4))],
            **({"most": int(rng.integers(1, 20))} if rng.random() < 0.3 else {}),
        }
        for kind in KINDS
    }
    scenarios["reactivation"]["silence_days"] = int(rng.integers(10, 60))
    return {
        "scenarios": {**off, **scenarios},
        "channels": {
            "email": {"quiet_from": int(rng.integers(0, 24)), "quiet_to": int(rng.integers(1, 24))},
            "sms": {"cost": 4, **({"most": int(rng.integers(1, 10))} if rng.random() < 0.5 else {})},
        },
        "frequency_cap": {"messages": int(rng.integers(1, 6)), "days": int(rng.integers(2, 40))},
    }


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan from the tables to the lists."""

    context: TriggerContext
    people: People
    terms: Terms
    candidates: Candidates
    allocation: Allocation
    lists: ActionLists


def planned(folder: Path, made: Shop, book: dict[str, Any], limits: Limits, learned: Effects) -> Planned:
    """The chain of the report."""
    about = context(folder, playbook=book, headers=HEADERS, **made.rows)
    about.store.see_lists(before=Month.of(UNTIL - timedelta(days=1)))
    who = people(about)
    terms = plan_terms(about.playbook, Economics(contact_cost=0.5, gross_margin=0.4))
    found = candidates(about, who)
    base = expected_profit(bases(about, who, gross_margin=0.4), windows=terms.windows)
    when = habits(habit_counts(about.store, who.table, until=about.until))
    sent = SendLimits(start=about.start, send_days=about.send_days, quiet=channel_hours(about.playbook))
    times = send_times(offered(found.frame, terms, learned), when, sent)  # type: ignore[arg-type]
    chosen = allocate(valued(times.frame, base, terms, learned), limits, terms=terms)
    assert isinstance(chosen, Allocation)
    month = Month.of(UNTIL - timedelta(days=1))
    lists = action_lists(about, who, chosen.chosen, terms, month=month, details=found.table)
    assert isinstance(lists, ActionLists)
    return Planned(context=about, people=who, terms=terms, candidates=found, allocation=chosen, lists=lists)


@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(
    seed=st.integers(0, 10**6),
    budget=st.one_of(st.none(), st.floats(0, 60)),
    contacts=st.one_of(st.none(), st.integers(0, 40)),
)
def test_nobody_hears_what_was_not_agreed_and_no_limit_is_passed(
    seed: int, budget: float | None, contacts: int | None
) -> None:
    rng = np.random.default_rng(seed)
    made, book = shop(rng), playbook(rng)
    learned = effects({"scenario": "birthday", "offer": "none", "mean": float(rng.normal(0.1, 0.2)), "sd_mean": 0.1})
    with tempfile.TemporaryDirectory() as folder:
        found = planned(Path(folder), made, book, Limits(budget=budget, contacts=contacts), learned)
        listed = found.lists.table
    treated = listed[listed["variant"] != "control"]
    about = made.customers.loc[listed["customer_id"]]
    assert listed["customer_id"].is_unique
    assert not about["held"].any()
    assert not about["open"].any()
    hears_too_much = about["messages"].to_numpy()
    days = book["frequency_cap"]["days"]
    lately = np.minimum(hears_too_much, days)  # one a day, back from the last day seen
    assert (lately < book["frequency_cap"]["messages"]).all()
    assert not (about["complains"].to_numpy() & (listed["scenario"] != "rescue").to_numpy()).any()
    for channel in ("email", "sms", "messenger"):
        own = (listed["channel"] == channel).to_numpy()
        assert (about.loc[own, channel] == "yes").all()
    _check_times(listed, found.context)
    _check_limits(treated, listed, found.terms, budget, contacts)
    homes = about["home"].to_numpy()
    arms = pd.DataFrame({"list": listed["scenario"], "home": homes, "variant": listed["variant"]})
    assert (arms[arms["home"] != ""].groupby(["list", "home"])["variant"].nunique() == 1).all()


def _check_times(listed: pd.DataFrame, about: TriggerContext) -> None:
    """Everything is sent inside its days and never in quiet hours."""
    stamps = pd.to_datetime(listed["send_at"])
    assert (stamps >= pd.Timestamp(about.start)).all()
    assert (stamps < pd.Timestamp(about.start + timedelta(days=about.send_days))).all()
    for name, channel in about.playbook.channels.items():
        hours = stamps[listed["channel"] == name].dt.hour
        begin, end = channel.quiet_from, channel.quiet_to
        quiet = (hours >= begin) & (hours < end) if begin <= end else (hours >= begin) | (hours < end)
        assert begin == end or not quiet.any()


def _check_limits(
    treated: pd.DataFrame, listed: pd.DataFrame, terms: Terms, budget: float | None, contacts: int | None
) -> None:
    """Messages and money of those who get one."""
    costs = terms.channels.set_index("channel")
    if contacts is not None:
        assert len(treated) <= contacts
    if budget is not None:
        assert treated["channel"].map(costs["cost"]).sum() <= budget + 1e-9
    for channel, most in costs["most"].dropna().items():
        assert (treated["channel"] == channel).sum() <= most
    for scenario, most in terms.scenarios[["scenario", "most"]].dropna().itertuples(index=False):
        assert (listed["scenario"] == scenario).sum() <= most


def test_the_same_tables_give_the_same_lists(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    made, book = shop(rng), playbook(rng)
    mixed = Shop(customers=made.customers, rows={name: list(reversed(rows)) for name, rows in made.rows.items()})
    told = []
    for place, each in enumerate((made, mixed)):
        folder = tmp_path / str(place)
        folder.mkdir()
        told.append(planned(folder, each, book, Limits(contacts=20), effects()).lists.table)
    pd.testing.assert_frame_equal(told[0], told[1])
