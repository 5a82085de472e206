"""Sentences of the checks on how members joined: what speaks for and against the design."""

from __future__ import annotations

from retention_lib.models.impact.joining import DESIGN_P
from retention_lib.models.impact.joining_checks import JoiningCheck, Kind
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import alert
from retention_lib.reports.findings.effect_words import additive_effect, more_or_less
from retention_lib.reports.words import N_, Words

_CHECKS: dict[Kind, tuple[str, str, str]] = {
    "who": (
        N_("Who is measured."),
        N_(
            "The effect is that on {members} of {all} members: those with 12 weeks as customers before they joined. "
            "{first} joined with their first purchase and have no before; nothing is claimed for them. Who left again "
            "({leavers}) counts as a member."
        ),
        "",
    ),
    "before": (
        N_("Before joining."),
        N_("Members and others moved alike in the 12 weeks before joining (p {pretrend}, {tested} members tested)."),
        N_("Members and others already moved apart before joining (p {pretrend}, below {limit}); none is claimed."),
    ),
    "placebo": (
        N_("A made-up date."),
        N_("Had they joined 12 weeks earlier, no effect would be seen ({placebo}, p {placebo_p})."),
        N_("An effect would be seen even 12 weeks before they joined (p {placebo_p}, below {limit}); none is claimed."),
    ),
    "anticipation": (
        N_("Just before."),
        N_("Members did not hold back or bring forward purchases in the four weeks before joining (p {anticipation})."),
        N_("Members changed already in the four weeks before joining (p {anticipation})."),
    ),
    "at_purchases": (
        N_("How they join."),
        N_("{share} of the members measured joined on a day with a purchase, so buying did not decide the day."),
        N_(
            "{share} of the members measured joined on a day with a purchase: who buys is more active anyway, and a "
            "comparison takes that for an effect."
        ),
    ),
    "scales": (
        N_("Two ways to count."),
        N_("Counted as purchases a member rather than in per cent, the answer is the same ({additive})."),
        N_(
            "Counted as purchases a member rather than in per cent, the answer would be {additive}. That way of "
            "counting takes members and others to gain and lose as many purchases, not as large a share of them: "
            "whoever buys more loses more with a season or with time."
        ),
    ),
    "overlap": (
        N_("Their like."),
        N_("{inside} of the members have others who bought as much early on."),
        N_("Only {inside} of the members have others who bought as much early on: the groups cannot be compared."),
    ),
    "drift": (
        N_("If they drift apart."),
        N_("The claim holds unless the groups drift apart by {drift} every four weeks, more than was seen before."),
        N_(
            "The claim would be undone if the groups drifted apart by {drift} every four weeks after joining; changes "
            "of up to {steepest} were seen before it, chance included."
        ),
    ),
    "one_day": (
        N_("One day."),
        "",
        N_("All members joined on one day: whatever else changed for them on that day would be taken for the effect."),
    ),
    "tested": (
        N_("Too short a past."),
        "",
        N_("Only {tested} of {members} members were customers long enough to test whether they moved like the others."),
    ),
}


@alert.register
def _(result: JoiningCheck, words: Words) -> Alert:
    title, passed, failed = _CHECKS[result.kind]
    effect, facts = result.effect, result.effect.facts.iloc[0]
    sentence = words.say(
        passed if result.passed else failed,
        members=effect.members,
        all=int(facts["members"]),
        first=int(facts["at_first_purchase"]),
        leavers=int(facts["leavers"]),
        pretrend=words.p_value(effect.pretrend_p),
        limit=words.number(DESIGN_P, 2),
        tested=effect.tested,
        placebo=more_or_less(effect.placebo, words),
        placebo_p=words.p_value(effect.placebo.p),
        anticipation=words.p_value(effect.anticipation.p),
        share=words.percent(facts["on_purchase_day"] / max(facts["settled"], 1)),
        additive=additive_effect(effect, words),
        inside=words.percent(1 - effect.outside),
        drift=words.percent(effect.drift),
        steepest=words.percent(effect.steepest),
    )
    stops = result.kind in ("before", "placebo", "overlap", "one_day", "tested") and not result.passed
    return Alert(
        level="stop" if stops else "ok" if result.passed else "warn", title=words.say(title), sentence=sentence
    )
