"""The figures of the loyalty report: of the programme, and of campaigns where a store has no programme."""

from __future__ import annotations

from retention_lib.reports.figure_specs import one
from retention_lib.reports.words import N_

_EFFECT = (
    one(
        "naive_difference",
        N_("Raw gap a week, no effect"),
        "money_per_week",
        N_(
            "mean weekly sales of members (of customers or households mailed, where the report is about campaigns) - "
            "those of the others; not an effect"
        ),
    ),
    one(
        "did_effect",
        N_("Effect on sales a week"),
        "money_per_week",
        N_(
            "of the programme: sales a member and week - what was expected of the same members without joining; of "
            "campaigns: difference in differences of weekly sales"
        ),
        "up",
    ),
    one(
        "did_effect_relative",
        N_("Effect, in per cent"),
        "share",
        N_(
            "purchases (of campaigns: sales) over what they would have been without, less 1; Poisson regression with "
            "fixed effects, errors clustered by household"
        ),
        "up",
    ),
    one("pretrend_p", N_("Groups alike before (p)"), "p", N_("joint Wald test that no period before shows an effect")),
    one("placebo_p", N_("Nothing at a made-up date (p)"), "p", N_("test of an effect at a date before the true one")),
    one(
        "sensitivity_breakdown",
        N_("Drift that would undo the claim"),
        "ratio",
        N_(
            "how many times as fast as before the start the groups would have to drift apart after it to leave nothing "
            "of the effect; 0 where none is claimed"
        ),
        "up",
    ),
    one(
        "members",
        N_("Members measured"),
        "count",
        N_("members who had been customers for three periods of 28 days before they joined"),
    ),
    one(
        "households_treated",
        N_("Got the campaign"),
        "count",
        N_("households (customers where none are known) that got the campaign"),
    ),
    one(
        "households_control",
        N_("Left alone"),
        "count",
        N_("households (customers where none are known) that no campaign had reached"),
    ),
)

_MONEY = (
    one(
        "incremental_gross_profit",
        N_("Gross profit gained"),
        "money",
        N_("gross profit of the measured members in their first periods - what was expected without the programme"),
        "up",
    ),
    one(
        "reward_cost",
        N_("Rewards they used"),
        "money",
        N_("points the measured members used in these periods x what a point pays"),
        "down",
    ),
    one(
        "programme_profit",
        N_("Programme profit"),
        "money",
        N_("gross profit gained - rewards used - running cost, of the measured members in their first periods"),
        "up",
    ),
    one(
        "probability_profit",
        N_("Chance that it pays"),
        "share",
        N_("chance that the programme's profit is above 0, from the measured effect and the prior of the parameters"),
        "up",
    ),
)

_POINTS = (
    one(
        "points_outstanding",
        N_("Points outstanding"),
        "count",
        N_("points credited - used, reversed, expired and forfeited, that can still be used"),
    ),
    one(
        "points_liability",
        N_("Owed for points"),
        "money",
        N_("(share of points ever used x points credited - points used so far) x what a point pays"),
        "down",
    ),
    one(
        "ultimate_redemption_rate",
        N_("Points that will be used"),
        "share",
        N_("points used so far and expected to be used / points credited so far"),
    ),
    one(
        "orders_to_first_reward",
        N_("Orders to a first reward"),
        "number",
        N_("median orders from joining to the first balance that can be used, of members who got there"),
        "down",
    ),
    one(
        "share_reaching_reward",
        N_("Get to a first reward"),
        "share",
        N_("share of members with a usable balance within a year of joining, leaving taken into account"),
        "up",
    ),
)

LOYALTY = (*_EFFECT, *_MONEY, *_POINTS)
"""All figures of the loyalty report."""
