from __future__ import annotations

from pathlib import Path

import pytest
from measures.actions.trigger_shop import UNTIL, plan

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions import learned as module
from retention_lib.measures.actions.learned import NOT_LEARNED, Learned, measure
from retention_lib.models.actions.learning import learned
from retention_lib.settings.playbook import Playbook

KINDS = ("cross_sell", "replenishment", "tier_nudge")


def playbook(**scenarios: object) -> Playbook:
    return Playbook.model_validate({"scenarios": scenarios})


def test_what_no_scenario_wants_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    for name in ("items", "pair_counts", "gap_counts", "rebuy_counts"):
        monkeypatch.setattr(module, name, refuse)
    store = plan(tmp_path).store
    known = learned(measure(store, playbook(**dict.fromkeys(KINDS, False)), until=UNTIL))
    assert isinstance(known, Learned)
    parts = (known.items, known.pairs, known.intervals, known.ranking, known.tier_rules, known.reward)
    assert parts == (NOT_LEARNED,) * 6


def test_the_first_scenario_that_is_on_says_what_a_pair_must_show(tmp_path: Path) -> None:
    asked = playbook(
        cross_sell=False,
        filters={"kind": "cross_sell", "priority": 9, "within_days": 7, "support": 33},
        later={"kind": "cross_sell", "priority": 19, "within_days": 21},
        replenishment={"least": 44},
    )
    measured = measure(plan(tmp_path).store, asked, until=UNTIL)
    assert (measured.cross_sell.within_days, measured.cross_sell.support) == (7, 33)
    assert measured.replenishment.least == 44


def test_a_small_store_says_what_is_missing(tmp_path: Path) -> None:
    rows = [f"c{place},o{place},2026-06-{1 + place:02d} 10:00:00,10,tea,drinks" for place in range(6)]
    measured = measure(plan(tmp_path, transactions=rows).store, Playbook(), until=UNTIL)
    known = learned(measured)
    assert known.pairs == NotEnough("pair_support", 0, 20)
    assert known.intervals == NotEnough("products_bought_again", 0, 1)
    assert known.ranking == NotEnough("rebuy_days", 30, 120)
    assert isinstance(known.tier_rules, NotEnough)
    assert isinstance(known.reward, NotEnough)
