"""What each list of a plan can show, what cannot be learned from it at its size, and which lists to read together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.allocation import Allocation
from retention_lib.models.actions.plan import NOBODY, Plan
from retention_lib.models.experiments.sample_size import MINIMUM_UNITS, Base, Design, detectable_effect, sample_size

SMALLEST_EFFECT = 0.25
"""By what share a message must raise what a customer brings for a list to be called able to show it."""

_LISTS = (
    *("scenario", "offer", "channel", "contacts", "control", "mean", "sd", "detectable", "detectable_money"),
    *("months", "learnable"),
)
_POOLS = ("offer", "channel", "scenarios", "lists", "contacts", "control", "detectable", "learnable")
_MOST_MONTHS = 120


@dataclass(frozen=True, kw_only=True, eq=False)
class ListPower:
    """What the lists of a plan can show.

    Attributes:
        lists: One row a list, in the order of the plan: `scenario`, `offer`, `channel` (the most used), `contacts`,
            `control` (counts), `mean` (gross profit of a customer left alone over the window; money), `sd` (money),
            `detectable` (the smallest rise of that mean that it finds with the power, as a share; NaN: none, or too few
            in an arm), `detectable_money` (the same a contact), `months` (lists of this size, one a month, that find
            the smallest effect together; NaN: more than ten years), `learnable` (bool: this list alone finds it).
        pools: One row a group of lists with the same offer and channel, of two lists or more: `offer`, `channel`,
            `scenarios` (tuple of names), `lists`, `contacts`, `control` (counts), `detectable`, `learnable`.
        smallest_effect: By what share a message must raise what a customer brings for a list to be able to show it.
        power: Chance that such an effect is found.
        level: Confidence level of the tests.
    """

    lists: pd.DataFrame = field(repr=False)
    pools: pd.DataFrame = field(repr=False)
    smallest_effect: float
    power: float
    level: float

    @property
    def alone(self) -> int:
        """Lists that find the smallest effect by themselves (count)."""
        return int(self.lists["learnable"].sum())

    @property
    def together(self) -> tuple[str, ...]:
        """Scenarios whose lists find it only together with others of the same offer and channel."""
        able = {str(name) for names in self.pools.loc[self.pools["learnable"], "scenarios"] for name in names}
        own = set(self.lists.loc[self.lists["learnable"], "scenario"])
        return tuple(name for name in self.lists["scenario"] if name in able and name not in own)

    @property
    def too_small(self) -> tuple[str, ...]:
        """Scenarios whose lists do not find it, neither alone nor together."""
        own = set(self.lists.loc[self.lists["learnable"], "scenario"]) | set(self.together)
        return tuple(name for name in self.lists["scenario"] if name not in own)

    def to_frame(self) -> pd.DataFrame:
        """The lists."""
        return self.lists


def list_power(
    plan: Plan | NotEnough, allocation: Allocation | NotEnough, *, smallest_effect: float = SMALLEST_EFFECT
) -> ListPower | NotEnough:
    """What the lists of a plan can show.

    Planned from what their customers are expected to do by themselves: how many orders, and how much these differ. What
    the past of the same customers explains is not taken off, so that the verdict may see a little more.

    Args:
        plan: From `plan.plan`.
        allocation: What it was made of.
        smallest_effect: By what share a message must raise what a customer brings for a list to be able to show it.

    Returns:
        What can be shown; NotEnough("customers_to_contact") of a plan without lists; the `NotEnough` that came in, or
        the base's.
    """
    if isinstance(plan, NotEnough):
        return plan
    if isinstance(allocation, NotEnough):
        return allocation
    if plan.lists.empty:
        return NOBODY
    base = allocation.allocated.base
    if isinstance(base, NotEnough):
        return base
    design = Design(smallest_effect=smallest_effect)
    listed = allocation.chosen if plan.issued is None else plan.issued.customers
    spread = _spreads(listed, base.order_spread)
    told = plan.lists[["scenario", "offer", "channels", "contacts", "control"]].merge(spread, on="scenario", how="left")
    told = told.assign(channel=[str(names).split(", ")[0] for names in told["channels"]])
    lists = pd.concat([told, _shown(told, design)], axis=1)
    return ListPower(
        lists=lists.reindex(columns=list(_LISTS)),
        pools=_pools(lists, design),
        smallest_effect=smallest_effect,
        power=design.power,
        level=design.level,
    )


def _spreads(chosen: pd.DataFrame, order_spread: float) -> pd.DataFrame:
    """Mean and standard deviation of what a customer of each list brings in its window."""
    money, orders = (chosen[name].to_numpy(dtype=float) for name in ("base", "orders"))
    worth = np.divide(money, orders, out=np.zeros(len(money)), where=orders > 0)
    own = orders * worth**2 * (1 + order_spread**2)
    grouped = pd.DataFrame({"scenario": chosen["scenario"].astype(str), "mean": money, "square": money**2, "own": own})
    sums = grouped.groupby("scenario", sort=True)[["mean", "square", "own"]].mean()
    variance = sums["own"] + sums["square"] - sums["mean"] ** 2
    return pd.DataFrame({"mean": sums["mean"], "sd": np.sqrt(variance.clip(lower=0))}).reset_index()


def _shown(lists: pd.DataFrame, design: Design) -> pd.DataFrame:
    """What each row can show."""
    rows = [_one(row, design) for row in lists.to_dict("records")]
    return pd.DataFrame(rows, columns=["detectable", "detectable_money", "months", "learnable"], index=lists.index)


def _one(row: Mapping[Any, Any], design: Design) -> tuple[float, float, float, bool]:
    """The smallest effect that groups of unlike size find: that of two alike with the same error."""
    mean, sd, contacts, control = (float(row[name]) for name in ("mean", "sd", "contacts", "control"))
    nothing = (math.nan, math.nan, math.nan, False)
    if not (mean > 0 and sd > 0):
        return nothing
    base = Base(metric="gross_profit", n=int(contacts + control), mean=mean, variance=sd**2)
    each = alike(contacts, control)
    needed = sample_size(base, design)
    months = math.nan if isinstance(needed, NotEnough) or each <= 0 else math.ceil(needed / each)
    found = detectable_effect(base, design, n_per_arm=each) if min(contacts, control) >= MINIMUM_UNITS else None
    detectable = math.nan if found is None else found
    return (
        detectable,
        detectable * mean,
        math.nan if months > _MOST_MONTHS else months,
        bool(detectable <= design.smallest_effect),
    )


def alike(contacts: float, control: float) -> float:
    """The size of two equal groups that tell as much as two unlike ones.

    Args:
        contacts: Customers of the one.
        control: Customers of the other.
    """
    return 2 / (1 / contacts + 1 / control) if contacts > 0 and control > 0 else 0.0


def _pools(lists: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Lists of the same offer and channel, read together."""
    rows = []
    for keys, own in lists.groupby(["offer", "channel"], sort=True):
        if len(own) < 2:
            continue
        offer, channel = (str(key) for key in keys)
        weight = np.array([alike(*pair) for pair in own[["contacts", "control"]].to_numpy(dtype=float)])
        known = np.isfinite(own["mean"].to_numpy(dtype=float)) & (weight > 0)
        if not known.any():
            continue
        mean, variance = (np.average(column[known], weights=weight[known]) for column in _moments(own))
        sums = {"contacts": int(own["contacts"].sum()), "control": int(own["control"].sum())}
        told = _one({"mean": float(mean), "sd": math.sqrt(float(variance)), **_halves(weight[known])}, design)
        names = tuple(own["scenario"])
        rows.append((offer, channel, names, len(own), *sums.values(), told[0], told[3]))
    return pd.DataFrame(rows, columns=list(_POOLS))


def _moments(own: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Means and variances within the lists, as comparisons stay within them."""
    return own["mean"].to_numpy(dtype=float), own["sd"].to_numpy(dtype=float) ** 2


def _halves(weight: np.ndarray) -> dict[str, float]:
    """Two equal groups that tell as much as all lists."""
    return {"contacts": float(weight.sum()), "control": float(weight.sum())}
