"""At which weekdays and hours customers buy, and open what they are sent, each for oneself and all together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

if TYPE_CHECKING:
    from retention_lib.settings.playbook import Playbook
    from retention_lib.stores.store import Store

OPENINGS, PURCHASES, MACHINES = "openings", "purchases", "machines"
KINDS = (MACHINES, OPENINGS, PURCHASES)
"""What is known of a customer's hours: messages opened by machines alone, opened by people, orders."""

MACHINE_SECONDS = 60
"""What happens sooner after sending is done by a mail program or a link scanner: the page says so."""

LATER_KINDS = ("birthday", "replenishment")
"""Kinds of scenarios whose messages may be sent at any time of the month, on the day that is theirs."""

PROMPT_KINDS = ("abandoned_cart", "browsed_category", "rescue")
"""Kinds of scenarios whose messages wait for no weekday: they are of use soon or not at all."""

YEAR_DAYS = 365
HELD_OUT_DAYS = 28
MOST_CUSTOMERS = 100_000
HOURS = tuple(f"hour_{hour}" for hour in range(24))
WEEKDAYS = tuple(f"day_{weekday}" for weekday in range(1, 8))

_HOURS_A_NUMBER, _BITS = 6, 10
_DAYS_A_NUMBER, _DAY_BITS = 4, 12


@dataclass(frozen=True, kw_only=True, eq=False)
class HabitCounts:
    """When customers buy and read.

    Attributes:
        now: One row a customer with a moment in the last 365 days, by row: row, openings (bool: whether the hours are
            those of openings; else of purchases), hour_0 to hour_23 (moments in that hour; those of which only the day
            is known in none), day_1 to day_7 (purchases by weekday, 1 = Monday). Counts are int16.
        past: The same as known at the cut-off, of customers with a moment on both sides of it (every k-th by id above
            `most_customers`), with what they did from then on: then_hour_0 to then_hour_23 (of the same kind),
            then_day_1 to then_day_7.
        grid: All moments, ordered by their keys: kind ("openings", "purchases"; "machines": messages that nobody but a
            machine opened), weekday (1 to 7), hour (0 to 23; -1 where only the day is known), moments, before (those
            of them before the cut-off).
        cutoff: First day that is held out.
        until: First day that is not seen.
    """

    now: pd.DataFrame
    past: pd.DataFrame
    grid: pd.DataFrame
    cutoff: date
    until: date

    def to_frame(self) -> pd.DataFrame:
        """All moments by kind, weekday and hour."""
        return self.grid


