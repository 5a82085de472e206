"""Which offer each candidate gets: the scenario's own, or the one that its lists or a past test found best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.actions.playbook_terms import LEARNED, LEFT_ALONE, NO_OFFER, Effects, PlaybookTerms
from retention_lib.models.experiments.others import told_of_others
from retention_lib.models.experiments.policy import offer_policy
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.scores import KnownUnits, scores

Codes = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True, eq=False)
class LearnedOffers:
    """What a past test says of each customer.

    Attributes:
        test: The test.
        offers: What can be offered, `leave_alone` first.
        by_row: The place in `offers` of the best for each customer of `people`; -1 for those it was not asked of.
        by_customer: Whether it differs by customer; else one is best for all.
        gain: By how much money a customer the rule is better than one offer for all, in the test; NaN for one offer.
    """

    test: str
    offers: tuple[str, ...]
    by_row: Codes = field(repr=False)
    by_customer: bool
    gain: float

    @property
    def usual(self) -> str:
        """What scenarios that ask make of it: the one offer for all, or `auto` where customers get different ones."""
        return LEARNED if self.by_customer else self.offers[int(self.by_row.max(initial=0))]

    def to_frame(self) -> pd.DataFrame:
        """One row an offer: offer, customers (count)."""
        asked = self.by_row[self.by_row >= 0]
        counts = np.bincount(asked, minlength=len(self.offers))
        return pd.DataFrame({"offer": list(self.offers), "customers": counts})


class PastTests(Protocol):
    """Tests of the store that are over, as `models.actions.judged` judges them."""

    @property
    def tests(self) -> Sequence[PastTest]:
        """The latest verdict first."""


class PastTest(Protocol):
    """A test that is over."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def reason(self) -> str:
        """Why it may not be read; empty where it may."""

    @property
    def parts(self) -> Mapping[str, Any]:
        """What each offer did, by offer."""


class AskedFeatures(Protocol):
    """A past test's units and customers of today, as `measures.actions.offer_features` tells them."""

    @property
    def test(self) -> str:
        """Name of the test."""

    @property
    def units(self) -> KnownUnits:
        """Its units."""

    @property
    def now(self) -> pd.DataFrame:
        """One row a customer: `row` and the features."""


def offer_test(judged: PastTests | NotEnough, terms: PlaybookTerms) -> str | NotEnough:
    """The last test from which offers can be learned: it may be read, and one of its arms is an offer of the playbook.

    Args:
        judged: The store's tests that are over.
        terms: The playbook in numbers.

    Returns:
        Its name; NotAsked("offers_asked") where no scenario asks, NotEnough("offers_tested") where there is none.
    """
    if not (terms.scenarios["offer"] == LEARNED).any():
        return NotAsked("offers_asked", 0, 1)
    known = set(terms.offers["offer"]) - {NO_OFFER}
    tests = [] if isinstance(judged, NotEnough) else judged.tests
    found = next((one.name for one in tests if not one.reason and known & set(one.parts)), None)
    return NotEnough("offers_tested", 0, 1) if found is None else found


def learned_offers(
    features: AskedFeatures | NotEnough,
    terms: PlaybookTerms,
    costs: Costs,
    *,
    count: int,
    rng: np.random.Generator,
) -> LearnedOffers | NotEnough:
    """The best offer for each customer, as far as the test shows that choosing is worth it.

    Where the rule learned from it is better than every single offer, each customer gets the one that it expects most
    of; else all get the one that is best for all, where that is shown to bring more than leaving them alone.

    Args:
        features: The test, and customers of today.
        terms: The playbook in numbers; an arm is the offer of its name.
        costs: What is known of the test's money.
        count: Customers of `people`.
        rng: Draws folds and units.

    Returns:
        The offers; NotEnough("offer_claimed") where the test shows neither; the refusals that come in its way.
    """
    if isinstance(features, NotEnough):
        return features
    policy = offer_policy(scores(features.units, costs, rng=rng))
    if isinstance(policy, NotEnough):
        return policy
    arms = tuple(features.units.arms)
    known = [place for place, arm in enumerate(arms) if place == 0 or arm in set(terms.offers["offer"])]
    by_row = np.full(count, -1, dtype=np.int8)
    rows = features.now["row"].to_numpy()
    if policy.preferred:
        told = told_of_others(features.units, features.now, costs, rng=rng)
        if isinstance(told, NotEnough):
            return told
        by_row[rows] = told[:, known].argmax(axis=1)
    elif policy.single_value.claimed and arms.index(policy.single) in known:
        by_row[rows] = known.index(arms.index(policy.single))
    else:
        return NotEnough("offer_claimed", 0, 1)
    return LearnedOffers(
        test=features.test,
        offers=(LEFT_ALONE, *(arms[place] for place in known[1:])),
        by_row=by_row,
        by_customer=policy.preferred,
        gain=policy.gain.value if policy.preferred else math.nan,
    )


