"""Whether the arms of an invitation were alike before anybody was invited, and what was known of them then."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.models.arm_means import arm_means

MOST_STRATA, FEWEST_OF_STRATUM = 20, 10
"""How many strata are accounted for at most (count), and customers in either arm that each needs."""

BROKEN_BELOW, DOUBTED_BELOW = 0.001, 0.05
"""p-value of the joint test below which chance cannot have drawn these arms, and below which it is told."""

FEATURES = ("before_purchases", "late_purchases", "before_revenue", "days_known", "days_since")


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomBalance:
    """How alike the arms were before.

    Attributes:
        table: One row a feature of the time before: feature, invited, left_out (means), difference (standardised:
            invited less left out over their common standard deviation; NaN where nothing varies), customers (with a
            value).
        p: Of the joint test that all of them are alike within strata.
        worst: Largest absolute standardised difference; 0 without any.
    """

    table: pd.DataFrame
    p: float
    worst: float

    @property
    def broken(self) -> bool:
        """Whether chance cannot have drawn these arms."""
        return self.p < BROKEN_BELOW

    @property
    def doubted(self) -> bool:
        """Whether arms drawn by chance would seldom differ as much."""
        return self.p < DOUBTED_BELOW

    def to_frame(self) -> pd.DataFrame:
        """The table of features."""
        return self.table


def known_before(frame: pd.DataFrame) -> pd.DataFrame:
    """What was known of each customer before, in columns for a regression, the most telling first.

    Args:
        frame: `customers` of `measures.invitations.InvitedCustomers`.

    Returns:
        Numbers without gaps: logarithms of counts, money and days; a column for each stratum but the largest, where
        there are 20 at most, of 10 customers in either arm each.
    """
    never = frame["days_known"].isna()
    columns = {
        "before_purchases": np.log1p(frame["before_purchases"]),
        "late_purchases": np.log1p(frame["late_purchases"]),
        "days_since": np.log1p(frame["days_since"].fillna(0)),
        "days_known": np.log1p(frame["days_known"].fillna(0)),
        "before_revenue": np.log1p(frame["before_revenue"].clip(lower=0)),
        "many_purchases": frame["before_purchases"].clip(upper=frame["before_purchases"].quantile(0.999)),
        "never_bought": never.astype(float),
    }
    return pd.DataFrame(columns | strata(frame)).astype(float)


def strata(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """A column of 0 and 1 for each stratum but the largest; none where they are too many or too small.

    Args:
        frame: `customers` of `measures.invitations.InvitedCustomers`.
    """
    sizes = frame["stratum"].value_counts()
    if not 2 <= len(sizes) <= MOST_STRATA:
        return {}
    fewest = frame.groupby(["stratum", "invited"]).size().unstack(fill_value=0).min(axis=1)
    if fewest.min() < FEWEST_OF_STRATUM:
        return {}
    return {f"stratum {name}": (frame["stratum"] == name).astype(float) for name in sorted(sizes.index[1:])}


def random_balance(frame: pd.DataFrame) -> RandomBalance:
    """Whether the arms were alike before.

    Args:
        frame: `customers` of `measures.invitations.InvitedCustomers`.
    """
    treated = frame["invited"].to_numpy(dtype=bool)
    rows = [_alike(frame[name], treated) for name in FEATURES]
    table = pd.DataFrame(rows)
    worst = float(table["difference"].abs().max()) if table["difference"].notna().any() else 0.0
    return RandomBalance(table=table, p=_joint_p(frame, treated), worst=worst)


def _alike(values: pd.Series, treated: np.ndarray) -> dict[str, object]:
    """Means and standardised difference of one feature."""
    first, second = values[treated].dropna(), values[~treated].dropna()
    spread = math.sqrt((first.var() + second.var()) / 2) if min(len(first), len(second)) > 1 else 0.0
    return {
        "feature": values.name,
        "invited": first.mean(),
        "left_out": second.mean(),
        "difference": (first.mean() - second.mean()) / spread if spread > 0 else math.nan,
        "customers": len(first) + len(second),
    }


def _joint_p(frame: pd.DataFrame, treated: np.ndarray) -> float:
    """P-value of the Wald test that both arms have the same means of all that was known, errors by household.

    Within strata, as a plan may invite different shares of them.
    """
    from scipy.stats import f as fisher

    groups = strata(frame)
    known = known_before(frame).drop(columns=list(groups)).to_numpy()
    known = known[:, known.std(axis=0) > 0]
    clusters = pd.factorize(frame["cluster"])[0].astype(np.int64)
    within = pd.DataFrame(groups).to_numpy(dtype=float) if groups else None
    means = arm_means(known, treated, clusters, known=within)
    columns = known.shape[1]
    both = np.hstack([-np.eye(columns), np.eye(columns)])
    gap, covariance = means.means[1] - means.means[0], both @ means.covariance @ both.T
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if rank == 0:
        return 1.0
    wald = float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)
    freedom = sum(means.freedom)
    scale = (freedom - rank + 1) / (freedom * rank)
    return float(fisher.sf(wald * scale, rank, freedom - rank + 1))
