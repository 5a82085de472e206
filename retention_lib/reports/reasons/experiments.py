"""Why there is no answer: tests, their plans and the hold-out."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "after_weeks_open": N_("The weeks after the offer are not over, so what is left of it is not told yet."),
    "amounts_capped": N_("No amount of this test has a cap to compare with."),
    "arms": N_("There are {have} arms; a comparison needs at least {need}."),
    "assignment_after_exposure": N_(
        "Some were sent the message before they were put into a group, so no effect of the test is told."
    ),
    "assignment_days": N_("The test has no dates, so its days cannot be looked at one by one."),
    "assignments": N_("No customer is assigned to a test in the days seen, so there is no test to judge."),
    "columns_before": N_("Nothing is known of the customers before the test, so arms cannot be compared there."),
    "control_above_zero": N_("Those left alone brought nothing, so a change cannot be told in per cent."),
    "control_named": N_(
        "Nothing in the data tells which arm of the test was left alone; name it in the parameter file."
    ),
    "control_profit_positive": N_(
        "Customers left alone brought no gross profit in these days, so there is nothing to hold a profit against "
        "and no chance of one is told."
    ),
    "conversion_known": N_("Whether a customer bought was not counted, so gains are shown in money only."),
    "coupon_orders": N_(
        "Only {have} orders were made with a coupon; {need} are needed to say how many of them are extra."
    ),
    "coupon_value_known": N_("What the coupons took off prices is not known, so what an extra order cost is not told."),
    "customers_eligible": N_(
        "No customer may be put into a test: nobody bought lately, may be written to and is in no other test."
    ),
    "customers_expected_per_arm": N_(
        "An arm should hold {have} by the plan; the check of the split needs at least {need}."
    ),
    "customers_listed": N_(
        "The list would hold {have} customers; at most {need} are written at once. Look for a larger effect."
    ),
    "customers_per_arm": N_("An arm has {have} with a result; it needs at least {need}."),
    "effect_below_one": N_("The effect looked for would make everybody buy; look for a smaller one."),
    "effect_interval": N_("The uncertainty of the effect is not known, so no chance of a profit is told."),
    "experiment_assigned": N_(
        "The store has assignments of a test of this name already, of {have} customers. Nobody is put anew: give "
        "the next test a name of its own."
    ),
    "features_known": N_("Nothing is known of the customers from before the test, so offers cannot be chosen by it."),
    "gain_to_lose": N_("No gain was seen in the window, so there is none that could be lost again."),
    "goal_by_day": N_("The metric that decides is not known day by day, so its course over the days is not shown."),
    "goal_in_money": N_(
        "The results of the test hold no column of money, so what it earned is not known; name one as the goal."
    ),
    "goal_known": N_("This store cannot tell the metric that is to decide; choose another goal."),
    "goal_mean_positive": N_(
        "Customers bring {have} of what is to be raised on average, so that no share of it is an effect."
    ),
    "guardrails": N_("Neither refunds nor discounts nor unsubscribed customers are known in this test."),
    "held_out_customers": N_(
        "Only {have} customers or households are in one of the two groups of the hold-out; {need} are needed."
    ),
    "held_out_dated": N_("It is not known since when customers are held out of all campaigns."),
    "held_out_months": N_("The first month of the hold-out is not over yet."),
    "held_out_named": N_("No customers are held out of all campaigns."),
    "history": N_("What these customers did before the test is not known."),
    "holdout_assigned": N_("A hold-out of {have} customers is under way, so no other is drawn."),
    "holdout_wanted": N_("No hold-out is asked for."),
    "incremental_orders_shown": N_("The extra orders cannot be told from none, so what one of them cost is not known."),
    "interim": N_("The test is not over, so no effect of it is told yet."),
    "left_alone_expected": N_("The model expects the offer to pay with every customer, so nobody is left alone."),
    "looks_cohorts": N_(
        "Days on which customers may have come into the test: {have}. Looks before the end make sense from {need} "
        "on, so this test is judged once, when its window is over."
    ),
    "looks_declared": N_("Looks before the end were not agreed, so the test is judged once, when it is over."),
    "looks_declared_late": N_(
        "Looks before the end were agreed {have} days after the test began; only what is agreed before it counts."
    ),
    "looks_first": N_(
        "It is too early for a first look: it takes {need} days of customers whose window is over, and 100 buyers; "
        "there are {have} such days."
    ),
    "orders_counted": N_("Orders were not counted in this test, so extra ones are not known."),
    "other_campaigns": N_("Other campaigns reached one group more than another, so no effect of the test is told."),
    "outcomes_dated": N_(
        "What the customers of the test did cannot be counted: the test has no dates, and no results come "
        "with it; state the day on which it started."
    ),
    "outcomes_missing": N_(
        "Results are missing more often in one group than in another, so no effect of the test is told."
    ),
    "past_tests": N_(
        "To say what campaigns leave in general takes {need} earlier tests that can be judged; there are {have}."
    ),
    "planning_history_days": N_(
        "The sales reach back {have} days; {need} are needed to see what customers do over the days of a test."
    ),
    "sales_by_day": N_("The results of the test came as totals, so what customers did day by day is not known."),
    "sample_ratio_broken": N_("The groups of the test are not as large as planned, so no effect of it is told."),
    "sample_ratio_days": N_(
        "On some days the groups of the test are not as large as planned, so no effect of it is told."
    ),
    "sample_ratio_strata": N_(
        "Within a stratum the groups of the test are not as large as planned, so no effect of it is told."
    ),
    "small_arms": N_("A group of the test is too small, so no effect of it is told."),
    "test_units": N_(
        "The test needs {need} in its groups and there are {have}, so no list is drawn. Look for a larger effect, "
        "or test fewer offers."
    ),
    "test_weeks_after": N_("The weeks after the window are not over, so whether a gain lasts is not known yet."),
    "trap_groups": N_("Neither buyers nor those who opened the message can be compared on their own."),
    "two_arms": N_("Too many are in two groups of the test at once, so no effect of it is told."),
    "unbalanced_before": N_("The groups of the test bought differently even before it, so no effect of it is told."),
    "units_per_column": N_(
        "The smallest arm has {have}; {need} are needed to compare all that is known from before the test."
    ),
    "uplift_customers": N_(
        "The smallest arm has {have} with a result; {need} are needed to choose offers by customer."
    ),
}
