"""Experiments that look like invitations into the programme at random."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough

FEWEST = 30
"""Customers in an arm below which its joining is not looked at."""

LEAST_DIFFERENCE = 0.05
"""By how much more of one arm than of another must have joined (share)."""

_BEYOND_CHANCE = 0.001


@dataclass(frozen=True, kw_only=True, eq=False)
class InvitationsFound:
    """Experiments in which one arm joined the programme far more than another, and which nobody has named.

    Attributes:
        table: One row an experiment, the largest difference first: experiment, arm (that joined most), share (of its
            customers who joined within 60 days, in [0, 1]), control (the arm that joined least), control_share,
            customers (of both arms, count).
    """

    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The table of experiments."""
        return self.table


def invitations_found(joining: pd.DataFrame | NotEnough, *, named: str = "") -> InvitationsFound | NotEnough:
    """The experiments that invited into the programme, as far as joining tells.

    An experiment counts where, of two arms of 30 customers or more, 5 points more of one joined within 60 days than of
    the other, beyond chance (p below .001 for two shares, corrected for the number of experiments).

    Args:
        joining: From `measures.invitations.joining_by_arm`.
        named: An experiment that is judged already and so need not be found.

    Returns:
        What was found; `NotAsked` where there is nothing, or what `joining` refuses.
    """
    if isinstance(joining, NotEnough):
        return joining
    large = joining[joining["customers"] >= FEWEST]
    rows = [_extremes(str(name), arms) for name, arms in large.groupby("experiment") if len(arms) > 1]
    if not rows:
        return NotAsked("invitation_named", 0, 1)
    table = pd.DataFrame(rows)
    apart = table["share"] - table["control_share"]
    sure = (apart >= LEAST_DIFFERENCE) & (table["p"] < _BEYOND_CHANCE / len(rows)) & (table["experiment"] != named)
    found = table.loc[apart[sure].sort_values(ascending=False).index]
    if found.empty:
        return NotAsked("invitation_named", 0, 1)
    return InvitationsFound(table=found.drop(columns="p").reset_index(drop=True))


def _extremes(name: str, arms: pd.DataFrame) -> dict[str, object]:
    """The arm that joined most and the one that joined least, with the p-value of their difference."""
    shares = arms["joined"] / arms["customers"]
    most, least = arms.loc[shares.idxmax()], arms.loc[shares.idxmin()]
    both = most["customers"] + least["customers"]
    common = (most["joined"] + least["joined"]) / both
    error = math.sqrt(common * (1 - common) * (1 / most["customers"] + 1 / least["customers"]))
    apart = shares.max() - shares.min()
    return {
        "experiment": name,
        "arm": str(most["arm"]),
        "share": float(shares.max()),
        "control": str(least["arm"]),
        "control_share": float(shares.min()),
        "customers": int(both),
        "p": 2 * NormalDist().cdf(-apart / error) if error > 0 else 1.0,
    }
