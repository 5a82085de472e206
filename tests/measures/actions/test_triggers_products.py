from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from measures.actions.product_sales import UNTIL, read
from measures.actions.trigger_shop import plan, told

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.learned import Learned
from retention_lib.measures.actions.triggers_products import cross_sell, due_dates, replenishment
from retention_lib.settings.scenarios import CrossSellScenario, ReplenishmentScenario

CROSS = CrossSellScenario(within_days=14, wait_hours=0, fresh_days=14)
OTHERS = [f"x{place} 2026-01-10 coffee,filters,honey" for place in range(5)]
"""So many that the products are not rare."""


def pairs(*rules: tuple[str, str, int, float, float], by: str = "product_id") -> SimpleNamespace:
    columns = ["first", "then", "together", "confidence", "lift"]
    frame = pd.DataFrame(rules, columns=columns)
    return SimpleNamespace(rules=frame.assign(then_category=frame["then"].str[0]), by=by)


COFFEE = (("coffee", "filters", 30, 0.4, 5.0), ("coffee", "honey", 30, 0.3, 7.0))


def context(folder: Path, rows: list[str], **known: Any) -> TriggerContext:
    return replace(plan(folder), learned=Learned(items=read([*rows, *OTHERS]), **known))


def test_cross_sell_offers_what_goes_with_a_late_purchase_and_was_not_bought(tmp_path: Path) -> None:
    rows = [
        "ann 2026-06-25 coffee",
        "bob 2026-06-25 coffee",
        "bob 2025-09-01 filters",  # has them: honey is left
        "cid 2026-06-25 coffee,filters,honey",  # has all
        "dan 2026-06-16 coffee",  # fifteen days ago
        "eve 2026-06-17 coffee",  # fourteen: over when the plan starts
        "fay 2026-06-18 coffee",
        "gus 2026-06-20 coffee",
        "gus 2026-06-28 coffee",  # the last purchase counts
        "hal 2026-06-28 honey",
    ]
    found = told(cross_sell(context(tmp_path, rows, pairs=pairs(*COFFEE)), CROSS))
    assert found == {
        "ann": ("06-25 00:00", "07-01 00:00", "07-09 00:00", "filters (f)", 0.4),
        "bob": ("06-25 00:00", "07-01 00:00", "07-09 00:00", "honey (h)", 0.3),
        "fay": ("06-18 00:00", "07-01 00:00", "07-02 00:00", "filters (f)", 0.4),
        "gus": ("06-28 00:00", "07-01 00:00", "07-12 00:00", "filters (f)", 0.4),
    }


def test_cross_sell_waits_and_asks_of_pairs_what_the_scenario_says(tmp_path: Path) -> None:
    known = context(tmp_path, ["ann 2026-06-30 coffee"], pairs=pairs(*COFFEE))
    assert told(cross_sell(known, CrossSellScenario(wait_hours=48, lift=6)))["ann"] == (
        *("06-30 00:00", "07-02 00:00", "07-14 00:00"),
        *("honey (h)", 0.3),
    )
    for asked in (CrossSellScenario(support=31), CrossSellScenario(confidence=0.5), CrossSellScenario(lift=8)):
        assert cross_sell(known, asked) == NotEnough("pairs_found", 0, 1)


def test_cross_sell_by_category_names_the_category_once(tmp_path: Path) -> None:
    known = context(tmp_path, ["ann 2026-06-25 coffee"], pairs=pairs(("c", "h", 30, 0.2, 2.0), by="category"))
    assert told(cross_sell(known, CROSS))["ann"][3:] == ("h", 0.2)


def intervals(**known: tuple[float, float, float]) -> SimpleNamespace:
    """Products with 10, 20 and 40 days as quartiles, by repeat share, own intervals needed, and intervals."""
    rows = [
        {"product": name, "days_25": 10.0, "days_50": 20.0, "days_75": 40.0}
        | dict(zip(("repeat_share", "own_gaps_needed", "gaps"), values, strict=True))
        for name, values in known.items()
    ]
    return SimpleNamespace(table=pd.DataFrame(rows))


