"""What every scenario looks at: the store up to a day, and the days on which messages may be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from retention_lib.measures.actions.learned import Learned
from retention_lib.measures.holdout_arms import current_holdouts
from retention_lib.measures.profile import customer_profile
from retention_lib.measures.purchases import purchase_days
from retention_lib.settings.calendar import Month
from retention_lib.settings.scenarios import ConditionScenario

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir

    from retention_lib.settings.playbook import Playbook
    from retention_lib.stores.store import Store

SEND_DAYS = 7
"""Days from the start in which the messages of a plan are sent, unless their occasion lies later."""

HORIZON_DAYS = 31
"""Days from the start in which an occasion may lie: a month, until the next plan."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TriggerContext:
    """The store as a plan sees it.

    Attributes:
        store: The store.
        until: First day that is no longer seen (half-open); only what forbids a message is seen up to `start`.
        start: First day on which a message may be sent.
        playbook: The scenarios, channels, offers and limits.
        horizon_days: Days from the start in which sends may lie.
        send_days: Days from the start in which messages without a later occasion are sent.
        learned: What models learned that scenarios need (pairs of products, intervals, tiers); where it was not, they
            are off.
    """

    store: Store
    until: date
    start: date
    playbook: Playbook
    horizon_days: int = HORIZON_DAYS
    send_days: int = SEND_DAYS
    learned: Learned = field(default_factory=Learned)

    def __post_init__(self) -> None:
        """Refuse a start that is seen already.

        Raises:
            ValueError: The start lies before the first day that is not seen.
        """
        if self.start < self.until:
            msg = f"start is {self.start}, but sales are seen to the day before {self.until}; start then or later"
            raise ValueError(msg)

    @property
    def month(self) -> Month:
        """The month of the report: the last one that is whole when the data end."""
        return Month.of(self.until).previous()

    @property
    def end(self) -> date:
        """First day on which nothing of this plan may be sent any more."""
        return self.start + timedelta(days=self.horizon_days)

    @cached_property
    def purchases(self) -> ir.Table:
        """One row a customer and day with a purchase: `customer_id`, `day`, `amount`; kept in the engine.

        Raises:
            DataError: The store has no sales.
        """
        return purchase_days(
            self.store.table("transactions"),
            until=self.until,
            zero_amount_is_purchase=self.store.zero_amount_is_purchase,
        )

    @cached_property
    def holdouts(self) -> pd.DataFrame:
        """The arms of global hold-outs that are under way at the start, as `holdout_arms.current_holdouts` has them."""
        return current_holdouts(self.store, on=self.start)

    @cached_property
    def profile(self) -> ir.Table:
        """What conditions look at: their columns of the customer profile on the last day seen, kept in the engine."""
        scenarios = self.playbook.enabled.values()
        columns = {name for one in scenarios if isinstance(one, ConditionScenario) for name in one.tree.columns}
        return customer_profile(self.store, self.until, columns=columns)
