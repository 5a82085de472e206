"""Sentences about forecasts that were tried on the past: the choice among them and their errors."""

from __future__ import annotations

from typing import Any

from retention_lib.models.backtest import Backtest
from retention_lib.models.backtest_views import FrequencyCalibration, PastForecasts
from retention_lib.models.fit_checks import FitChecks
from retention_lib.models.forecasts import NAIVE, Candidate
from retention_lib.models.season import SeasonalIndex
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding, finding_alert
from retention_lib.reports.rows import row, rows
from retention_lib.reports.words import N_, Words

ACCURATE = 0.10
"""A forecast whose usual error of the total is no larger may be planned with, if it was not far off lately."""

ROUGH = 0.10
"""The last test may be so far off: its interval is wider than that of the usual one."""

_KINDS: dict[Candidate, str] = {
    "BG/NBD": N_("a model of how customers buy and leave"),
    "MBG/NBD": N_("a model of how customers buy and leave"),
    "Pareto/NBD": N_("a model of how customers buy and leave"),
    "average of models": N_("the mean of three models of how customers buy and leave"),
    "boosting": N_("one learned from what customers did before"),
    "average with boosting": N_("the mean of models of how customers buy and of one learned from what they did"),
}
_FEW_TESTS = 5


@finding.register
def _(result: Backtest, words: Words) -> Finding:
    sentence = " ".join([_usual(result, words), _last_test(result, words), _against_carrying_on(result, words)])
    return Finding(sentence=" ".join([sentence, *scaled_up(result.drawn, words)]))


def scaled_up(drawn: int | None, words: Words) -> list[str]:
    """That what happened is that of customers drawn by chance; nothing where all were looked at."""
    if drawn is None:
        return []
    return [words.say(N_("These totals are those of {n} customers drawn by chance, scaled up to all."), n=drawn)]


def _usual(result: Backtest, words: Words) -> str:
    return words.say(
        N_(
            "The forecast used is {kind}. Tested on {n} past dates, it was usually **{median} off** in the purchases "
            "of all customers."
        ),
        kind=words.say(_KINDS[result.chosen]),
        n=len(result.errors),
        median=words.percent(result.total_error_median),
    )


def _last_test(result: Backtest, words: Words) -> str:
    return words.say(
        N_(
            "In the last test, {days} from {cutoff} that its choice had not seen, it expected {expected} purchases and "
            "**{actual}** were made; for the average customer it was {miss} purchases off."
        ),
        days=words.days(result.last_horizon_days),
        cutoff=result.last_cutoff,
        expected=words.number(result.expected),
        actual=result.actual,
        miss=words.number(result.mean_absolute_error, 2),
    )


def _against_carrying_on(result: Backtest, words: Words) -> str:
    naive = row(result.table.set_index("candidate"), NAIVE)
    message = (
        N_("Carrying each customer's past pace forward would have been {error} and {miss} off.")
        if result.beats_naive
        else N_(
            "That is not better on both counts than carrying each customer's past pace forward, which was {error} and "
            "{miss} off."
        )
    )
    return words.say(
        message,
        error=words.percent(abs(naive["total_error"])),
        miss=words.number(naive["mean_absolute_error"], 2),
    )


@alert.register
def _(result: Backtest, words: Words) -> Alert:
    usual, last = result.total_error_median, abs(result.total_error)
    accurate = usual <= ACCURATE and last <= ROUGH
    if accurate:
        message = N_("On {n} past dates the forecast was usually {median} off in total, {last} in the last test.")
    else:
        message = N_(
            "On {n} past dates the forecast was usually {median} off in total, {last} in the last test: take it as "
            "rough."
        )
    sentence = words.say(message, n=len(result.errors), median=words.percent(usual), last=words.percent(last))
    return check_alert(found=not accurate, title=words.say(N_("Test of the forecast.")), sentence=sentence)


@finding.register
def _(result: PastForecasts, words: Words) -> Finding:
    table = result.table
    told = N_("purchases") if result.total == "purchases" else N_("sales")
    shown = {
        "n": len(table),
        "what": words.say(told),
        "least": _against(float(table["error"].min()), words),
        "most": _against(float(table["error"].max()), words),
    }
    if result.level is None:
        message = N_("What came after {n} past dates was between **{least} and {most}** of the {what} forecast.")
    else:
        message = N_(
            "What came after {n} past dates was between {least} and {most} of the {what} forecast, **{inside} of {n}** "
            "times inside the interval that the forecast would have carried."
        )
    sentence = words.say(message, inside=result.inside, **shown)
    if len(table) < _FEW_TESTS:
        sentence += " " + words.say(N_("So few tests say little about years that differ from the last one."))
    alt = words.say(
        N_(
            "One dot for each of {n} past days, what came as a share of the {what} forecast, from {least} to {most}, "
            "each beside the interval of its forecast."
        ),
        **shown,
    )
    return Finding(sentence=sentence, alt=alt, caption=_tests_told(result, words))


