"""Shares of many counted groups at once, each with Wilson's interval."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.intervals import wilson

FEW = 30


def with_shares(counts: pd.DataFrame, *, successes: str, base: str, level: float = 0.95) -> pd.DataFrame:
    """A table of counts with the share of each row.

    Args:
        counts: One row a group, with the two columns of counts.
        successes: Column of the customers with the property.
        base: Column of all customers of the group.
        level: Confidence level.

    Returns:
        The rows whose base is not 0, with share, low, high (Wilson) and thin (bool: fewer than 30 customers)
        behind their columns.

    Raises:
        ValueError: A row has more customers with the property than customers.
    """
    whole = {name: counts[name].to_numpy(dtype="int64") for name in (successes, base)}
    found = [wilson(int(part), int(all_), level=level) for part, all_ in zip(*whole.values(), strict=True)]
    known = [isinstance(share, Estimate) for share in found]
    shares = [share for share in found if isinstance(share, Estimate)]
    table = counts.loc[known].reset_index(drop=True)
    figures = {name: pd.Series([getattr(share, name) for share in shares], dtype=float) for name in ("low", "high")}
    values = pd.Series([share.value for share in shares], dtype=float)
    return table.assign(share=values, **figures, thin=(table[base] < FEW).astype(bool))
