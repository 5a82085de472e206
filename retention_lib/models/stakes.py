"""What is at stake: what customers bring if they stay, times the chance that they do not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.models.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.risk import ChurnRisk
from retention_lib.models.risk_features import Design, design

Measure = Literal["profit", "margin", "revenue"]

LEVEL = 0.95
NEEDED_BUYERS = 100
DECILES = 10
_KNOWN = ("average_order", "spend_90", "items", "categories", "frequency", "T", "silence", "gap_mean")
_PACE = ("purchases_30", "purchases_90", "purchases_180", "purchases_365")
_RIDGE = 20.0
_STEPS = 30
_CHUNK = 200_000
_LEARNED_ON = 60_000


@dataclass(frozen=True, kw_only=True, eq=False)
class ProfitAtStake:
    """The profit expected of each customer who stays x the chance of no purchase in the horizon.

    Attributes:
        total: Sum over the customers (money). The interval holds the draw of customers and how far the expected money
            and the number of silent customers were off on the last window; not that a season may be unlike any seen.
        measure: What money is: profit (net money less cost of the goods), margin (net money x margin) or revenue (no
            margin is known).
        deciles: One row a tenth of the customers by risk, the highest first: decile (from 1), customers, risk (mean),
            profit_if_stays (mean money), at_stake (sum of money).
        customers: One row a customer, for lists and never shown: customer_id, risk, profit_if_stays, at_stake; by
            at_stake, the largest first, then by id.
        half_of: The smallest number of customers who carry half of the total.
        likely_gone: Share of the total with customers whose risk is above .9: most of that is lost already.
        ratio: Money expected / money that came in the last window of those who bought, with its bootstrap interval.
        buyers: Customers of the last window on whom that was checked.
        test_cutoff: The last window's cut-off.
        cutoff: Today.
        horizon_days: The horizon.
    """

    total: Estimate
    measure: Measure
    deciles: pd.DataFrame
    customers: pd.DataFrame = field(repr=False)
    half_of: int
    likely_gone: float
    ratio: Estimate
    buyers: int
    test_cutoff: date
    cutoff: date
    horizon_days: int

    def to_frame(self) -> pd.DataFrame:
        """The tenths by risk."""
        return self.deciles


def profit_at_stake(
    rows: pd.DataFrame | NotEnough,
    risk: ChurnRisk | NotEnough,
    *,
    margin: float | None,
    rng: np.random.Generator,
) -> ProfitAtStake | NotEnough:
    """What is at stake in the horizon.

    The money of one who stays is learned on those who bought in past windows, by a log-linear regression with a ridge
    (quasi-Poisson, so that totals are kept); it is checked on the last window, then learned again with it.

    Args:
        rows: From `measures.risk.risk_windows`.
        risk: The churn risk, from the same rows.
        margin: Gross profit as a share of net money, used where the cost of the goods is not known; None if unknown.
        rng: Source of randomness of the bootstrap.

    Returns:
        The stakes; NotEnough as the risk, or "stakes_buyers" with fewer than 100 buyers to learn or to check on.
    """
    if isinstance(rows, NotEnough):
        return rows
    if isinstance(risk, NotEnough):
        return risk
    measure: Measure = "profit" if "profit_ahead" in rows else "revenue" if margin is None else "margin"
    bought = rows[rows["silent"].notna() & ~rows["silent"].fillna(value=True)]
    over = risk.test_cutoff - timedelta(days=risk.horizon_days)
    before, last = bought[bought["cutoff"] <= over], bought[bought["cutoff"] == risk.test_cutoff]
    if min(len(before), len(last)) < NEEDED_BUYERS:
        return NotEnough("stakes_buyers", min(len(before), len(last)), NEEDED_BUYERS)
    earned = _money(last, measure, margin)
    ratio = _ratio(_Expectation.learned(before, _money(before, measure, margin), rng).money(last), earned, rng)
    expectation = _Expectation.learned(bought, _money(bought, measure, margin), rng)
    customers = _customers(rows[rows["cutoff"] == risk.cutoff], risk, expectation)
    carried = np.cumsum(customers["at_stake"].to_numpy())
    gone = customers.loc[customers["risk"] > 0.9, "at_stake"].sum()
    return ProfitAtStake(
        total=_total(customers["at_stake"].to_numpy(), ratio, risk),
        measure=measure,
        deciles=_deciles(customers),
        customers=customers,
        half_of=int(np.searchsorted(carried, carried[-1] / 2)) + 1,
        likely_gone=float(gone / carried[-1]),
        ratio=ratio,
        buyers=len(last),
        test_cutoff=risk.test_cutoff,
        cutoff=risk.cutoff,
        horizon_days=risk.horizon_days,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Expectation:
    """The money expected of a customer who buys in the horizon."""

    design: Design
    weights: np.ndarray
    scale: float

    @classmethod
    def learned(cls, rows: pd.DataFrame, money: np.ndarray, rng: np.random.Generator) -> _Expectation:
        """Quasi-Poisson regression with a ridge, by Newton's method."""
        if len(rows) > _LEARNED_ON:
            kept = np.sort(rng.permutation(len(rows))[:_LEARNED_ON])
            rows, money = rows.iloc[kept], money[kept]
        made = design(rows, np.zeros(len(rows)), only=(*_KNOWN, *_PACE))
        matrix, scale = made.matrix(rows, np.zeros(len(rows))), max(float(money.mean()), 1e-9)
        penalty = np.full(matrix.shape[1], _RIDGE)
        penalty[0] = 0.0
        weights = np.zeros(matrix.shape[1])
        for _ in range(_STEPS):
            mean = np.exp(np.clip(matrix @ weights, -20, 20))
            hessian = matrix.T @ (matrix * mean[:, None]) + np.diag(penalty + 1e-9)
            step = np.linalg.solve(hessian, matrix.T @ (money / scale - mean) - penalty * weights)
            weights = weights + step * min(1.0, 2.0 / max(1e-12, float(np.abs(step).max())))
            if np.abs(step).max() < 1e-5:
                break
        return cls(design=made, weights=weights, scale=scale)

    def money(self, rows: pd.DataFrame) -> np.ndarray:
        """Money expected, one a row."""
        parts = [rows.iloc[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK)]
        logs = [self.design.matrix(part, np.zeros(len(part))) @ self.weights for part in parts]
        return self.scale * np.exp(np.clip(np.concatenate(logs) if logs else np.empty(0), -20, 20))


