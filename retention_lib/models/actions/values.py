"""What a message to each candidate is worth, as far as past lists and tests have measured it.

A message is worth the share by which it raises what the customer brings in the window, times what the customer would
bring without it, less what it costs. That share is measured (or borrowed from other customers who got the same offer),
never assumed: where nothing has been measured the message has no value in money, and candidates are only put in order,
by what it would be worth if it raised everybody alike.

Order counts on a little luck: what is not known well is taken at the upper end of what it may be, so that it is tried
until it is known (upper confidence bound).

References:
    Auer, Cesa-Bianchi and Fischer (2002), "Finite-time analysis of the multiarmed bandit problem".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.base import Base, Histories
from retention_lib.models.actions.offers import LearnedOffers, auto_offers
from retention_lib.models.actions.playbook_terms import (
    LEARNED,
    LEFT_ALONE,
    MEASURED,
    NO_OFFER,
    UNTESTED,
    Effects,
    PlaybookTerms,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

ASSUMED_LIFT = 0.05
"""By what share an untested message is taken to raise what a customer brings, for the order of candidates alone."""

LUCK = 0.84
"""Standard deviations above the mean at which an effect is taken for the order: it has a chance of 20 % to be more."""

REMOVED = ("", "one_message", "left_alone", "stopped", "would_not_pay", "no_hour_left", "within_limits")
"""Why a candidate is not on the list; empty for those who are."""

LAST = 1e-6
"""Below it stands the order of untested candidates whom the assumed lift would not pay for: after all others."""

NO_TEST = NotEnough("offers_tested", 0, 1)
"""Why no test says which offer each customer gets, unless one is told."""

PASSED, TAKEN, ALONE, STOPPED, UNPAID, NO_HOUR, LIMITED = range(7)


@dataclass(frozen=True, kw_only=True, eq=False)
class Valued:
    """Candidates with what a message to each is worth.

    Attributes:
        frame: One row a candidate, in the order they came: row, scenario, channel, offer (categories), priority,
            strength, send_from, send_by, send_at (where it was known), unit (number of the household or the customer),
            base (gross profit expected without a message, NaN where not known), orders (expected without one),
            expected_value (money a message earns net of its cost; NaN where untested), rank (what decides the order;
            always above 0 where untested, as what was never measured forbids nothing),
            sending (money of one message), offer_cost (money that the offer is expected to cost if every order of the
            window uses it), purchase_days.
        removed: Why a candidate cannot be listed so far: a place in `REMOVED`.
        effects: One row a scenario and offer among the candidates: scenario, offer, mean, sd, sd_mean, source,
            decision. Where offers are chosen customer by customer this month and lists of the scenario were sent so,
            it is what they measured, whatever the offer.
        costs_known: Whether every message has a cost.
        base: What customers do by themselves; the refusal where that is not known.
    """

    frame: pd.DataFrame = field(repr=False)
    removed: NDArray[np.int8] = field(repr=False)
    effects: pd.DataFrame = field(repr=False)
    costs_known: bool
    base: Base | NotEnough

    def to_frame(self) -> pd.DataFrame:
        """The effects."""
        return self.effects


def valued(
    candidates: pd.DataFrame | NotEnough,
    base: Base | NotEnough,
    terms: PlaybookTerms,
    learned: Effects,
    *,
    policy: LearnedOffers | NotEnough = NO_TEST,
    known: Histories | NotEnough | None = None,
    assumed_lift: float = ASSUMED_LIFT,
) -> Valued | NotEnough:
    """What a message to each candidate is worth.

    Args:
        candidates: Of `measures.actions.candidates`, with `offer` from `offers.offered` and, from
            `timing.send_times`, `send_at` (NaT: there is no hour at which it may be sent); without it all may be sent.
        base: What customers do by themselves; where it is refused, candidates keep the order of their strength.
        terms: The playbook in numbers.
        learned: What past lists and tests say.
        policy: What a past test says of offers, as for `offers.offered`; nothing if omitted.
        known: What `base` was made of: where it is refused, households and purchases so far are still known from this.
        assumed_lift: By what share untested messages are taken to raise what a customer brings, for the order alone.

    Returns:
        The candidates with their values; the `NotEnough` that came in as candidates.
    """
    if isinstance(candidates, NotEnough):
        return candidates
    told = _told(candidates, base, terms, known)
    effects = _effects(candidates, learned, _by_customer(terms, learned, policy))
    pair = _pairs(candidates, effects)
    money = told["base"]
    mean, high, tested = _rates(effects, assumed_lift)
    sending = np.nan_to_num(told["sending"])
    told["expected_value"] = np.where(tested[pair] & np.isfinite(money), mean[pair] * money - sending, np.nan)
    rank = high[pair] * money - sending
    rank = np.where(tested[pair] | (rank > 0), rank, LAST / (1 - np.minimum(rank, 0.0)))
    told["rank"] = np.where(np.isfinite(rank), rank, 1.0)
    kept = ["row", "scenario", "channel", "offer", "priority", "strength", "send_from", "send_by"]
    return Valued(
        frame=candidates[[*kept, *(["send_at"] if "send_at" in candidates else [])]].assign(**told),
        removed=_removed(candidates, told["rank"], (effects["decision"] == "stop").to_numpy()[pair]),
        effects=effects,
        costs_known=bool(np.isfinite(told["sending"]).all()),
        base=base,
    )


def _by_customer(terms: PlaybookTerms, learned: Effects, policy: LearnedOffers | NotEnough) -> set[str]:
    """The scenarios whose offers are chosen customer by customer this month."""
    return {scenario for scenario, offer in auto_offers(learned, terms, policy).items() if offer == LEARNED}


def _effects(candidates: pd.DataFrame, learned: Effects, by_customer: set[str]) -> pd.DataFrame:
    """One row a scenario and offer that candidates have."""
    asked = candidates[["scenario", "offer"]].drop_duplicates().astype(str)
    known = {
        pair: at for at, pair in enumerate(zip(learned.effects["scenario"], learned.effects["offer"], strict=True))
    }
    rows = []
    for scenario, offer in sorted(asked.itertuples(index=False, name=None)):
        at = known.get((scenario, offer))
        mixed = known.get((scenario, LEARNED)) if scenario in by_customer else None
        if mixed is not None and learned.effects["source"].iloc[mixed] == MEASURED:
            at = mixed
        told = {} if at is None else learned.effects.iloc[at].to_dict()
        numbers = [float(told.get(name, np.nan)) for name in ("mean", "sd", "sd_mean")]
        words = [str(told.get(name, usual)) for name, usual in (("source", UNTESTED), ("decision", ""))]
        rows.append((scenario, offer, *numbers, *words, -1 if at is None else at))
    columns = ["scenario", "offer", "mean", "sd", "sd_mean", "source", "decision", "place"]
    return pd.DataFrame(rows, columns=columns)


def _pairs(candidates: pd.DataFrame, effects: pd.DataFrame) -> Codes:
    """The row of `effects` of each candidate."""
    scenario, offer = candidates["scenario"].cat, candidates["offer"].cat
    at = np.zeros((len(scenario.categories), len(offer.categories)), dtype=np.int64)
    for place, (one, other) in enumerate(zip(effects["scenario"], effects["offer"], strict=True)):
        at[scenario.categories.get_loc(one), offer.categories.get_loc(other)] = place
    return np.asarray(at[scenario.codes, offer.codes])


def _rates(effects: pd.DataFrame, assumed_lift: float) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Mean effect, effect with luck, and whether it was tested, by scenario and offer."""
    tested = (effects["source"] != UNTESTED).to_numpy()
    mean = effects["mean"].to_numpy(dtype=float)
    high = mean + LUCK * effects["sd_mean"].to_numpy(dtype=float)
    return mean, np.where(tested, high, assumed_lift), tested


