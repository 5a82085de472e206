"""Sentences of what a new customer is worth against his cost, what to pay for one, and whom to treat best."""

from __future__ import annotations

import math

from retention_lib.models.acquisition_value import CostsBy, ValueAgainstCost
from retention_lib.models.estimates import NotEnough
from retention_lib.models.new_customer import NewCustomer, NewCustomersBy
from retention_lib.models.next_steps import CONTACT
from retention_lib.models.price_limits import PriceLimit, UnpaidGroup
from retention_lib.models.top_customers import TopCustomers
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.findings.customer_value import each, times
from retention_lib.reports.findings.winback import consents_said
from retention_lib.reports.period_names import period_range
from retention_lib.reports.segment_names import segment_of
from retention_lib.reports.words import N_, Words

_SHOWN_LIMITS = 5


@finding.register
def _(result: NewCustomer, words: Words) -> Finding:
    message = (
        N_(
            "A new customer brings {first} of gross profit with the first order and is expected to buy {repeats} times "
            "more in the {months} months after it ({interval}), at {money} of profit each: **{value}**, discounted."
        )
        if result.measure == "gross_profit"
        else N_(
            "A new customer brings {first} of sales with the first order and is expected to buy {repeats} times more "
            "in the {months} months after it ({interval}), at {money} each: **{value}**, discounted."
        )
    )
    told = words.say(
        message,
        first=each(result.first.value, words),
        repeats=words.number(result.repeats.value, 1),
        interval=words.interval(result.repeats.low, result.repeats.high, "ratio"),
        months=result.months,
        money=each(result.money.value, words),
        value=each(result.value.value, words),
    )
    if result.left_out:
        periods = period_range(result.left_out[0], result.left_out[-1], words)
        message = N_("Left out: customers won in {periods}, of whom some may be older than the data.")
        told += " " + words.say(message, periods=periods)
    return Finding(sentence=told)


@finding.register
def _(result: NewCustomersBy, words: Words) -> Finding:
    table = result.table[~result.table["thin"] & ~result.table["pooled"]]
    apart = table[table["differs"]]
    sentence = (
        _apart(result, words)
        if len(apart)
        else words.say(N_("No group is worth more or less than all customers beyond chance."))
    )
    if (~result.table["thin"] & result.table["pooled"]).any():
        sentence += " " + words.count(
            "{n} group with fewer than 200 customers who came back takes the repeat purchases of all.",
            "{n} groups with fewer than 200 customers who came back take the repeat purchases of all.",
            int((~result.table["thin"] & result.table["pooled"]).sum()),
        )
    shown = {"groups": int((~result.table["thin"]).sum()), "all": each(result.everybody.value.value, words)}
    alt = words.say(N_("Dots with intervals, one a group, beside the line of all customers at {all}."), **shown)
    caption = words.say(
        N_(
            "Value of a new customer in {months} months by group, {n} customers; thin bars: 90% intervals, thick ones "
            "without the error of the forecast, which moves all groups alike; marks: cost of winning one, where known."
        ),
        months=result.months,
        n=int(result.table["customers"].sum()),
    )
    return Finding(sentence=sentence, alt=f"{alt} {sentence}", caption=caption)


def _apart(result: NewCustomersBy, words: Words) -> str:
    """The groups worth most and least, where they lie apart from all."""
    usual = result.everybody.value.value
    apart = result.table[result.table["differs"] & ~result.table["thin"]]
    best, worst = apart.iloc[0], apart.iloc[-1]
    shown = {
        "group": segment_of(result.by, str(best["group"]), words),
        "value": each(float(best["value"]), words),
        "other": segment_of(result.by, str(worst["group"]), words),
        "least": each(float(worst["value"]), words),
        "all": each(usual, words),
        "months": result.months,
    }
    if best["value"] > usual > worst["value"]:
        return words.say(
            N_(
                "In {months} months a new customer of the group “{group}” is worth **{value}**, one of “{other}” "
                "{least}; the mean is {all}, and both differ from it by more than chance."
            ),
            **shown,
        )
    message = (
        N_(
            "In {months} months a new customer of the group “{group}” is worth **{value}**, by more than chance above "
            "the mean of {all}."
        )
        if best["value"] > usual
        else N_(
            "In {months} months a new customer of the group “{other}” is worth **{least}**, by more than chance below "
            "the mean of {all}."
        )
    )
    return words.say(message, **shown)


@finding.register
def _(result: ValueAgainstCost, words: Words) -> Finding:
    shown = {
        "value": each(result.value.value, words),
        "months": result.months,
        "cost": each(result.cost.value, words),
        "ratio": times(result.ratio.value, words),
        "low": times(result.ratio.low, words),
        "high": times(result.ratio.high, words),
        "net": each(abs(result.net.value), words),
    }
    message = (
        N_(
            "A new customer is worth {value} in the first {months} months and costs {cost} to win: **{ratio} times the "
            "cost** ({low} to {high}), {net} beyond it."
        )
        if result.net.value >= 0
        else N_(
            "A new customer is worth {value} in the first {months} months and costs {cost} to win: **{ratio} times the "
            "cost** ({low} to {high}), {net} short of it."
        )
    )
    return Finding(sentence=f"{words.say(message, **shown)}{_lifetime(result, words)}")


