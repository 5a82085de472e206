"""Sentences of what the known customers are worth, and who carries it."""

from __future__ import annotations

from retention_lib.estimates import NotEnough
from retention_lib.models.acquisition_value import ValueAgainstCost
from retention_lib.models.backtest import Backtest
from retention_lib.models.concentration import Concentration
from retention_lib.models.last_month import LastMonthForecast
from retention_lib.models.new_customer import NewCustomer
from retention_lib.models.value import BaseValue, ValueBy
from retention_lib.models.value_at_stake import ValueAtStake
from retention_lib.reports.blocks import Status, Verdict
from retention_lib.reports.findings.backtest import ACCURATE, ROUGH
from retention_lib.reports.findings.base import Finding, finding, verdict
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.segment_names import segment_of
from retention_lib.reports.words import N_, Words
from retention_lib.settings import Economics

_LARGE = 100  # an amount from which cents say nothing
_MANY = 3  # times from which on hundredths say nothing
_YEAR_MONTHS = 12
_MEASURES = {"gross_profit": N_("Gross profit"), "revenue": N_("Sales")}


@verdict.register
def _(
    result: BaseValue,
    words: Words,
    *,
    newcomer: NewCustomer | NotEnough,
    against: ValueAgainstCost | NotEnough,
    record: Backtest | NotEnough,
    last_month: LastMonthForecast | NotEnough,
    economics: Economics | None = None,
) -> Verdict:
    assumed = economics is not None and "gross_margin" in economics.assumptions and result.measure == "gross_profit"
    told = [_base(result, words), _newcomer(newcomer, against, words), _record(record, words)]
    told += _month(last_month, words) + ([words.say(N_("The margin is assumed."))] if assumed else [])
    surprised = isinstance(last_month, LastMonthForecast) and last_month.revenue_inside is False
    status = _status(against, record)
    return Verdict(status="watch" if status == "good" and (surprised or assumed) else status, sentence=" ".join(told))


def _month(told: LastMonthForecast | NotEnough, words: Words) -> list[str]:
    """What the last month brought against its forecast."""
    if isinstance(told, NotEnough) or isinstance(told.revenue, NotEnough):
        return []
    message = (
        N_("Known customers bought for {actual} in {month}; {forecast} was forecast.")
        if told.revenue_inside
        else N_("Known customers bought for **{actual}** in {month}; {forecast} was forecast, so it left the interval.")
    )
    return [
        words.say(
            message,
            month=words.month(told.month),
            actual=words.money(told.actual_revenue, compact=True),
            forecast=words.money(told.revenue.value, compact=True),
        )
    ]


def _status(against: ValueAgainstCost | NotEnough, record: Backtest | NotEnough) -> Status:
    """Act where customers cost more than they bring; watch where that is open or the forecast was far off."""
    if isinstance(against, ValueAgainstCost) and (against.ratio.high or 0.0) < 1:
        return "act"
    if isinstance(record, NotEnough):
        return "unknown"
    open_still = isinstance(against, ValueAgainstCost) and (against.ratio.low or 0.0) <= 1
    rough = record.total_error_median > ACCURATE or abs(record.total_error) > ROUGH
    return "watch" if open_still or rough else "good"


def _base(result: BaseValue, words: Words) -> str:
    message = (
        N_(
            "The {n} customers known on {day} are expected to bring **{total}** of gross profit in the next {months} "
            "months ({interval}), {value} each."
        )
        if result.measure == "gross_profit"
        else N_(
            "The {n} customers known on {day} are expected to bring **{total}** of sales in the next {months} months "
            "({interval}), {value} each; no margin is known, so this is not profit."
        )
    )
    return words.say(
        message,
        n=result.customers,
        day=result.as_of,
        months=result.horizon_months,
        total=words.money(result.total.value, compact=True),
        interval=words.interval(result.total.low, result.total.high, "money", compact=True),
        value=each(result.per_customer.value, words),
    )


