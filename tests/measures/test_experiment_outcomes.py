"""What each unit of a test did, by hand, against pandas, and against what a simulated shop says of itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measures.tables import table
from measures.test_holdout import Tables
from measures.tested_shop import assigned, judged, shop
from studies.told_stores import ToldStore

from retention_lib.estimates import NotEnough
from retention_lib.measures import experiment_units
from retention_lib.measures.experiment_days import by_age
from retention_lib.measures.experiment_outcomes import Outcomes, experiment_outcomes
from retention_lib.measures.experiments import Reading, experiment
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.shop import open_shop, tell_story

FULL = {"transactions": "customer_id,order_id,ordered_at,amount,cost,discount"}
TWO = assigned(["c01", "c02"])  # c01 is mailed, c02 left alone, both at noon of 2 February; a week each way


def outcomes_of(store: Any, *, gross_margin: float | None = None, **reading: Any) -> Outcomes:
    test, _ = judged(store, **reading)
    found = experiment_outcomes(test, gross_margin=gross_margin)
    assert isinstance(found, Outcomes)
    return found


def of(found: Outcomes, arm: str, *columns: str) -> list[float]:
    """The columns of an arm with one unit."""
    row = found.table.filter(found.table.arm == arm).to_pandas()
    assert len(row) == 1
    return [float(row[name].iloc[0]) for name in columns]


def spans(metric: str) -> list[str]:
    return [f"{metric}{ending}" for ending in ("_before", "", "_after", "_full")]


def test_orders_count_by_the_time_of_the_assignment_and_the_days_since(tmp_path: Path) -> None:
    sold = [
        "c01,a,2026-01-25 23:59:59,1",  # eight days before: too early
        "c01,b,2026-01-26 00:00:00,2",  # seven days before
        "c01,c,2026-02-02 11:59:59,4",  # on the day, before the assignment
        "c01,d,2026-02-02 12:00:00,8",  # at its very time
        "c01,e,2026-02-08 23:59:59,16",  # the last day of the window
        "c01,f,2026-02-09 00:00:00,32",  # the first after it
        "c01,g,2026-02-15 23:59:59,64",
        "c01,h,2026-02-16 00:00:00,128",  # too late
        "zoe,i,2026-02-04 00:00:00,999",  # in no arm
    ]
    found = outcomes_of(shop(tmp_path, assignments=TWO, transactions=sold))
    assert of(found, "mail", *spans("revenue")) == [6, 24, 96, 120]
    assert of(found, "mail", *spans("orders")) == [2, 2, 2, 4]
    assert of(found, "mail", *spans("conversion")) == [1, 1, 1, 1]
    assert of(found, "none", *found.columns) == [0] * len(found.columns)
    assert found.source == "transactions"


def test_what_came_back_counts_with_its_order_whenever_it_came(tmp_path: Path) -> None:
    sold = [
        "c01,early,2025-12-01 10:00:00,70",  # long before
        "c01,early,2026-01-30 10:00:00,-70",  # lies on the day of its order: nowhere
        "c01,kept,2026-02-03 10:00:00,50",
        "c01,kept,2026-02-28 10:00:00,-20",  # after all weeks
        "c01,gone,2026-02-04 10:00:00,30",
        "c01,gone,2026-02-20 10:00:00,-30",  # nothing kept: no order
        "c01,lone,2026-02-10 10:00:00,-5",  # came back of an order that nobody knows
        "c02,two,2026-02-08 10:00:00,10",  # an order in two lines, sold on two days: in the window
        "c02,two,2026-02-10 10:00:00,15",
    ]
    found = outcomes_of(shop(tmp_path, assignments=TWO, transactions=sold))
    assert of(found, "mail", *spans("revenue")) == [0, 30, -5, 25]
    assert of(found, "mail", *spans("sold")) == [0, 80, 0, 80]
    assert of(found, "mail", *spans("refunded")) == [0, 50, 5, 55]
    assert of(found, "mail", *spans("orders")) == [0, 1, 0, 1]
    assert of(found, "none", *spans("revenue")) == [0, 25, 0, 25]
    assert of(found, "none", *spans("orders")) == [0, 1, 0, 1]


def test_what_came_back_after_the_assignment_of_an_order_made_before_counts_on_its_own_day(tmp_path: Path) -> None:
    sold = [
        "c01,old,2026-01-30 10:00:00,100",
        "c01,old,2026-01-31 10:00:00,-10",
        "c01,old,2026-02-04 10:00:00,-40",  # in the window
        "c01,old,2026-02-10 10:00:00,-50",  # in the weeks after: nothing is left of the order, but it was one before
        "c01,ancient,2025-06-01 10:00:00,70",
        "c01,ancient,2026-01-30 10:00:00,-20",  # of an order before all days looked at: nowhere
        "c01,ancient,2026-02-05 10:00:00,-30",
    ]
    found = outcomes_of(shop(tmp_path, assignments=TWO, transactions=sold))
    assert of(found, "mail", *spans("revenue")) == [90, -70, -50, -120]
    assert of(found, "mail", *spans("refunded")) == [10, 70, 50, 120]
    assert of(found, "mail", *spans("sold")) == [100, 0, 0, 0]
    assert of(found, "mail", *spans("orders")) == [1, 0, 0, 0]
    course = by_age(found, "revenue")
    assert isinstance(course, pd.DataFrame)
    assert course[course["arm"] == "mail"]["total"].tolist() == [0, 0, -40, *[-70] * 5, *[-120] * 6]


def test_profit_is_what_the_goods_left_and_the_margin_where_they_have_no_cost(tmp_path: Path) -> None:
    sold = [
        "c01,a,2026-02-03 10:00:00,100,60,25",
        "c01,b,2026-02-03 10:00:00,50,,",
        "c01,a,2026-02-05 10:00:00,-40,-24,-10",
    ]
    store = shop(tmp_path, headers=FULL, assignments=TWO, transactions=sold)
    known = outcomes_of(store, gross_margin=0.3)
    assert of(known, "mail", "gross_profit", "net_full") == [39, 39]  # 40 - 16 + 0.3 x 50
    assert of(known, "mail", "discount", "full_price") == [25, 175]  # of what was sold, whatever came back
    assert of(outcomes_of(store), "mail", "gross_profit") == [24]
    plain = [",".join(line.split(",")[:4]) for line in sold]
    (tmp_path / "plain").mkdir()
    bare = shop(tmp_path / "plain", assignments=TWO, transactions=plain)
    assert "gross_profit" not in outcomes_of(bare).metrics
    assert "discount" not in outcomes_of(bare).metrics
    assert of(outcomes_of(bare, gross_margin=0.3), "mail", "gross_profit") == [33]  # 0.3 x 110


SENT = {"contacts": "customer_id,campaign_id,channel,sent_at,cost,unsubscribed_at"}


def test_coupons_cost_only_what_the_sales_are_not_lower_by_already(tmp_path: Path) -> None:
    sold = [
        "c01,a,2026-02-03 10:00:00,80,40,20",  # a discount coupon of 20: the sales are lower by it
        "c01,b,2026-02-04 10:00:00,50,30,0",  # a free delivery of 7
        "c01,c,2026-02-10 10:00:00,50,30,0",  # another, in the weeks after
        "c01,d,2026-02-05 10:00:00,50,30,0",  # another, and all came back
        "c01,d,2026-02-06 10:00:00,-50,-30,0",
    ]
    used = [
        "c01,off,x,2026-02-03 10:00:00,a,20",
        "c01,free,x,2026-02-04 10:00:00,b,7",
        "c01,free,x,2026-02-10 10:00:00,c,7",
        "c01,free,x,2026-02-05 10:00:00,d,7",
        "c01,free,y,2026-02-04 10:00:00,b,99",  # of another campaign
        "c02,free,x,2026-02-05 10:00:00,,7",  # of no known order
    ]
    sent = [
        "c01,x,email,2026-02-02 13:00:00,0.5,2026-02-08 10:00:00",
        "c01,x,email,2026-02-12 13:00:00,0.5,",
        "c01,x,email,2026-02-20 13:00:00,0.5,",  # after all weeks
        "c01,news,email,2026-02-03 13:00:00,9,",
    ]
    store = shop(tmp_path, headers=FULL | SENT, assignments=TWO, transactions=sold, redemptions=used, contacts=sent)
    found = outcomes_of(store)
    assert of(found, "mail", "orders", "orders_after") == [2, 1]
    assert of(found, "mail", "coupon_orders", "coupon_orders_after", "coupon_orders_full") == [2, 1, 3]
    assert of(found, "mail", "coupon_cost", "coupon_cost_after", "coupon_cost_full") == [14, 7, 21]
    assert of(found, "mail", "contacts", "contact_cost") == [2, 1]
    assert of(found, "mail", "gross_profit_full", "net_full") == [80, 80 - 21 - 1]
    assert of(found, "none", "coupon_orders", "coupon_cost", "net_full") == [1, 7, -7]
    assert "coupon_orders_before" not in found.columns


def test_a_coupon_used_after_the_weeks_looked_at_does_not_say_that_the_others_are_not_in_the_sales(
    tmp_path: Path,
) -> None:
    header = {"transactions": "customer_id,order_id,ordered_at,amount,discount"}
    sold = [f"c01,{name},2026-02-{day} 10:00:00,80,20" for name, day in (("a", "04"), ("b", "25"), ("c", "26"))]
    used = [f"c01,off,x,2026-02-{day} 10:00:00,{name},20" for name, day in (("a", "04"), ("b", "25"), ("c", "26"))]
    used += ["c01,free,x,2026-02-05 10:00:00,,7"]  # of no order that anybody knows
    found = outcomes_of(shop(tmp_path, headers=header, assignments=TWO, transactions=sold, redemptions=used))
    assert of(found, "mail", *spans("discount")) == [0, 20, 0, 20]
    assert of(found, "mail", "coupon_value_full", "coupon_orders_full", "coupon_cost_full") == [27, 2, 7]


@pytest.mark.parametrize(("left", "expected"), [("2026-02-08 10:00:00", 1), ("2026-02-09 10:00:00", 0), ("", 0)])
def test_unsubscribing_counts_in_the_window(tmp_path: Path, left: str, expected: int) -> None:
    sent = [f"c01,x,email,2026-02-02 13:00:00,0.5,{left}", "c09,x,email,2026-02-02 13:00:00,0.5,2026-02-03 00:00:00"]
    store = shop(tmp_path, headers=SENT, assignments=TWO, transactions=["c01,a,2026-02-03 10:00:00,1"], contacts=sent)
    assert of(outcomes_of(store), "mail", "unsubscribed") == [expected]


def test_a_visit_is_an_event_or_an_order(tmp_path: Path) -> None:
    seen = ["c01,2026-02-10 10:00:00,view", "c01,2026-01-30 10:00:00,visit", ",2026-02-03 10:00:00,visit"]
    store = shop(
        tmp_path,
        headers={"web_events": "customer_id,occurred_at,event"},
        assignments=TWO,
        transactions=["c02,a,2026-02-03 10:00:00,1"],
        web_events=seen,
    )
    found = outcomes_of(store)
    assert of(found, "mail", *spans("visit")) == [1, 0, 1, 1]
    assert of(found, "none", *spans("visit")) == [0, 1, 0, 1]


def test_a_household_did_what_its_members_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment_units, "FEWEST_HOMES", 1)
    rows = assigned(["c01", "c03", "c02"])
    homes = ["c01,h,,,,,", "c03,h,,,,,"]
    sold = ["c01,a,2026-02-03 10:00:00,10", "c03,b,2026-02-04 10:00:00,5", "c03,c,2026-02-10 10:00:00,1"]
    found = outcomes_of(shop(tmp_path, assignments=rows, customers=homes, transactions=sold))
    assert found.experiment.units.name == "household"
    assert of(found, "mail", "members", "revenue", "orders", "conversion", "revenue_after") == [2, 15, 2, 1, 1]


def test_the_largest_values_are_cut_down_to_a_percentile_of_those_that_are_not_zero(tmp_path: Path) -> None:
    many = [f"c{number:02d}" for number in range(1, 22)]
    sold = [f"{name},{name},2026-02-03 10:00:00,{10 * place}" for place, name in enumerate(many[:-1], start=1)]
    found = outcomes_of(shop(tmp_path, assignments=assigned(many), transactions=sold), cap=0.9)
    frame = found.table.to_pandas()
    # Of 10, 20, ... 200 the 0.9 quantile is 10 + 0.9 x 190; who bought nothing keeps 0.
    assert frame["revenue_capped"].astype(float).max() == pytest.approx(181)
    assert frame["revenue_capped"].astype(float).sum() == pytest.approx(sum(range(10, 190, 10)) + 2 * 181)


def test_a_test_still_running_counts_what_is_seen(tmp_path: Path) -> None:
    sold = ["c01,a,2026-02-03 10:00:00,10", "c01,b,2026-02-04 10:00:00,5"]
    store = shop(tmp_path, assignments=TWO, transactions=sold)
    assert of(outcomes_of(store, until=date(2026, 2, 4)), "mail", "revenue") == [10]


# Against pandas


def test_outcomes_of_a_random_shop_are_those_of_pandas(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    people = [f"c{number}" for number in range(60)]
    start = pd.Timestamp("2026-02-02 12:00:00")
    starts = {name: start + timedelta(days=int(rng.integers(0, 5))) for name in people}
    rows = [f"{name},x,{('mail', 'none')[place % 2]},{starts[name]},s" for place, name in enumerate(people)]
    orders = []
    for number in range(800):
        at = start + timedelta(minutes=int(rng.integers(-20 * 1440, 27 * 1440)))
        amount = int(rng.integers(1, 9000)) / 100
        orders.append((people[int(rng.integers(60))], f"o{number}", at, amount))
        if rng.random() < 0.3:
            part = 1.0 if rng.random() < 0.5 else 0.5
            back = at + timedelta(days=int(rng.integers(0, 20)))
            orders.append((*orders[-1][:2], back, -round(amount * part, 2)))
    sold = pd.DataFrame(orders, columns=["customer", "order", "at", "amount"])
    lines = [f"{one.customer},{one.order},{one.at},{one.amount}" for one in sold.itertuples()]
    until = date(2026, 3, 1)
    found = outcomes_of(shop(tmp_path, assignments=rows, transactions=lines), until=until)
    named = found.table.inner_join(found.experiment.customers, "unit").to_pandas().set_index("customer_id")
    seen = sold[sold["at"] < pd.Timestamp(until)].sort_values("at", kind="stable")
    seen = seen.assign(after=[row.at >= starts[row.customer] for row in seen.itertuples()])
    began = seen.groupby("order")["after"].transform("first")
    late = seen[seen["after"] & ~began]  # of an order made before the assignment: on its own day
    late = late.assign(age=[(row.at.normalize() - starts[row.customer].normalize()).days for row in late.itertuples()])
    seen = seen[~seen["after"] | began]
    each = seen.groupby("order").agg(customer=("customer", "first"), at=("at", "first"), revenue=("amount", "sum"))
    each["age"] = [(row.at.normalize() - starts[row.customer].normalize()).days for row in each.itertuples()]
    each["begun"] = [row.at >= starts[row.customer] for row in each.itertuples()]
    each["kept"] = each["revenue"].round(2) > 0
    inside = {
        "": each["begun"] & (each["age"] < 7),
        "_after": each["begun"] & (each["age"] >= 7) & (each["age"] < 14),
        "_before": ~each["begun"] & (each["age"] >= -7),
    }
    for ending, rows_ in inside.items():
        kept = each[rows_]
        revenue = kept.groupby("customer")["revenue"].sum().reindex(people, fill_value=0.0)
        back = {"": late["age"] < 7, "_after": (late["age"] >= 7) & (late["age"] < 14)}.get(ending, late["age"] < 0)
        revenue = revenue + late[back].groupby("customer")["amount"].sum().reindex(people, fill_value=0.0)
        count = kept.groupby("customer")["kept"].sum().reindex(people, fill_value=0)
        assert named.loc[people, f"revenue{ending}"].astype(float).to_numpy() == pytest.approx(revenue.to_numpy())
        assert named.loc[people, f"orders{ending}"].tolist() == count.tolist()


def test_a_simulated_shop_says_the_same_of_itself() -> None:
    simulation = Simulation(customers=2_000, months=20, until=date(2026, 6, 30), seed=5)
    store: Any = ToldStore([tell_story(open_shop(simulation), 0)])
    test = experiment(store, Reading(experiment="offer_2"), until=date(2026, 7, 1))
    found = experiment_outcomes(test)
    assert isinstance(found, Outcomes)
    counted = found.table.inner_join(found.experiment.customers, "unit").to_pandas().set_index("customer_id")
    told = store.table("outcomes").filter(store.table("outcomes").experiment_id == "offer_2").to_pandas()
    told = told.set_index("customer_id").loc[counted.index].astype({"spend": float, "gross_profit": float})
    for ours, theirs in {"visit": "visit", "conversion": "conversion", "orders": "orders"}.items():
        assert counted[ours].astype(float).tolist() == told[theirs].astype(float).tolist()
    # It knows nothing of what came back of earlier orders, and its profit is net of the free deliveries, which are all
    # of coupons of this test.
    orders = found.orders
    assert orders is not None
    inside = orders.filter(orders.order.notnull(), orders.begun, orders.age < 28)
    money = inside.group_by("unit").aggregate(spend=inside.revenue.sum(), gross_profit=inside.gross_profit.sum())
    own = money.to_pandas().set_index("unit").reindex(counted["unit"]).fillna(0).astype(float).set_axis(counted.index)
    assert own["spend"].to_numpy() == pytest.approx(told["spend"].to_numpy())
    profit = own["gross_profit"] - counted["coupon_cost"].astype(float)
    assert profit.to_numpy() == pytest.approx(told["gross_profit"].to_numpy())
    other = counted["revenue"].astype(float) - own["spend"]
    assert (other <= 0).all()
    assert (other < 0).any()


# Read from the outcomes

ASSIGNED = {"customer_id": "string", "experiment_id": "string", "variant": "string"}
RESULTS = ASSIGNED | dict.fromkeys(("visit", "spend", "history"), "decimal(18, 4)")
HOMES = {"customer_id": "string", "household_id": "string"}


def read_store(**others: Any) -> Any:
    arms = [("c01", "x", "mail"), ("c03", "x", "mail"), ("c05", "x", "mail"), ("c02", "x", "none")]
    results = [("c01", "x", "1", "10.5", "3"), ("c03", "x", "0", "-0.5", "4"), ("c02", "x", "0", None, "5")]
    strange = [("c01", "y", "1", "99", "99"), ("zoe", "x", "1", "99", "99")]
    rows = [(*row[:2], *(None if cell is None else Decimal(cell) for cell in row[2:])) for row in results + strange]
    schema = {name: kind for name, kind in RESULTS.items() if name != "variant"}
    return Tables(assignments=table(arms, ASSIGNED), outcomes=table(rows, schema), **others)


def test_outcomes_that_arrive_with_the_test_are_read_and_missing_is_not_zero() -> None:
    found = outcomes_of(read_store(), known_before=("history",))
    assert (found.source, found.metrics) == ("outcomes", ("visit", "spend"))
    assert found.columns == ("visit", "spend", "history", "spend_capped")
    rows = found.table.inner_join(found.experiment.customers, "unit").order_by("customer_id").to_pandas()
    read = rows[["customer_id", "arm", "visit", "spend", "history"]]
    assert read.astype(object).where(read.notna(), None).to_numpy().tolist() == [
        ["c01", "mail", 1, 10.5, 3],
        ["c02", "none", 0, None, 5],
        ["c03", "mail", 0, -0.5, 4],
        ["c05", "mail", None, None, None],  # no row of outcomes
    ]
    assert found.orders is None


def test_a_households_outcome_is_its_members_sum_and_a_yes_is_any_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment_units, "FEWEST_HOMES", 1)
    homes = table([("c01", "h"), ("c03", "h")], HOMES)
    found = outcomes_of(read_store(customers=homes), metrics=("visit", "spend"))
    rows = found.table.filter(found.table.members == 2).to_pandas()
    assert rows[["visit", "spend"]].astype(float).to_numpy().tolist() == [[1, 10]]
    assert found.columns == ("visit", "spend", "spend_capped")


def test_an_unknown_metric_is_refused_with_those_that_there_are() -> None:
    store = read_store()
    for wrong in ({"metrics": ("visits",)}, {"known_before": ("visits",)}):
        with pytest.raises(ValueError, match="there is no column visits; known: visit, spend, history"):
            outcomes_of(store, **wrong)


def test_outcomes_are_read_where_asked_for_though_the_sales_could_be_counted(tmp_path: Path) -> None:
    store = shop(
        tmp_path,
        assignments=TWO,
        transactions=["c01,a,2026-02-03 10:00:00,1"],
        outcomes=["c01,x,1,7", "c02,x,0,0"],
    )
    assert outcomes_of(store).source == "transactions"
    assert of(outcomes_of(store, outcomes_from="outcomes"), "mail", "spend") == [7]


def test_without_dates_and_without_outcomes_there_is_nothing_to_read(tmp_path: Path) -> None:
    store = shop(
        tmp_path,
        headers={"assignments": "customer_id,experiment_id,variant"},
        assignments=["c01,x,mail", "c02,x,none"],
        transactions=["c01,a,2026-02-03 10:00:00,1"],
    )
    test = experiment(store, Reading(experiment="x"), until=date(2026, 3, 1))
    assert experiment_outcomes(test) == NotEnough("outcomes_dated", 0, 1)
    refusal = NotEnough("arms", 1, 2)
    assert experiment_outcomes(refusal) is refusal
