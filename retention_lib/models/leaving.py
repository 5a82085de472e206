"""What active customers had met with before they went quiet: reasons to leave, among customers alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.intervals import holm_adjusted, share_difference
from retention_lib.models.segments import SIGNIFICANCE
from retention_lib.models.stratified import alike_difference

STRATUM = ["silence_from", "year_from", "recent_from"]
TOPICS = ("bad_review", "contact", "out_of_stock", "price_rise", "lost_category")
"""What a reason's name begins with."""
BEHIND = ["behind_it", "behind_low", "behind_high"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ReasonsToLeave:
    """Who went quiet after meeting with something, against customers alike who had not met with it.

    Alike means: of the same class of silence and of purchases in the year and in the last 90 days.

    Attributes:
        table: One row a reason, largest difference first, thin ones last: reason, customers (who have it), quiet (of
            them), active_share (of all active), share and alike_share (went quiet, with and without, over classes
            weighted alike, so that they differ by difference), difference, low, high (95 %, in [-1, 1]), raw_difference
            (without making alike), p_adjusted (Holm over reasons not thin; NaN = not tested), covered (of its
            customers, the share in classes that hold some without it, in (0, 1]), thin (fewer than the minimum with the
            reason, or without, in these classes), differs (p_adjusted below .05), behind_it, behind_low, behind_high
            (customers covered who went quiet beyond those expected from customers alike, class by class, 95 %; NaN
            where it does not differ, or no more went quiet than expected).
        worst: The reason with the largest difference above 0 that differs; None when none does.
        active: Customers active at the cut-off (count).
        cutoff: The past day.
        horizon_days: Days followed after it.
        minimum_base: Fewer customers are thin.
        left_out: Topics of `TOPICS` that the store has nothing about.
    """

    table: pd.DataFrame
    worst: str | None
    active: int
    cutoff: date
    horizon_days: int
    minimum_base: int
    left_out: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The table of reasons."""
        return self.table


def reasons_to_leave(
    counted: pd.DataFrame | NotEnough, *, active: int, cutoff: date, horizon_days: int, minimum_base: int = 30
) -> ReasonsToLeave | NotEnough:
    """Reasons to leave, each against customers alike without it.

    Args:
        counted: Columns reason, silence_from, year_from, recent_from (the class), exposed (bool), customers and quiet
            (counts).
        active: Customers active at the cut-off (count).
        cutoff: The past day at which reasons are read.
        horizon_days: Days followed after it.
        minimum_base: Fewer customers with a reason, or without it, of classes that hold both, are neither tested nor
            named.

    Returns:
        The reasons; NotEnough("customers_active_past") where nobody was active, NotEnough("reasons_known") where
        the store holds nothing to look for them in, NotEnough("customers_with_reasons") where nobody met with any.

    Raises:
        ValueError: More customers went quiet than there are.
    """
    if isinstance(counted, NotEnough):
        return counted
    if active == 0:
        return NotEnough("customers_active_past", 0, 1)
    if counted.empty:
        return NotEnough("reasons_known", 0, 1)
    rows = [_reason_row(str(name), rows, minimum_base) for name, rows in counted.groupby("reason", sort=True)]
    met = [row for row in rows if row is not None]
    if not met:
        return NotEnough("customers_with_reasons", 0, minimum_base)
    table = _with_tests(pd.DataFrame(met))
    table.insert(3, "active_share", table["customers"] / active)
    found = table[table["differs"] & (table["difference"] > 0)]
    known = tuple(counted["reason"].unique())
    return ReasonsToLeave(
        table=table,
        worst=str(found["reason"].iloc[0]) if len(found) else None,
        active=active,
        cutoff=cutoff,
        horizon_days=horizon_days,
        minimum_base=minimum_base,
        left_out=tuple(topic for topic in TOPICS if not any(name.startswith(topic) for name in known)),
    )


def _reason_row(name: str, rows: pd.DataFrame, minimum_base: int) -> dict[str, object] | None:
    """One reason against those without it; None where nobody has it or there is nobody alike."""
    counts = rows.pivot_table(index=STRATUM, columns="exposed", values=["customers", "quiet"], aggfunc="sum")
    wanted = pd.MultiIndex.from_product([["customers", "quiet"], [True, False]])
    counts = counts.reindex(columns=wanted).fillna(0)
    n1, n0, a, b = (counts[key].to_numpy() for key in wanted)
    alike, raw = alike_difference(a, n1, b, n0), share_difference(a.sum(), n1.sum(), b.sum(), n0.sum())
    if isinstance(alike, NotEnough) or isinstance(raw, NotEnough):
        return None
    found, excess = alike.difference, alike.excess
    return {
        "reason": name,
        "customers": int(n1.sum()),
        "quiet": int(a.sum()),
        "share": alike.share,
        "alike_share": alike.other_share,
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "raw_difference": raw.value,
        "p": np.nan if found.p is None else found.p,
        "covered": alike.base / n1.sum(),
        "thin": min(alike.base, alike.other_base) < minimum_base,
        "behind_it": excess.value,
        "behind_low": excess.low,
        "behind_high": excess.high,
    }


def _with_tests(table: pd.DataFrame) -> pd.DataFrame:
    """The reasons in order, corrected for their number; how many customers a reason may have cost, where it differs."""
    adjusted = holm_adjusted(table["p"].where(~table["thin"]).to_numpy(dtype=float))
    differs = adjusted < SIGNIFICANCE
    more = differs & (table["difference"] > 0) & (table["behind_it"] > 0)
    behind = table[BEHIND].where(more)
    table = table.drop(columns=["p", *BEHIND]).assign(p_adjusted=adjusted, differs=differs, **behind)
    return table.sort_values(["thin", "difference", "reason"], ascending=[True, False, True], ignore_index=True)
