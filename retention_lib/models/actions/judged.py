"""What the lists of the playbook earned: each judged as any test is, and those of last month together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.actions.gains import Slope
from retention_lib.models.actions.last_month import LastMonth, last_month
from retention_lib.models.actions.list_readings import JudgedList, ListReading, Read
from retention_lib.models.experiments.profit_columns import Costs

_DAYS_A_MONTH = 365.25 / 12
_TABLE = (
    *("scenario", "test", "month", "verdict_on", "contacts", "control", "profit", "low", "high", "standard_error"),
    *("total", "total_low", "total_high", "standing", "valid", "reason", "last_month"),
)
_ARMS = (
    *("scenario", "test", "offer", "verdict_on", "contacts", "control", "units", "net", "gross", "standard_error"),
    *("freedom", "sending", "fixed", "base", "orders", "orders_error", "age_months", "valid", "small", "arms"),
)


_MONEY = ("profit", "low", "high", "total", "total_low", "total_high", "standard_error")
_OF_GAIN = ("contacts", "control", "units", "net", "gross", "freedom", "sending", "base", "orders")


class Lists(Protocol):
    """What `measures.actions.judged_lists.judged_lists` gives."""

    @property
    def lists(self) -> Sequence[Read]:
        """The lists that are over."""

    @property
    def tests(self) -> Sequence[Read]:
        """Other tests of the store that are over."""

    @property
    def open(self) -> pd.DataFrame:
        """The lists that are not."""

    @property
    def left_out(self) -> pd.DataFrame:
        """What cannot be read."""

    @property
    def until(self) -> date:
        """First day that is not seen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenLists:
    """The lists whose days are not over.

    Attributes:
        table: One row a list: scenario, test, month (YYYY-MM), customers, control (counts), start, verdict_on (dates).
        until: First day that is not seen.
    """

    table: pd.DataFrame
    until: date

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """What the lists of the playbook earned.

    Attributes:
        table: One row a list, the latest verdict first: scenario, test, month (YYYY-MM), verdict_on (date), contacts,
            control (customers), profit, low, high, standard_error (money a contact, net of coupons, sending and the
            list's own cost, as it counts in totals: rows that may be read add up to them; 95 %; NaN = not called),
            total, total_low, total_high (money of all contacts), standing (`paid`: all of that interval lies above 0;
            `lost`: below; `open`; `small`, `invalid`), valid (bool), reason (code of why it is invalid; empty),
            last_month (bool: its verdict fell in the last month).
        arms: One row a list, or other test (scenario empty), and offer: scenario, test, offer, verdict_on, contacts,
            control, units (counts), net (money a contact, before the list's own cost), gross (before sending too),
            standard_error (of either), freedom (its degrees of freedom), sending, fixed (money of messages, and of the
            list beside them, a contact), base (gross profit of a customer left alone), orders, orders_error (extra
            orders a contact; NaN where not counted), age_months (since the verdict), valid, small (bool: may be read;
            too few customers to be called alone), arms (count). Lists without a gain are left out.
        lists: The lists, likewise.
        tests: Other tests of the store.
        last_month: The lists whose verdict fell in the last month, together.
        open: One row a list that is not over: scenario, test, month, customers, control, start, verdict_on.
        left_out: Lists that cannot be read: test, scenario, reason.
        until: First day that is not seen.
    """

    table: pd.DataFrame
    arms: pd.DataFrame
    lists: tuple[JudgedList, ...]
    tests: tuple[JudgedList, ...]
    last_month: LastMonth | NotEnough
    open: pd.DataFrame
    left_out: pd.DataFrame
    until: date

    @property
    def open_lists(self) -> OpenLists | NotEnough:
        """The lists that are not over; NotAsked("lists") without one."""
        return OpenLists(table=self.open, until=self.until) if len(self.open) else NotAsked("lists", 0, 1)

    @property
    def told(self) -> Judged | NotEnough:
        """The same; NotAsked("lists") where the store has other tests and no list at all."""
        return self if self.lists or len(self.open) or len(self.left_out) else NotAsked("lists", 0, 1)

    def figures(self) -> dict[str, Estimate | NotEnough]:
        """The figures by id: last_month_profit, lists_judged."""
        month = self.last_month
        counted = month if isinstance(month, NotEnough) else Estimate(float(month.counted))
        return {"last_month_profit": month.profit, "lists_judged": counted}

    def to_frame(self) -> pd.DataFrame:
        """The table of lists."""
        return self.table


