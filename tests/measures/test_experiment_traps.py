from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from measures.tested_shop import TWELVE, arm_of, assigned, judged, shop

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_traps import traps
from retention_lib.settings import load_set
from retention_lib.stores.store import open_store

PROJECT = Path(__file__).parents[2]
SALES = ["c01,o1,2026-02-03 10:00:00,5", "c03,o3,2026-02-03 10:00:00,7", "c02,o4,2026-02-03 10:00:00,3"]


def test_sums_over_all_over_buyers_and_over_openers(tmp_path: Path) -> None:
    sent = [
        "c01,x,email,2026-02-02 13:00:00,2026-02-02 14:00:00",
        "c05,x,email,2026-02-02 13:00:00,2026-02-02 14:00:00",
        "c03,x,email,2026-02-02 13:00:00,",
        "c03,other,email,2026-02-02 13:00:00,2026-02-02 14:00:00",
        "c07,x,email,2026-02-02 13:00:00,2026-03-01 00:00:00",  # opened when nothing is seen any more
    ]
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=SALES, contacts=sent))
    found = traps(outcomes)
    assert not isinstance(found, NotEnough)
    assert list(found.columns) == ["group", "arm", "metric", "n", "total", "total_squares"]
    money = found[found["metric"] == "revenue"].drop(columns="metric")
    assert money.to_numpy().tolist() == [
        ["all", "none", 6, 3, 9],
        ["all", "mail", 6, 12, 74],
        ["buyers", "none", 1, 3, 9],
        ["buyers", "mail", 2, 12, 74],
        ["openers", "mail", 2, 5, 25],
    ]


def test_nobody_opens_where_openings_are_not_known(tmp_path: Path) -> None:
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=SALES))
    found = traps(outcomes)
    assert not isinstance(found, NotEnough)
    assert set(found["group"]) == {"all", "buyers"}


def test_there_are_no_buyers_where_no_metric_tells_them(tmp_path: Path) -> None:
    headers = {"outcomes": "customer_id,experiment_id,visit"}
    rows = [f"{name},x,{place % 2}" for place, name in enumerate(TWELVE)]
    given = [f"{name},x,{arm_of(name)},," for name in TWELVE]
    _, outcomes = judged(shop(tmp_path, headers=headers, assignments=given, outcomes=rows))
    found = traps(outcomes)
    assert not isinstance(found, NotEnough)
    assert found.to_numpy().tolist() == [["all", "none", "visit", 6, 6, 6], ["all", "mail", "visit", 6, 0, 0]]


def test_hillstroms_buyers_reverse_the_order_of_the_arms() -> None:
    settings = load_set(PROJECT / "parameters" / "public.yml")
    name, store = settings.store_settings("ab_campaign")
    metrics = ("visit", "conversion", "spend")
    reading = {"experiment": "hillstrom", "metrics": metrics}
    _, outcomes = judged(open_store(name, store, root=PROJECT), until=date(2026, 3, 1), **reading)
    found = traps(outcomes)
    assert not isinstance(found, NotEnough)
    spend = found[found["metric"] == "spend"].set_index(["group", "arm"])
    mean = spend["total"] / spend["n"]
    # Published: 1.42 a customer mailed about men's wear, 1.08 about women's; but 113.53 and 121.89 a buyer.
    assert mean["all"].round(2).to_dict() == {"none": 0.65, "mens": 1.42, "womens": 1.08}
    assert mean["buyers"].round(2).to_dict() == {"none": 114.0, "mens": 113.53, "womens": 121.89}
    assert spend.loc["buyers", "n"].to_dict() == {"none": 122, "mens": 267, "womens": 189}


def test_a_refusal_is_handed_on() -> None:
    refused = NotEnough("arms", 1, 2)
    assert traps(refused) is refused


@pytest.mark.parametrize("amount", ["99999999999.99"])
def test_squares_of_large_sums_are_exact(tmp_path: Path, amount: str) -> None:
    rows = [f"{name},o{place},2026-02-03 10:00:00,{amount}" for place, name in enumerate(TWELVE)]
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=rows))
    found = traps(outcomes)
    assert not isinstance(found, NotEnough)
    squares = found.loc[(found["metric"] == "revenue") & (found["group"] == "all"), "total_squares"]
    assert squares.tolist() == [pytest.approx(6 * float(amount) ** 2, rel=1e-15)] * 2
