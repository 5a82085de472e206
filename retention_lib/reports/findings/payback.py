"""Sentences of what winning a customer costs, when that is paid back, and which customers are worth most."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.cohort_groups import COHORT, GroupValues
from retention_lib.models.cohort_sums import periods_in
from retention_lib.models.income_value import IncomeValue
from retention_lib.models.payback import Payback
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.period_names import first_period_text, period_name, period_range, periods_text
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.words import N_, Words

_NAMED = 6
_TOLD_MONTHS = 12


@finding.register
def _(result: AcquisitionCost, words: Words) -> Finding:
    cost = result.per_customer
    shown = {"cost": words.money(cost.value, digits=2), "n": int(cost.n or 0)}
    told = {
        "customers": N_(
            "Winning a customer cost **{cost}**: all that was spent on single customers, over the {n} who bought."
        ),
        "costs": N_(
            "Winning a customer cost **{cost}**: the months' spending on acquisition, over the {n} "
            "customers won in them."
        ),
        "settings": N_("Winning a customer costs **{cost}**, as the parameter file says; the data do not tell."),
    }
    sentence = words.say(told[result.source], **shown)
    if result.opening:
        message = N_(
            "Left out, with the spending: customers won in {periods}, of whom some may be older than the data."
        )
        sentence += " " + words.say(message, periods=period_range(result.opening[0], result.opening[-1], words))
    return Finding(sentence=sentence)


@finding.register
def _(result: Payback, words: Words) -> Finding:
    told = [_paid(result, words), _many_times(result, words)]
    if result.left_out:
        message = N_("Left out: customers won in {periods}, of whom some may be older than the data.")
        told.append(words.say(message, periods=period_range(result.left_out[0], result.left_out[-1], words)))
    caption = words.say(
        N_(
            "{n} customers acquired, those who never came back included; band: 95% interval; before the "
            "cost of winning "
            "and keeping them."
        ),
        n=result.customers,
    )
    alt = words.say(N_("Rising line of what an acquired customer has brought, and the level of the cost."))
    return Finding(sentence=" ".join(told), alt=f"{alt} {told[0]}", caption=caption)


def _paid(result: Payback, words: Words) -> str:
    paid, last = result.paid, result.table.iloc[-1]
    shown = {"cost": words.money(result.cost.per_customer.value, digits=2)}
    if paid.periods is None:
        return words.say(
            N_(
                "Winning a customer costs {cost}; after {seen}, the longest seen, one has **not yet** "
                "paid that back, with "
                "{value} of gross profit."
            ),
            **shown,
            seen=periods_text(paid.seen, result.by, words),
            value=words.money(float(last["value"]), digits=2),
        )
    if paid.periods == 1 == paid.low == paid.high:
        message = N_("Winning a customer costs {cost}, and **{first} pays that back**, with {value} of gross profit.")
    elif paid.high is None:
        message = N_(
            "Winning a customer costs {cost}, which is paid back **within {time}**, with {value} of "
            "gross profit; by the "
            "interval it may be {low}, or longer than the {seen} seen."
        )
    elif paid.low == paid.high:
        message = N_(
            "Winning a customer costs {cost}, which is paid back **within {time}**, with {value} of gross profit."
        )
    else:
        message = N_(
            "Winning a customer costs {cost}, which is paid back **within {time}** ({low} to {high} by "
            "the 95% interval), "
            "with {value} of gross profit."
        )
    at = result.table.loc[result.table["periods"] == paid.periods].iloc[0]
    return words.say(
        message,
        **shown,
        first=first_period_text(result.by, words),
        time=periods_text(paid.periods, result.by, words),
        value=words.money(float(at["value"]), digits=2),
        low=periods_text(paid.low or 1, result.by, words),
        high="" if paid.high is None else periods_text(paid.high, result.by, words),
        seen=periods_text(paid.seen, result.by, words),
    )


def _many_times(result: Payback, words: Words) -> str:
    """The profit over a stated time as a multiple of the cost."""
    wanted = min(periods_in(_TOLD_MONTHS, result.by), len(result.table))
    row = result.table.loc[result.table["periods"] == wanted].iloc[0]
    time = periods_text(int(row["periods"]), result.by, words)
    if pd.isna(row["ratio"]):
        return words.say(
            N_("In {time} one brings {value} of gross profit."), time=time, value=words.money(row["value"], digits=2)
        )
    return words.say(
        N_(
            "In {time} one has brought **{ratio} times** that cost ({interval}): {value} of gross "
            "profit, {net} net of the "
            "cost."
        ),
        time=time,
        ratio=words.number(row["ratio"], 1),
        interval=words.interval(row["ratio_low"], row["ratio_high"], "ratio"),
        value=words.money(row["value"], digits=2),
        net=words.money(row["net"], digits=2),
    )


@finding.register
def _(result: GroupValues, words: Words) -> Finding:
    told = [_of_split(name, result, words) for name in result.table["dimension"].drop_duplicates()]
    if result.missing:
        names = words.listed([split_name(name, words) for name in result.missing])
        alone = len(result.missing) == 1
        message = N_("{names} is not recorded.") if alone else N_("Not recorded: {names}.")
        told.append(words.say(message, names=names[:1].upper() + names[1:] if alone else names))
    if COHORT not in set(result.table["dimension"]):
        told.append(words.say(N_("This compares who came; it does not show what a channel or a discount does.")))
    caption = words.count(
        "{customers} customers seen for {time}; coloured: differs from the others of its kind.",
        "{customers} customers seen for {time}; coloured: differs from the others of its kind, after "
        "correction for {n} "
        "comparisons.",
        result.tests,
        customers=result.customers,
        time=periods_text(result.periods, result.by, words),
    )
    alt = words.say(
        N_("Dots with intervals by group: what a customer brought in {time}, {n} groups."),
        time=periods_text(result.periods, result.by, words),
        n=len(result.table),
    )
    return Finding(sentence=" ".join(told), alt=f"{alt} {told[0]}", caption=caption)


def _of_split(name: str, result: GroupValues, words: Words) -> str:
    """The group of a split that is worth most beyond chance, and the one that is worth least."""
    rows = result.of(name)
    apart = rows.loc[rows["differs"]].sort_values("difference", ascending=False)
    judged = int((~rows["thin"] & (rows["segment"] != "")).sum())
    if name == COHORT:
        return _of_cohorts(apart, result, words)
    split = split_name(name, words)
    if judged < 2:
        return words.say(N_("By {split} no two groups hold {n} customers old enough."), split=split, n=30)
    if apart.empty:
        message = N_("By {split} none of {n} groups brings more or less than the others beyond chance.")
        return words.say(message, split=split, n=judged)
    best, worst = apart.iloc[0], apart.iloc[-1]
    if best["difference"] <= 0:
        message = N_("By {split}, a customer from **{low_name}** brings least: {low} in {time}, the others {low_rest}.")
    elif worst["difference"] >= 0:
        message = N_(
            "By {split}, a customer from **{high_name}** brings most: {high} in {time}, the others {high_rest}."
        )
    else:
        message = N_(
            "By {split}, a customer from **{high_name}** brings most, {high} in {time}, and one from **{low_name}** "
            "least, {low}."
        )
    return words.say(message, split=split, **_ends(best, worst, result, words))


def _of_cohorts(apart: pd.DataFrame, result: GroupValues, words: Words) -> str:
    """The cohorts that are worth more or less than all the others at the same age."""
    time = periods_text(result.periods, result.by, words)
    if apart.empty:
        message = N_("In {time} no cohort brings more or less than the others beyond chance, of {n} compared.")
        return words.say(message, time=time, n=result.tests)
    told = []
    better, worse = apart.loc[apart["difference"] > 0], apart.loc[apart["difference"] < 0].iloc[::-1]
    for part, message in (
        (
            better,
            N_("Worth more than the others at the same age: customers won in {names}; {best} brought {most} each."),
        ),
        (
            worse,
            N_("Worth less than the others at the same age: customers won in {names}; {best} brought {most} each."),
        ),
    ):
        if not part.empty:
            names = [period_name(segment, words) for segment in part["segment"]]
            listed = words.listed(sorted(names, key=names.index)[:_NAMED])
            most = words.money(part.iloc[0]["value"], digits=2)
            told.append(words.say(message, names=listed, best=names[0], most=most))
    end = N_("The others brought {rest} each in {time}.")
    told.append(words.say(end, rest=words.money(apart.iloc[-1]["rest_value"], digits=2), time=time))
    return " ".join(told)


def _ends(best: Any, worst: Any, result: GroupValues, words: Words) -> dict[str, str]:
    """The best and the worst group in words."""
    return {
        "time": periods_text(result.periods, result.by, words),
        "high_name": _name(best, words),
        "high": words.money(best["value"], digits=2),
        "high_rest": words.money(best["rest_value"], digits=2),
        "low_name": _name(worst, words),
        "low": words.money(worst["value"], digits=2),
        "low_rest": words.money(worst["rest_value"], digits=2),
    }


def _name(row: Any, words: Words) -> str:
    if row["dimension"] == COHORT:
        return period_name(row["segment"], words)
    return segment_of(row["dimension"], row["segment"], words)


@finding.register
def _(result: IncomeValue, words: Words) -> Finding:
    value, low, high = (_three_digits(each) for each in (result.value.value, result.value.low, result.value.high))
    sentence = words.say(
        N_(
            "Income-based lifetime value, the trade's rule of thumb: {order} an order x {pace} orders a year x {years} "
            "years = **about {value}** of revenue a customer ({interval}). It is turnover and not profit, it "
            "is not discounted, "
            "and no forecast on this page rests on it."
        ),
        order=words.money(result.average_order, digits=2),
        pace=words.number(result.orders_a_year, 2),
        years=words.number(result.years, 2),
        value=words.money(value),
        interval=words.interval(low, high, "money"),
    )
    return Finding(sentence=sentence)


def _three_digits(value: float | None) -> float | None:
    """Rounded to three digits: the product of factors that are shown rounded is not known to the cent."""
    return None if value is None else float(f"{value:.3g}")


@action.register
def _(result: GroupValues, words: Words) -> Action | None:
    """Where to try more money: between groups whose own cost is known, the best return against the worst."""
    known = result.table.loc[
        result.table["own_cost"] & ~result.table["thin"] & (result.table["dimension"] == "channel")
    ]
    known = known.loc[known["segment"] != ""].dropna(subset=["ratio"]).sort_values("ratio", ascending=False)
    if len(known) < 2 or known.iloc[0]["ratio_low"] <= known.iloc[-1]["ratio_high"]:
        return None
    best, worst = known.iloc[0], known.iloc[-1]
    time = periods_text(result.periods, result.by, words)
    title = words.say(
        N_(
            "Try to win more customers by **{best}**: one brings {times} times what it costs there, by "
            "{worst} {fewer} times"
        ),
        best=_name(best, words),
        worst=_name(worst, words),
        times=words.number(best["ratio"], 1),
        fewer=words.number(worst["ratio"], 1),
    )
    facts = tuple(
        (
            words.say(N_("{name}: brought in {time}, cost"), name=_name(row, words), time=time),
            words.say(
                N_("{value}, {cost}"),
                value=words.money(row["value"], digits=2),
                cost=words.money(row["cost"], digits=2),
            ),
        )
        for row in (best, worst)
    )
    note = words.say(
        N_(
            "The average customer of a channel is not the next one: raise spending there in steps, and "
            "compare the cohorts "
            "won at each step. Pays while a further customer costs less than {ceiling}."
        ),
        ceiling=words.money(best["value"], digits=2),
    )
    return Action(title=title, tested=False, facts=facts, note=note)
