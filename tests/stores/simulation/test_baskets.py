from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from stores.simulation.told import close, opened, story

from retention_lib.stores.simulation.baskets import Visits, baskets, priced, prices, products, repeated
from retention_lib.stores.simulation.catalogue import CATEGORIES, GIFTS, PRODUCTS
from retention_lib.stores.simulation.stage import Ints, Shop
from retention_lib.stores.simulation.story import Baskets, Story

PLACES = {product.name: place for place, product in enumerate(PRODUCTS)}


def visits(count: int, *, day: int = 3, favourite: int = 0, taste: float = 0.5, lines: int = -1) -> Visits:
    """Equal visits of a shop."""
    whole = {"day": day, "favourite": favourite, "product": -1, "lines": lines}
    return Visits(taste=np.full(count, taste), **{name: np.full(count, value) for name, value in whole.items()})


def bought(shop: Shop, who: Visits) -> tuple[Ints, Ints]:
    return products(shop, np.random.default_rng(5), who)


def line_categories(told: Story) -> Ints:
    return told.shop.catalogue.category[told.baskets.line_product]


def known_first(told: Story) -> Ints:
    """The places of first orders among occasions."""
    return np.flatnonzero(told.occasions.day == told.people.acquired[told.occasions.customer])


def test_repeated_marks_later_lines_of_a_visit() -> None:
    visit = np.array([0, 0, 0, 0, 1, 1, 2])
    product = np.array([5, 6, 5, 5, 5, 7, 7])
    assert repeated(visit, product).tolist() == [False, False, True, True, False, False, False]
    assert not repeated(visit[:0], product[:0]).any()


def test_products_none_twice_even_where_a_category_is_too_small() -> None:
    visit, product = bought(opened(), visits(300, lines=25))
    assert (np.bincount(visit) == 25).all()
    assert len(set(zip(visit.tolist(), product.tolist(), strict=True))) == len(visit)


def test_products_of_known_baskets_are_as_many_as_known() -> None:
    shop = opened(pairs=1)
    for lines in (1, 2, 5):
        visit, _ = bought(shop, visits(200, lines=lines))
        assert (np.bincount(visit) == lines).all()
    assert len(bought(shop, visits(200, lines=0))[0]) == 0


def test_products_half_of_the_lines_are_of_the_favourite_category() -> None:
    shop = opened(pairs=0, stock_out=0)
    _, product = bought(shop, visits(20_000, favourite=5))
    share = (shop.catalogue.category[product] == 5).mean()
    assert close(share, 0.5 + 0.5 * CATEGORIES[5].share, len(product), errors=6)  # lines of one basket differ


def test_products_dear_ones_for_a_high_taste() -> None:
    shop = opened()
    paid = [shop.catalogue.price[bought(shop, visits(5_000, taste=taste))[1]].mean() for taste in (0, 0.5, 1)]
    assert paid[0] < paid[1] < paid[2]
    assert paid[2] / paid[0] > 1.3


def test_products_gifts_in_december() -> None:
    def gifts(season: float) -> tuple[float, float]:
        shop = opened(season=season, stock_out=0)
        december = int(np.flatnonzero(shop.calendar.december)[0])
        days = (december, december - 30)
        taken = (bought(shop, visits(20_000, day=day))[1] for day in days)
        one, other = ((shop.catalogue.category[product] == GIFTS).mean() for product in taken)
        return one, other

    lifted, usual = gifts(0.3)
    assert lifted / usual > 2
    flat, plain = gifts(0)
    assert flat == plain


def test_products_nothing_out_of_stock() -> None:
    told = story()
    out = told.shop.calendar.out_of_stock[told.occasions.day[told.baskets.line_occasion]]
    assert (out >= 0).any()
    assert (line_categories(told) != out).all()


def test_products_without_stock_outs_everything_is_there() -> None:
    shop = opened(stock_out=0)
    day = int(np.flatnonzero(story().shop.calendar.out_of_stock >= 0)[0])
    lacking = int(story().shop.calendar.out_of_stock[day])
    assert (shop.calendar.out_of_stock == -1).all()
    assert (shop.catalogue.category[bought(shop, visits(500, day=day, favourite=lacking))[1]] == lacking).mean() > 0.4


@pytest.mark.parametrize("pairs", [0.0, 0.35, 1.0])
def test_products_companions_by_their_chance(pairs: float) -> None:
    shop = opened(pairs=pairs, stock_out=0)
    visit, product = bought(shop, visits(40_000, favourite=GIFTS))
    with_set = np.unique(visit[product == PLACES["building set"]])
    with_wrap = np.isin(with_set, visit[product == PLACES["gift wrap"]])
    by_chance = np.isin(np.arange(40_000), visit[product == PLACES["gift wrap"]]).mean()
    # Large baskets hold more of everything: without pairs, too, two products meet a little oftener than by chance.
    assert pairs - 0.03 <= with_wrap.mean() <= pairs + (1 - pairs) * by_chance + 0.06