def judged(
    lists: Lists | NotEnough, *, gross_margin: float | None = None, margin_sd: float = 0.0
) -> Judged | NotEnough:
    """What each list earned, and whether that may be said.

    Each list is judged by the rules of any test, against the shares and with the costs that were written down when it
    was issued; where nobody wrote shares down, against the usual plan that fits best.

    Args:
        lists: From `measures.actions.judged_lists.judged_lists`.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.
        margin_sd: Standard deviation of what is not known of that margin (share of sales).

    Returns:
        The lists; the refusal that came in, or that of `profit_columns` where the money of none is known.
    """
    if isinstance(lists, NotEnough):
        return lists
    costs = Costs(gross_margin=gross_margin, margin_sd=margin_sd)
    read = [ListReading.of(one, costs) for one in (*lists.lists, *lists.tests)]
    refused = [one.columns for one in read if isinstance(one.columns, NotEnough)]
    if lists.lists and len(refused) == len(read):
        return refused[0]
    usual = _usual_slope(read)
    found = [one.judged(usual) for one in read]
    own, tests = tuple(found[: len(lists.lists)]), tuple(found[len(lists.lists) :])
    since = _month_before(lists.until)
    table = pd.DataFrame([_row(one, since) for one in own], columns=list(_TABLE))
    recent = [one for one in own if one.verdict_on > since]
    return Judged(
        table=table,
        arms=_arms([*own, *tests], lists.until),
        lists=own,
        tests=tests,
        last_month=last_month(
            recent, table[table["last_month"]], margin_sd=margin_sd, asked=len(own) + len(lists.open)
        ),
        open=lists.open,
        left_out=lists.left_out,
        until=lists.until,
    )


def _usual_slope(read: Sequence[ListReading]) -> float:
    """The slope of all lists together."""
    slopes = [one.slope for one in read if one.one.entry.scenario]
    return Slope(products=sum(one.products for one in slopes), squares=sum(one.squares for one in slopes)).value


def _month_before(until: date) -> date:
    return (pd.Timestamp(until) - pd.DateOffset(months=1)).date()


def _row(one: JudgedList, since: date) -> dict[str, Any]:
    """A list as a row of the table."""
    return {
        "scenario": one.scenario,
        "test": one.name,
        "month": one.month,
        "verdict_on": one.verdict_on,
        "contacts": 0 if one.gain is None else one.gain.contacts,
        "control": 0 if one.gain is None else one.gain.control,
        **_earned(one),
        "standing": one.standing,
        "valid": not one.reason,
        "reason": one.reason,
        "last_month": one.verdict_on > since,
    }


def _earned(one: JudgedList) -> dict[str, float]:
    """What a list earned, as it counts in the total of its month; bounds where it is called alone."""
    found = one.earned
    if found is None:
        return dict.fromkeys(_MONEY, math.nan)
    each, total = (_bounds(told, called=one.standing != "small") for told in (found.per_contact(), found.total()))
    error = math.nan if math.isnan(each[1]) else found.error / found.contacts
    return dict(zip(_MONEY, (*each, *total, error), strict=True))


def _bounds(told: Estimate, *, called: bool) -> list[float]:
    """A value with its bounds; NaN where it is not called."""
    if told.low is None or told.high is None or not called:
        return [told.value, math.nan, math.nan]
    return [told.value, told.low, told.high]


def _arms(found: Sequence[JudgedList], until: date) -> pd.DataFrame:
    """The gains of the lists, offer by offer."""
    rows = [
        {
            "scenario": one.scenario,
            "test": one.name,
            "offer": offer,
            "verdict_on": one.verdict_on,
            **{name: getattr(part, name) for name in _OF_GAIN},
            "standard_error": math.sqrt(max(part.variance, 0.0)),
            "fixed": one.fixed / one.gain.contacts if one.gain is not None else 0.0,
            "orders_error": math.sqrt(max(part.orders_variance, 0.0)),
            "age_months": (until - one.verdict_on).days / _DAYS_A_MONTH,
            "valid": not one.reason,
            "small": one.standing == "small",
            "arms": one.arms[offer],
        }
        for one in found
        for offer, part in one.parts.items()
    ]
    return pd.DataFrame(rows, columns=list(_ARMS))
