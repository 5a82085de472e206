"""One list of customers as it was issued: a test of a scenario in a month, and the terms on which it is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from retention_lib.settings.calendar import Month
from retention_lib.settings.scenario import CONTROL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

METRIC = "gross_profit"
"""What a list is judged by."""

_MAPPINGS = ("shares", "offers", "channels", "customers")
_NAME = re.compile(r"(?P<scenario>.+)_\d{4}_(0[1-9]|1[0-2])")


@dataclass(frozen=True, kw_only=True)
class ListedExperiment:
    """A list as it was issued.

    Attributes:
        experiment_id: Name of the test, `<scenario>_<YYYY_MM>` with the month of its start.
        scenario: The scenario's id in the playbook.
        kind: What kind of scenario it is.
        report: The month of the report that issued it.
        control: The arm that is left alone.
        metric: What it is judged by.
        shares: Of the units put into each arm, by variant, the arm left alone first; 1 together.
        offers: The offer of each variant; `none` for a message without one and for the arm left alone, `auto` where
            customers of a variant got different ones.
        channels: Customers to be contacted, by channel (count).
        customers: Customers, by variant (count).
        window_days: Days from the planned message on in which it is meant to work.
        after_days: Days after these that show whether the gain lasts.
        contact_cost: Money of one message, the mean of those planned; None where it is not known.
        campaign_cost: Money of the list beside its messages.
        start: First day on which a message may be sent.
        last_send: Last day on which one is sent.
        verdict_on: First day on which every window has been seen whole.
        sha256: Of its rows as the ledger's file holds them; empty for a list that was not written.
    """

    experiment_id: str
    scenario: str
    kind: str
    report: Month
    control: str = CONTROL
    metric: str = METRIC
    shares: Mapping[str, float]
    offers: Mapping[str, str]
    channels: Mapping[str, int]
    customers: Mapping[str, int]
    window_days: int
    after_days: int
    contact_cost: float | None
    campaign_cost: float
    start: date
    last_send: date
    verdict_on: date
    sha256: str = ""

    @property
    def treatments(self) -> tuple[str, ...]:
        """The arms that get a message."""
        return tuple(variant for variant in self.shares if variant != self.control)

    @property
    def treated(self) -> int:
        """Customers who get a message (count)."""
        return sum(self.customers.get(variant, 0) for variant in self.treatments)

    @property
    def held(self) -> int:
        """Customers who are left alone (count)."""
        return self.customers.get(self.control, 0)

    def open_on(self, day: date) -> bool:
        """Whether windows are still open on a day."""
        return self.verdict_on > day

    def to_plain(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        plain: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Month | date):
                plain[field.name] = str(value)
            else:
                plain[field.name] = dict(value) if field.name in _MAPPINGS else value
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ListedExperiment:
        """The list that `to_plain` wrote.

        Raises:
            KeyError: Something is missing.
            ValueError: A day or a month is none.
            TypeError: A value is of another kind, or there is one too many.
        """
        days = {name: date.fromisoformat(plain[name]) for name in ("start", "last_send", "verdict_on")}
        mappings = {name: dict(plain[name]) for name in _MAPPINGS}
        return cls(**{**plain, **days, **mappings, "report": Month.parse(plain["report"])})


def experiment_name(scenario: str, start: date) -> str:
    """The name of a scenario's test that starts on a day.

    Args:
        scenario: The scenario's id.
        start: First day on which a message may be sent.
    """
    return f"{scenario}_{start:%Y_%m}"


def scenario_of(experiment_id: str, ids: Collection[str]) -> str | None:
    """The scenario whose list a test is, by its name `<scenario>_<YYYY_MM>`; None where it is no list.

    Args:
        experiment_id: The test's name.
        ids: The scenarios' ids.
    """
    named = _NAME.fullmatch(experiment_id)
    return named["scenario"] if named and named["scenario"] in ids else None
