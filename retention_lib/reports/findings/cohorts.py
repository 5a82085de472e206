"""Sentences of cohorts: who came back, what a customer has brought, and whether the newest are better."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from retention_lib.models.cohort_calendar import CohortCalendar
from retention_lib.models.cohort_changes import CohortChange
from retention_lib.models.cohort_matrices import CohortMatrix
from retention_lib.models.cohorts import CohortTriangles, CohortValue, CostCeiling
from retention_lib.reports.blocks import Action
from retention_lib.reports.charts.heatmaps import MOST_COHORTS
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.period_names import first_period_text, period_name, period_range, periods_text
from retention_lib.reports.words import N_, Words

_SHOWN_SHARE = 0.0005  # below it a share is shown as 0.0%


@finding.register
def _(result: CohortTriangles, words: Words) -> Finding:
    judged = result.retention.where(result.whole).loc[result.judged]
    known = judged.loc[[cohort not in result.opening for cohort in judged.index]]
    retention = (known if known.iloc[:, 1:].notna().any(axis=None) else judged).dropna(how="all")
    later = retention.iloc[:, 1:].dropna(how="all")
    if later.empty:
        sentence = words.say(
            N_("No cohort of 30 customers or more has a second period yet; {n} customers bought for the first time."),
            n=int(result.sizes.sum()),
        )
        return Finding(sentence=sentence, alt=sentence, caption=_caption(result, words))
    told = [_came_back(later.iloc[0], result, words), *_opening(result, words)]
    second = later.iloc[:, 0].dropna()
    alt = words.say(
        N_("Table of shades by cohort and age: between {low} and {high} of a cohort bought {time} after the first."),
        low=words.percent(float(second.min())),
        high=words.percent(float(second.max())),
        time=periods_text(1, result.by, words),
    )
    return Finding(sentence=" ".join(told), alt=alt, caption=_caption(result, words))


def _came_back(shares: pd.Series, result: CohortTriangles, words: Words) -> str:
    """The share of the oldest cohort that bought in the second and in the last period seen."""
    seen = shares.dropna()
    shown = {
        "cohort": period_name(str(shares.name), words),
        "n": int(result.sizes[str(shares.name)]),
        "early": words.percent(float(seen.iloc[0])),
        "first": periods_text(int(seen.index[0]), result.by, words),
    }
    if len(seen) == 1:
        return words.say(N_("Of the {n} customers won in {cohort}, **{early}** bought {first} later."), **shown)
    return words.say(
        N_(
            "Of the {n} customers won in {cohort}, {early} bought {first} later and **{late}** {last} later, the last "
            "one seen whole."
        ),
        **shown,
        late=words.percent(float(seen.iloc[-1])),
        last=periods_text(int(seen.index[-1]), result.by, words),
    )


def _opening(result: CohortTriangles, words: Words) -> list[str]:
    if not result.opening:
        return []
    message = N_(
        "The cohorts of {periods} are far larger than the others: they seem to hold customers won "
        "before the data begin, "
        "and are left out where cohorts are put together."
    )
    return [words.say(message, periods=period_range(result.opening[0], result.opening[-1], words))]


def _caption(result: CohortTriangles, words: Words) -> str:
    shown = {"cohorts": len(result.sizes), "n": int(result.sizes.sum())}
    told = [words.say(N_("Per cent of the cohort that bought; {cohorts} cohorts, {n} customers."), **shown)]
    if len(result.sizes) > MOST_COHORTS:
        told.append(words.say(N_("The newest {n} of at least 30 customers are drawn."), n=MOST_COHORTS))
    told.append(_marks(words))
    return " ".join(told)


def _marks(words: Words) -> str:
    return words.say(N_("Hatched: not over; grey: fewer than {n} customers; empty: not yet seen."), n=30)


@finding.register
def _(result: CohortMatrix, words: Words) -> Finding:
    known = not math.isnan(result.later)
    told = {
        ("orders", True): N_(
            "A customer buys {first} times in {period}, and **{later}** times in each of those that "
            "follow, the ones who "
            "never come back included."
        ),
        ("orders", False): N_("A customer buys {first} times in {period}; no later one is over yet."),
        ("revenue", True): N_(
            "A customer brings {first} of revenue in {period}, and **{later}** in each of those that "
            "follow, the ones who "
            "never come back included."
        ),
        ("revenue", False): N_("A customer brings {first} of revenue in {period}; no later one is over yet."),
    }

    def shown(value: float) -> str:
        return words.number(value, 2) if result.kind == "orders" else words.money(value, digits=2)

    sentence = words.say(
        told[result.kind, known],
        first=shown(result.first),
        period=first_period_text(result.by, words),
        **({"later": shown(result.later)} if known else {}),
    )
    unit = N_("Purchases a customer; {cohorts} cohorts, {n} customers.")
    if result.kind == "revenue":
        unit = N_("Net revenue a customer; {cohorts} cohorts, {n} customers.")
    if result.opening:
        message = N_("Left out: customers won in {periods}, of whom some may be older than the data.")
        if result.opening_counted:
            message = N_("That counts customers won in {periods}, of whom some may be older than the data.")
        sentence += " " + words.say(message, periods=period_range(result.opening[0], result.opening[-1], words))
    caption = words.say(unit, cohorts=len(result.sizes), n=int(result.sizes.sum()))
    return Finding(sentence=sentence, alt=sentence, caption=f"{caption} {_marks(words)}")


@finding.register
def _(result: CohortValue, words: Words) -> Finding:
    known = [cohort for cohort in result.table.index if cohort not in result.opening] or list(result.table.index)
    first = result.table.loc[known[0]].dropna()
    earned = (
        N_("A customer won in {cohort} has brought **{value}** of gross profit in {time}, {start} of it in {period}.")
        if result.measure == "gross_profit"
        else N_(
            "A customer won in {cohort} has brought **{value}** of revenue in {time}, {start} of it in {period}; no "
            "margin is given."
        )
    )
    shown = {
        "cohort": period_name(str(known[0]), words),
        "value": words.money(float(first.iloc[-1]), digits=2),
        "time": periods_text(int(first.index[-1]) + 1, result.by, words),
    }
    sentence = words.say(
        earned,
        **shown,
        start=words.money(float(first.iloc[0]), digits=2),
        period=first_period_text(result.by, words),
    )
    alt = words.say(
        N_("Rising lines, one a cohort: a customer won in {cohort} has brought {value} after {time}."), **shown
    )
    message = N_(
        "{cohorts} cohorts of at least 30 customers, {n} customers in all, buyers or not; periods that are over."
    )
    if result.opening:
        message = N_(
            "{cohorts} cohorts of at least 30 customers, {n} customers in all, buyers or not; periods that are over; "
            "dashed: may hold customers won before the data begin."
        )
    caption = words.say(message, cohorts=len(result.table), n=int(result.sizes.sum()))
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: CohortCalendar, words: Words) -> Finding:
    periods, total = len(result.table), float(result.table.to_numpy().sum())
    if result.last is None or result.new_share is None:
        sentence = words.say(
            N_("No period has been seen whole yet; {total} of sales so far."), total=words.money(total, compact=True)
        )
    else:
        sentence = words.say(
            _sources(result),
            period=period_name(result.last, words),
            new=words.percent(result.new_share),
            old=words.percent(result.old_share),
        )
    caption = words.say(
        N_(
            "Net sales of {from_period} to {to_period} by when the customers were won, {total} in all; "
            "hatched: not seen "
            "whole."
        ),
        from_period=period_name(str(result.table.index[0]), words),
        to_period=period_name(str(result.table.index[-1]), words),
        total=words.money(total, compact=True),
    )
    alt = words.say(N_("Stacked bars of net sales, {n} periods, the oldest customers darkest."), n=periods)
    return Finding(sentence=sentence, alt=f"{alt} {sentence}", caption=caption)


def _sources(result: CohortCalendar) -> str:
    """The sentence on whom the last month's sales came from, without the parts whose share rounds to nothing."""
    new, old = (share is not None and abs(share) >= _SHOWN_SHARE for share in (result.new_share, result.old_share))
    if new and old:
        return N_(
            "Of the sales of {period} **{new}** came from customers won in it and {old} from customers won a year or "
            "more before."
        )
    if new:
        return N_("Of the sales of {period} **{new}** came from customers won in it.")
    if old:
        return N_("Of the sales of {period} **{old}** came from customers won a year or more before.")
    return N_("The sales of {period} came from customers won before it.")


