"""Sentences about what the arms of a test changed."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import Estimate
from retention_lib.models.experiments.effects import GOAL, EffectPrecision, Effects
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, finding
from retention_lib.reports.metric_names import difference_text, differences_text, metric_name
from retention_lib.reports.rows import row as row_of
from retention_lib.reports.rows import rows
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

REFUSALS = {
    "customers_per_arm": N_("too few in the arm"),
    "zero_variance": N_("it never varies"),
    "few_conversions": N_("too few bought"),
    "few_orders": N_("too few orders"),
    "not_significant": N_("may be chance"),
    "not_crossed": N_("may be chance at every look"),
    "effect_drifts": N_("looks contradict one another"),
}
"""Why an effect of a valid test is not claimed, in few words."""

_WITHHELD = {
    "invalid": N_(
        "**No effect is called**, as the test is not valid: the {n} differences drawn grey may come from the way in "
        "which the arms were made."
    ),
    "interim": N_(
        "**No winner yet**: the test is not over, so the {n} differences drawn grey are shown but none is called."
    ),
}
_CLAIMED = {
    True: N_("**{arm} raised {goal} by {effect}** ({interval}), that is by {relative}."),
    False: N_("**{arm} lowered {goal} by {effect}** ({interval}), that is by {relative}."),
}
_OF_NOTHING = {
    True: N_("**{arm} raised {goal} by {effect}** ({interval})."),
    False: N_("**{arm} lowered {goal} by {effect}** ({interval})."),
}
"""Sentences of a claimed effect, by whether it is above 0; the latter where the control has nothing to compare with."""


@finding.register
def _(result: Effects, words: Words) -> Finding:
    withheld = _WITHHELD.get(result.status)
    if withheld:
        sentence = words.say(withheld, n=int((result.table["role"] == GOAL).sum()))
    else:
        parts = [_of_goal(row, result, words) for row in rows(result.goals)]
        sentence = " ".join([*parts, _of_others(result, words)]).strip()
    return Finding(sentence=sentence, alt=_alt(result, words), caption=_caption(result, words))


def _of_goal(row: Any, result: Effects, words: Words) -> str:
    """What one arm did to the metric that decides."""
    goal = metric_name(row.metric, words, unit=result.unit, kind=row.kind)
    if row.claimed:
        told = (_CLAIMED if row.relative == row.relative else _OF_NOTHING)[row.effect > 0]
        sign = 1 if row.effect > 0 else -1
        low, high = sorted((sign * row.low, sign * row.high))
        return words.say(
            told,
            arm=row.arm,
            goal=goal,
            effect=difference_text(abs(row.effect), row.kind, words),
            interval=differences_text(low, high, row.kind, words),
            relative=words.percent(abs(row.relative), 0),
        )
    if row.low > 0 or row.high < 0:
        return _nearly(row, goal, words)
    if row.low == row.low:
        message = N_(
            "Whether **{arm}** changes {goal} cannot be told: it may be by anything between {low} and {high}. A change "
            "of {least} or more would mostly have been seen."
        )
        low, high = (difference_text(bound, row.kind, words, sign=True) for bound in (row.low, row.high))
        least = difference_text(row.detectable, row.kind, words)
        return words.say(message, arm=row.arm, goal=goal, low=low, high=high, least=least)
    return _refused(row, goal, words)


def _nearly(row: Any, goal: str, words: Words) -> str:
    """An effect that is beyond chance alone, but not among all that were looked at."""
    message = N_(
        "**{arm}** may have changed {goal} by {effect} ({interval}), but among so many comparisons that can be chance."
    )
    effect = difference_text(row.effect, row.kind, words, sign=True)
    return words.say(message, arm=row.arm, goal=goal, effect=effect, interval=_between(row, words))


def _between(row: Any, words: Words) -> str:
    return differences_text(row.low, row.high, row.kind, words)


def _refused(row: Any, goal: str, words: Words) -> str:
    """Why an arm cannot be judged, and what so small a test would have seen."""
    why = words.say(REFUSALS[row.reason])
    if row.detectable != row.detectable:
        message = N_("What **{arm}** did to {goal} cannot be judged: {why} ({n} against {control}).")
        return words.say(message, arm=row.arm, goal=goal, why=why, n=int(row.base), control=int(row.control_base))
    message = N_(
        "What **{arm}** did to {goal} cannot be judged: {why} ({n} against {control}). Only a change of {least} or "
        "more would mostly have been seen."
    )
    least = difference_text(row.detectable, row.kind, words)
    numbers = {"n": int(row.base), "control": int(row.control_base), "least": least}
    return words.say(message, arm=row.arm, goal=goal, why=why, **numbers)


def _of_others(result: Effects, words: Words) -> str:
    """What else changed beyond chance."""
    others = result.table[(result.table["role"] == GOAL) & (result.table["metric"] != result.goal)]
    if others.empty:
        return ""
    claimed = others[others["claimed"].astype(bool)]
    if claimed.empty:
        return words.say(N_("Nothing else that was looked at changed by more than chance."))
    told = [_metric_claims(metric, claimed, result, words) for metric in dict.fromkeys(claimed["metric"])]
    return words.say(N_("Changed beyond chance as well: {changes}."), changes=words.listed(told))


def _metric_claims(metric: str, claimed: Any, result: Effects, words: Words) -> str:
    """One metric with the changes of the arms that moved it."""
    found = rows(claimed[claimed["metric"] == metric])
    name = metric_name(metric, words, unit=result.unit, kind=found[0].kind)
    arms = "; ".join(
        words.say(N_("{arm} {effect}"), arm=one.arm, effect=difference_text(one.effect, one.kind, words, sign=True))
        for one in found
    )
    return words.say(N_("{metric} ({arms})"), metric=name, arms=arms)


def _alt(result: Effects, words: Words) -> str:
    goals = result.table[result.table["role"] == GOAL]
    drawn = goals[goals["low"].notna() & (goals["control_mean"] > 0)]
    if drawn.empty:
        return words.say(
            N_("Empty chart: none of {n} effects can be drawn as a change against {control}."),
            n=len(goals),
            control=result.control,
        )
    largest = row_of(drawn, drawn["relative"].abs().idxmax())
    return words.say(
        N_("Dots with intervals around a line at no effect: the largest change is {relative} ({metric}, {arm})."),
        relative=words.percent(largest["relative"], 0),
        metric=metric_name(largest["metric"], words, unit=result.unit, kind=largest["kind"]),
        arm=largest["arm"],
    )


def _caption(result: Effects, words: Words) -> str:
    goals = result.table[result.table["role"] == GOAL]
    tested = goals.groupby("arm")["base"].max().sum() + goals["control_base"].max()
    message = of_unit(
        result.unit,
        household=N_(
            "All {n} households as they were assigned; {level} intervals of the difference, as a share of what "
            "{control} did; {claimed} of {tested} hold after correction for testing {tested}, the others are grey."
        ),
        customer=N_(
            "All {n} customers as they were assigned; {level} intervals of the difference, as a share of what "
            "{control} did; {claimed} of {tested} hold after correction for testing {tested}, the others are grey."
        ),
    )
    return words.say(
        message,
        n=int(tested),
        level=words.percent(result.level, 0),
        control=result.control,
        claimed=int(goals["claimed"].astype(bool).sum()),
        tested=int(goals["p_adjusted"].notna().sum()),
    )


@alert.register
def _(result: EffectPrecision, words: Words) -> Alert:
    """What it helped to know how the goal was before the test."""
    saved = result.effects.variance_reduction
    title = words.say(N_("What was bought before."))
    if not isinstance(saved, Estimate):
        message = N_("The goal is not known from before the test, so effects are not adjusted for it.")
        return Alert(level="ok", title=title, sentence=words.say(message))
    message = N_(
        "Effects are adjusted for what the same people did before. That is worth as much as a test larger by {more} "
        "({saved} of the variance of the goal)."
    )
    share = max(saved.value, 0.0)
    more = words.percent(1 / max(1 - share, 0.01) - 1, 0)
    return Alert(level="ok", title=title, sentence=words.say(message, saved=words.percent(share, 0), more=more))
