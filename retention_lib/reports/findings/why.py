"""Sentences about why customers leave: first orders, what they met with, and the way to the checkout."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.models.first_experience import FirstOrderExperience
from retention_lib.models.funnel import Funnel
from retention_lib.models.leaving import ReasonsToLeave
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.findings.why_funnel import funnel_sentences, speed_sentence
from retention_lib.reports.rows import row
from retention_lib.reports.why_words import TOPICS, first_order, reason_name, step_name, who_met
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: FirstOrderExperience, words: Words) -> Finding:
    caption = words.count(
        "{n} new customer, followed for {days} after the first order; bars: 95% intervals; grey: fewer than {few}.",
        "{n} new customers, followed for {days} after the first order; bars: 95% intervals; grey: fewer than {few}.",
        int(result.overall.n or 0),
        days=words.days(result.horizon_days),
        few=result.minimum_base,
    )
    everyone = words.percent(result.overall.value)
    shown = {"all": everyone, "days": words.days(result.horizon_days)}
    alt = words.say(
        N_("Dots with intervals by feature of the first order; of all new customers {all} bought again within {days}."),
        **shown,
    )
    if result.largest is None:
        sentence = words.say(
            N_(
                "**{all} of new customers** bought again within {days}, and nothing known of the first order marks "
                "those who did by more than chance."
            ),
            **shown,
        )
        return Finding(sentence=sentence, alt=alt, caption=caption)
    return Finding(
        sentence=_largest(result, words), alt=f"{alt} {_largest(result, words, alone=True)}", caption=caption
    )


def _largest(result: FirstOrderExperience, words: Words, *, alone: bool = False) -> str:
    """The feature that divides new customers most; not alone, with what the comparison is and is not."""
    level = row(result.table, result.largest)
    told = words.say(
        N_("**{what}**: {share} of {n} new customers bought again within {days}, against {other} of the others."),
        what=first_order(level["feature"], level["level"], words),
        share=words.percent(level["share"]),
        other=words.percent(level["share"] - level["difference"]),
        n=int(level["customers"]),
        days=words.days(result.horizon_days),
    )
    if alone:
        return told
    raw = words.say(N_("This is the largest difference; a raw comparison, not a cause."))
    if "late" in set(result.table["feature"]):
        raw = words.say(
            N_(
                "This is the largest difference; a raw comparison, not a cause: lateness is looked at more closely "
                "below."
            )
        )
    return f"{told} {raw}"


@finding.register
def _(result: ReasonsToLeave, words: Words) -> Finding:
    table = result.table.set_index("reason")
    judged = table[~table["thin"]]
    if judged.empty:
        told = words.say(
            N_("Too few active customers met with any of the possible reasons to leave: fewer than {n} each."),
            n=result.minimum_base,
        )
        return Finding(sentence=told, alt=told, caption=_caption(result, words))
    first = result.worst or str(judged.index[0])
    largest = row(table, first)
    shown = {
        "difference": words.points(largest["difference"], 0),
        "interval": _range(largest, words),
    }
    alt = words.say(
        N_(
            "Dots with intervals by reason: who bought nothing in the next {days}, against customers alike; the "
            "largest difference is {difference} ({interval}), {reason}."
        ),
        days=words.days(result.horizon_days),
        reason=reason_name(first, words),
        **shown,
    )
    sentence = _worst(result, words) if result.worst else _no_reason(result, words, len(judged), shown)
    return Finding(sentence=sentence, alt=alt, caption=_caption(result, words))


def _worst(result: ReasonsToLeave, words: Words) -> str:
    """The reason behind which most of its customers are lost, with the size of it if it were the cause."""
    largest = row(result.table.set_index("reason"), result.worst)
    told = words.say(
        N_(
            "**{who}**: {share} of {n} bought nothing in the next {days}, against {alike} among customers alike in "
            "silence and number of purchases, {difference} more ({interval})."
        ),
        n=int(largest["customers"]),
        who=who_met(str(result.worst), words),
        share=words.percent(largest["share"], 0),
        alike=words.percent(largest["alike_share"], 0),
        days=words.days(result.horizon_days),
        difference=words.points(largest["difference"], 0),
        interval=_range(largest, words),
    )
    return f"{told} {_behind(largest, words)}"


def _behind(reason: Any, words: Words) -> str:
    """How many customers it cost if it is the cause, of those who have customers alike."""
    if math.isnan(reason["behind_it"]):
        return words.say(N_("The comparison is no proof."))
    shown = {name: words.number(round(float(reason[f"behind_{name}"]))) for name in ("low", "high")}
    number = round(float(reason["behind_it"]))
    if reason["covered"] > 0.995:
        return words.count(
            "If it is the cause, it cost about {n} customer ({low} to {high}); the comparison is no proof.",
            "If it is the cause, it cost about {n} customers ({low} to {high}); the comparison is no proof.",
            number,
            **shown,
        )
    return words.count(
        "If it is the cause, it cost about {n} customer ({low} to {high}) of the {covered} who have customers alike; "
        "the comparison is no proof.",
        "If it is the cause, it cost about {n} customers ({low} to {high}) of the {covered} who have customers alike; "
        "the comparison is no proof.",
        number,
        covered=words.percent(reason["covered"], 0),
        **shown,
    )


def _no_reason(result: ReasonsToLeave, words: Words, judged: int, shown: dict[str, str]) -> str:
    """That no reason marks those who left."""
    return words.count(
        "The one possible reason that can be judged does not mark those who left by more than chance: **{difference}** "
        "({interval}) among customers alike in silence and number of purchases.",
        "None of {n} possible reasons marks those who left by more than chance; the largest difference is "
        "**{difference}** ({interval}) among customers alike in silence and number of purchases.",
        judged,
        **shown,
    )


def _range(reason: Any, words: Words) -> str:
    """The interval of a difference in points, whose unit the difference itself bears."""
    return words.say(
        N_("{low} to {high}"), low=words.number(100 * reason["low"], 0), high=words.number(100 * reason["high"], 0)
    )


def _caption(result: ReasonsToLeave, words: Words) -> str:
    told = words.count(
        "{n} customer active on {cutoff}, followed for {days}; stock and prices are inferred from sales; grey: fewer "
        "than {few}.",
        "{n} customers active on {cutoff}, followed for {days}; stock and prices are inferred from sales; grey: fewer "
        "than {few}.",
        result.active,
        few=result.minimum_base,
        cutoff=result.cutoff,
        days=words.days(result.horizon_days),
    )
    if not result.left_out:
        return told
    missing = words.listed([words.say(TOPICS[topic]) for topic in result.left_out])
    return f"{told} {words.say(N_('The store knows nothing of: {topics}.'), topics=missing)}"


@finding.register
def _(result: Funnel, words: Words) -> Finding:
    last = result.steps.iloc[-1]
    alt = words.say(
        N_("Bars from step to step: of {sessions} visits {share} reached the last step, {step}."),
        sessions=result.sessions,
        share=words.percent(last["of_all"]),
        step=step_name(last["step"], words),
    )
    counted = words.say(
        N_("{sessions} visits in {month}; line: the month before. Tests take visitors, not visits, as independent."),
        sessions=result.sessions,
        month=words.month(result.month),
    )
    caption = f"{counted} {speed_sentence(result, words)}".strip()
    return Finding(sentence=funnel_sentences(result, words), alt=alt, caption=caption)
