from __future__ import annotations

from decimal import Decimal

import ibis
import numpy as np
import pytest
from measures.tables import table

from retention_lib.measures.experiments import MixedUnits, arm_counts, arm_moments, mixed_units
from retention_lib.measures.units import Units, judged_units

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
        {"arm": "mail", "customers": 3, "unit": "customer"},
        {"arm": "none", "customers": 2, "unit": "customer"},
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
    assert [row[4:6] for row in rows] == [(1.0, 1.0), (1.0, 1.0), (10.0, 102.02), (5.0, 25.0)]
    assert [bool(row[6]) for row in rows] == [True, True, False, False]
    assert found["members"].tolist() == [2, 2, 2, 1]
    assert set(found["unit"]) == {"customer"}


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


# Judged by household


HOMES = {"customer_id": "string", "household_id": "string"}


@pytest.fixture
def homes() -> Units:
    """Ann and Bob live together, and so do Cid and Dan, who are in two arms; Eve lives alone."""
    return judged_units(table([("ann", "h1"), ("bob", "h1"), ("cid", "h2"), ("dan", "h2"), ("eve", None)], HOMES))


def test_a_household_counts_once_and_one_in_two_arms_in_neither(assignments: ibis.Table, homes: Units) -> None:
    assert arm_counts(assignments, "x", units=homes).to_dict("records") == [
        {"arm": "mail", "customers": 1, "unit": "household"},
        {"arm": "none", "customers": 1, "unit": "household"},
    ]
    assert mixed_units(assignments, "x", units=homes) == MixedUnits(unit="household", assigned=3, mixed=1)
    assert mixed_units(assignments, "x") == MixedUnits(unit="customer", assigned=5, mixed=0)


def test_a_customer_in_two_arms_is_in_neither() -> None:
    twice = table([("ann", "x", "mail"), ("ann", "x", "none"), ("bob", "x", "none")], ASSIGNED)
    assert arm_counts(twice, "x")["customers"].tolist() == [1]
    assert mixed_units(twice, "x") == MixedUnits(unit="customer", assigned=2, mixed=1)


def test_an_unknown_experiment_has_no_units(assignments: ibis.Table) -> None:
    assert mixed_units(assignments, "z") == MixedUnits(unit="customer", assigned=0, mixed=0)


def test_a_households_outcome_is_its_members_sum_and_a_yes_is_any_members(
    assignments: ibis.Table, outcomes: ibis.Table, homes: Units
) -> None:
    results = outcomes.mutate(both=(outcomes.customer_id == "zoe").ifelse(9, outcomes.opened.notnull().cast("int64")))
    found = arm_moments(assignments, results, "x", metrics=["opened", "both", "spend"], units=homes)
    shown = found[["arm", "metric", "n", "members", "total", "total_squares"]].fillna(0).to_numpy().tolist()
    assert shown == [
        ["mail", "opened", 1, 2, 1.0, 1.0],  # Ann opened and Bob did not: their household did
        ["none", "opened", 1, 1, 1.0, 1.0],
        ["mail", "both", 1, 2, 1.0, 1.0],  # both did, which is one yes; zoe's 9 does not count, she is in no arm
        ["none", "both", 1, 1, 1.0, 1.0],
        ["mail", "spend", 1, 2, 10.0, 100.0],  # 10.10 - 0.10, and the square of the sum
        ["none", "spend", 0, 0, 0.0, 0.0],
    ]
    assert found["binary"].astype(bool).tolist()[:5] == [True, True, True, True, False]


def test_a_household_whose_members_all_lack_a_value_is_missing_and_not_zero(homes: Units) -> None:
    assigned = table([("ann", "x", "mail"), ("bob", "x", "mail"), ("eve", "x", "mail")], ASSIGNED)
    results = table(
        [("ann", "x", None, 1, None), ("bob", "x", None, 2, None), ("eve", "x", Decimal(3), 0, None)], RESULTS
    )
    found = arm_moments(assigned, results, "x", metrics=["spend", "visit"], units=homes)
    assert found[["n", "members", "total"]].to_numpy().tolist() == [[1, 1, 3.0], [2, 3, 3.0]]
    # Two visits are no yes: the metric counts, and counts are summed.
    assert not found["binary"].astype(bool).iloc[1]
