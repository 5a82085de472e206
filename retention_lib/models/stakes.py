"""What is at stake: what customers bring if they stay, times the chance that they buy nothing.

What a customer brings who stays is the purchases expected of one who has not left, which are few for a slow buyer,
times the money of a purchase. So all that is at stake is less than what everybody would bring if nobody left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.risk import ChurnRisk

Measure = Literal["profit", "margin", "revenue"]

LEVEL = 0.95
NEEDED_BUYERS = 100
DECILES = 10
_NOISIEST = 1e6


@dataclass(frozen=True, kw_only=True, eq=False)
class ProfitAtStake:
    """The profit expected of each customer who stays x the chance of no purchase in the horizon.

    Attributes:
        total: Sum over the customers (money). The interval holds the draw of customers and how far the expected money
            and the number of silent customers were off on the last window; not that a season may be unlike any seen.
        if_all_stay: What all customers together are expected to bring if nobody has left or leaves (money).
        measure: What money is: profit (net money less cost of the goods), margin (net money x margin) or revenue (no
            margin is known).
        deciles: One row a tenth of the customers by risk, the highest first: decile (from 1), customers, risk (mean),
            profit_if_stays (mean money), at_stake (sum of money).
        customers: One row a customer, for lists and never shown: customer_id, risk, profit_if_stays (money: purchases
            expected of one who has not left x money a purchase), at_stake (money); by at_stake, the largest first,
            then by id.
        half_of: The smallest number of customers who carry half of the total.
        likely_gone: Share of the total with customers whose risk is above .9: most of that is lost already.
        ratio: Money expected of all customers of the last window, those who had left or would leave included, over the
            money that came in, with its bootstrap interval.
        tested: Customers of the last window on whom that was checked.
        test_cutoff: The last window's cut-off.
        cutoff: Today.
        horizon_days: The horizon.
    """

    total: Estimate
    if_all_stay: float
    measure: Measure
    deciles: pd.DataFrame
    customers: pd.DataFrame = field(repr=False)
    half_of: int
    likely_gone: float
    ratio: Estimate
    tested: int
    test_cutoff: date
    cutoff: date
    horizon_days: int

    @property
    def gross_profit(self) -> Estimate | NotEnough:
        """The total where it is profit; NotEnough("margin_known") where only sales are known."""
        return NotEnough("margin_known", 0, 1) if self.measure == "revenue" else self.total

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

    The purchases of one who stays are those of the purchase model, given that the customer has not left, in the horizon
    as it is stretched for the season; the money of a purchase is `money_a_purchase`. Both are checked on the last
    window, where the model's purchases of everybody, some of whom have left, are held against what came in.

    Args:
        rows: From `measures.risk.risk_windows`.
        risk: The churn risk, from the same rows.
        margin: Gross profit as a share of net money, used where the cost of the goods is not known; None if unknown.
        rng: Source of randomness of the bootstrap.

    Returns:
        The stakes; NotEnough as the risk, as the purchase model where that cannot be fitted, or "stakes_buyers" with
        fewer than 100 buyers in the last window to check on.
    """
    if isinstance(rows, NotEnough):
        return rows
    if isinstance(risk, NotEnough):
        return risk
    for model in (risk.purchase_model, risk.auc_palive):
        if isinstance(model, NotEnough):
            return model
    last, now = (rows[rows["cutoff"] == cutoff] for cutoff in (risk.test_cutoff, risk.cutoff))
    bought = int((~last["silent"].astype(bool)).sum())
    if bought < NEEDED_BUYERS:
        return NotEnough("stakes_buyers", bought, NEEDED_BUYERS)
    measure: Measure = "profit" if "profit_ahead" in rows else "revenue" if margin is None else "margin"
    share = margin if measure == "margin" and margin is not None else 1.0
    came = last["profit_ahead" if measure == "profit" else "spend_ahead"].to_numpy(dtype=float) * share
    noise = purchase_noise(last)
    worth = [money_a_purchase(part, _own_means(part, measure, share), noise) for part in (last, now)]
    ratio = _ratio(risk.tested["purchases"].to_numpy() * worth[0], came, rng)
    listed = _customers(risk.today, worth[1])
    customers = _falling(listed, "at_stake")
    at_stake = customers["at_stake"].to_numpy()
    gone = customers.loc[customers["risk"] > 0.9, "at_stake"].sum()
    return ProfitAtStake(
        total=_total(at_stake, ratio, risk),
        if_all_stay=float(customers["profit_if_stays"].sum()),
        measure=measure,
        deciles=_deciles(listed),
        customers=customers,
        half_of=carriers_of_half(at_stake),
        likely_gone=float(gone / at_stake.sum()),
        ratio=ratio,
        tested=len(last),
        test_cutoff=risk.test_cutoff,
        cutoff=risk.cutoff,
        horizon_days=risk.horizon_days,
    )


