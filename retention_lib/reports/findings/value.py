"""Sentences of cohorts and customer value."""

from __future__ import annotations

from retention_lib.models.backtest import Tracking
from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.gamma_gamma import SpendModel
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.words import N_, Words


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
def _(result: PurchaseModel, words: Words) -> Finding:
    values = [f"{name} {words.number(value, 4)}" for name, value in result.parameters.items()]
    return Finding(
        sentence=words.say(
            N_("{model}, fitted on {n} customers: {parameters}; log-likelihood {ll}."),
            model=result.name,
            n=result.customers,
            parameters=", ".join(values),
            ll=words.number(result.log_likelihood, 1),
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
