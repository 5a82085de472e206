"""Looks at what makes customers stay, each for one mechanism: a number that is 0 without it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from stores.simulation.seen import Seen, Tables, gain, gap, like_with_like, mean_of, share_of

from retention_lib.stores.simulation.stage import EFFECT_DAYS, NEVER, Bools

FAR = ("siberia", "far_east")


def stay_less(tables: Tables) -> Seen:
    """By how much fewer buy again after a late first delivery (share of those after one on time)."""
    again, late = tables.repeats() > 0, tables.firsts["late"].to_numpy()
    return lost_share(again[tables.followed() & late], again[tables.followed() & ~late])


def lost_share(treated: Bools, others: Bools) -> Seen:
    """By how much a share is lower than another, as a share of that."""
    one, other = mean_of(treated), mean_of(others)
    value = 1 - one.value / other.value
    return Seen(value, float((1 - value) * np.hypot(one.error / max(one.value, 1e-9), other.error / other.value)))


def later_where(cause: Callable[[Tables], tuple[Bools, Bools]]) -> Callable[[Tables], Seen]:
    """How much oftener first deliveries are late with a cause than without it (difference of shares)."""

    def look(tables: Tables) -> Seen:
        late = tables.firsts["late"].to_numpy()
        with_it, without = cause(tables)
        return gap(late[with_it], late[without])

    return look


def far_away(tables: Tables) -> tuple[Bools, Bools]:
    """Who lives far away, and who does not."""
    far = tables.people["region"].isin(FAR).to_numpy()
    return far, ~far


def by_post(tables: Tables) -> tuple[Bools, Bools]:
    """Whose first order came by post, and whose by express."""
    carrier = tables.firsts["carrier"]
    return (carrier == "post").to_numpy(), (carrier == "express").to_numpy()


def in_december(tables: Tables) -> tuple[Bools, Bools]:
    """Whose first order was in December, and whose was not."""
    december = tables.date(tables.firsts["day"].to_numpy()).month == 12
    return december, ~december


def large_basket(tables: Tables) -> tuple[Bools, Bools]:
    """Whose first order had three lines or more, and whose had one."""
    lines = tables.firsts["lines"].to_numpy()
    return lines >= 3, lines == 1


def left_after_adjusting(tables: Tables) -> Seen:
    """By how much fewer buy again after a late first delivery, among those alike in all that tables show."""
    firsts, people = tables.firsts, tables.people
    december = tables.date(firsts["day"].to_numpy()).month == 12
    alike = (
        people["region"].isin(FAR).astype(str)
        + firsts["carrier"].astype(str)
        + pd.Series(december, index=firsts.index).astype(str)
        + firsts["lines"].astype(str)
    )
    known = tables.followed()
    again, late = (tables.repeats() > 0)[known], firsts["late"].to_numpy()[known]
    seen = like_with_like(again, late, alike[known])
    return Seen(-seen.value, seen.error)


def reviews(tables: Tables) -> pd.DataFrame:
    """Reviews of orders followed for 120 days: `bad`, `quick` (answered within two days), `again`, `first` order."""
    frame = tables.frame("feedback", "kind", "score", "order_id", "given_at", "answered_at")
    frame = frame[frame["kind"] == "review"].merge(tables.orders[["order_id", "person", "day", "rank"]], on="order_id")
    person, day = tables.orders["person"].to_numpy(), tables.orders["day"].to_numpy()
    following = np.r_[np.where(person[1:] == person[:-1], day[1:], NEVER), NEVER]
    gaps = pd.Series(following - day, index=tables.orders["order_id"])
    frame = frame.assign(
        bad=frame["score"] <= 2,
        quick=(frame["answered_at"] - frame["given_at"]) <= pd.Timedelta(days=2),
        again=gaps[frame["order_id"]].to_numpy() <= 120,
        first=frame["rank"] == 0,
    )
    return frame[frame["day"] + 120 < tables.days]


def stay_away(tables: Tables) -> Seen:
    """By how much fewer buy again after a bad review of a later order than after a good one (share of these)."""
    frame = reviews(tables)
    later = frame[~frame["first"]]
    return lost_share(later.loc[later["bad"], "again"].to_numpy(), later.loc[~later["bad"], "again"].to_numpy())


def answered_stay(tables: Tables) -> Seen:
    """How many more buy again where a bad review is answered within two days (log ratio)."""
    bad = reviews(tables).query("bad")
    return gain(bad.loc[bad["quick"], "again"].to_numpy(), bad.loc[~bad["quick"], "again"].to_numpy())


def surveyed(tables: Tables) -> Seen:
    """Share of orders after which a survey is answered, of orders more than two months old."""
    frame = tables.frame("feedback", "kind", "order_id")
    old = tables.orders[tables.orders["day"] < tables.days - 60]
    return share_of(old["order_id"].isin(frame.loc[frame["kind"] == "survey", "order_id"]).sum(), len(old))


def members_buy_more(tables: Tables) -> Seen:
    """Orders of members in the last half year, more than of others who came when they did (share of theirs)."""
    day = tables.days - EFFECT_DAYS
    joined, left = tables.event_day("join"), tables.event_day("leave")
    age = (day - tables.people["acquired"].to_numpy()) // 28
    known = age >= 2
    # Who joins or leaves later is out: joining depends on nothing here.
    member, never = (joined < day) & (left == NEVER), joined == NEVER
    there = known & (member | never)
    orders = tables.purchases(day, EFFECT_DAYS)
    apart = like_with_like(orders[there], member[there], pd.Series(age[there]))
    base = orders[known & never].mean()
    return Seen(apart.value / base, apart.error / base)


def eager_join(tables: Tables) -> Seen:
    """Orders in the month after the first, when nobody could join yet, of later members against others (log ratio)."""
    repeats, joined = tables.repeats(28), tables.event_day("join") < NEVER
    known = tables.followed(365)
    return gain(repeats[known & joined], repeats[known & ~joined])


def member_gaps(tables: Tables, orders: int) -> np.ndarray:
    """Days between the orders made as a member (columns), of members who made at least so many."""
    joined = tables.event_day("join")
    frame = tables.orders[tables.orders["day"] > joined[tables.orders["person"]]]
    rank = frame.groupby("person").cumcount()
    early = frame[rank < orders].assign(rank=rank[rank < orders])
    table = early.pivot_table(index="person", columns="rank", values="day").dropna()
    return np.diff(table.to_numpy(), axis=1)


def hurry_before_silver(tables: Tables) -> Seen:
    """How much shorter members wait for the order that brings silver than for the one before (log ratio)."""
    gaps = member_gaps(tables, 4)
    return mean_of(np.log(gaps[:, 0]) - np.log(gaps[:, 1]))


def rest_after_silver(tables: Tables) -> Seen:
    """How many fewer order within a month of reaching silver than of other orders (difference of shares)."""
    soon = member_gaps(tables, 5) <= 30
    return mean_of((soon[:, 0] + 0.0 + soon[:, 3]) / 2 - soon[:, 2])


def granted(*reasons: str) -> Callable[[Tables], Seen]:
    """Points granted at a time for some reasons."""

    def look(tables: Tables) -> Seen:
        rows = tables.events[(tables.events["event"] == "grant") & tables.events["reason"].isin(reasons)]
        return Seen(float(rows["points"].mean())) if len(rows) else Seen(0.0)

    return look
