"""The plans of the playbook as the notebook makes them, for a store that is played month by month.

They differ in how past tests are asked for offers: one that refused is not asked again (`PastOffers`).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
from studies.played_stores import PlayedStore

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.bases import bases
from retention_lib.measures.actions.candidates import Candidates, candidates
from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.hours import channel_hours, habit_counts, later_scenarios, prompt_scenarios
from retention_lib.measures.actions.judged_lists import judged_lists
from retention_lib.measures.actions.lists import ActionLists, action_lists
from retention_lib.measures.actions.offer_features import offer_features
from retention_lib.measures.actions.people import people
from retention_lib.measures.actions.terms import Terms, judging_terms, plan_terms
from retention_lib.models.actions.allocation import Limits, allocate
from retention_lib.models.actions.base import expected_profit
from retention_lib.models.actions.habits import habits
from retention_lib.models.actions.judged import Judged, judged
from retention_lib.models.actions.learned import learned_effects
from retention_lib.models.actions.offers import LearnedOffers, learned_offers, offer_test, offered
from retention_lib.models.actions.timing import SendLimits, open_hours, send_times
from retention_lib.models.actions.values import valued
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.settings.models import Economics
from retention_lib.settings.playbook import Playbook
from retention_lib.settings.scenarios import STANDARD

SCENARIOS = ("abandoned_cart", "after_sale", "birthday", "welcome", "reactivation")
"""The scenarios of the playbook that are played: others find a handful of customers here, and cost as much time."""

ASKING = ("welcome", "reactivation")
"""The scenarios that leave it to past tests, and to their own lists, which offer they make, if any."""

PLAYBOOK = Playbook.model_validate(
    {
        "channels": {"email": {"cost": 0.5}, "sms": {"cost": 4.0}},
        "offers": {"discount20": {"discount": 0.2}, "free_delivery": {"cost_per_order": 290.0}},
        "scenarios": {
            kind: {"channels": ["email", "sms"], "offer": "auto" if kind in ASKING else "none"}
            if kind in SCENARIOS
            else False
            for kind in STANDARD
        },
    }
)
"""The playbook as it comes, but for its scenarios, with the channels of the store and the offers of its tests."""

ECONOMICS = Economics()


def verdicts_of(store: PlayedStore) -> Judged | NotEnough:
    """What became of the lists so far, as the notebook tells it.

    Args:
        store: The store as it is known on a morning.
    """
    return judged(judged_lists(store, judging_terms(PLAYBOOK, ECONOMICS), until=store.until))  # type: ignore[arg-type]


@dataclass(frozen=True)
class PastOffers:
    """Asks past tests which offer each customer gets.

    The notebook asks anew each month. Here a test that could not tell on one morning is remembered and not asked again,
    for asking fits models, and a study asks in hundreds of months. The notebook draws the same numbers each month, so
    that it hears the same as long as the test's data stay as they are: what is lost is an offer that only later data of
    the test would show, such as a return. A test that told an offer is asked again here too, of baskets that the
    telling redrew (`played_stores`); where it then refuses, the offer is gone for good. So the playbook makes fewer of
    these offers here than in a store whose data stay, right and wrong ones.

    Attributes:
        refused: What tests refused to tell, by test.
    """

    refused: dict[str, NotEnough] = field(default_factory=dict)

    def learned(
        self, context: TriggerContext, found: Candidates, test: str | NotEnough, terms: Terms, *, count: int
    ) -> LearnedOffers | NotEnough:
        """What the last test of offers says.

        Args:
            context: The store and the plan's days.
            found: The candidates.
            test: Its name.
            terms: The playbook in numbers.
            count: Customers of the store (count).
        """
        if isinstance(test, NotEnough) or test in self.refused:
            return test if isinstance(test, NotEnough) else self.refused[test]
        features = offer_features(context, found, test, scenarios=terms.asking)
        rng = np.random.default_rng(zlib.crc32(b"retention_playbook"))  # as the report's, the same every month
        told = learned_offers(features, terms, Costs(contact_cost=None, gross_margin=None), count=count, rng=rng)
        if isinstance(told, NotEnough) and not isinstance(features, NotEnough):
            self.refused[test] = told
        return told


def planned(
    store: PlayedStore, verdicts: Judged | NotEnough, *, past: PastOffers, money: float
) -> ActionLists | NotEnough:
    """The lists of a month, as the notebook makes them but for what `PastOffers` does not ask again.

    Args:
        store: The store as it is known on the morning of the plan.
        verdicts: What became of the lists before.
        past: What tests are asked for offers.
        money: What the month's messages and coupons may cost.
    """
    context = TriggerContext(store=store, until=store.until, start=store.until, playbook=PLAYBOOK)  # type: ignore[arg-type]
    terms = plan_terms(PLAYBOOK, ECONOMICS)
    who = people(context)
    found = candidates(context, who)
    brought = bases(context, who)
    base = expected_profit(brought, windows=terms.windows)
    effects = learned_effects(verdicts, terms.pairs)
    policy = past.learned(context, found, offer_test(verdicts, terms), terms, count=who.count)
    quiet = channel_hours(PLAYBOOK)
    counts = habit_counts(store, who.table, until=store.until)  # type: ignore[arg-type]
    days = SendLimits(
        start=context.start,
        send_days=context.send_days,
        quiet=quiet,
        later=later_scenarios(PLAYBOOK),
        prompt=prompt_scenarios(PLAYBOOK),
        horizon_days=context.horizon_days,
    )
    offers = offered(found.frame, terms, policy, effects)
    timed = send_times(offers, habits(counts, open_hours=open_hours(quiet)), days).frame
    worth = valued(timed, base, terms, effects, policy=policy, known=brought)
    allocation = allocate(worth, Limits(budget=money), terms=terms)
    chosen = allocation if isinstance(allocation, NotEnough) else allocation.chosen
    return action_lists(context, who, chosen, terms, month=context.month, details=found.table)
