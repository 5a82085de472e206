from __future__ import annotations

from pathlib import Path

from measures.tested_shop import assigned, judged, shop

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.experiment_coupons import coupon_orders

SALES = [
    "c01,o1,2026-02-03 10:00:00,5",
    "c01,o2,2026-02-10 10:00:00,5",  # in the weeks after
    "c03,o3,2026-02-03 10:00:00,5",
    "c02,o4,2026-02-03 10:00:00,5",
    "c05,o5,2026-02-16 12:00:01,5",  # beyond both
    "c05,o6,2026-01-30 10:00:00,5",  # before
]


def test_units_are_counted_by_their_orders_and_coupons(tmp_path: Path) -> None:
    used = ["c01,k,x,2026-02-10 10:00:00,o2,1", "c03,k,x,2026-02-03 10:00:00,o3,1", "c02,z,other,2026-02-03,o4,1"]
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=SALES, redemptions=used))
    found = coupon_orders(outcomes)
    assert not isinstance(found, NotEnough)
    assert list(found.columns) == ["arm", "orders", "coupon_orders", "orders_before", "units"]
    assert found.to_numpy().tolist() == [
        ["none", 0, 0, 0, 5],
        ["none", 1, 0, 0, 1],
        ["mail", 0, 0, 0, 3],
        ["mail", 0, 0, 1, 1],
        ["mail", 1, 1, 0, 1],
        ["mail", 2, 1, 0, 1],
    ]


def test_a_test_without_coupons_is_not_asked_for_them(tmp_path: Path) -> None:
    used = ["c02,z,other,2026-02-03,o4,1"]
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=SALES, redemptions=used))
    assert isinstance(coupon_orders(outcomes), NotAsked)


def test_a_coupon_used_only_before_the_test_is_none_of_it(tmp_path: Path) -> None:
    used = ["c05,k,x,2026-01-30 10:00:00,o6,1"]
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=SALES, redemptions=used))
    assert isinstance(coupon_orders(outcomes), NotAsked)


def test_a_refusal_is_handed_on() -> None:
    refused = NotEnough("arms", 1, 2)
    assert coupon_orders(refused) is refused
