"""One list of the playbook, read and judged as any test is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.gains import Gain, Slope, gain, slope_of, together
from retention_lib.models.actions.last_month import Sum, sum_of
from retention_lib.models.experiments.checks import Facts, validity
from retention_lib.models.experiments.history import likely_split
from retention_lib.models.experiments.moments import Moments, moments
from retention_lib.models.experiments.profit_columns import Costs, ProfitColumns, profit_columns
from retention_lib.models.experiments.sample_ratio import SampleRatio
from retention_lib.models.experiments.validity import Check, Validity

SMALL = "small_arms"
"""Code of the check that stops a list of few customers: it is not called alone, but counts in totals."""


class Entry(Protocol):
    """A list and how it was read, as `measures.actions.list_entries.ListEntry` has it."""

    @property
    def name(self) -> str:
        """Its test."""

    @property
    def scenario(self) -> str:
        """The scenario; empty for another test."""

    @property
    def month(self) -> str:
        """Month of its start."""

    @property
    def control(self) -> Any:
        """The arm left alone."""

    @property
    def offers(self) -> Mapping[str, str]:
        """What each arm got."""

    @property
    def shares(self) -> Mapping[str, float] | None:
        """Planned share of each arm."""

    @property
    def days(self) -> int:
        """Days over which it is counted."""

    @property
    def contact_cost(self) -> float | None:
        """Money of one message."""

    @property
    def campaign_cost(self) -> float:
        """Money of the list beside its messages."""

    @property
    def verdict_on(self) -> date | None:
        """First day on which it can be judged."""


class Read(Protocol):
    """A list that is over, as `measures.actions.judged_lists.ReadList` has it."""

    @property
    def entry(self) -> Entry:
        """The list."""

    @property
    def sums(self) -> pd.DataFrame:
        """Sums over the units of each arm."""

    @property
    def arms(self) -> pd.DataFrame:
        """The sizes of the arms."""

    @property
    def facts(self) -> Facts:
        """What says whether it may be judged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedList:
    """One list, or another test of the store.

    Attributes:
        name: Its test.
        scenario: The scenario; empty for another test.
        month: Month of its start, as YYYY-MM.
        verdict_on: First day on which it could be judged.
        validity: Whether it may be read.
        refused: Why what it earned cannot be told; None where it can.
        gain: What a contact earned, all arms that got a message together, with an error that holds in small lists; None
            where an arm is empty or the money is not known.
        parts: The same for the arms of each offer, by offer.
        arms: The arms of each offer (count), by offer.
        fixed: Money of the list beside its messages.
        margin_sd: Standard deviation of what is not known of a stated margin (share of sales).
    """

    name: str
    scenario: str
    month: str
    verdict_on: date
    validity: Validity
    refused: NotEnough | None
    gain: Gain | None
    parts: Mapping[str, Gain]
    arms: Mapping[str, int]
    fixed: float
    margin_sd: float = 0.0

    @property
    def reason(self) -> str:
        """The code of the first check that forbids to read it, that of few customers apart; empty where none does."""
        stops = [check for check in self.validity.checks if check.level in ("stop", "interim") and check.name != SMALL]
        if stops:
            return stops[0].name
        return self.refused.reason if self.refused is not None and self.gain is None else ""

    @property
    def broken(self) -> Check | None:
        """The check that forbids to read it."""
        return next((check for check in self.validity.checks if check.name == self.reason), None)

    @property
    def counts(self) -> bool:
        """Whether it counts in totals: it may be read and has a gain."""
        return not self.reason and self.gain is not None

    @property
    def earned(self) -> Sum | None:
        """What the list earned, its own cost paid; None where it does not count."""
        if not self.counts or self.gain is None:
            return None
        return sum_of([self.gain], fixed=self.fixed, margin_sd=self.margin_sd)

    @property
    def standing(self) -> str:
        """`paid`, `lost`, `open`, `small` (too few to be called alone), `invalid`.

        A list is called by its own interval and nothing else: it paid where all of that lies above 0, it lost where all
        of it lies below. What other lists say of it belongs to the decision on its scenario.
        """
        found = self.earned
        if found is None:
            return "invalid" if self.reason else "small"
        if self.validity.reason == SMALL:
            return "small"
        total = found.total()
        if not total.claimed:
            return "open"
        return "paid" if total.value > 0 else "lost"


