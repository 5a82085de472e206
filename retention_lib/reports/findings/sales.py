"""Sentences about sales over time and the few that make them up: gaps, very large orders, the largest customer."""

from __future__ import annotations

from typing import Any

from retention_lib.models.outliers import DominantCustomer, NegativeCustomers, Outliers
from retention_lib.models.sales_calendar import LastMonth, SalesCalendar
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding, finding_alert
from retention_lib.reports.findings.quality import share_text
from retention_lib.reports.rows import rows
from retention_lib.reports.words import N_, Words

SHOWN = 3
"""Gaps named in a sentence; the rest are counted."""


@finding.register
def _(result: SalesCalendar, words: Words) -> Finding:
    gaps = _gaps(result, words)
    sentence = (
        words.say(
            N_("**No sales** {list}: is a part of the data missing, or was the shop closed?"), list=words.listed(gaps)
        )
        if gaps
        else words.say(
            N_("Days with sales: {days} of {span}; every pause fits the shop's own week."),
            days=result.days_with_sales,
            span=len(result.days),
        )
    )
    months = result.months
    best = months.iloc[int(months["revenue"].to_numpy().argmax())]
    alt = words.count(
        "Bars of sales in {n} month, {amount} in {month}.",
        "Bars of sales over {n} months, highest in {month} with {amount}.",
        len(months),
        month=words.month(str(best["month"])),
        amount=words.money(float(best["revenue"]), compact=True),
    )
    caption = words.say(
        N_("Net sales from {first} to {last}; pale and hatched: a month seen in part, red: no sales."),
        first=result.first_day,
        last=result.last_day,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@alert.register
def _(result: SalesCalendar, words: Words) -> Alert:
    return finding_alert(result, words, found=result.found, title=words.say(N_("Calendar.")))


@alert.register
def _(result: LastMonth, words: Words) -> Alert:
    title = words.say(N_("Last month."))
    month = words.month(result.month)
    if result.complete:
        message = N_("{month} is whole: the last sale is of {day}.")
        return Alert(level="ok", title=title, sentence=words.say(message, month=month, day=result.last_day))
    sentence = words.count(
        "{month} is not over: the last sale is of {day}, {n} day before its end. Do not compare it with whole months.",
        "{month} is not over: the last sale is of {day}, {n} days before its end. Do not compare it with whole months.",
        result.days_missing,
        month=month,
        day=result.last_day,
    )
    return Alert(level="warn", title=title, sentence=sentence)


@finding.register
def _(result: Outliers, words: Words) -> Finding:
    if result.outliers == 0:
        message = N_(
            "No order is far larger than the rest: the median of {orders} is {median}, and none is over {limit}."
        )
    elif not result.found:
        message = N_(
            "Over {limit}, where the median is {median}: {outliers} of {orders} orders. They make up only {share} of "
            "the money."
        )
    else:
        message = N_(
            "**{share} of the money** is in {outliers} of {orders} orders: over {limit}, where the median is {median}. "
            "Sales are {revenue} with them and {without} without; {mean}."
        )
    sentence = words.say(
        message,
        outliers=result.outliers,
        orders=result.orders,
        limit=words.money(result.limit),
        median=words.money(result.median_order),
        share=share_text(result.share, words),
        revenue=words.money(result.revenue),
        without=words.money(result.revenue_without),
        mean=_mean_without(result, words),
    )
    return Finding(sentence=sentence)


@alert.register
def _(result: Outliers, words: Words) -> Alert:
    return finding_alert(result, words, found=result.found, title=words.say(N_("Very large orders.")))


@finding.register
def _(result: DominantCustomer, words: Words) -> Finding:
    known = result.revenue_share is not None
    if not result.dominates:
        message = (
            N_("No customer dominates: the largest of {customers} has {rows_share} of the rows and {share} of sales.")
            if known
            else N_("No customer dominates: the largest of {customers} has {rows_share} of the rows.")
        )
    else:
        message = (
            N_(
                "**One customer** ({customer}) has {rows_share} of the rows and {share} of sales: a wholesaler, a test "
                "account or the till's id for unknown buyers? Without it sales are {without}; {mean}."
            )
            if known
            else N_(
                "**One customer** ({customer}) has {rows_share} of the rows: a wholesaler, a test account or the "
                "till's id for unknown buyers? Without it sales are {without}; {mean}."
            )
        )
    sentence = words.say(
        message,
        customer=result.customer,
        customers=result.customers,
        rows_share=share_text(result.rows_share, words),
        share=share_text(result.revenue_share or 0.0, words),
        without=words.money(result.revenue_without),
        mean=_mean_without(result, words),
    )
    return Finding(sentence=sentence)


@alert.register
def _(result: DominantCustomer, words: Words) -> Alert:
    return finding_alert(result, words, found=result.found, title=words.say(N_("Largest customer.")))


@alert.register
def _(result: NegativeCustomers, words: Words) -> Alert:
    message = (
        N_(
            "Customers who returned what they bought, or paid nothing: {n} of {customers}. The model of spend leaves "
            "them out."
        )
        if result.found
        else N_("Every customer paid more than was returned.")
    )
    return check_alert(
        found=result.found,
        title=words.say(N_("Customers without a net purchase.")),
        sentence=words.say(message, n=result.negative, customers=result.customers),
    )


def _mean_without(result: Outliers | DominantCustomer, words: Words) -> str:
    """What leaving them out does to the mean order, where that can be seen at all."""
    mean, without = words.money(result.mean_order), words.money(result.mean_order_without)
    if mean == without:
        return words.say(N_("the mean order stays {mean}"), mean=mean)
    return words.say(N_("the mean order goes from {mean} to {without}"), mean=mean, without=without)


def _gaps(result: SalesCalendar, words: Words) -> list[str]:
    """The months and days without a sale, the longest pauses first; those beyond a few are counted."""
    months = [words.say(N_("in {month}"), month=words.month(month)) for month in result.missing_months]
    rest = [row for row in rows(result.gaps) if not _holds_month(row, result.missing_months)]
    days = [
        words.say(
            N_("from {first} to {last} ({days})"), first=row.first_day, last=row.last_day, days=words.days(row.days)
        )
        for row in sorted(rest, key=lambda row: -row.days)
    ]
    found = [*months, *days]
    left = len(found) - SHOWN
    return found if left <= 0 else [*found[:SHOWN], words.count("{n} more time", "{n} more times", left)]


def _holds_month(gap: Any, months: tuple[str, ...]) -> bool:
    """Whether a gap holds one of the months, which names it already."""
    return any(f"{gap.first_day:%Y-%m}" <= month <= f"{gap.last_day:%Y-%m}" for month in months)