def _newcomer(newcomer: NewCustomer | NotEnough, against: ValueAgainstCost | NotEnough, words: Words) -> str:
    if isinstance(newcomer, NotEnough):
        return reason_sentence(newcomer, words)
    shown = {"value": each(newcomer.value.value, words), "months": newcomer.months}
    if isinstance(against, NotEnough):
        return words.say(N_("A new one is worth **{value}** in the first {months} months."), **shown)
    return words.say(
        N_(
            "A new one is worth **{value}** in the first {months} months and costs {cost} to win: {ratio} times the "
            "cost ({low} to {high})."
        ),
        **shown,
        cost=each(against.cost.value, words),
        ratio=times(against.ratio.value, words),
        low=times(against.ratio.low, words),
        high=times(against.ratio.high, words),
    )


def _record(record: Backtest | NotEnough, words: Words) -> str:
    if isinstance(record, NotEnough):
        return words.say(N_("How far such a forecast is off could not be tried on the past."))
    last = abs(record.total_error)
    if record.total_error_median > ACCURATE:
        message = N_(
            "Tested on {n} past dates, the forecast was usually **{error} off** in total, so take the value as rough."
        )
    elif last > ROUGH and record.total_error > 0:
        message = N_(
            "Tested on {n} past dates, the forecast was usually {error} off in total, but **{last} too high** in the "
            "last test: take the value as rough."
        )
    elif last > ROUGH:
        message = N_(
            "Tested on {n} past dates, the forecast was usually {error} off in total, but **{last} too low** in the "
            "last test: take the value as rough."
        )
    else:
        message = N_("Tested on {n} past dates, the forecast was usually {error} off in total.")
    return words.say(
        message,
        n=len(record.errors),
        error=words.percent(record.total_error_median, 0),
        last=words.percent(last, 0),
    )


def each(value: float, words: Words) -> str:
    """An amount a customer, with cents only where they say something.

    Args:
        value: Money.
        words: The reader's language and currency.
    """
    return words.money(value, digits=2 if abs(value) < _LARGE else 0)


def times(ratio: float | None, words: Words) -> str:
    """How many times something is another, with digits enough near 1.

    Args:
        ratio: The quotient.
        words: The reader's language.
    """
    return words.number(ratio, 1 if ratio is not None and ratio >= _MANY else 2)


