"""What all lists of a month earned together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.actions.gains import Gain

LEVEL = 0.95


class Counted(Protocol):
    """A list, as `models.actions.list_readings.JudgedList` has it."""

    @property
    def gain(self) -> Gain | None:
        """What it brought a contact."""

    @property
    def counts(self) -> bool:
        """Whether it counts in totals."""

    @property
    def fixed(self) -> float:
        """Money of the list beside its messages."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LastMonth:
    """The lists whose verdict fell in the last month, together.

    Attributes:
        profit: Net profit of all their contacts (money), with its interval; claimed where that excludes 0.
        per_contact: The same a contact.
        table: Their rows of `Judged.table`.
        contacts: Customers who got a message (count).
        control: Customers left alone (count).
        spent: What messages and lists cost (money).
        counted: Lists that count in the total.
        left_out: Lists that do not, as they may not be read.
    """

    profit: Estimate
    per_contact: Estimate
    table: pd.DataFrame
    contacts: int
    control: int
    spent: float
    counted: int
    left_out: int

    def to_frame(self) -> pd.DataFrame:
        """The rows of the lists."""
        return self.table


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What some lists earned together.

    Attributes:
        value: Net profit of all contacts (money).
        error: Its standard error.
        freedom: Degrees of freedom.
        contacts: Customers who got a message (count).
    """

    value: float
    error: float
    freedom: float
    contacts: int

    def total(self) -> Estimate:
        """The profit with its interval."""
        return self._estimate(1.0)

    def per_contact(self) -> Estimate:
        """The same a contact."""
        return self._estimate(1.0 / max(self.contacts, 1))

    def _estimate(self, factor: float) -> Estimate:
        """Student's interval and test; no bounds where nothing varies."""
        from scipy.special import stdtr, stdtrit

        value = self.value * factor
        if self.error <= 0:
            return Estimate(value, n=self.contacts, reason="zero_variance")
        half = float(stdtrit(self.freedom, 0.5 + LEVEL / 2)) * self.error * factor
        p = 2 * float(stdtr(self.freedom, -abs(self.value) / self.error))
        shown = p < 1 - LEVEL
        return Estimate(
            value,
            low=value - half,
            high=value + half,
            level=LEVEL,
            n=self.contacts,
            p=p,
            claimed=shown,
            reason=None if shown else "not_significant",
        )


def sum_of(gains: Sequence[Gain], *, fixed: float = 0.0, margin_sd: float = 0.0) -> Sum:
    """What lists earned together whose customers are not the same, or were drawn anew.

    Args:
        gains: Of each list.
        fixed: Money of the lists beside their messages.
        margin_sd: Standard deviation of what is not known of a stated margin, the same for all of them.

    References:
        Satterthwaite (1946), Biometrics Bulletin 2 (degrees of freedom of a sum).
    """
    variances = [one.contacts**2 * one.variance for one in gains]
    margin = (margin_sd * sum(one.contacts * one.sales for one in gains)) ** 2
    own = sum(variances)
    spread = sum(part**2 / one.freedom for part, one in zip(variances, gains, strict=True) if part > 0)
    return Sum(
        value=sum(one.contacts * one.net for one in gains) - fixed,
        error=math.sqrt(own + margin),
        freedom=own**2 / spread if spread > 0 else 1.0,
        contacts=sum(one.contacts for one in gains),
    )


def last_month(lists: Sequence[Counted], table: pd.DataFrame, *, margin_sd: float, asked: int) -> LastMonth | NotEnough:
    """What the lists of the last month earned together.

    Args:
        lists: Those whose verdict fell in it.
        table: Their rows.
        margin_sd: Standard deviation of what is not known of a stated margin.
        asked: Lists that the store has at all, over or not.

    Returns:
        The total over the lists that may be read; NotAsked("lists") where the store has none, NotEnough("lists_closed")
        where no verdict fell in the month, NotEnough("lists_sound") where none of those may be read.
    """
    if not asked:
        return NotAsked("lists", 0, 1)
    if not lists:
        return NotEnough("lists_closed", 0, 1)
    counted = [one for one in lists if one.counts]
    gains = [one.gain for one in counted if one.gain is not None]
    if not gains:
        return NotEnough("lists_sound", 0, 1)
    fixed = sum(one.fixed for one in counted)
    found = sum_of(gains, fixed=fixed, margin_sd=margin_sd)
    return LastMonth(
        profit=found.total(),
        per_contact=found.per_contact(),
        table=table.reset_index(drop=True),
        contacts=found.contacts,
        control=sum(one.control for one in gains),
        spent=sum(one.contacts * one.sending for one in gains) + fixed,
        counted=len(counted),
        left_out=len(lists) - len(counted),
    )
