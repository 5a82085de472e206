"""The tables of the check of the data: rows and cents, rules, outliers, the largest customer, ids."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from retention_lib.models.ids import LookAlikes, OrphanIds
from retention_lib.models.outliers import DominantCustomer, Outliers
from retention_lib.models.quality import RowCounts, RuleCounts
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.quality import KINDS
from retention_lib.reports.rules import rule_text
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words

SEVERITIES = {
    "stop": N_("STOP: table left out"),
    "quarantine": N_("rows set aside"),
    "warn": N_("WARN: rows used"),
    "merge": N_("repeats dropped"),
}

SALES = {
    "all": N_("All orders and refunds"),
    "without_outliers": N_("Without the very large ones"),
    "outliers": N_("The very large ones"),
}

_PARTS = {
    "in": N_("In the source"),
    "kept": N_("Used"),
    "rejected": N_("Set aside"),
    "merged": N_("Repeats dropped"),
}


@shown_table.register
def _(result: RowCounts, words: Words) -> Table:
    """A table's rows, and under them its money, so that each line adds up from left to right."""
    lines = []
    for row in result.table.to_dict("records"):
        counts = {part: words.number(row[f"rows_{part}"]) for part in _PARTS}
        lines.append({"table": words.say(N_("{table}, rows"), table=row["table"]), **counts})
        if row["amount_in"] is not None:
            amounts = {part: _cents(row[f"amount_{part}"], words) for part in _PARTS}
            lines.append({"table": words.say(N_("{table}, money"), table=row["table"]), **amounts})
    columns = (
        Column(name="table", header=words.say(N_("Table"))),
        *(Column(name=part, header=words.say(label), kind="written") for part, label in _PARTS.items()),
    )
    caption = words.say(N_("Rows and money: in the source = used + set aside + repeats dropped"))
    return Table(columns=columns, frame=pd.DataFrame(lines, columns=["table", *_PARTS]), caption=caption)


@shown_table.register
def _(result: RuleCounts, words: Words) -> Table:
    columns = (
        Column(name="rule", header=words.say(N_("What was found"))),
        Column(name="table", header=words.say(N_("Table"))),
        Column(name="severity", header=words.say(N_("What is done"))),
        Column(name="rows", header=words.say(N_("Rows")), kind="integer"),
        Column(name="share", header=words.say(N_("Share of rows")), kind="share"),
        Column(name="amount", header=words.say(N_("Money")), kind="written"),
        Column(name="examples", header=words.say(N_("First places, file and row"))),
    )
    found = result.table
    frame = found.assign(
        rule=[rule_text(reason, words) for reason in found["reason"]],
        severity=[words.say(SEVERITIES[severity]) for severity in found["severity"]],
        rows=found["rows"].where(found["severity"] != "stop"),
        amount=[_cents(amount, words) for amount in found["amount"]],
        examples=[
            text if severity == "stop" else short_places(text)
            for severity, text in found[["severity", "examples"]].itertuples(index=False)
        ],
    )
    caption = words.say(N_("Rules that rows broke, by what is done with the rows"))
    return Table(columns=columns, frame=frame, caption=caption)


def short_places(places: str) -> str:
    """Places without their folders; of several rows of one file, its name once.

    Args:
        places: As in "data/may.csv:2, data/may.csv:9".

    Returns:
        As in "may.csv:2, 9".
    """
    short: list[str] = []
    last = ""
    for place in places.split(", "):
        file, _, row = place.rpartition(":")
        short.append(row if file and file == last else place.rpartition("/")[2])
        last = file
    return ", ".join(short)


@shown_table.register
def _(result: Outliers, words: Words) -> Table:
    columns = (
        Column(name="sales", header=words.say(N_("Sales"))),
        Column(name="orders", header=words.say(N_("Orders")), kind="integer"),
        Column(name="revenue", header=words.say(N_("Revenue")), kind="money"),
        Column(name="mean_order", header=words.say(N_("Mean order")), kind="money"),
    )
    frame = result.to_frame()
    named = frame.assign(sales=[words.say(SALES[name]) for name in frame["sales"]])
    largest = pd.DataFrame(
        [
            {
                "sales": words.say(N_("{day}, customer {customer}"), day=row.day, customer=row.customer),
                "orders": 1,
                "revenue": row.amount,
                "mean_order": row.amount,
            }
            for row in result.largest.itertuples()
        ],
        columns=list(named.columns),
    )
    parts = [part for part in (named, largest) if len(part)]
    caption = words.say(N_("Sales with and without orders over {limit}"), limit=words.money(result.limit))
    shown = pd.concat(parts, ignore_index=True)
    # Without a very large order there is nothing to compare.
    return Table(columns=columns, frame=shown if result.outliers else shown.iloc[:0], caption=caption)


@shown_table.register
def _(result: DominantCustomer, words: Words) -> Table:
    columns = (
        Column(name="who", header=words.say(N_("Who"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="revenue", header=words.say(N_("Revenue")), kind="money"),
        Column(name="mean_order", header=words.say(N_("Mean order")), kind="money"),
    )
    names = (
        words.say(N_("Everyone")),
        words.say(N_("Without {customer}"), customer=result.customer),
        words.say(N_("Only {customer}"), customer=result.customer),
    )
    frame = pd.DataFrame(
        {
            "who": names,
            "customers": [result.customers, result.customers - 1, 1],
            "revenue": [result.revenue_without + result.revenue, result.revenue_without, result.revenue],
            "mean_order": [result.mean_order, result.mean_order_without, result.mean_order_own],
            "matters": result.found,
        }
    )
    caption = words.say(N_("Sales with and without the largest customer"))
    return Table(columns=columns, frame=frame, caption=caption, brief="matters")


@shown_table.register
def _(result: LookAlikes, words: Words) -> Table:
    columns = (
        Column(name="kind", header=words.say(N_("They differ in"))),
        Column(name="groups", header=words.say(N_("Customers they may be")), kind="integer"),
        Column(name="ids", header=words.say(N_("Ids")), kind="integer"),
        Column(name="example", header=words.say(N_("For example, hashed"))),
    )
    frame = result.table.assign(kind=[words.say(KINDS[kind]) for kind in result.table["kind"]])
    return Table(columns=columns, frame=frame, caption=words.say(N_("Customer ids that differ in spelling only")))


@shown_table.register
def _(result: OrphanIds, words: Words) -> Table:
    columns = (
        Column(name="table", header=words.say(N_("Ids of"))),
        Column(name="column", header=words.say(N_("Column"))),
        Column(name="reference", header=words.say(N_("Looked up in"))),
        Column(name="ids", header=words.say(N_("Ids")), kind="integer"),
        Column(name="orphans", header=words.say(N_("Not found")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share"),
    )
    caption = words.say(N_("Ids that should be found again in another table"))
    frame = result.table.assign(matters=result.table["orphans"] > 0)
    return Table(columns=columns, frame=frame, caption=caption, brief="matters")


def _cents(amount: Decimal | None, words: Words) -> str:
    """Money to the cent; a dash for none."""
    return DASH if amount is None else words.money(float(amount), digits=2)
