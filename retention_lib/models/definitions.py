"""The usual definitions of a kept customer, side by side on the same customers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.counted_shares import with_shares

MINIMUM_CUSTOMERS = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class RetentionDefinitions:
    """Shares of the same customers who are kept, by three definitions.

    Attributes:
        table: One row a definition and period, ordered: definition ("bracket": bought between two days;
            "in_period": bought in that week; "on_or_after": bought in that week or at any later time), from_day,
            to_day (days since the first purchase; missing where open), customers, returned (counts), share, low,
            high (Wilson).
        in_period: Bought in the last week followed.
        on_or_after: Bought in that week or later.
        bracket: Bought in the last bracket of days.
        new: Whether the first purchase is known to be each customer's first; else it is the first one seen.
        followed_days: Days for which every customer is followed.
        longest_days: Days for which the earliest is; on or after counts them all.
    """

    table: pd.DataFrame
    in_period: Estimate
    on_or_after: Estimate
    bracket: Estimate
    new: bool
    followed_days: int
    longest_days: int

    @property
    def customers(self) -> int:
        """The customers, the same for every definition."""
        return int(self.table["customers"].iloc[0])

    def of(self, definition: str) -> pd.DataFrame:
        """The rows of one definition."""
        return self.table.loc[self.table["definition"] == definition].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """The table of definitions and periods."""
        return self.table


def retention_definitions(returns: pd.DataFrame | NotEnough) -> RetentionDefinitions | NotEnough:
    """The share kept by each definition, of truly new customers where there are enough.

    Args:
        returns: Columns new (bool), definition, from_day, to_day (0 where open), customers, returned (counts),
            longest_days, as from `measures.definitions.returns_by_definition`.

    Returns:
        The shares, of the truly new where they are 30 or more, else of all first seen;
        NotEnough("customers_followed_by_definition") below 30.
    """
    if isinstance(returns, NotEnough):
        return returns
    bases = returns.groupby("new")["customers"].max() if len(returns) else pd.Series(dtype="int64")
    new = int(bases.get(True, 0)) >= MINIMUM_CUSTOMERS
    if not new and int(bases.sum()) < MINIMUM_CUSTOMERS:
        return NotEnough("customers_followed_by_definition", int(bases.sum()), MINIMUM_CUSTOMERS)
    chosen = returns.loc[returns["new"].astype(bool)] if new else returns
    keys = ["definition", "from_day", "to_day"]
    counts = chosen.groupby(keys, as_index=False)[["customers", "returned"]].sum()
    table = with_shares(counts, successes="returned", base="customers").drop(columns="thin")
    followed = int(counts.loc[counts["definition"] == "in_period", "to_day"].max())
    return RetentionDefinitions(
        table=table.assign(to_day=table["to_day"].astype("Int64").where(table["to_day"] > 0)),
        in_period=_last(table, "in_period"),
        on_or_after=_last(table, "on_or_after"),
        bracket=_last(table, "bracket"),
        new=new,
        followed_days=followed,
        longest_days=int(chosen["longest_days"].max()),
    )


def _last(table: pd.DataFrame, definition: str) -> Estimate:
    """The share of a definition's last period."""
    row = table.loc[table["definition"] == definition].iloc[-1]
    low, high, n = float(row["low"]), float(row["high"]), int(row["customers"])
    return Estimate(float(row["share"]), low=low, high=high, level=0.95, n=n)
