"""Tables of customer value: by month ahead, by group and tenth, against the cost of winning; the list of the best."""

from __future__ import annotations

from collections.abc import Callable

from retention_lib.estimates import Estimate
from retention_lib.models.acquisition_value import CostsBy, ValueAgainstCost
from retention_lib.models.concentration import Concentration
from retention_lib.models.new_customer import NewCustomer, NewCustomersBy
from retention_lib.models.next_steps import CONTACT, CONTROL
from retention_lib.models.top_customers import TopCustomers
from retention_lib.models.value import BaseValue, ValueBy
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.customer_value import times
from retention_lib.reports.findings.winback import SHOWN_CUSTOMERS, list_caption, list_table
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

_BROUGHT = {"gross_profit": N_("Gross profit"), "revenue": N_("Sales")}
_STANDINGS = {"pays": N_("yes"), "open": N_("not clear"), "not_paid": N_("no")}


@shown_table.register
def _(result: BaseValue, words: Words) -> Table:
    columns = (
        Column(name="month", header=words.say(N_("Month ahead")), kind="integer"),
        Column(name="end", header=words.say(N_("Until")), kind="date"),
        Column(name="purchases", header=words.say(N_("Purchases")), kind="integer"),
        Column(name="value", header=words.say(_BROUGHT[result.measure]), kind="money"),
        Column(name="discounted_value", header=words.say(N_("Discounted")), kind="money"),
        Column(name="cumulative", header=words.say(N_("In all so far")), kind="money", low="low", high="high"),
    )
    caption = words.say(
        N_("What the {n} customers known on {day} are expected to bring month by month; 90% intervals"),
        n=result.customers,
        day=result.as_of,
    )
    return Table(columns=columns, frame=result.months, caption=caption)


@shown_table.register
def _(result: ValueBy, words: Words) -> Table:
    cohort = result.by == "cohort"
    columns = (
        Column(
            name="group",
            header=words.say(N_("First purchase")) if cohort else split_name(result.by, words),
            kind="month" if cohort else "text",
        ),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="purchases", header=words.say(N_("Purchases expected")), kind="integer"),
        Column(name="value", header=words.say(N_("Value a customer")), kind="money", low="low", high="high"),
        Column(name="total", header=words.say(N_("Value in all")), kind="money"),
        Column(name="share", header=words.say(N_("Share")), kind="share"),
    )
    frame = result.table
    if not cohort:
        frame = frame.assign(group=[segment_of(result.by, str(name), words) for name in frame["group"]])
    caption = words.say(
        N_("Known customers by first purchase and what they are expected to bring in {months} months")
        if cohort
        else N_("Known customers by {split} and what they are expected to bring in {months} months"),
        split=split_name(result.by, words),
        months=result.months,
    )
    return Table(columns=columns, frame=frame, thin="thin", caption=caption)


@shown_table.register
def _(result: Concentration, words: Words) -> Table:
    columns = (
        Column(name="decile", header=words.say(N_("Tenth by value, highest first")), kind="integer"),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="value", header=words.say(N_("Value a customer")), kind="money"),
        Column(name="share", header=words.say(N_("Share of all value")), kind="share"),
        Column(name="purchases", header=words.say(N_("Purchases expected")), kind="written"),
        Column(name="bought", header=words.say(N_("Purchases so far")), kind="written"),
        Column(name="silent", header=words.say(N_("Days since the last")), kind="integer"),
    )
    caption = words.say(
        N_("Customers by what they are expected to bring in {months} months; means, days as the median"),
        months=result.months,
    )
    written = {name: [words.number(mean, 1) for mean in result.deciles[name]] for name in ("purchases", "bought")}
    return Table(columns=columns, frame=result.deciles.assign(**written), caption=caption)


@shown_table.register
def _(result: NewCustomer, words: Words) -> Table:
    columns = (
        Column(name="month", header=words.say(N_("Months after the first order")), kind="integer"),
        Column(name="repeats", header=words.say(N_("Repeat purchases so far")), kind="written"),
        Column(name="value", header=words.say(N_("Brought so far, discounted")), kind="money"),
    )
    frame = result.by_month.assign(repeats=[words.number(mean, 2) for mean in result.by_month["repeats"]])
    return Table(columns=columns, frame=frame, caption=words.say(N_("What a new customer is expected to bring")))


