from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from stores.simulation.told import close, opened, story

from retention_lib.stores.simulation.coupons import DELIVERY_FEE, DISCOUNT
from retention_lib.stores.simulation.lines import SoldLines, shares, sold_lines
from retention_lib.stores.simulation.orders import orders, seconds_of_day
from retention_lib.stores.simulation.shop import tell_story
from retention_lib.stores.simulation.stage import REMOTE, Bools
from retention_lib.stores.simulation.story import Orders, Story

TILL = 2


def lines_of(told: Story) -> SoldLines:
    return sold_lines(told.shop, told.block, told.occasions, told.baskets, told.orders)


def later(told: Story) -> Bools:
    """Which orders were delivered and are not the customer's first."""
    return (told.orders.rank > 0) & (told.orders.channel != TILL)


def test_orders_are_the_occasions_that_happened() -> None:
    told = story()
    happened = (told.occasions.bought & 1) > 0
    assert (np.isin(np.arange(len(happened)), told.orders.occasion) == happened).all()
    assert (told.orders.day == told.occasions.day[told.orders.occasion]).all()
    assert (told.orders.customer == told.occasions.customer[told.orders.occasion]).all()


def test_orders_rank_counts_each_customers_orders() -> None:
    made = story().orders
    seen: dict[int, int] = {}
    for customer, rank in zip(made.customer.tolist(), made.rank.tolist(), strict=True):
        assert rank == seen.get(customer, 0)
        seen[customer] = rank + 1


def test_orders_numbers_are_those_of_the_block() -> None:
    shop = opened(months=6)
    one, other = (tell_story(shop, block, count=200).orders for block in (0, 1))
    assert one.number.tolist() == list(range(one.count))
    assert other.number[0] == 10_000_000
    assert len(np.unique(other.number)) == other.count


def test_orders_first_ones_go_as_their_customer_has_it() -> None:
    told = story()
    first = told.orders.rank == 0
    who = told.orders.customer[first]
    assert (told.orders.carrier[first] == told.people.first_carrier[who]).all()
    assert (told.orders.late[first] == told.people.late[who]).all()
    assert (told.orders.day[first] == told.people.acquired[who]).all()


def test_orders_deliveries_are_promised_in_two_to_five_days() -> None:
    made = story().orders
    sent = made.channel != TILL
    assert set((made.promised - made.day)[sent].tolist()) == {2, 3, 4, 5}
    assert (made.delivered_day[sent] > made.day[sent]).all()
    assert (made.late[sent] == (made.delivered_day > made.promised)[sent]).all()
    assert ((made.delivered_second[sent] >= 9 * 3600) & (made.delivered_second[sent] < 21 * 3600)).all()


def test_orders_of_a_shop_are_not_delivered() -> None:
    made = story().orders
    shop = made.channel == TILL
    assert shop.any()
    for name in ("carrier", "promised", "delivered_day", "delivered_second"):
        assert (getattr(made, name)[shop] == -1).all()
    assert not made.late[shop].any()


def test_orders_later_ones_are_late_by_region_carrier_december_and_before_bad_reviews() -> None:
    told = story()
    made, sent = told.orders, later(told)
    late, bad = made.late[sent], told.occasions.bad_review[made.occasion][sent]
    remote = np.isin(told.people.region[made.customer], REMOTE)[sent]
    december = told.shop.calendar.december[made.day][sent]
    carrier = made.carrier[sent]
    assert late[remote].mean() > late[~remote].mean() + 0.05
    assert late[december].mean() > late[~december].mean() + 0.03
    assert late[carrier == 0].mean() < late[carrier == 1].mean() < late[carrier == 2].mean()
    assert late[bad].mean() > 0.4
    plain = ~bad & ~remote & ~december & (carrier == 1)
    assert close(late[plain].mean(), 0.08, int(plain.sum()))


def test_orders_without_confounding_later_ones_are_late_alike() -> None:
    told = story(customers=4_000, months=12, late_confounding=0)
    made, sent = told.orders, later(told) & ~told.occasions.bad_review[told.orders.occasion]
    for chosen in (made.carrier == 0, made.carrier == 2, told.shop.calendar.december[made.day]):
        assert close(made.late[sent & chosen].mean(), 0.08, int((sent & chosen).sum()))


def test_orders_money_is_that_of_their_lines_to_the_cent() -> None:
    told = story()
    made, lines = told.orders, lines_of(told)
    for whole, parts in ((made.amount, lines.amount), (made.cost, lines.cost)):
        sums = np.zeros(made.count, dtype=np.int64)
        np.add.at(sums, lines.order, parts)
        assert (sums == whole).all()
    for whole, parts in ((made.refunded, lines.amount), (made.refund_cost, lines.cost)):
        sums = np.zeros(made.count, dtype=np.int64)
        np.add.at(sums, lines.order[lines.back], parts[lines.back])
        assert (sums == whole).all()


