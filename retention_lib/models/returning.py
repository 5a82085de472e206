"""Which of the silent come back: by how long they have been silent and how often they had bought."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.counted_shares import with_shares
from retention_lib.models.intervals import share_difference
from retention_lib.models.lapse import BAND_EDGES, MINIMUM_CUSTOMERS, ReturnChance

JUST_REACHED = 1.5
"""Just beyond the window means silent for up to so many windows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReturnsByPurchases:
    """The chance to return by band of silence and number of purchases.

    Attributes:
        cells: One row a class of purchases and band of silence, ordered: purchases_from, purchases_to (missing
            where open), silence_above, silence_to (days, above < silence <= to; missing where open), customers,
            returned (counts), share, low, high (Wilson), thin (bool: fewer than 30). An empty cell has no row.
        classes: One row a class of purchases and figure, ordered: purchases_from, purchases_to, silence
            ("just_reached": silent for 1 to 1.5 windows, "beyond": for longer than the window, however long),
            customers, returned, share, low, high, thin.
        lapse_days: The lapse window.
        horizon_days: Days after the cut-off in which a purchase counts as a return.
        cutoff: The past day at which silence was measured.
        word: What all of the silent are called, as in `lapse.ReturnChance`.
    """

    cells: pd.DataFrame
    classes: pd.DataFrame
    lapse_days: int
    horizon_days: int
    cutoff: date
    word: Literal["quiet", "lapsed"]

    @property
    def spread(self) -> Estimate | NotEnough:
        """The class with most purchases minus the one with fewest, of those silent beyond the window (Newcombe)."""
        first, last = self.beyond.iloc[0], self.beyond.iloc[-1]
        most, fewest = ((int(row["returned"]), int(row["customers"])) for row in (last, first))
        return share_difference(*most, *fewest)

    @property
    def beyond(self) -> pd.DataFrame:
        """The classes of purchases with enough customers silent beyond the window."""
        return self.classes.loc[(self.classes["silence"] == "beyond") & ~self.classes["thin"]].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """The cells."""
        return self.cells


def returns_by_purchases(
    returns: pd.DataFrame | NotEnough, *, chance: ReturnChance | NotEnough
) -> ReturnsByPurchases | NotEnough:
    """How many of the silent came back, by band of silence and number of purchases before.

    Args:
        returns: As for `lapse.return_chance`, with purchases_from and purchases_to (least and most purchases
            of the customer's class; missing where open).
        chance: The chance over all customers, from the same rows.

    Returns:
        Shares by cell and by class; NotEnough("customers_silent_beyond_window") where no class has 30
        customers beyond the window.
    """
    if isinstance(returns, NotEnough):
        return returns
    if isinstance(chance, NotEnough):
        return chance
    window = chance.lapse_days
    edges = [*(window * edge for edge in BAND_EDGES), math.inf]
    cells = [_counts(returns, above, to) for above, to in pairwise(edges)]
    ends = {"just_reached": JUST_REACHED * window, "beyond": math.inf}
    classes = [_counts(returns, window, to).assign(silence=name) for name, to in ends.items()]
    keys = ["purchases_from", "purchases_to"]
    result = ReturnsByPurchases(
        cells=_shares(cells, [*keys, "silence_above", "silence_to"]),
        classes=_shares(classes, [*keys, "silence"]),
        lapse_days=window,
        horizon_days=chance.horizon_days,
        cutoff=chance.cutoff,
        word=chance.word,
    )
    if result.beyond.empty:
        most = result.classes.loc[result.classes["silence"] == "beyond", "customers"]
        return NotEnough("customers_silent_beyond_window", int(most.max()), MINIMUM_CUSTOMERS)
    return result


def _counts(returns: pd.DataFrame, above: float, to: float) -> pd.DataFrame:
    """Customers and returned of each class of purchases among those with above < silence <= to."""
    chosen = returns.loc[(returns["silence_days"] > above) & (returns["silence_days"] <= to)]
    classes = ["purchases_from", "purchases_to"]
    counts = chosen.groupby(classes, as_index=False, dropna=False)[["customers", "returned"]].sum()
    last = None if math.isinf(to) else math.floor(to)
    edges = pd.DataFrame({"silence_above": math.floor(above), "silence_to": pd.array([last] * len(counts), "Int64")})
    return counts.join(edges)


def _shares(parts: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """All parts with their shares, ordered by their keys."""
    counts = pd.concat(parts, ignore_index=True)
    shares = with_shares(counts, successes="returned", base="customers")
    order = ["purchases_from", keys[2]]
    descending = keys[2] == "silence"  # "just_reached" before "beyond"
    shares = shares.sort_values(order, ascending=[True, not descending], ignore_index=True)
    return shares[[*keys, "customers", "returned", "share", "low", "high", "thin"]]
