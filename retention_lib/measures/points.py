"""Points of a programme by lot: what was credited together, what became of it, and the ledger by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import ibis
import pandas as pd
from ibis import _
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.lot_matching import Matches, is_empty, match_debits
from retention_lib.measures.point_entries import POINTS, credited_lots, debits, point_entries, signed_points
from retention_lib.measures.programme import Programme
from retention_lib.measures.sharing import FEWEST, named_if_shared

LEDGER = (
    *("month", "opening", "earned", "granted", "adjusted", "burned", "reversed", "expired", "forfeited"),
    *("outstanding", "overdrawn", "expired_by_date", "forfeited_by_date", "members"),
)
"""The columns of the ledger."""

_CREDITS = {"earn": "earned", "grant": "granted", "adjust": "adjusted"}
_DEBITS = {
    "redeem": "burned",
    "reverse": "reversed",
    "adjust": "taken_back",
    "expire": "expired",
    "forfeit": "forfeited",
}
_BY_DATE = {"expire": "expired_by_date", "forfeit": "forfeited_by_date"}
_FLOWS = ("entries", *_CREDITS.values(), *_DEBITS.values(), *_BY_DATE.values(), "below_zero")
_END = "9999-12-31"


@dataclass(frozen=True, kw_only=True, eq=False)
class PointLots:
    """Every lot of points and all that went of it, in the engine.

    Points are `decimal(18, 4)`, so that sums do not depend on the order of rows; cast sums to float before they leave.

    Attributes:
        lots: One row a lot: `customer_id`, `lot` (int64, unique in the store), `earned` (date of crediting), `expires`
            (date: the first day on which what is left cannot be used; NULL where it never expires or is not known),
            `kind` (earn, grant or adjust; points given back after a payment with points was undone are an adjustment),
            `reason` (text; empty where unknown), `points` (> 0), `left` (what of them can still be used at the end).
        movements: One row a lot, day and event: `customer_id`, `lot`, `day` (as booked; before `earned` where an
            account was below zero and a later lot made up for it), `event` (redeem, reverse, adjust, expire or
            forfeit), `points` (> 0: so many went), `booked` (false where no entry says so: the lot's own date of
            expiry, or the day of leaving, has passed).
        overdrawn: Debits that no lot covers: `customer_id`, `day`, `event`, `points` (> 0).
        programme: Where they come from.
    """

    lots: ir.Table
    movements: ir.Table
    overdrawn: ir.Table
    programme: Programme


def lots(programme: Programme | NotEnough) -> PointLots | NotEnough:
    """Lots of points and what went of them, materialised in the engine.

    A credit is a lot. Debits take from the lots they name (`earned_at`) and, where they name none, as
    `lot_matching.match_debits` says: first in, first out. What is left of a lot is gone on its date of expiry, and on
    the day on which the customer left for good (nothing was credited or used since), though no entry says so.

    Args:
        programme: From `programme.programme`.

    Returns:
        The lots; NotEnough("points_known") where the events carry no points, NotEnough("points_credited") where none
        was ever credited.
    """
    if isinstance(programme, NotEnough):
        return programme
    if "points" not in programme.known:
        return NotEnough("points_known", 0, 1)
    people = _people(programme)
    entries = point_entries(programme.events, people)
    # What is only needed on the way is released, as a cache of millions of rows would stay until the end.
    with credited_lots(entries) as credited, debits(entries) as taken_away:
        if is_empty(credited):
            return NotEnough("points_credited", 0, 1)
        matches = match_debits(credited, taken_away)
        return _handed_out(matches, credited, _leavers(people, credited, taken_away), programme)


def ledger(lots: PointLots | NotEnough) -> pd.DataFrame | NotEnough:
    """The ledger of points by calendar month, from the first entry to the last month seen.

    What was credited and what went come from the lots, `opening` and `outstanding` from the plain entries: that the two
    agree is a check (`models.points.points_ledger` makes it).

    Args:
        lots: From `lots`.

    Returns:
        One row a month, ordered; all but `month` float, in points:

        - `month` ('YYYY-MM'), `members` (who are one when the month ends; count),
        - `opening`, `outstanding`: the sum of all accounts when the month begins and ends,
        - `earned`, `granted`, `adjusted` (up less down): what was credited,
        - `burned` (redeemed), `reversed` (taken back with goods), `expired`, `forfeited`: what went; of these
          `expired_by_date` and `forfeited_by_date`, which no entry tells,
        - `overdrawn`: by how much accounts are below zero when the month ends, as a positive number: what can be used
          is `outstanding` + `overdrawn`.
    """
    if isinstance(lots, NotEnough):
        return lots
    flows = ibis.union(*_flows(lots))
    sums = {name: flows.points.sum(where=flows.name == name).fill_null(0).cast("float64") for name in _FLOWS}
    frame = flows.group_by("month").aggregate(**sums).to_pandas().set_index("month")
    last = pd.Period(lots.programme.until - timedelta(days=1), freq="M")
    months = pd.period_range(pd.Period(str(frame.index.min()), freq="M"), last, freq="M").astype(str)
    frame = frame.reindex(months, fill_value=0.0).rename_axis("month")
    outstanding = (frame["entries"] - frame["expired_by_date"] - frame["forfeited_by_date"]).cumsum()
    told = frame.assign(
        opening=outstanding.shift(fill_value=0.0),
        adjusted=frame["adjusted"] - frame["taken_back"],
        outstanding=outstanding,
        overdrawn=frame["below_zero"].cumsum(),
        members=_members(lots.programme, list(months)),
    )
    return told.reset_index()[list(LEDGER)].round(4)


def credits_by_reason(lots: PointLots | NotEnough) -> pd.DataFrame | NotEnough:
    """What was credited for which reason, and what became of it.

    Args:
        lots: From `lots`.

    Returns:
        One row a kind and reason, ordered by both: `kind` (earn, grant or adjust), `reason` (empty where unknown;
        `sharing.RARE` for those of few members), `lots`, `members` (who were credited; counts), and in points `points`
        (credited), `burned`, `reversed` (reversed and adjusted downwards), `expired`, `forfeited`, `left` (can be used
        at the end).
    """
    if isinstance(lots, NotEnough):
        return lots
    moved = lots.movements
    names = {
        "burned": ("redeem",),
        "reversed": ("reverse", "adjust"),
        "expired": ("expire",),
        "forfeited": ("forfeit",),
    }
    gone = moved.group_by("lot").aggregate(
        **{name: moved.points.sum(where=moved.event.isin(events)).fill_null(0) for name, events in names.items()}
    )
    joined = named_if_shared(lots.lots, "reason", fewest=FEWEST).left_join(gone, "lot")
    sums = {name: joined[name].sum().fill_null(0).cast("float64") for name in ("points", *names, "left")}
    told = joined.group_by("kind", "reason").aggregate(
        lots=joined.count(), members=joined.customer_id.nunique(), **sums
    )
    return told.order_by("kind", "reason").to_pandas()


def open_points(lots: PointLots | NotEnough) -> pd.DataFrame | NotEnough:
    """What can still be used at the end, by the age of the lot and by when it expires.

    Args:
        lots: From `lots`.

    Returns:
        Columns `by`, `days` (the most that the row holds; infinite for all above; NaN where there is no number),
        `points` (float), `members` (who hold them; count), with the rows

        - `all`: everything,
        - `age`: credited in the last 30 days, in the last 90 but not 30, and so on to 180 and 365, or before,
        - `expiry`: expires in the next 30 days, the next 90 but not 30, and so on to 180, or later; NaN: never, or not
          known,
        - `overdrawn`: the accounts below zero, as positive points.
    """
    if isinstance(lots, NotEnough):
        return lots
    until = ibis.date(lots.programme.until.isoformat())
    held = lots.lots.filter(lots.lots.left > 0)
    # What was credited on the last day seen is of the last one day.
    age, ahead = until.delta(held.earned, unit="day"), held.expires.delta(until, unit="day") + 1
    bands = {"age": _band(age, (30, 90, 180, 365)), "expiry": _band(ahead, (30, 90, 180)), "all": ibis.null("float64")}
    rows = [held.select("customer_id", by=ibis.literal(by), days=band, points="left") for by, band in bands.items()]
    below = lots.overdrawn.mutate(by=ibis.literal("overdrawn"), days=bands["all"])
    table = ibis.union(*rows, below.select(*rows[0].columns))
    sums = {"points": table.points.sum().cast("float64"), "members": table.customer_id.nunique()}
    return table.group_by("by", "days").aggregate(**sums).order_by("by", "days").to_pandas()


def _people(programme: Programme) -> ir.Table:
    """The members, numbered: the engine compares numbers faster than ids."""
    number = ibis.row_number().over(ibis.window(order_by="customer_id")).cast("int64")
    return programme.members.select("customer_id", "left", number=number).cache()


def _leavers(people: ir.Table, credited: ir.Table, taken_away: ir.Table) -> ir.Table:
    """The members, with the day of leaving of those whose account was neither credited nor used afterwards.

    Of two ids of one customer one may have left and the other go on.
    """
    used = taken_away.filter(taken_away.event == "redeem")
    later = credited.select("number", "moment").union(used.select("number", "moment"))
    later = later.inner_join(people.filter(_.left.notnull()), "number")
    later = later.filter(later.moment.date() > later["left"]).select("number").distinct().mutate(stayed=True)
    joined = people.left_join(later, "number").drop("number_right")
    left = ibis.ifelse(joined.stayed.fill_null(False), ibis.null("date"), joined["left"])
    return joined.select("customer_id", "number", left=left).cache()


def _handed_out(matches: Matches, credited: ir.Table, people: ir.Table, programme: Programme) -> PointLots:
    """The lots and movements with their customers, and what goes without an entry."""
    taken = matches.taken.group_by("lot", "event", day=matches.taken.moment.date())
    with taken.aggregate(points=_.points.sum().cast(POINTS)).mutate(booked=ibis.literal(True)).cache() as taken:
        held = _held(credited, taken)
        gone = _gone(held, people, programme).cache()
        left = held.anti_join(gone, "lot").select("lot", left="rest")
        return PointLots(
            lots=_named_lots(credited, left, people).cache(),
            movements=_with_ids(taken.union(gone), credited, people).cache(),
            overdrawn=_beyond(matches.beyond, people).cache(),
            programme=programme,
        )


def _held(credited: ir.Table, taken: ir.Table) -> ir.Table:
    """Lots of which something is left: `lot`, `number`, `moment`, `expires_at`, `rest`."""
    sums = taken.group_by("lot").aggregate(taken=taken.points.sum().cast(POINTS))
    joined = credited.left_join(sums, "lot").drop("lot_right")
    rest = (joined.points - joined.taken.fill_null(0)).cast(POINTS)
    held = joined.select("lot", "number", "moment", "expires_at", rest=rest)
    return held.filter(held.rest > 0).cache()


def _gone(held: ir.Table, people: ir.Table, programme: Programme) -> ir.Table:
    """What is left of lots that can no longer be used, as movements that no entry tells."""
    joined = held.left_join(people.select("number", "left"), "number")
    end, credited = ibis.date(_END), joined.moment.date()
    expiry = ibis.greatest(joined.expires_at.date().fill_null(end), credited)
    leaving = ibis.greatest(joined["left"].fill_null(end), credited)
    gone = joined.select(
        "lot",
        event=(expiry <= leaving).ifelse("expire", "forfeit"),
        day=ibis.least(expiry, leaving),
        points=joined.rest,
        booked=ibis.literal(False),
    )
    return gone.filter(gone.day < ibis.date(programme.until.isoformat()))


def _named_lots(credited: ir.Table, left: ir.Table, people: ir.Table) -> ir.Table:
    """The lots as they are handed out."""
    joined = credited.left_join(left, "lot").drop("lot_right")
    joined = joined.inner_join(people.select("customer_id", "number"), "number")
    return joined.select(
        "customer_id",
        "lot",
        "kind",
        "reason",
        "points",
        earned=joined.moment.date(),
        expires=joined.expires_at.date(),
        left=joined["left"].fill_null(0).cast(POINTS),
    ).relocate("customer_id", "lot", "earned", "expires")


def _with_ids(moved: ir.Table, credited: ir.Table, people: ir.Table) -> ir.Table:
    """The movements as they are handed out."""
    owners = credited.select("lot", "number").inner_join(people.select("customer_id", "number"), "number")
    joined = moved.inner_join(owners.select("lot", "customer_id"), "lot")
    return joined.select("customer_id", "lot", "day", "event", "points", "booked")


def _beyond(beyond: ir.Table, people: ir.Table) -> ir.Table:
    """Debits that no lot covers, by customer, day and event."""
    joined = beyond.inner_join(people.select("customer_id", "number"), "number")
    summed = joined.group_by("customer_id", "event", day=joined.moment.date())
    summed = summed.aggregate(points=joined.points.sum().cast(POINTS))
    return summed.select("customer_id", "day", "event", "points")


def _flows(lots: PointLots) -> Iterator[ir.Table]:
    """What the ledger adds up, by `month` and `name`: `points` (decimal)."""
    credited, moved, below = lots.lots, lots.movements, lots.overdrawn
    silent = moved.filter(~moved.booked)
    early = moved.inner_join(credited.select("lot", "earned"), "lot")
    early = early.filter(early.day < early.earned)
    events = lots.programme.events
    plain = events.select("day", name=ibis.literal("entries"), points=signed_points(events))
    yield _monthly(plain)
    yield _monthly(credited.select("points", day="earned", name=_named(credited.kind, _CREDITS)))
    yield _monthly(moved.select("points", "day", name=_named(moved.event, _DEBITS)))
    yield _monthly(below.select("points", "day", name=_named(below.event, _DEBITS)))
    yield _monthly(silent.select("points", "day", name=_named(silent.event, _BY_DATE)))
    # An account is below zero from a debit that no lot covers yet to the lot that does.
    yield _monthly(below.select("points", "day", name=ibis.literal("below_zero")))
    yield _monthly(early.select("points", "day", name=ibis.literal("below_zero")))
    yield _monthly(early.select(points=-early.points, day="earned", name=ibis.literal("below_zero")))


def _monthly(rows: ir.Table) -> ir.Table:
    """Sums by month and name."""
    summed = rows.group_by("name", month=rows.day.strftime("%Y-%m"))
    return summed.aggregate(points=rows.points.sum().cast(POINTS)).select("month", "name", "points")


def _named(code: ir.Value, names: Mapping[str, str]) -> ir.Value:
    """The ledger's column for a kind or an event."""
    return ibis.cases(*((code == event, ibis.literal(name)) for event, name in names.items()))


def _members(programme: Programme, months: list[str]) -> pd.Series:
    """Members at the end of each month."""
    people = programme.members
    joined = people.group_by(month=people.joined.strftime("%Y-%m")).aggregate(n=people.count())
    gone = people.filter(_.left.notnull())
    gone = gone.group_by(month=gone["left"].strftime("%Y-%m")).aggregate(n=-gone.count())
    flows = joined.union(gone).to_pandas().groupby("month")["n"].sum()
    return (
        flows.sort_index().cumsum().reindex(sorted({*months, *flows.index})).ffill().fillna(0)[months].astype("int64")
    )


def _band(days: ir.Value, stops: tuple[int, ...]) -> ir.Value:
    """The first of the stops that a number of days does not pass, infinite above the last; NULL for no number."""
    return ibis.cases(
        (days.isnull(), ibis.null("float64")),
        *((days <= stop, ibis.literal(float(stop))) for stop in stops),
        else_=ibis.literal(float("inf")),
    )