def test_orders_coupons_take_a_fifth_or_cost_a_delivery() -> None:
    told = story()
    made, lines = told.orders, lines_of(told)
    goods, promotions = np.zeros(made.count, dtype=np.int64), np.zeros(made.count, dtype=np.int64)
    np.add.at(goods, lines.order, lines.amount + lines.discount)
    place = told.baskets.line_occasion
    held = ~told.baskets.line_extra | ((told.occasions.used_up[place] & 1) > 0)
    of_order = np.full(len(told.occasions.day), -1)
    of_order[made.occasion] = np.arange(made.count)
    held &= of_order[place] >= 0
    np.add.at(promotions, of_order[place[held]], told.baskets.line_discount[held])
    used = np.flatnonzero(made.coupon >= 0)
    assert len(used) > 50
    for order in used:
        campaign = told.shop.campaigns[made.coupon[order]]
        arm = campaign.arms[told.fates.arm[made.coupon[order], made.customer[order]]]
        before = goods[order] - promotions[order]
        off = before // 5 if arm == DISCOUNT else 0
        assert made.amount[order] == before - off
        assert made.coupon_value[order] == (off or DELIVERY_FEE)
    plain = made.coupon < 0
    assert (made.amount[plain] == (goods - promotions)[plain]).all()
    assert not made.coupon_value[plain].any()


@pytest.mark.parametrize("seed", range(5))
def test_shares_sum_to_the_whole_and_are_proportional_to_a_cent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = np.repeat(np.arange(500), rng.integers(1, 7, 500))
    money = rng.integers(1, 500_000, len(order))
    whole = np.bincount(order, weights=money).astype(np.int64)
    total = whole // 5
    parts = shares(money, order, total)
    sums = np.zeros(500, dtype=np.int64)
    np.add.at(sums, order, parts)
    assert (sums == total).all()
    assert np.abs(parts - money / whole[order] * total[order]).max() < 1


def test_shares_by_hand() -> None:
    parts = shares(np.array([100, 100, 100, 999]), np.array([0, 0, 0, 1]), np.array([100, 0]))
    assert parts.tolist() == [33, 33, 34, 0]


def test_refunds_none_at_size_zero() -> None:
    told = story(customers=2_000, months=12, refunds=0)
    assert not told.orders.refunded.any()
    assert not lines_of(told).back.any()


def test_refunds_by_their_share_some_weeks_after_delivery() -> None:
    told = story()
    made, lines, goods = told.orders, lines_of(told), told.shop.catalogue
    received = np.where(made.channel == TILL, made.day, made.delivered_day)[lines.order]
    whole = received + 30 < told.shop.calendar.days
    assert close(lines.back[whole].mean(), told.shop.simulation.sizes.refunds, int(whole.sum()), errors=6)
    textiles = whole & (goods.category[lines.product] == goods.categories.index("textiles"))
    assert close(lines.back[textiles].mean(), 0.05 * 4.15, int(textiles.sum()))
    wait = (lines.back_day - received)[lines.back]
    assert (wait.min(), wait.max()) == (3, 30)
    assert lines.back_day[lines.back].max() < told.shop.calendar.days


def test_times_of_day_by_hour_and_each_customers_own() -> None:
    told = story()
    hour = told.orders.second // 3600
    online = told.orders.channel != TILL
    share = np.bincount(hour[online], minlength=24) / online.sum()
    assert share[2:6].sum() < 0.02
    assert share[19:22].sum() > share[7:10].sum() > 0.03
    assert set(hour[~online].tolist()) == set(range(9, 21))
    pairs = np.flatnonzero((np.diff(told.orders.customer) == 0) & online[1:] & online[:-1])
    assert 0.15 < np.corrcoef(hour[pairs], hour[pairs + 1])[0, 1] < 0.4


def test_seconds_of_day_weekends_begin_later() -> None:
    shop, chance = opened(), np.linspace(0, 0.999, 1_000)
    weekday = (shop.calendar.dates.astype(int) + 3) % 7

    def mornings(day: int) -> float:
        at_till = np.zeros(1_000, dtype=bool)
        hours = seconds_of_day(shop, np.full(1_000, day), chance, chance, at_till=at_till) // 3600
        return float(((hours >= 6) & (hours < 9)).mean())

    monday, sunday = (int(np.flatnonzero(weekday == code)[0]) for code in (0, 6))
    assert mornings(monday) > mornings(sunday)


def test_orders_again_are_the_same() -> None:
    told = story()
    again = orders(told.shop, told.block, told.people, told.occasions, told.fates, told.baskets)
    assert all((getattr(again, one.name) == getattr(told.orders, one.name)).all() for one in fields(Orders))
