"""Sums over the units of each arm, against numpy; and tables kept packed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measures.tables import table
from measures.test_experiment_outcomes import ASSIGNED, FULL, outcomes_of
from measures.test_holdout import Tables
from measures.tested_shop import assigned, shop

from retention_lib.estimates import NotEnough
from retention_lib.measures import experiment_spans, packing
from retention_lib.measures.experiment_days import by_age
from retention_lib.measures.experiment_outcomes import Outcomes
from retention_lib.measures.experiment_sums import ArmSums, arm_sums
from retention_lib.models.experiments.moments import moments

RESULTS = {"customer_id": "string", "experiment_id": "string", "spend": "decimal(18, 4)", "visit": "int64"}


def summed(found: Outcomes, *columns: str) -> ArmSums:
    sums = arm_sums(found, columns)
    assert isinstance(sums, ArmSums)
    return sums


def random_shop(folder: Path, *, units: int = 80, seed: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    people = [f"c{number}" for number in range(units)]
    sold, used = [], []
    for number in range(6 * units):
        one = people[int(rng.integers(units))]
        day = pd.Timestamp("2026-02-02 12:00:00") + pd.Timedelta(minutes=int(rng.integers(-9 * 1440, 15 * 1440)))
        amount = int(rng.integers(100, 10**6)) / 100
        sold.append(f"{one},o{number},{day},{amount},{round(amount * 0.6, 2)},{round(amount * 0.1, 2)}")
        if number % 7 == 0:
            sold.append(f"{one},o{number},{day + pd.Timedelta(days=1)},{-amount},{-round(amount * 0.6, 2)},0")
        if number % 5 == 0:
            used.append(f"{one},free,x,{day},o{number},{int(rng.integers(1000)) / 100}")
    sent = [f"{one},x,email,2026-02-02 13:00:00,0.5," for one in people[::2]]
    return shop(
        folder,
        headers=FULL | {"contacts": "customer_id,campaign_id,channel,sent_at,cost,unsubscribed_at"},
        assignments=assigned(people),
        transactions=sold,
        redemptions=used,
        contacts=sent,
    )


def by_numpy(rows: pd.DataFrame, first: str, second: str) -> list[float]:
    x, y = (rows[name].to_numpy(dtype=float) for name in (first, second))
    return [len(rows), x.sum(), y.sum(), float(x @ y)]


def test_all_pairs_of_all_columns_are_numpys(tmp_path: Path) -> None:
    found = outcomes_of(random_shop(tmp_path))
    sums = summed(found)
    assert len(found.columns) > 40
    pairs = list(combinations_with_replacement(found.columns, 2))
    arms = ("none", "mail")
    assert sums.sums[["arm", "first", "second"]].to_numpy().tolist() == [[arm, *pair] for arm in arms for pair in pairs]
    frame = found.table.to_pandas()
    units = {arm: frame.loc[frame["arm"] == arm, list(found.columns)].astype(float) for arm in arms}
    for row in sums.sums.to_dict("records"):
        wanted = by_numpy(units[str(row["arm"])], str(row["first"]), str(row["second"]))
        got = [row[name] for name in ("n", "first_total", "second_total", "product")]
        assert got == pytest.approx(wanted, rel=1e-12, abs=1e-6)
    own = sums.sums[(sums.sums["arm"] == "mail") & (sums.sums["first"] == sums.sums["second"])].set_index("first")
    assert set(own.index[own["binary"].astype(bool)]) >= {"conversion", "conversion_full", "conversion_before"}
    assert not own.loc[["orders", "revenue", "net_full", "contact_cost"], "binary"].any()
    assert sums.arms.to_dict("records") == [
        {"arm": "none", "units": 40, "members": 40, "unit": "customer"},
        {"arm": "mail", "units": 40, "members": 40, "unit": "customer"},
    ]


def test_money_whose_square_goes_beyond_64_bits_is_summed_to_the_last_digit() -> None:
    amounts = ["98765432109.8765", "12345678901.2345", "0.0001", "-0.5"]
    rows = [(f"c{at}", "x", Decimal(amount), 1) for at, amount in enumerate(amounts)]
    arms = [(row[0], "x", "mail") for row in rows] + [("z", "x", "none")]
    store: Any = Tables(assignments=table(arms, ASSIGNED), outcomes=table([*rows, ("z", "x", Decimal(0), 0)], RESULTS))
    sums = summed(outcomes_of(store), "spend").sums
    mail = sums[sums["arm"] == "mail"].iloc[0]
    assert mail["product"] == float(sum(Decimal(amount) ** 2 for amount in amounts))
    assert mail["first_total"] == float(sum(map(Decimal, amounts)))


def test_missing_values_are_left_out_pair_by_pair() -> None:
    rows = [("c1", "x", Decimal(3), 1), ("c2", "x", None, 1), ("c3", "x", Decimal(4), None), ("z", "x", Decimal(9), 0)]
    arms = [("c1", "x", "mail"), ("c2", "x", "mail"), ("c3", "x", "mail"), ("c4", "x", "mail"), ("z", "x", "none")]
    store: Any = Tables(assignments=table(arms, ASSIGNED), outcomes=table(rows, RESULTS))
    found = outcomes_of(store)
    sums = summed(found, "spend", "visit")
    mail = sums.sums[sums.sums["arm"] == "mail"].drop(columns="arm").to_numpy().tolist()
    assert mail == [
        ["spend", "spend", 2, 7.0, 7.0, 25.0, False],
        ["spend", "visit", 1, 3.0, 1.0, 3.0, False],
        ["visit", "visit", 2, 2.0, 2.0, 2.0, True],
    ]
    assert sums.arms.set_index("arm").loc["mail", "units"] == 4


def test_the_moments_of_an_arm_are_numpys(tmp_path: Path) -> None:
    found = outcomes_of(random_shop(tmp_path))
    sums = summed(found, "revenue", "revenue_before")
    made = moments(sums.sums, sums.arms)
    rows = found.table.filter(found.table.arm == "mail").to_pandas()
    wanted = np.cov(rows["revenue"].astype(float), rows["revenue_before"].astype(float))
    spread = made.spread("mail", "revenue", "revenue_before")
    assert spread.covariance == pytest.approx(wanted[0, 1])
    assert made.variance("mail", "revenue") == pytest.approx(wanted[0, 0])


def test_a_refusal_goes_on() -> None:
    refusal = NotEnough("arms", 1, 2)
    assert arm_sums(refusal) is refusal


# In pieces and packed, as a test of millions is


def test_a_test_of_millions_is_put_together_in_pieces_to_the_same_sums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = random_shop(tmp_path)
    whole = outcomes_of(store)
    monkeypatch.setattr(experiment_spans, "_PIECE", 30)
    monkeypatch.setattr(packing, "_LONG", 1)
    cut = outcomes_of(store)
    pd.testing.assert_frame_equal(summed(cut).sums, summed(whole).sums)
    for metric in ("revenue", "conversion", "net"):
        at_once, apart = by_age(whole, metric), by_age(cut, metric)
        assert isinstance(at_once, pd.DataFrame)
        assert isinstance(apart, pd.DataFrame)
        pd.testing.assert_frame_equal(apart, at_once)


def test_the_last_age_has_reached_the_whole_span(tmp_path: Path) -> None:
    found = outcomes_of(random_shop(tmp_path), until=date(2026, 3, 1))
    sums = summed(found).sums
    own = sums[sums["first"] == sums["second"]].set_index(["arm", "first"])
    for metric in ("revenue", "net", "orders", "conversion"):
        told = by_age(found, metric)
        assert isinstance(told, pd.DataFrame)
        for arm in ("none", "mail"):
            last = told[told["arm"] == arm].iloc[-1]
            assert last["age"] == 13
            assert last["total"] == pytest.approx(own.loc[(arm, f"{metric}_full"), "first_total"])
            assert last["total_squares"] == pytest.approx(own.loc[(arm, f"{metric}_full"), "product"])


def test_a_packed_table_goes_when_nobody_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_LONG", 10)
    store = random_shop(tmp_path)
    source = store.table("transactions")
    kept = packing.packed(source.select("customer_id", "amount"))
    engine = source.get_backend()
    assert kept.amount.sum().to_pandas() == source.amount.sum().to_pandas()
    assert len(engine.list_tables(database=("packed", "main"))) == 1
    del kept
    assert engine.list_tables(database=("packed", "main")) == []
