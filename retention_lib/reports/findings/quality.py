"""Sentences about the data: what was checked, what was found, and what is in order."""

from __future__ import annotations

from typing import Any

from retention_lib.models.ids import LookAlikes, OrphanIds, ReusedOrders
from retention_lib.models.quality import InOrder, RefusedTable, RowCounts, RuleCounts
from retention_lib.models.row_checks import AnonymousSales, FutureRows, RepeatedRows
from retention_lib.reports.blocks import Action, Alert
from retention_lib.reports.findings.base import Finding, action, alert, check_alert, finding, finding_alert
from retention_lib.reports.rows import rows
from retention_lib.reports.rules import rule_text
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

LONGEST = 1_000
"""Characters shown of what a store says about a table."""

SHOWN = 3
"""Tables named in a sentence; the rest are in the table below it."""

CHECKS = {
    "anonymous": N_("sales without a customer"),
    "calendar": N_("calendar"),
    "last_month": N_("whole last month"),
    "outliers": N_("very large orders"),
    "dominant": N_("one dominant customer"),
    "negative": N_("customers without a net purchase"),
    "look_alikes": N_("spelling of ids"),
    "orphans": N_("ids between tables"),
    "future": N_("future dates"),
    "reused_orders": N_("order numbers used again"),
    "repeats": N_("repeated rows"),
    "sufficiency": N_("enough data"),
    "horizon": N_("length of the forecast"),
}

KINDS = {
    "zeros": N_("leading zeros"),
    "case": N_("capital and small letters"),
    "letters": N_("Cyrillic and Latin letters of one shape"),
    "spaces": N_("spaces inside"),
    "several": N_("several of these at once"),
}


@alert.register
def _(result: RefusedTable, words: Words) -> Alert:
    title = words.say(N_("Table {table} left out."), table=result.table)
    return Alert(level="stop", title=title, sentence=_sentence(result))


@action.register
def _(result: RefusedTable, words: Words) -> Action:
    return Action(
        title=words.say(N_("Mend the table **{table}**, then check again"), table=result.table),
        tested=None,
        note=_sentence(result),
    )


@finding.register
def _(result: RowCounts, words: Words) -> Finding:
    unread = [
        words.say(N_("Not counted, for they could not be read: {tables}."), tables=words.listed([*result.refused]))
    ]
    if result.table.empty:
        return Finding(sentence=words.say(N_("No row could be read, so there is nothing to count.")))
    message = (
        N_("All **{rows_in}** rows are used. Every row and every cent is accounted for.")
        if result.rows_kept == result.rows_in
        else N_(
            "Of **{rows_in}** rows, {kept} are used, {rejected} set aside with a reason and {merged} dropped as "
            "repeated. Every row and every cent is accounted for."
        )
    )
    counted = words.say(
        message,
        rows_in=result.rows_in,
        kept=result.rows_kept,
        rejected=result.rows_rejected,
        merged=result.rows_merged,
    )
    return Finding(sentence=" ".join([counted, *(unread if result.refused else [])]))


@finding.register
def _(result: RuleCounts, words: Words) -> Finding:
    stopped = result.table["severity"] == "stop"
    broken = result.table[~stopped]
    if result.judged == 0:
        return Finding(sentence=words.say(N_("No row could be read, so no rule was put to any.")))
    if broken.empty:
        message = (
            N_("In the tables that could be read, no row broke a rule.")
            if stopped.any()
            else N_("No row broke a rule.")
        )
        return Finding(sentence=words.say(message))
    worst = broken.sort_values("rows", ascending=False, kind="stable").iloc[0]
    sentence = words.count(
        "One finding: {rule}. Rows of {table}: {rows} ({share}).",
        "{n} findings. The most rows, {rows} of {table} ({share}), have this one: {rule}.",
        len(broken),
        rule=rule_text(worst["reason"], words),
        table=worst["table"],
        rows=words.number(worst["rows"]),
        share=share_text(worst["share"], words),
    )
    return Finding(sentence=sentence)


@alert.register
def _(result: AnonymousSales, words: Words) -> Alert:
    if result.rows == 0:
        sentence = words.say(
            N_("Every sales row names its customer; rows looked at: {rows_in}."), rows_in=result.rows_in
        )
        return Alert(level="ok", title=words.say(N_("Customers known.")), sentence=sentence)
    message = (
        N_(
            "{share} of the sales rows ({rows} of {rows_in}) name no customer. They are set aside: their {amount} is "
            "in no figure about customers."
        )
        if result.amount_share is None
        else N_(
            "{share} of the sales rows ({rows} of {rows_in}) and {amount_share} of the money name no customer. They "
            "are set aside: their {amount} is in no figure about customers."
        )
    )
    sentence = words.say(
        message,
        share=share_text(result.share, words),
        rows=result.rows,
        rows_in=result.rows_in,
        amount=words.money(result.amount, digits=2),
        amount_share=share_text(result.amount_share or 0.0, words),
    )
    return Alert(level="warn", title=words.say(N_("Sales without a customer.")), sentence=sentence)


@alert.register
def _(result: FutureRows, words: Words) -> Alert:
    title = words.say(N_("Dates in the future."))
    if result.table.empty:
        return Alert(level="ok", title=title, sentence=words.say(N_("No row is dated after the data's last day.")))
    parts = [
        words.say(
            N_("{rows} of {rows_in} rows of {table} ({share})"),
            rows=int(row.rows),
            rows_in=int(row.rows_in),
            table=row.table,
            share=share_text(row.share, words),
        )
        for row in rows(result.table)
    ]
    sentence = words.say(
        N_("Dated after the last day the data may hold, and left out: {list}."), list=words.listed(parts)
    )
    return check_alert(found=result.found, title=title, sentence=sentence)


