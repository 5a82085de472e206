"""Sentences about how soon members hold a reward, and whether another rate of accrual would bring them there sooner."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.accrual import AccrualSpeed, SmallestReward
from retention_lib.models.accrual_rates import MOST_APART, RateProposals
from retention_lib.reports.blocks import Action, Alert
from retention_lib.reports.findings.base import Finding, action, alert, check_alert, finding
from retention_lib.reports.rows import row
from retention_lib.reports.words import N_, Words

_YEAR = 365
_MOSTLY_GIFTS = 0.5
"""Share of members by buying alone, of all who get there, under which gifts are said to do most."""


def rounded(amount: float | None) -> float | None:
    """An amount of money to three digits: it is not known any better."""
    return None if amount is None else float(f"{amount:.3g}")


def points_text(points: float, words: Words) -> str:
    """A number of loyalty points, or of points for 100 of sales."""
    return words.number(points, 0 if float(points).is_integer() or points >= 100 else 1)


@finding.register
def _(result: SmallestReward, words: Words) -> Finding:
    if result.stated:
        message = N_("A reward can be used from **{points} points** on, as the parameter file says.")
    else:
        message = N_(
            "A reward can be used from **{points} points** on: of {n} payments with points, 99 in 100 were made with "
            "that much or more."
        )
    return Finding(sentence=words.say(message, points=points_text(result.points, words), n=result.redemptions))


@finding.register
def _(result: AccrualSpeed, words: Words) -> Finding:
    told = [_reaching(result, words), _on_the_way(result, words), _pace_judged(result, words)]
    return Finding(sentence=" ".join(part for part in told if part))


def _reaching(result: AccrualSpeed, words: Words) -> str:
    share, half = result.reaching, result.reaching_half_year
    shown = {
        "share": words.percent(share.value),
        "points": points_text(result.reward.points, words),
        "interval": words.interval(share.low, share.high, "share"),
    }
    if result.horizon < _YEAR or isinstance(half, NotEnough):
        message = N_(
            "**{share} of members hold a reward they can use, {points} points, within half a year of joining** "
            "({interval}); for a year the programme is too young."
        )
        return words.say(message, **shown)
    message = N_(
        "**{share} of members hold a reward they can use, {points} points, within a year of joining** ({interval}), "
        "{half} within half a year."
    )
    return words.say(message, **shown, half=words.percent(half.value))


def _on_the_way(result: AccrualSpeed, words: Words) -> str:
    """What it took those who got there; empty for too few."""
    orders, days, none = result.orders, result.days, result.without_order
    if not (isinstance(orders, Estimate) and isinstance(days, Estimate) and isinstance(none, Estimate)):
        return ""
    shown = {"days": words.days(days.value), "none": words.percent(none.value, 0)}
    profit = _profit(result.profit, words)
    if orders.value == 0:
        told = words.say(
            N_(
                "Of those who got there, **{none} had not ordered once since joining**: gifts of points brought them, "
                "not buying. Half of them took {days} or less."
            ),
            **shown,
        )
    else:
        told = words.count(
            "Half of those who got there needed **{n} order** or none, and {days} or less.",
            "Half of those who got there needed **{n} orders** or fewer, and {days} or less.",
            round(orders.value),
            **shown,
        )
    return f"{told} {profit}".strip()


def _profit(profit: Estimate | NotEnough, words: Words) -> str:
    if isinstance(profit, NotEnough):
        return ""
    return words.say(
        N_("By then the average of them had brought {profit} of gross profit ({interval})."),
        profit=words.money(rounded(profit.value)),
        interval=words.interval(rounded(profit.low), rounded(profit.high), "money"),
    )


def _pace_judged(result: AccrualSpeed, words: Words) -> str:
    """Whether it is too slow: fewer than half get there within the horizon."""
    if result.slow:
        return words.say(N_("That is **too slow**: fewer than half ever see what the points are for."))
    if result.slow is None:
        return words.say(N_("Whether that is more or fewer than half cannot be told yet."))
    return ""


@finding.register
def _(result: RateProposals, words: Words) -> Finding:
    told = [_by_buying(result, words), _typical(result, words), _proposed(result, words)]
    if not result.trusted:
        told.append(words.say(N_("The check below says not to rely on this comparison.")))
    today = result.of("today").iloc[0]
    alt = words.say(
        N_(
            "Rising lines by days since joining: {share} of members hold a reward after {time} as it was, and {alone} "
            "by buying alone at today's rate."
        ),
        share=words.percent(today["reaching"]),
        alone=words.percent(today["bought"]),
        time=words.days(result.horizon),
    )
    caption = words.say(
        N_(
            "{n} members whose joining is known. Lower lines: their own purchases run through the ledger again, "
            "without gifts, at so many points for 100 of sales; nobody is assumed to buy more or less for it."
        ),
        n=result.members,
    )
    return Finding(sentence=" ".join(part for part in told if part), alt=alt, caption=caption)


def _by_buying(result: RateProposals, words: Words) -> str:
    today = result.of("today").iloc[0]
    shown = {
        "alone": words.percent(today["bought"]),
        "rate": points_text(result.rate, words),
        "time": words.days(result.horizon),
        "all": words.percent(today["reaching"]),
    }
    if today["bought"] < _MOSTLY_GIFTS * today["reaching"]:
        message = N_(
            "**Buying alone would bring {alone} of members to a reward within {time}**, at today's {rate} points for "
            "100 of sales; gifts of points make it {all}."
        )
    else:
        message = N_(
            "**Buying alone would bring {alone} of members to a reward within {time}**, at today's {rate} points for "
            "100 of sales; with gifts of points it is {all}."
        )
    return words.say(message, **shown)


def _typical(result: RateProposals, words: Words) -> str:
    """Whether the median member's points expire before they are enough."""
    if result.valid_days is None or result.expires_first is None:
        return ""
    shown = {
        "points": points_text(round(result.typical_points), words),
        "reward": points_text(result.reward, words),
        "valid": words.days(result.valid_days),
    }
    if result.typical_points <= 0:
        message = N_(
            "The median member buys nothing in the {valid} that points last: no rate brings half of them there."
        )
    elif result.expires_first:
        message = N_(
            "The median member earns {points} points in the {valid} that they last: they expire before the {reward} "
            "that a reward takes."
        )
    else:
        message = N_(
            "The median member earns {points} points in the {valid} that they last, enough for the {reward} that a "
            "reward takes."
        )
    return words.say(message, **shown)


