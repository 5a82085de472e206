"""Sentences of the campaign evaluation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiments import MixedUnits
from retention_lib.models.economics import ContactProfit
from retention_lib.models.experiments.arm_effects import ArmEffects
from retention_lib.models.experiments.sample_ratio import SampleRatio
from retention_lib.reports.blocks import Action, Alert, Verdict
from retention_lib.reports.findings.base import Finding, action, alert, finding, verdict
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.rows import row
from retention_lib.reports.text import clean_value
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

REFUSALS = {
    "sample_ratio_broken": N_("the split is broken"),
    "customers_per_arm": N_("too few in the arm"),
    "zero_variance": N_("the metric never varies"),
    "few_conversions": N_("too few conversions"),
    "not_significant": N_("not told from zero"),
}


@verdict.register
def _(result: ArmEffects, words: Words, *, goal: str, ratio: SampleRatio | NotEnough) -> Verdict:
    if isinstance(ratio, NotEnough):
        return Verdict(status="unknown", sentence=reason_sentence(ratio, words))
    if ratio.broken:
        return _broken_split(ratio, words)
    rows = result.table[result.table["metric"] == goal]
    shown = rows[rows["claimed"].astype(bool)].sort_values("effect", ascending=False)
    if shown.empty:
        message = N_(
            "No arm changed {goal} by more than chance; the intervals below say how large an effect can still hide."
        )
        return Verdict(status="watch", sentence=words.say(message, goal=goal.replace("_", " ")))
    best = shown.iloc[0] if shown.iloc[0]["effect"] > 0 else shown.iloc[-1]
    sentence = words.say(
        _raised(result) if best["effect"] > 0 else _lowered(result),
        arm=clean_value(best["arm"]),
        goal=goal.replace("_", " "),
        control=result.control,
        effect=_amount(best, "effect", words),
        relative=words.percent(best["relative"], 0),
        interval=_interval(best, words),
        claimed=int(result.table["claimed"].astype(bool).sum()),
        tested=int(result.table["p_adjusted"].notna().sum()),
    )
    return Verdict(status="good" if best["effect"] > 0 else "act", sentence=sentence)


def _broken_split(ratio: SampleRatio, words: Words) -> Verdict:
    message = of_unit(
        ratio.unit,
        household=N_(
            "**No winner is called**: households are not split over the arms as planned (p {p}), so any "
            "difference may come from the split."
        ),
        customer=N_(
            "**No winner is called**: customers are not split over the arms as planned (p {p}), so any "
            "difference may come from the split."
        ),
    )
    return Verdict(status="unknown", sentence=words.say(message, p=words.p_value(ratio.p)))


def _raised(result: ArmEffects) -> str:
    """The message for an arm that raised the goal."""
    return of_unit(
        result.unit,
        household=N_(
            "**{arm}** did best: {effect} more {goal} per household mailed than {control} ({interval}), up "
            "{relative}. {claimed} of {tested} differences hold after correction for testing {tested}."
        ),
        customer=N_(
            "**{arm}** did best: {effect} more {goal} per customer mailed than {control} ({interval}), up "
            "{relative}. {claimed} of {tested} differences hold after correction for testing {tested}."
        ),
    )


def _lowered(result: ArmEffects) -> str:
    """The message where no arm raised the goal and one lowered it."""
    return of_unit(
        result.unit,
        household=N_(
            "No arm raised {goal}, and **{arm}** lowered it: {effect} per household mailed against {control} "
            "({interval}), that is {relative}. {claimed} of {tested} effects hold after correction for {tested} "
            "comparisons."
        ),
        customer=N_(
            "No arm raised {goal}, and **{arm}** lowered it: {effect} per customer mailed against {control} "
            "({interval}), that is {relative}. {claimed} of {tested} effects hold after correction for {tested} "
            "comparisons."
        ),
    )


@finding.register
def _(result: ArmEffects, words: Words) -> Finding:
    rows = result.table.to_dict("records")
    parts = [
        words.say(
            N_("{metric} {effects}"),
            metric=metric,
            effects=words.listed([_arm_effect(row, words) for row in rows if row["metric"] == metric]),
        )
        for metric in dict.fromkeys(row["metric"] for row in rows)
    ]
    sentence = words.say(N_("Against {control}: {effects}."), control=result.control, effects="; ".join(parts))
    drawn = result.table[result.table["relative_low"].notna()]
    high = row(drawn, drawn["relative"].abs().idxmax()) if len(drawn) else None
    alt = (
        words.say(
            N_("Empty chart: none of {n} effects can be drawn as a change against {control}."),
            n=len(rows),
            control=result.control,
        )
        if high is None
        else words.say(
            N_("Dots with intervals, one a metric and arm: the largest change is {relative} ({metric} of {arm})."),
            relative=words.percent(high["relative"], 0),
            metric=high["metric"],
            arm=high["arm"],
        )
    )
    tested = result.table.groupby("arm")["base"].max().sum() + result.table["control_base"].max()
    caption = words.say(
        of_unit(
            result.unit,
            household=N_(
                "By intention to treat: all {n} households with a result; unadjusted {level} intervals, grey: not "
                "claimed."
            ),
            customer=N_(
                "By intention to treat: all {n} customers with a result; unadjusted {level} intervals, grey: not "
                "claimed."
            ),
        ),
        n=int(tested),
        level=words.percent(result.level, 0),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _arm_effect(row: Any, words: Words) -> str:
    """One arm's effect, or why it is not claimed."""
    effect = _amount(row, "effect", words, sign=True)
    if row["claimed"]:
        return words.say(N_("{effect} ({arm})"), effect=effect, arm=row["arm"])
    reason = words.say(REFUSALS[row["reason"]])
    return words.say(N_("{effect} ({arm}, not claimed: {reason})"), effect=effect, arm=row["arm"], reason=reason)


