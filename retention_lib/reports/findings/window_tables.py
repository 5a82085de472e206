"""Small tables of when a customer is gone: windows of groups, who comes back, definitions, who stays."""

from __future__ import annotations

import pandas as pd

from retention_lib.models.definitions import RetentionDefinitions
from retention_lib.models.returning import ReturnsByPurchases
from retention_lib.models.staying import Staying
from retention_lib.models.window_groups import WindowGroups
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.window import class_name
from retention_lib.reports.rows import rows, segment_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

STAYING_NAMES = {"came_back": N_("Came back"), "stayed": N_("Had stayed"), "new": N_("New")}
DEFINITION_NAMES = {
    "in_period": N_("In the period"),
    "bracket": N_("In the bracket"),
    "on_or_after": N_("On or after"),
}


@shown_table.register
def _(result: WindowGroups, words: Words) -> Table:
    """The windows of groups: all by purchases; by category none where none differs from the store's own."""
    shown = result.judged if result.by == "purchases" or len(result.differing) else result.judged.head(0)
    label = N_("Purchases in twelve months") if result.by == "purchases" else N_("Category they spend most on")
    columns = (
        Column(name="name", header=words.say(label)),
        Column(name="customers", header=words.say(N_("Customers judged")), kind="integer"),
        Column(name="at_risk", header=words.say(N_("Getting late after")), kind="days"),
        Column(name="lapse", header=words.say(N_("Quiet after")), kind="days", low="low", high="high"),
    )
    by_purchases = N_(
        "Windows by purchases, by the same rule and in part by arithmetic; {days} for all; the intervals hold together "
        "with 95%"
    )
    by_category = N_("Windows by category, by the same rule; {days} for all; the intervals hold together with 95%")
    caption = words.say(
        by_purchases if result.by == "purchases" else by_category,
        days=words.days(result.lapse_days),
    )
    named = [segment_name(str(group), words) for group in shown["group"]]
    return Table(columns=columns, frame=shown.assign(name=named), caption=caption)


@shown_table.register
def _(result: ReturnsByPurchases, words: Words) -> Table:
    classes = result.classes
    sides = {name: classes.loc[classes["silence"] == name] for name in ("just_reached", "beyond")}
    keys, figures = ["purchases_from", "purchases_to"], ["customers", "share", "low", "high"]
    wide = sides["beyond"][keys + figures].merge(
        sides["just_reached"][["purchases_from", *figures]], on="purchases_from", how="left", suffixes=("", "_just")
    )
    frame = wide.assign(
        name=[class_name(row.purchases_from, row.purchases_to, words) for row in rows(wide)],
        customers_just=wide["customers_just"].astype("Int64"),
    )
    columns = (
        Column(name="name", header=words.say(N_("Had made"))),
        Column(name="customers_just", header=words.say(N_("Just reached")), kind="integer"),
        Column(name="share_just", header=words.say(N_("Bought again")), kind="share", low="low_just", high="high_just"),
        Column(name="customers", header=words.say(N_("All beyond")), kind="integer"),
        Column(name="share", header=words.say(N_("Bought again")), kind="share", low="low", high="high"),
    )
    caption = words.say(
        N_(
            "Customers silent for more than {window} on {cutoff} and who bought again within {days}, by purchases "
            "before; just reached: silent for no more than {longest}"
        ),
        window=words.days(result.lapse_days),
        cutoff=result.cutoff,
        days=words.days(result.horizon_days),
        longest=words.days(int(1.5 * result.lapse_days)),
    )
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: RetentionDefinitions, words: Words) -> Table:
    lasts = [result.of(name).tail(1).assign(name=words.say(label)) for name, label in DEFINITION_NAMES.items()]
    columns = (
        Column(name="name", header=words.say(N_("Bought again"))),
        Column(name="from_day", header=words.say(N_("From day")), kind="integer"),
        Column(name="to_day", header=words.say(N_("To day")), kind="integer"),
        Column(name="returned", header=words.say(N_("Customers")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share", low="low", high="high"),
    )
    caption = words.say(N_("The three usual definitions on the same {n} customers"), n=result.customers)
    return Table(columns=columns, frame=pd.concat(lasts, ignore_index=True), caption=caption)


@shown_table.register
def _(result: Staying, words: Words) -> Table:
    named = [words.say(STAYING_NAMES[group]) for group in result.table["group"]]
    columns = (
        Column(name="name", header=words.say(N_("In the month"))),
        Column(name="months_after", header=words.say(N_("Months later")), kind="integer"),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="share", header=words.say(N_("Still active")), kind="share", low="low", high="high"),
    )
    caption = words.say(
        N_(
            "Still active later, from {first} to {last}; those who had stayed are counted month by month, with the "
            "customers of a mean month"
        ),
        first=words.month(result.first_month),
        last=words.month(result.last_month),
    )
    return Table(columns=columns, frame=result.table.assign(name=named), caption=caption)
