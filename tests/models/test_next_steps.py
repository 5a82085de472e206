from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.estimates import NotEnough
from retention_lib.models.next_steps import ContactList, NextSteps, contact_list, next_steps

NOBODY = NotEnough("customers_on_list", 0, 1)


def audiences(*rows: tuple[str, int, int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["audience", "customers", "past_customers", "past_returned", "past_spend"])


def scored(customers: int) -> pd.DataFrame:
    at_stake = np.linspace(90, 10, customers)
    return pd.DataFrame(
        {
            "customer_id": [f"c{place:04d}" for place in range(customers)],
            "risk": 0.5,
            "profit_if_stays": 2 * at_stake,
            "at_stake": at_stake,
        }
    )


def steps(*rows: tuple[str, int, int, int, float], budget: int = 10_000, cost: float = 2.0) -> NextSteps:
    found = next_steps(audiences(*rows), NOBODY, gross_margin=0.5, contact_cost=cost, budget=budget, horizon_days=90)
    assert isinstance(found, NextSteps)
    return found


def test_steps_are_ranked_by_the_lift_they_need() -> None:
    # A returner of the first audience brought 100 x .5 = 50, of the second 400 x .5 = 200.
    found = steps(("just_quiet", 100, 80, 40, 4_000.0), ("bad_review", 60, 50, 10, 4_000.0))
    assert [(step.audience, step.break_even_share, step.base_share) for step in found.steps] == [
        ("bad_review", pytest.approx(2 / 200), pytest.approx(0.2)),
        ("just_quiet", pytest.approx(2 / 50), pytest.approx(0.5)),
    ]


def test_the_listed_are_one_of_the_tests_and_their_contacts_are_set_aside_first() -> None:
    many = listed(1_000, budget=500)
    found = next_steps(
        audiences(("just_quiet", 2_000, 80, 40, 400.0)),
        many,
        gross_margin=0.5,
        contact_cost=1.0,
        budget=500,
        horizon_days=90,
    )
    assert isinstance(found, NextSteps)
    first, second = found.steps
    top = np.linspace(90, 10, 1_000)[:100]
    assert (first.audience, first.customers, first.contacted) == ("most_at_stake", 100, 50)
    assert first.profit_if_won == pytest.approx(2 * top.mean())
    assert (second.audience, second.contacted) == ("just_quiet", 450)


def test_an_audience_too_small_to_learn_from_is_left_out() -> None:
    found = steps(("just_quiet", 100, 80, 40, 4_000.0), ("one_order", 9, 9, 3, 100.0))
    assert [step.audience for step in found.steps] == ["just_quiet"]
    assert found.left_out == ("one_order", "most_at_stake")


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(30, 500), st.floats(1, 1e5)), min_size=1, max_size=3),
    st.integers(0, 400),
)
def test_tests_stay_within_the_budget(lists: list[tuple[int, int, float]], budget: int) -> None:
    names = ("just_quiet", "one_order", "bad_review")
    rows = [(name, now, past, past // 2, spend) for name, (now, past, spend) in zip(names, lists, strict=False)]
    found = next_steps(audiences(*rows), NOBODY, gross_margin=0.5, contact_cost=1.0, budget=budget, horizon_days=90)
    if isinstance(found, NotEnough):
        assert budget == 0
        return
    assert sum(step.contacted for step in found.steps) <= budget
    assert all(1 <= step.contacted <= step.customers - step.customers // 2 for step in found.steps)
    needed = [step.break_even_share for step in found.steps]
    assert needed == sorted(needed)


def test_a_smaller_test_shows_only_a_larger_lift() -> None:
    rows = ("just_quiet", 1_000, 800, 400, 40_000.0)
    whole, part = steps(rows).steps[0], steps(rows, budget=100).steps[0]
    assert whole.detectable_share is not None
    assert part.detectable_share is not None
    assert part.detectable_share > whole.detectable_share


@pytest.mark.parametrize(("margin", "cost", "reason"), [(None, 1.0, "margin_known"), (0.5, None, "contact_cost_known")])
def test_without_costs_there_is_no_step(margin: float | None, cost: float | None, reason: str) -> None:
    found = next_steps(
        audiences(("just_quiet", 100, 80, 40, 4_000.0)),
        NOBODY,
        gross_margin=margin,
        contact_cost=cost,
        budget=9,
        horizon_days=90,
    )
    assert isinstance(found, NotEnough)
    assert found.reason == reason


def listed(customers: int, consents: pd.DataFrame | None = None, *, budget: int = 50) -> ContactList:
    rng = np.random.default_rng(1)
    found = contact_list(scored(customers), consents, budget=budget, horizon_days=90, rng=rng)
    assert isinstance(found, ContactList)
    return found


def test_of_two_neighbours_one_is_left_alone() -> None:
    table = listed(801).table
    assert list(table["customer_id"]) == [f"c{place:04d}" for place in range(82)]
    pairs = table["group"].to_numpy().reshape(-1, 2)
    assert all(set(pair) == {"contact", "control"} for pair in pairs)
    assert 0.3 < (pairs[:, 0] == "contact").mean() < 0.7


def test_no_more_are_contacted_than_the_budget_says() -> None:
    assert (listed(900, budget=7).table["group"] == "contact").sum() == 7


def test_who_agreed_to_no_channel_is_left_out() -> None:
    ids = [f"c{place:04d}" for place in range(10)]
    consents = pd.DataFrame(
        {"customer_id": ids[:8], "email_consent": [True] * 4 + [False] * 4, "sms_consent": [False] * 7 + [True]}
    )
    found = listed(10, consents)
    assert list(found.table["customer_id"]) == ids[:2]
    assert found.refused == 5
    assert found.consents_known


def test_a_list_of_nobody_is_not_enough() -> None:
    rng = np.random.default_rng(1)
    assert isinstance(contact_list(scored(1), None, budget=5, horizon_days=90, rng=rng), NotEnough)
    assert contact_list(NOBODY, None, budget=5, horizon_days=90, rng=rng) is NOBODY
