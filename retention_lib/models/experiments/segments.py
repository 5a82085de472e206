"""For which customers an offer works: its effect by segment, drawn towards that on all as far as chance explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.noise import difference_noise
from retention_lib.models.experiments.validity import Validity
from retention_lib.models.intervals import holm_adjusted, normal_quantile
from retention_lib.models.shrinkage import shrunk

Kind = Literal["share", "count", "money"]

LEVEL = 0.95
UNITS = 200
"""Units of an arm that a segment needs: below, a mean of skewed money is not near normal."""

_COLUMNS = (
    *("dimension", "segment", "arm", "base", "control_base", "control_mean", "effect", "low", "high"),
    *("shrunk", "shrunk_low", "shrunk_high", "p", "p_adjusted", "differs"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class OfferSegments:
    """The effect of each offer by segment.

    Attributes:
        table: One row a dimension, segment and arm, segments with 200 units in the arm and in control: dimension,
            segment, arm, base, control_base (units), control_mean, effect, low, high (arm less control, a unit),
            shrunk, shrunk_low, shrunk_high (drawn towards the dimension's mean), p (of the difference from the
            dimension's other segments), p_adjusted (Holm, over all rows), differs (bool: the dimension is shown to
            matter, and this segment differs after correction).
        dimensions: One row a dimension and arm: dimension, arm, segments (count), spread (standard deviation of true
            effects; 0 where chance explains all), q, p (Cochran), p_adjusted (Holm, over all rows), shown (bool).
        metric: What was compared.
        kind: How it is written: `share` (of 0 and 1), `count` (orders) or `money`.
        control: The arm left alone.
        level: Of the intervals, each bound by itself.
        unit: What a unit is.
        withheld: Code of why nothing may be claimed of the test; None for a valid one.
    """

    table: pd.DataFrame
    dimensions: pd.DataFrame = field(repr=False)
    metric: str
    kind: Kind
    control: str
    level: float
    unit: str
    withheld: str | None

    @property
    def shown(self) -> pd.DataFrame:
        """The dimensions by which an offer works differently, beyond chance after correction, clearest first."""
        return self.dimensions[self.dimensions["shown"]].sort_values("p_adjusted", kind="stable")

    @property
    def differ(self) -> pd.DataFrame:
        """The segments that differ from the others of their dimension."""
        return self.table[self.table["differs"]]

    def to_frame(self) -> pd.DataFrame:
        """The segments."""
        return self.table


def segment_effects(
    sums: pd.DataFrame | NotEnough,
    *,
    control: str,
    metric: str = "net_full",
    unit: str = "customer",
    validity: Validity | NotEnough | None = None,
    level: float = LEVEL,
) -> OfferSegments | NotEnough:
    """The effect of every offer in every segment.

    Segments are of what was known before the test, so that each is a test of its own. Where the same metric was known
    before, it sharpens the comparison (CUPED, by the slope inside the two arms of the segment; see `slopes`).

    Args:
        sums: Columns dimension, segment, arm, metric, n, total, total_squares, before_total, before_squares,
            before_product (NaN = the metric was not known before).
        control: The arm left alone.
        metric: What is compared.
        unit: What a unit is.
        validity: Whether the test may be called; taken to hold if omitted.
        level: Confidence level.

    Returns:
        The effects; the refusal that came in; NotEnough("segments_measured") without a dimension of two segments with
        200 units in an arm and in control.

    References:
        Cochran (1954) and those of `models.shrinkage`; Holm (1979); Deng et al. (2013), WSDM (CUPED).
    """
    if isinstance(sums, NotEnough):
        return sums
    rows = _compared(sums[sums["metric"] == metric], control, normal_quantile(level))
    counts = rows.groupby(["dimension", "arm"])["segment"].transform("size") if len(rows) else pd.Series(dtype=int)
    rows = rows[counts > 1]
    if rows.empty:
        return NotEnough("segments_measured", float(counts.max()) if len(counts) else 0.0, 2)
    groups = [_group(str(name), str(arm), part, level) for (name, arm), part in _grouped(rows)]
    withheld = None if validity is None else validity.reason
    dimensions = pd.DataFrame([group.told for group in groups])
    dimensions["p_adjusted"] = holm_adjusted(dimensions["p"].to_numpy())
    dimensions["shown"] = (dimensions["p_adjusted"] < 1 - level) & (withheld is None)
    table = pd.concat([group.table for group in groups], ignore_index=True)
    table["p_adjusted"] = holm_adjusted(table["p"].to_numpy())
    matter = dimensions.set_index(["dimension", "arm"])["shown"]
    places = pd.MultiIndex.from_frame(table[["dimension", "arm"]])
    table["differs"] = (table["p_adjusted"] < 1 - level).to_numpy() & matter.reindex(places).to_numpy(dtype=bool)
    return OfferSegments(
        table=table[list(_COLUMNS)],
        dimensions=dimensions,
        metric=metric,
        kind=_kind(sums[sums["metric"] == metric], metric),
        control=control,
        level=level,
        unit=unit,
        withheld=withheld,
    )


def _kind(sums: pd.DataFrame, metric: str) -> Kind:
    """How a metric is written; one of 0 and 1 has the same sum as its squares."""
    if metric.startswith("orders"):
        return "count"
    told = sums[sums["n"] > 0]
    return "share" if np.allclose(told["total"], told["total_squares"], rtol=1e-12, atol=0) else "money"


def _grouped(rows: pd.DataFrame) -> Any:
    return rows.groupby(["dimension", "arm"], sort=False)


def _compared(sums: pd.DataFrame, control: str, reach: float) -> pd.DataFrame:
    """Each segment's effect of each arm, with its variance."""
    rows = []
    for (dimension, segment), part in sums.groupby(["dimension", "segment"], sort=False):
        sides = {str(row["arm"]): row for row in part.to_dict("records") if row["n"] >= UNITS}
        if control not in sides:
            continue
        for arm in [name for name in sides if name != control]:
            found = _difference(sides[arm], sides[control])
            if found is not None:
                rows.append({"dimension": dimension, "segment": segment, "arm": arm, **found})
    names = ["dimension", "segment", "arm", "base", "control_base", "control_mean", "effect", "error"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(low=table["effect"] - reach * table["error"], high=table["effect"] + reach * table["error"])


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One arm in one segment: units, means, variances and covariance of the metric and of the same before."""

    n: float
    mean: float
    before: float
    variance: float
    before_variance: float
    covariance: float

    def left(self, slope: float) -> float:
        """Variance of the metric less the slope times that before."""
        return max(self.variance + slope**2 * self.before_variance - 2 * slope * self.covariance, 0.0)


def _side(row: Any) -> _Side:
    n, total = float(row["n"]), float(row["total"])
    known = not math.isnan(row["before_total"])
    before = float(row["before_total"]) if known else 0.0
    squares, product = (float(row[name]) if known else 0.0 for name in ("before_squares", "before_product"))
    return _Side(
        n=n,
        mean=total / n,
        before=before / n,
        variance=(float(row["total_squares"]) - total**2 / n) / (n - 1),
        before_variance=(squares - before**2 / n) / (n - 1),
        covariance=(product - total * before / n) / (n - 1),
    )


def _difference(row: Any, control: Any) -> dict[str, float] | None:
    """An arm less control in one segment; None where nothing varies."""
    arm, alone = _side(row), _side(control)
    spread = arm.n * arm.before_variance + alone.n * alone.before_variance
    slope = (arm.n * arm.covariance + alone.n * alone.covariance) / spread if spread > 0 else 0.0
    variances = [arm.left(slope), alone.left(slope)]
    if min(variances) <= 0:
        return None
    return {
        "base": arm.n,
        "control_base": alone.n,
        "control_mean": alone.mean,
        "effect": arm.mean - alone.mean - slope * (arm.before - alone.before),
        "error": difference_noise(variances, [int(arm.n), int(alone.n)]).error,
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class _Group:
    """One arm in all segments of one dimension."""

    table: pd.DataFrame
    told: dict[str, Any]


def _group(dimension: str, arm: str, part: pd.DataFrame, level: float) -> _Group:
    from scipy.special import erfc

    found, reach = shrunk(part["effect"].to_numpy(), part["error"].to_numpy() ** 2), normal_quantile(level)
    table = part.assign(
        shrunk=found.value,
        shrunk_low=found.value - reach * found.sd,
        shrunk_high=found.value + reach * found.sd,
        p=erfc(np.abs(found.against_others) / math.sqrt(2)),
    )
    told = {
        "dimension": dimension,
        "arm": arm,
        "segments": len(part),
        "spread": found.spread,
        "q": found.statistic,
        "p": found.p,
    }
    return _Group(table=table.astype({"base": "int64", "control_base": "int64"}), told=told)
