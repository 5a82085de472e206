"""Who gets which list: one list a customer, within the money, the messages and the places there are.

Customers of a household that is drawn together are chosen together and for one list, so that nobody of a household
with a message is the control of another list. Whom a list has no room for is looked at again for the next one.

Limits are about what is sent, so that the part of a list that is left alone as a control uses up none of them but
places. Which of its customers chance will put there is not known when they are chosen: limits are held for the worst
split that a stratified draw by units can give, a unit a stratum more than its share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.limits import Choice, Limit, ranked
from retention_lib.models.actions.playbook_terms import PlaybookTerms
from retention_lib.models.actions.pool import BANDS, Pool, purchase_bands
from retention_lib.models.actions.values import LIMITED, PASSED, TAKEN, Valued

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

_ROUNDS, _CLOSE, _ROUNDING = 30, 1e-9, 1e-6


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a plan may use up.

    Attributes:
        budget: Money for messages, offers and the lists' own cost; None for no limit.
        contacts: Messages; None for no limit.
    """

    budget: float | None = None
    contacts: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Allocation:
    """Who gets which list.

    Attributes:
        chosen: One row a customer, ordered by row: row (int32), scenario, channel, offer (categories), expected_value
            (money that a message is expected to earn net of its cost; NaN where no test has measured it), base (gross
            profit expected in the window without a message; NaN where not known), stratum (category: channel and days
            with a purchase), send_from, send_by, send_at where known (datetime64), strength, orders, sending,
            offer_cost, place (of the candidate).
        removed: Why each candidate is not listed: a place in `values.REMOVED`.
        worth: In what decides the order: value of the choice, and the bound that no choice within the limits is above
            of those for whom there was room when they were looked at.
        limits: One row a limit: limit, used (by the share of what was chosen that is treated), most, price (worth of
            one more).
        dropped: Scenarios left out because the budget does not carry the cost of their lists.
        allocated: What was allocated.
        terms: The playbook in numbers.
    """

    chosen: pd.DataFrame = field(repr=False)
    removed: NDArray[np.int8] = field(repr=False)
    worth: Choice = field(repr=False)
    limits: pd.DataFrame = field(repr=False)
    dropped: tuple[str, ...]
    allocated: Valued = field(repr=False)
    terms: PlaybookTerms = field(repr=False)

    @property
    def customers(self) -> int:
        """Customers on lists (count)."""
        return len(self.chosen)

    @property
    def gap(self) -> float:
        """By what share of the best possible worth the choice may fall short of it."""
        return self.worth.gap

    def to_frame(self) -> pd.DataFrame:
        """One row a scenario: scenario, candidates, listed (customers)."""
        before = self.allocated.frame["scenario"].value_counts(sort=False)
        after = self.chosen["scenario"].value_counts(sort=False)
        return pd.DataFrame({"scenario": before.index.astype(str), "candidates": before.to_numpy()}).assign(
            listed=after.reindex(before.index).to_numpy()
        )


def allocate(valued: Valued | NotEnough, limits: Limits, *, terms: PlaybookTerms) -> Allocation | NotEnough:
    """Choose who gets which list.

    A unit (household or customer) that several scenarios are about is looked at for the one of the highest priority
    first, and of those of one priority for the one whose message is worth most. Candidates are taken by worth per use
    of what is short; whoever found no room is looked at for the next scenario, in what the others left.

    Args:
        valued: From `values.valued`.
        limits: Money and messages.
        terms: The playbook in numbers; channels and scenarios may have limits of their own.

    Returns:
        The lists, before they are split into those who get a message and those left alone; the `NotEnough` that came
        in.
    """
    if isinstance(valued, NotEnough):
        return valued
    removed = valued.removed.copy()
    places = _in_order(valued.frame, np.flatnonzero(removed == PASSED))
    pool = Pool.of(valued.frame, places, terms)
    found = _within(pool, limits)
    removed[places] = np.where(found.refused, LIMITED, TAKEN)
    removed[places[found.chosen]] = PASSED
    return Allocation(
        chosen=_listed(valued.frame, places[found.chosen]),
        removed=removed,
        worth=replace(found.worth, chosen=removed == PASSED),
        limits=found.limits,
        dropped=found.dropped,
        allocated=valued,
        terms=terms,
    )


def _in_order(frame: pd.DataFrame, places: Places) -> Places:
    """The candidates of each unit beside each other: the highest priority, the best worth, the first scenario first."""
    rows = frame.iloc[places]
    keys = (rows["row"], rows["scenario"].cat.codes, -rows["rank"], rows["priority"], rows["unit"])
    return np.asarray(places[np.lexsort(tuple(key.to_numpy() for key in keys))])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Within:
    """The choice within all limits, by the candidates of a pool.

    `refused` are those for whom there was no room, be it that nobody of their unit is on any list.
    """

    chosen: Flags
    refused: Flags
    worth: Choice
    limits: pd.DataFrame
    dropped: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Turn:
    """Units that were looked at for one list each, and whom of them there was room for; arrays over these units."""

    unit: Places
    value: Floats
    uses: list[Floats]
    taken: Flags
    left: list[float]
    prices: tuple[float, ...]