@alert.register
def _(result: SampleRatio, words: Words) -> Alert:
    message = (
        N_("The arms do not have the planned sizes (chi-squared {chi}, p {p}): no effect may be called.")
        if result.broken
        else of_unit(
            result.unit,
            household=N_("The arms have the planned sizes (chi-squared {chi}, p {p}; {n} households)."),
            customer=N_("The arms have the planned sizes (chi-squared {chi}, p {p}; {n} customers)."),
        )
    )
    return Alert(
        level="stop" if result.broken else "ok",
        title=words.say(N_("Split.")),
        sentence=words.say(
            message,
            chi=words.number(result.statistic, 3),
            p=words.p_value(result.p),
            n=int(result.table["customers"].sum()),
        ),
    )


@alert.register
def _(result: MixedUnits, words: Words) -> Alert:
    if result.mixed:
        message = of_unit(
            result.unit,
            household=N_("{mixed} of {assigned} households have members in two arms; they are left out of both."),
            customer=N_("{mixed} of {assigned} customers are in two arms; they are left out of both."),
        )
    else:
        message = of_unit(
            result.unit,
            household=N_("Judged by household, {assigned} in all; none has members in two arms."),
            customer=N_("None of the {assigned} customers is in two arms."),
        )
    return Alert(
        level="warn" if result.mixed else "ok",
        title=words.say(N_("Both arms.")),
        sentence=words.say(message, mixed=result.mixed, assigned=result.assigned),
    )


@action.register
def _(result: ContactProfit, words: Words) -> Action:
    profit = result.per_contact
    pays = profit.low is not None and profit.low > 0
    if not pays:
        title = N_("Do not roll out **{arm}** on this evidence: at this margin and cost it may lose money")
    elif result.arm == result.best:
        title = N_("Send **{arm}** to customers like these, and keep a tenth unmailed to see the effect last")
    else:
        title = N_("**{arm}** pays as well but earns less than {best}: keep it for those {best} does not suit")
    rests_on = of_unit(result.unit, household=N_("Households it rests on"), customer=N_("Customers it rests on"))
    per = 1000
    facts = (
        (words.say(N_("Gross profit per 1,000 contacts, net of sending")), words.money(profit.value * per)),
        (
            words.say(N_("95% interval")),
            words.interval((profit.low or 0) * per, (profit.high or 0) * per, "money"),
        ),
        (words.say(rests_on), words.number(profit.n)),
    )
    cost = words.money(result.contact_cost, digits=2)
    if result.gross_margin is None:
        message = N_("Measured effect on gross profit - {cost} a contact. The cost comes from the parameter file.")
        note = words.say(message, cost=cost)
    else:
        message = N_(
            "Measured effect on spend x margin {margin} - {cost} a contact. Margin and cost come from the parameter "
            "file."
        )
        note = words.say(message, margin=words.percent(result.gross_margin, 0), cost=cost)
    return Action(title=words.say(title, arm=result.arm, best=result.best), tested=True, facts=facts, note=note)


def _amount(row: Any, name: str, words: Words, *, sign: bool = False) -> str:
    text = words.points(row[name], 2) if _is_share(row) else words.money(row[name], digits=2)
    return f"+{text}" if sign and row[name] > 0 else text


def _interval(row: Any, words: Words) -> str:
    if pd.isna(row["low"]):
        return words.say(N_("no interval"))
    if _is_share(row):
        return words.interval(row["low"], row["high"], "points")
    return words.interval(row["low"], row["high"], "money")


def _is_share(row: Any) -> bool:
    return bool(row["binary"])
