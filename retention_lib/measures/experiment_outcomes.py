"""What each unit of a test did: counted in the sales by the days since the assignment, or read from its outcomes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_events import messages, unsubscribed, visits
from retention_lib.measures.experiment_orders import coupon_uses, unit_orders
from retention_lib.measures.experiment_spans import APART, SUFFIXES, pieces, within
from retention_lib.measures.experiment_units import coded, labelled
from retention_lib.measures.experiments import Experiment
from retention_lib.measures.packing import packed
from retention_lib.measures.sales import MONEY

KEYS = ("unit", "arm", "stratum", "day", "members")
"""What is known of a unit beside its columns."""

METRICS = (
    *("orders", "conversion", "visit", "revenue", "gross_profit", "sold", "refunded", "discount", "full_price"),
    *("coupon_orders", "coupon_cost", "coupon_value", "contacts", "contact_cost", "unsubscribed"),
)
"""What can be counted in the sales, in this order."""

MONEY_COLUMNS = (
    *("orders_full", "revenue_full", "gross_profit_full", "coupon_value_full", "coupon_cost_full"),
    *("contacts", "contact_cost", "orders_before", "revenue_before", "gross_profit_before"),
)
"""Columns counted in the sales that a profit is made of."""

_CAPPED = ("revenue", "gross_profit")
_AMOUNTS = ("revenue", "gross_profit", "sold", "discount")
_Sums = Callable[[Experiment, ir.Table], ir.Table]


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcomes:
    """What each unit of a test did.

    Attributes:
        experiment: The test.
        table: One row a unit: `unit`, `arm`, `stratum`, `day`, `members` and the columns. Counted in the sales nothing
            is missing: who bought nothing has zeros. Read from the outcomes NULL is missing.
        metrics: The metrics, without the endings of their days.
        columns: The columns: a metric in the window, with `_after` in the weeks after it, with `_full` in both, with
            `_before` in the days before the assignment, with `_capped` with its largest values cut down.
        source: Where they come from.
        orders: Where they are counted in the sales, the orders themselves, from `experiment_orders.unit_orders`.
        coupons: Likewise the uses of the test's coupons, from `experiment_orders.coupon_uses`; None without any.
        messages: Likewise the campaign's messages, from `experiment_events.messages`; None without any.
        parts: Of columns that are sums and differences of others, which, each with its sign.
    """

    experiment: Experiment
    table: ir.Table
    metrics: tuple[str, ...]
    columns: tuple[str, ...]
    source: Literal["transactions", "outcomes"]
    orders: ir.Table | None = None
    coupons: ir.Table | None = None
    messages: ir.Table | None = None
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def experiment_outcomes(test: Experiment | NotEnough, *, gross_margin: float | None = None) -> Outcomes | NotEnough:
    """What each unit of a test did.

    Args:
        test: From `experiments.experiment`.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.

    Returns:
        The outcomes; NotEnough("outcomes_dated") where the test has neither dates to count the sales by nor outcomes;
        the test's refusal.

    Raises:
        ValueError: A metric, or what was known before, is no column of the outcomes; names those that there are.
    """
    if isinstance(test, NotEnough):
        return test
    countable = test.dated and test.store.has("transactions")
    readable = test.store.has("outcomes")
    wanted = test.reading.outcomes_from
    if countable and wanted != "outcomes":
        return _counted(test, gross_margin)
    if readable and wanted != "transactions":
        return _read(test)
    return NotEnough("outcomes_dated", 0, 1)


# Counted in the sales


def money_outcomes(test: Experiment, *, gross_margin: float | None) -> Outcomes:
    """What the profit of a test is made of and nothing else, counted in the sales; made for many tests read as one.

    Args:
        test: The test; it has dates, and its store `transactions`. Where its `people` have a `code` (the place of the
            arm), they need no arm by name, and the table says the code as text in its place.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.

    Returns:
        As `experiment_outcomes`, with those of `MONEY_COLUMNS` that there are.
    """
    orders = unit_orders(test, gross_margin=gross_margin)
    uses, sent = coupon_uses(test, orders), messages(test)
    kept = _by_unit(test, [(orders, _order_sums), (uses, _coupon_sums), (sent, _message_sums)])
    parts = {name: told for name, told in _parts(kept.columns).items() if name in MONEY_COLUMNS}
    sums = {name: _put_together(kept, told) for name, told in parts.items()}
    arm = kept.code.cast("string") if "code" in test.people.columns else labelled(kept.code, test.arms)
    table = kept.mutate(arm=arm, **sums)
    columns = tuple(name for name in MONEY_COLUMNS if name in table.columns)
    own = (name for told in parts.values() for name in told)
    return Outcomes(
        experiment=test,
        table=table.select("unit", "arm", *dict.fromkeys((*columns, *own))),
        metrics=tuple(name for name in METRICS if f"{name}_full" in columns or name in columns),
        columns=columns,
        source="transactions",
        orders=orders,
        coupons=uses,
        messages=sent,
        parts=parts,
    )


def _counted(test: Experiment, gross_margin: float | None) -> Outcomes:
    """From transactions, redemptions, contacts and visits."""
    orders = unit_orders(test, gross_margin=gross_margin)
    uses, sent, seen, left = coupon_uses(test, orders), messages(test), visits(test), unsubscribed(test)
    flags = [(table, _flags) for table in (seen, left)]
    kept = _by_unit(test, [(orders, _order_sums), (uses, _coupon_sums), (sent, _message_sums), *flags])
    table = _derived(test, kept)
    table = _capped(table, test.reading.cap, [name for name in _CAPPED if name in table.columns])
    endings = (*SUFFIXES.values(), "_capped")
    named = [f"{name}{ending}" for name in (*METRICS, "net") for ending in endings]
    columns = tuple(name for name in named if name in table.columns)
    return Outcomes(
        experiment=test,
        table=table.select(*KEYS, *columns),
        metrics=tuple(name for name in METRICS if name in columns),
        columns=columns,
        source="transactions",
        orders=orders,
        coupons=uses,
        messages=sent,
        parts=_parts(kept.columns),
    )


def _by_unit(test: Experiment, given: Sequence[tuple[ir.Table | None, _Sums]]) -> ir.Table:
    """The sums of each table by unit, beside one another, piece by piece."""
    known = [(table, sums) for table, sums in given if table is not None]
    parts = []
    for people, *rows in pieces(test, test.people, *(table for table, _ in known)):
        sums = [summed(test, some) for (_, summed), some in zip(known, rows, strict=True)]
        parts.append(packed(_beside(test, people, sums)))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _beside(test: Experiment, people: ir.Table, sums: list[ir.Table]) -> ir.Table:
    """The units with what each of them did, as narrow as can be; who did nothing has zeros."""
    stratum = coded(people.stratum, test.strata) if test.strata else people.stratum
    code = people.code if "code" in people.columns else coded(people.arm, test.arms)
    table = people.select("unit", "day", "members", stratum=stratum, code=code)
    known = table.columns
    for part in sums:
        table = table.left_join(part, "unit").drop("unit_right")
    return table.mutate(**{name: _or_nothing(table[name]) for name in table.columns if name not in known})


def _or_nothing(value: ir.Value) -> ir.Value:
    return value.fill_null(False if value.type().is_boolean() else 0).cast(value.type())


def _order_sums(test: Experiment, orders: ir.Table) -> ir.Table:
    spans = within(test.reading, orders)
    nothing = ibis.literal(0).cast(MONEY)
    sums: dict[str, ir.Value] = {}
    for span in APART:
        sums[f"orders{SUFFIXES[span]}"] = (spans[span] & orders.kept).sum().cast("int32")
    for name in (name for name in _AMOUNTS if name in orders.columns):
        for span in APART:
            sums[f"{name}{SUFFIXES[span]}"] = spans[span].ifelse(orders[name], nothing).sum().cast(MONEY)
    return orders.group_by("unit").aggregate(**sums)


def _coupon_sums(test: Experiment, uses: ir.Table) -> ir.Table:
    spans = within(test.reading, uses)
    sums: dict[str, ir.Value] = {}
    for span in ("window", "after"):
        inside = spans[span]
        named = uses.order.nunique(where=inside & uses.kept)
        sums[f"coupon_orders{SUFFIXES[span]}"] = (named + (inside & uses.order.isnull()).sum()).cast("int32")
        for name in ("cost", "value"):
            sums[f"coupon_{name}{SUFFIXES[span]}"] = uses[name].sum(where=inside).fill_null(0).cast(MONEY)
    return uses.group_by("unit").aggregate(**sums)


def _message_sums(_: Experiment, sent: ir.Table) -> ir.Table:
    sums: dict[str, ir.Value] = {"contacts": sent.count().cast("int32")}
    if "cost" in sent.columns:
        sums["contact_cost"] = sent.cost.sum().cast(MONEY)
    return sent.group_by("unit").aggregate(**sums)


def _flags(_: Experiment, seen: ir.Table) -> ir.Table:
    return seen


def _derived(test: Experiment, table: ir.Table) -> ir.Table:
    """The arms and strata by name, and the columns that follow from others."""
    flags = {name: table[name].cast("int32") for name in table.columns if table[name].type().is_boolean()}
    stratum = labelled(table.stratum, test.strata) if test.strata else table.stratum
    table = table.mutate(arm=labelled(table.code, test.arms), stratum=stratum, **flags).drop("code")
    new: dict[str, ir.Value] = {name: _put_together(table, told) for name, told in _parts(table.columns).items()}
    for span, suffix in SUFFIXES.items():
        days = ("", "_after") if span == "full" else (suffix,)
        bought = [table[f"orders{part}"] > 0 for part in days]
        new[f"conversion{suffix}"] = ibis.or_(*bought).cast("int32")
        if "visit" in table.columns:
            new[f"visit{suffix}"] = ibis.or_(*bought, *(table[f"visit{part}"] > 0 for part in days)).cast("int32")
    return table.mutate(**new)


def _parts(known: Sequence[str]) -> dict[str, dict[str, int]]:
    """Of which columns others are the sums and differences."""
    found: dict[str, dict[str, int]] = {}
    for name in ("orders", *_AMOUNTS, "coupon_orders", "coupon_cost", "coupon_value"):
        if name in known:
            found[f"{name}_full"] = {name: 1, f"{name}_after": 1}
    for span, suffix in SUFFIXES.items():
        days = ("", "_after") if span == "full" else (suffix,)
        sold, revenue, discount = ({f"{name}{part}": 1 for part in days} for name in ("sold", "revenue", "discount"))
        found[f"refunded{suffix}"] = sold | dict.fromkeys(revenue, -1)
        if "discount" in known:
            found[f"full_price{suffix}"] = sold | discount
    if "gross_profit" in known:
        costs = [name for name in ("coupon_cost", "coupon_cost_after", "contact_cost") if name in known]
        found["net_full"] = found["gross_profit_full"] | dict.fromkeys(costs, -1)
    return found


def _put_together(table: ir.Table, told: Mapping[str, int]) -> ir.Value:
    kind = table[next(iter(told))].type()
    signed = [table[name] if times > 0 else -table[name] for name, times in told.items()]
    return reduce(operator.add, signed).cast(kind)


def _capped(table: ir.Table, cap: float, names: list[str]) -> ir.Table:
    """The columns beside themselves with their largest values cut down to a percentile of those that are not 0."""
    if not names:
        return table
    limits = table.aggregate(
        **{name: table[name].cast("float64").quantile(cap, where=table[name] != 0) for name in names}
    ).to_pandas()
    capped = {}
    for name in names:
        limit = limits[name].iloc[0]
        most = None if pd.isna(limit) else ibis.literal(round(float(limit), 4)).cast(MONEY)
        value = table[name].cast(MONEY)
        capped[f"{name}_capped"] = value if most is None else ibis.least(value, most).cast(MONEY)
    return table.mutate(**capped)


# Read from the outcomes


def _read(test: Experiment) -> Outcomes:
    """From the results that arrive with the test."""
    results = test.store.table("outcomes")
    rows = results.filter(results.experiment_id == test.name)
    metrics, before = _named(test, [name for name in rows.columns if name not in ("customer_id", "experiment_id")])
    values = {name: rows[name].cast(MONEY) for name in (*metrics, *before)}
    rows = rows.select("customer_id", **values).inner_join(test.customers, "customer_id")
    binary = rows.aggregate(**{name: rows[name].isin([0, 1]).all() for name in values}).to_pandas().iloc[0]
    sums = {name: (rows[name].max() if bool(binary[name]) else rows[name].sum()).cast(MONEY) for name in values}
    each = rows.group_by("unit").aggregate(**sums)
    table = test.people.select(*KEYS).left_join(each, "unit").drop("unit_right").cache()
    table = _capped(table, test.reading.cap, [name for name in metrics if not bool(binary[name])])
    columns = tuple(name for name in table.columns if name not in KEYS)
    return Outcomes(experiment=test, table=table, metrics=metrics, columns=columns, source="outcomes")


def _named(test: Experiment, known: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that are results, and those known before."""
    before = test.reading.known_before
    metrics = test.reading.metrics or tuple(name for name in known if name not in before)
    missing = [name for name in (*metrics, *before) if name not in known]
    if missing:
        msg = f"outcomes of {test.name}: there is no column {', '.join(missing)}; known: {', '.join(known) or 'none'}"
        raise ValueError(msg)
    return metrics, before
