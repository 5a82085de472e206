"""Sentences of what a new customer is worth against his cost, what to pay for one, and whom to treat best."""

from __future__ import annotations

import math

from retention_lib.estimates import NotEnough
from retention_lib.models.acquisition_value import CostsBy, ValueAgainstCost
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

_STEPS = {
    (1, False): N_("Win more customers, step by step, from **{first}** ({first_ratio} times the cost)"),
    (2, False): N_(
        "Win more customers, step by step, from **{first}** ({first_ratio} times the cost) and **{second}** "
        "({second_ratio} times)"
    ),
    (1, True): N_(
        "Win more customers, step by step, from **{first}** ({first_ratio} times the cost); hold **{held}** "
        "({held_ratio} times)"
    ),
    (2, True): N_(
        "Win more customers, step by step, from **{first}** ({first_ratio} times the cost) and **{second}** "
        "({second_ratio} times); hold **{held}** ({held_ratio} times)"
    ),
}


@finding.register
def _(result: NewCustomer, words: Words) -> Finding:
    message = (
        N_(
            "A new customer brings {first} of gross profit with the first order and is expected to buy {repeats} more "
            "times in the {months} months after it ({interval}), at {money} of profit each: **{value}**, discounted."
        )
        if result.measure == "gross_profit"
        else N_(
            "A new customer brings {first} of sales with the first order and is expected to buy {repeats} more times "
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
    note = words.say(
        N_(
            "A ceiling is no target: it is the low end of what a customer is expected to bring in {months} months, the "
            "first order included, and a price above it may not come back in that time. All figures are means: the "
            "next customers of a group often cost more or are worth less than those won so far. Raise "
            "spending one step at a time and watch the cost and the purchases of the customers each step adds."
        ),
        months=result.months,
    )
    if result.net_of_year > 0:
        told = N_(
            "The customers won in the last year leave {money} beyond their cost; that is not the gain of a next step."
        )
        note += " " + words.say(told, money=words.money(result.net_of_year, compact=True))
    return Action(title=_price_title(result, words), tested=None, facts=_limits(result, words), note=note)


def _price_title(result: PriceLimit, words: Words) -> str:
    """Where to win more customers and where to hold; the ceilings where no group is known to pay."""
    if result.more:
        held = () if result.hold is None else (result.hold,)
        shown = {}
        for name, group in (*zip(("first", "second"), result.more, strict=False), *(("held", group) for group in held)):
            shown[name] = segment_of(result.by or "", group, words)
            shown[f"{name}_ratio"] = times(result.ratios[result.groups.index(group)], words)
        return words.say(_STEPS[len(result.more), bool(held)], **shown)
    if not result.groups:
        return words.say(N_("Pay at most **{limit}** for a new customer"), limit=each(result.overall, words))
    first, last = result.groups[0], result.groups[-1]
    return words.say(
        N_("Pay at most **{limit}** for a new customer of the group “{group}”")
        if first == last
        else N_("Pay at most **{limit}** for a new customer of the group “{group}”, **{low}** in “{other}”"),
        limit=each(result.limits[0], words),
        group=segment_of(result.by or "", first, words),
        low=each(result.limits[-1], words),
        other=segment_of(result.by or "", last, words),
    )


def _limits(result: PriceLimit, words: Words) -> tuple[tuple[str, str], ...]:
    """Ceiling and present cost of the first groups, the highest value over cost first; of all without groups."""
    if not result.groups:
        return ((words.say(N_("Worth at least, {months} months"), months=result.months), each(result.overall, words)),)
    rows = result.to_frame().sort_values("ratio", ascending=False, kind="stable", na_position="last")
    facts = []
    for row in rows.head(_SHOWN_LIMITS).to_dict("records"):
        limit, cost = each(float(row["limit"]), words), float(row["cost"])
        told = (
            words.say(N_("ceiling {limit}"), limit=limit)
            if math.isnan(cost)
            else words.say(N_("ceiling {limit}; now {cost}"), limit=limit, cost=each(cost, words))
        )
        facts.append((segment_of(result.by or "", str(row["group"]), words), told))
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