RANKING = SimpleNamespace(
    table=pd.DataFrame({"trait": ["all", "times"], "class": [0, 1], "points": [-1.0, 2.0]}), learned_on=UNTIL
)
ALWAYS, SELDOM = (0.5, math.inf, 99), (0.1, math.inf, 99)


def test_replenishment_comes_when_the_interval_has_passed(tmp_path: Path) -> None:
    rows = [
        "ann 2026-06-21 coffee",  # runs out on 11 July
        "bob 2026-06-01 coffee",  # 21 June: fresh to 5 July
        "cid 2026-05-28 coffee",  # 17 June: no longer fresh on 1 July
        "dan 2026-06-21 honey",  # bought once, and seldom bought again by anybody
        "eve 2026-05-21 honey",
        "eve 2026-06-21 honey",
        "gus 2026-06-11 filters",  # its interval is not known
    ]
    known = context(tmp_path, rows, intervals=intervals(coffee=ALWAYS, honey=SELDOM), ranking=RANKING)
    found = told(replenishment(known, ReplenishmentScenario(fresh_days=14)))
    once, twice = 1 / (1 + math.e), 1 / (1 + 1 / math.e)
    assert found == {
        "ann": ("07-11 00:00", "07-11 00:00", "07-25 00:00", "coffee (c)", pytest.approx(once)),
        "bob": ("06-21 00:00", "07-01 00:00", "07-05 00:00", "coffee (c)", pytest.approx(once)),
        "eve": ("07-11 00:00", "07-11 00:00", "07-25 00:00", "honey (h)", pytest.approx(twice)),
    }
    late = told(replenishment(known, ReplenishmentScenario(quantile=0.75)))
    assert late["ann"][0] == "07-31 00:00"
    assert replenishment(known, ReplenishmentScenario(least=100)).count().to_pyarrow().as_py() == 0  # type: ignore[union-attr]


def test_of_several_products_the_likeliest_is_named(tmp_path: Path) -> None:
    rows = ["ann 2026-06-21 coffee", "ann 2026-05-21 honey", "ann 2026-06-20 honey"]
    known = context(tmp_path, rows, intervals=intervals(coffee=ALWAYS, honey=SELDOM), ranking=RANKING)
    assert told(replenishment(known, ReplenishmentScenario()))["ann"][3] == "honey (h)"


def test_an_own_interval_counts_by_how_often_it_was_seen() -> None:
    rows = [*OTHERS, "ann 2026-03-01 coffee", "ann 2026-03-06 coffee", "ann 2026-03-11 coffee"]
    items = read(rows)
    for needed, weight in ((2.0, 0.5), (6.0, 0.25), (math.inf, 0.0)):
        known = intervals(coffee=(0.5, needed, 99)).table
        own = due_dates(items, known).filter(lambda row: row.own > 0).to_pandas().iloc[0]
        days = 5**weight * 20 ** (1 - weight)
        assert (own["own"], own["days"]) == (2, pytest.approx(days, abs=1e-6))
        assert own["due"] == pd.Timestamp("2026-03-11") + pd.Timedelta(days=round(days))
        late = due_dates(items, known, quantile=0.75).filter(lambda row: row.own > 0).to_pandas().iloc[0]
        assert late["days"] == pytest.approx(2 * days)


def test_what_was_not_learned_switches_a_scenario_off(tmp_path: Path) -> None:
    bare = plan(tmp_path)
    assert cross_sell(bare, CROSS) == replenishment(bare, ReplenishmentScenario()) == NotEnough("not_learned", 0, 1)
    known = context(tmp_path, [], pairs=NotEnough("pair_support", 3, 20), intervals=intervals(coffee=ALWAYS))
    assert cross_sell(known, CROSS) == NotEnough("pair_support", 3, 20)
    assert replenishment(known, ReplenishmentScenario()) == NotEnough("not_learned", 0, 1)