def _within(pool: Pool, given: Limits) -> _Within:
    """The choice within all limits, whatever chance does."""
    open_ = _carried(pool, given)
    limits = pool.limits(open_, budget=given.budget, contacts=given.contacts)
    live = open_[pool.scenario]
    refused, chosen, got = ~live, np.zeros(len(live), dtype=bool), np.zeros(pool.units, dtype=bool)
    left, turns = [limit.most for limit in limits], []
    while (looked := pool.firsts(live)).any():
        turn = _turn(pool, limits, left, chosen, looked)
        got[turn.unit[turn.taken]] = True
        mine = looked & got[pool.unit]
        chosen |= mine
        refused |= looked & ~mine
        live &= ~looked & ~got[pool.unit]
        left = turn.left
        turns.append(turn)
    prices = tuple(max(every) for every in zip(*(turn.prices for turn in turns), strict=True))
    prices = prices or (0.0,) * len(limits)
    bound = min((_bound(pool, limits, turns, each) for each in {prices, *(turn.prices for turn in turns)}), default=0.0)
    told = {
        "limit": [limit.name for limit in limits],
        "used": [float(limit.use[chosen].sum()) for limit in limits],
        "most": [limit.most for limit in limits],
        "price": list(prices),
    }
    return _Within(
        chosen=chosen,
        refused=refused,
        worth=Choice(chosen=chosen, value=float(pool.worth[chosen].sum()), bound=bound, prices=prices),
        limits=pd.DataFrame(told),
        dropped=tuple(name for name, kept in zip(pool.scenarios, open_, strict=True) if not kept),
    )


def _turn(pool: Pool, limits: list[Limit], left: list[float], chosen: Flags, looked: Flags) -> _Turn:
    """Take of the units that are looked at those that fit into what is left beside the chosen, by their worth."""
    at = np.flatnonzero(looked)
    begins = np.flatnonzero(np.r_[True, np.diff(pool.unit[at]) != 0])
    unit, value = pool.unit[at[begins]], np.add.reduceat(pool.worth[at], begins)
    uses = [np.add.reduceat(limit.use[at], begins) for limit in limits]
    fits = np.ones(len(unit), dtype=bool)
    for use, most in zip(uses, left, strict=True):
        fits &= use <= most * (1 + _CLOSE)
    unit, value, uses = unit[fits], value[fits], [use[fits] for use in uses]
    tight = [Limit(name=one.name, use=use, most=most) for one, use, most in zip(limits, uses, left, strict=True)]
    order, got = ranked(value, tight), np.zeros(pool.units, dtype=bool)
    taken = np.zeros(len(unit), dtype=bool)
    for _ in range(_ROUNDS if len(unit) else 0):
        choice = order.taken(tight).chosen
        got[unit] = choice
        now = chosen | (looked & got[pool.unit])
        over = [max(0.0, pool.worst(limit, now) - limit.most) for limit in limits]
        if max(over, default=0.0) <= _ROUNDING:
            taken = choice
            left = [max(0.0, limit.most - float(limit.use[taken].sum())) for limit in tight]
            break
        tight = [replace(limit, most=max(0.0, limit.most - more)) for limit, more in zip(tight, over, strict=True)]
    return _Turn(unit=unit, value=value, uses=uses, taken=taken, left=left, prices=order.prices)


def _bound(pool: Pool, limits: list[Limit], turns: list[_Turn], prices: tuple[float, ...]) -> float:
    """What no choice of those looked at, one list a unit, is above: what units leave after paying for what they use."""
    best = np.zeros(pool.units)
    for turn in turns:
        paid = sum((price * use for price, use in zip(prices, turn.uses, strict=True)), np.zeros(len(turn.unit)))
        best[turn.unit] = np.maximum(best[turn.unit], turn.value - paid)
    return float(best.sum()) + sum(price * limit.most for price, limit in zip(prices, limits, strict=True))


def _carried(pool: Pool, given: Limits) -> Flags:
    """The scenarios whose own cost the budget carries, the first ones first; and whose customers are worth it.

    Those of one that is dropped are counted for their next scenario.
    """
    open_ = np.ones(len(pool.scenarios), dtype=bool)
    while (dropped := _first_dropped(pool, given, open_)) is not None:
        open_[dropped] = False
    return open_


def _first_dropped(pool: Pool, given: Limits, open_: Flags) -> int | None:
    """The first scenario with a cost of its own that is not carried."""
    if not pool.campaign[open_].any():
        return None
    first = pool.firsts(open_[pool.scenario])
    worth = np.bincount(pool.scenario[first], weights=pool.worth[first], minlength=len(pool.scenarios))
    left = math.inf if given.budget is None else given.budget
    for code in np.flatnonzero(open_ & (pool.campaign > 0)):
        cost = float(pool.campaign[code])
        if cost > left or worth[code] <= cost:
            return int(code)
        left -= cost
    return None


def _listed(frame: pd.DataFrame, places: Places) -> pd.DataFrame:
    """The chosen in the order of their rows."""
    places = places[np.argsort(frame["row"].to_numpy()[places], kind="stable")]
    rows = frame.iloc[places]
    band = np.array(BANDS, dtype=object)[purchase_bands(rows["purchase_days"].to_numpy(dtype=float))]
    channel = rows["channel"].astype(str).to_numpy(dtype=object)
    names = ["row", "scenario", "channel", "offer", "expected_value", "base", "send_from", "send_by", "send_at"]
    names += ["strength", "orders", "sending", "offer_cost"]
    told = rows[[name for name in names if name in rows]].reset_index(drop=True)
    return told.assign(stratum=pd.Categorical(channel + ":" + band), place=places)
