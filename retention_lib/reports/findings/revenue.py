"""Sentences about what moved the revenue between two months."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from retention_lib.models.revenue import RevenueByKind, RevenueChange
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

FACTOR_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "customers": N_("customers"),
        "frequency": N_("orders each"),
        "items": N_("items an order"),
        "price": N_("money an item"),
        "refunds": N_("refunds"),
    }
)
KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "new": N_("new"),
        "won_since": N_("first seen since"),
        "reactivated": N_("not in {compared}, back"),
        "retained": N_("in both months"),
        "lapsed": N_("only in {compared}"),
        "refunded": N_("refunds of older sales"),
    }
)
# Of the largest item: a smaller one is left to the table.
WORTH_SAYING = 0.05
_ADDED: Mapping[str, str] = MappingProxyType(
    {
        "customers": N_("more customers added {money}"),
        "frequency": N_("more orders a customer added {money}"),
        "items": N_("more items an order added {money}"),
        "price": N_("more money an item added {money}"),
        "refunds": N_("fewer refunds added {money}"),
    }
)
_TOOK: Mapping[str, str] = MappingProxyType(
    {
        "customers": N_("fewer customers took {money}"),
        "frequency": N_("fewer orders a customer took {money}"),
        "items": N_("fewer items an order took {money}"),
        "price": N_("less money an item took {money}"),
        "refunds": N_("more refunds took {money}"),
    }
)
_KIND_ADDED: Mapping[str, str] = MappingProxyType(
    {
        "new": N_("new customers ({n}) brought {money}"),
        "won_since": N_("customers first seen since {compared} ({n}) brought {money}"),
        "reactivated": N_("earlier customers who had not bought in {compared} ({n}) brought {money}"),
        "retained": N_("those who bought in both months ({n}) spent {money} more"),
        "lapsed": N_("those who bought in {compared} only ({n}) added {money}, as refunds fell"),
        "refunded": N_("fewer refunds to those who bought in neither added {money}"),
    }
)
_KIND_TOOK: Mapping[str, str] = MappingProxyType(
    {
        "new": N_("new customers ({n}) took {money}, as they returned more than they kept"),
        "won_since": N_(
            "customers first seen since {compared} ({n}) took {money}, as they returned more than they kept"
        ),
        "reactivated": N_("earlier customers who had not bought in {compared} ({n}) took {money} in refunds"),
        "retained": N_("those who bought in both months ({n}) spent {money} less"),
        "lapsed": N_("those who bought in {compared} only ({n}) took {money}"),
        "refunded": N_("refunds to those who bought in neither took {money}"),
    }
)


@finding.register
def _(result: RevenueChange, words: Words) -> Finding:
    parts = _worth_saying(result.table)
    shown = {
        "change": words.money(abs(result.change), compact=True),
        "share": words.percent(abs(result.change) / result.then) if result.then > 0 else "",
        "compared": words.month(result.compared),
        "month": words.month(result.month),
        "parts": words.listed([_factor_clause(part, words) for part in parts]),
    }
    sentences = [words.say(_opening(result, same=not parts), **shown), *_check(result, words)]
    if parts:
        sentences.append(words.say(N_("This is arithmetic, not cause.")))
    alt = words.say(
        N_("Steps from net sales of {then} in {compared} to {now} in {month}: {parts}.")
        if parts
        else N_("Steps from net sales of {then} in {compared} to the same {now} in {month}, none of which moved."),
        then=words.money(result.then, compact=True),
        now=words.money(result.now, compact=True),
        **{name: shown[name] for name in ("compared", "month", "parts")},
    )
    caption = words.say(
        N_(
            "{month} ({days}) against {compared} ({compared_days}), refunds in the month they are booked; {n} "
            "customers; divided by {method}."
        ),
        month=shown["month"],
        days=words.days(result.days),
        compared=shown["compared"],
        compared_days=words.days(result.compared_days),
        n=result.customers,
        method=_method(result.method, words),
    )
    return Finding(sentence=" ".join(sentences), alt=alt, caption=caption)


def _opening(result: RevenueChange, *, same: bool) -> str:
    """The message for sales that rose, fell or stayed, as a sum of moves or because nothing moved."""
    if same:
        return N_("Net sales of {month} are exactly those of {compared}, and no part of them moved.")
    if result.change == 0:
        return N_("Net sales of {month} are exactly those of {compared}: {parts}.")
    if result.then <= 0:
        return (
            N_("Net sales rose by **{change}** from {compared} to {month}: {parts}.")
            if result.change > 0
            else N_("Net sales fell by **{change}** from {compared} to {month}: {parts}.")
        )
    return (
        N_("Net sales rose by **{change}** ({share}) from {compared} to {month}: {parts}.")
        if result.change > 0
        else N_("Net sales fell by **{change}** ({share}) from {compared} to {month}: {parts}.")
    )


def _worth_saying(table: Any) -> list[Any]:
    """The rows that matter, largest first."""
    sizes = table["change"].abs()
    kept = table[(sizes >= WORTH_SAYING * sizes.max()) & (sizes > 0)]
    return rows(kept.loc[kept["change"].abs().sort_values(ascending=False, kind="stable").index])


def _factor_clause(part: Any, words: Words) -> str:
    messages = _ADDED if part.change > 0 else _TOOK
    return words.say(messages[str(part.factor)], money=words.money(abs(part.change), compact=True))


def _check(result: RevenueChange, words: Words) -> list[str]:
    """Where the two methods differ, or one of them cannot be used."""
    if result.agrees is None:
        return [words.say(N_("One of the months has no sales, so Shapley's method divides the change, unchecked."))]
    if result.agrees:
        return []
    largest = rows(result.table[result.table["factor"] == result.largest])[0]
    return [
        words.say(
            N_("The two methods differ on the largest item, {item}: {one} by {method}, {two} by {other}."),
            item=words.say(FACTOR_NAMES[result.largest]),
            one=words.money(float(largest.change), compact=True),
            method=_method(result.method, words),
            two=words.money(float(largest.other), compact=True),
            other=_method("Shapley" if result.method == "log-mean" else "log-mean", words),
        )
    ]


def _method(method: str, words: Words) -> str:
    return words.say(N_("the log-mean method") if method == "log-mean" else N_("Shapley's method"))


@finding.register
def _(result: RevenueByKind, words: Words) -> Finding:
    months = {"compared": words.month(result.compared), "month": words.month(result.month)}
    parts = words.listed([_kind_clause(part, result, words) for part in _worth_saying(result.table)])
    if not parts:
        sentence = words.say(N_("No group of customers changed what it spends."))
        return Finding(sentence=sentence, alt=sentence)
    sentence = words.say(N_("By who bought: {parts}."), parts=parts)
    stayed = _worth_saying(result.retained)
    if stayed:
        sentence += " " + words.say(
            N_("Among those who bought in both months, {parts}."),
            parts=words.listed([_factor_clause(part, words) for part in stayed[:2]]),
        )
    alt = words.say(N_("Steps from the sales of {compared} to those of {month}: {parts}."), parts=parts, **months)
    caption = words.say(
        N_("Net sales by customers' sales in the two months, {n} customers; the parts add up to the change."),
        n=int(result.table["customers"].sum()),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _kind_clause(part: Any, result: RevenueByKind, words: Words) -> str:
    """What one kind of customer did to the sales."""
    messages = _KIND_ADDED if part.change > 0 else _KIND_TOOK
    message = messages[str(part.kind)]
    if part.kind == "new" and not result.new_known and part.change > 0:
        message = N_("customers first seen in the month ({n}), old ones perhaps among them, brought {money}")
    money = words.money(abs(part.change), compact=True)
    return words.say(message, n=int(part.customers), money=money, compared=words.month(result.compared))


def kind_names(result: RevenueByKind, words: Words) -> list[str]:
    """What the kinds of customers are called, with the name of the month compared with."""
    compared = words.month(result.compared, year=False)
    messages = dict(KIND_NAMES) if result.new_known else {**KIND_NAMES, "new": N_("first seen")}
    return [words.say(messages[kind], compared=compared) for kind in result.table["kind"]]


@shown_table.register
def _(result: RevenueChange, words: Words) -> Table:
    frame = result.table.assign(
        name=[words.say(FACTOR_NAMES[factor]) for factor in result.table["factor"]],
        before=[_factor_value(row.factor, row.then, words) for row in rows(result.table)],
        after=[_factor_value(row.factor, row.now, words) for row in rows(result.table)],
    )
    columns = (
        Column(name="name", header=words.say(N_("Factor"))),
        Column(name="before", header=words.month(result.compared), kind="written"),
        Column(name="after", header=words.month(result.month), kind="written"),
        Column(name="change", header=words.say(N_("Part of the change")), kind="money"),
    )
    caption = words.say(
        N_("The change of net sales, {change}, by factor; the parts add up to it"), change=words.money(result.change)
    )
    return Table(columns=columns, frame=frame, caption=caption)


def _factor_value(factor: str, value: float, words: Words) -> str:
    """A factor in its own unit."""
    if factor in ("price", "refunds"):
        return words.money(value)
    return words.number(value, 0 if factor == "customers" else 2)


@shown_table.register
def _(result: RevenueByKind, words: Words) -> Table:
    frame = result.table.assign(name=kind_names(result, words))
    columns = (
        Column(name="name", header=words.say(N_("Customers"))),
        Column(name="customers", header=words.say(N_("Number")), kind="integer"),
        Column(name="then", header=words.month(result.compared), kind="money"),
        Column(name="now", header=words.month(result.month), kind="money"),
        Column(name="change", header=words.say(N_("Change")), kind="money"),
    )
    caption = words.say(
        N_("Net sales by customers' sales in the two months; the changes add up to {change}"),
        change=words.money(result.change),
    )
    return Table(columns=columns, frame=frame, caption=caption)
