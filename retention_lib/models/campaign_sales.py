"""The sales around campaigns that effects are made of, and which comparisons can carry one."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.impact.campaign_study import NEEDED_HOUSEHOLDS, NEEDED_WEEKS_BEFORE


class StackedSales(Protocol):
    """What `measures.campaign_stacks` gives; its frames are described there."""

    @property
    def stacks(self) -> pd.DataFrame:
        """The comparisons."""

    @property
    def sums(self) -> pd.DataFrame:
        """Sales by stack, group, cluster and week."""

    @property
    def levels(self) -> pd.DataFrame:
        """Units by level of sales before."""

    @property
    def start_days(self) -> int:
        """Days on which campaigns began."""

    @property
    def weeks_seen(self) -> int:
        """Whole weeks of data."""

    @property
    def unit(self) -> str:
        """What was counted: `customer` or `household`."""


def usable_stacks(sales: StackedSales) -> pd.DataFrame | NotEnough:
    """The comparisons that can carry an effect, or why there is none.

    Args:
        sales: From `measures.campaign_stacks.campaign_stacks`.

    Returns:
        Rows of its `stacks` with two weeks before, one from the start on, somebody treated and 30 left alone; the
        refusals are those of `campaign_effects.campaign_effects`.
    """
    stacks = sales.stacks
    few_treated = "households_treated" if sales.unit == "household" else "customers_mailed"
    if sales.weeks_seen < NEEDED_WEEKS_BEFORE + 1:
        return NotEnough("one_period", sales.weeks_seen, NEEDED_WEEKS_BEFORE + 1)
    if stacks.empty:
        return NotEnough(few_treated, 0, NEEDED_HOUSEHOLDS)
    timed = stacks[(stacks["weeks_before"] >= NEEDED_WEEKS_BEFORE) & (stacks["weeks_after"] >= 1)]
    if timed.empty:
        return NotEnough("weeks_before", int(stacks["weeks_before"].max()), NEEDED_WEEKS_BEFORE)
    compared = timed[timed["controls"] >= NEEDED_HOUSEHOLDS]
    if compared.empty:
        reason = "all_mailed_one_day" if sales.start_days == 1 else "nobody_left_alone"
        return NotEnough(reason, int(timed["controls"].max()), NEEDED_HOUSEHOLDS)
    compared = compared[compared["treated"] > 0]
    if compared["treated"].sum() < NEEDED_HOUSEHOLDS:
        return NotEnough(few_treated, int(compared["treated"].sum()), NEEDED_HOUSEHOLDS)
    return compared