@finding.register
def _(result: CohortChange, words: Words) -> Finding:
    return Finding(sentence=" ".join([_newest(result, words), *_told_last(result, words)]))


def _newest(result: CohortChange, words: Words) -> str:
    """The comparison that is surest; where there is none, the money and that no difference is clear."""
    row = result.strongest
    if row is None:
        return _no_difference(result, words)
    shown, better = _compared(row, result, words), row["difference"] > 0
    ages = int((result.table["kind"] == row["kind"]).sum())
    if row["kind"] == "retention" and 2 * result.agreeing(row) <= ages:
        return _some_ages(row, result, words)
    told = {
        ("value", True): N_(
            "**The newest customers are better**: those won in {newest} brought {now} each in {time}, those before "
            "{before}; the difference is {difference} ({interval})."
        ),
        ("value", False): N_(
            "**The newest customers are worse**: those won in {newest} brought {now} each in {time}, those before "
            "{before}; the difference is {difference} ({interval})."
        ),
        ("retention", True): N_(
            "**More of the newest customers come back**: of those won in {newest} {now} bought {age} later, of those "
            "before {before}; the difference is {difference} ({interval})."
        ),
        ("retention", False): N_(
            "**Fewer of the newest customers come back**: of those won in {newest} {now} bought {age} later, of those "
            "before {before}; the difference is {difference} ({interval})."
        ),
    }
    return words.say(told[row["kind"], better], **shown)


