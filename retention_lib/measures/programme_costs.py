"""What a programme cost on some of its members: the rewards they used, and their part in what running it cost."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import PERIOD_DAYS, Programme
from retention_lib.measures.sales import Sales

_MONTHLY = ("month", "running", "member_months", "measured_months", "redeemed", "valued", "paid")
_REWARDS = ("credited", "earned", "redeemed", "valued", "paid", "net_points", "squares")


def followed_members(
    programme: Programme | NotEnough,
    sales: Sales,
    *,
    periods: int,
    settled_days: int,
    least_days: int = 0,
    until: date | NotEnough | None = None,
) -> ir.Table | NotEnough:
    """The members who were customers for some time before they joined, and the time after joining that counts.

    Args:
        programme: From `programme.programme`.
        sales: From `sales.daily_sales`, until the same day.
        periods: Periods of 28 days from the day of joining on, cut at the last day seen.
        settled_days: How long before joining the first purchase must have been made (days).
        least_days: How many days of membership must be seen after that of joining: a step of the panel on which the
            effect is measured, so that both are about the same members.
        until: First day from which nobody is without the programme, and nothing is measured; the programme's last if
            omitted.

    Returns:
        Table of `customer_id`, `from_day` (of joining), `until_day` (dates, half-open); leavers are followed like
        those who stay.
    """
    if isinstance(programme, NotEnough):
        return programme
    last = until if isinstance(until, date) else programme.until
    end_day, people = ibis.date(last.isoformat()), sales.people.select("customer_id", "first_day")
    known = programme.members.inner_join(people, "customer_id")
    seen = known.joined < end_day - ibis.interval(days=least_days)
    settled = known.filter(known.joined.delta(known.first_day, unit="day") >= settled_days, seen)
    end = (settled.joined + ibis.interval(days=periods * PERIOD_DAYS)).cast("date")
    return settled.select("customer_id", from_day="joined", until_day=ibis.least(end, end_day)).cache()


def member_rewards(programme: Programme | NotEnough, members: ir.Table | NotEnough) -> pd.DataFrame | NotEnough:
    """Points credited to members and used by them, by periods of 28 days since the first on which they are followed.

    Args:
        programme: From `programme.programme`.
        members: Who is followed and when, one row a customer: `customer_id`, `from_day`, `until_day` (dates; half-open,
            `from_day` is mostly the day of joining).

    Returns:
        One row a period, from 0 on without a gap: `period`, `members` (followed on its first day; count), `credited`
        (points; earned, granted, adjusted upwards), `earned` (of these, those of purchases), `redeemed` (points),
        `valued` (of these, points whose money is known), `paid` (that money), `net_points` (all that the balance
        changed by, what expired and went otherwise included), `squares` (sum over members of the square of what each
        redeemed up to the end of the period). No row without members.
    """
    if isinstance(programme, NotEnough):
        return programme
    if isinstance(members, NotEnough):
        return members
    rows = _by_period(programme.events, members)
    sums = {name: sum_.fill_null(0.0) for name, sum_ in _point_sums(rows).items()}
    sums |= {
        "earned": rows.points.sum(where=(rows.event == "earn") & (rows.points > 0)).fill_null(0.0),
        "net_points": rows.points.sum(),
    }
    frame = rows.group_by("period").aggregate(**sums).to_pandas().set_index("period")
    frame = frame.join(_squares(rows).set_index("period")).fillna(0.0)
    reached = _periods_reached(members)
    found = frame.reindex(pd.RangeIndex(len(reached), name="period"), fill_value=0.0).astype("float64")
    found["squares"] = found["squares"].cumsum()
    return found.assign(members=reached).reset_index()[["period", "members", *_REWARDS]]


def running_costs(
    programme: Programme | NotEnough, costs: ir.Table | None, members: ir.Table | NotEnough
) -> pd.DataFrame | NotEnough:
    """What running the programme cost, and how many months of membership it was spent on, by calendar month.

    Args:
        programme: From `programme.programme`.
        costs: The store's `costs`, by month; None where it has none.
        members: As in `member_rewards`.

    Returns:
        One row a calendar month from the first joining to the last day seen: `month` ('YYYY-MM'), `running` (money;
        NaN where it is not known), `member_months` (of all members; days of membership / days of the month),
        `measured_months` (of those followed, while they are and have not left), `redeemed`, `valued` (points of all
        members), `paid` (money of `valued`). No row without members.
    """
    if isinstance(programme, NotEnough):
        return programme
    if isinstance(members, NotEnough):
        return members
    everybody, until = programme.members, ibis.date(programme.until.isoformat())
    stays = everybody.select("customer_id", from_day="joined", until_day=everybody.left.fill_null(until))
    changes, measured = _changes(stays), _changes(_while_members(members, stays))
    if changes.empty:
        return pd.DataFrame(columns=list(_MONTHLY))
    last = programme.until - timedelta(days=1)
    first = min(frame["day"].min() for frame in (changes, measured) if len(frame)).date()
    months = pd.period_range(first, max(first, last), freq="M")
    found = pd.DataFrame(
        {
            "month": months.astype(str),
            "member_months": _months_of(changes, months, programme.until),
            "measured_months": _months_of(measured, months, programme.until),
        }
    )
    for sums in (_spent(costs), _paid(programme.events)):
        found = found.merge(sums, on="month", how="left")
    return found.fillna(dict.fromkeys(("redeemed", "valued", "paid"), 0.0))[list(_MONTHLY)]


def points_on_sales(
    programme: Programme | NotEnough, sales: Sales, *, since: date | None = None
) -> pd.DataFrame | NotEnough:
    """What members bought, and the points they were credited with and used, while they were members.

    Args:
        programme: From `programme.programme`.
        sales: From `sales.daily_sales`, until the same day.
        since: First day counted; all of them if omitted.

    Returns:
        One row: `members` (with a sale or an entry; count), `revenue` (net money of their sales while members),
        `credited`, `redeemed`, `valued` (points), `paid` (money of `valued`).
    """
    if isinstance(programme, NotEnough):
        return programme
    people = programme.members.inner_join(sales.people.select("customer_id", "number"), "customer_id")
    bought = sales.days.inner_join(people.select("number", "customer_id", "joined", "left"), "number")
    inside = (bought.day >= bought.joined) & (bought.left.isnull() | (bought.day <= bought.left))
    bought, events = bought.filter(inside), programme.events
    if since is not None:
        first = ibis.date(since.isoformat())
        bought, events = bought.filter(bought.day >= first), events.filter(events.day >= first)
    money = bought.aggregate(revenue=bought.revenue.sum().fill_null(0))
    points = events.aggregate(**{name: sum_.fill_null(0.0) for name, sum_ in _point_sums(events).items()})
    who = bought.select("customer_id").union(events.select("customer_id"), distinct=True)
    one = money.cross_join(points).cross_join(who.aggregate(members=who.count())).to_pandas()
    names = ["revenue", "credited", "redeemed", "valued", "paid"]
    return one.astype({"members": "int64"} | dict.fromkeys(names, "float64"))[["members", *names]]


def _point_sums(events: ir.Table) -> dict[str, ir.FloatingScalar]:
    """Points credited and used, and the money that the latter paid."""
    used = events.event == "redeem"
    known = used & events.value.notnull()
    return {
        "credited": events.points.sum(where=~used & (events.points > 0)),
        "redeemed": -events.points.sum(where=used),
        "valued": -events.points.sum(where=known),
        "paid": events.value.sum(where=known),
    }


def _by_period(events: ir.Table, members: ir.Table) -> ir.Table:
    """The entries of those followed while they are, with the period since the first day."""
    joined = events.filter(events.points != 0).inner_join(members, "customer_id")
    inside = joined.filter((joined.day >= joined.from_day) & (joined.day < joined.until_day))
    return inside.mutate(period=_period(inside.from_day, inside.day))


def _period(start: ir.Value, day: ir.Value) -> ir.Value:
    """Whole periods from one day to another."""
    return (day.delta(start, unit="day") // PERIOD_DAYS).cast("int32")


def _squares(rows: ir.Table) -> pd.DataFrame:
    """By how much the sum of the squares of what each member has used so far grows in each period."""
    used = rows.filter(rows.event == "redeem")
    each = used.group_by("customer_id", "period").aggregate(used=-used.points.sum())
    so_far = each.used.sum().over(group_by="customer_id", order_by="period", rows=(None, 0))
    grown = each.mutate(squares=so_far**2 - (so_far - each.used) ** 2)
    return grown.group_by("period").aggregate(squares=grown.squares.sum()).to_pandas()


def _periods_reached(members: ir.Table) -> np.ndarray:
    """How many of those followed are followed on the first day of each period since theirs."""
    followed = members.filter(members.until_day > members.from_day)
    last = followed.until_day - ibis.interval(days=1)
    frame = (
        followed.group_by(period=_period(followed.from_day, last.cast("date")))
        .aggregate(members=followed.count())
        .to_pandas()
    )
    ends = np.bincount(frame["period"].to_numpy(int), weights=frame["members"].to_numpy(float))
    return ends[::-1].cumsum()[::-1].astype("int64")


def _while_members(members: ir.Table, stays: ir.Table) -> ir.Table:
    """Those followed, as long as they are members: nothing is spent any more on who has left."""
    both = members.inner_join(stays.select("customer_id", joined="from_day", gone="until_day"), "customer_id")
    return both.select(
        from_day=ibis.greatest(both.from_day, both.joined), until_day=ibis.least(both.until_day, both.gone)
    )


def _changes(stays: ir.Table) -> pd.DataFrame:
    """By how many the members of each day are more than those of the day before."""
    kept = stays.filter(stays.until_day > stays.from_day)
    both = kept.select(day="from_day", change=ibis.literal(1)).union(
        kept.select(day="until_day", change=ibis.literal(-1))
    )
    frame = both.group_by("day").aggregate(change=both.change.sum()).order_by("day").to_pandas()
    return frame.assign(day=pd.to_datetime(frame["day"]))


def _months_of(changes: pd.DataFrame, months: pd.PeriodIndex, until: date) -> np.ndarray:
    """Months of membership in each calendar month: the members of each of its days over its days."""
    day = changes["day"].to_numpy("datetime64[D]").astype(np.int64)
    size = changes["change"].to_numpy(float)
    ends = np.array(
        [start.date() for start in months.to_timestamp()] + [(months[-1] + 1).start_time.date()], "datetime64[D]"
    )
    seen = np.minimum(ends.astype(np.int64), np.datetime64(until, "D").astype(np.int64))
    # Days of membership up to an edge: every change counts for the days from it to the edge.
    up_to = [float((size * np.maximum(edge - day, 0)).sum()) for edge in seen]
    return np.diff(up_to) / months.days_in_month.to_numpy()


def _spent(costs: ir.Table | None) -> pd.DataFrame:
    """The running costs that are known, by month."""
    if costs is None:
        return pd.DataFrame({"month": pd.Series(dtype=str), "running": pd.Series(dtype=float)})
    known = costs.filter(costs.loyalty_running.notnull())
    return known.group_by("month").aggregate(running=known.loyalty_running.sum().cast("float64")).to_pandas()


def _paid(events: ir.Table) -> pd.DataFrame:
    """The points used by all members and the money they paid, by calendar month."""
    used = events.filter(events.event == "redeem")
    sums = {name: sum_.fill_null(0.0) for name, sum_ in _point_sums(used).items() if name != "credited"}
    return used.group_by(month=used.day.strftime("%Y-%m")).aggregate(**sums).to_pandas()
