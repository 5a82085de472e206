from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from retention_lib.estimates import NotEnough
from retention_lib.models.where import SHOWN, SHOWN_OF_ONE_DIMENSION, WhereRates, where_rates

ROWS = [
    ("region", "north", 1000, 100),
    ("region", "south", 800, 80),
    ("region", "east", 400, 90),
    ("region", "", 600, 120),
    ("region", "village", 12, 9),
    ("channel", "app", 2000, 280),
    ("channel", "site", 812, 119),
    ("rfm", "champions", 1400, 10),
    ("rfm", "dormant", 1412, 389),
    ("sex", "f", 0, 0),
]


def frame(rows: list[tuple[str, str, int, int]] = ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["dimension", "segment", "base", "lost"])


def rates(rows: list[tuple[str, str, int, int]] = ROWS) -> WhereRates:
    found = where_rates(frame(rows))
    assert isinstance(found, WhereRates)
    return found


def test_each_segment_stands_beside_the_stated_others_of_its_dimension() -> None:
    table = rates().table.set_index(["dimension", "segment"])
    # North against south, east and the village: 179 of 1,212; nobody compares it with those not stated.
    assert table.loc[("region", "north"), "rest"] == 1212
    assert table.loc[("region", "north"), "rest_share"] == pytest.approx(179 / 1212)
    # Those not stated against all who are: 279 of 2,212.
    assert table.loc[("region", ""), ["rest", "rest_share"]].tolist() == [2212, pytest.approx(279 / 2212)]
    assert table.loc[("region", ""), "difference"] == pytest.approx(0.2 - 279 / 2212)
    assert table.loc[("region", ""), "excess"] == pytest.approx(120 - 600 * 279 / 2212)


def test_p_values_are_the_score_tests_with_holm_over_all_dimensions() -> None:
    table = rates().table.set_index(["dimension", "segment"])
    pairs = {
        ("region", "north"): ((100, 1000), (179, 1212)),
        ("region", "south"): ((80, 800), (199, 1412)),
        ("region", "east"): ((90, 400), (189, 1812)),
        ("region", ""): ((120, 600), (279, 2212)),
        ("channel", "app"): ((280, 2000), (119, 812)),
    }
    raw = [proportions_ztest([a[0], b[0]], [a[1], b[1]])[1] for a, b in pairs.values()]
    expected = multipletests(raw, method="holm")[1]
    assert table.loc[list(pairs), "p_adjusted"].to_numpy() == pytest.approx(expected)
    assert rates().tests == 5
    assert table.loc[("channel", "site"), "p_adjusted"] == table.loc[("channel", "app"), "p_adjusted"]
    assert np.isnan(table.loc[("region", "village"), "p_adjusted"])


def test_no_test_is_spent_on_what_follows_from_silence() -> None:
    table = rates().table.set_index(["dimension", "segment"])
    assert table.loc["rfm", "p_adjusted"].isna().all()
    assert not table.loc["rfm", "differs"].any()
    without = rates([row for row in ROWS if row[0] != "rfm"]).table.set_index(["dimension", "segment"])
    assert table.loc[without.index, "p_adjusted"].equals(without["p_adjusted"])


def test_two_levels_are_one_test_beside_those_not_stated_and_a_thin_level() -> None:
    rows = [("sex", "f", 500, 50), ("sex", "m", 500, 80), ("sex", "", 300, 90)]
    table = rates(rows).table.set_index("segment")["p_adjusted"]
    raw = [proportions_ztest([50, 80], [500, 500])[1], proportions_ztest([90, 130], [300, 1000])[1]]
    sexes, unstated = multipletests(raw, method="holm")[1]
    assert table[["f", "m", ""]].tolist() == pytest.approx([sexes, sexes, unstated])
    assert rates(rows).tests == 2
    thin = rates([("sex", "f", 500, 50), ("sex", "m", 20, 8)])
    assert thin.tests == 1
    assert thin.table.set_index("segment")["p_adjusted"].isna().to_dict() == {"f": False, "m": True}


