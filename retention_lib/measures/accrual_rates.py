"""Members' own purchases run once more through the points ledger, at other rates of accrual.

Nobody's buying changes in it, and nobody pays with points before the first reward. Purchases earn the rate, whole days
after them and for as long as points have been valid; points that were given for other reasons stay as they were. Beside
the rates stand the points that were really earned by buying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.accrual import TINY, ways_to_rewards
from retention_lib.measures.member_orders import MemberOrders
from retention_lib.measures.points import PointLots
from retention_lib.measures.steady import steady_sum

Kind = Literal["replayed", "same", "flat", "growth"]

BOUGHT = "_bought"
"""What the name of a way ends with where points given for anything but buying are left out."""

STEPS = (1.0, 1.5, 2.0)
"""What a rate that grows with spend so far is multiplied with, in each third of purchases."""

DEFAULT_TIMES = (1.5, 2.0)
"""The rates proposed where none are given, in multiples of today's."""

YEAR = 365
_HELD = ("spent", "weighted", "earned", "given")


@dataclass(frozen=True, kw_only=True)
class AccrualPace:
    """How points are earned by buying today.

    Attributes:
        rate: Points that purchases earned, less those taken back with goods, for 100 of money spent as a member.
        points: These points.
        spent: The money of these purchases (net), of members whose joining is known.
        valid_days: Median days that points earned by buying are valid; None where they do not expire.
        credit_days: Median days from a member's last purchase to the first points for one.
        typical_spend: Median of what a member spends in the first `valid_days` (a year where points do not expire).
        typical_members: Members who could be seen for that long (count).
        sales_year: Net money of members' purchases in the last 365 days.
        cuts: Money spent so far at which a rate that grows with spend rises: one and two thirds of purchases are made
            by members who had spent at most so much.
        weight: The mean of `STEPS` over the money of all purchases.
    """

    rate: float
    points: float
    spent: float
    valid_days: int | None
    credit_days: int
    typical_spend: float
    typical_members: int
    sales_year: float
    cuts: Sequence[float]
    weight: float


@dataclass(frozen=True, kw_only=True)
class RateScheme:
    """A way to earn points.

    Attributes:
        way: Its name in tables.
        kind: `replayed` (the points that were earned, at whatever rates), `same` (one rate for all, at today's cost),
            `flat` (a proposed rate) or `growth` (a rate that grows with spend, at the cost of a flat one).
        rate: Points for 100 of money, the mean over all purchases.
        first: Points for 100 of money in the first third of purchases; the rate itself where it does not grow.
    """

    way: str
    kind: Kind
    rate: float
    first: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ReplayedRewards:
    """When members would first have held a usable reward at several rates.

    Attributes:
        pace: How points are earned by buying today.
        schemes: One row a scheme: `way`, `kind`, `rate`, `first`, as in `RateScheme`; none where buying earns nothing.
        ways: As `accrual.FirstRewards.ways`, for each of them twice: with the points given for anything but buying,
            and, under its name with `BOUGHT`, without.
        proposed: Whether the flat rates were given; otherwise they are multiples of today's, to show what a rate does.
    """

    pace: AccrualPace
    schemes: pd.DataFrame
    ways: pd.DataFrame
    proposed: bool = False


def replayed_rewards(
    lots: PointLots | NotEnough,
    orders: MemberOrders | NotEnough,
    points: float | NotEnough,
    *,
    proposed_rates: Sequence[float] = (),
) -> ReplayedRewards | NotEnough:
    """The ways to the first reward at today's rate, at proposed ones, and at rates that grow with spend.

    Args:
        lots: From `points.lots`.
        orders: From `member_orders.member_orders`.
        points: Points from which a reward can be used.
        proposed_rates: Points for 100 of money; without any, 1.5 and 2 times today's rate.
    """
    if isinstance(lots, NotEnough):
        return lots
    if isinstance(orders, NotEnough):
        return orders
    if isinstance(points, NotEnough):
        return points
    own = lots.lots.inner_join(orders.accounts.select("customer_id", "account"), "customer_id")
    points_of = own.points.cast("float64")
    own = own.select("account", "lot", "earned", "expires", "kind", points=points_of).cache()
    pace, bought = _pace(own, lots, orders)
    schemes = _schemes(pace, proposed_rates) if pace.rate > 0 else []
    shown = pd.DataFrame(schemes, columns=["way", "kind", "rate", "first"])
    if not schemes:
        return ReplayedRewards(pace=pace, schemes=shown, ways=pd.DataFrame(), proposed=bool(proposed_rates))
    balances = _balances(_changes(own, lots, bought, pace), orders)
    reached = _reached(balances, schemes, float(points)).cache()
    ends = {name: reached.select("account", reached=name) for name in reached.columns if name != "account"}
    ways = ways_to_rewards(orders, ends)
    return ReplayedRewards(pace=pace, schemes=shown, ways=ways, proposed=bool(proposed_rates))