@alert.register
def _(result: RepeatedRows, words: Words) -> Alert:
    sentences = []
    if result.conflicting:
        sentences.append(
            words.count(
                "{n} row contradicts another one of the same id; which is right cannot be known, so it is set aside.",
                "{n} rows contradict others of the same id; which are right cannot be known, so all are set aside.",
                result.conflicting,
            )
        )
    if result.merged:
        sentences += _merged(result, words)
    if result.kept:
        sentences.append(
            words.count(
                "{n} row equals an earlier one and is used, for it may be a sale of its own.",
                "{n} rows equal earlier ones and are used, for they may be sales of their own.",
                result.kept,
            )
        )
    if not sentences:
        sentences.append(words.say(N_("No row repeats or contradicts another one.")))
    return check_alert(found=result.found, title=words.say(N_("Repeated rows.")), sentence=" ".join(sentences))


@finding.register
def _(result: LookAlikes, words: Words) -> Finding:
    if not result.found:
        return Finding(sentence=words.say(N_("No two of {ids} customer ids differ in spelling only."), ids=result.ids))
    kinds = [
        words.say(N_("{kind} ({groups})"), kind=words.say(KINDS[row.kind]), groups=int(row.groups))
        for row in rows(result.table)
    ]
    sentence = words.say(
        N_(
            "**{ids} customer ids** may be {customers} written in two ways: {kinds}. They are counted apart; "
            "where they are one person, there are fewer customers who buy more often."
        ),
        ids=int(result.table["ids"].sum()),
        customers=words.count("{n} customer", "{n} customers", result.groups),
        kinds=words.listed(kinds),
    )
    return Finding(sentence=sentence)


@alert.register
def _(result: LookAlikes, words: Words) -> Alert:
    return finding_alert(result, words, found=result.found, title=words.say(N_("Ids that look alike.")))


@finding.register
def _(result: OrphanIds, words: Words) -> Finding:
    worst = result.worst
    if worst.empty:
        return Finding(
            sentence=words.count(
                "Every id is found in the other table; {n} pair of tables was compared.",
                "Every id is found in the other table; {n} pairs of tables were compared.",
                len(result.table),
            )
        )
    return Finding(sentence=" ".join(_orphans(row, words) for row in rows(worst.head(SHOWN))))


@alert.register
def _(result: OrphanIds, words: Words) -> Alert:
    return finding_alert(result, words, found=result.found, title=words.say(N_("Ids without a match.")))


@alert.register
def _(result: ReusedOrders, words: Words) -> Alert:
    counts = {"reused": result.reused, "orders": result.orders, "share": share_text(result.share, words)}
    if result.found:
        message = N_(
            "{share} of the order numbers ({reused} of {orders}) have sales on several days: the numbers seem to begin "
            "anew. Different receipts are then taken for one order."
        )
    elif result.reused:
        message = N_("{reused} of {orders} order numbers have sales on several days, too few to matter.")
    else:
        message = N_("Each order number has its sales on one day; numbers looked at: {orders}.")
    return check_alert(
        found=result.found,
        title=words.say(N_("Order numbers used again.")),
        sentence=words.say(message, **counts),
    )


@alert.register
def _(result: InOrder, words: Words) -> Alert:
    names = [words.say(CHECKS[check]) for check in result.checks]
    return Alert(
        level="ok",
        title=words.say(N_("The rest.")),
        sentence=words.say(N_("Checked, with nothing to note: {list}."), list=words.listed(names)),
    )


def _sentence(result: RefusedTable) -> str:
    """What the store said, ended by a full stop as sentences on a page are."""
    return f"{clean_value(result.sentence, limit=LONGEST).rstrip('.')}."


def _merged(result: RepeatedRows, words: Words) -> list[str]:
    """How much was dropped as repeated; whether sales were repeated only the shop knows, so the way back is said."""
    sales, others = result.sales_merged, result.merged - result.sales_merged
    sentences = []
    if sales:
        dropped = words.count(
            "{n} sales row ({amount}) equals another one and was dropped.",
            "{n} sales rows ({amount}) equal others and were dropped.",
            sales,
            amount=words.money(float(result.amount_merged), digits=2),
        )
        way = N_(
            "If equal lines of one receipt are sales of their own (the same product scanned twice), write duplicates: "
            "keep, or duplicates: across_files where exports overlap."
        )
        sentences += [dropped, words.say(way)]
    if others:
        sentences.append(
            words.count(
                "{n} row of another table equals an earlier one and was dropped.",
                "{n} rows of other tables equal earlier ones and were dropped.",
                others,
            )
        )
    return sentences


def _orphans(row: Any, words: Words) -> str:
    """How many ids of a table are found nowhere else."""
    counts = {"orphans": int(row.orphans), "ids": int(row.ids), "table": row.table}
    if row.column == "order_id":
        message = N_("{orphans} of {ids} orders in {table} are not in {reference}.")
        return words.say(message, **counts, reference=row.reference)
    first, _, second = row.reference.partition(", ")
    if second:
        message = N_("{orphans} of {ids} customers in {table} are in neither {first} nor {second}.")
        return words.say(message, **counts, first=first, second=second)
    return words.say(N_("{orphans} of {ids} customers in {table} are not in {first}."), **counts, first=first)


def share_text(share: float, words: Words) -> str:
    """A share with enough digits not to read as none."""
    return words.percent(share, 1 if share >= 0.001 or share == 0 else 3)
