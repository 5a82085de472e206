"""What the simulated shop does to customers is seen where it is switched on, and not where it is off."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from studies.simulated_shops import SimulatedShop

from retention_lib.measures.assortment import product_reasons
from retention_lib.measures.funnel import month_sessions, visitors_by_steps
from retention_lib.measures.leaving import ActiveBase, active_base
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.service import review_reasons
from retention_lib.models.funnel import Funnel, checkout_funnel
from retention_lib.models.leaving import reasons_to_leave
from retention_lib.settings.calendar import Month
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.tables import MAKERS

UNTIL = date(2026, 6, 30)
CUTOFF = date(2026, 4, 1)
OFF = {"bad_review_harm": 0.0, "stock_out": 0.0, "price_rise": 0.0, "abandoned_carts": 0.0, "late_harm": 0.0}
ON = {"bad_review_harm": 0.9, "answer_benefit": 0.7, "stock_out": 0.95, "price_rise": 0.15, "abandoned_carts": 0.6}
SWITCHES = pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
OUTAGE_SEEN_DAYS, OUTAGE_DAYS = 9, 14


@cache
def shop(on: bool) -> SimulatedShop:
    sizes = Sizes(**(ON if on else OFF))
    return SimulatedShop(Simulation(customers=20_000, months=24, until=UNTIL, seed=3, sizes=sizes))


@cache
def sold(on: bool, name: str) -> ibis.Table:
    return ibis.memtable(pa.concat_tables([MAKERS[name](story) for story in shop(on).stories]).unify_dictionaries())


def base(on: bool, *, cutoff: date = CUTOFF, horizon_days: int = 90) -> ActiveBase:
    purchases = purchase_days(sold(on, "transactions"), until=UNTIL + timedelta(days=1))
    return active_base(purchases, cutoff=cutoff, quiet_after=77, horizon_days=horizon_days)


def found(counted: pd.DataFrame, active: ActiveBase) -> pd.DataFrame:
    result = reasons_to_leave(counted, active=active.size, cutoff=active.cutoff, horizon_days=active.horizon_days)
    return result.table.set_index("reason")


@SWITCHES
def test_bad_reviews_cost_customers_and_an_answer_saves_some(on: bool) -> None:
    active = base(on)
    table = found(review_reasons(active, sold(on, "feedback")), active)
    alone, answered = table.loc["bad_review_unanswered"], table.loc["bad_review_answered"]
    assert alone["differs"] == on
    if on:
        assert alone["difference"] > 0.2
        assert answered["difference"] < alone["difference"] - 0.1
    else:
        assert alone["low"] < 0 < alone["high"]
        assert answered["low"] < 0 < answered["high"]


@SWITCHES
def test_a_favourite_out_of_stock_keeps_customers_away(on: bool) -> None:
    # Where the shop runs out of nothing, the same days are looked at.
    days = shop(True).days.dropna(subset=["out_of_stock"])
    start = pd.Timestamp(days["day"].iloc[-1]).date() - timedelta(days=OUTAGE_DAYS - 1)
    left = OUTAGE_DAYS - OUTAGE_SEEN_DAYS
    active = base(on, cutoff=start + timedelta(days=OUTAGE_SEEN_DAYS), horizon_days=left)
    counted = product_reasons(active, sold(on, "transactions"))
    gone = counted[(counted["reason"] == "out_of_stock") & counted["exposed"]]
    if on:
        row = found(counted, active).loc["out_of_stock"]
        assert row["differs"]
        assert row["difference"] > 0
    else:
        assert gone["customers"].sum() < 10


@SWITCHES
def test_price_rises_reach_those_who_bought_before_them(on: bool) -> None:
    counted = product_reasons(base(on), sold(on, "transactions"))
    dearer = counted[(counted["reason"] == "price_rise") & counted["exposed"]]["customers"].sum()
    assert (dearer > 100) == on
    assert on or dearer == 0


def test_carts_left_behind_are_lost_on_the_way_to_the_checkout() -> None:
    rates = {}
    for on in (True, False):
        visits = visitors_by_steps(month_sessions(sold(on, "web_events"), month=Month(2026, 6)))
        funnel = checkout_funnel(visits, month="2026-06")
        assert isinstance(funnel, Funnel)
        rates[on] = (
            funnel.steps.set_index("step").loc["purchase", "sessions"]
            / (funnel.steps.set_index("step").loc["cart_add", "sessions"])
        )
    assert rates[False] == 1
    assert rates[True] < 0.7
