"""Sentences of whether the programme pays, and of what it cost."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.estimates import Estimate
from retention_lib.models.programme_costs import ProgrammeCosts
from retention_lib.models.programme_profit import ProgrammeProfit
from retention_lib.reports.blocks import Action, Alert
from retention_lib.reports.findings.base import Finding, action, alert, check_alert, finding
from retention_lib.reports.findings.effect_words import WEEKS
from retention_lib.reports.words import N_, Words

_VERDICTS = {
    "pays": N_(
        "The programme **earned {profit} more than it cost** on {n} members {when} ({interval}; chance that it pays: "
        "{chance})"
    ),
    "loses": N_(
        "The programme **cost {profit} more than it earned** on {n} members {when} ({interval}; chance that it pays: "
        "{chance})"
    ),
    "open": N_(
        "**Whether the programme pays cannot be told yet**: on {n} members {when} it leaves **{profit}** ({interval}; "
        "chance that it pays: {chance})"
    ),
}
_AFTER = N_("and **{after}** once the points that they still hold are used ({interval}; chance: {chance})")
_STANDING = {
    "pays": N_("Keep the programme: on {n} members it earned {profit} more than it cost"),
    "loses": N_("Change the programme or end it: on {n} members it cost {profit} more than it earned"),
    "open": N_("Find out whether the programme pays: leave a tenth of new customers uninvited, drawn by chance"),
}


@finding.register
def _(result: ProgrammeProfit, words: Words) -> Finding:
    told = [_verdict(result, words), _made_of(result, words), _from_which_lift(result, words), *_caveats(result, words)]
    alt = words.say(
        N_("Bars from extra gross profit of {extra} over what the programme cost to the {profit} that are left."),
        extra=_whole(result.incremental.value, words),
        profit=_whole(result.profit.value, words),
    )
    if _has_owed(result):
        alt += " " + words.say(N_("Points still to be used take {owed} more."), owed=_whole(_value(result.owed), words))
    prior = result.posterior.prior
    caption = words.say(
        N_(
            "{n} members {when}; lines: {level} intervals. What was measured is weighed with the belief that effects "
            "from {low} to {high} are likely."
        ),
        n=result.members,
        when=_when(result, words),
        level=words.percent(result.profit.level, 0),
        low=words.percent(math.expm1(prior.low), 0),
        high=words.percent(math.expm1(prior.high), 0),
    )
    return Finding(sentence=" ".join(told), alt=alt, caption=caption)


def _verdict(result: ProgrammeProfit, words: Words) -> str:
    """What is left, without and with the points that are still to be used."""
    profit, sign = result.profit, -1 if result.standing == "loses" else 1
    told = words.say(
        _VERDICTS[result.standing],
        n=result.members,
        when=_when(result, words),
        profit=_whole(sign * profit.value, words),
        interval=_interval(profit, words, sign),
        chance=_chance(result.chance, words),
    )
    if not _has_owed(result):
        return f"{told}."
    after = words.say(
        _AFTER,
        after=_whole(_value(result.after_owed), words),
        interval=_interval(result.after_owed, words),
        chance=_chance(result.chance_after_owed, words),
    )
    return f"{told}, {after}."


def _interval(found: Any, words: Words, sign: int = 1) -> str:
    low, high = sorted(sign * (bound or 0.0) for bound in (found.low, found.high))
    return words.say(N_("{low} to {high}"), low=_whole(low, words), high=_whole(high, words))


def _has_owed(result: ProgrammeProfit) -> bool:
    """Whether members still hold points of which it is known how many will be used."""
    return isinstance(result.owed, Estimate) and isinstance(result.after_owed, Estimate) and result.owed.value > 0


def _value(found: Any) -> float | None:
    """The value of an estimate that may not be known."""
    return found.value if isinstance(found, Estimate) else None


def _made_of(result: ProgrammeProfit, words: Words) -> str:
    """What it brought and what was taken off."""
    told = words.say(
        N_("It brought about {extra} of extra gross profit ({measured} as measured) and took {costs}."),
        extra=_whole(result.incremental.value, words),
        measured=_whole(result.measured.value, words),
        costs=words.listed(_costs(result, words)),
    )
    if not _has_owed(result):
        return told
    held = words.say(N_("The points still to be used are worth {owed}."), owed=_whole(_value(result.owed), words))
    return f"{told} {held}"


def _costs(result: ProgrammeProfit, words: Words) -> list[str]:
    """What is taken off, in words."""
    told = []
    if not result.rewards_in_sales:
        told.append(words.say(N_("{money} in rewards"), money=_whole(result.rewards.value, words)))
    if isinstance(result.running, Estimate):
        told.append(words.say(N_("{money} to run"), money=_whole(result.running.value, words)))
    return told or [words.say(N_("no cost that is known"))]


def _from_which_lift(result: ProgrammeProfit, words: Words) -> str:
    found = result.relative
    if not math.isfinite(result.break_even):
        return words.say(N_("No lift would pay for it, as it costs more than all gross profit of its members."))
    message = (
        N_(
            "It pays {needed}. Measured is **{effect} more gross profit** ({low} to {high}); once weighed with what "
            "is likely beforehand, about {weighed}."
        )
        if result.shown
        else N_(
            "It pays {needed}. Measured is {effect} more gross profit ({low} to {high}), which may be chance; once "
            "weighed with what is likely beforehand, about {weighed}."
        )
    )
    return words.say(
        message,
        needed=_needed(result, words),
        effect=words.percent(found.value),
        low=words.percent(found.low),
        high=words.percent(found.high),
        weighed=words.percent(result.weighed.value),
    )


def _needed(result: ProgrammeProfit, words: Words) -> str:
    """From how much more gross profit on it pays, without and with the points still to be used."""
    after = result.break_even_after_owed
    shown = {"needed": words.percent(result.break_even)}
    if not _has_owed(result) or not isinstance(after, float) or not math.isfinite(after):
        return words.say(N_("from {needed} more gross profit a member on"), **shown)
    return words.say(
        N_("from {needed} more gross profit a member on, from {after} with the points still held"),
        **shown,
        after=words.percent(after),
    )


def _caveats(result: ProgrammeProfit, words: Words) -> list[str]:
    """What is not in the profit."""
    told = []
    if not isinstance(result.running, Estimate):
        told.append(words.say(N_("What running the programme costs is not known and **not taken off**.")))
    if result.rewards_in_sales:
        told.append(words.say(N_("Sales are net of points used, so rewards are not taken off again.")))
    return told


def _when(result: ProgrammeProfit, words: Words) -> str:
    return words.count("in their first {n} week", "in their first {n} weeks", WEEKS * result.periods)


def _whole(amount: float | None, words: Words) -> str:
    """Money without cents, short where it is large."""
    return words.money(amount, compact=True, digits=0) if amount is None or abs(amount) >= 1 else words.money(amount)


def _chance(chance: Any, words: Words) -> str:
    """A probability as per cent, never as certainty."""
    value = float(chance.value)
    if value > 0.995:
        return words.say(N_("above {share}"), share=words.percent(0.99, 0))
    if value < 0.005:
        return words.say(N_("below {share}"), share=words.percent(0.01, 0))
    return words.percent(value, 0)


@alert.register
def _(result: ProgrammeProfit, words: Words) -> Alert:
    found = result.chance_other_priors
    low, high = (_chance(Estimate(bound), words) for bound in (found.low or 0.0, found.high or 0.0))
    message = (
        N_(
            "The chance that the programme pays is {chance}, also if effects of programmes were half or twice as "
            "spread as was held to be likely beforehand."
        )
        if low == high
        else N_(
            "The chance that the programme pays is {chance}; if effects of programmes were half or twice as spread as "
            "was held to be likely beforehand, it would lie between {low} and {high}."
        )
    )
    sentence = words.say(message, chance=_chance(result.chance, words), low=low, high=high)
    turns = (found.low or 0.0) < 0.5 < (found.high or 0.0)
    return check_alert(found=turns, title=words.say(N_("Belief beforehand.")), sentence=sentence)


@action.register
def _(result: ProgrammeProfit, words: Words) -> Action:
    title = words.say(_STANDING[result.standing], n=result.members, profit=_whole(abs(result.profit.value), words))
    facts = [(words.say(N_("Left after rewards and running cost")), _left(result.profit, words))]
    if _has_owed(result):
        facts.append((words.say(N_("Left once points still held are used")), _left(result.after_owed, words)))
    message = N_("{extra} weighed, {measured} as measured")
    made = {"extra": result.incremental, "measured": result.measured}
    extra = words.say(message, **{name: _whole(found.value, words) for name, found in made.items()})
    facts += [
        (words.say(N_("Extra gross profit")), extra),
        (words.say(N_("Less")), words.listed(_costs(result, words))),
        (words.say(N_("Chance that it pays")), _chances(result, words)),
    ]
    if math.isfinite(result.break_even):
        facts.append((words.say(N_("Pays")), _needed(result, words)))
    note = words.say(
        N_(
            "Measured on members who were customers before they joined. An invitation drawn by chance shows the effect "
            "on all, without assumptions: compare gross profit less rewards and running cost of the two groups, a "
            "customer, {weeks} weeks after the invitation."
        ),
        weeks=WEEKS * result.periods,
    )
    return Action(title=title, tested=result.standing != "open", facts=tuple(facts), note=note)


def _left(found: Any, words: Words) -> str:
    """An amount with its interval."""
    return f"{_whole(found.value, words)} ({_interval(found, words)})"


def _chances(result: ProgrammeProfit, words: Words) -> str:
    """The chance of a profit, without and with the points still to be used."""
    chance = _chance(result.chance, words)
    if not _has_owed(result):
        return chance
    return words.say(
        N_("{chance}; {after} once points still held are used"),
        chance=chance,
        after=_chance(result.chance_after_owed, words),
    )


@finding.register
def _(result: ProgrammeCosts, words: Words) -> Finding:
    per_member = result.rewards.value / result.members
    sentence = words.say(
        N_("{n} members used rewards worth **{rewards}** in these weeks, {each} a member."),
        n=result.members,
        rewards=_whole(result.rewards.value, words),
        each=words.money(per_member, digits=2),
    )
    if isinstance(result.running, Estimate):
        message = N_("Running the programme cost {running} more for them, by their share in all months of membership.")
        sentence += " " + words.say(message, running=_whole(result.running.value, words))
    else:
        sentence += " " + words.say(N_("What running the programme costs is not known."))
    return Finding(sentence=sentence)
