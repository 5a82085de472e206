"""The table of sales: a row for each line, for each line that came back, and for what the till sold to strangers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import moments, money, named, numbers, ranks
from retention_lib.stores.simulation.baskets import Lines, Visits, priced, products
from retention_lib.stores.simulation.catalogue import CATEGORIES, product_ids
from retention_lib.stores.simulation.coupons import TILL, coupon_ids
from retention_lib.stores.simulation.ids import customer_ids, order_ids
from retention_lib.stores.simulation.lines import SoldLines, sold_lines
from retention_lib.stores.simulation.orders import ORDERS_OF_BLOCK, seconds_of_day
from retention_lib.stores.simulation.stage import CARRIERS, Ints
from retention_lib.stores.simulation.story import Story

ORDER_CHANNELS = ("site", "app", "shop")
"""Where orders are made, by code."""

COLUMNS = (
    *("customer_id", "ordered_at", "amount", "order_id", "line_id", "quantity", "product_id", "category"),
    *("discount", "cost", "channel", "promised_at", "delivered_at", "coupon_id", "carrier"),
)
_LAST_SECOND = 86_399
_TEXT = pa.dictionary(pa.int32(), pa.string())


def transactions(story: Story) -> pa.Table:
    """The table `transactions` of the block.

    By order and line, a line's refund at the end of its order with the opposite signs, at the time it came back, and
    without what concerns delivery and coupon; then the orders of the till that carry no customer.

    Args:
        story: The block.
    """
    lines = sold_lines(story.shop, story.block, story.occasions, story.baskets, story.orders)
    return pa.concat_tables([_customers_rows(story, lines), _strangers_rows(story)]).combine_chunks()


def _customers_rows(story: Story, lines: SoldLines) -> pa.Table:
    """The rows of orders and refunds."""
    back, orders = np.flatnonzero(lines.back), story.orders
    line = np.concatenate([np.arange(len(lines.order)), back])
    sign = np.repeat(np.array([1, -1]), [len(lines.order), len(back)])
    by_order = np.argsort(lines.order[line], kind="stable")
    line, sign = line[by_order], sign[by_order]
    order, sold = lines.order[line], sign > 0
    day = np.where(sold, orders.day[order], lines.back_day[line])
    second = np.where(sold, orders.second[order], lines.back_second[line])
    codes = np.where(sold, order, -1)
    delivery = _deliveries(story).take(pa.array(codes, mask=~sold))
    columns = {
        "customer_id": customer_ids(story, orders.customer, orders.day).take(pa.array(order)),
        "ordered_at": moments(story.shop.calendar, day, second),
        "amount": money(sign * lines.amount[line]),
        "order_id": order_ids(orders.number).take(pa.array(order)),
        "line_id": _line_ids(order),
        "quantity": numbers(sign * lines.quantity[line]),
        **_goods(story, lines.product[line]),
        "discount": money(sign * lines.discount[line]),
        "cost": money(sign * lines.cost[line]),
        "channel": named(orders.channel[order], ORDER_CHANNELS),
        **{name: delivery[name] for name in delivery.column_names},
    }
    return pa.table({name: columns[name] for name in COLUMNS})


def _deliveries(story: Story) -> pa.Table:
    """By order when it was promised and delivered, with which coupon and by whom."""
    orders, calendar = story.orders, story.shop.calendar
    last = np.full(orders.count, _LAST_SECOND)
    known = (orders.delivered_day >= 0) & (orders.delivered_day < calendar.days)
    return pa.table(
        {
            "promised_at": moments(calendar, orders.promised, last, present=orders.promised >= 0),
            "delivered_at": moments(calendar, orders.delivered_day, orders.delivered_second, present=known),
            "coupon_id": coupon_ids(story.shop, orders.coupon, orders.customer, story.fates.arm),
            "carrier": named(orders.carrier, CARRIERS),
        }
    )


def _goods(story: Story, product: Ints) -> dict[str, pa.Array]:
    catalogue = story.shop.catalogue
    return {
        "product_id": named(product, product_ids(catalogue)),
        "category": named(catalogue.category[product], catalogue.categories),
    }


def _line_ids(order: Ints) -> pa.Array:
    """The number of each row within its order, from 1; rows stand by order."""
    number = ranks(order)
    return named(number, [str(count) for count in range(1, int(number.max(initial=0)) + 2)])


def strangers_orders(story: Story) -> int:
    """Orders of the block's till that carry no customer (count): a fixed share of all orders."""
    share = story.shop.simulation.sizes.anonymous
    return round(story.orders.count * share / (1 - share))


def _strangers_rows(story: Story) -> pa.Table:
    """The rows of orders that carry no customer, on days like those of the others."""
    shop, count = story.shop, strangers_orders(story)
    rng = story.rng("strangers")
    day = np.sort(story.orders.day[rng.integers(max(story.orders.count, 1), size=count)])
    visits = Visits(
        day=day,
        taste=rng.random(count),
        favourite=rng.integers(len(CATEGORIES), size=count),
        product=np.full(count, -1),
        lines=np.full(count, -1),
    )
    lines = priced(shop, rng, visits, *products(shop, rng, visits))
    at_till = np.ones(count, dtype=bool)
    second = seconds_of_day(shop, day, rng.random(count), rng.random(count), at_till=at_till)
    number = story.block * ORDERS_OF_BLOCK + story.orders.count + np.arange(count)
    return _till_rows(story, lines, day, second, order_ids(number))


def _till_rows(story: Story, lines: Lines, day: Ints, second: Ints, ids: pa.Array) -> pa.Table:
    visit, rows = lines.visit, len(lines.visit)
    moment = pa.timestamp("us")
    columns = {
        "customer_id": pa.nulls(rows, pa.string()),
        "ordered_at": moments(story.shop.calendar, day[visit], second[visit]),
        "amount": money(lines.gross - lines.discount),
        "order_id": ids.take(pa.array(visit)),
        "line_id": _line_ids(visit),
        "quantity": numbers(lines.quantity),
        **_goods(story, lines.product),
        "discount": money(lines.discount),
        "cost": money(lines.cost),
        "channel": named(np.full(rows, TILL), ORDER_CHANNELS),
        "promised_at": pa.nulls(rows, moment),
        "delivered_at": pa.nulls(rows, moment),
        "coupon_id": pa.nulls(rows, _TEXT),
        "carrier": pa.nulls(rows, _TEXT),
    }
    return pa.table({name: columns[name] for name in COLUMNS})
