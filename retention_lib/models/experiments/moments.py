"""Means, variances and covariances of what the units of each arm did: all that effects on means and ratios need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough, unit_of

if TYPE_CHECKING:
    from tea_tasting.aggr import Aggregates

_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Two columns of one arm over the units that have both.

    Attributes:
        n: Units with both values (count).
        first: Mean of the first column.
        second: Mean of the second one.
        covariance: Of the two; a variance where they are the same column; 0 below two units.
    """

    n: int
    first: float
    second: float
    covariance: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """What the units of each arm did, as sums over them.

    Attributes:
        sums: One row an arm and pair of columns: arm, first, second (names; `first` comes before or is `second` in the
            order of the columns), n (units with both values), first_total, second_total, product (sums over these of
            either and of their product), binary (bool: on rows of a column with itself, whether every value is 0 or 1).
        arms: One row an arm: arm, units (assigned), members (customers assigned in these).
        unit: What a unit is: `customer` or `household`.
    """

    sums: pd.DataFrame
    arms: pd.DataFrame
    unit: str = "customer"

    @property
    def names(self) -> list[str]:
        """The arms, in their order."""
        return list(self._sizes)

    @property
    def columns(self) -> list[str]:
        """The columns, in their order."""
        own = self.sums[self.sums["first"] == self.sums["second"]]
        return [str(name) for name in dict.fromkeys(own["first"])]

    def units(self, arm: str) -> int:
        """Units assigned to an arm (count)."""
        return self._size(arm, "units")

    def members(self, arm: str) -> int:
        """Customers assigned to an arm (count)."""
        return self._size(arm, "members")

    def binary(self, column: str) -> bool:
        """Whether a column holds nothing but 0 and 1 in all arms."""
        own = self.sums[(self.sums["first"] == column) & (self.sums["second"] == column)]
        return bool(own["binary"].all()) and len(own) > 0

    def known(self, column: str) -> bool:
        """Whether there is such a column, with a value in every arm."""
        return all(self._spreads.get((arm, column, column), _NOBODY).n > 0 for arm in self.names)

    def spread(self, arm: str, first: str, second: str | None = None) -> Spread:
        """Means and covariance of two columns, or mean and variance of one.

        Args:
            arm: The arm.
            first: A column.
            second: Another; the same if omitted.

        Raises:
            KeyError: There is no such arm or column.
        """
        second = first if second is None else second
        if (arm, first, second) in self._spreads:
            return self._spreads[arm, first, second]
        if (arm, second, first) not in self._spreads:
            msg = f"no sums of {first!r} with {second!r} in arm {arm!r}; columns: {', '.join(self.columns)}"
            raise KeyError(msg)
        found = self._spreads[arm, second, first]
        return Spread(n=found.n, first=found.second, second=found.first, covariance=found.covariance)

    def mean(self, arm: str, column: str) -> float:
        """Mean of a column in an arm; NaN where nobody has a value."""
        return self.spread(arm, column).first

    def variance(self, arm: str, column: str) -> float:
        """Variance of a column in an arm (n - 1 in the denominator)."""
        return self.spread(arm, column).covariance

    def aggregates(self, arm: str, *columns: str) -> Aggregates:
        """The same for tea-tasting's metrics.

        Args:
            arm: The arm.
            *columns: Those that the metric reads.
        """
        from tea_tasting.aggr import Aggregates

        pairs = [(one, other) for at, one in enumerate(columns) for other in columns[at + 1 :]]
        return Aggregates(
            count_=min(self.spread(arm, one).n for one in columns),
            mean_={one: self.mean(arm, one) for one in columns},
            var_={one: self.variance(arm, one) for one in columns},
            cov_={tuple(sorted(pair)): self.spread(arm, *pair).covariance for pair in pairs},
        )

    def to_frame(self) -> pd.DataFrame:
        """One row an arm and column: arm, metric, n, mean, variance, binary."""
        rows = [
            {"arm": arm, "metric": name, "n": one.n, "mean": one.first, "variance": one.covariance}
            for name in self.columns
            for arm in self.names
            if (arm, name, name) in self._spreads
            for one in [self._spreads[arm, name, name]]
        ]
        return pd.DataFrame(rows, columns=["arm", "metric", "n", "mean", "variance"]).assign(
            binary=lambda frame: [self.binary(name) for name in frame["metric"]]
        )

    def _size(self, arm: str, what: str) -> int:
        if arm not in self._sizes:
            msg = f"no arm {arm!r}; arms: {', '.join(self.names)}"
            raise KeyError(msg)
        return self._sizes[arm][what]

    @cached_property
    def _sizes(self) -> Mapping[str, Mapping[str, int]]:
        """Units and members by arm."""
        rows = self.arms[["arm", "units", "members"]].to_dict("records")
        return {str(row["arm"]): {what: int(row[what]) for what in ("units", "members")} for row in rows}

    @cached_property
    def _spreads(self) -> Mapping[tuple[str, str, str], Spread]:
        rows = self.sums.to_dict("records")
        return {(str(r["arm"]), str(r["first"]), str(r["second"])): _spread(r) for r in rows}