@finding.register
def _(result: BaseValue, words: Words) -> Finding:
    first, last = result.months.iloc[0], result.months.iloc[-1]
    shown = {
        "months": result.horizon_months,
        "total": words.money(result.total.value, compact=True),
        "first": words.money(float(first["discounted_value"]), compact=True),
        "last": words.money(float(last["discounted_value"]), compact=True),
        "purchases": words.number(result.expected_purchases.value),
        "interval": words.interval(result.expected_purchases.low, result.expected_purchases.high, "count"),
        "spend": words.money(result.mean_spend, digits=2),
    }
    sentence = words.say(
        N_(
            "{purchases} purchases are expected in {months} months ({interval}) at {spend} each. They bring {first} in "
            "the first month and {last} in the last: **{total}** in all."
        ),
        **shown,
    )
    alt = words.say(N_("Rising line with its band: {first} after one month, {total} after {months}."), **shown)
    caption = words.say(
        N_(
            "{measure} of the {n} customers known on {day}, until {end}, discounted at {rate} a year; band: 90% "
            "interval; nothing from customers yet to be won."
        ),
        measure=words.say(_MEASURES[result.measure]),
        n=result.customers,
        day=result.as_of,
        end=result.horizon_end,
        rate=words.percent(result.discount_rate_annual, 0),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: ValueBy, words: Words) -> Finding:
    sentence, alt = _of_cohorts(result, words) if result.by == "cohort" else _of_groups(result, words)
    caption = words.say(
        N_("Expected in the next {months} months, a customer; bars: 90% intervals; {n} customers."),
        months=result.months,
        n=result.customers,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _of_groups(result: ValueBy, words: Words) -> list[str]:
    """The group with most of the value, the most and the least valuable customers, and the alt text."""
    largest = result.table.iloc[0]
    ranked = result.table[~result.table["thin"]].sort_values("value", ascending=False)
    shown = {
        "group": segment_of(result.by, str(largest["group"]), words),
        "share": words.percent(float(largest["share"]), 0),
        "total": words.money(float(largest["total"]), compact=True),
        "n": int(largest["customers"]),
    }
    sentence = words.say(
        N_("Most lies with the group “{group}”: {total} with {n} customers, **{share}** of the value of all."), **shown
    )
    if len(ranked) > 1:
        sentence += " " + words.say(
            N_("A customer is expected to bring most in “{group}” ({value}) and least in “{other}” ({least})."),
            group=segment_of(result.by, str(ranked.iloc[0]["group"]), words),
            value=each(float(ranked.iloc[0]["value"]), words),
            other=segment_of(result.by, str(ranked.iloc[-1]["group"]), words),
            least=each(float(ranked.iloc[-1]["value"]), words),
        )
    return [
        sentence,
        words.say(N_("Dots with intervals, one a group: “{group}” holds {total}, {share} of all."), **shown),
    ]


def _of_cohorts(result: ValueBy, words: Words) -> list[str]:
    """What the customers of the last year hold, in a short history which month's are worth most; and the alt text."""
    if len(result.table) <= _YEAR_MONTHS:
        return _of_few_cohorts(result, words)
    young = result.table.tail(_YEAR_MONTHS)
    held, people = float(young["share"].sum()), float(young["customers"].sum()) / result.customers
    shown = {
        "cohorts": len(young),
        "month": words.month(str(young["group"].iloc[0])),
        "share": words.percent(held, 0),
        "people": words.percent(people, 0),
    }
    message = (
        N_("Customers won since {month}, {people} of all, hold **{share}** of what is to come: older ones have left.")
        if held > people
        else N_("Customers won since {month}, {people} of all, hold **{share}** of what is to come.")
    )
    alt = N_("Dots with intervals, one a month of the first purchase; the last {cohorts} hold {share} of all.")
    return [words.say(message, **shown), words.say(alt, **shown)]


def _of_few_cohorts(result: ValueBy, words: Words) -> list[str]:
    told = result.table[~result.table["thin"]] if not result.table["thin"].all() else result.table
    ranked = told.sort_values("value", ascending=False)
    best, worst = ranked.iloc[0], ranked.iloc[-1]
    sentence = words.say(
        N_("A customer won in {month} is expected to bring most (**{value}**), one won in {other} least ({least})."),
        month=words.month(str(best["group"])),
        value=each(float(best["value"]), words),
        other=words.month(str(worst["group"])),
        least=each(float(worst["value"]), words),
    )
    return [sentence, f"{words.say(N_('Dots with intervals, one a month of the first purchase.'))} {sentence}"]


@finding.register
def _(result: Concentration, words: Words) -> Finding:
    shown = {
        "share": words.percent(result.top_decile_share.value, 0),
        "interval": words.interval(result.top_decile_share.low, result.top_decile_share.high, "share"),
        "half": result.half_of,
        "part": words.percent(result.half_of / result.customers, 1),
        "gini": words.number(result.gini.value, 2),
        "n": result.customers,
    }
    sentence = words.say(
        N_(
            "The tenth of the customers with the highest value carries **{share}** of all ({interval}); half of it "
            "lies with {half} customers, {part} of them."
        ),
        **shown,
    )
    alt = words.say(
        N_("Curve far above the diagonal: the first tenth of the customers holds {share} of the value."), **shown
    )
    caption = words.say(
        N_(
            "Customers by expected value, the highest first; on the dashed line all would be equal; Gini coefficient "
            "{gini}; {n} customers."
        ),
        **shown,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: ValueAtStake, words: Words) -> Finding:
    return Finding(
        sentence=words.say(
            N_(
                "**{open}** of what customers who stay would bring in {months} months can still be lost, as they may "
                "buy nothing; a further {gone} lies with customers who have most likely left already. Half of the "
                "{total} together ({interval}) lies with {half} customers; if nobody had left or left from now on, all "
                "would bring {all}."
            ),
            open=words.money(result.total.value * (1 - result.likely_gone), compact=True),
            all=words.money(result.if_all_stay, compact=True),
            months=result.months,
            total=words.money(result.total.value, compact=True),
            interval=words.interval(result.total.low, result.total.high, "money", compact=True),
            half=result.half_of,
            gone=words.money(result.total.value * result.likely_gone, compact=True),
        )
    )
