"""What a message is worth: measured effects in money, untested ones only in order."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from models.actions.plan_parts import base, candidates, effects, terms

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.offers import LearnedOffers, offered
from retention_lib.models.actions.values import ALONE, NO_HOUR, STOPPED, UNPAID, valued

BY_CUSTOMER = LearnedOffers(
    test="offer_3", offers=("leave_alone", "gift"), by_row=np.array([1], dtype=np.int8), by_customer=True, gain=2.0
)
BIRTHDAY, WELCOME = {"scenario": "birthday"}, {"scenario": "welcome", "priority": 2}


def test_a_measured_effect_is_worth_its_share_of_the_base_less_the_message() -> None:
    told = terms(BIRTHDAY)
    found = valued(
        candidates([(0, "birthday"), (1, "birthday")], told),
        base([100.0, 40.0]),
        told,
        effects({"scenario": "birthday", "offer": "none", "mean": 0.1, "sd_mean": 0.05}),
    )
    assert found.frame["expected_value"].tolist() == pytest.approx([0.1 * 100 - 1, 0.1 * 40 - 1])
    # The order takes what is not known well at the upper end: 0.1 + 0.84 x 0.05.
    assert found.frame["rank"].tolist() == pytest.approx([0.142 * 100 - 1, 0.142 * 40 - 1])
    assert not found.removed.any()


def test_an_untested_message_has_no_value_in_money() -> None:
    told = terms(BIRTHDAY)
    found = valued(candidates([(0, "birthday")], told), base([100.0]), told, effects(), assumed_lift=0.2)
    assert np.isnan(found.frame["expected_value"]).all()
    assert found.frame["rank"].tolist() == pytest.approx([0.2 * 100 - 1])
    assert found.effects["source"].tolist() == ["untested"]


def test_what_was_never_measured_is_put_last_and_not_taken_out() -> None:
    told = terms(BIRTHDAY)
    found = valued(
        candidates([(row, "birthday") for row in range(4)], told), base([0.0, 100.0, 10.0, 21.0]), told, effects()
    )
    # 5 % of 100 and of 21 pays for a message of 1, that of 10 and of nothing does not.
    assert not found.removed.any()
    assert (found.frame["rank"] > 0).all()
    assert found.frame["rank"].rank().tolist() == [1, 4, 2, 3]


def test_a_learned_offer_is_worth_what_its_own_lists_measured() -> None:
    told = terms({"scenario": "birthday", "offer": "auto"}, WELCOME)
    rows = [(0, "birthday"), (0, "welcome")]
    given = candidates(rows, told, offer=pd.Categorical(["gift", "none"], categories=["none", "gift", "leave_alone"]))
    borrowed = {"scenario": "birthday", "offer": "gift", "mean": 0.1, "source": "borrowed"}
    mixed = {"scenario": "birthday", "offer": "auto", "mean": 0.4}
    other = {"scenario": "welcome", "offer": "auto", "mean": 0.9, "decision": "stop"}
    found = valued(given, base([100.0]), told, effects(borrowed, mixed, other), policy=BY_CUSTOMER)
    assert found.frame["expected_value"].iloc[0] == pytest.approx(0.4 * 100 - 1)
    assert found.effects["source"].tolist() == ["measured", "untested"]
    stop = effects(borrowed, {**mixed, "decision": "stop"}, other)
    stopped = valued(given, base([100.0]), told, stop, policy=BY_CUSTOMER)
    assert stopped.removed.tolist() == [STOPPED, 0]
    # Where these lists have changed it for one offer, that offer's.
    change = effects(borrowed, {**mixed, "decision": "change", "better": "gift"}, other)
    changed = valued(given, base([100.0]), told, change, policy=BY_CUSTOMER)
    assert changed.frame["expected_value"].iloc[0] == pytest.approx(0.1 * 100 - 1)
    # Without lists of its own that were sent so, the offer's.
    elsewhere = effects(borrowed, {**mixed, "source": "borrowed"}, other)
    without = valued(given, base([100.0]), told, elsewhere, policy=BY_CUSTOMER)
    assert without.frame["expected_value"].iloc[0] == pytest.approx(0.1 * 100 - 1)


def test_where_no_test_chooses_offers_any_more_each_has_the_gain_of_its_own() -> None:
    told = terms({"scenario": "birthday", "offer": "auto"})
    asked = candidates([(0, "birthday")], terms(BIRTHDAY)).drop(columns="offer")
    mixed = {"scenario": "birthday", "offer": "auto", "mean": 0.3, "decision": "keep"}
    refused = NotEnough("offer_claimed", 0, 1)
    kept = effects(mixed)
    plain = valued(offered(asked, told, refused, kept), base([100.0]), told, kept, policy=refused)
    assert plain.effects[["offer", "source"]].to_numpy().tolist() == [["none", "untested"]]
    assert np.isnan(plain.frame["expected_value"]).all()
    # The offer that the lists of the scenario have settled on is sent, though that by customer was stopped.
    own = {"scenario": "birthday", "offer": "tenth", "mean": 0.2, "decision": "keep"}
    both = effects({**mixed, "decision": "stop"}, own)
    settled = valued(offered(asked, told, refused, both), base([100.0]), told, both, policy=refused)
    assert settled.effects[["offer", "decision"]].to_numpy().tolist() == [["tenth", "keep"]]
    assert settled.removed.tolist() == [0]
    assert settled.frame["expected_value"].tolist() == pytest.approx([0.2 * 100 - 1])


def test_nobody_is_written_to_at_a_loss_even_with_luck() -> None:
    told = terms(BIRTHDAY)
    learned = effects({"scenario": "birthday", "offer": "none", "mean": 0.01, "sd_mean": 0.0})
    found = valued(candidates([(0, "birthday"), (1, "birthday")], told), base([100.0, 101.0]), told, learned)
    assert found.removed.tolist() == [UNPAID, 0]  # 1 % of 100 is just the price of the message


def test_what_is_stopped_left_alone_or_has_no_hour_is_out() -> None:
    told = terms(BIRTHDAY, WELCOME)
    learned = effects({"scenario": "welcome", "offer": "none", "mean": 0.5, "decision": "stop"})
    given = candidates(
        [(0, "birthday"), (0, "welcome"), (1, "birthday"), (2, "birthday")],
        told,
        send_at=np.array(["2026-07-01", "2026-07-01", "2026-07-01", "NaT"], dtype="datetime64[s]"),
    )
    given.loc[2, "offer"] = "leave_alone"
    found = valued(given, base([100.0] * 3), told, learned)
    assert found.removed.tolist() == [0, STOPPED, ALONE, NO_HOUR]


def test_an_offer_costs_what_every_order_of_the_window_would_cost() -> None:
    told = terms({"scenario": "gift", "offer": "gift"}, {"scenario": "tenth", "offer": "tenth", "priority": 2})
    found = valued(candidates([(0, "gift"), (0, "tenth")], told), base([30.0], orders=[3.0]), told, effects())
    # Orders leave 10 each of a revenue of 40: a gift of 2 costs 6, a tenth off costs 12.
    assert found.frame["offer_cost"].tolist() == pytest.approx([6.0, 12.0])


def test_another_window_stretches_the_base() -> None:
    told = terms({"scenario": "birthday", "window_days": 42})
    found = valued(candidates([(0, "birthday")], told), base([50.0]), told, effects())
    assert found.frame["base"].tolist() == pytest.approx([100.0])


def test_without_a_base_all_keep_a_place_and_no_money() -> None:
    told = terms(BIRTHDAY)
    found = valued(candidates([(0, "birthday")], told), NotEnough("repeat_customers", 3, 30), told, effects())
    assert found.frame["rank"].tolist() == [1.0]
    assert np.isnan(found.frame["base"]).all()
    assert not found.removed.any()


def test_costs_that_are_not_known_are_said() -> None:
    told = terms(BIRTHDAY, costs={"email": np.nan})
    found = valued(candidates([(0, "birthday")], told), base([100.0]), told, effects())
    assert not found.costs_known


def test_a_refusal_goes_through() -> None:
    told = terms(BIRTHDAY)
    refusal = NotEnough("customers", 0, 1)
    assert valued(refusal, base([1.0]), told, effects()) is refusal


def test_households_and_purchases_are_known_where_no_margin_is() -> None:
    told = terms(BIRTHDAY)
    refused, asked = NotEnough("margin_and_cost_known", 0, 1), candidates([(0, "birthday"), (2, "birthday")], told)
    frame = pd.DataFrame({"row": [0, 1, 2], "unit": [7, 8, 7], "frequency": [3, 0, -1]})
    counted = SimpleNamespace(frame=frame)
    found = valued(asked, refused, told, effects(), known=counted)
    assert found.frame["unit"].tolist() == [7, 7]
    assert found.frame["purchase_days"].tolist() == [4, 0]
    assert valued(asked, refused, told, effects()).frame["unit"].tolist() == [0, 2]
