"""Where customers go quiet: every segment against the rest of its dimension, corrected for all comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import holm_adjusted, wilson
from retention_lib.models.segments import SIGNIFICANCE, p_against_rest

SHOWN = 12
SHOWN_OF_ONE_DIMENSION = 3

NOT_STATED = ""
FOLLOWS_FROM_SILENCE = frozenset({"rfm"})
"""Dimensions made of the days of silence themselves: who has been silent longest is nearest to counting as quiet."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WhereRates:
    """The share that went quiet by segment of every dimension.

    Attributes:
        table: One row a dimension and segment, the strongest differences first and thin segments last: dimension,
            segment, base, lost (counts), share, low, high (Wilson, in [0, 1]), rest (others in the dimension of whom a
            segment is stated), rest_share (of them; NaN without any), difference (share - rest_share), excess
            (customers lost beyond what the rest's share would have lost), thin (base below the minimum), p_adjusted
            (against the rest, Holm over all comparisons of all dimensions, the two of a dimension of two levels being
            one and the same; NaN = not tested, as in a dimension that follows from the silence itself), differs
            (p_adjusted below .05).
        shown: Rows of the table that a chart has room for: at most 12, of one dimension at most three, and none of
            a dimension that follows from the silence itself.
        overall: All customers.
        highest: The row of the segment that loses most beyond chance against its rest, of the dimensions shown; None
            when none differs upwards.
        lowest: The row of the one that loses least, likewise.
        tests: How many comparisons were made; of two levels with each other, one.
        minimum_base: The base below which a segment is thin.
    """

    table: pd.DataFrame
    shown: pd.DataFrame
    overall: Estimate
    highest: pd.Series | None
    lowest: pd.Series | None
    tests: int
    minimum_base: int

    def to_frame(self) -> pd.DataFrame:
        """The table of all segments."""
        return self.table


def where_rates(frame: pd.DataFrame | NotEnough, *, minimum_base: int = 30) -> WhereRates | NotEnough:
    """The share lost in each segment, and whether it differs from the rest of its dimension.

    Args:
        frame: Columns dimension, segment (text, unique together), base, lost (counts, lost <= base); the segments of a
            dimension do not overlap. Segments with an empty base are left out.
        minimum_base: A smaller segment is thin: shown, but not tested.

    Returns:
        The rates; NotEnough("customers_in_segments") when no segment has a customer, NotEnough("dimensions_known") when
        customers are told apart by their silence alone, or are all of one segment.

    Raises:
        ValueError: A segment of a dimension appears twice, or a count is impossible.
    """
    if isinstance(frame, NotEnough):
        return frame
    twice = frame.duplicated(["dimension", "segment"])
    if twice.any():
        raise ValueError(f"segment {frame.loc[twice, 'segment'].iloc[0]!r} of a dimension appears twice")
    table = frame.loc[frame["base"] > 0].reset_index(drop=True)
    if table.empty:
        return NotEnough("customers_in_segments", 0, 1)
    judged, tests = _tested(_against_rest(_with_shares(table)), minimum_base)
    table = _ordered(judged)
    of_all = table.groupby("dimension")[["lost", "base"]].sum().sort_values("base", kind="stable").iloc[-1]
    overall = wilson(int(of_all["lost"]), int(of_all["base"]))
    if isinstance(overall, NotEnough):
        return overall
    shown = _shown(table)
    if shown.empty:
        return NotEnough("dimensions_known", 0, 1)
    apart = shown.loc[shown["differs"]].sort_values("difference", ascending=False, kind="stable")
    return WhereRates(
        table=table,
        shown=shown,
        overall=overall,
        highest=apart.iloc[0] if (apart["difference"] > 0).any() else None,
        lowest=apart.iloc[-1] if (apart["difference"] < 0).any() else None,
        tests=tests,
        minimum_base=minimum_base,
    )


def _with_shares(table: pd.DataFrame) -> pd.DataFrame:
    shares: list[Any] = [wilson(lost, base) for lost, base in zip(table["lost"], table["base"], strict=True)]
    return table[["dimension", "segment", "base", "lost"]].assign(
        share=[each.value for each in shares], low=[each.low for each in shares], high=[each.high for each in shares]
    )


def _against_rest(table: pd.DataFrame) -> pd.DataFrame:
    """The table beside its rests: the others that are stated, so that a column few filled in divides those who did."""
    stated = table["segment"] != NOT_STATED
    sums = table[["base", "lost"]].where(stated, 0).groupby(table["dimension"]).transform("sum")
    own = table[["base", "lost"]].where(stated, 0)
    rest, rest_lost = sums["base"] - own["base"], sums["lost"] - own["lost"]
    rest_share = rest_lost / rest.where(rest > 0)
    return table.assign(
        rest=rest,
        rest_lost=rest_lost,
        rest_share=rest_share,
        difference=table["share"] - rest_share,
        excess=table["lost"] - table["base"] * rest_share,
    )


def _tested(table: pd.DataFrame, minimum_base: int) -> tuple[pd.DataFrame, int]:
    """The table with its tests, and how many different ones there are."""
    counts = table[["lost", "base", "rest_lost", "rest"]].astype("int64").itertuples(index=False)
    thin = (table["base"] < minimum_base).to_numpy()
    skipped = thin | table["dimension"].isin(FOLLOWS_FROM_SILENCE).to_numpy()
    p_values = np.array(
        [
            np.nan if skip else p_against_rest(lost, base, lost + rest_lost, base + rest)
            for skip, (lost, base, rest_lost, rest) in zip(skipped, counts, strict=True)
        ]
    )
    same = _same_test(table, ~np.isnan(p_values))
    adjusted = holm_adjusted(np.where(same.duplicated(), np.nan, p_values))
    adjusted = pd.Series(adjusted).groupby(same.to_numpy(), sort=False).transform("first").to_numpy()
    table = table.drop(columns="rest_lost")
    tests = int(same[~np.isnan(p_values)].nunique())
    return table.assign(thin=thin, p_adjusted=adjusted, differs=adjusted < SIGNIFICANCE), tests


def _same_test(table: pd.DataFrame, tested: np.ndarray) -> pd.Series:
    """A number for each row, shared by the two levels of a dimension: each is tested against the other."""
    stated = table["segment"] != NOT_STATED
    levels = stated.groupby(table["dimension"]).transform("sum")
    pair = tested & stated & (levels == 2)
    places = pd.Series(np.arange(len(table)), index=table.index)
    first = places.where(pair).groupby(table["dimension"]).transform("min")
    return pd.Series(np.where(pair, first, places).astype("int64"), index=table.index)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Segments to judge first, those that differ first of them, the largest difference first."""
    keys = table.assign(size=table["difference"].abs().fillna(0).round(12))
    order = keys.sort_values(
        ["thin", "differs", "size", "dimension", "segment"], ascending=[True, False, False, True, True]
    )
    return table.loc[order.index].reset_index(drop=True)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """The strongest rows of each dimension, the strongest of all first; thin ones where there is room."""
    known = table.loc[~table["dimension"].isin(FOLLOWS_FROM_SILENCE) & table["rest_share"].notna()]
    of_each = known.groupby("dimension", sort=False).head(SHOWN_OF_ONE_DIMENSION)
    return of_each.head(SHOWN).reset_index(drop=True)
