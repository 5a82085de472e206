"""Whether a programme pays: the gross profit that it brought, less rewards and running cost, and the chance of a gain.

The measured effect is weighed with a prior on the scale of logarithms (`posteriors`), so that the chance of a profit is
never read off a normal tail. Money follows the relative effect along the curve through the three points that both
estimates share: lower bound, estimate, upper bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, first_refusal
from retention_lib.models.intervals import normal_quantile, sd_behind
from retention_lib.models.posteriors import Floats, Posterior, Prior, relative_posterior
from retention_lib.models.programme_costs import ProgrammeCosts

LEVEL = 0.95
SURE = 0.95
"""Chance from which a programme is said to pay; at 1 less this or below it is said to lose."""

NOT_SHOWN = ("effect_not_shown", "not_significant")
"""Reasons for which an effect is not claimed though its design is sound: the profit is shown with its width."""

_DRAWS = 20_000
_STRAIGHT = 1e-6

Standing = Literal["pays", "open", "loses"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ProgrammeProfit:
    """What the programme earned on the members on whom its effect is measured, while they were followed (money).

    Attributes:
        relative: The effect on what they buy, as measured: as .08 for 8 % more than without the programme.
        measured: The same in gross profit, as measured.
        incremental: The same once weighed with the prior (mean and central interval of the posterior).
        weighed: The relative effect once weighed with the prior (median and central interval of the posterior).
        rewards: What the points that they used were worth, at face value.
        running: Their part of the running cost; NotEnough where it is not known, and then not taken off.
        profit: `incremental` less rewards and running cost.
        chance: The probability that `profit` is above 0, in [0, 1].
        chance_other_priors: The least and the most of that probability under priors half and twice as wide too.
        per_member: `profit` a member followed.
        owed: What they will still use of the points credited meanwhile.
        after_owed: `profit` less `owed`.
        chance_after_owed: The probability that `after_owed` is above 0.
        break_even: The relative effect at which the profit is 0; infinite where none is enough.
        break_even_after_owed: The same of `after_owed`.
        held: Points on their accounts at the end.
        members: Members followed (count).
        periods: Periods of 28 days that the longest is followed (count).
        shown: Whether the effect is claimed, as told from chance.
        rewards_in_sales: Whether sales are net of points used, so that rewards are not taken off.
        posterior: Of the logarithm of 1 + the relative effect.
    """

    relative: Estimate
    measured: Estimate
    incremental: Estimate
    weighed: Estimate
    rewards: Estimate
    running: Estimate | NotEnough
    profit: Estimate
    chance: Estimate
    chance_other_priors: Estimate
    per_member: Estimate
    owed: Estimate | NotEnough
    after_owed: Estimate | NotEnough
    chance_after_owed: Estimate | NotEnough
    break_even: float
    break_even_after_owed: float | NotEnough
    held: float
    members: int
    periods: int
    shown: bool
    rewards_in_sales: bool
    posterior: Posterior

    @property
    def standing(self) -> Standing:
        """Whether the programme pays, by the chance of a profit, both without and with the points still to be used.

        It is said to pay only with an effect claimed and all costs known.
        """
        chances = [each.value for each in (self.chance, self.chance_after_owed) if isinstance(each, Estimate)]
        if min(chances) >= SURE:
            return "pays" if self.shown and isinstance(self.running, Estimate) else "open"
        return "loses" if max(chances) <= 1 - SURE else "open"

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


def programme_profit(
    relative: Estimate | NotEnough,
    money: Estimate | NotEnough,
    costs: ProgrammeCosts | NotEnough,
    *,
    prior: Prior,
    rng: np.random.Generator,
    margin: Estimate | None = None,
) -> ProgrammeProfit | NotEnough:
    """The profit of the programme with its interval, and the chance that it is positive.

    Args:
        relative: How much more the members buy than without the programme, with its interval; in (-1, inf).
        money: The same in money, summed over the members and periods that `costs` are about, at the same level.
        costs: From `programme_costs.programme_costs`.
        prior: Of the logarithm of 1 + the relative effect.
        rng: Draws the effects, the margin and the rewards.
        margin: Gross profit in a unit of `money` where that is sales; None where it is gross profit already.

    Returns:
        The profit; the `NotEnough` that came in; where the effect's design is refused NotEnough with its reason;
        NotEnough("effect_interval") where one of the two estimates has no interval.

    Raises:
        ValueError: The two estimates have different levels.
    """
    if isinstance(relative, NotEnough) or isinstance(money, NotEnough) or isinstance(costs, NotEnough):
        return first_refusal(relative, money, costs)
    if relative.claimed is False and relative.reason not in (None, *NOT_SHOWN):
        return NotEnough(relative.reason, 0, 1)
    posterior = relative_posterior(relative, prior)
    if isinstance(posterior, NotEnough):
        return posterior
    path = _path(relative, money)
    if isinstance(path, NotEnough):
        return path
    extra = path.money(posterior.draws(rng, _DRAWS)) * _around(margin, rng)
    taken = costs.total + (0.0 if costs.rewards_in_sales else _errors(costs.rewards, rng))
    profit = extra - taken
    after = costs.owed if isinstance(costs.owed, NotEnough) else profit - costs.owed.value - _errors(costs.owed, rng)
    others = [relative_posterior(relative, replace(prior, sd=prior.sd * times)) for times in (0.5, 2.0)]
    gains = [path.money(o.draws(rng, _DRAWS)) * _around(margin, rng) - taken for o in others]
    n, share = float(costs.members), 1.0 if margin is None else margin.value
    gain = _central(profit, n, reason=None if isinstance(costs.running, Estimate) else "running_cost_known")
    return ProgrammeProfit(
        relative=relative,
        measured=_as_profit(money, margin),
        incremental=_central(extra, n),
        weighed=_weighed(posterior, n),
        rewards=costs.rewards,
        running=costs.running,
        profit=gain,
        chance=_chance(profit, n),
        chance_other_priors=_range([_chance(each, n) for each in (profit, *gains)]),
        per_member=_central(profit / n, n, reason=gain.reason),
        owed=costs.owed,
        after_owed=after if isinstance(after, NotEnough) else _central(after, n, reason=gain.reason),
        chance_after_owed=after if isinstance(after, NotEnough) else _chance(after, n),
        break_even=path.effect(costs.total / share),
        break_even_after_owed=costs.owed
        if isinstance(costs.owed, NotEnough)
        else path.effect((costs.total + costs.owed.value) / share),
        held=costs.held,
        members=costs.members,
        periods=costs.periods,
        shown=relative.claimed is not False,
        rewards_in_sales=costs.rewards_in_sales,
        posterior=posterior,
    )


@dataclass(frozen=True, kw_only=True)
class _Path:
    """How money follows the logarithm x of 1 + the relative effect: start + slope (exp(bend x) - 1) / bend.

    Attributes:
        start: Money without an effect; 0 where both estimates come from one model.
        slope: Money for a small effect, over the effect; > 0.
        bend: 1 where money is the effect x what members would have bought without the programme, -1 where it is what
            they bought less that over 1 + the effect; between them where the two estimates do not say.
    """

    start: float
    slope: float
    bend: float

    def money(self, logs: Floats) -> Floats:
        """The money at given logarithms."""
        return self.start + self.slope * _bent(logs, self.bend)

    def effect(self, amount: float) -> float:
        """The relative effect that brings an amount; infinite where none does."""
        part = (amount - self.start) / self.slope
        if abs(self.bend) < _STRAIGHT:
            return math.expm1(part)
        if 1 + self.bend * part <= 0:
            return math.copysign(math.inf, part) if part > 0 else -1.0
        return math.expm1(math.log1p(self.bend * part) / self.bend)


def _path(relative: Estimate, money: Estimate) -> _Path | NotEnough:
    """The path through the three points that the two estimates share."""
    bounds = [(each.low, each.value, each.high) for each in (relative, money)]
    if any(low is None or high is None or not low < value < high for low, value, high in bounds):
        return NotEnough("effect_interval", 0, 1)
    if relative.level != money.level:
        msg = f"the effect and its money have intervals of different levels, {relative.level} and {money.level}"
        raise ValueError(msg)
    logs, amounts = np.log1p(np.array(bounds[0], dtype=float)), np.array(bounds[1], dtype=float)
    bend = _bend(logs, amounts)
    places = _bent(logs, bend)
    slope = float((amounts[2] - amounts[0]) / (places[2] - places[0]))
    return _Path(start=float(amounts[1] - slope * places[1]), slope=slope, bend=bend)


def _bend(logs: Floats, amounts: Floats) -> float:
    """The bend in [-1, 1] at which the path goes through all three points, or comes nearest to it; by bisection."""
    wanted = (amounts[2] - amounts[1]) / (amounts[1] - amounts[0])
    low, high = -1.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        places = _bent(logs, middle)
        rises = (places[2] - places[1]) / (places[1] - places[0])
        low, high = (middle, high) if rises < wanted else (low, middle)
    return (low + high) / 2


def _bent(logs: Floats, bend: float) -> Floats:
    return logs if abs(bend) < _STRAIGHT else np.expm1(bend * logs) / bend


def _around(factor: Estimate | None, rng: np.random.Generator) -> Floats | float:
    """Draws of a factor; 1 without one."""
    return 1.0 if factor is None else factor.value + _errors(factor, rng)


def _errors(estimate: Estimate, rng: np.random.Generator) -> Floats:
    """Draws of the error of an estimate that is nearly certain beside the effect."""
    return sd_behind(estimate) * rng.standard_normal(_DRAWS)


def _as_profit(money: Estimate, margin: Estimate | None) -> Estimate:
    """Money as gross profit, the margin's error added to that of the money."""
    if margin is None or money.low is None or money.high is None or money.level is None:
        return money
    own = normal_quantile(money.level) * sd_behind(margin) * money.value
    down, up = (np.hypot(side * margin.value, own) for side in (money.value - money.low, money.high - money.value))
    value = money.value * margin.value
    return Estimate(value, low=float(value - down), high=float(value + up), level=money.level, n=money.n)


def _central(draws: Floats, n: float, *, reason: str | None = None) -> Estimate:
    """The mean of draws with their central interval."""
    low, high = np.quantile(draws, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return Estimate(float(draws.mean()), low=float(low), high=float(high), level=LEVEL, n=n, reason=reason)


def _weighed(posterior: Posterior, n: float) -> Estimate:
    """The relative effect in the middle of the posterior."""
    middle = float(np.interp(0.5, posterior.cumulated, posterior.edges))
    value, low, high = (math.expm1(at) for at in (middle, posterior.low, posterior.high))
    return Estimate(value, low=low, high=high, level=posterior.level, n=n)


def _range(chances: list[Estimate]) -> Estimate:
    """The first of several chances, between the least and the most of them."""
    values = [chance.value for chance in chances]
    return Estimate(values[0], low=min(values), high=max(values), n=chances[0].n)


def _chance(draws: Floats, n: float) -> Estimate:
    """How many of the draws are above 0."""
    return Estimate(float((draws > 0).mean()), n=n)