def auto_offers(effects: Effects, terms: PlaybookTerms, learned: LearnedOffers | NotEnough) -> dict[str, str]:
    """What scenarios with the offer `auto` make of it this month, by scenario: an offer, or `auto` for one by customer.

    It is what a past test says; without one the offer that the scenario's own lists have shown to pay, or else have
    decided to change to, that with the largest gain; else none. Where they have decided to change what a test says for
    another offer, it is the other.

    Args:
        effects: What lists and tests have taught, with their decisions.
        terms: The playbook in numbers.
        learned: What a past test says.
    """
    asking = terms.scenarios.loc[terms.scenarios["offer"] == LEARNED, "scenario"]
    known = set(terms.offers["offer"])
    found = {}
    for scenario in map(str, asking):
        own = effects.effects[effects.effects["scenario"] == scenario].set_index("offer")
        usual = learned.usual if isinstance(learned, LearnedOffers) else _best_listed(own, known)
        found[scenario] = _changed(usual, own, known)
    return found


def _best_listed(own: pd.DataFrame, known: set[str]) -> str:
    """The offer with the largest gain of those that a scenario's lists have shown to pay, or else changed to."""
    decided = {name: own.index[own["decision"] == name] for name in ("keep", "change")}
    kept = [str(offer) for offer in decided["keep"] if offer in known]
    others = [_changed(str(offer), own, known) for offer in decided["change"]]
    told = kept or [offer for offer in others if offer in known and offer not in decided["change"]]
    gains = own["mean"].astype(float).reindex(told).fillna(-np.inf)
    return told[int(gains.to_numpy().argmax())] if told else NO_OFFER


def _changed(offer: str, own: pd.DataFrame, known: set[str]) -> str:
    """The offer that takes the place of one, from change to change; itself where that comes round to it again."""
    seen = [offer]
    while seen[-1] in own.index and own.loc[seen[-1], "decision"] == "change":
        better = str(own.loc[seen[-1], "better"])
        if better in seen:
            return offer
        if better not in known:
            break
        seen.append(better)
    return seen[-1]


def offered(
    candidates: pd.DataFrame | NotEnough,
    terms: PlaybookTerms,
    learned: LearnedOffers | NotEnough,
    effects: Effects | None = None,
) -> pd.DataFrame | NotEnough:
    """The candidates with their offers.

    Args:
        candidates: Of `measures.actions.candidates`.
        terms: The playbook in numbers.
        learned: What past tests say; without them scenarios that ask for the learned offer send what `auto_offers`
            says, a message without one where nothing has been measured.
        effects: What lists have taught; nothing if omitted.

    Returns:
        The candidates with `offer` (category): a name of `terms.offers`, or `leave_alone`; the `NotEnough` that came
        in.
    """
    if isinstance(candidates, NotEnough):
        return candidates
    names = [*terms.offers["offer"], LEFT_ALONE]
    place = {name: code for code, name in enumerate(names)}
    own = terms.scenarios.set_index("scenario")["offer"]
    scenario = candidates["scenario"].cat
    asked = own.reindex(scenario.categories).to_numpy(dtype=object)
    if effects is not None:
        settled = {
            name: offer
            for name, offer in auto_offers(effects, terms, learned).items()
            if not isinstance(learned, LearnedOffers) or offer != learned.usual
        }
        asked = np.array(
            [settled.get(str(name), offer) for name, offer in zip(scenario.categories, asked, strict=True)]
        )
    usual = np.array([place[NO_OFFER if name == LEARNED else str(name)] for name in asked], dtype=np.int8)
    codes = usual[scenario.codes]
    if isinstance(learned, LearnedOffers):
        told = np.array([place[name] for name in learned.offers], dtype=np.int8)
        best = learned.by_row[candidates["row"].to_numpy()]
        free = (asked == LEARNED)[scenario.codes] & (best >= 0)
        codes = np.where(free, told[np.maximum(best, 0)], codes)
    return candidates.assign(offer=pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(names, dtype=object)))