def _schemes(pace: AccrualPace, proposed_rates: Sequence[float]) -> list[RateScheme]:
    """Points as earned, their mean rate for all, the proposed ones, and for each a growing one of the same cost."""
    proposed = list(proposed_rates) or [times * pace.rate for times in DEFAULT_TIMES]
    same = RateScheme(way="same", kind="same", rate=pace.rate, first=pace.rate)
    flat = [RateScheme(way=f"flat_{n}", kind="flat", rate=rate, first=rate) for n, rate in enumerate(proposed)]
    growing = [
        replace(scheme, way=f"growth_{n}", kind="growth", first=scheme.rate / pace.weight)
        for n, scheme in enumerate([same, *flat])
    ]
    return [replace(same, way="replayed", kind="replayed"), same, *flat, *growing]


def _pace(own: ir.Table, lots: PointLots, orders: MemberOrders) -> tuple[AccrualPace, ir.Table]:
    """How points are earned today, and the purchases with the step of a growing rate that each falls into."""
    earned = own.filter(own.kind == "earn")
    credit_days = _credit_days(earned, orders)
    known = orders.until - timedelta(days=credit_days)
    counted = orders.purchases.filter(orders.purchases.day < ibis.date(known.isoformat()))
    taken = lots.movements.filter(lots.movements.event == "reverse").semi_join(earned, "lot")
    points = _sum(earned.points) - _sum(taken.points)
    spent = _sum(counted.amount)
    valid_days = _valid_days(earned, lots)
    cuts, bought, weight = _steps(orders)
    last_year = orders.purchases.day >= ibis.date((orders.until - timedelta(days=YEAR)).isoformat())
    typical = _typical_spend(orders, valid_days or YEAR)
    pace = AccrualPace(
        rate=100 * points / spent if spent > 0 else 0.0,
        points=points,
        spent=spent,
        valid_days=valid_days,
        credit_days=credit_days,
        typical_spend=steady_sum(typical["spend"].fillna(0.0).iloc[0]),
        typical_members=int(typical["members"].iloc[0]),
        sales_year=_sum(orders.purchases.filter(last_year).amount),
        cuts=cuts,
        weight=weight,
    )
    return pace, bought


def _sum(points: ir.Column) -> float:
    """A sum as a number, 0 over nothing."""
    total = points.sum().to_pandas()
    return 0.0 if pd.isna(total) else steady_sum(total)


def _median(table: ir.Table, days: ir.Value) -> int | None:
    """The median of whole days; None over nothing."""
    median = table.aggregate(days=days.median()).to_pandas()["days"].iloc[0]
    return None if pd.isna(median) else round(float(median))


def _credit_days(earned: ir.Table, orders: MemberOrders) -> int:
    """From the last purchase before a member's first points to these points."""
    first = earned.group_by("account").aggregate(day=earned.earned.min())
    before = orders.purchases.inner_join(first.rename(credited="day"), "account")
    before = before.filter(before.day <= before.credited)
    last = before.group_by("account", "credited").aggregate(day=before.day.max())
    return _median(last, last.credited.delta(last.day, unit="day")) or 0


def _valid_days(earned: ir.Table, lots: PointLots) -> int | None:
    """How long earned points are valid: by their own dates of expiry, else by when some expired."""
    dated = earned.filter(earned.expires.notnull())
    stated = _median(dated, dated.expires.delta(dated.earned, unit="day"))
    if stated is not None:
        return stated
    gone = lots.movements.filter(lots.movements.event == "expire").inner_join(earned.select("lot", "earned"), "lot")
    return _median(gone, gone.day.delta(gone.earned, unit="day"))


def _typical_spend(orders: MemberOrders, days: int) -> pd.DataFrame:
    """The median of members' spend in their first days: `spend`, `members`."""
    seen = orders.accounts.filter(
        orders.accounts.joined <= ibis.date((orders.until - timedelta(days=days)).isoformat())
    )
    spent = orders.purchases.inner_join(seen.select("account", "joined"), "account")
    early = spent.filter(spent.day < spent.joined + ibis.interval(days=days))
    sums = seen.select("account").left_join(early.group_by("account").aggregate(spend=early.amount.sum()), "account")
    return sums.aggregate(spend=sums.spend.fill_null(0.0).median(), members=sums.count()).to_pandas()