def _proposed(result: RateProposals, words: Words) -> str:
    """The highest of the other rates beside today's mean rate for everybody, like with like."""
    flat, same = result.of("flat"), result.of("same").iloc[0]
    best = row(flat, flat["rate"].idxmax())
    shown = {
        "rate": points_text(best["rate"], words),
        "share": words.percent(best["bought"]),
        "same": words.percent(same["bought"]),
        "today": points_text(same["rate"], words),
    }
    told = words.say(
        N_("At one rate for everybody, {today} points would bring {same} there and {rate} points {share}."), **shown
    )
    if not math.isfinite(best["more_a_year"]):
        return told
    message = N_("The latter costs {cost} less a year.")
    if best["more_a_year"] > 0:
        message = N_("The latter costs up to **{cost} more a year** in points.")
    return f"{told} {words.say(message, cost=more_a_year(best, words))}"


def more_a_year(best: Any, words: Words) -> str:
    """What a rate costs more, or less, than today's in a year, to three digits.

    Args:
        best: A row of `RateProposals.table`.
        words: The reader's language and currency.
    """
    return words.money(rounded(abs(best["more_a_year"])), compact=True, finer=1)


@alert.register
def _(result: RateProposals, words: Words) -> Alert:
    gap = words.number(100 * abs(result.apart), 1)
    shown = {"gap": gap, "time": words.days(result.horizon), "most": words.number(100 * MOST_APART)}
    if result.trusted:
        message = N_(
            "Added up lot by lot, today's points bring the share with a reward after {time} to within {gap} percentage "
            "points of what the ledger says."
        )
    else:
        message = N_(
            "Added up lot by lot, today's points miss the share with a reward after {time} by {gap} percentage points, "
            "more than {most}: rates are not held side by side safely."
        )
    return check_alert(
        found=not result.trusted, title=words.say(N_("Other rates.")), sentence=words.say(message, **shown)
    )


@action.register
def _(result: RateProposals, words: Words) -> Action | None:
    """Try the dearest rate on a part of the newcomers; nothing where none is proposed or trusted."""
    flat, today = result.of("flat"), result.of("same").iloc[0]
    best = row(flat, flat["rate"].idxmax())
    if not result.proposed or not result.trusted or not best["more_a_year"] > 0:
        return None
    title = words.say(
        N_("Before paying {rate} points for 100 of sales, give them to a **random half of new members**"),
        rate=points_text(best["rate"], words),
    )
    facts = (
        (words.say(N_("At a reward by buying alone")), _from_to(today, best, words)),
        (words.say(N_("Cost if for all")), _cost(best, words)),
        *_pays(best, words),
    )
    note = words.say(
        N_(
            "How far points change what members buy is not known from this. Halves drawn by chance show it: compare "
            "their sales after {time}."
        ),
        time=words.days(result.horizon),
    )
    return Action(title=title, tested=False, facts=facts, note=note)


def _from_to(today: Any, best: Any, words: Words) -> str:
    return words.say(
        N_("{now} of members at today's mean rate, {then} then"),
        now=words.percent(today["bought"]),
        then=words.percent(best["bought"]),
    )


def _cost(best: Any, words: Words) -> str:
    return words.say(N_("up to {cost} more a year"), cost=more_a_year(best, words))


def _pays(best: Any, words: Words) -> tuple[tuple[str, str], ...]:
    """The lift at which it pays; nothing without a margin."""
    if math.isnan(best["lift"]):
        return ()
    if math.isinf(best["lift"]):
        text = words.say(N_("never: if every point is used, points take more than the margin"))
    else:
        text = words.say(N_("if members buy {lift} more, every point being used"), lift=words.percent(best["lift"]))
    return ((words.say(N_("Pays")), text),)
