"""One list a customer, within all limits whatever chance does; for every random plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.actions.plan_parts import CHANNELS, Effects, Terms, base, candidates, effects, nothing_learned, terms

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.allocation import Limits, allocate
from retention_lib.models.actions.base import Base
from retention_lib.models.actions.pool import BANDS, most_treated, purchase_bands
from retention_lib.models.actions.values import LIMITED, PASSED, TAKEN, valued


def test_the_scenario_of_the_higher_priority_keeps_the_customer() -> None:
    told = terms({"scenario": "welcome", "priority": 2}, {"scenario": "birthday", "priority": 1})
    given_ = candidates([(0, "birthday"), (0, "welcome"), (1, "welcome")], told)
    found = allocate(valued(given_, base([100.0, 100.0]), told, nothing_learned()), Limits(), terms=told)
    assert found.chosen["scenario"].tolist() == ["birthday", "welcome"]
    assert found.removed.tolist() == [PASSED, TAKEN, PASSED]


def test_of_one_priority_the_message_that_is_worth_more() -> None:
    told = terms({"scenario": "a"}, {"scenario": "b"})
    learned = effects({"scenario": "a", "offer": "none", "mean": 0.1}, {"scenario": "b", "offer": "none", "mean": 0.2})
    found = allocate(valued(candidates([(0, "a"), (0, "b")], told), base([100.0]), told, learned), Limits(), terms=told)
    assert found.chosen["scenario"].tolist() == ["b"]


def test_a_stopped_scenario_does_not_take_the_customer_from_the_next() -> None:
    told = terms({"scenario": "a"}, {"scenario": "b", "priority": 2})
    learned = effects({"scenario": "a", "offer": "none", "mean": 0.5, "decision": "stop"})
    found = allocate(valued(candidates([(0, "a"), (0, "b")], told), base([100.0]), told, learned), Limits(), terms=told)
    assert found.chosen["scenario"].tolist() == ["b"]


def test_those_who_bring_most_come_first() -> None:
    told = terms({"scenario": "birthday", "most": 2})
    given_ = candidates([(0, "birthday"), (1, "birthday"), (2, "birthday")], told)
    found = allocate(valued(given_, base([50.0, 90.0, 70.0]), told, nothing_learned()), Limits(), terms=told)
    assert found.chosen["row"].tolist() == [1, 2]
    assert found.removed.tolist() == [LIMITED, PASSED, PASSED]


def test_the_budget_is_held_for_the_worst_split() -> None:
    # 100 customers, 80 % treated at 1 each. Of n on the list chance treats 0.8 n, and one more in each of four strata
    # at worst: n = 70 gives 56 + 4 = 60.
    told = terms({"scenario": "birthday"})
    given_ = candidates([(row, "birthday") for row in range(100)], told)
    found = allocate(valued(given_, base([100.0] * 100), told, nothing_learned()), Limits(budget=60.0), terms=told)
    assert found.customers == 70
    assert found.limits["used"].tolist() == pytest.approx([56.0])


def test_a_list_that_is_not_worth_its_own_cost_is_dropped() -> None:
    told = terms({"scenario": "birthday", "campaign_cost": 100.0})
    given_ = candidates([(0, "birthday")], told)
    found = allocate(valued(given_, base([100.0]), told, nothing_learned()), Limits(), terms=told)
    assert found.dropped == ("birthday",)
    assert found.customers == 0


def test_whom_a_full_list_has_no_room_for_is_looked_at_for_the_next() -> None:
    told = terms({"scenario": "a", "most": 1}, {"scenario": "b", "priority": 2})
    given_ = candidates([(0, "a"), (0, "b"), (1, "a"), (1, "b")], told)
    found = allocate(valued(given_, base([90.0, 50.0]), told, nothing_learned()), Limits(), terms=told)
    assert found.chosen["scenario"].tolist() == ["a", "b"]
    assert found.removed.tolist() == [PASSED, TAKEN, LIMITED, PASSED]


def test_whom_a_dropped_list_had_is_looked_at_for_the_next() -> None:
    told = terms({"scenario": "a", "campaign_cost": 1000.0}, {"scenario": "b", "priority": 2})
    given_ = candidates([(0, "a"), (0, "b")], told)
    found = allocate(valued(given_, base([100.0]), told, nothing_learned()), Limits(budget=500.0), terms=told)
    assert (found.dropped, found.chosen["scenario"].tolist()) == (("a",), ["b"])
    assert found.removed.tolist() == [LIMITED, PASSED]


def test_nobody_gets_another_message_where_there_is_no_room_at_all() -> None:
    told = terms({"scenario": "a"}, {"scenario": "b", "priority": 2})
    given_ = candidates([(0, "a"), (0, "b")], told)
    found = allocate(valued(given_, base([100.0]), told, nothing_learned()), Limits(contacts=0), terms=told)
    assert found.removed.tolist() == [LIMITED, LIMITED]
    assert found.gap == 0


def test_a_household_is_on_one_list() -> None:
    # The first of the household is a candidate of both, the second of b alone, the third of a alone.
    told = terms({"scenario": "a"}, {"scenario": "b", "priority": 2})
    given_ = candidates([(0, "a"), (0, "b"), (1, "b"), (2, "a")], told)
    known = base([90.0] * 3, unit=[7, 7, 7])
    found = allocate(valued(given_, known, told, nothing_learned()), Limits(), terms=told)
    assert found.chosen[["row", "scenario"]].astype(str).to_numpy().tolist() == [["0", "a"], ["2", "a"]]
    assert found.removed.tolist() == [PASSED, TAKEN, TAKEN, PASSED]


def test_a_refusal_goes_through() -> None:
    refusal = NotEnough("customers", 0, 1)
    assert allocate(refusal, Limits(), terms=terms({"scenario": "a"})) is refusal


def test_no_candidates_make_an_empty_plan() -> None:
    told = terms({"scenario": "birthday"})
    found = allocate(valued(candidates([], told), base([1.0]), told, nothing_learned()), Limits(contacts=5), terms=told)
    assert found.customers == 0
    assert found.gap == 0


def test_the_worst_split_takes_the_largest_households() -> None:
    # Households of 3, 1, 1, 1, 1, 1, 1, 1, 1, 1: half of ten and four more are nine, the one of three among them.
    unit = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert most_treated(np.ones(12), unit, np.zeros(12, dtype=int), np.full(12, 0.5)) == 11.0


@pytest.mark.parametrize(("days", "band"), [(0, "0"), (1, "1"), (2, "2-4"), (4, "2-4"), (5, "5+"), (40, "5+")])
def test_bands_of_purchase_days(days: int, band: str) -> None:
    assert BANDS[purchase_bands(np.array([float(days)]))[0]] == band


PLANS = {
    "seed": st.integers(0, 10**6),
    "customers": st.integers(1, 60),
    "budget": st.one_of(st.none(), st.floats(0, 80)),
    "contacts": st.one_of(st.none(), st.integers(0, 50)),
    "households": st.booleans(),
}


@settings(max_examples=120, deadline=None)
@given(**PLANS)
def test_promises_hold_in_every_plan(
    seed: int, customers: int, budget: float | None, contacts: int | None, households: bool
) -> None:
    rng = np.random.default_rng(seed)
    told, frame, learned, known = _random_plan(rng, customers, households=households)
    found = allocate(valued(frame, known, told, learned), Limits(budget=budget, contacts=contacts), terms=told)
    chosen = found.chosen
    assert chosen["row"].is_unique  # one message a customer
    assert chosen["row"].is_monotonic_increasing
    homes = chosen.assign(unit=known.unit[chosen["row"].to_numpy()]).groupby("unit")["scenario"]
    assert (homes.nunique() <= 1).all()  # one list a household
    able = found.allocated.frame[found.allocated.removed == PASSED].assign(
        scenario=lambda rows: rows["scenario"].astype(str)
    )
    on_list = homes.first().astype(str)
    whole = able[able["scenario"] == able["unit"].map(on_list)]
    assert sorted(whole["row"]) == chosen["row"].tolist()  # and all of it
    assert set(able["unit"][found.removed[able.index] == TAKEN]) <= set(on_list.index)
    asked = set(zip(frame["row"], frame["scenario"].astype(str), frame["channel"].astype(str), strict=True))
    assert set(zip(chosen["row"], chosen["scenario"].astype(str), chosen["channel"].astype(str), strict=True)) <= asked
    assert chosen["send_at"].notna().all()
    assert (chosen["offer"] != "leave_alone").all()
    assert (chosen["expected_value"].isna() | (chosen["base"] > 0)).all()
    assert found.worth.value <= found.worth.bound * (1 + 1e-9) + 1e-9
    assert (np.bincount(found.removed, minlength=7).sum(), (found.removed == PASSED).sum()) == (len(frame), len(chosen))
    share = told.scenarios.set_index("scenario")["control_share"]
    for _ in range(3):  # splits by whole units in strata, each as `measures.splitting.split` may draw it
        treated = _treated(chosen, known.unit, share, rng)
        if contacts is not None:
            assert treated.sum() <= contacts
        for channel, most in told.channels[["channel", "most"]].dropna().itertuples(index=False):
            assert treated[(chosen["channel"] == channel).to_numpy()].sum() <= most
        if budget is not None:
            expected = (1 - share.reindex(chosen["scenario"].astype(str)).to_numpy()) * chosen["offer_cost"].to_numpy()
            fixed = told.scenarios.loc[~told.scenarios["scenario"].isin(found.dropped), "campaign_cost"]
            fixed = fixed if len(chosen) else fixed[:0]
            sent = chosen["sending"].to_numpy()[treated].sum()
            assert sent + expected.sum() + fixed.sum() <= budget + 1e-6
    for scenario, most in told.scenarios[["scenario", "most"]].dropna().itertuples(index=False):
        assert (chosen["scenario"] == scenario).sum() <= most


@settings(max_examples=40, deadline=None)
@given(**PLANS)
def test_the_order_of_rows_does_not_matter(
    seed: int, customers: int, budget: float | None, contacts: int | None, households: bool
) -> None:
    rng = np.random.default_rng(seed)
    told, frame, learned, known = _random_plan(rng, customers, households=households)
    limits = Limits(budget=budget, contacts=contacts)
    mixed = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    one, other = (allocate(valued(each, known, told, learned), limits, terms=told) for each in (frame, mixed))
    pd.testing.assert_frame_equal(one.chosen.drop(columns="place"), other.chosen.drop(columns="place"))


def _random_plan(
    rng: np.random.Generator, customers: int, *, households: bool
) -> tuple[Terms, pd.DataFrame, Effects, Base]:
    """Terms, candidates, effects and bases by chance."""
    names = ["a", "b", "c"]
    told = terms(
        *(
            {
                "scenario": name,
                "priority": int(rng.integers(1, 3)),
                "control_share": float(rng.choice([0.1, 0.2, 0.5])),
                "most": float(rng.integers(1, 30)) if rng.random() < 0.3 else np.nan,
                "campaign_cost": float(rng.choice([0.0, 0.0, 5.0])),
                "offer": str(rng.choice(["none", "gift", "tenth"])),
            }
            for name in names
        ),
        costs={"email": 0.5, "sms": 3.0, "messenger": 1.0, "ads": 0.0},
        **({"sms": float(rng.integers(0, 10))} if rng.random() < 0.5 else {}),
    )
    pairs = [(row, name) for row in range(customers) for name in names if rng.random() < 0.6]
    send_at = np.full(len(pairs), np.datetime64("2026-07-02T11:00:00", "s"))
    send_at[rng.random(len(pairs)) < 0.1] = np.datetime64("NaT", "s")
    frame = candidates(pairs, told, send_at=send_at, channel=rng.choice(CHANNELS, len(pairs)))
    frame.loc[rng.random(len(frame)) < 0.1, "offer"] = "leave_alone"
    frame = frame.sort_values(["row", "priority", "scenario"], ignore_index=True)
    learned = effects(
        *(
            {
                "scenario": name,
                "offer": offer,
                "mean": float(rng.normal(0.1, 0.3)),
                "sd_mean": float(rng.gamma(1, 0.1)),
                "decision": str(rng.choice(["", "keep", "stop"], p=[0.5, 0.4, 0.1])),
            }
            for name, offer in zip(told.scenarios["scenario"], told.scenarios["offer"], strict=True)
            if rng.random() < 0.6
        )
    )
    unit = np.sort(rng.integers(0, max(1, customers // 2), customers)) if households else np.arange(customers)
    known = base(rng.gamma(0.7, 60, customers), unit=unit, days=rng.integers(0, 8, customers))
    return told, frame, learned, known


def _treated(chosen: pd.DataFrame, unit: np.ndarray, share: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Who is treated: of each stratum of each list the share of its units, up to one more, whole units."""
    treated = np.zeros(len(chosen), dtype=bool)
    units = unit[chosen["row"].to_numpy()]
    rows = pd.DataFrame({"scenario": chosen["scenario"].astype(str), "stratum": chosen["stratum"].astype(str)})
    rows = rows.assign(unit=units)
    stratum = rows.groupby(["scenario", "unit"])["stratum"].transform("min")
    for (scenario, _), own in rows.groupby(["scenario", stratum]):
        drawn = rng.permutation(own["unit"].unique())
        count = int(np.floor((1 - share[scenario]) * len(drawn) + rng.random()))
        treated[own.index[own["unit"].isin(drawn[:count])]] = True
    return treated