_NOBODY = Spread(n=0, first=math.nan, second=math.nan, covariance=0.0)


def moments(sums: pd.DataFrame | NotEnough, arms: pd.DataFrame | NotEnough) -> Moments | NotEnough:
    """The moments of each arm from sums over its units.

    Args:
        sums: Columns arm, first, second, n, first_total, second_total, product, binary, as in `Moments`.
        arms: Columns arm, units, members and, where units are households, unit.

    Returns:
        The moments; NotEnough("arms") below two arms.

    Raises:
        ValueError: A sum is not finite, or a pair of columns stands twice for an arm.
    """
    for given in (sums, arms):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(sums, pd.DataFrame)
    assert isinstance(arms, pd.DataFrame)
    if len(arms) < 2:
        return NotEnough("arms", len(arms), 2)
    if sums.duplicated(["arm", "first", "second"]).any():
        msg = "sums hold a pair of columns twice for an arm"
        raise ValueError(msg)
    numbers = sums.loc[sums["n"] > 0, ["first_total", "second_total", "product"]].to_numpy(dtype=float)
    if not np.isfinite(numbers).all():
        msg = "sums that are no numbers: check for missing values in the metrics"
        raise ValueError(msg)
    return Moments(sums=sums, arms=arms, unit=unit_of(arms))


def moments_of(values: pd.DataFrame, *, arm: str = "arm") -> Moments:
    """The moments of units in memory: for studies and for tests.

    Args:
        values: One row a unit: the column of the arm, and numbers; NaN where not known.
        arm: Name of the column of the arm.
    """
    names = [name for name in values.columns if name != arm]
    rows = []
    for label, group in values.groupby(arm, sort=True):
        for at, first in enumerate(names):
            for second in names[at:]:
                x, y = group[first].to_numpy(dtype=float), group[second].to_numpy(dtype=float)
                both = np.isfinite(x) & np.isfinite(y)
                rows.append(_pair(str(label), first, second, x[both], y[both]))
    sizes = values.groupby(arm, sort=True).size()
    arms = pd.DataFrame({"arm": [str(name) for name in sizes.index], "units": sizes.to_numpy()})
    return Moments(sums=pd.DataFrame(rows), arms=arms.assign(members=arms["units"]))


def _pair(arm: str, first: str, second: str, x: np.ndarray, y: np.ndarray) -> dict[str, object]:
    return {
        "arm": arm,
        "first": first,
        "second": second,
        "n": len(x),
        "first_total": float(x.sum()),
        "second_total": float(y.sum()),
        "product": float(x @ y),
        "binary": first == second and bool(np.isin(x, (0, 1)).all()),
    }


def _spread(row: Mapping[object, object]) -> Spread:
    n, first, second, product = (float(row[name]) for name in ("n", "first_total", "second_total", "product"))  # type: ignore[arg-type]
    if n == 0:
        return _NOBODY
    apart = product - first * second / n
    # What is left of the products after the subtraction is rounding when it is 1e-12 of them.
    kept = n > 1 and abs(apart) > _ROUNDING * abs(product)
    return Spread(n=int(n), first=first / n, second=second / n, covariance=apart / (n - 1) if kept else 0.0)
