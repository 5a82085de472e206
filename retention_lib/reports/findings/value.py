"""Sentences of cohorts and customer value."""

from __future__ import annotations

from retention_lib.models.backtest import NAIVE, Holdout, Tracking
from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.cohorts import CohortTriangles, CohortValue, CostCeiling
from retention_lib.models.estimates import NotEnough
from retention_lib.models.gamma_gamma import SpendModel
from retention_lib.models.value import BaseValue
from retention_lib.reports.blocks import Action, Alert, Verdict
from retention_lib.reports.findings.base import Finding, action, alert, finding, verdict
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.rows import row
from retention_lib.reports.words import N_, Words

ACCURATE = 0.10


@verdict.register
def _(result: BaseValue, words: Words, *, holdout: Holdout | NotEnough) -> Verdict:
    if result.measure == "gross_profit":
        message = N_(
            "The **{n}** customers known on {day} are expected to bring **{value}** of gross profit each in the "
            "next {months} months ({interval}), {total} in all."
        )
    else:
        message = N_(
            "The **{n}** customers known on {day} are expected to bring **{value}** of revenue each in the next "
            "{months} months ({interval}), {total} in all; no margin is given, so this is not profit."
        )
    sentence = words.say(
        message,
        n=result.customers,
        day=result.as_of,
        value=words.money(result.per_customer.value, digits=2),
        months=result.horizon_months,
        total=words.money(result.total.value, compact=True),
        interval=words.interval(result.per_customer.low, result.per_customer.high, "money"),
    )
    if isinstance(holdout, NotEnough):
        return Verdict(status="unknown", sentence=f"{sentence} {reason_sentence(holdout, words)}")
    error = holdout.total_error
    accurate = abs(error) <= ACCURATE
    if accurate:
        tested = N_("Tested on purchases it had not seen, such a forecast was {error} {direction}.")
    else:
        tested = N_(
            "Tested on purchases it had not seen, such a forecast was **{error} {direction}**, more than the interval "
            "tells: take the value as rough."
        )
    direction = words.say(N_("too low") if error < 0 else N_("too high"))
    sentence += " " + words.say(tested, error=words.percent(abs(error)), direction=direction)
    return Verdict(status="good" if accurate else "watch", sentence=sentence)


@finding.register
def _(result: BaseValue, words: Words) -> Finding:
    return Finding(
        sentence=words.say(
            N_(
                "From {day} to {end}: {purchases} purchases expected at {spend} each, money to come discounted at "
                "{rate} "
                "a year."
            ),
            day=result.as_of,
            end=result.horizon_end,
            purchases=words.number(result.expected_purchases.value),
            spend=words.money(result.mean_spend, digits=2),
            rate=words.percent(result.discount_rate_annual, 0),
        )
    )


@finding.register
def _(result: CohortTriangles, words: Words) -> Finding:
    retention = result.retention.loc[result.judged]
    customers = int(result.sizes[result.judged].sum())
    # Judged cohorts may all be too young for a month in which smaller, older ones were seen.
    if retention.iloc[:, 1:].isna().all(axis=None):
        sentence = words.say(
            N_("No cohort of 30 customers or more has a second month yet; {n} customers bought for the first time."),
            n=int(result.sizes.sum()),
        )
        return Finding(sentence=sentence, alt=sentence)
    oldest, second = retention.iloc[0].dropna(), retention[retention.columns[1]].dropna()
    sentence = words.say(
        N_(
            "Of the customers won in {cohort}, {early} bought again in the month after and **{late}** in month "
            "{age}, the "
            "last one seen."
        ),
        cohort=words.month(str(retention.index[0])),
        early=words.percent(float(second.iloc[0])),
        late=words.percent(float(oldest.iloc[-1])),
        age=int(oldest.index[-1]),
    )
    alt = words.say(
        N_(
            "Table of shades by cohort and age: between {low} and {high} of a cohort bought in the month after the "
            "first."
        ),
        low=words.percent(float(second.min())),
        high=words.percent(float(second.max())),
    )
    caption = words.say(
        N_("Per cent of the cohort that bought; {cohorts} cohorts from {first}, {n} customers; empty: not yet seen."),
        cohorts=len(retention),
        first=words.month(str(retention.index[0])),
        n=customers,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: CohortValue, words: Words) -> Finding:
    first = result.table.iloc[0].dropna()
    earned = (
        N_(
            "A customer won in {cohort} has brought **{value}** of gross profit in {months} months, {start} of it in "
            "the "
            "month of the first purchase."
        )
        if result.measure == "gross_profit"
        else N_(
            "A customer won in {cohort} has brought **{value}** of revenue in {months} months, {start} of it in the "
            "month "
            "of the first purchase; no margin is given."
        )
    )
    shown = {
        "cohort": words.month(str(result.table.index[0])),
        "value": words.money(float(first.iloc[-1]), digits=2),
        "months": int(first.index[-1]) + 1,
        "start": words.money(float(first.iloc[0]), digits=2),
    }
    alt = words.say(
        N_("Rising lines, one a cohort: a customer won in {cohort} has brought {value} after {months} months."), **shown
    )
    caption = words.say(
        N_("{cohorts} cohorts of at least 30 customers, {n} customers in all, buyers or not."),
        cohorts=len(result.table),
        n=int(result.sizes.sum()),
    )
    return Finding(sentence=words.say(earned, **shown), alt=alt, caption=caption)


