"""What is in the baskets: products, quantities, promotions, and the companions bought along.

A basket depends on the customer and the day, never on the world. No product is in a basket twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.stores.simulation.arrays import summed
from retention_lib.stores.simulation.catalogue import CATEGORIES, GIFTS
from retention_lib.stores.simulation.coupons import TILL
from retention_lib.stores.simulation.stage import Bools, Catalogue, Floats, Ints, Shop
from retention_lib.stores.simulation.story import Baskets, Occasions, People

FAVOURITE = 0.5
"""Chance that a line is of the customer's favourite category."""

_MORE_LINES, _MOST_LINES = 1.4, 12
_SECOND_PIECE, _THIRD_PIECE = 0.10, 0.02
_GIFT_SEASON = 4.0  # multiples of the height of the season: December lifts gifts more than it lifts the shop
_TASTES, _TASTE_PULL = 20, 1.5
_DRAWS = 6
_PROMOTIONS = np.array([10, 15, 25])
_USES_COUPON = 0.6
_KEEPS_CHANNEL = 0.85
_CHANNEL_EDGES = np.array([0.48, 0.86])  # the site, the app, a shop


@dataclass(frozen=True, kw_only=True)
class Visits:
    """For whom baskets are filled; arrays over visits.

    Attributes:
        day: The day.
        taste: How dear the products are that are taken, from 0 (cheap) to 1.
        favourite: Code of the favourite category.
        product: A product that is not taken, as it is bought when it is used up; -1 for none.
        lines: Lines of the basket beside that product (count), where they are known; -1 elsewhere.
    """

    day: Ints
    taste: Floats
    favourite: Ints
    product: Ints
    lines: Ints


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines of baskets, by visit.

    Attributes:
        visit: The visit of a line.
        product: Its product.
        quantity: Pieces (count).
        gross: Money before the promotion, in cents.
        discount: What the promotion takes off, in cents.
        cost: What the goods cost the shop, in cents.
    """

    visit: Ints
    product: Ints
    quantity: Ints
    gross: Ints
    discount: Ints
    cost: Ints


def baskets(shop: Shop, block: int, people: People, occasions: Occasions) -> Baskets:
    """What is in the baskets of all occasions of a block.

    The used-up product is a line of its own: in the basket only in worlds that `Occasions.used_up` names, and in none
    while its category is out of stock.

    Args:
        shop: What all blocks share.
        block: The block's number, from 0.
        people: Its customers.
        occasions: Their purchases, in all worlds.
    """
    rng = shop.rng("baskets", block)
    customer, size = occasions.customer, len(occasions.customer)
    first = occasions.day == people.acquired[customer]
    holds = _holds_used_up(shop, people, occasions)
    visits = Visits(
        day=occasions.day,
        taste=people.taste[customer],
        favourite=people.favourite[customer],
        product=people.product[customer],
        lines=np.where(first, people.first_lines[customer] - holds, -1),
    )
    visit, product = products(shop, rng, visits)
    again = np.flatnonzero(holds)
    together = np.concatenate([visit, again])
    order = np.argsort(together, kind="stable")
    lines = priced(shop, rng, visits, together[order], np.concatenate([product, visits.product[again]])[order])
    extra = order >= len(visit)
    net = lines.gross - lines.discount
    return Baskets(
        amount=summed(net[~extra], lines.visit[~extra], size),
        cost=summed(lines.cost[~extra], lines.visit[~extra], size),
        extra_amount=summed(net[extra], lines.visit[extra], size),
        extra_cost=summed(lines.cost[extra], lines.visit[extra], size),
        uses_coupon=shop.rng("coupon use", block).random(size) < _USES_COUPON,
        channel=_channels(shop.rng("order channels", block), people, occasions, first),
        line_occasion=lines.visit,
        line_product=lines.product,
        line_quantity=lines.quantity,
        line_gross=lines.gross,
        line_discount=lines.discount,
        line_cost=lines.cost,
        line_extra=extra,
    )


def _holds_used_up(shop: Shop, people: People, occasions: Occasions) -> Bools:
    """Whether occasions hold the used-up product in some world."""
    product = people.product[occasions.customer]
    in_stock = shop.catalogue.category[product] != shop.calendar.out_of_stock[occasions.day]
    return np.asarray((occasions.used_up != 0) & (product >= 0) & in_stock)


def products(shop: Shop, rng: np.random.Generator, visits: Visits) -> tuple[Ints, Ints]:
    """The products of baskets, each once in a basket: the visit of each line, and its product.

    Args:
        shop: What all blocks share.
        rng: Where chance comes from.
        visits: For whom baskets are filled.
    """
    count = np.minimum(rng.geometric(1 / (1 + _MORE_LINES), len(visits.day)), _MOST_LINES)
    count = np.where(visits.lines >= 0, visits.lines, count)
    visit = np.repeat(np.arange(len(count)), count)
    out = shop.calendar.out_of_stock[visits.day[visit]]
    category = _categories(shop, rng, visits, visit, out)
    taken = _apart(shop.catalogue, rng, visits, visit, category, out)
    companion = shop.catalogue.companion[taken]
    along = (rng.random(len(visit)) < shop.simulation.sizes.pairs) & (companion >= 0)
    along &= (shop.catalogue.category[companion] != out) & (companion != visits.product[visit])
    return _with_companions(visit, taken, np.where(along, companion, -1), visits.lines)


def _categories(shop: Shop, rng: np.random.Generator, visits: Visits, visit: Ints, out: Ints) -> Ints:
    """The category of each line: the favourite one, or one that is popular in the season."""
    favourite = visits.favourite[visit]
    plain = (rng.random(len(visit)) >= FAVOURITE) | (favourite == out)
    season = shop.calendar.december[visits.day[visit]].astype(np.int64)
    row = season * (len(CATEGORIES) + 1) + out + 1
    popular = drawn(_category_edges(shop), row, rng.random(len(visit)))
    return np.where(plain, popular, favourite)


def _category_edges(shop: Shop) -> Floats:
    """Cumulative chances of categories; rows: all year, December; in each all in stock, then without each one."""
    share = np.array([one.share for one in CATEGORIES])
    rows = np.tile(share, (2, len(share) + 1, 1))
    rows[1, :, GIFTS] *= np.exp(_GIFT_SEASON * shop.simulation.sizes.season)
    for out in range(len(share)):
        rows[:, out + 1, out] = 0
    return edges_of(rows.reshape(-1, len(share)))


def edges_of(weights: Floats) -> Floats:
    """Cumulative chances in rows, from weights; the last is 1 exactly."""
    edges = np.cumsum(weights, axis=1)
    return edges / edges[:, -1:]


def drawn(edges: Floats, row: Ints, chance: Floats) -> Ints:
    """The column that a chance in [0, 1) falls to in each row of cumulative chances."""
    flat = (edges + np.arange(len(edges))[:, None]).ravel()
    below = chance * (1 - 1e-12)  # rounding must not lift a sum into the next row
    return np.searchsorted(flat, row + below, side="right") - row * edges.shape[1]


def _taken(catalogue: Catalogue, rng: np.random.Generator, category: Ints, taste: Floats) -> Ints:
    """A product of each category, dearer ones for a high taste (in steps)."""
    shelves = np.bincount(catalogue.category)
    first, width = np.cumsum(shelves) - shelves, shelves.max()
    steps = (np.arange(_TASTES) + 0.5) / _TASTES - 0.5
    weights = np.zeros((len(shelves), _TASTES, width))
    for code, (start, size) in enumerate(zip(first, shelves, strict=True)):
        here = slice(start, start + size)
        log_price = np.log(catalogue.price[here])
        weights[code, :, :size] = catalogue.popularity[here] * np.exp(
            _TASTE_PULL * steps[:, None] * (log_price - log_price.mean())
        )
    step = np.minimum((taste * _TASTES).astype(np.int64), _TASTES - 1)
    edges = edges_of(weights.reshape(-1, width))
    return first[category] + drawn(edges, category * _TASTES + step, rng.random(len(category)))


def repeated(visit: Ints, product: Ints) -> Bools:
    """Whether a line repeats the product of an earlier line of its visit; lines stand by visit."""
    found = np.zeros(len(visit), dtype=bool)
    for back in range(1, len(visit)):
        same = visit[back:] == visit[:-back]
        if not same.any():
            break
        found[back:] |= same & (product[back:] == product[:-back])
    return found


def _apart(
    catalogue: Catalogue, rng: np.random.Generator, visits: Visits, visit: Ints, category: Ints, out: Ints
) -> Ints:
    """A product for each line, none twice in a basket.

    A second one is drawn anew, so that nothing but pairs makes two products go together; where that does not help, it
    gives way to the next on the shelves.
    """
    taste, own = visits.taste[visit], visits.product[visit]
    product, rows, draws = _taken(catalogue, rng, category, taste), np.arange(len(visit)), 1
    again = rng.spawn(1)[0]  # how much is drawn anew must not change what is drawn after
    while len(rows):
        here = product[rows]
        wrong = rows[repeated(visit[rows], here) | (here == own[rows]) | (catalogue.category[here] == out[rows])]
        anew = _taken(catalogue, again, category[wrong], taste[wrong])
        product[wrong] = anew if draws < _DRAWS else (product[wrong] + 1) % len(catalogue.category)
        rows, draws = rows[np.isin(visit[rows], visit[wrong])], draws + 1
    return product


def _with_companions(visit: Ints, product: Ints, companion: Ints, lines: Ints) -> tuple[Ints, Ints]:
    """The lines with companions behind theirs (-1 for none); a basket of known size is cut off at it."""
    visit, product = np.repeat(visit, 2), np.column_stack([product, companion]).ravel()
    there = product >= 0
    visit, product = visit[there], product[there]
    once = ~repeated(visit, product)
    visit, product = visit[once], product[once]
    start = np.searchsorted(visit, np.arange(len(lines)))
    within = np.arange(len(visit)) - start[visit]
    fits = (lines[visit] < 0) | (within < lines[visit])
    return visit[fits], product[fits]


def priced(shop: Shop, rng: np.random.Generator, visits: Visits, visit: Ints, product: Ints) -> Lines:
    """The lines with quantities and money: whole roubles at the price of the day, less the promotion.

    Args:
        shop: What all blocks share.
        rng: Where chance comes from.
        visits: For whom baskets are filled.
        visit: The visit of each line.
        product: Its product.
    """
    pieces, promoted, step = rng.random((3, len(visit)))
    quantity = 1 + (pieces < _SECOND_PIECE) + (pieces < _THIRD_PIECE).astype(np.int64)
    gross = prices(shop, product, visits.day[visit]) * quantity
    percent = _PROMOTIONS[(step * len(_PROMOTIONS)).astype(np.int64)]
    return Lines(
        visit=visit,
        product=product,
        quantity=quantity,
        gross=gross,
        discount=np.where(promoted < shop.simulation.sizes.promotions, gross * percent // 100, 0),
        cost=np.rint(gross * shop.catalogue.cost[product]).astype(np.int64),
    )


def prices(shop: Shop, product: Ints, day: Ints) -> Ints:
    """Prices of products on days, in cents: whole roubles."""
    roubles = np.rint(shop.catalogue.price[product] / 100 * shop.calendar.price_index[day])
    return (100 * roubles).astype(np.int64)


def _channels(rng: np.random.Generator, people: People, occasions: Occasions, first: Bools) -> Ints:
    """Where each order is made: mostly where the customer always buys; the first one on the site or in the app."""
    size, customer = len(occasions.day), occasions.customer
    usual = np.searchsorted(_CHANNEL_EDGES, rng.random(people.count), side="right")
    other = np.searchsorted(_CHANNEL_EDGES, rng.random(size), side="right")
    channel = np.where(rng.random(size) < _KEEPS_CHANNEL, usual[customer], other)
    online = (rng.random(people.count) < 0.5).astype(np.int64)
    return np.where(first & (channel == TILL), online[customer], channel)