def test_products_lines_an_order() -> None:
    visit, _ = bought(opened(pairs=0), visits(20_000))
    # Geometric with mean 2.4, cut at 12 lines: 2.4 x (1 - (1.4 / 2.4) ** 12) = 2.396.
    assert 2.35 <= len(visit) / 20_000 <= 2.44
    assert 2.5 <= len(bought(opened(), visits(20_000))[0]) / 20_000 <= 3.0


def test_prices_are_those_of_the_day_in_whole_roubles() -> None:
    shop = opened(price_rise=0.07)
    coffee, last = np.array([PLACES["ground coffee"]]), np.array([shop.calendar.days - 1])
    assert prices(shop, coffee, np.array([0])).tolist() == [56_000]
    assert prices(shop, coffee, last).tolist() == [64_100]  # 560 x 1.07 x 1.07 = 641.1
    assert prices(opened(price_rise=0), coffee, last).tolist() == [56_000]


@pytest.mark.parametrize("share", [0.0, 0.15])
def test_priced_promotions_by_their_share(share: float) -> None:
    shop, count = opened(promotions=share), 50_000
    product = np.arange(count) % len(PRODUCTS)
    lines = priced(shop, np.random.default_rng(3), visits(count), np.arange(count), product)
    cut = lines.discount > 0
    assert close(cut.mean(), share, count)
    assert set((lines.discount[cut] / lines.gross[cut]).round(9)) <= {0.1, 0.15, 0.25}
    assert (lines.gross == lines.quantity * shop.catalogue.price[product]).all()
    assert lines.cost == pytest.approx(lines.gross * shop.catalogue.cost[product], abs=0.5)
    assert 1.05 < lines.quantity.mean() < 1.2


def test_baskets_first_orders_have_the_known_lines() -> None:
    told = story()
    first = known_first(told)
    held = ~told.baskets.line_extra | (told.occasions.used_up[told.baskets.line_occasion] & 1 > 0)
    lines = np.bincount(told.baskets.line_occasion[held], minlength=len(told.occasions.day))
    assert (lines[first] == told.people.first_lines[told.occasions.customer[first]]).all()


def test_baskets_no_product_twice() -> None:
    baskets_of = story().baskets
    rows = set(zip(baskets_of.line_occasion.tolist(), baskets_of.line_product.tolist(), strict=True))
    assert len(rows) == len(baskets_of.line_product)


def test_baskets_used_up_product_is_a_line_of_its_own() -> None:
    told = story()
    extra, place = told.baskets.line_extra, told.baskets.line_occasion
    own = told.people.product[told.occasions.customer[place]]
    assert (told.baskets.line_product[extra] == own[extra]).all()
    assert (told.baskets.line_product[~extra] != own[~extra]).all()
    assert (told.occasions.used_up[place[extra]] != 0).all()
    assert extra.any()


def test_baskets_without_replenishment_there_is_no_such_line() -> None:
    told = story(customers=2_000, replenishment=0)
    assert not told.baskets.line_extra.any()
    assert not told.baskets.extra_amount.any()


def test_baskets_sums_are_those_of_their_lines() -> None:
    told = story()
    lines, size = told.baskets, len(told.occasions.day)
    for name, values, extra in (
        ("amount", lines.line_gross - lines.line_discount, False),
        ("cost", lines.line_cost, False),
        ("extra_amount", lines.line_gross - lines.line_discount, True),
        ("extra_cost", lines.line_cost, True),
    ):
        sums = np.zeros(size, dtype=np.int64)
        np.add.at(sums, lines.line_occasion[lines.line_extra == extra], values[lines.line_extra == extra])
        assert (getattr(lines, name) == sums).all()


def test_baskets_depend_on_customer_and_day_not_on_the_world() -> None:
    told = story()
    other = replace(told.occasions, bought=np.zeros_like(told.occasions.bought))
    again = baskets(told.shop, told.block, told.people, other)
    assert all((getattr(again, one.name) == getattr(told.baskets, one.name)).all() for one in fields(Baskets))


def test_baskets_first_order_is_delivered_and_customers_keep_their_channel() -> None:
    told = story()
    channel, customer = told.baskets.channel, told.occasions.customer
    assert (channel[known_first(told)] != 2).all()
    counts = np.zeros((told.people.count, 3))
    np.add.at(counts, (customer, channel), 1)
    many = counts.sum(axis=1) >= 5
    assert (counts[many].max(axis=1) / counts[many].sum(axis=1)).mean() > 0.8
    assert (np.bincount(channel, minlength=3) / len(channel)).min() > 0.05


def test_baskets_most_customers_would_use_a_coupon() -> None:
    uses = story().baskets.uses_coupon
    assert close(uses.mean(), 0.6, len(uses))


def test_baskets_look_like_those_of_the_shop() -> None:
    told = story()
    sold = told.orders.coupon < 0
    margin = 1 - told.orders.cost[sold].sum() / told.orders.amount[sold].sum()
    assert 0.37 <= margin <= 0.39
    assert 2_700_00 <= told.orders.amount.mean() <= 3_300_00