def _lifetime(result: ValueAgainstCost, words: Words) -> str:
    """The lifetime figure, beside which alone the rule of thumb may stand."""
    ratio, value, months = result.lifetime_ratio, result.lifetime_value, result.lifetime_months
    if isinstance(ratio, NotEnough) or isinstance(value, NotEnough) or isinstance(months, NotEnough):
        return ""
    return " " + words.say(
        N_(
            "Over a lifetime of {months} months, most of them beyond what the data show, it is {value} or {ratio} "
            "times ({low} to {high}); 3 to 4 times what winning and keeping a customer costs is the rule of thumb "
            "reported by the trade for a lifetime."
        ),
        months=months,
        value=each(value.value, words),
        ratio=times(ratio.value, words),
        low=times(ratio.low, words),
        high=times(ratio.high, words),
    )


@finding.register
def _(result: CostsBy, words: Words) -> Finding:
    table = result.table
    best = table.sort_values("net", ascending=False).iloc[0]
    sentence = words.say(
        N_(
            "A customer of the group “{group}” leaves most beyond the cost: {net}, with {value} of value for {cost} "
            "({ratio} times the cost)."
        ),
        group=segment_of(result.by, str(best["group"]), words),
        net=each(float(best["net"]), words),
        value=each(float(best["value"]), words),
        cost=each(float(best["cost"]), words),
        ratio=times(float(best["ratio"]), words),
    )
    short = [segment_of(result.by, str(name), words) for name in table.loc[table["standing"] == "not_paid", "group"]]
    if short:
        told = N_("Not paid back within {months} months, by more than chance: **{groups}**.")
        sentence += " " + words.say(told, months=result.months, groups=words.listed(short))
    elif (table["standing"] == "pays").all():
        told = N_("All groups bring back their cost within {months} months, by more than chance.")
        sentence += " " + words.say(told, months=result.months)
    return Finding(sentence=sentence)


@action.register
def _(result: PriceLimit, words: Words) -> Action:
    if not result.groups:
        title = words.say(N_("Pay at most **{limit}** for a new customer"), limit=each(result.overall, words))
        worth = words.say(N_("Worth at least, {months} months"), months=result.months)
        facts: tuple[tuple[str, str], ...] = ((worth, each(result.overall, words)),)
    else:
        title = words.say(
            N_(
                "Let the price of a new customer follow its worth: at most **{high}** in the group “{group}”, "
                "**{low}** in “{other}”"
            ),
            high=each(result.limits[0], words),
            group=segment_of(result.by or "", result.groups[0], words),
            low=each(result.limits[-1], words),
            other=segment_of(result.by or "", result.groups[-1], words),
        )
        facts = _limits(result, words)
    if result.net_of_year > 0:
        label = words.say(N_("Left beyond the cost, customers won in the last year"))
        facts = (*facts, (label, words.money(result.net_of_year, compact=True)))
    note = words.say(
        N_(
            "The limit is the low end of what a customer is expected to bring in {months} months, the first order "
            "included; paid more, the price may not come back in that time. It is a mean: the next customers of a "
            "channel are often worth less than those it brought so far, so raise spending by steps and watch the new "
            "cohorts."
        ),
        months=result.months,
    )
    return Action(title=title, tested=None, facts=facts, note=note)


def _limits(result: PriceLimit, words: Words) -> tuple[tuple[str, str], ...]:
    """Limit and present cost of the first groups."""
    facts = []
    for group, limit, cost in list(zip(result.groups, result.limits, result.costs, strict=True))[:_SHOWN_LIMITS]:
        told = (
            words.say(N_("at most {limit}"), limit=each(limit, words))
            if math.isnan(cost)
            else words.say(N_("at most {limit}; now {cost}"), limit=each(limit, words), cost=each(cost, words))
        )
        facts.append((segment_of(result.by or "", group, words), told))
    return tuple(facts)


@action.register
def _(result: UnpaidGroup, words: Words) -> Action:
    title = words.say(
        N_(
            "Stop buying customers of the group “{group}” at this price: one costs **{cost}** and is worth "
            "**{value}** in {months} months"
        ),
        group=segment_of(result.by, result.group, words),
        cost=each(result.cost, words),
        value=each(result.value.value, words),
        months=result.months,
    )
    facts = (
        (words.say(N_("Won in the last year")), words.number(result.won)),
        (words.say(N_("Cost beyond their worth")), words.money(result.lost_of_year, compact=True)),
    )
    note = words.say(
        N_(
            "The difference is more than chance (value between {low} and {high}). Some of these customers would come "
            "by themselves and some lead others here: stop in some regions or weeks only, leave the rest, and compare."
        ),
        low=each(float(result.value.low or 0.0), words),
        high=each(float(result.value.high or 0.0), words),
    )
    return Action(title=title, tested=False, facts=facts, note=note)


@finding.register
def _(result: TopCustomers, words: Words) -> Finding:
    contacts = int((result.table["group"] == CONTACT).sum())
    sentence = words.say(
        N_(
            "The list of the most valuable customers holds **{contact}** to treat and as many like them, drawn at "
            "random, to leave as usual; together they carry {share} of the value of all. {consents}"
        ),
        contact=contacts,
        share=words.percent(result.share, 0),
        consents=consents_said(result, words),
    )
    return Finding(sentence=sentence)