@finding.register
def _(result: Tracking, words: Words) -> Finding:
    held = result.table[result.table["holdout"]]
    actual, expected = float(held["actual"].sum()), float(held["expected"].sum())
    shown = {
        "weeks": len(held),
        "actual": words.number(actual),
        "expected": words.number(expected),
        "seen": int((~result.table["holdout"]).sum()),
    }
    sentence = words.say(
        N_(
            "Over the {weeks} full weeks it had not seen, the line rises by {actual}; the model, told only when each "
            "customer bought first, expects **{expected}**. The table tests the sharper forecast, which also knows "
            "what "
            "each had bought until then, over all days kept back."
        ),
        **shown,
    )
    alt = words.say(
        N_(
            "Two rising lines, actual and expected repeat purchases so far, through {weeks} shaded weeks: {actual} "
            "made "
            "there against {expected} expected."
        ),
        **shown,
    )
    caption = words.say(
        N_("Customers first seen in the first {seen} weeks; shaded: weeks the model did not see."), **shown
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: Holdout, words: Words) -> Finding:
    rows = result.table.set_index("model")
    best, naive = row(rows, result.best), row(rows, NAIVE)
    if abs(best["total_error"]) <= abs(naive["total_error"]):
        message = N_(
            "**{best}** came closest: {error} off in total, {mae} purchases off for the average customer. Carrying "
            "each "
            "customer's past rate forward errs by {naive_error} and {naive_mae}."
        )
    else:
        message = N_(
            "No model came closer than carrying each customer's past rate forward, which errs by {naive_error} in "
            "total and {naive_mae} purchases for the average customer; **{best}**, the best of them, by {error} and "
            "{mae}."
        )
    sentence = words.say(
        message,
        best=result.best,
        error=words.percent(abs(best["total_error"])),
        mae=words.number(best["mean_absolute_error"], 2),
        naive_error=words.percent(abs(naive["total_error"])),
        naive_mae=words.number(naive["mean_absolute_error"], 2),
    )
    return Finding(sentence=sentence)


@finding.register
def _(result: PurchaseModel, words: Words) -> Finding:
    values = result.parameters
    return Finding(
        sentence=words.say(
            N_("{model}, fitted on {n} customers: r {r}, alpha {alpha}, a {a}, b {b}; log-likelihood {ll}."),
            model=result.name,
            n=result.customers,
            ll=words.number(result.log_likelihood, 1),
            **{name: words.number(value, 4) for name, value in values.items()},
        )
    )


@finding.register
def _(result: SpendModel, words: Words) -> Finding:
    return Finding(
        sentence=words.say(
            N_("Gamma-Gamma, fitted on {n} repeat buyers: p {p}, q {q}, v {v}; log-likelihood {ll}."),
            n=result.customers,
            p=words.number(result.p, 3),
            q=words.number(result.q, 3),
            v=words.number(result.v, 3),
            ll=words.number(result.log_likelihood, 1),
        )
    )


@action.register
def _(result: CostCeiling, words: Words) -> Action:
    title = words.say(
        N_("Keep the cost of winning a customer below **{value}**, what one brought in the first {months} months"),
        value=words.money(result.value_per_customer, digits=2),
        months=result.months,
    )
    facts = (
        (words.say(N_("Customers it rests on")), words.number(result.customers)),
        (words.say(N_("Of it in the first month")), words.money(result.first_month, digits=2)),
    )
    note = words.say(
        N_(
            "Observed, not forecast: cumulative gross profit at the given margin of the cohorts that are old enough. "
            "It "
            "pays back within {months} months only below that; judge channels apart as soon as their costs are "
            "known. Where the data begin in the middle of a shop's life, the first cohorts hold old customers seen "
            "for the first time."
        ),
        months=result.months,
    )
    return Action(title=title, tested=True, facts=facts, note=note)


@alert.register
def _(result: Holdout, words: Words) -> Alert:
    error = result.total_error
    return Alert(
        level="ok" if abs(error) <= ACCURATE else "warn",
        title=words.say(N_("Backtest.")),
        sentence=words.say(
            N_("{best} expected {expected} purchases in the holdout, {actual} were made ({error})."),
            best=result.best,
            expected=words.number(result.expected),
            actual=words.number(result.actual),
            error=words.percent(error),
        ),
    )


@alert.register
def _(result: SpendModel, words: Words) -> Alert:
    r = result.dependence
    if r.claimed:
        message = N_(
            "Spend depends on frequency among {n} repeat buyers (correlation {r}, p {p}), which the spend model "
            "supposes it does not; the value is a little off for frequent buyers."
        )
    else:
        message = N_(
            "Spend does not depend on frequency among {n} repeat buyers (correlation {r}, p {p}), as the spend "
            "model supposes."
        )
    return Alert(
        level="warn" if r.claimed else "ok",
        title=words.say(N_("Spend.")),
        sentence=words.say(message, n=int(r.n or 0), r=words.number(r.value, 3), p=words.p_value(r.p)),
    )
