"""Why there is no answer: points, rewards and tiers, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "members_at_reward": N_(
        "Only {have} members who joined early enough came to a first reward; {need} are needed to say what it took "
        "them."
    ),
    "members_followed": N_("Only {have} members are followed; {need} are needed to say what they cost."),
    "members_followed_half_year": N_(
        "Only {have} members joined half a year ago or earlier; {need} are needed to say how soon they come to a "
        "reward."
    ),
    "members_reaching_tier": N_(
        "Only {have} members reached a tier by ordering and ordered often enough around it; {need} are needed."
    ),
    "members_short": N_("No member is one order short of the next tier."),
    "members_then": N_("The programme had {have} members then; {need} are needed to say how they moved between tiers."),
    "members_with_joining": N_(
        "Of only {have} members it is known when they joined; {need} are needed to say how soon they come to a reward."
    ),
    "members_with_points": N_("Only {have} members were given such points; {need} are needed to judge them."),
    "point_redemptions": N_(
        "Members have paid with points {have} times; {need} are needed to say how many of the others will be used."
    ),
    "point_value_known": N_(
        "What a point pays is not known: no points used have a value in the data, and the parameters give none."
    ),
    "points_credited": N_("The programme has not credited a point yet, so there is no ledger of points."),
    "points_earned": N_("Purchases earn no points in this programme, so rates of accrual are not held side by side."),
    "points_ended": N_("No points have been redeemed or have lapsed yet, so no share of them is told."),
    "points_known": N_("The events of the programme say nothing of points, so there is no ledger of them."),
    "points_over": N_("No points have run their time yet, so it is not known how many of them are used."),
    "redemption_months": N_(
        "Points were used in {have} months; {need} are needed to say how many of the others will be."
    ),
    "redemptions_of_points": N_(
        "Members have paid with points {have} times; {need} are needed to see from how many points on a reward can "
        "be used. Set smallest_reward in the parameter file."
    ),
    "running_cost_below_rewards": N_(
        "Running the programme cost {have}, less than the rewards used, {need}: it cannot hold them, so set "
        "running_cost_holds_rewards to false."
    ),
    "running_cost_known": N_("What running the programme costs is not known; the table of costs tells it by month."),
    "tier_rule_orders": N_(
        "Tiers do not come with a number of orders: at most {have} of 100 members reach one with the same, {need} "
        "would show a rule. So no effort before a tier can be told from an order that was due anyway."
    ),
    "tier_rules_known": N_(
        "With what a tier is reached is not seen in the data: neither a number of orders nor money spent fits."
    ),
    "tiers_known": N_("The programme names {have} tiers; {need} are needed to compare them."),
}
