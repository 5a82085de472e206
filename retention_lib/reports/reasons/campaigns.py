"""Why there is no answer: what campaigns changed."""

from __future__ import annotations

from collections.abc import Mapping

from retention_lib.reports.words import N_

SENTENCES: Mapping[str, str] = {
    "all_mailed_one_day": N_(
        "Everybody was mailed on one day and {have} were left alone beside them, of {need} needed: nobody shows "
        "what would have been bought without the mail, so no effect can be claimed."
    ),
    "bands_of_messages": N_(
        "Openings are seen of {have} groups by number of messages; a comparison needs at least {need}."
    ),
    "blocks_before": N_(
        "There are {have} blocks of four weeks before the start; {need} are needed to see a drift before it."
    ),
    "campaign_compared": N_(
        "The campaign reached fewer than {need} before any other did, or has no weeks before its start, so it is "
        "not judged on its own."
    ),
    "customers_control": N_("{have} customers were left alone; a comparison needs at least {need}."),
    "customers_mailed": N_(
        "Only {have} customers were mailed first by this campaign; {need} are needed for a comparison."
    ),
    "customers_mailed_lately": N_(
        "Only {have} customers were sent a message in the days before the month; {need} are needed for a comparison."
    ),
    "customers_treated": N_("{have} customers were addressed; a comparison needs at least {need}."),
    "customers_unmailed": N_("Only {have} customers were left alone; {need} are needed for a comparison."),
    "households_control": N_("Only {have} households were left alone; {need} are needed for a comparison."),
    "households_treated": N_(
        "Only {have} households were mailed first by this campaign; {need} are needed for a comparison."
    ),
    "levels_differ": N_(
        "Those mailed bought so much more before than those left alone that these cannot stand in for them."
    ),
    "nobody_left_alone": N_(
        "Campaigns reached almost everybody: {have} were left alone beside one, of {need} needed, so there is "
        "nobody to compare with and no effect can be claimed."
    ),
    "one_period": N_(
        "The data hold {have} whole weeks; {need} are needed to compare the time before a campaign with the time after."
    ),
    "placebo_rejected": N_("An effect shows even at a made-up date before the true one, when there can be none."),
    "pretrend_rejected": N_("The groups compared were already moving apart before."),
    "redemptions_known": N_("The store has no table of redemptions, so use of coupons is not known."),
    "weeks_after": N_("There are {have} weeks after the start; at least {need} is needed."),
    "weeks_before": N_(
        "There are {have} weeks before the start; at least {need} are needed to see whether the groups moved alike."
    ),
    "weeks_before_placebo": N_(
        "There are {have} weeks before the start; {need} are needed to try an earlier start on them."
    ),
}