def carriers_of_half(money: np.ndarray) -> int:
    """The smallest number of customers who carry half of all money.

    Args:
        money: Of each customer, 0 or more.
    """
    carried = np.cumsum(-np.sort(-money))
    return int(np.searchsorted(carried, carried[-1] / 2)) + 1


def money_a_purchase(rows: pd.DataFrame, own: np.ndarray, noise: float) -> np.ndarray:
    """The money expected of a customer's next purchase: the own mean, drawn towards that of all.

    Own means of few purchases tell little: of n purchases they count n / (n + noise).

    Args:
        rows: From `measures.risk.risk_rows`: purchases_365 (count, at least 1).
        own: Each customer's own mean, in any money; missing where it is not known.
        noise: From `purchase_noise`.

    Returns:
        Money a purchase, one a row; at least 0.

    References:
        Buehlmann and Gisler (2005), A Course in Credibility Theory, chapter 4.
    """
    n = rows["purchases_365"].to_numpy(dtype=float)
    weight, held = np.where(np.isfinite(own), n / (n + noise), 0.0), np.nan_to_num(own)
    centre = float((weight * held).sum() / max(float(weight.sum()), 1e-12))
    return np.maximum(centre + weight * (held - centre), 0.0)


def purchase_noise(rows: pd.DataFrame) -> float:
    """Variance of one customer's purchases over the variance of the customers' true means, from the sales.

    Args:
        rows: Of a past window: purchases_365 (count), spend_365 (money), order_sd (money).

    Returns:
        The ratio by Buehlmann and Straub's estimators; a million where the means differ by no more than chance.
    """
    n = rows["purchases_365"].to_numpy(dtype=float)
    means, size = rows["spend_365"].to_numpy(dtype=float) / n, float(n.sum())
    within = float((n * rows["order_sd"].to_numpy(dtype=float) ** 2).sum()) / max(size - means.size, 1.0)
    between = float((n * (means - np.average(means, weights=n)) ** 2).sum()) - (means.size - 1) * within
    between /= max(size - float((n**2).sum()) / size, 1e-12)
    return _NOISIEST if between * _NOISIEST <= within else within / between


def _own_means(rows: pd.DataFrame, measure: Measure, share: float) -> np.ndarray:
    """Money a purchase of each customer, of the year before."""
    brought = rows["profit" if measure == "profit" else "spend_365"].to_numpy(dtype=float) * share
    return np.asarray(brought / rows["purchases_365"].to_numpy(dtype=float))


def _customers(today: pd.DataFrame, worth: np.ndarray) -> pd.DataFrame:
    """The customers in order of customer_id, as both come."""
    known = today.assign(profit_if_stays=today["purchases"] * worth).drop(columns="purchases")
    return known.assign(at_stake=known["risk"] * known["profit_if_stays"])


def _falling(customers: pd.DataFrame, by: str) -> pd.DataFrame:
    """The largest first; equal ones keep the order of customer_id, which would be slow to sort by."""
    return customers.iloc[np.argsort(-customers[by].to_numpy(), kind="stable")].reset_index(drop=True)


def _ratio(expected: np.ndarray, came: np.ndarray, rng: np.random.Generator, draws: int = 200) -> Estimate:
    """Money expected over money that came, with its bootstrap interval over customers."""
    size, value = came.size, float(expected.sum() / came.sum())
    picks = [rng.integers(0, size, size) for _ in range(draws)]
    low, high = np.quantile([expected[rows].sum() / came[rows].sum() for rows in picks], [0.025, 0.975])
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
    ranked = _falling(customers, "risk")
    decile = np.arange(len(ranked)) * DECILES // max(1, len(ranked)) + 1
    by = ranked.groupby(decile, sort=True)
    table = by.agg(
        customers=("risk", "size"),
        risk=("risk", "mean"),
        profit_if_stays=("profit_if_stays", "mean"),
        at_stake=("at_stake", "sum"),
    )
    return table.rename_axis("decile").reset_index()
