from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.contact_bands import BreakEvenByBand, break_even_by_band
from retention_lib.models.lapse import ReturnChance, return_chance

# Window 20: bands beyond it begin at 20, 30, 40 and 60 days.
THEN = pd.DataFrame(
    {
        "silence_days": [5, 25, 35, 61, 90],
        "customers": [500, 100, 50, 40, 60],
        "returned": [450, 50, 10, 0, 2],
        "spend": [9e4, 5_000.0, 500.0, 0.0, -50.0],
    }
)
NOW = pd.DataFrame({"silence_days": [20, 21, 30, 31, 400], "customers": [999, 3, 4, 5, 6]})


def returns() -> ReturnChance:
    found = return_chance(THEN, lapse_days=20, horizon_days=90, cutoff=date(2020, 10, 1))
    assert isinstance(found, ReturnChance)
    return found


def bands(*, margin: float | None = 0.4, cost: float | None = 2.0) -> BreakEvenByBand | NotEnough:
    return break_even_by_band(returns(), silent_now=NOW, silent_then=THEN, gross_margin=margin, contact_cost=cost)


def test_break_even_by_hand() -> None:
    table = bands().table
    assert table["silence_above"].tolist() == [20, 30, 60]
    assert table["customers"].tolist() == [7, 5, 6]
    # 5,000 over 50 who came back, at 40 %: 40 each; 2 / 40 = 1 in 20. Then 500 over 10: 20 each, 1 in 10.
    assert table["profit_if_won"].tolist()[:2] == [40.0, 20.0]
    assert table["one_in"].tolist()[:2] == pytest.approx([20.0, 10.0])
    assert table["break_even_share"].tolist()[:2] == pytest.approx([0.05, 0.1])
    assert table["share"].tolist() == pytest.approx([0.5, 0.2, 0.02])
    assert table["thin"].tolist() == [False, True, True]
    # Who came back after more than 60 days brought a loss: no lift pays.
    assert table["one_in"].isna().tolist() == [False, False, True]
    assert table["reachable"].tolist() == [True, True, False]
    # Two who brought a loss do not show that nobody pays.
    assert table["pays"].tolist() == ["can", "can", "unknown"]


def test_a_contact_cannot_pay_only_where_enough_returned_to_know() -> None:
    assert bands(cost=1000.0).table["pays"].tolist() == ["cannot", "unknown", "unknown"]
    silent = THEN.assign(returned=[450, 50, 0, 0, 0], spend=[9e4, -10.0, 0.0, 0.0, 0.0])
    found = return_chance(silent, lapse_days=20, horizon_days=90, cutoff=date(2020, 10, 1))
    table = break_even_by_band(found, silent_now=NOW, silent_then=silent, gross_margin=0.4, contact_cost=2.0).table
    assert table["pays"].tolist() == ["cannot", "unknown", "unknown"]
    assert table["profit_if_won"].isna().tolist() == [False, True, True]


def test_a_lift_that_does_not_fit_above_the_base_is_out_of_reach() -> None:
    # Half return unasked, so no more than half can be won; at 40 a customer a contact may cost 20.
    assert bands(cost=19.9).table["reachable"].tolist()[0]
    assert not bands(cost=20.1).table["reachable"].tolist()[0]


def test_free_contacts_need_no_lift() -> None:
    table = bands(cost=0.0).table
    assert table["break_even_share"].tolist()[0] == 0
    assert table["one_in"].isna().all()


def test_what_is_not_known_is_named() -> None:
    assert bands(margin=None) == bands(cost=None) == NotEnough("margin_and_cost_known", 0, 1)
    nobody = NOW[NOW["silence_days"] <= 20]
    assert break_even_by_band(
        returns(), silent_now=nobody, silent_then=THEN, gross_margin=0.4, contact_cost=2.0
    ) == NotEnough("customers_on_list", 0, 1)
    refusal = NotEnough("customers_silent_beyond_window", 3, 30)
    passed = break_even_by_band(refusal, silent_now=NOW, silent_then=THEN, gross_margin=0.4, contact_cost=2.0)
    assert passed is refusal


def test_a_band_from_which_everybody_returned_cannot_be_won() -> None:
    all_back = THEN.assign(returned=THEN["customers"], spend=100.0 * THEN["customers"])
    found = return_chance(all_back, lapse_days=20, horizon_days=90, cutoff=date(2020, 10, 1))
    even = break_even_by_band(found, silent_now=NOW, silent_then=all_back, gross_margin=0.4, contact_cost=2.0)
    assert not even.table["reachable"].any()
