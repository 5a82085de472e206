"""The ledger of the programme: who joins and leaves, and what becomes of every lot of points.

Points are positive where they are credited (earn, grant, an adjustment upwards) and negative where they go (redeem,
reverse, an adjustment downwards, expire, forfeit). Rows that concern a lot carry its `earned_at`, which names the lot
within the customer; a redemption that takes from several lots has a row for each. So the points of a customer, and of
each lot, add up to what is left. An account belongs to the id under which the customer joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import moments, money, named, numbers, ranks
from retention_lib.stores.simulation.columns import picked, stacked
from retention_lib.stores.simulation.hours import DAY_SECONDS
from retention_lib.stores.simulation.ids import customer_ids
from retention_lib.stores.simulation.lines import sold_lines
from retention_lib.stores.simulation.points import (
    EVENTS,
    EXPIRY_DAYS,
    REASONS,
    Accounts,
    Lots,
    MemberOrders,
    account_keys,
    accounts,
    corrected,
    correction,
    credited_lots,
    member_orders,
    orders_on,
    points_of,
)
from retention_lib.stores.simulation.stage import TIERS, Ints
from retention_lib.stores.simulation.story import Story

POINT_CENTS = 100
"""What a point pays, in cents."""

FEWEST_REDEEMED = 300
"""The balance from which points can be used (points)."""

MOST_PAID_PERCENT = 30
"""How much of an order points may pay (per cent)."""

_EAGERNESS = 0.8
_NONE = -1


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is to be taken from accounts; arrays over wishes, by customer and moment.

    Attributes:
        customer: Place of the customer in the block.
        moment: When.
        event: Code of the event.
        lot: The lot to take from; -1 for any, those credited first before others.
        least: What the account must hold for the wish to be granted (points).
        most: How much to take at most (points).
    """

    customer: Ints
    moment: Ints
    event: Ints
    lot: Ints
    least: Ints
    most: Ints


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was taken from each lot by each wish; arrays over such pairs.

    Attributes:
        wish: Place in `Wishes`.
        lot: Place in `Lots`.
        points: How many, positive.
    """

    wish: Ints
    lot: Ints
    points: Ints


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Rows of the ledger; `-1` stands for nothing in `tier`, `reason`, `earned`, `expires` and `cents`.

    Attributes:
        customer: Place of the customer in the block.
        moment: When.
        event: Code of the event.
        points: How the balance changes; 0 for events without points.
        tier: Code of the tier.
        reason: Code of the reason.
        earned: The moment that names the lot.
        expires: The moment at which the lot expires, where the row credits it.
        cents: What the points paid.
    """

    customer: Ints
    moment: Ints
    event: Ints
    points: Ints
    tier: Ints
    reason: Ints
    earned: Ints
    expires: Ints
    cents: Ints


def loyalty_events(story: Story) -> pa.Table:
    """The table `loyalty_events` of the block, by customer and moment, those of one moment in the order of `EVENTS`."""
    entries, held = ledger(story), accounts(story)
    calendar, joined = story.shop.calendar, held.joined // DAY_SECONDS
    of_lot, first = entries.earned != _NONE, np.zeros(len(entries.customer), dtype=np.int64)
    return pa.table(
        {
            "customer_id": customer_ids(story, entries.customer, joined[entries.customer]),
            "occurred_at": moments(calendar, first, entries.moment),
            "event": named(entries.event, EVENTS),
            "points": numbers(entries.points, present=of_lot),
            "tier": named(entries.tier, TIERS),
            "reason": named(entries.reason, REASONS),
            "earned_at": moments(calendar, first, entries.earned, present=of_lot),
            "expires_at": moments(calendar, first, entries.expires, present=entries.expires != _NONE),
            "value": money(entries.cents, present=entries.cents != _NONE),
        }
    )


