"""Where customers leave: rates by segment, each against the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import holm_adjusted, wilson

SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class SegmentRates:
    """Lapse rates by segment.

    Attributes:
        table: One row a segment, highest share first: segment, base, lost (counts), elsewhere (count, only
            if given), share, low, high (Wilson, in [0, 1]), thin (base below the minimum), p_adjusted
            (against the rest, Holm over the segments tested; NaN = not tested: thin, or no rest), differs
            (p_adjusted below .05).
        overall: All segments together.
        highest: The segment with the highest share among those not thin; None when all are thin.
        lowest: The one with the lowest.
        minimum_base: The base below which a segment is thin.
    """

    table: pd.DataFrame
    overall: Estimate
    highest: str | None
    lowest: str | None
    minimum_base: int

    def to_frame(self) -> pd.DataFrame:
        """The table of segments."""
        return self.table


def segment_rates(frame: pd.DataFrame | NotEnough, *, minimum_base: int = 30) -> SegmentRates | NotEnough:
    """The share lost in each segment, with its difference from the rest tested.

    The rest of a segment is all other rows together, so segments should not overlap; where they do (a
    customer in several categories) the overall figure counts memberships, not customers.

    Args:
        frame: Columns segment (text, unique), base, lost (counts, lost <= base) and optionally elsewhere
            (count of the lost who still buy elsewhere). Segments with an empty base are left out.
        minimum_base: A smaller segment is thin: shown, but neither tested nor named highest or lowest.

    Returns:
        The rates; NotEnough("customers_in_segments") when no segment has a customer.

    Raises:
        ValueError: A segment appears twice, or a count is impossible.
    """
    if isinstance(frame, NotEnough):
        return frame
    if frame["segment"].duplicated().any():
        msg = f"segment {frame.loc[frame['segment'].duplicated(), 'segment'].iloc[0]!r} appears twice"
        raise ValueError(msg)
    table = frame.loc[frame["base"] > 0].reset_index(drop=True)
    overall = wilson(int(table["lost"].sum()), int(table["base"].sum()))
    if isinstance(overall, NotEnough):
        return NotEnough("customers_in_segments", 0, 1)
    table = _with_tests(_with_shares(table), minimum_base)
    judged = table.loc[~table["thin"], "segment"]
    return SegmentRates(
        table=table,
        overall=overall,
        highest=judged.iloc[0] if len(judged) else None,
        lowest=judged.iloc[-1] if len(judged) else None,
        minimum_base=minimum_base,
    )


def _with_shares(table: pd.DataFrame) -> pd.DataFrame:
    """The table with shares and intervals, highest share first, names breaking ties."""
    shares = [wilson(lost, base) for lost, base in zip(table["lost"], table["base"], strict=True)]
    known = [share for share in shares if isinstance(share, Estimate)]
    counts = ["segment", "base", "lost", *(["elsewhere"] if "elsewhere" in table else [])]
    columns = pd.DataFrame([(each.value, each.low, each.high) for each in known], columns=["share", "low", "high"])
    table = pd.concat([table[counts], columns], axis="columns")
    return table.sort_values(["share", "segment"], ascending=[False, True], ignore_index=True)


def _with_tests(table: pd.DataFrame, minimum_base: int) -> pd.DataFrame:
    """The table with thin segments marked and the others tested against the rest."""
    thin = table["base"].to_numpy() < minimum_base
    base, lost = table["base"].to_numpy(dtype="int64"), table["lost"].to_numpy(dtype="int64")
    p_values = [
        np.nan if skip else p_against_rest(int(lost[row]), int(base[row]), int(lost.sum()), int(base.sum()))
        for row, skip in enumerate(thin)
    ]
    p_adjusted = holm_adjusted(p_values)
    return table.assign(thin=thin, p_adjusted=p_adjusted, differs=p_adjusted < SIGNIFICANCE)


def p_against_rest(lost: int, base: int, all_lost: int, all_base: int) -> float:
    """Two-sided p-value of a segment against the rest: score test, Fisher's exact where a cell is small.

    Args:
        lost: Customers of the segment lost (count).
        base: Customers of the segment (count).
        all_lost: Customers lost in the segment and the rest (count).
        all_base: Customers of both (count).

    Returns:
        The p-value; NaN when there is no rest, or when all or none are lost everywhere and nothing can differ.
    """
    from scipy.special import chdtrc
    from scipy.stats import fisher_exact

    rest, rest_lost = all_base - base, all_lost - lost
    if rest == 0 or all_lost in (0, all_base):
        return float("nan")
    share = all_lost / all_base
    # Cochran's rule: the chi-squared approximation holds from an expected count of 5 in every cell.
    if min(base, rest) * min(share, 1 - share) < 5:
        return float(fisher_exact([[lost, base - lost], [rest_lost, rest - rest_lost]]).pvalue)
    variance = share * (1 - share) * (1 / base + 1 / rest)
    return float(chdtrc(1, (lost / base - rest_lost / rest) ** 2 / variance))
