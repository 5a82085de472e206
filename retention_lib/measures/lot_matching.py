"""Which lot every debit of points takes from: named ones as named, all others by a stated rule, first in first out.

No customer is looked at alone: all is running sums over the places that points have in a queue. A lot of 100 points
behind one of 50 has the places from 50 to 150; a debit of 80 points that comes first has those from 0 to 80, and takes
from a lot as many points as the two have places in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import ibis
from ibis import _
from ibis.expr import types as ir

from retention_lib.measures.point_entries import POINTS

_PIECE = ("lot", "moment", "event", "points")
_CLAIM = ("number", "moment", "event", "points")
_NEVER = "9999-12-31"


@dataclass(frozen=True, kw_only=True, eq=False)
class Matches:
    """What debits took from lots.

    Attributes:
        taken: One row a debit and lot: `lot`, `moment`, `event`, `points` (> 0).
        beyond: What no lot covers: `number`, `moment`, `event`, `points` (> 0).
    """

    taken: ir.Table
    beyond: ir.Table


def match_debits(credited: ir.Table, debits: ir.Table) -> Matches:
    """The lots that debits take from.

    In this order, each as far as the lots hold:

    1. A debit that names its lot takes from it; one whose lot is not in the data takes from none.
    2. An expiry that names none takes from the lots whose date of expiry has passed since the customer's expiry before,
       the latest of them first: the earlier ones have been used first.
    3. A reversal that names none takes from the lot earned last before it: what comes back is mostly what was bought
       last.
    4. All others, and what the lots above do not hold, take first in, first out, and nothing from a lot whose date of
       expiry has passed together with those of all lots before it. What is credited later makes up for what an account
       lacks.

    Args:
        credited: One row a lot: `number` (of the customer), `lot` (int64, in the order of crediting), `name` (timestamp
            that names it), `moment` (timestamp of crediting), `expires_at` (timestamp or NULL), `kind`, `points` (> 0).
        debits: `number`, `name` (timestamp; NULL where no lot is named), `moment`, `event`, `points` (> 0).
    """
    named = _by_name(credited, debits.filter(debits.name.notnull()))
    free = _by_rules(credited, named, debits.filter(debits.name.isnull()).select(*_CLAIM))
    unknown = debits.filter(debits.name.notnull()).anti_join(credited, ["number", "name"]).select(*_CLAIM)
    return Matches(taken=named.taken.union(free.taken), beyond=unknown.union(free.beyond))


def _by_name(credited: ir.Table, debits: ir.Table) -> Matches:
    """Debits of lots that they name; mostly one lot has the name, and holds enough."""
    names = credited.group_by("number", "name").aggregate(
        lot=credited.lot.min(), lots=credited.count(), held=credited.points.sum().cast(POINTS)
    )
    wanted = debits.group_by("number", "name").aggregate(wanted=debits.points.sum().cast(POINTS))
    wanted = names.inner_join(wanted, ["number", "name"])
    plain = (wanted.lots == 1) & (wanted.wanted <= wanted.held)
    wanted = wanted.select("number", "name", "lot", plain=plain).cache()
    told = debits.inner_join(wanted, ["number", "name"])
    plain, odd = told.filter(told.plain), _claims(told.filter(~told.plain).mutate(group="lot"))
    if is_empty(odd):
        return Matches(taken=plain.select(*_PIECE), beyond=odd.select(*_CLAIM))
    groups = wanted.filter(~wanted.plain).select("number", "name", group="lot")
    lots = _queue(credited.inner_join(groups, ["number", "name"]), "lot")
    found = _overlaps(lots, _in_turn(odd))
    return Matches(taken=plain.select(*_PIECE).union(found.taken).cache(), beyond=found.beyond)


def _by_rules(credited: ir.Table, named: Matches, debits: ir.Table) -> Matches:
    """Debits that name no lot, and what the lots that others named do not hold."""
    customers = debits.union(named.beyond).select("number").distinct().cache()
    if is_empty(customers):
        return _nothing(debits)
    lots = credited.semi_join(customers, "number").cache()
    expired = _expired(_holding(lots, named), debits.filter(debits.event == "expire"))
    back = _reversed(_holding(lots, named, expired), debits.filter(debits.event == "reverse"))
    others = debits.filter(debits.event.notin(("expire", "reverse")))
    others = others.union(named.beyond, expired.beyond, back.beyond)
    rest = _in_line(_holding(lots, named, expired, back), _claims(others.mutate(group="number")))
    return Matches(taken=expired.taken.union(back.taken, rest.taken), beyond=rest.beyond)


def _expired(lots: ir.Table, debits: ir.Table) -> Matches:
    """Expiries take from lots whose date has passed by then, the latest first."""
    summed = debits.group_by("number", "moment", "event").aggregate(points=debits.points.sum().cast(POINTS))
    claims = _claims(summed).mutate(group="claim")
    dated = lots.filter(lots.expires_at.notnull())
    if is_empty(claims) or is_empty(dated):
        return _nothing(debits)
    expiries = claims.select("number", "group", expiry="moment")
    due = dated.asof_join(expiries, dated.expires_at <= expiries.expiry, predicates="number")
    due = due.filter(due.group.notnull())
    return _overlaps(_queue(due, ibis.desc("expires_at"), ibis.desc("lot")), _in_turn(claims))


def _reversed(lots: ir.Table, debits: ir.Table) -> Matches:
    """Reversals take from the lot earned last before them."""
    claims = _claims(debits)
    if is_empty(claims):
        return _nothing(debits)
    earned = lots.filter(lots.kind == "earn").group_by("number", "moment").aggregate(group=lots.lot.max())
    earned = earned.rename(earned_at="moment")
    last = claims.asof_join(earned, claims.moment >= earned.earned_at, predicates="number").drop("number_right")
    known = last.filter(last.group.notnull()).cache()
    held = lots.mutate(group=lots.lot).semi_join(known, "group")
    found = _overlaps(_queue(held, "lot"), _in_turn(known))
    return Matches(taken=found.taken, beyond=found.beyond.union(last.filter(last.group.isnull()).select(*_CLAIM)))


def _in_line(lots: ir.Table, claims: ir.Table) -> Matches:
    """Debits take first in, first out.

    The last place P of debit k in the queue is that of the one before, or of the last lot E whose date has passed by
    then, whichever is later, and its points x: P(k) = max(P(k-1), E(k)) + x(k). With S(k) = x(1) + ... + x(k) this is
    S(k) + max over j <= k of (E(j) - S(j-1)), at least S(k): running sums and a running maximum.
    """
    if is_empty(claims):
        return _nothing(claims)
    queue = _queue(lots.mutate(group=lots.number), "moment", "lot").cache()
    return _overlaps(queue, _in_turn(claims, passed=_passed(queue)))


def _passed(queue: ir.Table) -> ir.Table:
    """From which moment on a lot and all before it cannot be used: `group`, `moment`, `stop`."""
    date = queue.expires_at.fill_null(ibis.timestamp(_NEVER).cast("timestamp(6)"))
    so_far = ibis.cumulative_window(group_by="group", order_by="place")
    dated = queue.select("group", "stop", moment=date.max().over(so_far))
    return dated.filter(dated.moment < ibis.timestamp(_NEVER).cast("timestamp(6)"))


def _queue(lots: ir.Table, *order: str | ir.Value) -> ir.Table:
    """Lots of each `group` with their `place` (from 0) and the last place of their points (`stop`)."""
    so_far = ibis.cumulative_window(group_by="group", order_by=order)
    return lots.mutate(
        place=ibis.row_number().over(so_far).cast("int64"), stop=lots.points.sum().over(so_far).cast(POINTS)
    )


def _in_turn(claims: ir.Table, passed: ir.Table | None = None) -> ir.Table:
    """Debits of each `group` with their `turn` (from 0) and their places, from `start` to `stop`.

    Args:
        claims: With `number`, `group`, `claim`, `moment`, `event`, `points`.
        passed: From `_passed`; places before them are skipped.
    """
    nothing = ibis.literal(0).cast(POINTS)
    marks = claims.select("group", "claim", "moment", "event", "points", skipped=nothing)
    if passed is not None:
        dates = passed.select(
            "group",
            "moment",
            claim=ibis.null("int64"),
            event=ibis.literal(""),
            points=nothing,
            skipped="stop",
        )
        marks = marks.union(dates.select(*marks.columns))
    # Of one moment: the dates that pass, then what the customer uses, then what is taken away.
    order = [_.moment, _.claim.notnull(), _.event.isin(("expire", "forfeit")), _.claim]
    so_far = ibis.cumulative_window(group_by="group", order_by=order)
    marks = marks.mutate(upto=marks.points.sum().over(so_far), skipped=marks.skipped.max().over(so_far))
    marks = marks.mutate(lift=(marks.skipped - marks.upto + marks.points).max().over(so_far))
    asked = marks.filter(marks.claim.notnull())
    stop = (asked.upto + ibis.greatest(asked.lift, nothing)).cast(POINTS)
    asked = asked.select("group", "claim", stop=stop, start=(stop - asked.points).cast(POINTS))
    turn = ibis.row_number().over(ibis.cumulative_window(group_by="group", order_by="stop")).cast("int64")
    return claims.inner_join(asked.select("claim", "start", "stop", turn=turn), "claim")


def _overlaps(lots: ir.Table, claims: ir.Table) -> Matches:
    """What the places of lots and of debits of one group have in common.

    The ends of lots and both ends of debits cut the queue into pieces, each of at most one lot and one debit. How many
    lots have ended before a piece says which lot is there, and so with debits.

    Args:
        lots: From `_queue`.
        claims: From `_in_turn`.
    """
    with lots.cache() as queue, claims.cache() as asking:
        line = _cut(queue, asking)
        asked = asking.select("group", "turn", "number", "moment", "event")
        pieces = line.inner_join(asked, ["group", line.ended == asked.turn])
        pieces = pieces.select("group", "lots", *_CLAIM)
        held = queue.select("group", "place", "lot")
        pieces = pieces.left_join(held, ["group", pieces.lots == held.place]).select("lot", *_CLAIM).cache()
    return Matches(
        taken=pieces.filter(pieces.lot.notnull()).select(*_PIECE),
        beyond=pieces.filter(pieces.lot.isnull()).select(*_CLAIM),
    )


def _cut(lots: ir.Table, claims: ir.Table) -> ir.Table:
    """The pieces that debits hold: `group`, `points`, and how many lots and debits have `ended` before (`lots`)."""
    none, one = ibis.literal(0, "int64"), ibis.literal(1, "int64")
    marks = lots.select("group", at="stop", lots=one, begun=none, ended=none)
    marks = marks.union(
        claims.select("group", at="start", lots=none, begun=one, ended=none),
        claims.select("group", at="stop", lots=none, begun=none, ended=one),
    )
    counts = ("lots", "begun", "ended")
    marks = marks.group_by("group", "at").aggregate(**{name: marks[name].sum().cast("int64") for name in counts})
    so_far = ibis.cumulative_window(group_by="group", order_by="at")
    before = {name: (marks[name].sum().over(so_far) - marks[name]).cast("int64") for name in counts}
    since = marks["at"].lag().over(ibis.window(group_by="group", order_by="at")).fill_null(0)
    line = marks.select("group", points=(marks["at"] - since).cast(POINTS), **before)
    return line.filter((line.begun > line.ended) & (line.points > 0))


def _holding(lots: ir.Table, *found: Matches) -> ir.Table:
    """What lots still hold; those that hold nothing are left out."""
    taken = reduce(ir.Table.union, (part.taken.select("lot", "points") for part in found))
    taken = taken.group_by("lot").aggregate(taken=taken.points.sum().cast(POINTS))
    rest = lots.left_join(taken, "lot").drop("lot_right")
    rest = rest.mutate(points=(rest.points - rest.taken.fill_null(0)).cast(POINTS)).drop("taken")
    return rest.filter(rest.points > 0)


def _claims(debits: ir.Table) -> ir.Table:
    """Debits with a number of their own, `claim`, in an order that does not depend on that of the rows."""
    order = [name for name in ("number", "moment", "event", "points", "group") if name in debits.columns]
    return debits.mutate(claim=ibis.row_number().over(ibis.window(order_by=order)).cast("int64")).cache()


def is_empty(table: ir.Table) -> bool:
    """Whether a table has no row."""
    return int(table.count().to_pyarrow().as_py()) == 0


def _nothing(debits: ir.Table) -> Matches:
    """Nothing taken, all beyond."""
    taken = debits.mutate(lot=ibis.null("int64")).filter(ibis.literal(False)).select(*_PIECE)
    return Matches(taken=taken, beyond=debits.select(*_CLAIM))
