"""The tables of cohorts, of payback and of groups by how customers were won."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from retention_lib.models.cohort_changes import CohortChange
from retention_lib.models.cohort_groups import COHORT, GroupValues
from retention_lib.models.cohort_sums import Grain
from retention_lib.models.cohorts import NEEDED_CUSTOMERS, CohortTriangles
from retention_lib.models.payback import Payback
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.period_names import period_name, period_range, periods_text
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words

SHOWN_AGES: dict[Grain, tuple[int, ...]] = {
    "month": (1, 3, 6, 12, 24),
    "week": (1, 4, 13, 26, 52),
    "quarter": (1, 2, 4, 8),
}
SHOWN_PERIODS: dict[Grain, tuple[int, ...]] = {
    "month": (1, 2, 3, 6, 12, 24, 36),
    "week": (1, 4, 13, 26, 52, 104),
    "quarter": (1, 2, 4, 8, 12),
}


@shown_table.register
def _(result: CohortTriangles, words: Words) -> Table:
    retention = result.retention.where(result.whole)
    ages = [age for age in SHOWN_AGES[result.by] if age in retention.columns and retention[age].notna().any()]
    frame = pd.DataFrame({f"kept_{age}": retention[age].to_numpy() for age in ages})
    frame = frame.assign(
        cohort=[period_name(str(cohort), words) for cohort in result.sizes.index],
        thin=result.sizes.to_numpy() < NEEDED_CUSTOMERS,
        customers=result.sizes.to_numpy(),
        orders=_last(result.orders.cumsum(axis=1)),
        revenue=_last(result.revenue.cumsum(axis=1)),
        value=_last(result.cumulative_value),
    )
    columns = [
        Column(name="cohort", header=words.say(N_("First purchase"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        *(
            Column(
                name=f"kept_{age}",
                header=words.say(N_("Bought {time} later"), time=periods_text(age, result.by, words)),
                kind="share",
            )
            for age in ages
        ),
        Column(name="orders", header=words.say(N_("Purchases each so far")), kind="parameter"),
        Column(name="revenue", header=words.say(N_("Revenue each so far")), kind="money"),
    ]
    if result.measure == "gross_profit":
        columns.append(Column(name="value", header=words.say(N_("Gross profit each so far")), kind="money"))
    return Table(
        columns=tuple(columns),
        frame=frame.iloc[::-1].reset_index(drop=True),
        thin="thin",
        caption=words.say(N_("Cohorts by first purchase, the newest first; only what is over is compared")),
    )


def _last(table: pd.DataFrame) -> Any:
    return table.ffill(axis=1).iloc[:, -1].to_numpy()


@shown_table.register
def _(result: CohortChange, words: Words) -> Table:
    frame = pd.DataFrame([_change_row(row, result, words) for row in result.table.to_dict("records")])
    names = {
        "what": N_("Compared"),
        "newest_won": N_("Newest won in"),
        "before_won": N_("Before won in"),
        "newest": N_("Newest"),
        "before": N_("Before"),
        "difference": N_("Difference"),
        "interval": N_("95% interval"),
        "p": N_("p, corrected"),
    }
    written = ("newest", "before", "difference", "interval", "p")
    columns = [
        Column(name=name, header=words.say(label), kind="written" if name in written else "text")
        for name, label in names.items()
    ]
    caption = words.say(N_("The newest customers against those before, at the same age"))
    return Table(columns=tuple(columns), frame=frame[list(names)], caption=caption)


def _change_row(row: dict[Any, Any], result: CohortChange, words: Words) -> dict[str, str]:
    money = row["kind"] == "value"
    level, change = ("money", "money") if money else ("share", "points")
    told = N_("Share that bought {age} later")
    if money:
        told = N_("Gross profit each in {time}") if result.measure == "gross_profit" else N_("Revenue each in {time}")
    times = {"age": periods_text(int(row["age"]), result.by, words)}
    if money:
        times = {"time": periods_text(int(row["age"]) + 1, result.by, words)}
    return {
        "what": words.say(told, **times),
        "newest_won": period_range(row["newest_from"], row["newest_to"], words),
        "before_won": period_range(row["before_from"], row["before_to"], words),
        "newest": words.value(row["newest"], level),
        "before": words.value(row["before"], level),
        "difference": words.value(row["difference"], change),
        "interval": words.interval(row["low"], row["high"], change),
        "p": words.p_value(row["p_adjusted"]),
    }


@shown_table.register
def _(result: Payback, words: Words) -> Table:
    wanted = {*SHOWN_PERIODS[result.by], result.paid.periods, len(result.table)}
    kept = result.table.loc[result.table["periods"].isin([each for each in wanted if each is not None])]
    frame = kept.assign(time=[periods_text(int(periods), result.by, words) for periods in kept["periods"]])
    columns = (
        Column(name="time", header=words.say(N_("In"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="value", header=words.say(N_("Gross profit each")), kind="money", low="low", high="high"),
        Column(
            name="ratio", header=words.say(N_("Times its cost")), kind="parameter", low="ratio_low", high="ratio_high"
        ),
        Column(name="net", header=words.say(N_("Net of the cost")), kind="money"),
    )
    caption = words.say(N_("What an acquired customer has brought, against the cost of winning one; observed"))
    return Table(columns=columns, frame=frame.reset_index(drop=True), caption=caption)


@shown_table.register
def _(result: GroupValues, words: Words) -> Table:
    table = result.table
    frame = table.assign(
        split=[split_name(name, words) for name in table["dimension"]],
        group=[_group(row, words) for row in table.to_dict("records")],
        paid=[_paid_back(row, result, words) for row in table.to_dict("records")],
    )
    time = periods_text(result.periods, result.by, words)
    earned = N_("Gross profit each in {time}") if result.measure == "gross_profit" else N_("Revenue each in {time}")
    columns = [
        Column(name="split", header=words.say(N_("By"))),
        Column(name="group", header=words.say(N_("Group"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="value", header=words.say(earned, time=time), kind="money", low="low", high="high"),
        Column(
            name="difference",
            header=words.say(N_("Against the others")),
            kind="money",
            low="difference_low",
            high="difference_high",
        ),
        Column(name="p_adjusted", header=words.say(N_("p, corrected")), kind="p"),
        Column(name="again", header=words.say(N_("Bought again")), kind="share", low="again_low", high="again_high"),
    ]
    if set(table["dimension"]) == {COHORT}:
        columns = columns[1:]
    if table["cost"].notna().any():
        columns += [
            Column(name="cost", header=words.say(N_("Cost of winning one")), kind="money"),
            Column(name="paid", header=words.say(N_("Paid back in"))),
        ]
    caption = words.say(N_("What customers brought in {time}, by how they were won"), time=time)
    return Table(columns=tuple(columns), frame=frame.reset_index(drop=True), thin="thin", caption=caption)


def _group(row: dict[Any, Any], words: Words) -> str:
    if row["dimension"] == COHORT:
        return period_name(row["segment"], words)
    return segment_of(row["dimension"], row["segment"], words)


def _paid_back(row: dict[Any, Any], result: GroupValues, words: Words) -> str:
    """The time until a group's customer is paid back; beyond what is seen, that it is not yet."""
    if math.isnan(row["seen"]):
        return DASH
    if math.isnan(row["payback"]):
        return words.say(N_("not yet in {time}"), time=periods_text(int(row["seen"]), result.by, words))
    return periods_text(int(row["payback"]), result.by, words)
