from __future__ import annotations

from decimal import Decimal

import ibis
import numpy as np
import pytest
from measures.tables import table

from retention_lib.measures.experiments import arm_counts, arm_moments

ASSIGNED = {"customer_id": "string", "experiment_id": "string", "variant": "string"}
RESULTS = {
    "customer_id": "string",
    "experiment_id": "string",
    "spend": "decimal(18, 4)",
    "visit": "int64",
    "opened": "boolean",
}


@pytest.fixture
def assignments() -> ibis.Table:
    rows = [(name, "x", "mail") for name in ("ann", "bob", "cid")] + [(name, "x", "none") for name in ("dan", "eve")]
    return table([*rows, ("ann", "y", "mail"), ("dan", "y", "mail")], ASSIGNED)


@pytest.fixture
def outcomes() -> ibis.Table:
    rows = [
        ("ann", "x", Decimal("10.10"), 1, True),
        ("bob", "x", Decimal("-0.10"), 0, False),
        # cid has no row
        ("dan", "x", Decimal("5.00"), 1, None),
        ("eve", "x", None, 0, True),
        ("ann", "y", Decimal("999.00"), 7, False),
        ("zoe", "x", Decimal("999.00"), 9, True),  # never assigned
    ]
    return table(rows, RESULTS)


def test_arms_count_the_customers_assigned(assignments: ibis.Table) -> None:
    assert arm_counts(assignments, "x").to_dict("records") == [
        {"arm": "mail", "customers": 3},
        {"arm": "none", "customers": 2},
    ]
    assert arm_counts(assignments, "z").empty


def test_a_customer_assigned_twice_to_an_arm_counts_once() -> None:
    assert arm_counts(table([("ann", "x", "mail")] * 2, ASSIGNED), "x")["customers"].tolist() == [1]


def test_moments_by_hand(assignments: ibis.Table, outcomes: ibis.Table) -> None:
    found = arm_moments(assignments, outcomes, "x", metrics=["visit", "spend"])
    rows = [tuple(row) for row in found.itertuples(index=False)]
    assert [row[:3] for row in rows] == [
        ("mail", "visit", 2),
        ("none", "visit", 2),
        ("mail", "spend", 2),
        ("none", "spend", 1),  # eve's spend is missing, not zero
    ]
    assert [row[3:5] for row in rows] == [(1.0, 1.0), (1.0, 1.0), (10.0, 102.02), (5.0, 25.0)]
    assert [bool(row[5]) for row in rows] == [True, True, False, False]


def test_a_metric_of_yes_and_no_counts_as_ones_and_zeros(assignments: ibis.Table, outcomes: ibis.Table) -> None:
    found = arm_moments(assignments, outcomes, "x", metrics=["opened"])
    assert found[["n", "total", "total_squares"]].to_numpy().tolist() == [[2, 1.0, 1.0], [1, 1.0, 1.0]]
    assert found["binary"].astype(bool).all()


def test_moments_of_a_random_test_are_numpys() -> None:
    rng = np.random.default_rng(9)
    spend = {f"c{number}": Decimal(int(rng.integers(0, 10**6))) / 100 for number in range(200)}
    arm = {name: ("mail", "none")[place % 2] for place, name in enumerate(spend)}
    assignments = table([(name, "x", arm[name]) for name in spend], ASSIGNED)
    outcomes = table([(name, "x", amount, 0, None) for name, amount in spend.items()], RESULTS)
    found = arm_moments(assignments, outcomes, "x", metrics=["spend"]).set_index("arm")
    for name in ("mail", "none"):
        values = np.array([float(spend[customer]) for customer in spend if arm[customer] == name])
        assert found.loc[name, "n"] == 100
        assert found.loc[name, "total"] == pytest.approx(values.sum())
        assert found.loc[name, "total_squares"] == pytest.approx((values**2).sum())