def _told(
    candidates: pd.DataFrame, base: Base | NotEnough, terms: PlaybookTerms, known: Histories | NotEnough | None
) -> dict[str, NDArray[Any]]:
    """What is known of each candidate: base, orders, costs."""
    cost = terms.channels.set_index("channel")["cost"]
    channel = candidates["channel"].cat
    sending = cost.reindex(channel.categories).to_numpy(dtype=float)[channel.codes]
    row = candidates["row"].to_numpy()
    if isinstance(base, NotEnough):
        unknown, nothing = np.full(len(row), np.nan), np.zeros(len(row))
        costs = {"sending": sending, "offer_cost": nothing}
        days, unit = nothing, row
        if known is not None and not isinstance(known, NotEnough):
            days = known.frame["frequency"].to_numpy(dtype=float)[row] + 1
            unit = known.frame["unit"].to_numpy()[row]
        return {"base": unknown, "orders": unknown, **costs, "purchase_days": days, "unit": unit}
    window = terms.scenarios.set_index("scenario")["window_days"]
    scenario = candidates["scenario"].cat
    money, orders = np.zeros((2, len(candidates)))
    for code, name in enumerate(scenario.categories):
        mine = np.flatnonzero(scenario.codes == code)
        if mine.size:
            money[mine] = base.money_in(int(window[name]))[row[mine]]
            orders[mine] = base.orders_in(int(window[name]))[row[mine]]
    return {
        "base": money,
        "orders": orders,
        "sending": sending,
        "offer_cost": orders * cost_an_order(candidates["offer"], row, base, terms),
        "purchase_days": base.purchase_days[row].astype(float),
        "unit": base.unit[row],
    }


def cost_an_order(offers: pd.Series, rows: NDArray[Any], base: Base, terms: PlaybookTerms) -> Floats:
    """What an order with the offer costs the shop (money); NaN where it is no offer of the playbook.

    Args:
        offers: The offer of each customer (category).
        rows: The row of each.
        base: What customers do by themselves.
        terms: The playbook in numbers.
    """
    known = terms.offers.set_index("offer")
    offer = offers.cat
    names = [name if name != LEFT_ALONE else NO_OFFER for name in offer.categories]
    share, fixed = (
        known[name].reindex(names).to_numpy(dtype=float)[offer.codes] for name in ("discount", "cost_per_order")
    )
    return np.asarray(share * base.revenue_an_order[rows] + fixed)


def _removed(candidates: pd.DataFrame, rank: Floats, stopped: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Who is not to be written to, whatever the limits."""
    offer = candidates["offer"].cat
    alone = (offer.categories.to_numpy(dtype=object) == LEFT_ALONE)[offer.codes]
    removed = np.zeros(len(candidates), dtype=np.int8)
    if "send_at" in candidates:
        removed[candidates["send_at"].isna().to_numpy()] = NO_HOUR
    removed[rank <= 0] = UNPAID
    removed[alone] = ALONE
    removed[stopped] = STOPPED
    return removed
