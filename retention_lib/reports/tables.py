"""The small tables of a page: which columns of a result a reader sees, and how they are called."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.campaigns import RedemptionRates
from retention_lib.models.experiments.sample_ratio import SampleRatio
from retention_lib.models.impact import EventStudy
from retention_lib.models.lapse import ReturnChance
from retention_lib.models.retention import MonthlyFlows
from retention_lib.models.segments import SegmentRates
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.rows import segment_name
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


@singledispatch
def shown_table(result: Any, words: Words) -> Table | NotEnough:
    """The table of a result, by its type.

    Args:
        result: A result of `retention_lib.models`.
        words: The reader's language and currency.

    Raises:
        TypeError: No table is written for results of this type.
    """
    raise TypeError(f"no table is written for {type(result).__name__}; add one in retention_lib/reports/tables.py")


@shown_table.register
def _(result: NotEnough, words: Words) -> NotEnough:
    return result


@shown_table.register
def _(result: Table, words: Words) -> Table:
    return result


@shown_table.register
def _(result: MonthlyFlows, words: Words) -> Table:
    names = {
        "start": N_("Active at start"),
        "retained": N_("Stayed"),
        "lapsed": N_("Went quiet"),
        "reactivated": N_("Came back"),
        "new": N_("New"),
        "end": N_("Active at end"),
        "passed_through": N_("Came and went"),
    }
    columns = [Column(name="month", header=words.say(N_("Month")), kind="month")]
    columns += [Column(name=name, header=words.say(label), kind="integer") for name, label in names.items()]
    newest = result.table.iloc[::-1].reset_index(drop=True)
    caption = words.say(
        N_("Active base by month, newest first; end = start - went quiet + came back + new (window {days})"),
        days=words.days(result.lapse_days),
    )
    return Table(columns=tuple(columns), frame=newest[[column.name for column in columns]], caption=caption)


@shown_table.register
def _(result: ReturnChance, words: Words) -> Table:
    columns = (
        Column(name="silence_above", header=words.say(N_("Silent more than, days")), kind="integer"),
        Column(name="silence_to", header=words.say(N_("And up to, days")), kind="integer"),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="returned", header=words.say(N_("Bought again")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share", low="low", high="high"),
    )
    caption = words.say(
        N_("Customers by days of silence on {cutoff}, and who bought again within {days}"),
        cutoff=result.cutoff,
        days=words.days(result.horizon_days),
    )
    return Table(columns=columns, frame=result.bands, caption=caption)


@shown_table.register
def _(result: SegmentRates, words: Words) -> Table:
    columns = [
        Column(name="segment", header=words.say(N_("Segment"))),
        Column(name="base", header=words.say(N_("Customers")), kind="integer"),
        Column(name="lost", header=words.say(N_("Lost")), kind="integer"),
        Column(name="share", header=words.say(N_("Share lost")), kind="share", low="low", high="high"),
        Column(name="p_adjusted", header=words.say(N_("p against the rest")), kind="p"),
    ]
    caption = N_("Groups of customers by share that went quiet, corrected for comparing several")
    if "elsewhere" in result.table:
        caption = N_("Departments by share of their buyers lost, corrected for comparing several")
        columns.insert(3, Column(name="elsewhere", header=words.say(N_("Still buy elsewhere")), kind="integer"))
    frame = result.table.assign(segment=[segment_name(name, words) for name in result.table["segment"]])
    return Table(
        columns=tuple(columns),
        frame=frame,
        thin="thin",
        caption=words.say(caption),
    )


@shown_table.register
def _(result: SampleRatio, words: Words) -> Table:
    counted = of_unit(result.unit, household=N_("Households"), customer=N_("Customers"))
    caption = of_unit(
        result.unit, household=N_("Households by arm, as assigned"), customer=N_("Customers by arm, as assigned")
    )
    columns = (
        Column(name="arm", header=words.say(N_("Arm"))),
        Column(name="customers", header=words.say(counted), kind="integer"),
        Column(name="expected", header=words.say(N_("Planned")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share"),
    )
    return Table(columns=columns, frame=result.table, caption=words.say(caption))


@shown_table.register
def _(result: PurchaseModel, words: Words) -> Table:
    columns = (
        Column(name="parameter", header=words.say(N_("Parameter"))),
        Column(name="value", header=words.say(N_("Value")), kind="parameter", low="low", high="high"),
    )
    caption = words.say(N_("{model}, {n} customers"), model=result.name, n=result.customers)
    return Table(columns=columns, frame=result.to_frame(), caption=caption)


@shown_table.register
def _(result: RedemptionRates, words: Words) -> Table:
    columns = (
        Column(name="campaign", header=words.say(N_("Campaign"))),
        Column(name="offer", header=words.say(N_("Kind"))),
        Column(name="sent_on", header=words.say(N_("Start")), kind="date"),
        Column(name="mailed", header=words.say(N_("Mailed")), kind="integer"),
        Column(name="redeemed", header=words.say(N_("Used a coupon")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share", low="low", high="high"),
    )
    return Table(columns=columns, frame=result.table, caption=words.say(N_("Campaigns and the use of their coupons")))


@shown_table.register
def _(result: EventStudy, words: Words) -> Table:
    difference = of_unit(
        result.unit, household=N_("Difference a household-week"), customer=N_("Difference a customer-week")
    )
    columns = (
        Column(name="week", header=words.say(N_("Week from the start")), kind="integer"),
        Column(
            name="effect",
            header=words.say(difference),
            kind="money",
            low="low",
            high="high",
        ),
        Column(name="p", header=words.say(N_("p")), kind="p"),
    )
    return Table(columns=columns, frame=result.effects, caption=words.say(N_("Difference by week, against week -1")))