def _steps(orders: MemberOrders) -> tuple[tuple[float, float], ir.Table, float]:
    """The cuts of spend so far, the purchases with the step they fall into, and its mean over their money."""
    purchases = orders.purchases
    earlier = ibis.cumulative_window(group_by="account", order_by="day")
    before = purchases.mutate(before=purchases.amount.sum().over(earlier) - purchases.amount).cache()
    cut = before.aggregate(one=before.before.quantile(1 / 3), two=before.before.quantile(2 / 3)).to_pandas().iloc[0]
    cuts = (steady_sum(cut["one"]), steady_sum(cut["two"])) if pd.notna(cut["one"]) else (0.0, 0.0)
    # Sums that should be equal may miss each other by rounding.
    steps = ibis.cases(
        *((before.before <= value + TINY, step) for value, step in zip(cuts, STEPS, strict=False)), else_=STEPS[-1]
    )
    bought = before.select("account", "day", "amount", weighted=before.amount * steps).cache()
    amount, weighted = _sum(bought.amount), _sum(bought.weighted)
    return cuts, bought, weighted / amount if amount > 0 else 1.0


def _changes(own: ir.Table, lots: PointLots, bought: ir.Table, pace: AccrualPace) -> ir.Table:
    """What each day changes: money whose points are valid (plain and weighted), points earned and others given."""
    nothing, wait = dict.fromkeys(_HELD, ibis.literal(0.0)), ibis.interval(days=pace.credit_days)
    plain = {"spent": bought.amount, "weighted": bought.weighted}
    parts = [bought.select("account", day=bought.day + wait, **(nothing | plain))]
    if pace.valid_days is not None:
        gone = {name: -value for name, value in plain.items()}
        valid = ibis.interval(days=pace.credit_days + pace.valid_days)
        parts.append(bought.select("account", day=bought.day + valid, **(nothing | gone)))
    for name, rows in (("earned", own.filter(own.kind == "earn")), ("given", own.filter(own.kind != "earn"))):
        entries = _entries(rows, lots)
        parts += [entry.select("account", "day", **(nothing | {name: entry.points})) for entry in entries]
    return ibis.union(*parts)


def _entries(rows: ir.Table, lots: PointLots) -> list[ir.Table]:
    """Points credited in some lots, what was taken back of them, and both again as they expire."""
    back = lots.movements.filter(lots.movements.event.isin(["reverse", "adjust"]))
    back = back.select("lot", "day", taken=-back.points.cast("float64"))
    back = back.inner_join(rows.select("lot", "account", "expires"), "lot")
    plus = [rows.select("account", "expires", "points", day="earned")]
    plus += [back.select("account", "expires", "day", points="taken")]
    return [part for table in plus for part in (table, _expiring(table))]


def _expiring(table: ir.Table) -> ir.Table:
    """The same points with the other sign on the day they expire."""
    dated = table.filter(table.expires.notnull())
    return dated.select("account", "expires", day=dated.expires, points=-dated.points)


def _balances(changes: ir.Table, orders: MemberOrders) -> ir.Table:
    """The balance at the end of each day with a change: `account`, `day`, and `_HELD`."""
    seen = changes.filter(changes.day < ibis.date(orders.until.isoformat()))
    days = seen.group_by("account", "day").aggregate(**{name: seen[name].sum() for name in _HELD})
    so_far = ibis.cumulative_window(group_by="account", order_by="day")
    return days.select("account", "day", **{name: days[name].sum().over(so_far) for name in _HELD})


def _reached(balances: ir.Table, schemes: Sequence[RateScheme], points: float) -> ir.Table:
    """The first day on which each scheme's balance is enough, with and without given points: `account`, the ways."""
    firsts = {}
    for scheme in schemes:
        column = balances["weighted" if scheme.kind == "growth" else "spent"]
        held = balances.earned if scheme.kind == "replayed" else column * (scheme.first / 100)
        firsts[scheme.way] = balances.day.min(where=held + balances.given >= points - TINY)
        firsts[scheme.way + BOUGHT] = balances.day.min(where=held >= points - TINY)
    return balances.group_by("account").aggregate(**firsts)
