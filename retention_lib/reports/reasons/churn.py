"""Why there is no answer: who stayed, who went quiet and why."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "abandoned_carts": N_("Nobody known left a cart with a whole week of data after it."),
    "categories_to_compare": N_("The store's sales name no category, so no windows by category are compared."),
    "customers_active_past": N_(
        "Nobody was active at a past date with a whole horizon after it, so nobody can be followed."
    ),
    "customers_active_start": N_("Nobody was active when the month began, so nobody can have stayed or gone quiet."),
    "customers_came_back_followed": N_(
        "Only {have} customers came back early enough to be followed; {need} are needed to say whether they stay."
    ),
    "customers_compared": N_(
        "Of the customers who stayed and of those who went quiet, {have} are the fewer; {need} of each are needed, "
        "and some who bought as often, to compare what they had bought."
    ),
    "customers_followed_by_definition": N_(
        "Only {have} customers are seen for 13 weeks after their first purchase; {need} are needed to compare the "
        "definitions of a kept customer."
    ),
    "customers_known_as_new": N_(
        "No customer is first seen late enough after the data begin to be known as new; {need} are needed to see "
        "at which purchase they stop."
    ),
    "customers_on_list": N_("Nobody is on this list."),
    "customers_silent_beyond_window": N_(
        "Only {have} customers were silent beyond the window at a past date "
        "with a full horizon after it; {need} are needed to say how many come back."
    ),
    "customers_stayed_followed": N_("Nobody stayed active early enough to be followed."),
    "customers_with_known_rhythm": N_(
        "Of only {have} customers with three gaps their own rhythm is known, the others have been silent for "
        "longer than it shows; {need} are needed to find the store's own window, so the usual 30 days are used."
    ),
    "customers_with_reasons": N_(
        "No active customer met with any of the possible reasons to leave, so there is nothing to compare."
    ),
    "customers_with_three_gaps": N_(
        "Only {have} customers have three gaps between purchases; {need} are needed "
        "to find the store's own window, so the usual 30 days are used."
    ),
    "delivery_dates": N_(
        "The store has no promised and actual dates of delivery, so late first deliveries are not known."
    ),
    "episodes": N_("Only {have} customers bought in the period; {need} are needed for the curve."),
    "episodes_that_ended": N_("Nobody came back in the time seen, so there is no curve."),
    "first_deliveries_on_time": N_(
        "Only {have} customers whose first delivery was on time are seen for long enough after it; {need} are "
        "needed for a comparison."
    ),
    "first_order_features": N_("First orders are alike in everything the store knows of them."),
    "funnel_steps": N_("The events of the site know {have} steps; at least {need} make a way to the purchase."),
    "habit_columns": N_(
        "The sales say neither what was discounted nor the category, so what customers had bought is not compared."
    ),
    "history_for_new_customers": N_(
        "The data reach back {have} days. Who is first seen soon after they begin may be an old customer, so it "
        "takes {need} days of history, at the rate at which new ones come, to see at which purchase they stop."
    ),
    "late_first_deliveries": N_(
        "Only {have} customers whose first delivery was late are seen for long enough after it; {need} are needed "
        "for a comparison."
    ),
    "late_second_purchases": N_(
        "Only {have} customers bought again after a late first delivery; {need} are needed to compare their pace."
    ),
    "new_customers_followed": N_(
        "Only {have} truly new customers are seen long enough after their first order; a comparison needs {need}."
    ),
    "on_time_second_purchases": N_(
        "Only {have} customers bought again after a first delivery on time; {need} are needed to compare their pace."
    ),
    "profit_if_won_known": N_(
        "What a customer who comes back brings is not known: the margin is not given, or "
        "nobody came back at a past date."
    ),
    "profit_if_won_positive": N_("A customer who comes back brings no profit at this margin, so no contact can pay."),
    "reasons_known": N_(
        "The store has no reviews, no contacts with service, no products and no categories, so reasons to leave "
        "cannot be looked for."
    ),
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
    "sessions": N_("Only {have} visits of the site are recorded in the month; {need} are needed."),
    "window_before_month": N_(
        "The data begin less than a window before the month, so who was active when it began is not known."
    ),
    "window_groups": N_(
        "{have} groups have 30 customers with three gaps between purchases; {need} are needed to compare windows."
    ),
}
