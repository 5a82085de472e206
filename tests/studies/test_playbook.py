"""The frame of the study of the playbook, with a small store played for two months; `make study` plays fifty years."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest
from studies import playbook
from studies.playbook import OTHERS, Played, compared, figures, leaks, played
from studies.played_plans import ASKING, ECONOMICS, PLAYBOOK, SCENARIOS, PastOffers, planned, verdicts_of
from studies.played_stores import PlayedStore, new_game, tell

from retention_lib.measures.actions.lists import ActionLists
from retention_lib.models.actions.judged import Judged
from retention_lib.settings.scenarios import KINDS

CUSTOMERS, MONTHS, MONEY = 3_000, 2, 250.0


@cache
def done() -> Played:
    return played(new_game(51_001, customers=CUSTOMERS), months=MONTHS, money=MONEY)


def test_a_small_store_is_played_through() -> None:
    result = compared(done(), months=MONTHS, money=MONEY)
    assert result["leaks"] == 0
    assert result["lists"] > 4
    assert result["wins"] == all(result["earned_playbook"] > result[f"earned_{name}"] for name in OTHERS)
    assert result["sending_nothing"] == 0
    assert sum(result["messages"].values()) == sum(one.treated.sum() for one in done().game.lists.values())
    assert 0 < result["sending_playbook"] <= MONTHS * MONEY
    assert 0 < result["sending_everybody"] <= MONTHS * MONEY
    assert result["sending_silent"] > 0


def test_verdicts_stand_beside_the_truth() -> None:
    verdicts = done().verdicts
    assert len(verdicts) > 4
    assert verdicts["truth"].notna().all()
    judged = verdicts[verdicts["low"].notna()]
    assert (judged["held"] == judged["truth"].between(judged["low"], judged["high"])).all()
    assert verdicts["test"].is_unique
    months = {name[-7:] for name in verdicts["test"]}
    assert months == {"2025_07", "2025_08"}  # lists of the second month are judged on the morning after it


def test_a_plan_is_the_same_when_it_is_made_again() -> None:
    game = new_game(51_001, customers=CUSTOMERS)
    start = game.month(0).start
    stores = [PlayedStore(tell(game), until=start, ledger=game.ledger) for _ in range(2)]
    verdicts = [verdicts_of(store) for store in stores]
    assert isinstance(verdicts[0], Judged)  # the tests of the first year
    past = PastOffers()
    plans = [planned(store, told, past=past, money=MONEY) for store, told in zip(stores, verdicts, strict=True)]
    # The last test of offers is too small to choose by; the second plan takes that as told.
    assert {test: told.reason for test, told in past.refused.items()} == {"overlap_1": "uplift_customers"}
    tables = [lists.table for lists in plans if isinstance(lists, ActionLists)]
    pd.testing.assert_frame_equal(tables[0], tables[1])


def test_a_control_that_is_written_to_is_found() -> None:
    game = done().game
    assert leaks(game, tell(game), months=MONTHS) == 0
    name, played_list = next((name, one) for name, one in game.lists.items() if not one.treated.all())
    wrong = replace(played_list, treated=~played_list.treated)
    written = replace(game, lists={**game.lists, name: wrong})
    assert leaks(written, tell(written), months=MONTHS) == (~played_list.treated).sum()


def test_figures_count_years_verdicts_and_controls() -> None:
    told = [
        {"standing": "paid", "held": True},
        {"standing": "open", "held": False},
        {"standing": "small", "held": False},
    ]
    results = [
        {"case": 0, "wins": True, "leaks": 0, "verdicts": told},
        {"case": 1, "wins": True, "leaks": 2, "verdicts": told[:1]},
        {"case": 2, "wins": False, "leaks": 0, "verdicts": []},
        {"case": 3, "died": -9},
    ]
    wins, coverage, leaked = figures(results)
    assert (wins.name, wins.value, wins.n) == ("playbook_wins_share", 0.5, 4)
    assert (coverage.name, coverage.n) == ("playbook_verdict_coverage", 3)
    assert coverage.value == pytest.approx(2 / 3)
    assert (leaked.name, leaked.value) == ("control_leak_count", 2.0)
    found = playbook.failures(results)
    assert [one["case"] for one in found] == [1, 2, 3, 0]


def test_the_playbook_of_the_study_is_the_usual_one_with_the_channels_of_the_store() -> None:
    assert set(PLAYBOOK.enabled) == set(SCENARIOS) < set(KINDS)
    assert {channel for one in PLAYBOOK.enabled.values() for channel in one.channels} == {"email", "sms"}
    assert {name for name, one in PLAYBOOK.enabled.items() if one.offer == "auto"} == set(ASKING)
    assert {one.offer for name, one in PLAYBOOK.enabled.items() if name not in ASKING} == {"none"}
    assert ECONOMICS.contact_cost is None
