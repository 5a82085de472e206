"""What members bought from joining on: the members whose joining is known, their purchases and their money by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import Programme
from retention_lib.measures.sales import Sales

NEEDED_MEMBERS = 30

HORIZONS = (182, 365)
"""Days after joining (half a year, a year) at which members are looked at."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MemberOrders:
    """The members who are followed from joining, in the engine, and what they bought as members.

    Attributes:
        accounts: One row a member with a `join` entry and sales seen since: `account` (number, in the order of the
            ids), `customer_id`, `joined`, `last` (date: the last day as a member that is seen), `left` (bool: whether
            that is the day of leaving), `followed` (the longest of `HORIZONS`, in days, for which there was time since
            joining, whether the member stayed or not; 0 where for none).
        purchases: One row a purchase made as a member: `account`, `day`, `amount` (float: net money).
        so_far: One row a member and day with a sale or a refund: `account`, `day`, and of all that the member bought
            since joining up to the end of the day `orders` (purchases, count), `revenue`, `known_profit`, `unpriced`
            (floats, as in `sales.Sales`; without known costs all revenue is `unpriced`).
        until: First day that is no longer seen.
    """

    accounts: ir.Table
    purchases: ir.Table
    so_far: ir.Table
    until: date


def member_orders(programme: Programme | NotEnough, sales: Sales, transactions: ir.Table) -> MemberOrders | NotEnough:
    """The members whose joining is known and what they bought, materialised in the engine.

    A purchase of the day of joining is a member's where an order of that day was made at or after the moment of
    joining. Who has no `join` entry, as in an export that begins later than the programme, or joined before the sales
    begin, is left out: how long it took cannot be known.

    Args:
        programme: From `programme.programme`.
        sales: From `sales.daily_sales`, until the same day.
        transactions: The store's `transactions`.

    Returns:
        The members; NotEnough("members_with_joining") for fewer than 30.
    """
    if isinstance(programme, NotEnough):
        return programme
    accounts = _accounts(programme, sales)
    count = int(accounts.count().to_pandas())
    if count < NEEDED_MEMBERS:
        return NotEnough("members_with_joining", count, NEEDED_MEMBERS)
    spans = _spans(accounts, sales, transactions)
    bought = sales.purchases.inner_join(spans, "number")
    bought = bought.filter(bought.day >= bought["from"], bought.day <= bought["last"])
    purchases = bought.select("account", "day", amount=bought.amount.cast("float64")).cache()
    return MemberOrders(
        accounts=accounts,
        purchases=purchases,
        so_far=_so_far(purchases, sales, spans).cache(),
        until=programme.until,
    )


def _so_far(purchases: ir.Table, sales: Sales, spans: ir.Table) -> ir.Table:
    """Orders and money since joining, up to the end of each day."""
    moved = sales.days.inner_join(spans, "number")
    moved = moved.filter(moved.day >= moved["from"], moved.day <= moved["last"])
    money: dict[str, ir.Value] = {
        "revenue": moved.revenue,
        "known_profit": ibis.literal(0.0),
        "unpriced": moved.revenue,
    }
    money |= {name: moved[name] for name in money if sales.has_costs}
    flows = moved.select("account", "day", orders=0, **{name: value.cast("float64") for name, value in money.items()})
    flows = flows.union(purchases.select("account", "day", orders=1, **dict.fromkeys(money, ibis.literal(0.0))))
    names = ("orders", *money)
    days = flows.group_by("account", "day").aggregate(**{name: flows[name].sum() for name in names})
    so_far = ibis.cumulative_window(group_by="account", order_by="day")
    return days.select("account", "day", **{name: days[name].sum().over(so_far) for name in names})


def _accounts(programme: Programme, sales: Sales) -> ir.Table:
    """The members who are followed, numbered."""
    events, members = programme.events, programme.members
    told = members.semi_join(events.filter(events.event == "join"), "customer_id")
    begun = told.filter(told.joined >= sales.days.day.min().as_scalar())
    end = ibis.date((programme.until - timedelta(days=1)).isoformat())
    stays = ibis.date(programme.until.isoformat()).delta(begun.joined, unit="day") - 1
    followed = ibis.cases(*((stays >= days, days) for days in reversed(HORIZONS)), else_=0)
    return begun.select(
        "customer_id",
        "joined_at",
        "joined",
        account=ibis.row_number().over(ibis.window(order_by="customer_id")).cast("int32"),
        last=ibis.coalesce(begun["left"], end),
        left=begun["left"].notnull(),
        followed=followed.cast("int16"),
    ).cache()


def _spans(accounts: ir.Table, sales: Sales, transactions: ir.Table) -> ir.Table:
    """From which day to which day a customer's purchases are a member's: `number`, `account`, `from`, `last`."""
    members = accounts.inner_join(sales.people.select("number", "customer_id"), "customer_id").cache()
    # The few who bought on the day of joining, before all lines are asked for the moment.
    bought = members.semi_join(sales.purchases, ["number", members.joined == sales.purchases.day])
    moments = bought.select("customer_id", "joined_at", "joined").cache()
    lines = transactions.select("customer_id", "ordered_at", "amount").semi_join(moments, "customer_id")
    same = lines.inner_join(moments, "customer_id")
    same = same.filter(same.ordered_at.date() == same.joined, same.ordered_at >= same.joined_at, same.amount > 0)
    first_day = same.select("customer_id").distinct().mutate(counts=True)
    spans = members.left_join(first_day, "customer_id")
    begins = spans.counts.notnull().ifelse(spans.joined, spans.joined + ibis.interval(days=1))
    return spans.select("number", "account", "last", **{"from": begins}).cache()
