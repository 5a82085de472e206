"""The calendar ahead: whole months with their exact days, as long as the store's clock says, and their discount."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from retention_lib.estimates import NotEnough
from retention_lib.models.season import Clock


@dataclass(frozen=True, kw_only=True, eq=False)
class Horizon:
    """The months ahead.

    Attributes:
        until: First day that is no longer seen, with which the horizon begins.
        ends: First day beyond each month ahead.
        times: Time from the end of observation to each of them, in the clock's units.
        factors: Present value of one unit of money received in each month.
        discount_rate_annual: Yearly discount rate.
        clock: By which time is counted.
    """

    until: date
    ends: tuple[date, ...]
    times: np.ndarray
    factors: np.ndarray
    discount_rate_annual: float
    clock: Clock

    @property
    def months(self) -> int:
        """Calendar months ahead."""
        return len(self.ends)

    @property
    def last_day(self) -> date:
        """The last day of the horizon."""
        return self.ends[-1] - timedelta(days=1)

    def discounted(self, reached: np.ndarray) -> np.ndarray:
        """Discounted sums of what comes month by month.

        Args:
            reached: Rows by months, cumulative from the beginning of the horizon.

        Returns:
            One discounted sum a row.
        """
        # Discounting each month's rise weighs what is reached by how much the discount falls after it.
        return np.asarray(reached @ -np.diff(self.factors, append=0.0))


def months_ahead(day: date, months: int) -> date:
    """The same day `months` calendar months later, or that month's last day where there is no such day.

    Args:
        day: Any day.
        months: Months to move on, >= 0.

    Returns:
        31 January moved on by one month is 28 or 29 February.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def discount_factors(months: int, discount_rate_annual: float) -> np.ndarray:
    """Present value of one unit of money received in the middle of each month ahead.

    Args:
        months: Number of months.
        discount_rate_annual: Yearly rate.

    Returns:
        (1 + rate)^-((k - 1/2) / 12) for k = 1, 2, ...: purchases come all through a month, so mid-month.
    """
    return np.asarray((1 + discount_rate_annual) ** (-(np.arange(1, months + 1) - 0.5) / 12))


def months_horizon(
    until: date, *, months: int | NotEnough, clock: Clock, discount_rate_annual: float
) -> Horizon | NotEnough:
    """The next calendar months.

    Args:
        until: First day that is no longer seen.
        months: Calendar months ahead, >= 1.
        clock: By which time is counted.
        discount_rate_annual: Yearly rate; 0.10 is 10 %.

    Returns:
        The months; the `NotEnough` that came in their place.

    Raises:
        ValueError: Fewer than one month, or a discount rate of -100 % or less.
    """
    if isinstance(months, NotEnough):
        return months
    if months < 1 or discount_rate_annual <= -1:
        msg = f"a horizon has 1 month or more and a discount rate above -1, not {months} and {discount_rate_annual}"
        raise ValueError(msg)
    ends = tuple(months_ahead(until, month) for month in range(1, months + 1))
    return Horizon(
        until=until,
        ends=ends,
        times=clock.ahead(until, ends),
        factors=discount_factors(months, discount_rate_annual),
        discount_rate_annual=discount_rate_annual,
        clock=clock,
    )