@shown_table.register
def _(result: NewCustomersBy, words: Words) -> Table:
    columns = (
        Column(name="group", header=split_name(result.by, words)),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="first", header=words.say(N_("First order")), kind="money"),
        Column(name="repeats", header=words.say(N_("Repeat purchases")), kind="number"),
        Column(name="money", header=words.say(N_("Each brings")), kind="money"),
        Column(name="value", header=words.say(N_("Value")), kind="money", low="low", high="high"),
        Column(name="differs_in_words", header=words.say(N_("Apart from the mean"))),
    )
    frame = result.table.assign(
        group=[segment_of(result.by, str(name), words) for name in result.table["group"]],
        differs_in_words=[words.say(N_("yes") if apart else N_("no")) for apart in result.table["differs"]],
    )
    caption = words.say(
        N_("Value of a new customer by {split}, {months} months"),
        split=split_name(result.by, words),
        months=result.months,
    )
    return Table(columns=columns, frame=frame, thin="thin", caption=caption)


@shown_table.register
def _(result: CostsBy, words: Words) -> Table:
    columns = (
        Column(name="group", header=split_name(result.by, words)),
        Column(name="won", header=words.say(N_("Won in the last year")), kind="integer"),
        Column(name="value", header=words.say(N_("Value")), kind="money", low="low", high="high"),
        Column(name="cost", header=words.say(N_("Cost of winning one")), kind="money"),
        Column(name="ratio_in_words", header=words.say(N_("Value over cost")), kind="written"),
        Column(name="net_of_year", header=words.say(N_("Left of the year")), kind="money"),
        Column(name="paid", header=words.say(N_("Paid back"))),
    )
    table = result.table.sort_values("ratio", ascending=False, kind="stable")
    frame = table.assign(
        group=[segment_of(result.by, str(name), words) for name in table["group"]],
        ratio_in_words=[times(ratio, words) for ratio in table["ratio"]],
        paid=[words.say(_STANDINGS[standing]) for standing in table["standing"]],
    )
    caption = words.say(
        N_("Value of a new customer in {months} months against the cost of winning one; highest value over cost first"),
        months=result.months,
    )
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: ValueAgainstCost, words: Words) -> Table:
    rows = [
        (N_("Value of a new customer, {months} months"), result.months, result.value, "money"),
        (N_("Cost of winning one"), None, result.cost, "money"),
        (N_("Value over cost, {months} months"), result.months, result.ratio, "ratio"),
        (N_("Value less cost, {months} months"), result.months, result.net, "money"),
        (N_("Lifetime value, {months} months"), result.lifetime_months, result.lifetime_value, "money"),
        (N_("Lifetime value over cost, {months} months"), result.lifetime_months, result.lifetime_ratio, "ratio"),
    ]
    cells = [
        (
            words.say(label, months=months),
            words.value(found.value, unit),
            words.interval(found.low, found.high, unit),
        )
        for label, months, found, unit in rows
        if isinstance(found, Estimate) and (months is None or isinstance(months, int))
    ]
    columns = (
        Column(name="figure", header=words.say(N_("Figure"))),
        Column(name="value", header=words.say(N_("Value")), kind="written"),
        Column(name="interval", header=words.say(N_("Interval")), kind="written"),
    )
    frame = type(result.to_frame())(cells, columns=["figure", "value", "interval"])
    caption = words.say(N_("A new customer against the cost of winning one; 90% intervals, that of the cost 95%"))
    return Table(columns=columns, frame=frame, caption=caption)


@list_table.register
def _(result: TopCustomers, words: Words, *, hashed: Callable[[str], str], file: str) -> Table:
    groups = {CONTACT: words.say(N_("treat")), CONTROL: words.say(N_("leave as usual"))}
    first = result.table.head(SHOWN_CUSTOMERS)
    frame = first.assign(
        customer=[hashed(id) for id in first["customer_id"]],
        group=[groups[group] for group in first["group"]],
        purchases=[words.number(expected, 1) for expected in first["purchases"]],
    ).drop(columns="customer_id")
    columns = (
        Column(name="customer", header=words.say(N_("Customer, id hashed"))),
        Column(name="group", header=words.say(N_("Test"))),
        Column(name="value", header=words.say(N_("Value in {months} months"), months=result.months), kind="money"),
        Column(name="purchases", header=words.say(N_("Purchases expected")), kind="written"),
        Column(name="risk", header=words.say(N_("Chance of no purchase")), kind="share"),
    )
    return Table(columns=columns, frame=frame, caption=list_caption(result, words, file))