def _money(rows: pd.DataFrame, measure: Measure, margin: float | None) -> np.ndarray:
    """What buyers brought in the horizon; refunds of earlier purchases make nobody's money negative."""
    if measure == "profit":
        return np.maximum(rows["profit_ahead"].to_numpy(dtype=float), 0.0)
    return np.maximum(rows["spend_ahead"].to_numpy(dtype=float), 0.0) * (1.0 if margin is None else margin)


def _customers(rows: pd.DataFrame, risk: ChurnRisk, expectation: _Expectation) -> pd.DataFrame:
    known = risk.today.merge(
        pd.DataFrame({"customer_id": rows["customer_id"].to_numpy(), "profit_if_stays": expectation.money(rows)}),
        on="customer_id",
        validate="one_to_one",
    )
    known = known.assign(at_stake=known["risk"] * known["profit_if_stays"])
    return known.sort_values(["at_stake", "customer_id"], ascending=[False, True], ignore_index=True)


def _ratio(expected: np.ndarray, earned: np.ndarray, rng: np.random.Generator, draws: int = 200) -> Estimate:
    """Money expected over money earned, with its bootstrap interval over customers."""
    size, value = earned.size, float(expected.sum() / earned.sum())
    picks = [rng.integers(0, size, size) for _ in range(draws)]
    low, high = np.quantile([expected[rows].sum() / earned[rows].sum() for rows in picks], [0.025, 0.975])
    return Estimate(value, low=min(float(low), value), high=max(float(high), value), level=LEVEL, n=size)


def _total(at_stake: np.ndarray, ratio: Estimate, risk: ChurnRisk) -> Estimate:
    """The total, with an interval on the scale of its logarithm."""
    z, total = normal_quantile(LEVEL), float(at_stake.sum())
    drawn = at_stake.size * float(at_stake.var()) / total**2
    spread = np.log((ratio.high or ratio.value) / (ratio.low or ratio.value)) / (2 * z)
    money = float(np.log(ratio.value)) ** 2 + float(spread) ** 2
    silent = float(np.log(risk.expected_silent / risk.silent)) ** 2
    silent += (1 - risk.silent) / (risk.silent * risk.customers)
    factor = float(np.exp(z * np.sqrt(drawn + money + silent)))
    return Estimate(total, low=total / factor, high=total * factor, level=LEVEL, n=at_stake.size)


def _deciles(customers: pd.DataFrame) -> pd.DataFrame:
    ranked = customers.sort_values(["risk", "customer_id"], ascending=[False, True], ignore_index=True)
    decile = np.arange(len(ranked)) * DECILES // max(1, len(ranked)) + 1
    by = ranked.groupby(decile, sort=True)
    table = by.agg(
        customers=("risk", "size"),
        risk=("risk", "mean"),
        profit_if_stays=("profit_if_stays", "mean"),
        at_stake=("at_stake", "sum"),
    )
    return table.rename_axis("decile").reset_index()