def ledger(story: Story) -> Entries:
    """Every entry of the ledger of the block, in the table's order."""
    held, bought = accounts(story), member_orders(story)
    lots = credited_lots(story, held, bought)
    wanted = wishes(story, held, bought, lots)
    gone = taken(lots, wanted)
    entries = stacked(
        [
            *_memberships(story, held),
            _credits(lots),
            _debits(lots, wanted, gone),
            _leftovers(story, held, lots, gone),
        ]
    )
    order = np.argsort(account_keys(entries.customer, entries.moment) * len(EVENTS) + entries.event, kind="stable")
    return picked(entries, order)


def wishes(story: Story, held: Accounts, bought: MemberOrders, lots: Lots) -> Wishes:
    """What members want to pay with points, and what the shop takes back.

    Args:
        story: The block.
        held: The accounts.
        bought: The members' orders.
        lots: What was credited.
    """
    found = stacked([_redemptions(story, bought), _reversals(story, bought, lots), _corrections(bought, lots)])
    found = picked(found, (found.most > 0) & (found.moment < held.until[found.customer]))
    return picked(found, np.argsort(account_keys(found.customer, found.moment), kind="stable"))


def _redemptions(story: Story, bought: MemberOrders) -> Wishes:
    """Some members pay with points as often as they can, others never."""
    eagerness = _EAGERNESS * story.rng("eagerness").random(story.people.count)
    chosen = np.flatnonzero(bought.chance("redeem") < eagerness[bought.customer])
    most = bought.amount[chosen] * MOST_PAID_PERCENT // 100 // POINT_CENTS
    return _wishes("redeem", bought.customer[chosen], bought.moment[chosen], most, least=FEWEST_REDEEMED)


def _reversals(story: Story, bought: MemberOrders, lots: Lots) -> Wishes:
    """The points that goods had earned go back with them, as far as they are still there."""
    lines = sold_lines(story.shop, story.block, story.occasions, story.baskets, story.orders)
    earned = np.flatnonzero(lots.purchase >= 0)
    lot_of_order = np.full(story.orders.count, _NONE)
    lot_of_order[bought.order[lots.purchase[earned]]] = earned
    back = np.flatnonzero(lines.back & (lot_of_order[lines.order] >= 0))
    lot = lot_of_order[lines.order[back]]
    points = points_of(lines.amount[back], bought.percent[lots.purchase[lot]])
    moment = np.maximum(lines.back_day[back] * DAY_SECONDS + lines.back_second[back], lots.earned[lot] + 1)
    return _wishes("reverse", lots.customer[lot], moment, points, lot=lot)


def _corrections(bought: MemberOrders, lots: Lots) -> Wishes:
    """Points credited by mistake are taken back."""
    _, down = corrected(bought)
    lot = np.flatnonzero(np.isin(lots.purchase, down))
    moment, points = correction(bought, lots.purchase[lot])
    return _wishes("adjust", lots.customer[lot], np.maximum(moment, lots.earned[lot] + 1), points, lot=lot)


def _wishes(event: str, customer: Ints, moment: Ints, most: Ints, *, least: int = 0, lot: Ints | None = None) -> Wishes:
    count = len(customer)
    return Wishes(
        customer=customer,
        moment=moment,
        event=np.full(count, EVENTS.index(event)),
        lot=np.full(count, _NONE) if lot is None else lot,
        least=np.full(count, least),
        most=most,
    )


def taken(lots: Lots, wanted: Wishes) -> Taken:
    """Grant wishes one after another, from lots that are credited and not expired at the moment, first in first out.

    Args:
        lots: What was credited.
        wanted: The wishes.
    """
    left = lots.points.copy()
    first, stop = _reach(lots, wanted)
    parts = [Taken(wish=first[:0], lot=first[:0], points=first[:0])]
    for wish in _by_rank(wanted.customer):
        width = int((stop[wish] - first[wish]).max())
        lot = first[wish, None] + np.arange(width)
        inside = lot < stop[wish, None]
        lot = np.where(inside, lot, 0)
        has = np.where(inside & (lots.expires[lot] > wanted.moment[wish, None]), left[lot], 0)
        most = np.where(has.sum(axis=1) >= wanted.least[wish], wanted.most[wish], 0)
        points = np.clip(most[:, None] - (has.cumsum(axis=1) - has), 0, has)
        row, column = np.nonzero(points)
        parts.append(Taken(wish=wish[row], lot=lot[row, column], points=points[row, column]))
        left[parts[-1].lot] -= parts[-1].points
    return stacked(parts)


