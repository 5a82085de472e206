from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lib.estimates import NotEnough
from retention_lib.models.rfm import UNSCORED, RfmGroups, RfmMigration, rfm_groups, rfm_migration

ORDER = ["champions", "loyal", "new", "at_risk", "dormant", UNSCORED]
ROWS = [
    ("champions", "champions", 60, 6000.0, 6500.0),
    ("champions", "loyal", 30, 2000.0, 2000.0),
    ("champions", "at_risk", 10, 500.0, 400.0),
    ("loyal", "at_risk", 20, 900.0, 800.0),
    ("loyal", "champions", 20, 1000.0, 1200.0),
    ("at_risk", "loyal", 4, 100.0, 150.0),
    ("at_risk", UNSCORED, 6, 50.0, 0.0),
    (UNSCORED, "new", 10, 0.0, 100.0),
]
RATES = pd.DataFrame(
    [("rfm", "champions", 100, 5), ("rfm", "loyal", 20, 2), ("region", "north", 120, 7)],
    columns=["dimension", "segment", "base", "lost"],
)


def moves(rows: list[tuple[str, str, int, float, float]] = ROWS) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["from_group", "to_group", "customers", "revenue_start", "revenue_end"])
    dtype = pd.CategoricalDtype(ORDER, ordered=True)
    frame = frame.astype({"from_group": dtype, "to_group": dtype})
    return frame.assign(silence_least=1, silence_most=range(len(rows)), frequency_least=1, frequency_most=9)


def groups(rows: list[tuple[str, str, int, float, float]] = ROWS) -> RfmGroups:
    found = rfm_groups(moves(rows), RATES, month="2020-03")
    assert isinstance(found, RfmGroups)
    return found


def migration(rows: list[tuple[str, str, int, float, float]] = ROWS) -> RfmMigration:
    found = rfm_migration(moves(rows), month="2020-03")
    assert isinstance(found, RfmMigration)
    return found


def test_sizes_and_money_by_hand() -> None:
    found = groups()
    table = found.table.set_index("group")
    assert table.index.tolist() == ["champions", "loyal", "new", "at_risk"]
    assert table["customers_start"].tolist() == [100, 40, 0, 10]
    assert table["customers_end"].tolist() == [80, 34, 10, 30]
    assert table["share"].tolist() == pytest.approx([80 / 154, 34 / 154, 10 / 154, 30 / 154])
    # Money at the end: 7,700, 2,150, 100 and 1,200.
    assert table["revenue_share"].tolist() == pytest.approx([7700 / 11150, 2150 / 11150, 100 / 11150, 1200 / 11150])
    assert (found.customers, found.revenue) == (154, 11150.0)
    assert (found.core, found.core_revenue, found.slipping, found.slipping_revenue) == (114, 9850.0, 30, 1200.0)
    assert table.loc["at_risk", ["silence_least", "silence_most"]].tolist() == [1, 3]


def test_lapse_is_told_where_enough_were_active() -> None:
    table = groups().table.set_index("group")
    assert table.loc["champions", "lapse"] == pytest.approx(0.05)
    assert table.loc["champions", "low"] < 0.05 < table.loc["champions", "high"]
    assert table.loc[["loyal", "new", "at_risk"], "lapse"].isna().all()
    assert table["active"].tolist() == [100, 20, 0, 0]
    assert table["thin"].tolist() == [False, False, True, False]


def test_moves_by_hand() -> None:
    found = migration()
    table = found.table.set_index(["from_group", "to_group"])
    assert table.loc[("champions", "loyal"), ["customers", "base", "share"]].tolist() == [30, 100, 0.3]
    assert table["move"].tolist() == ["stayed", "down", "down", "down", "up", "up", "down"]
    assert table["thin"].groupby("from_group").first().to_dict() == {
        "at_risk": True,
        "champions": False,
        "loyal": False,
    }
    assert found.order == tuple(ORDER)


def test_the_slide_with_most_money_is_named() -> None:
    found = migration()
    assert found.slide is not None
    assert found.slide[["from_group", "to_group", "customers", "base"]].tolist() == ["loyal", "at_risk", 20, 40]
    assert (found.slid, found.slid_revenue, found.best, found.regained) == (30, 1400.0, 140, 4)


def test_no_slide_is_named_where_nobody_slid() -> None:
    found = migration([row for row in ROWS if row[1] != "at_risk"])
    assert (found.slide, found.slid, found.slid_revenue) == (None, 0, 0.0)


def test_groups_without_money_have_no_share_of_it() -> None:
    table = groups([("new", "new", 40, 0.0, 0.0)]).table
    assert table["revenue_share"].isna().all()


def test_too_little_is_not_enough() -> None:
    refusal = NotEnough("customers_scored", 0, 1)
    assert rfm_groups(refusal, RATES, month="2020-03") is refusal
    assert rfm_migration(refusal, month="2020-03") is refusal
    assert rfm_groups(moves([("at_risk", UNSCORED, 6, 50.0, 0.0)]), RATES, month="2020-03") == refusal
    few = [("champions", "champions", 28, 90.0, 90.0), ("champions", UNSCORED, 1, 9.0, 0.0)]
    assert rfm_groups(moves(few), RATES, month="2020-03") == NotEnough("customers_in_rfm_groups", 28, 30)
    assert rfm_migration(moves(few), month="2020-03") == NotEnough("customers_in_rfm_groups", 29, 30)
    enough = moves([*few, ("loyal", "loyal", 1, 5.0, 5.0)])
    assert isinstance(rfm_migration(enough, month="2020-03"), RfmMigration)
    assert rfm_groups(enough, RATES, month="2020-03") == NotEnough("customers_in_rfm_groups", 29, 30)
    newcomers = moves([(UNSCORED, "new", 10, 0.0, 100.0)])
    assert rfm_migration(newcomers, month="2020-03") == NotEnough("customers_scored_start", 0, 1)


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(ORDER), st.sampled_from(ORDER)).filter(lambda pair: pair != (UNSCORED, UNSCORED)),
        st.integers(1, 500),
        min_size=1,
    )
)
def test_rows_of_the_matrix_sum_to_one_and_sizes_to_all(pairs: dict[tuple[str, str], int]) -> None:
    frame = moves([(*pair, count, 10.0 * count, 5.0 * count) for pair, count in sorted(pairs.items())])
    found = rfm_migration(frame, month="2020-03")
    if isinstance(found, RfmMigration):
        assert found.table.groupby("from_group")["share"].sum().to_numpy() == pytest.approx(1)
        assert found.slid <= found.best
    sizes = rfm_groups(frame, RATES, month="2020-03")
    if isinstance(sizes, RfmGroups):
        assert sizes.table["share"].sum() == pytest.approx(1)
        assert sizes.customers == sum(count for (_, end), count in pairs.items() if end != UNSCORED)
        assert sizes.core + sizes.slipping <= sizes.customers
