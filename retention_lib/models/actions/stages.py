"""In which stage customers stand, and how many of each stage buy in the weeks that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import wilson
from retention_lib.models.lapse import MINIMUM_CUSTOMERS, lapse_window, window_days


class RhythmsLike(Protocol):
    """What `measures.actions.stages.rhythms_before` gives."""

    @property
    def gaps(self) -> pd.DataFrame:
        """Customers' own 80th percentile intervals."""

    @property
    def customers(self) -> int:
        """Customers with a purchase."""


@dataclass(frozen=True, kw_only=True)
class StageRules:
    """By what stages are told apart.

    Attributes:
        lapse_days: Silence beyond which a customer has gone quiet, the store's own where it can be judged; beyond twice
            as many days the customer has lapsed.
        at_risk_days: Silence beyond which a customer without a rhythm of the own is overdue.
        own: Whether both are the store's own.
    """

    lapse_days: int
    at_risk_days: int
    own: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Stages:
    """Customers by stage.

    Attributes:
        table: One row a stage, in order: stage, customers (today), share (of all), past_customers (a window ago),
            buyers (of these, in the window), bought, low, high (their share with Wilson's interval; missing below 30).
        rules: By what they are told apart.
        window_days: Days of the window that ended today.
        customers: All customers (count).
    """

    table: pd.DataFrame
    rules: StageRules
    window_days: int
    customers: int

    @property
    def overdue(self) -> int:
        """Customers who are overdue today (count)."""
        return self.count("overdue")

    def count(self, stage: str) -> int:
        """Customers of a stage today (count).

        Args:
            stage: One of never, new, active, due, overdue, quiet, lapsed.
        """
        return int(self.table.set_index("stage")["customers"].loc[stage])

    def bought(self, stage: str) -> Estimate | NotEnough:
        """Share of those who stood there a window ago who bought in it.

        Args:
            stage: As for `count`.

        Returns:
            The share; NotEnough("customers_in_base") below 30 customers.
        """
        row = self.table.set_index("stage").loc[stage]
        if row["past_customers"] < MINIMUM_CUSTOMERS:
            return NotEnough("customers_in_base", int(row["past_customers"]), MINIMUM_CUSTOMERS)
        return wilson(float(row["buyers"]), float(row["past_customers"]))

    def to_frame(self) -> pd.DataFrame:
        """The table of stages."""
        return self.table


def stage_rules(rhythms: RhythmsLike, *, wanted: int | Literal["auto"] = "auto") -> StageRules:
    """The store's own rules of stages.

    Args:
        rhythms: From `measures.actions.stages.rhythms_before`.
        wanted: Days of silence that count as quiet; "auto" for the store's own.

    Returns:
        The rules. Where the store's rhythm cannot be judged, a month of silence is quiet, and nobody without a rhythm
        of the own is overdue before.
    """
    window = lapse_window(rhythms.gaps, customers_known=rhythms.customers)
    lapse = window_days(window, wanted=wanted)
    if isinstance(window, NotEnough):
        return StageRules(lapse_days=lapse, at_risk_days=lapse, own=False)
    return StageRules(lapse_days=lapse, at_risk_days=min(window.at_risk_days, lapse), own=wanted == "auto")


def stages(counts: pd.DataFrame | NotEnough, *, rules: StageRules, window_days: int) -> Stages | NotEnough:
    """Customers by stage with how many of each buy next.

    Args:
        counts: From `measures.actions.stages.stage_counts`.
        rules: By what they were told apart.
        window_days: Days of the window that ended today.

    Returns:
        The stages; the `NotEnough` that came in; NotEnough("customers") where nobody is known.
    """
    if isinstance(counts, NotEnough):
        return counts
    total = int(counts["customers"].sum())
    if not total:
        return NotEnough("customers", 0, 1)
    shares = [wilson(buyers, past) for buyers, past in zip(counts["buyers"], counts["past_customers"], strict=True)]
    known = [
        share if isinstance(share, Estimate) and past >= MINIMUM_CUSTOMERS else None
        for share, past in zip(shares, counts["past_customers"], strict=True)
    ]
    told = {
        name: [np.nan if share is None else getattr(share, field) for share in known]
        for name, field in (("bought", "value"), ("low", "low"), ("high", "high"))
    }
    table = counts.assign(share=counts["customers"] / total, **told)
    columns = ["stage", "customers", "share", "past_customers", "buyers", "bought", "low", "high"]
    return Stages(table=table[columns], rules=rules, window_days=window_days, customers=total)
