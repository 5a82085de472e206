from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.models.first_orders import deliveries_known, design, independent


def orders(count: int = 120, **columns: object) -> pd.DataFrame:
    days = pd.Series(pd.Timestamp("2020-03-01") + pd.to_timedelta(np.arange(count) % 20, unit="D"))
    return pd.DataFrame({"day": days, **columns})


def test_names_have_a_column_for_each_level_but_the_largest() -> None:
    region = ["north"] * 60 + ["south"] * 40 + ["west"] * 20
    known = design(orders(region=pd.Categorical(region)))
    assert known.features == ("region", "region", "trend")
    assert known.levels == ("south", "west", "")
    assert known.bases == ("north", "north", "")
    assert known.values[:, 0].sum() == 40


def test_rare_levels_are_one_and_few_of_them_join_the_largest() -> None:
    rare = ["a"] * 70 + ["b"] * 15 + ["c"] * 15 + ["d"] * 20
    assert design(orders(carrier=rare)).levels == ("d", "rare", "")
    few = ["a"] * 95 + ["b"] * 5 + ["c"] * 20
    assert design(orders(carrier=few)).levels == ("c", "")


def test_many_levels_are_rare_but_the_largest() -> None:
    category = np.repeat([f"category {n:02d}" for n in range(20)], 60)
    levels = design(orders(1_200, category=category)).levels
    assert len(levels) == 13  # eleven beside the largest, the rare ones and the trend
    assert (levels[0], levels[10], levels[11]) == ("category 01", "category 11", "rare")


def test_deliveries_are_known_where_one_has_both_days() -> None:
    assert not deliveries_known(orders())
    assert not deliveries_known(orders(late_days=np.nan))
    assert deliveries_known(orders(late_days=[1.0] + [np.nan] * 119))
    assert deliveries_known(orders(late_days=1.0).head(0))


def test_what_is_not_known_is_a_level_or_a_column_of_its_own() -> None:
    amount = np.where(np.arange(120) % 4 == 0, np.nan, np.e - 1)
    known = design(orders(amount=amount, region=[None] * 30 + ["north"] * 90))
    assert dict(zip(known.features, known.levels, strict=True)) == {
        "region": "unknown",
        "amount": "unknown",
        "trend": "",
    }
    money = design(orders(amount=np.where(np.arange(120) % 2, 0.0, np.e - 1)))
    assert sorted(set(money.values[:, 0])) == [0.0, pytest.approx(1.0)]


def test_columns_that_follow_from_others_are_left_out() -> None:
    carrier = np.array(["post", "standard"])[np.arange(120) % 2]
    known = design(orders(carrier=carrier, promised_days=2.0 + (carrier == "post"), lines=1))
    assert known.features == ("carrier", "trend")
    assert known.standard.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert known.standard.std(axis=0) == pytest.approx([1, 1])


def test_independent_columns_span_the_same_space() -> None:
    rng = np.random.default_rng(1)
    columns = rng.standard_normal((50, 3))
    columns = np.column_stack([columns, columns[:, 0] + columns[:, 1], columns[:, 2] * 2])
    standard = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    assert independent(standard) == [0, 1, 2] == list(range(np.linalg.matrix_rank(standard)))


def test_orders_of_one_day_without_features_have_no_columns() -> None:
    known = design(orders().assign(day=pd.Timestamp("2020-03-01")))
    assert known.values.shape == (120, 0)