def habit_counts(
    store: Store,
    people: ir.Table,
    *,
    until: date,
    held_out_days: int = HELD_OUT_DAYS,
    most_customers: int = MOST_CUSTOMERS,
) -> HabitCounts:
    """Count by customer, weekday and hour, today and before the last weeks.

    A moment is an order (several within an hour are one), or a message opened or clicked by a person: what happens
    within a minute of sending is a machine's. The weekday is read from orders alone, for messages are opened mostly on
    the day on which the store sends them.

    Args:
        store: The store.
        people: One row a customer: `row` (dense number) and `customer_id`.
        until: First day that is not seen.
        held_out_days: The last days, kept back to see whether habits hold.
        most_customers: At most so many customers are looked at in them: every k-th by id where there are more.

    Returns:
        The counts; frames without rows where the store has no moments.
    """
    cutoff = until - timedelta(days=held_out_days)
    seen = moments(store, people, until=until).cache()
    before = seen.day < ibis.date(cutoff.isoformat())
    people_seen = seen.filter(seen.kind != KINDS.index(MACHINES))
    packed = people_seen.group_by("row").aggregate(**_packed(people_seen)).order_by("row").to_pyarrow().to_pandas()
    now = _unpacked(packed, _has_openings(packed))
    past = _past(people_seen, before, every=max(1, -(-len(now) // most_customers)))
    weekday = (seen.day.day_of_week.index() + 1).cast("int8")
    grid = seen.group_by("kind", weekday=weekday, hour=seen.hour).aggregate(moments=seen.count(), before=before.sum())
    named = grid.mutate(kind=grid.kind.cases(*enumerate(KINDS)))
    ordered = named.order_by("kind", "weekday", "hour").to_pandas().astype({"moments": "int64", "before": "int64"})
    return HabitCounts(now=now, past=past, grid=ordered, cutoff=cutoff, until=until)


def moments(store: Store, people: ir.Table, *, until: date) -> ir.Table:
    """When customers bought, or opened what they were sent, in the last 365 days.

    Args:
        store: The store.
        people: One row a customer: `row` (dense number) and `customer_id`; what others did is left out.
        until: First day that is not seen.

    Returns:
        Table of `row`, `kind` (place in `KINDS`), `day` (date), `hour` (0 to 23; -1 where only the day is known: a
        stamp of midnight sharp), each once.
    """
    parts = [part for part in (_openings(store, until), _orders(store, until)) if part is not None]
    if not parts:
        schema = {"row": "int32", "kind": "int8", "day": "date", "hour": "int8"}
        return ibis.memtable(pd.DataFrame({name: pd.Series(dtype=object) for name in schema}), schema=schema)
    stamps = ibis.union(*parts) if len(parts) > 1 else parts[0]
    # Numbers first: many rows of texts take the engine several times as long to tell apart.
    numbered = stamps.inner_join(people.select("customer_id", "row"), "customer_id")
    dated = numbered.at == numbered.at.truncate("D")
    hour = dated.ifelse(ibis.literal(-1, "int8"), numbered.at.hour().cast("int8"))
    return numbered.select("row", "kind", day=numbered.at.date(), hour=hour).distinct()


def channel_hours(playbook: Playbook) -> pd.DataFrame:
    """In which hours each channel is silent.

    Args:
        playbook: The playbook's settings.

    Returns:
        Columns channel, quiet_from, quiet_to (hours: nothing is sent from the one up to the other, which may lie on the
        next day), ordered by channel.
    """
    rows = [(name, channel.quiet_from, channel.quiet_to) for name, channel in sorted(playbook.channels.items())]
    return pd.DataFrame(rows, columns=["channel", "quiet_from", "quiet_to"])


def later_scenarios(playbook: Playbook) -> tuple[str, ...]:
    """The scenarios whose messages may be sent later than the others: their occasion has a day of its own.

    Args:
        playbook: The playbook's settings.

    Returns:
        Their names, in order.
    """
    return _of_kinds(playbook, LATER_KINDS)


def prompt_scenarios(playbook: Playbook) -> tuple[str, ...]:
    """The scenarios whose messages wait for no weekday.

    Args:
        playbook: The playbook's settings.

    Returns:
        Their names, in order.
    """
    return _of_kinds(playbook, PROMPT_KINDS)


def _of_kinds(playbook: Playbook, kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name for name, one in playbook.scenarios.items() if one.enabled and one.kind in kinds))


def _orders(store: Store, until: date) -> ir.Table | None:
    """When things were bought."""
    sales = store.find("transactions")
    if sales is None:
        return None
    sold = _within(sales, "ordered_at", until).filter(ibis._.amount > 0)
    return sold.select("customer_id", kind=_kind(PURCHASES), at=sold.ordered_at.cast("timestamp"))


def _openings(store: Store, until: date) -> ir.Table | None:
    """When messages were opened or else clicked: by a person, or by nothing but a machine."""
    sent = store.find("contacts")
    names = [] if sent is None else [name for name in ("opened_at", "clicked_at") if name in sent.columns]
    if sent is None or not names:
        return None
    seen = _within(sent, "sent_at", until)
    stop, soonest = ibis.timestamp(until.isoformat()), seen.sent_at + ibis.interval(seconds=MACHINE_SECONDS)
    known = {name: ibis.ifelse(seen[name] < stop, seen[name], ibis.null("timestamp")) for name in names}
    by_person = [ibis.ifelse(stamp >= soonest, stamp, ibis.null("timestamp")) for stamp in known.values()]
    person, any_one = ibis.coalesce(*by_person), ibis.coalesce(*known.values())
    kind = person.notnull().ifelse(_kind(OPENINGS), _kind(MACHINES))
    told = seen.select("customer_id", kind=kind, at=ibis.coalesce(person, any_one).cast("timestamp"))
    return told.filter(told.at.notnull())


def _within(rows: ir.Table, stamp: str, until: date) -> ir.Table:
    """Rows of the last 365 days."""
    start = ibis.timestamp((until - timedelta(days=YEAR_DAYS)).isoformat())
    return rows.filter(rows[stamp] >= start, rows[stamp] < ibis.timestamp(until.isoformat()))


def _kind(name: str) -> ir.IntegerScalar:
    return ibis.literal(KINDS.index(name), "int8")


def _packed(seen: ir.Table) -> dict[str, ir.Value]:
    """Moments by hour of either kind and purchases by weekday, six hours or four weekdays in a number.

    A customer has at most 366 moments in one hour of the day and 53 x 25 on one weekday in a year, so no count runs
    into the next. The engine takes a fraction of the time that a sum for each hour would.
    """
    one = ibis.literal(1, "int64")
    hour = seen.hour.cast("int64") + 24  # an hour that is not known is counted nowhere, but must be a number
    hour_part, hour_count = seen.hour // _HOURS_A_NUMBER, one << (_BITS * (hour % _HOURS_A_NUMBER))
    weekday = seen.day.day_of_week.index().cast("int64")
    day_part, day_count = weekday // _DAYS_A_NUMBER, one << (_DAY_BITS * (weekday % _DAYS_A_NUMBER))
    told: dict[str, ir.Value] = {}
    for kind in (OPENINGS, PURCHASES):
        timed = (seen.kind == KINDS.index(kind)) & (seen.hour >= 0)
        for part in range(24 // _HOURS_A_NUMBER):
            told[f"{kind}_{part}"] = hour_count.sum(where=timed & (hour_part == part))
    for part in range(2):
        told[f"days_{part}"] = day_count.sum(where=(seen.kind == KINDS.index(PURCHASES)) & (day_part == part))
    return {name: value.fill_null(0).cast("int64") for name, value in told.items()}


def _past(seen: ir.Table, before: ir.BooleanValue, *, every: int) -> pd.DataFrame:
    """What was known before the cut-off of those who did something on both sides of it, and what they did after it."""
    rows = seen.mutate(before=before)
    rows = rows.filter(rows.row % every == 0) if every > 1 else rows
    by = rows.group_by("row", "before").aggregate(**_packed(rows)).order_by("row").to_pyarrow().to_pandas()
    known, then = (by[by["before"] == side].reset_index(drop=True) for side in (True, False))
    known = known[known["row"].isin(then["row"])].reset_index(drop=True)
    then = then[then["row"].isin(known["row"])].reset_index(drop=True)
    openings = _has_openings(known)
    after = _unpacked(then, openings).drop(columns=["row", "openings"]).add_prefix("then_")
    return pd.concat([_unpacked(known, openings), after], axis="columns")


def _has_openings(packed: pd.DataFrame) -> np.ndarray:
    parts = [packed[f"{OPENINGS}_{part}"].to_numpy() > 0 for part in range(24 // _HOURS_A_NUMBER)]
    return np.asarray(np.any(parts, axis=0))


def _unpacked(packed: pd.DataFrame, openings: np.ndarray) -> pd.DataFrame:
    """The counts of each customer, by hour of openings or else of purchases."""
    counts = {}
    for hour, name in enumerate(HOURS):
        part, place = divmod(hour, _HOURS_A_NUMBER)
        numbers = (packed[f"{kind}_{part}"].to_numpy() for kind in (OPENINGS, PURCHASES))
        counts[name] = _count(np.where(openings, *numbers), place, bits=_BITS)
    for weekday, name in enumerate(WEEKDAYS):
        part, place = divmod(weekday, _DAYS_A_NUMBER)
        counts[name] = _count(packed[f"days_{part}"].to_numpy(), place, bits=_DAY_BITS)
    return pd.DataFrame({"row": packed["row"].to_numpy(), "openings": openings, **counts})


def _count(numbers: np.ndarray, place: int, *, bits: int) -> np.ndarray:
    """The count at a place of numbers that hold several."""
    return ((numbers >> (bits * place)) & ((1 << bits) - 1)).astype(np.int16)