def _reach(lots: Lots, wanted: Wishes) -> tuple[Ints, Ints]:
    """The lots that each wish may take from: the place of the first, and that after the last."""
    keys = account_keys(lots.customer, lots.earned)
    oldest = np.maximum(wanted.moment - EXPIRY_DAYS * DAY_SECONDS, 0)
    first = np.searchsorted(keys, account_keys(wanted.customer, oldest))
    stop = np.searchsorted(keys, account_keys(wanted.customer, wanted.moment))
    any_lot = wanted.lot == _NONE
    return np.where(any_lot, first, wanted.lot), np.where(any_lot, stop, wanted.lot + 1)


def _by_rank(customer: Ints) -> list[Ints]:
    """The places of all customers' first wishes, of their second ones, and so on.

    Args:
        customer: Whose wish each is, customers in their order.
    """
    rank = ranks(customer)
    return np.split(np.argsort(rank, kind="stable"), np.cumsum(np.bincount(rank))[:-1]) if len(rank) else []


def _entries(event: str | Ints, customer: Ints, moment: Ints, **columns: Ints) -> Entries:
    """Entries of one event or of several, and what is known of them."""
    count = len(customer)
    empty = {name: np.full(count, _NONE) for name in ("tier", "reason", "earned", "expires", "cents")}
    code = np.full(count, EVENTS.index(event)) if isinstance(event, str) else event
    told = {**empty, "points": np.zeros(count, dtype=np.int64), **columns}
    return Entries(customer=customer, moment=moment, event=code, **told)


def _memberships(story: Story, held: Accounts) -> list[Entries]:
    """Joining, the tiers reached, and leaving."""
    end = story.shop.calendar.days * DAY_SECONDS
    joined, left = np.flatnonzero(held.joined < end), np.flatnonzero(held.left < end)
    first_tier = np.zeros(len(joined), dtype=np.int64)
    return [
        _entries("join", joined, held.joined[joined]),
        _entries("tier", joined, held.joined[joined], tier=first_tier),
        *(_tier(story, tier) for tier in range(1, len(TIERS))),
        _entries("leave", left, held.left[left]),
    ]


def _tier(story: Story, tier: int) -> Entries:
    """A tier reached, with the order that reached it."""
    orders, order = story.orders, orders_on(story, story.fates.tier_days[tier - 1])
    order = order[order >= 0]
    moment = orders.day[order] * DAY_SECONDS + orders.second[order]
    return _entries("tier", orders.customer[order], moment, tier=np.full(len(order), tier))


def _credits(lots: Lots) -> Entries:
    columns = {"points": lots.points, "reason": lots.reason, "earned": lots.earned, "expires": lots.expires}
    return _entries(lots.event, lots.customer, lots.earned, **columns)


def _debits(lots: Lots, wanted: Wishes, gone: Taken) -> Entries:
    """What was redeemed, reversed and adjusted downwards."""
    event = wanted.event[gone.wish]
    paid = np.where(event == EVENTS.index("redeem"), gone.points * POINT_CENTS, _NONE)
    columns = {"points": -gone.points, "earned": lots.earned[gone.lot], "cents": paid}
    return _entries(event, lots.customer[gone.lot], wanted.moment[gone.wish], **columns)


def _leftovers(story: Story, held: Accounts, lots: Lots, gone: Taken) -> Entries:
    """What is left of lots when they expire, or when the customer leaves before."""
    left = lots.points.copy()
    np.subtract.at(left, gone.lot, gone.points)
    leaves = held.left[lots.customer]
    expires = lots.expires <= leaves
    moment = np.where(expires, lots.expires, leaves)
    event = np.where(expires, EVENTS.index("expire"), EVENTS.index("forfeit"))
    over = np.flatnonzero((left > 0) & (moment < story.shop.calendar.days * DAY_SECONDS))
    return _entries(event[over], lots.customer[over], moment[over], points=-left[over], earned=lots.earned[over])