def test_small_cells_take_fishers_test() -> None:
    table = rates([("region", "north", 40, 6), ("region", "south", 60, 1)]).table
    p = fisher_exact([[6, 34], [1, 59]]).pvalue
    assert table["p_adjusted"].tolist() == pytest.approx([p, p])


def test_the_strongest_differences_come_first_and_thin_segments_last() -> None:
    table = rates().table
    assert table["segment"].tolist()[:3] == ["east", "", "north"]
    assert table["segment"].tolist()[-1] == "village"
    assert table["thin"].tolist() == [*[False] * 8, True]


def test_the_chart_leaves_out_what_follows_from_silence_and_names_the_most_and_the_least() -> None:
    found = rates()
    assert "rfm" not in set(found.shown["dimension"])
    assert found.highest is not None
    assert found.highest["segment"] == "east"
    assert found.lowest is not None
    assert found.lowest["segment"] == "north"
    assert found.overall.n == 2812


def test_nobody_is_named_where_nothing_differs() -> None:
    found = rates([("region", "north", 100, 10), ("region", "south", 100, 11)])
    assert (found.highest, found.lowest) == (None, None)


@pytest.mark.parametrize("lost", [0, 50])
def test_nothing_differs_when_nobody_or_everybody_is_lost(lost: int) -> None:
    assert not rates([("region", "north", 50, lost), ("region", "south", 50, lost)]).table["differs"].any()


def test_a_dimension_of_one_segment_is_kept_and_not_compared() -> None:
    found = rates([("region", "north", 100, 10), *ROWS[5:7]])
    assert found.table.set_index("segment").loc["north", ["rest_share", "p_adjusted"]].isna().all()
    assert (found.tests, len(found.shown)) == (1, 2)


@pytest.mark.parametrize("rows", [ROWS[:1], ROWS[7:9]])
def test_one_segment_or_silence_alone_tells_nobody_apart(rows: list[tuple[str, str, int, int]]) -> None:
    assert where_rates(frame(rows)) == NotEnough("dimensions_known", 0, 1)


def test_the_chart_has_room_for_few() -> None:
    rows = [(f"d{place // 6}", f"s{place}", 500, 10 + (place % 6) * (1 + place // 6)) for place in range(36)]
    shown = rates(rows).shown
    assert len(shown) == SHOWN
    assert shown.groupby("dimension").size().max() == SHOWN_OF_ONE_DIMENSION


def test_no_customers_or_a_refusal_is_not_enough() -> None:
    refusal = NotEnough("customers_in_segments", 0, 1)
    assert where_rates(frame().head(0)) == refusal
    assert where_rates(frame().tail(1)) == refusal
    assert where_rates(refusal) is refusal


def test_a_segment_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'north' of a dimension appears twice"):
        where_rates(pd.concat([frame(), frame().head(1)]))


def test_equal_segments_seldom_differ() -> None:
    # Family-wise error of Holm among twenty equal segments of four dimensions: at most 5 %.
    rng = np.random.default_rng(5)
    names = [(f"d{place % 4}", f"s{place}") for place in range(20)]
    found = []
    for _ in range(100):
        drawn = rng.binomial(200, 0.2, size=20)
        table = rates([(*name, 200, int(lost)) for name, lost in zip(names, drawn, strict=True)]).table
        found.append(table["differs"].any())
    assert np.mean(found) <= 0.11


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 300)).flatmap(
            lambda row: st.tuples(st.just(row[0]), st.just(row[1]), st.integers(0, row[1]))
        ),
        min_size=1,
    )
)
def test_intervals_bracket_and_excesses_of_two_sum_to_what_they_should(rows: list[tuple[str, int, int]]) -> None:
    named = [("region", "north", 50, 5), ("region", "south", 60, 5)]
    named += [(dimension, f"s{place}", base, lost) for place, (dimension, base, lost) in enumerate(rows)]
    found = rates(named)
    table = found.table
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()
    known = table.dropna(subset=["rest_share"])
    assert np.allclose(known["excess"], known["base"] * known["difference"])
    assert table["p_adjusted"].dropna().between(0, 1).all()
    assert len(table) == len(named)
