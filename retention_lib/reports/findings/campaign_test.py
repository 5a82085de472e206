"""The step that follows from campaigns: a group of the next ones left alone by chance."""

from __future__ import annotations

from retention_lib.models.campaign_effect import CampaignEffect
from retention_lib.models.campaign_effects import CampaignEffects
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import action
from retention_lib.reports.findings.campaign_effects import type_name
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


@action.register
def _(result: CampaignEffects, words: Words) -> Action:
    paying = [effect for effect in result.types or (result.overall,) if effect.relative.claimed]
    good = [effect for effect in paying if effect.relative.value > 0]
    if good:
        names = words.listed([type_name(effect.name, words) for effect in good])
        title = words.say(N_("Go on with {types}, and leave a **random tenth unmailed**"), types=names)
    else:
        title = words.say(N_("Before the next campaign, leave a **random tenth unmailed**"))
    note = words.say(
        N_(
            "The mailings went to those who buy more anyway, so no comparison afterwards is safe. Those left alone by "
            "chance are like the mailed in all else, so the difference is what mail does. Small types need several "
            "campaigns before anything can be said of them."
        )
    )
    return Action(title=title, tested=False, facts=_test_facts(result.overall, words), note=note)


def _test_facts(effect: CampaignEffect, words: Words) -> tuple[tuple[str, str], ...]:
    """How large the proposed test is, what it can show, and what it is judged by."""
    plan = effect.planned
    size = of_unit(
        effect.unit,
        household=N_("{units} households as this time, {alone} of them left alone"),
        customer=N_("{units} customers as this time, {alone} of them left alone"),
    )
    needed = of_unit(
        effect.unit,
        household=N_("{needed} households, added up over campaigns, a tenth of them left alone"),
        customer=N_("{needed} customers, added up over campaigns, a tenth of them left alone"),
    )
    shows = N_("a rise of sales by {tenth} or more; by {half} with half of them left alone")
    judged = N_("sales of all drawn, mailed or left alone, over {weeks} weeks, whoever used a coupon")
    tenth, half = words.percent(plan.detectable, 0), words.percent(plan.detectable_halves, 0)
    wanted = words.percent(plan.wanted, 0)
    return (
        (words.say(N_("Size")), words.say(size, units=plan.units, alone=plan.left_alone)),
        (words.say(N_("Finds in four of five tests")), words.say(shows, tenth=tenth, half=half)),
        (words.say(N_("To find a rise of {wanted}"), wanted=wanted), words.say(needed, needed=plan.needed)),
        (words.say(N_("Judged by")), words.say(judged, weeks=effect.weeks_after)),
    )
