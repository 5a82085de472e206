"""Sentences of what the profit of a campaign test rests on: the belief before it, a stated margin, unknown coupons."""

from __future__ import annotations

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.arm_profit import Profit
from retention_lib.models.experiments.profit import Profits
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import alert, check_alert
from retention_lib.reports.findings.experiment_profit import chance
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words


@alert.register
def _(result: Profits, words: Words) -> Alert:
    unpriced = result.unpriced_orders > 0
    title = N_("Coupons of unknown value.") if unpriced else N_("Belief before the test.")
    parts = [
        _coupons(result, words),
        _belief(result, words),
        _other_beliefs(result.best, words),
        _margin(result, words),
    ]
    return check_alert(
        found=unpriced or result.best.hangs_on_belief,
        title=words.say(title),
        sentence=" ".join(part for part in parts if part),
    )


def _coupons(result: Profits, words: Words) -> str:
    """Coupons for which nothing is taken off."""
    n = result.unpriced_orders
    if n == 0:
        return ""
    if n == 1:
        message = N_(
            "1 order used a coupon whose value the store does not hold: what the coupon cost is not taken off, unless "
            "the sales are lower by it."
        )
        return words.say(message)
    message = N_(
        "{n} orders used a coupon whose value the store does not hold: what the coupons cost is not taken off, unless "
        "the sales are lower by it."
    )
    return words.say(message, n=n)


def _belief(result: Profits, words: Words) -> str:
    """Where the chance starts from."""
    prior = result.prior
    ends = [words.percent(bound, 0) for bound in (prior.on(1.0).low, prior.on(1.0).high)]
    values = {"low": ends[0], "high": ends[1], "tests": prior.tests}
    if prior.source == "past_tests":
        message = N_(
            "The chance that an arm pays starts from this store's {tests} earlier tests: by these, 95 of 100 campaigns "
            "bring between {low} and {high} of what a customer left alone brings."
        )
    else:
        message = N_(
            "The chance that an arm pays starts from a belief: 95 of 100 campaigns bring between {low} and {high} of "
            "what a customer left alone brings. Three tests of the store's own would replace it."
        )
    return words.say(message, **values)


def _other_beliefs(one: Profit, words: Words) -> str:
    """What other beliefs would make of the chance."""
    if isinstance(one.probability, NotEnough) or one.probability.low is None or one.probability.high is None:
        return ""
    low, high = (chance(Estimate(bound), words) for bound in (one.probability.low, one.probability.high))
    if low == high:
        message = N_("A belief half or twice as wide would not change the chance of {arm}.")
        return words.say(message, arm=clean_value(one.arm))
    message = N_("With a belief half or twice as wide the chance of {arm} would be {low} to {high}.")
    return words.say(message, arm=clean_value(one.arm), low=low, high=high)


def _margin(result: Profits, words: Words) -> str:
    columns = result.terms.columns
    if columns.margin is None:
        return ""
    if columns.margin_sd == 0:
        return words.say(N_("Goods are taken off by the stated margin of {m}."), m=words.percent(columns.margin))
    message = N_(
        "Goods are taken off by the stated margin of {m}, which may be off by {error}; that is in the intervals."
    )
    return words.say(message, m=words.percent(columns.margin), error=words.points(1.96 * columns.margin_sd))