@dataclass(frozen=True, kw_only=True, eq=False)
class ListReading:
    """A list with its moments, before it is judged.

    Attributes:
        one: The list.
        found: Its moments.
        columns: What its profit is made of.
        costs: What its messages and itself cost.
        validity: Whether it may be read.
    """

    one: Read
    found: Moments | NotEnough
    columns: ProfitColumns | NotEnough
    costs: Costs
    validity: Validity

    @classmethod
    def of(cls, one: Read, costs: Costs) -> ListReading:
        """A list with its moments and checks.

        Args:
            one: The list.
            costs: Of the store; the list's own take their place.
        """
        entry = one.entry
        own = replace(costs, contact_cost=entry.contact_cost, campaign_cost=entry.campaign_cost, days=entry.days)
        found = moments(one.sums, one.arms)
        columns = found if isinstance(found, NotEnough) else profit_columns(found, own)
        return cls(one=one, found=found, columns=columns, costs=own, validity=_validity(one, found))

    @property
    def slope(self) -> Slope:
        """How its profit rises with what was bought before."""
        if isinstance(self.found, NotEnough) or isinstance(self.columns, NotEnough):
            return Slope()
        return slope_of(self.found, self.columns)

    def judged(self, usual: float) -> JudgedList:
        """The list judged.

        Args:
            usual: The slope of all lists, for those too small to have one of their own.
        """
        entry = self.one.entry
        assert entry.verdict_on is not None
        whole, offers = self._together(list(entry.offers)), _by_offer(entry)
        everybody = self._gain(whole, usual)
        alone = len(offers) == 1
        parts = {
            offer: everybody if alone else self._gain(self._together(arms), usual) for offer, arms in offers.items()
        }
        refused = next((one for one in (whole, self.columns) if isinstance(one, NotEnough)), None)
        return JudgedList(
            name=entry.name,
            scenario=entry.scenario,
            month=entry.month,
            verdict_on=entry.verdict_on,
            validity=self.validity,
            refused=refused,
            gain=everybody,
            parts={offer: part for offer, part in parts.items() if part is not None},
            arms={offer: len(arms) for offer, arms in offers.items()},
            fixed=entry.campaign_cost,
            margin_sd=self.costs.margin_sd,
        )

    def _together(self, arms: Sequence[str]) -> Moments | NotEnough:
        """The moments of some arms as one beside those left alone."""
        if isinstance(self.found, NotEnough):
            return self.found
        known = [arm for arm in arms if arm in self.found.names]
        control = str(self.one.entry.control)
        if not known or control not in self.found.names:
            return NotEnough("arms", len(known), 2)
        return together(self.found, known, control=control)

    def _gain(self, whole: Moments | NotEnough, usual: float) -> Gain | None:
        if isinstance(whole, NotEnough) or isinstance(self.columns, NotEnough):
            return None
        return gain(whole, self.columns, control=str(self.one.entry.control), usual=usual)


def _by_offer(entry: Entry) -> dict[str, list[str]]:
    """The arms that got a message, by what they got."""
    found: dict[str, list[str]] = {}
    for arm, offer in entry.offers.items():
        found.setdefault(offer, []).append(arm)
    return found


def _validity(one: Read, found: Moments | NotEnough) -> Validity:
    """Whether a list may be read: against its planned shares, or the usual plan that fits best."""
    arms = [str(arm) for arm in one.facts.arms["arm"]]
    shares = one.entry.shares
    if shares is None:
        units = {str(arm): int(count) for arm, count in zip(arms, one.facts.arms["units"], strict=True)}
        likely = likely_split(units, control=str(one.entry.control))
        shares = {} if not isinstance(likely, SampleRatio) else _expected(likely)
    planned = [shares[arm] for arm in arms] if set(arms) <= set(shares) else []
    told = validity(one.facts, found, planned=planned)
    if isinstance(told, NotEnough):
        return Validity(checks=(Check(name=SMALL, level="stop"),), experiment=one.entry.name)
    return told


def _expected(likely: SampleRatio) -> dict[str, float]:
    return {str(row["arm"]): float(row["expected_share"]) for row in likely.table.to_dict("records")}
