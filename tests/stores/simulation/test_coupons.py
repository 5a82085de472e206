from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from stores.simulation.told import story

from retention_lib.stores.simulation.coupons import DELIVERY_FEE, coupon_campaigns, coupon_ids, coupon_values
from retention_lib.stores.simulation.stage import Campaign, Ints, Shop
from retention_lib.stores.simulation.story import Baskets, Occasions

OFFER = ("free_delivery", "discount20", "none")
PLAN = (
    Campaign(id="letter_1", kind="letter", start=90, arms=("letter", "none")),
    Campaign(id="offer_1", kind="offer", start=100, arms=OFFER),
    Campaign(id="overlap_1", kind="offer", start=107, arms=OFFER),
)
FREE, DISCOUNT, NONE, OUT = 0, 1, 2, -1


@pytest.fixture
def shop() -> Shop:
    return replace(story().shop, campaigns=PLAN)


def bought(customer: list[int], day: list[int]) -> Occasions:
    """Occasions of which only customer and day matter."""
    return replace(story().occasions, customer=np.array(customer), day=np.array(day))


def filled(count: int, *, uses: bool = True, channel: int = 0) -> Baskets:
    """Baskets of which only the coupon and the channel matter."""
    return replace(story().baskets, uses_coupon=np.full(count, uses), channel=np.full(count, channel))


def arms(*of_customer: tuple[int, int, int]) -> Ints:
    """Campaigns by customers, from each customer's arms."""
    return np.array(of_customer).T


def test_coupon_campaigns_while_the_offer_is_valid(shop: Shop) -> None:
    days = [99, 100, 113, 114]
    used = coupon_campaigns(shop, bought([0] * 4, days), filled(4), arms((OUT, DISCOUNT, OUT)))
    assert used.tolist() == [-1, 1, 1, -1]


def test_coupon_campaigns_none_for_controls_letters_and_others(shop: Shop) -> None:
    arm = arms((0, NONE, NONE), (0, OUT, OUT))
    assert coupon_campaigns(shop, bought([0, 1], [105, 105]), filled(2), arm).tolist() == [-1, -1]


def test_coupon_campaigns_only_where_the_customer_cares(shop: Shop) -> None:
    used = coupon_campaigns(shop, bought([0], [105]), filled(1, uses=False), arms((OUT, DISCOUNT, OUT)))
    assert used.tolist() == [-1]


def test_coupon_campaigns_later_offer_counts(shop: Shop) -> None:
    arm = arms((OUT, DISCOUNT, FREE), (OUT, DISCOUNT, NONE))
    assert coupon_campaigns(shop, bought([0, 1], [108, 108]), filled(2), arm).tolist() == [2, 1]


def test_coupon_campaigns_free_delivery_not_in_a_shop(shop: Shop) -> None:
    arm = arms((OUT, DISCOUNT, FREE), (OUT, OUT, FREE), (OUT, OUT, DISCOUNT))
    used = coupon_campaigns(shop, bought([0, 1, 2], [108] * 3), filled(3, channel=2), arm)
    assert used.tolist() == [1, -1, 2]


def test_coupon_values_a_fifth_of_the_goods_or_the_delivery(shop: Shop) -> None:
    arm = arms((OUT, DISCOUNT, FREE), (OUT, DISCOUNT, NONE), (OUT, OUT, NONE))
    occasions = bought([0, 1, 2], [108] * 3)
    value = coupon_values(shop, occasions, np.array([2, 1, -1]), arm, np.array([100_000, 123_459, 50_000]))
    assert value.price.tolist() == [0, 24_691, 0]
    assert value.delivery.tolist() == [DELIVERY_FEE, 0, 0]
    assert value.total.tolist() == [DELIVERY_FEE, 24_691, 0]


def test_coupon_ids_name_campaign_and_arm(shop: Shop) -> None:
    arm = arms((OUT, DISCOUNT, FREE), (OUT, DISCOUNT, NONE), (OUT, OUT, NONE))
    ids = coupon_ids(shop, np.array([2, 1, -1]), np.array([0, 1, 2]), arm)
    assert ids.to_pylist() == ["overlap_1-free_delivery", "offer_1-discount20", None]


def test_coupon_ids_of_a_shop_without_campaigns(shop: Shop) -> None:
    bare = replace(shop, campaigns=())
    none = np.empty((0, 2), dtype=np.int64)
    assert coupon_campaigns(bare, bought([0, 1], [1, 2]), filled(2), none).tolist() == [-1, -1]
    assert coupon_ids(bare, np.array([-1, -1]), np.array([0, 1]), none).to_pylist() == [None, None]
