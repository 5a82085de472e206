"""What winning customers cost, as far as the store's tables know it."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.purchases import first_purchases
from retention_lib.settings.calendar import Month

_MONEY = "decimal(18, 4)"
_SQUARE = "decimal(38, 4)"
_COLUMNS = ("source", "dimension", "segment", "known", "customers", "cost", "squares", "bought_cost")


def acquisition_costs(
    customers: ir.Table | None,
    costs: ir.Table | None,
    purchases: ir.Table,
    *,
    until: date,
    groups: ir.Table | None = None,
) -> pd.DataFrame:
    """What was spent on winning customers, and how many were won by it.

    A customer is won with the first purchase. Money spent on people who then bought nothing is part of the cost.

    Args:
        customers: The store's `customers`; None where it has none.
        costs: The store's `costs`, by month; None where it has none.
        purchases: From `purchases.purchase_days`.
        until: First day that is no longer seen; nobody acquired later is counted, nor a month that is not over.
        groups: From `first_groups.first_groups`; none if omitted.

    Returns:
        Columns, ordered by the first three:

        - `source` ("customers": their `acquisition_cost`; "costs": the monthly `acquisition`), `dimension` and
          `segment` (a split and its value; both empty for all customers; for "costs" always "month" and 'YYYY-MM',
          each month with a first purchase or a cost),
        - `known` (people whose cost is known; those without a purchase are in the whole and in the groups of `channel`
          alone; for "costs" 1 where the month's cost is known and the month over, else 0), `customers` (of them those
          who bought; for "costs" those whose first purchase was in the month, known or not),
        - `cost` (their sum; 0 for a month that is not known), `squares` (sum of the costs' squares), `bought_cost` (sum
          over those who bought); the last two are NaN for "costs".

        No row for a source that the store has not.
    """
    firsts = first_purchases(purchases)
    frames = []
    if customers is not None and "acquisition_cost" in customers.columns:
        frames.append(_of_people(customers, firsts, until=until, groups=groups))
    if costs is not None:
        frames.append(_of_months(costs, firsts, until=until))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(_COLUMNS))
    typed = frame.astype(dict.fromkeys(("known", "customers"), "int64"))
    typed = typed.astype(dict.fromkeys(("cost", "squares", "bought_cost"), "float64"))
    return typed[list(_COLUMNS)].sort_values(["source", "dimension", "segment"], ignore_index=True)


def _of_people(customers: ir.Table, firsts: ir.Table, *, until: date, groups: ir.Table | None) -> pd.DataFrame:
    """Costs known of single customers; of those who bought also by group."""
    known = customers.filter(customers.acquisition_cost.notnull())
    if "acquired_at" in known.columns:
        since = known.acquired_at.isnull() | (known.acquired_at < ibis.timestamp(until.isoformat()))
        known = known.filter(since)
    channel = [name for name in ("acquisition_channel",) if name in known.columns]
    people = known.select("customer_id", *channel, cost=known.acquisition_cost.cast(_MONEY))
    people = people.left_join(firsts, "customer_id").drop("customer_id_right")
    people = people.mutate(bought=people.first_day.notnull())
    if groups is not None:
        people = people.left_join(groups, "customer_id").drop("customer_id_right")
        people = _placed(people, groups)
    people = people.cache()
    splits = [] if groups is None else [name for name in groups.columns if name != "customer_id"]
    frames = [_summed(people, "", ibis.literal(""))]
    # Who bought nothing has no first order: only the channel that he was won by places him.
    for name in splits:
        placed = people if name == "channel" else people.filter(people.bought)
        frames.append(_summed(placed, name, placed[name].fill_null("")))
    return pd.concat(frames, ignore_index=True).assign(source="customers")


def _placed(people: ir.Table, groups: ir.Table) -> ir.Table:
    """The people with the channel of those who bought nothing, where it is one of those named."""
    if not {"acquisition_channel", "channel"} <= set(people.columns):
        return people
    names = groups.select("channel").distinct().to_pyarrow()["channel"].drop_null().to_pylist()
    named = people.acquisition_channel.isin(sorted(names))
    elsewhere = named.ifelse(people.acquisition_channel, ibis.null("string"))
    return people.mutate(channel=people.bought.ifelse(people.channel, elsewhere))


def _summed(people: ir.Table, dimension: str, segment: ir.Value) -> pd.DataFrame:
    rows = people.mutate(segment=segment)
    sums = rows.group_by("segment").aggregate(
        known=rows.count(),
        customers=rows.bought.sum(),
        cost=rows.cost.sum(),
        # In floats, the same on every run, and kept in decimals, so that the sum is the same too.
        squares=(rows.cost.cast("float64") ** 2).cast(_SQUARE).sum(),
        bought_cost=rows.bought.ifelse(rows.cost, 0).cast(_MONEY).sum(),
    )
    return sums.to_pyarrow().to_pandas().assign(dimension=dimension)


def _of_months(costs: ir.Table, firsts: ir.Table, *, until: date) -> pd.DataFrame:
    """Costs and the customers who bought first, by month; nothing where no month's cost is known."""
    months = costs.filter(costs.acquisition.notnull()).select("month", "acquisition").to_pyarrow().to_pandas()
    over = [name for name in months["month"] if Month.parse(str(name)).end <= until]
    kept = months.loc[months["month"].isin(over)]
    if kept.empty:
        return pd.DataFrame(columns=list(_COLUMNS))
    counted = firsts.group_by(month=firsts.first_day.strftime("%Y-%m")).aggregate(customers=firsts.count()).to_pandas()
    spent = kept.astype({"acquisition": "float64"}).groupby("month")["acquisition"].sum()
    found = counted.set_index("month").join(spent, how="outer").rename_axis("segment").reset_index()
    return pd.DataFrame(
        {
            "source": "costs",
            "dimension": "month",
            "segment": found["segment"],
            "known": found["acquisition"].notna().astype("int64"),
            "customers": found["customers"].fillna(0).astype("int64"),
            "cost": found["acquisition"].fillna(0.0),
            "squares": float("nan"),
            "bought_cost": float("nan"),
        }
    )
