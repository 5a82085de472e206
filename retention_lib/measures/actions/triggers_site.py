"""What customers did on the site and then did not do: carts left, categories looked at, visits without a purchase."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
from ibis.expr import types as ir

from retention_lib.measures.actions.due import one_a_customer, seen, sendable, still_fresh_since

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.settings.scenarios import AbandonedCartScenario, BrowsedCategoryScenario, RetargetingScenario

_CART = ("cart_add", "checkout")
_PURCHASE = "purchase"


def abandoned_cart(context: TriggerContext, scenario: AbandonedCartScenario) -> ir.Table:
    """Customers who left a cart or a checkout and have not bought since, anything and anywhere.

    Several carts without a purchase in between are one: the last of them says when. Visits in which nobody signed in
    belong to nobody. A sale of midnight sharp is a day without a time and comes after every cart of its day.

    Args:
        context: The plan.
        scenario: The first of its `delays_hours` is waited for; a later one is a variant of the same list.

    Returns:
        One row a customer, columns of `due.TRIGGERED`. `trigger_at`: the last event of the cart; `detail`:
        the product put in last (NULL where products are not known); `strength`: products left.
    """
    delay = min(scenario.delays_hours)
    since = still_fresh_since(context, scenario)
    carts = _not_bought_since(_events(context, _CART, since=since), _bought(context, since=since), ["customer_id"])
    product, added = carts.product_id, carts.event == _CART[0]
    left = carts.group_by("customer_id").aggregate(
        trigger_at=carts.occurred_at.max(),
        detail=product.first(where=added, order_by=[carts.occurred_at.desc(), product]),
        strength=product.nunique(where=added),
    )
    return sendable(left.mutate(due=left.trigger_at), context, scenario, wait_hours=delay)


def browsed_category(context: TriggerContext, scenario: BrowsedCategoryScenario) -> ir.Table:
    """Customers who looked at a category several times and have not bought of it since the first of these views.

    Args:
        context: The plan.
        scenario: `views` of the category's products in the `days` before the end of the data.

    Returns:
        One row a customer, columns of `due.TRIGGERED`. `trigger_at`: the last view; `detail`: the category
        with most views (the later viewed of equal ones, then the first by name); `strength`: its views.
    """
    since = context.until - timedelta(days=scenario.days)
    views = _events(context, ("view",), since=since)
    named = views.inner_join(product_categories(context), "product_id")
    keys = ["customer_id", "category"]
    looked = named.group_by(*keys).aggregate(
        strength=ibis._.count(), occurred_at=named.occurred_at.min(), trigger_at=named.occurred_at.max()
    )
    often = looked.filter(looked.strength >= scenario.views)
    rows = _not_bought_since(often, _bought(context, since=since, by=keys), keys)
    sent = sendable(rows.mutate(due=rows.trigger_at, detail=rows.category), context, scenario)
    return one_a_customer(sent, [sent.strength.desc()])


def retargeting(context: TriggerContext, scenario: RetargetingScenario) -> ir.Table:
    """Customers who were on the site and bought nothing in the same days, there or elsewhere.

    Args:
        context: The plan.
        scenario: The `days` before the end of the data.

    Returns:
        One row a customer, columns of `due.TRIGGERED`. `trigger_at`: the last event on the site; `detail`:
        its day; `strength`: days with an event.
    """
    since = context.until - timedelta(days=scenario.days)
    events = _events(context, (*_CART, "visit", "view"), since=since)
    visitors = events.group_by("customer_id").aggregate(
        trigger_at=events.occurred_at.max(), strength=events.occurred_at.date().nunique()
    )
    rows = visitors.anti_join(_bought(context, since=since), "customer_id")
    rows = rows.mutate(due=rows.trigger_at, detail=rows.trigger_at.date().cast("string"))
    return sendable(rows, context, scenario)


def product_categories(context: TriggerContext) -> ir.Table:
    """The category of each product sold: that of most of its lines, the first by name of equal ones.

    Args:
        context: The plan; nothing from its `until` on is seen.

    Returns:
        Columns `product_id`, `category`, one row a product; products without a category have none.
    """
    sold = seen(context.store.table("transactions"), "ordered_at", context)
    named = sold.filter(sold.product_id.notnull(), sold.category.notnull())
    lines = named.group_by("product_id", "category").aggregate(lines=ibis._.count())
    return lines.group_by("product_id").aggregate(
        category=lines.category.first(order_by=[lines.lines.desc(), lines.category])
    )


def _events(context: TriggerContext, kinds: tuple[str, ...], *, since: date) -> ir.Table:
    """Events of known customers: who, when, what and the product (NULL where it is not known)."""
    events = seen(context.store.table("web_events"), "occurred_at", context, since=since)
    product = events.product_id if "product_id" in events.columns else ibis.null("string")
    known = events.filter(events.customer_id.notnull(), events.event.isin(kinds))
    return known.select("customer_id", "occurred_at", "event", product_id=product)


def _bought(context: TriggerContext, *, since: date, by: list[str] | None = None) -> ir.Table:
    """When each customer bought last, brought back later or not: the keys and `bought_at`."""
    keys = by or ["customer_id"]
    sales = seen(context.store.table("transactions"), "ordered_at", context, since=since)
    paid = sales.amount >= 0 if context.store.zero_amount_is_purchase else sales.amount > 0
    sales = sales.filter(paid)
    whole_day = sales.ordered_at == sales.ordered_at.date().cast("timestamp")
    at = whole_day.ifelse(sales.ordered_at + ibis.interval(seconds=24 * 3600 - 1), sales.ordered_at)
    bought = sales.select(*keys, at=at)
    if by is None:
        events = _events(context, (_PURCHASE,), since=since)
        bought = bought.union(events.select("customer_id", at=events.occurred_at))
    return bought.group_by(*keys).aggregate(bought_at=bought["at"].max())


def _not_bought_since(rows: ir.Table, bought: ir.Table, keys: list[str]) -> ir.Table:
    """The rows whose `occurred_at` lies after the last purchase."""
    joined = rows.left_join(bought, keys)
    joined = joined.filter(joined.bought_at.isnull() | (joined.bought_at < joined.occurred_at))
    return joined.select(*rows.columns)
