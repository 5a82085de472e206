"""Why there is no answer: the lists of the playbook and what they earned."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "base_expected": N_("Nothing was to be expected of the last window, so it says nothing about the next."),
    "base_known": N_("What these customers bring without a message is not known, so neither is what must be added."),
    "best_tier_known": N_("The programme has no tier of that name, or only one."),
    "categories_known": N_("The sales name no category that five customers bought."),
    "contacts_with_a_time": N_("No contact is planned, so there are no times of sending."),
    "customers_at_it_again": N_(
        "{have} customers whose habits were known did it again in the weeks held out; {need} are needed to say "
        "whether own habits help."
    ),
    "customers_judged": N_(
        "{have} customers bought in the month on which the lists of products are judged; {need} are needed."
    ),
    "customers_to_contact": N_("No customer is left to contact this month: {have} passed all steps."),
    "customers_who_bought_again": N_(
        "{have} customers bought again in the last window; {need} are needed to say how often the expected day holds."
    ),
    "effects_measured": N_("No list or test has measured yet what these messages bring."),
    "lists": N_("The store has no list of the playbook yet."),
    "lists_closed": N_("No list of the playbook was judged since the last report: none was over."),
    "lists_sound": N_("No list of the playbook that is over may be read, so nothing is said of what they earned."),
    "lists_untested": N_("What every list brings has been measured."),
    "not_learned": N_("No scenario that is on needs it."),
    "not_sent": N_("The store's messages of those days, by their campaigns, have none of the list: it was not sent."),
    "offer_below_margin": N_("The offer costs more than an order leaves, so that no number of orders pays for it."),
    "offer_claimed": N_("The last test of offers does not show that any of them brings more than it costs."),
    "offer_cost_known": N_(
        "What an offer costs is not known: a list was issued with one that the parameter file does not have any more."
    ),
    "offers_asked": N_("No scenario leaves it to tests which offer it makes."),
    "offers_tested": N_("No test that may be read has tried an offer of the playbook."),
    "one_arm": N_("The list has one arm only, so there is nobody to hold it against."),
    "pair_support": N_(
        "The commonest pair of products was bought by {have} customers; {need} are asked for, so no pair is named."
    ),
    "pairs_days": N_(
        "The sales reach back {have} days; {need} are needed to see what follows a purchase of the product."
    ),
    "pairs_found": N_("No two products are bought together oftener than chance would have it."),
    "popular_hits": N_("None of the products named was bought, so that there is nothing to compare."),
    "product_intervals": N_(
        "The product bought again most often has {have} intervals; {need} are needed to know when it runs out."
    ),
    "products_bought_again": N_(
        "{have} times was a product bought again in the month; {need} are needed to learn what is bought again."
    ),
    "products_known": N_("The sales name no product that five customers bought, so nothing is said of products."),
    "purchases_with_a_time": N_("The hour of {have} orders is known; {need} are needed to show when customers buy."),
    "rebuy_days": N_(
        "The sales reach back {have} days; {need} are needed to learn on one month what is bought again and to "
        "judge it on the next."
    ),
}
