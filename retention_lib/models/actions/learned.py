"""What the lists judged so far teach of the next: the gain of each scenario with each offer, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.decision_rule import LEAST_CUSTOMERS, Seen, decided
from retention_lib.models.actions.judged import Judged
from retention_lib.models.actions.memory import LIST, Believed, Gains, Memory, Pair, believed
from retention_lib.models.actions.playbook_terms import LEARNED, NO_OFFER
from retention_lib.models.intervals import normal_quantile

Floats: TypeAlias = NDArray[np.float64]
Source: TypeAlias = Literal["measured", "borrowed", "untested"]

LEVEL = 0.95

_COLUMNS = (
    *("scenario", "offer", "mean", "sd", "low", "high", "sd_mean", "chance", "source", "lists", "contacts"),
    *("borrowed", "control_profit", "control_profit_sd", "cost", "chance_pays", "better", "decision", "because"),
)
_OF_PAIR = ("source", "lists", "contacts", "borrowed", "control_profit", "control_profit_sd", "cost")


@dataclass(frozen=True, kw_only=True)
class LearnedEffect:
    """What is known of a scenario with an offer.

    Attributes:
        scenario: The scenario.
        offer: The offer.
        mean: Relative gain of the next list.
        sd: Its standard deviation.
        low: Lower bound, 95 %.
        high: Upper bound.
        chance: Chance that messages with it bring more than nothing, before they are paid.
        source: `measured` (lists of its own), `borrowed` (the same offer to other customers), `untested`; a message
            without an offer borrows nothing.
        lists: Lists of its own (count).
        contacts: Customers on these who got the message (count).
        decision: `keep`, `change`, `stop`, `keep_testing`; empty without a list of its own.
    """

    scenario: str
    offer: str
    mean: float
    sd: float
    low: float
    high: float
    chance: float
    source: Source
    lists: int
    contacts: int
    decision: str


@dataclass(frozen=True, kw_only=True, eq=False)
class LearnedEffects:
    """What the lists judged so far teach of the next ones.

    A relative gain is what a contact brings more than a customer left alone, gross profit less coupons and before the
    message is paid, as a share of the gross profit that a customer left alone brings in the same days.

    Attributes:
        effects: One row a scenario and offer, those asked for first: scenario, offer, mean, sd (of the relative gain of
            the next list), low, high (95 %), sd_mean (of its average over lists to come), chance (that this is above
            0), source (`measured`, `borrowed`, `untested`), lists, contacts (of its own; counts), borrowed (other lists
            and tests with the offer; count), control_profit (gross profit of a customer left alone in its lists, money;
            NaN without any), control_profit_sd (by how much that differs between lists; NaN below two), cost (of
            sending and of the list a contact, money; NaN without lists), chance_pays (that the average gain is worth
            more than this cost), better (an offer that is likelier to pay here; empty), decision (`keep`, `change`,
            `stop`, `keep_testing`; empty without a list of its own), because (the clause that decided).
        covariance: Of the next lists' relative gains, in the order of `effects`: what is not known of an offer is not
            known of all scenarios that use it.
        memory: What was believed before.
        lists: Lists that were learned from (count).
        tests: Other tests that were (count).
    """

    effects: pd.DataFrame
    covariance: Floats
    memory: Memory
    lists: int
    tests: int

    def of(self, scenario: str, offer: str) -> LearnedEffect:
        """What is known of a scenario with an offer.

        Raises:
            KeyError: It was neither asked for nor measured.
        """
        row = self.effects.iloc[self.index(scenario, offer)]
        return LearnedEffect(**{name: row[name] for name in LearnedEffect.__annotations__})

    def index(self, scenario: str, offer: str) -> int:
        """The row of a scenario with an offer, in `effects` and `covariance`.

        Raises:
            KeyError: It was neither asked for nor measured.
        """
        own = (self.effects["scenario"] == scenario) & (self.effects["offer"] == offer)
        if not own.any():
            msg = f"nothing was asked of {scenario!r} with the offer {offer!r}"
            raise KeyError(msg)
        return int(own.to_numpy().argmax())

    def to_frame(self) -> pd.DataFrame:
        """The effects."""
        return self.effects


def learned_effects(
    judged: Judged | NotEnough, asked: pd.DataFrame | Sequence[Pair] = (), *, memory: Memory | None = None
) -> LearnedEffects:
    """What the lists judged so far teach of scenarios and offers; without a list, what is believed of any.

    Args:
        judged: The lists, and other tests of the store; lists that may not be read teach nothing.
        asked: Scenarios and offers that are to be told of: columns scenario and offer, or pairs.
        memory: What is believed before any list is judged, and for how long one counts.

    Returns:
        The effects of those asked for, then of those measured beside.
    """
    memory = memory or Memory()
    arms = _known(judged)
    lists = arms[arms["scenario"] != ""]
    measured = _pairs(lists)
    told = list(dict.fromkeys([*_pairs(asked), *measured]))
    offers = dict.fromkeys(offer for _, offer in told)
    others = [(scenario, offer) for scenario, _ in measured for offer in offers]
    pairs = list(dict.fromkeys([*told, *others]))
    found = believed(_gains(arms), pairs, memory)
    frame = _decided(_frame(pairs, found, arms, memory), arms, memory)
    return LearnedEffects(
        effects=frame.iloc[: len(told)].reset_index(drop=True),
        covariance=found.next_covariance[: len(told), : len(told)],
        memory=memory,
        lists=int(lists["test"].nunique()),
        tests=int(arms.loc[arms["scenario"] == "", "test"].nunique()),
    )


def _known(judged: Judged | NotEnough) -> pd.DataFrame:
    """The gains that may be learned from, with the relative gain and its error."""
    columns = ["scenario", "test", "offer", "contacts", "control", "small", "age_months", "base", "sending", "fixed"]
    if isinstance(judged, NotEnough):
        return pd.DataFrame(columns=[*columns, "gain", "error", "orders", "orders_error"])
    arms = judged.arms
    # The spread of few units is itself uncertain: Student's t has so much more variance than the normal.
    wider = arms["freedom"] / (arms["freedom"] - 2).where(arms["freedom"] > 2)
    sound = arms["valid"].astype(bool) & (arms["base"] > 0) & (arms["standard_error"] > 0) & wider.notna()
    own = arms[sound]
    error = own["standard_error"] * np.sqrt(wider[sound]) / own["base"]
    return own.assign(gain=own["gross"] / own["base"], error=error).reset_index(drop=True)


def _pairs(frame: pd.DataFrame | Sequence[Pair]) -> list[Pair]:
    if isinstance(frame, pd.DataFrame):
        return [(str(one), str(two)) for one, two in zip(frame["scenario"], frame["offer"], strict=True)]
    return [(str(one), str(two)) for one, two in frame]


def _gains(arms: pd.DataFrame) -> Gains:
    """The gains as the model takes them; another test reached customers of its own, like a scenario."""
    audience = arms["scenario"].where(arms["scenario"] != "", "test " + arms["test"].astype(str))
    return Gains(
        pairs=tuple(zip(audience.astype(str), arms["offer"].astype(str), strict=True)),
        tests=tuple(str(name) for name in arms["test"]),
        values=arms["gain"].to_numpy(dtype=float),
        errors=arms["error"].to_numpy(dtype=float),
        age_months=arms["age_months"].to_numpy(dtype=float),
    )


def _frame(pairs: Sequence[Pair], found: Believed, arms: pd.DataFrame, memory: Memory) -> pd.DataFrame:
    """The effects without what follows from them."""
    half = normal_quantile(LEVEL)
    next_sd = np.sqrt(np.diag(found.next_covariance))
    mean_sd = np.sqrt(np.maximum(np.diag(found.covariance), 0.0))
    rows = pd.DataFrame([_of_pair(pair, arms, memory) for pair in pairs], columns=list(_OF_PAIR))
    keys = pd.DataFrame(list(pairs), columns=["scenario", "offer"])
    frame = pd.concat([keys, rows], axis=1)
    frame = frame.assign(mean=found.mean, sd=next_sd, low=found.mean - half * next_sd, high=found.mean + half * next_sd)
    bar = (frame["cost"] / frame["control_profit"]).to_numpy(dtype=float)
    return frame.assign(
        sd_mean=mean_sd,
        chance=_above(found.mean, mean_sd),
        chance_pays=_above(found.mean - bar, mean_sd),
        better="",
        decision="",
        because="",
    )[list(_COLUMNS)]


def _above(mean: Floats, sd: Floats) -> Floats:
    """Chance that a normal deviate is above 0; NaN where its mean is not known."""
    from scipy.special import ndtr

    return np.asarray(ndtr(mean / np.where(sd > 0, sd, np.nan)), dtype=float)


def _of_pair(pair: Pair, arms: pd.DataFrame, memory: Memory) -> dict[str, object]:
    """What a scenario with an offer was measured on."""
    scenario, offer = pair
    same = arms["offer"] == offer
    own = arms[same & (arms["scenario"] == scenario)]
    borrowed = 0 if offer == NO_OFFER else int((same & (arms["scenario"] != scenario)).sum())
    weights = own["contacts"].to_numpy(dtype=float) * _weights(own, memory)
    total = weights.sum()
    base = own["base"].to_numpy(dtype=float)
    cost = (own["sending"] + own["fixed"]).to_numpy(dtype=float)
    return {
        "source": "measured" if len(own) else "borrowed" if borrowed else "untested",
        "lists": len(own),
        "contacts": int(own["contacts"].sum()),
        "borrowed": borrowed,
        "control_profit": float(weights @ base / total) if total > 0 else math.nan,
        "control_profit_sd": float(np.std(base, ddof=1)) if len(own) > 1 else math.nan,
        "cost": float(weights @ cost / total) if total > 0 else math.nan,
    }


def _weights(arms: pd.DataFrame, memory: Memory) -> Floats:
    """How much each list counts still."""
    return np.asarray(np.exp2(-arms["age_months"].to_numpy(dtype=float) / memory.half_life_months), dtype=float)


def _decided(frame: pd.DataFrame, arms: pd.DataFrame, memory: Memory) -> pd.DataFrame:
    """The effects with the decision on those that lists of their own have measured."""
    told = [decided(_seen(row, frame, arms, memory)) if row["lists"] else None for row in frame.to_dict("records")]
    return frame.assign(
        decision=["" if one is None else one.decision for one in told],
        because=["" if one is None else one.because for one in told],
        better=["" if one is None else one.better for one in told],
    )


def _seen(row: dict[Any, Any], frame: pd.DataFrame, arms: pd.DataFrame, memory: Memory) -> Seen:
    """What the rule looks at."""
    own = arms[(arms["scenario"] == row["scenario"]) & (arms["offer"] == row["offer"])]
    counted = own.dropna(subset=["orders", "orders_error"])
    extra = float((counted["orders"] * counted["contacts"]).sum())
    error = math.sqrt(float(((counted["orders_error"] * counted["contacts"]) ** 2).sum()))
    # Different offers for different customers are none that a scenario can be changed to.
    others = frame[
        (frame["scenario"] == row["scenario"])
        & ~frame["offer"].isin([row["offer"], LEARNED])
        & (frame["source"] != "untested")
    ]
    bar = float(row["cost"]) / float(row["control_profit"])
    chances = _above(others["mean"].to_numpy(dtype=float) - bar, others["sd_mean"].to_numpy(dtype=float))
    best = int(chances.argmax()) if len(chances) else -1
    alone = _alone(own, memory)
    return Seen(
        chance=float(row["chance_pays"]),
        own_chance=alone.chance,
        own_weight=alone.weight,
        more_orders=extra > normal_quantile(LEVEL) * error > 0,
        other=str(others["offer"].iloc[best]) if best >= 0 else "",
        other_chance=float(chances[best]) if best >= 0 else 0.0,
    )


@dataclass(frozen=True, kw_only=True)
class _Alone:
    """What the lists of a pair say by themselves: the chance that it pays, and how many lists say so."""

    chance: float
    weight: float


def _alone(own: pd.DataFrame, memory: Memory) -> _Alone:
    """The chance that a pair pays by its own large lists, nothing being believed of it before.

    Each list's gain is held against its own cost, so that what those left alone bring, which a list knows but roughly,
    decides only how much the list counts. Lists differ as the memory has it.
    """
    least = own[["contacts", "control"]].min(axis=1) >= LEAST_CUSTOMERS
    large = own[least & ~own["small"].astype(bool)]
    if large.empty:
        return _Alone(chance=math.nan, weight=0.0)
    weights = _weights(large, memory)
    above = (large["gain"] - (large["sending"] + large["fixed"]) / large["base"]).to_numpy(dtype=float)
    known = weights / (large["error"].to_numpy(dtype=float) ** 2 + LIST * memory.scale**2)
    middle, sd = float(known @ above / known.sum()), float(1 / math.sqrt(known.sum()))
    return _Alone(chance=float(_above(np.array([middle]), np.array([sd]))[0]), weight=float(weights.sum()))
