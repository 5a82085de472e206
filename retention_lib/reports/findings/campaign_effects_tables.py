"""The tables of what coupon campaigns did to sales."""

from __future__ import annotations

from retention_lib.estimates import NotEnough
from retention_lib.models.campaign_effects import CampaignEffects
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.campaign_effects import campaign_rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


@shown_table.register
def _(result: CampaignEffects, words: Words) -> Table | NotEnough:
    treated = of_unit(result.unit, household=N_("Mailed households"), customer=N_("Mailed customers"))
    money = of_unit(
        result.unit,
        household=N_("The same in money a household-week"),
        customer=N_("The same in money a customer-week"),
    )
    change = Column(
        name="relative", header=words.say(N_("Change of sales")), kind="share", low="relative_low", high="relative_high"
    )
    equal = words.say(N_("Taken as an equal amount"))
    columns = (
        Column(name="label", header=words.say(N_("Type"))),
        change,
        Column(name="told", header=words.say(N_("Claimed?"))),
        Column(name="money", header=words.say(money), kind="money", low="money_low", high="money_high"),
        Column(name="additive", header=equal, kind="money", low="additive_low", high="additive_high"),
        Column(name="campaigns", header=words.say(N_("Campaigns")), kind="integer"),
        Column(name="treated", header=words.say(treated), kind="integer"),
        Column(name="used", header=words.say(N_("Used a coupon")), kind="share", low="used_low", high="used_high"),
    )
    caption = words.say(
        N_(
            "What campaigns did to sales a week, by type, against those left alone over the same weeks; 95% intervals, "
            "claims corrected for {n} types"
        ),
        n=max(1, len(result.types)),
    )
    if result.offers > len(result.overall.campaigns):
        several = N_("a campaign that sends several types counts in the row of each, and once in the row of all")
        caption = f"{caption}; {words.say(several)}"
    return Table(columns=columns, frame=campaign_rows(result, words), caption=caption, thin="few")