def _no_difference(result: CohortChange, words: Words) -> str:
    row = result.oldest_telling
    if row is None:
        last = result.table.loc[result.table["kind"] == "value"].iloc[-1]
        return words.say(
            N_(
                "Too few to tell: the {newest_n} customers won in {newest} brought {now} each in {time}, the "
                "{before_n} before them {before}."
            ),
            **_compared(last, result, words),
            newest_n=int(last["newest_customers"]),
            before_n=int(last["before_customers"]),
        )
    return words.count(
        "No clear difference to those before at the same age ({n} comparison): those won in {newest} brought {now} "
        "each in {time}, those before {before}.",
        "No clear difference to those before at the same age ({n} comparisons): those won in {newest} brought {now} "
        "each in {time}, those before {before}.",
        len(result.table),
        **_compared(row, result, words),
    )


def _some_ages(row: pd.Series, result: CohortChange, words: Words) -> str:
    """How many of the ages compared speak for more or for fewer, and the surest of them."""
    ages, n = int((result.table["kind"] == row["kind"]).sum()), result.agreeing(row)
    end = N_(
        "Of those won in {newest} {now} bought {age} later, of those before {before}; the difference is {difference} "
        "({interval})."
    )
    if row["difference"] > 0:
        start = words.count(
            "At {n} age of {ages} compared more of the newest customers bought.",
            "At {n} ages of {ages} compared more of the newest customers bought.",
            n,
            ages=ages,
        )
    else:
        start = words.count(
            "At {n} age of {ages} compared fewer of the newest customers bought.",
            "At {n} ages of {ages} compared fewer of the newest customers bought.",
            n,
            ages=ages,
        )
    return f"{start} {words.say(end, **_compared(row, result, words))}"


def _told_last(result: CohortChange, words: Words) -> list[str]:
    """The money at the highest age compared, unless that is what was said; and what stands in the way."""
    strongest = result.strongest
    if strongest is None:
        return []
    last = result.table.loc[result.table["kind"] == "value"].iloc[-1]
    told = []
    if (strongest["kind"], strongest["age"]) != ("value", last["age"]):
        message = N_("Those won in {newest} brought {now} each in {time}, those before {before}.")
        shown = _compared(last, result, words)
        told.append(words.say(message, **{name: shown[name] for name in ("newest", "now", "time", "before")}))
    told.append(words.say(N_("The same age falls into other seasons, which are not taken out.")))
    return told


def _compared(row: Any, result: CohortChange, words: Words) -> dict[str, str]:
    money, age = row["kind"] == "value", int(row["age"])
    unit = "money" if money else "share"

    def shown(value: float) -> str:
        return words.money(value, digits=2 if abs(value) < 1_000 else 0) if money else words.percent(value)

    return {
        "newest": period_range(row["newest_from"], row["newest_to"], words),
        "now": shown(row["newest"]),
        "before": shown(row["before"]),
        "difference": words.value(row["difference"], "money" if money else "points"),
        "interval": words.interval(row["low"], row["high"], unit if money else "points"),
        "time": periods_text(age + 1, result.by, words),
        "age": periods_text(age, result.by, words),
    }


@action.register
def _(result: CostCeiling, words: Words) -> Action:
    time = periods_text(result.periods, result.by, words)
    title = words.say(
        N_("Keep the cost of winning a customer below **{value}**, what one brought in the first {time}"),
        value=words.money(result.value_per_customer, digits=2),
        time=time,
    )
    facts = (
        (words.say(N_("Customers it rests on")), words.number(result.customers)),
        (words.say(N_("Of it in the first period")), words.money(result.first_period, digits=2)),
    )
    note = words.say(
        N_(
            "Observed, not forecast: what came in at each age is the mean over all customers old enough, added up. It "
            "pays back within {time} only below that; judge channels apart as soon as their costs are known."
        ),
        time=time,
    )
    return Action(title=title, tested=True, facts=facts, note=note)
