"""Why there is no answer, in words: one sentence for each reason code that a model may give."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.estimates import NotEnough
from retention_lib.reports.words import N_, Words

# code -> sentence; {have} and {need} are numbers already formatted.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "acquisition_cost_by_group": N_(
            "What winning a customer costs is not known group by group, so groups are not held against their cost."
        ),
        "acquisition_cost_known": N_(
            "What winning a customer costs is not known: neither the tables nor the parameter file tell it."
        ),
        "abandoned_carts": N_("Nobody known left a cart with a whole week of data after it."),
        "acquisition_cost_positive": N_("Winning a customer costs nothing here, so value and cost cannot be compared."),
        "top_customers_who_may_leave": N_(
            "Of the {need} most valuable customers only {have} would buy nothing by themselves, too few for a test to "
            "show that treating them better keeps more."
        ),
        "before_untested": N_(
            "Most of the members measured were customers for too short a time to test whether they and the others "
            "moved alike before joining."
        ),
        "fit_converged": N_("The course of purchases without the programme could not be estimated from these data."),
        "joined_one_day": N_(
            "All members joined on one day, and whatever else changed for them then would be taken for an effect."
        ),
        "members_with_after": N_("{have} members with a past are seen after they joined; {need} are needed."),
        "control_group": N_(
            "Of {need} customers needed to compare members with, {have} are left who had not joined by then: where "
            "everybody joins, or all at once, nobody shows what would have been bought without the programme."
        ),
        "joined_at_purchases": N_(
            "Customers join when they buy, and those who joined were more active already before: the comparison takes "
            "the moment of joining for an effect."
        ),
        "levels_differ": N_(
            "Those mailed bought so much more before than those left alone that these cannot stand in for them."
        ),
        "loyalty_events": N_("The store has no table of a loyalty programme."),
        "margin": N_("Neither costs nor a margin are known, so there is no gross profit."),
        "member_gap": N_("There are no members to hold beside others in the same weeks."),
        "member_purchases": N_(
            "The members to be measured made {have} purchases in their first weeks; {need} are needed."
        ),
        "members_settled": N_(
            "{have} members had been customers for 12 weeks before they joined; {need} are needed, as the others have "
            "no before."
        ),
        "past_tests": N_(
            "To say what campaigns leave in general takes {need} earlier tests that can be judged; there are {have}."
        ),
        "sample_ratio_broken": N_("The groups of the test are not as large as planned, so no effect of it is told."),
        "sample_ratio_strata": N_(
            "Within a stratum the groups of the test are not as large as planned, so no effect of it is told."
        ),
        "sample_ratio_days": N_(
            "On some days the groups of the test are not as large as planned, so no effect of it is told."
        ),
        "two_arms": N_("Too many are in two groups of the test at once, so no effect of it is told."),
        "assignment_after_exposure": N_(
            "Some were sent the message before they were put into a group, so no effect of the test is told."
        ),
        "unbalanced_before": N_(
            "The groups of the test bought differently even before it, so no effect of it is told."
        ),
        "outcomes_missing": N_(
            "Results are missing more often in one group than in another, so no effect of the test is told."
        ),
        "other_campaigns": N_("Other campaigns reached one group more than another, so no effect of the test is told."),
        "small_arms": N_("A group of the test is too small, so no effect of it is told."),
        "interim": N_("The test is not over, so no effect of it is told yet."),
        "after_weeks_open": N_("The weeks after the offer are not over, so what is left of it is not told yet."),
        "orders_counted": N_("Orders were not counted in this test, so extra ones are not known."),
        "overlap_poor": N_(
            "Hardly any other customers bought as much as the members before they joined, so nobody shows what they "
            "would have done."
        ),
        "periods_before": N_("No purchases are left to test whether members and others moved alike before joining."),
        "placebo_rejected": N_("An effect shows even at a made-up date before the true one, when there can be none."),
        "pretrend_rejected": N_("The groups compared were already moving apart before."),
        "segments_measured": N_(
            "{have} groups of customers have enough members to be measured; a comparison needs {need}."
        ),
        "sums_positive": N_(
            "Sales of the members are not above zero in the weeks compared, so there are no shares to tell."
        ),
        "trap_groups": N_("Neither buyers nor those who opened the message can be compared on their own."),
        "twins_members": N_(
            "{have} members were customers for 12 weeks before they joined; {need} are needed to find others like them."
        ),
        "twins_others": N_(
            "{have} customers who never joined were seen for 12 weeks; {need} are needed to be like the members."
        ),
        "all_mailed_one_day": N_(
            "Everybody was mailed on one day and {have} were left alone beside them, of {need} needed: nobody shows "
            "what would have been bought without the mail, so no effect can be claimed."
        ),
        "amounts_capped": N_("No amount of this test has a cap to compare with."),
        "arms": N_("There are {have} arms; a comparison needs at least {need}."),
        "assignments": N_("No customer is assigned to a test in the days seen, so there is no test to judge."),
        "control_named": N_(
            "Nothing in the data tells which arm of the test was left alone; name it in the parameter file."
        ),
        "outcomes_dated": N_(
            "What the customers of the test did cannot be counted: the test has no dates, and no results come "
            "with it; state the day on which it started."
        ),
        "assignment_days": N_("The test has no dates, so its days cannot be looked at one by one."),
        "sales_by_day": N_("The results of the test came as totals, so what customers did day by day is not known."),
        "backtest_days": N_(
            "There are {have} days of sales before the last test; {need} are needed to choose among forecasts."
        ),
        "bands_of_messages": N_(
            "Openings are seen of {have} groups by number of messages; a comparison needs at least {need}."
        ),
        "blocks_before": N_(
            "There are {have} blocks of four weeks before the start; {need} are needed to see a drift before it."
        ),
        "boosting_customers": N_(
            "Only {have} customers were known in the window before; {need} are needed to learn from what they did."
        ),
        "campaign_compared": N_(
            "The campaign reached fewer than {need} before any other did, or has no weeks before its start, so it is "
            "not judged on its own."
        ),
        "categories_to_compare": N_("The store's sales name no category, so no windows by category are compared."),
        "columns_before": N_("Nothing is known of the customers before the test, so arms cannot be compared there."),
        "cohort_customers": N_("The largest cohort has {have} customers; {need} are needed to judge one."),
        "cohorts_to_compare": N_(
            "Cohorts of 30 customers that have been seen at the same age: {have}; it takes {need} to compare them."
        ),
        "cohorts": N_("Nobody has bought yet, so there is no cohort."),
        "cohort_months": N_(
            "The cohorts are seen for {have} periods; {need} are needed to say what a customer brought."
        ),
        "contact_cost_known": N_(
            "The cost of a contact is not given; set economics.contact_cost in the parameter file."
        ),
        "control_above_zero": N_("Those left alone brought nothing, so a change cannot be told in per cent."),
        "control_profit_positive": N_(
            "Customers left alone brought no gross profit in these days, so there is nothing to hold a profit against "
            "and no chance of one is told."
        ),
        "costs_known": N_(
            "The store has no table of costs, so what keeping and winning a customer costs is not known."
        ),
        "costs_of_month": N_("The table of costs has no row for the month."),
        "coupon_orders": N_(
            "Only {have} orders were made with a coupon; {need} are needed to say how many of them are extra."
        ),
        "coupon_value_known": N_(
            "What the coupons took off prices is not known, so what an extra order cost is not told."
        ),
        "customers": N_("There are {have} customers; the model of purchases needs at least {need}."),
        "customers_active_past": N_(
            "Nobody was active at a past date with a whole horizon after it, so nobody can be followed."
        ),
        "customers_active_start": N_(
            "Nobody was active when the month began, so nobody can have stayed or gone quiet."
        ),
        "customers_came_back_followed": N_(
            "Only {have} customers came back early enough to be followed; {need} are needed to say whether they stay."
        ),
        "customers_compared": N_(
            "Of the customers who stayed and of those who went quiet, {have} are the fewer; {need} of each are needed, "
            "and some who bought as often, to compare what they had bought."
        ),
        "customers_alike": N_("There are no customers alike to compare with."),
        "customers_control": N_("{have} customers were left alone; a comparison needs at least {need}."),
        "customers_expected_per_arm": N_(
            "An arm should hold {have} by the plan; the check of the split needs at least {need}."
        ),
        "customers_in_base": N_("There are {have} customers in the base of this share; it needs at least {need}."),
        "customers_in_rfm_groups": N_(
            "Customers in groups by recency and frequency: {have}; it takes {need} to say anything of the groups."
        ),
        "customers_in_segments": N_("The store has no column that splits its customers this way."),
        "customers_on_list": N_("Nobody is on this list."),
        "customers_followed": N_(
            "Only {have} customers are seen long enough after their first purchase; {need} are needed to say how "
            "they buy."
        ),
        "customers_known_as_new": N_(
            "No customer is first seen late enough after the data begin to be known as new; {need} are needed to see "
            "at which purchase they stop."
        ),
        "customers_mailed": N_(
            "Only {have} customers were mailed first by this campaign; {need} are needed for a comparison."
        ),
        "customers_mailed_lately": N_(
            "Only {have} customers were sent a message in the days before the month; {need} are needed for a "
            "comparison."
        ),
        "customers_per_arm": N_("An arm has {have} with a result; it needs at least {need}."),
        "customers_followed_by_definition": N_(
            "Only {have} customers are seen for 13 weeks after their first purchase; {need} are needed to compare the "
            "definitions of a kept customer."
        ),
        "customers_referred": N_(
            "Only {have} customers who came by a recommendation, or in another way, can be followed for half a year; "
            "{need} are needed to say what they bring."
        ),
        "customers_scored": N_("Nobody has bought lately, so there are no groups by recency and frequency."),
        "customers_scored_start": N_(
            "Nobody had bought before the month, so nobody can have moved from one group to another."
        ),
        "customers_silent_beyond_window": N_(
            "Only {have} customers were silent beyond the window at a past date "
            "with a full horizon after it; {need} are needed to say how many come back."
        ),
        "customers_treated": N_("{have} customers were addressed; a comparison needs at least {need}."),
        "customers_unmailed": N_("Only {have} customers were left alone; {need} are needed for a comparison."),
        "customers_stayed_followed": N_("Nobody stayed active early enough to be followed."),
        "customers_valued": N_(
            "{have} customers are expected to bring anything; {need} are needed to say how it is spread over them."
        ),
        "customers_with_known_rhythm": N_(
            "Of only {have} customers with three gaps their own rhythm is known, the others have been silent for "
            "longer than it shows; {need} are needed to find the store's own window, so the usual 30 days are used."
        ),
        "customers_with_sales": N_("There are {have} customers with sales; {need} are needed."),
        "customers_with_three_gaps": N_(
            "Only {have} customers have three gaps between purchases; {need} are needed "
            "to find the store's own window, so the usual 30 days are used."
        ),
        "customers_with_reasons": N_(
            "No active customer met with any of the possible reasons to leave, so there is nothing to compare."
        ),
        "days_of_sales": N_("There is no sale, so there is no calendar of sales."),
        "delivery_dates": N_(
            "The store has no promised and actual dates of delivery, so late first deliveries are not known."
        ),
        "dimensions_known": N_(
            "The store knows nothing of its customers that would tell one group from another, but what they buy."
        ),
        "effect_interval": N_("The uncertainty of the effect is not known, so no chance of a profit is told."),
        "episodes": N_("Only {have} customers bought in the period; {need} are needed for the curve."),
        "episodes_that_ended": N_("Nobody came back in the time seen, so there is no curve."),
        "first_order_features": N_("First orders are alike in everything the store knows of them."),
        "first_purchases_known": N_("The data begin too late to know who bought for the first time in the month."),
        "first_deliveries_on_time": N_(
            "Only {have} customers whose first delivery was on time are seen for long enough after it; {need} are "
            "needed for a comparison."
        ),
        "forecast_buyers": N_(
            "Only {have} customers have bought; a forecast of their value needs {need}, so none is made."
        ),
        "forecast_errors": N_("No forecast of it was made on past days, so its errors are not known."),
        "forecast_history_days": N_("The sales reach back {have} days; a forecast needs {need}, so none is made."),
        "forecast_recent_days": N_(
            "The last purchase is {have} days old; a forecast needs one in the last {need} days, so none is made."
        ),
        "gain_to_lose": N_("No gain was seen in the window, so there is none that could be lost again."),
        "forecast_third_purchases": N_("Nobody has bought three times, so no forecast of purchases is made."),
        "funnel_steps": N_("The events of the site know {have} steps; at least {need} make a way to the purchase."),
        "goal_by_day": N_("The metric that decides is not known day by day, so its course over the days is not shown."),
        "goal_in_money": N_(
            "The results of the test hold no column of money, so what it earned is not known; name one as the goal."
        ),
        "habit_columns": N_(
            "The sales say neither what was discounted nor the category, so what customers had bought is not compared."
        ),
        "history_for_new_customers": N_(
            "The data reach back {have} days. Who is first seen soon after they begin may be an old customer, so it "
            "takes {need} days of history, at the rate at which new ones come, to see at which purchase they stop."
        ),
        "held_out_customers": N_(
            "Only {have} customers or households are in one of the two groups of the hold-out; {need} are needed."
        ),
        "held_out_dated": N_("It is not known since when customers are held out of all campaigns."),
        "held_out_months": N_("The first month of the hold-out is not over yet."),
        "held_out_named": N_("No customers are held out of all campaigns."),
        "holdout_customers": N_(
            "Only {have} customers were known when the holdout began; {need} are needed to test a forecast."
        ),
        "holdout_purchases": N_("Nobody bought in the holdout, so a forecast cannot be tested on it."),
        "holdout_weeks": N_("There is not a whole week of data on each side of the holdout's beginning."),
        "goal_known": N_("This store cannot tell the metric that is to decide; choose another goal."),
        "guardrails": N_("Neither refunds nor discounts nor unsubscribed customers are known in this test."),
        "history": N_("What these customers did before the test is not known."),
        "households_control": N_("Only {have} households were left alone; {need} are needed for a comparison."),
        "households_treated": N_(
            "Only {have} households were mailed first by this campaign; {need} are needed for a comparison."
        ),
        "identities_known": N_("The store has no table of identities, so each customer id is taken for one person."),
        "incremental_orders_shown": N_(
            "The extra orders cannot be told from none, so what one of them cost is not known."
        ),
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
        "income_customers": N_(
            "Only {have} customers bought in one of the last two years; {need} are needed for an income-based value."
        ),
        "income_history_days": N_(
            "The sales reach back {have} days; an income-based value needs two years, {need} days, to see who stays."
        ),
        "income_left": N_("No customer of the year before left, so years of relationship cannot be told."),
        "invitation_customers": N_(
            "Of those invited at random and those left out, {have} are the fewer; {need} of each are needed to judge "
            "the invitation."
        ),
        "invitation_named": N_("No experiment is named in which customers were invited into the programme at random."),
        "invitation_not_taken": N_(
            "The invitation made too few customers join to say what the programme did to those who joined because of "
            "it."
        ),
        "invitation_outcome_varies": N_("Nobody invited, or nobody left out, bought anything, so nothing is compared."),
        "invitation_periods": N_(
            "The customers invited at random have been followed for less than 28 days, so nothing is said of them yet."
        ),
        "late_first_deliveries": N_(
            "Only {have} customers whose first delivery was late are seen for long enough after it; {need} are needed "
            "for a comparison."
        ),
        "late_second_purchases": N_(
            "Only {have} customers bought again after a late first delivery; {need} are needed to compare their pace."
        ),
        "lifetime_history_months": N_(
            "The sales reach back {have} months; {need} are needed for a lifetime figure, so none is shown."
        ),
        "margin_and_cost_known": N_(
            "Without a margin and the cost of a contact no profit can be computed; set them "
            "under economics in the parameter file."
        ),
        "margin_known": N_(
            "Without a margin no profit can be computed; set economics.gross_margin in the parameter file."
        ),
        "measures_compared": N_("No measure of the shop can be compared with those of other shops."),
        "members_followed": N_("Only {have} members are followed; {need} are needed to say what they cost."),
        "members_reaching_tier": N_(
            "Only {have} members reached a tier by ordering and ordered often enough around it; {need} are needed."
        ),
        "members_short": N_("No member is one order short of the next tier."),
        "members_then": N_(
            "The programme had {have} members then; {need} are needed to say how they moved between tiers."
        ),
        "members_at_reward": N_(
            "Only {have} members who joined early enough came to a first reward; {need} are needed to say what it took "
            "them."
        ),
        "members_followed_half_year": N_(
            "Only {have} members joined half a year ago or earlier; {need} are needed to say how soon they come to a "
            "reward."
        ),
        "members_with_joining": N_(
            "Of only {have} members it is known when they joined; {need} are needed to say how soon they come to a "
            "reward."
        ),
        "members_with_points": N_("Only {have} members were given such points; {need} are needed to judge them."),
        "month_compared_seen": N_(
            "Of the month to compare with the data hold {have} of {need} days, so the change of sales is not told."
        ),
        "month_over": N_("The month is not over, so it is not compared with another."),
        "month_whole": N_(
            "The month is seen for {have} of its {need} days only, so it is not compared with the month before."
        ),
        "months_of_history": N_("The data reach back {have} whole months; {need} are needed."),
        "months_to_compare": N_(
            "Only {have} months before this one can be read; {need} are needed to say what is usual."
        ),
        "months_with_history": N_("No month has a whole window of history before it."),
        "new_customers_followed": N_(
            "Only {have} truly new customers are seen long enough after their first order; a comparison needs {need}."
        ),
        "observations": N_("There are {have} observations; {need} are needed."),
        "on_time_second_purchases": N_(
            "Only {have} customers bought again after a first delivery on time; {need} are needed to compare their "
            "pace."
        ),
        "orders": N_("There are {have} orders; {need} are needed to say which are far larger than the rest."),
        "point_redemptions": N_(
            "Members have paid with points {have} times; {need} are needed to say how many of the others will be used."
        ),
        "points_credited": N_("The programme has not credited a point yet, so there is no ledger of points."),
        "points_ended": N_("No points have been redeemed or have lapsed yet, so no share of them is told."),
        "points_known": N_("The events of the programme say nothing of points, so there is no ledger of them."),
        "point_value_known": N_(
            "What a point pays is not known: no points used have a value in the data, and the parameters give none."
        ),
        "points_earned": N_(
            "Purchases earn no points in this programme, so rates of accrual are not held side by side."
        ),
        "points_over": N_("No points have run their time yet, so it is not known how many of them are used."),
        "profit_if_won_known": N_(
            "What a customer who comes back brings is not known: the margin is not given, or "
            "nobody came back at a past date."
        ),
        "profit_if_won_positive": N_(
            "A customer who comes back brings no profit at this margin, so no contact can pay."
        ),
        "purchase_model_fit": N_("The model of purchases finds no maximum on these data, so no value is computed."),
        "purchase_models": N_("No model of purchases could be fitted."),
        "redemption_months": N_(
            "Points were used in {have} months; {need} are needed to say how many of the others will be."
        ),
        "nobody_left_alone": N_(
            "Campaigns reached almost everybody: {have} were left alone beside one, of {need} needed, so there is "
            "nobody to compare with and no effect can be claimed."
        ),
        "one_period": N_(
            "The data hold {have} whole weeks; {need} are needed to compare the time before a campaign with the time "
            "after."
        ),
        "redemptions_known": N_("The store has no table of redemptions, so use of coupons is not known."),
        "redemptions_of_points": N_(
            "Members have paid with points {have} times; {need} are needed to see from how many points on a reward can "
            "be used. Set smallest_reward in the parameter file."
        ),
        "referrals_known": N_(
            "Neither points given nor the channels by which customers came speak of recommendations, so nothing can be "
            "said of them."
        ),
        "repeat_customers_with_spend": N_(
            "What customers spend could not be modelled before the month, so its sales are not forecast."
        ),
        "reasons_known": N_(
            "The store has no reviews, no contacts with service, no products and no categories, so reasons to leave "
            "cannot be looked for."
        ),
        "reference_store": N_("No published sample is named to check the models against."),
        "refunds_known": N_("The sales hold no refunds, so what was returned is not known."),
        "repeat_buyers": N_("Only {have} customers bought twice or more; {need} are needed to model what they spend."),
        "repeat_customers": N_("Only {have} customers bought twice or more; {need} are needed to model when they buy."),
        "running_cost_below_rewards": N_(
            "Running the programme cost {have}, less than the rewards used, {need}: it cannot hold them, so set "
            "running_cost_holds_rewards to false."
        ),
        "running_cost_known": N_(
            "What running the programme costs is not known; the table of costs tells it by month."
        ),
        "sales_in_two_months": N_("Nobody bought in either of the two months, so there is no change of sales."),
        "risk_buying": N_(
            "Only {have} customers bought in a past window; {need} are needed in each to learn who will be silent."
        ),
        "risk_silent": N_(
            "Only {have} customers stayed silent in a past window; {need} are needed in each to learn who will be."
        ),
        "risk_windows": N_(
            "Past windows for a risk score: {have}; it takes {need}, to learn it, to choose it and to test it, each as "
            "long as the time looked ahead, after two months of sales."
        ),
        "sales_known": N_("The store has no sales that can be read."),
        "treated_with_past": N_(
            "The largest group of members with a past to be compared with has {have}; {need} are needed."
        ),
        "controls_of_kind": N_(
            "At most {have} customers like the members had not joined at the time; a comparison needs {need}."
        ),
        "treated_seen_for": N_("Members are seen for {have} periods after they joined; {need} are needed."),
        "level_without_treatment": N_(
            "Without the programme members would have brought nothing, so its effect is no percentage of that."
        ),
        "periods_before_treatment": N_(
            "Members are not seen long enough before they joined to test whether they moved like the others."
        ),
        "sales_variation": N_("Sales do not vary, so nothing can be compared."),
        "season_history_days": N_(
            "The sales reach back {have} days; {need} are needed to tell a season from a trend, so none is used."
        ),
        "season_months": N_(
            "Only {have} months have purchases enough to tell a season; {need} are needed, so none is used."
        ),
        "sessions": N_("Only {have} visits of the site are recorded in the month; {need} are needed."),
        "simulated_store": N_("Only a simulated store is asked whether it looks like a shop."),
        "spend_mean_finite": N_("The model of spend has no finite mean on these data, so no value is computed."),
        "spend_model_fit": N_("The model of spend finds no maximum on these data, so no value is computed."),
        "splits_known": N_(
            "The store knows neither a channel nor a category nor a discount of the first order, so groups by how "
            "customers were won are not compared."
        ),
        "stakes_buyers": N_(
            "Only {have} customers bought in the last whole window; {need} are needed to check what is said to be at "
            "stake."
        ),
        "survival_customers": N_("Only {have} customers are followed; {need} are needed to say how many stay."),
        "survival_fit": N_(
            "How many stay follows no curve that can be carried on (nobody left, or everybody alike), so none is drawn."
        ),
        "survival_periods": N_("Customers are followed for {have} renewals; {need} are needed to say how many stay."),
        "tables_with_ids": N_("The store has one table with ids, so there is no other to compare it with."),
        "tier_rule_orders": N_(
            "Tiers do not come with a number of orders: at most {have} of 100 members reach one with the same, {need} "
            "would show a rule. So no effort before a tier can be told from an order that was due anyway."
        ),
        "tier_rules_known": N_(
            "With what a tier is reached is not seen in the data: neither a number of orders nor money spent fits."
        ),
        "tiers_known": N_("The programme names {have} tiers; {need} are needed to compare them."),
        "values_seen_to_quantile": N_(
            "Of {need} values only {have} are known, the others are larger: the quantile is not reached."
        ),
        "test_weeks_after": N_("The weeks after the window are not over, so whether a gain lasts is not known yet."),
        "units_per_column": N_(
            "The smallest arm has {have}; {need} are needed to compare all that is known from before the test."
        ),
        "weeks_after": N_("There are {have} weeks after the start; at least {need} is needed."),
        "weeks_before": N_(
            "There are {have} weeks before the start; at least {need} are needed to see whether the groups moved alike."
        ),
        "weeks_before_placebo": N_(
            "There are {have} weeks before the start; {need} are needed to try an earlier start on them."
        ),
        "window_groups": N_(
            "{have} groups have 30 customers with three gaps between purchases; {need} are needed to compare windows."
        ),
        "window_before_month": N_(
            "The data begin less than a window before the month, so who was active when it began is not known."
        ),
        "customers_eligible": N_(
            "No customer may be put into a test: nobody bought lately, may be written to and is in no other test."
        ),
        "customers_listed": N_(
            "The list would hold {have} customers; at most {need} are written at once. Look for a larger effect."
        ),
        "effect_below_one": N_("The effect looked for would make everybody buy; look for a smaller one."),
        "experiment_assigned": N_(
            "The store has assignments of a test of this name already, of {have} customers. Nobody is put anew: give "
            "the next test a name of its own."
        ),
        "goal_mean_positive": N_(
            "Customers bring {have} of what is to be raised on average, so that no share of it is an effect."
        ),
        "holdout_assigned": N_("A hold-out of {have} customers is under way, so no other is drawn."),
        "holdout_wanted": N_("No hold-out is asked for."),
        "planning_history_days": N_(
            "The sales reach back {have} days; {need} are needed to see what customers do over the days of a test."
        ),
        "uplift_customers": N_(
            "The smallest arm has {have} with a result; {need} are needed to choose offers by customer."
        ),
        "conversion_known": N_("Whether a customer bought was not counted, so gains are shown in money only."),
        "left_alone_expected": N_("The model expects the offer to pay with every customer, so nobody is left alone."),
        "features_known": N_(
            "Nothing is known of the customers from before the test, so offers cannot be chosen by it."
        ),
        "test_units": N_(
            "The test needs {need} in its groups and there are {have}, so no list is drawn. Look for a larger effect, "
            "or test fewer offers."
        ),
        "zero_variance": N_("All customers do the same, so that there is nothing to compare."),
        "customers_at_it_again": N_(
            "{have} customers whose habits were known did it again in the weeks held out; {need} are needed to say "
            "whether own habits help."
        ),
        "customers_who_bought_again": N_(
            "{have} customers bought again in the last window; {need} are needed to say how often the expected day "
            "holds."
        ),
        "purchases_with_a_time": N_(
            "The hour of {have} orders is known; {need} are needed to show when customers buy."
        ),
        "contacts_with_a_time": N_("No contact is planned, so there are no times of sending."),
        "base_expected": N_("Nothing was to be expected of the last window, so it says nothing about the next."),
        "effects_measured": N_("No list or test has measured yet what these messages bring."),
        "lists_untested": N_("What every list brings has been measured."),
        "base_known": N_(
            "What these customers bring without a message is not known, so neither is what must be added."
        ),
        "offer_below_margin": N_("The offer costs more than an order leaves, so that no number of orders pays for it."),
        "offers_asked": N_("No scenario leaves it to tests which offer it makes."),
        "offers_tested": N_("No test that may be read has tried an offer of the playbook."),
        "offer_claimed": N_("The last test of offers does not show that any of them brings more than it costs."),
        "customers_to_contact": N_("No customer is left to contact this month: {have} passed all steps."),
        "not_learned": N_("No scenario that is on needs it."),
        "products_known": N_("The sales name no product that five customers bought, so nothing is said of products."),
        "categories_known": N_("The sales name no category that five customers bought."),
        "pairs_days": N_(
            "The sales reach back {have} days; {need} are needed to see what follows a purchase of the product."
        ),
        "pair_support": N_(
            "The commonest pair of products was bought by {have} customers; {need} are asked for, so no pair is named."
        ),
        "pairs_found": N_("No two products are bought together oftener than chance would have it."),
        "products_bought_again": N_(
            "{have} times was a product bought again in the month; {need} are needed to learn what is bought again."
        ),
        "product_intervals": N_(
            "The product bought again most often has {have} intervals; {need} are needed to know when it runs out."
        ),
        "rebuy_days": N_(
            "The sales reach back {have} days; {need} are needed to learn on one month what is bought again and to "
            "judge it on the next."
        ),
        "customers_judged": N_(
            "{have} customers bought in the month on which the lists of products are judged; {need} are needed."
        ),
        "popular_hits": N_("None of the products named was bought, so that there is nothing to compare."),
        "best_tier_known": N_("The programme has no tier of that name, or only one."),
        "lists": N_("The store has no list of the playbook yet."),
        "lists_closed": N_("No list of the playbook was judged since the last report: none was over."),
        "lists_sound": N_("No list of the playbook that is over may be read, so nothing is said of what they earned."),
        "one_arm": N_("The list has one arm only, so there is nobody to hold it against."),
        "not_sent": N_(
            "The store's messages of those days, by their campaigns, have none of the list: it was not sent."
        ),
    }
)

_UNNAMED = N_("There is not enough data for this answer: it needs {need}, there are {have}.")


def reason_sentence(refusal: NotEnough, words: Words) -> str:
    """The sentence that stands where a figure, a chart or a table could not be made."""
    return words.say(
        REASONS.get(refusal.reason, _UNNAMED),
        have=_amount(refusal.have, words),
        need=_amount(refusal.need, words),
    )


def _amount(value: float, words: Words) -> str:
    return words.number(value) if float(value).is_integer() else words.number(value, 2)