def _tests_told(result: PastForecasts, words: Words) -> str:
    tests, last = result.table[~result.table["last"]], result.table[result.table["last"]]
    days = (tests if len(tests) else last)["horizon_days"].iloc[0]
    told = words.say(N_("Customers known on each day, in the {days} from then on."), days=words.days(float(days)))
    if result.level is not None:
        told += " " + words.say(N_("Bars: {level} interval; red: outside it."), level=words.percent(result.level, 0))
    if len(tests) and len(last):
        told += " " + words.say(
            N_("The last test, not seen by the choice, took {days}."),
            days=words.days(float(last["horizon_days"].iloc[0])),
        )
    return told


def _against(error: float, words: Words) -> str:
    """What came as a share of what was expected, as in "94%"."""
    return words.percent(1 + error, 0)


@finding.register
def _(result: FrequencyCalibration, words: Words) -> Finding:
    groups = rows(result.judged)
    rarest, most_frequent = groups[0], groups[-1]
    furthest = max(groups, key=lambda group: abs(group.expected - group.actual) * group.customers)
    sentence = words.say(
        N_("Customers who had {done} were expected to make {expected} purchases each and made **{actual}**."),
        **_group_told(rarest, words),
    )
    if len(groups) > 1:
        sentence += " " + words.say(
            N_("Of those who had {done}, {expected} were expected and **{actual}** made."),
            **_group_told(most_frequent, words),
        )
    if furthest not in (rarest, most_frequent):
        sentence += " " + words.say(
            N_("Most was missed among the {n} who had {done}: {expected} against {actual}."),
            n=int(furthest.customers),
            **_group_told(furthest, words),
        )
    alt = words.say(
        N_(
            "Bars of purchases a customer by how often customers had bought again before, from {first} to {last}, each "
            "with a mark where the forecast stood."
        ),
        first=words.number(rarest.actual, 2),
        last=words.number(most_frequent.actual, 2),
    )
    caption = words.say(
        N_("{n} customers known on {cutoff}, purchases of the {days} from then on; grey: fewer than 30 customers."),
        n=result.customers,
        cutoff=result.cutoff,
        days=words.days(result.horizon_days),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _group_told(group: Any, words: Words) -> dict[str, str]:
    """What customers of one group had done before, what was expected of each and what they did."""
    past = {"0": N_("never bought again"), "1": N_("bought again once")}
    if group.frequency in past:
        done = words.say(past[group.frequency])
    elif group.frequency.endswith("+"):
        done = words.say(N_("bought again {n} times or more"), n=int(group.frequency[:-1]))
    else:
        done = words.say(N_("bought again {n} times"), n=int(group.frequency))
    return {"done": done, "expected": words.number(group.expected, 2), "actual": words.number(group.actual, 2)}


@finding.register
def _(result: SeasonalIndex, words: Words) -> Finding:
    best, worst = (_month_told(result, month, words) for month in (result.strongest, result.weakest))
    if result.seasonal:
        sentence = words.say(
            N_("Known customers buy most in {best} and least in {worst}. The forecast follows these months."),
            best=best,
            worst=worst,
        )
    else:
        sentence = words.say(
            N_("The months of the year differ by no more than chance, so the forecast treats them alike.")
        )
    alt = words.say(
        N_("Twelve dots with intervals, one a month: highest in {best}, lowest in {worst}."), best=best, worst=worst
    )
    caption = words.say(
        N_("{n} repeat purchases in {years} years against an even year; bars: {level} interval."),
        n=result.purchases,
        years=words.number(result.years, 1),
        level=words.percent(result.level, 0),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _month_told(result: SeasonalIndex, month: int, words: Words) -> str:
    return words.say(
        N_("{month} ({factor} of the mean month, {low} to {high})"),
        month=words.month(f"2001-{month:02d}", year=False),
        factor=words.percent(result.factors[month - 1], 0),
        low=words.percent(result.low[month - 1], 0),
        high=words.percent(result.high[month - 1], 0),
    )


@finding.register
def _(result: FitChecks, words: Words) -> Finding:
    message = (
        N_("Each of the {n} fits behind the forecast stands at a maximum that a second start finds too.")
        if result.sound
        else N_("Not all of the {n} fits behind the forecast are found again from a second start; see the table.")
    )
    return Finding(sentence=words.say(message, n=len(result.table)))


@alert.register
def _(result: FitChecks, words: Words) -> Alert:
    return finding_alert(result, words, found=not result.sound, title=words.say(N_("Fitting.")))
