"""Whether the data can carry a report: what each needs, what there is, and what it does not claim without.

The needs of forecasts live here alone; the report on value asks `enough_to_forecast` before it fits a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import ClassVar, TypeVar

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models import impact, lapse
from retention_lib.models.experiments.refusals import MINIMUM_CUSTOMERS

TABLES_KNOWN = ("sales_known", "treatment_known", "assignments_known", "results_known")
"""Requirements that are tables, without which nothing else is judged."""

Frame = TypeVar("Frame", bound=pd.DataFrame)

FORECAST_BUYERS = 500
FORECAST_HISTORY_DAYS = 180
FORECAST_RECENT_DAYS = 30
FORECAST_THIRD_PURCHASES = 1
CHURN_HISTORY_DAYS = lapse.USUAL_LAPSE_DAYS + lapse.LONGEST_MONTH
RETURN_HISTORY_DAYS = 120
IMPACT_HISTORY_DAYS = 140
PLAN_HISTORY_DAYS = 85
"""The days of a usual test, and one before them."""

PLAYBOOK_HISTORY_DAYS = 56
"""Days of sales from which on lists are made: a month, and one that comes after it."""

SHORT_MONTH_DAYS = 3
"""Days that may lack in the months seen: the first ones without a sale, and a February."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing a report needs.

    Attributes:
        requirement: Its code.
        fact: The measured fact it is about.
        need: How much it takes.
        at_most: Whether the fact must not exceed the need, instead of reaching it.
        essential: Whether the report cannot answer its question without; else it only claims less.
    """

    requirement: str
    fact: str
    need: float
    at_most: bool = False
    essential: bool = True


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One thing a report needs, and whether the data have it.

    Attributes:
        requirement: Its code.
        have: How much there is.
        need: How much it takes.
        at_most: Whether `have` must not exceed `need`, instead of reaching it.
        essential: Whether the report cannot answer its question without; else it only claims less.
        met: Whether the data have it.
    """

    requirement: str
    have: float
    need: float
    at_most: bool
    essential: bool
    met: bool


@dataclass(frozen=True, kw_only=True)
class ReportSufficiency:
    """Whether the data can carry one report.

    Attributes:
        report: The report's notebook.
        requirements: What it needs, in order.
    """

    report: str
    requirements: tuple[Requirement, ...]
    check: ClassVar[str] = "sufficiency"

    @property
    def carried(self) -> bool:
        """Whether the report can answer its question."""
        return all(item.met for item in self.requirements if item.essential)

    @property
    def missing(self) -> tuple[Requirement, ...]:
        """What is not met: the tables alone where one is missing; else what the report cannot do without first."""
        unmet = [item for item in self.requirements if not item.met]
        tables = [item for item in unmet if item.requirement in TABLES_KNOWN]
        return tuple(tables or sorted(unmet, key=lambda item: not item.essential))

    @property
    def found(self) -> bool:
        """Whether anything is missing."""
        return bool(self.missing)

    def to_frame(self) -> pd.DataFrame:
        """One row a requirement: report, requirement, have, need, at_most, essential, met."""
        return pd.DataFrame([{"report": self.report, **asdict(item)} for item in self.requirements])


@dataclass(frozen=True, kw_only=True)
class Sufficiency:
    """Whether the data can carry each report.

    Attributes:
        reports: The reports asked for, in order.
    """

    reports: tuple[ReportSufficiency, ...]

    @property
    def carried(self) -> int:
        """Reports that can answer their question (count)."""
        return sum(report.carried for report in self.reports)

    @property
    def not_carried(self) -> tuple[ReportSufficiency, ...]:
        """The reports that cannot answer their question."""
        return tuple(report for report in self.reports if not report.carried)

    def to_frame(self) -> pd.DataFrame:
        """One row a report and requirement: report, requirement, have, need, at_most, essential, met."""
        columns = ["report", *(field.name for field in fields(Requirement))]
        if not self.reports:
            return pd.DataFrame(columns=columns)
        return pd.concat([report.to_frame() for report in self.reports], ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class ForecastHorizon:
    """How far ahead a forecast reaches: no further than the sales reach back.

    Attributes:
        wanted: Months ahead asked for.
        months: Months ahead of the forecast, at most `wanted`.
        history_days: Days of sales behind it (count).
    """

    wanted: int
    months: int
    history_days: int
    check: ClassVar[str] = "horizon"

    @property
    def found(self) -> bool:
        """Whether fewer months are forecast than asked for."""
        return self.months < self.wanted

    def to_frame(self) -> pd.DataFrame:
        """One row: wanted, months, history_days."""
        return pd.DataFrame([asdict(self)])


FORECAST_NEEDS = (
    Need(requirement="forecast_buyers", fact="buyers", need=FORECAST_BUYERS),
    Need(requirement="forecast_history_days", fact="history_days", need=FORECAST_HISTORY_DAYS),
    Need(requirement="forecast_recent_days", fact="days_since_purchase", need=FORECAST_RECENT_DAYS, at_most=True),
    Need(requirement="forecast_third_purchases", fact="buyers_three_times", need=FORECAST_THIRD_PURCHASES),
)
"""What any forecast of purchases needs."""

NEEDS: dict[str, tuple[Need, ...]] = {
    "churn_diagnosis": (
        Need(requirement="sales_known", fact="has_transactions", need=1),
        Need(requirement="buyers", fact="buyers", need=lapse.MINIMUM_CUSTOMERS),
        Need(requirement="churn_history_days", fact="history_days", need=CHURN_HISTORY_DAYS),
        Need(requirement="return_history_days", fact="history_days", need=RETURN_HISTORY_DAYS, essential=False),
        Need(
            requirement="buyers_four_times",
            fact="buyers_four_times_in_year",
            need=lapse.MINIMUM_CUSTOMERS,
            essential=False,
        ),
    ),
    "cohort_ltv": (
        Need(requirement="sales_known", fact="has_transactions", need=1),
        *FORECAST_NEEDS,
    ),
    "loyalty_impact": (
        Need(requirement="sales_known", fact="has_transactions", need=1),
        Need(requirement="treatment_known", fact="has_treatment", need=1),
        Need(requirement="customers_treated", fact="customers_treated", need=impact.NEEDED_HOUSEHOLDS),
        Need(requirement="customers_untreated", fact="customers_untreated", need=impact.NEEDED_HOUSEHOLDS),
        Need(requirement="impact_history_days", fact="history_days", need=IMPACT_HISTORY_DAYS, essential=False),
    ),
    "ab_campaign": (
        Need(requirement="assignments_known", fact="has_assignments", need=1),
        Need(requirement="results_known", fact="has_results", need=1),
        Need(requirement="arms", fact="arms", need=2),
        Need(requirement="smallest_arm", fact="customers_smallest_arm", need=MINIMUM_CUSTOMERS),
    ),
    "campaign_plan": (
        Need(requirement="sales_known", fact="has_transactions", need=1),
        Need(requirement="plan_buyers", fact="buyers", need=MINIMUM_CUSTOMERS),
        Need(requirement="plan_history_days", fact="history_days", need=PLAN_HISTORY_DAYS),
    ),
    "retention_playbook": (
        Need(requirement="sales_known", fact="has_transactions", need=1),
        Need(requirement="playbook_buyers", fact="buyers", need=MINIMUM_CUSTOMERS),
        Need(requirement="playbook_history_days", fact="history_days", need=PLAYBOOK_HISTORY_DAYS),
    ),
}
"""What each report needs, by its notebook."""


def sufficiency(facts: pd.DataFrame, reports: Sequence[str] = tuple(NEEDS)) -> Sufficiency:
    """Whether the data can carry each report.

    Args:
        facts: From `measures.sufficiency.sufficiency_facts`: fact, value.
        reports: Notebooks of the reports asked for; one that needs nothing we know of is left out.
    """
    known = [report for report in reports if report in NEEDS]
    return Sufficiency(reports=tuple(report_sufficiency(facts, report) for report in known))


def report_sufficiency(facts: pd.DataFrame, report: str) -> ReportSufficiency:
    """Whether the data can carry one report.

    Args:
        facts: From `measures.sufficiency.sufficiency_facts`: fact, value; a fact that is not there is 0.
        report: The report's notebook.

    Raises:
        KeyError: There is no such report.
    """
    return ReportSufficiency(report=report, requirements=tuple(_judged(need, facts) for need in NEEDS[report]))


def enough_to_forecast(facts: pd.DataFrame) -> ReportSufficiency | NotEnough:
    """Whether purchases may be forecast at all.

    Args:
        facts: From `measures.sufficiency.buying_facts`: fact, value.

    Returns:
        The requirements, all met; else NotEnough by the first that is not: "forecast_buyers",
        "forecast_history_days", "forecast_recent_days" or "forecast_third_purchases".
    """
    judged = ReportSufficiency(report="cohort_ltv", requirements=tuple(_judged(need, facts) for need in FORECAST_NEEDS))
    for item in judged.missing:
        return NotEnough(item.requirement, item.have, item.need)
    return judged


def forecast_horizon(facts: pd.DataFrame, *, wanted: int) -> ForecastHorizon:
    """The months ahead that a forecast may speak of.

    Args:
        facts: From `measures.sufficiency.buying_facts`: fact, value.
        wanted: Months ahead asked for, 1 or more.

    Returns:
        The months asked for, cut to those the sales reach back; not cut where there is no forecast at all, which
        `enough_to_forecast` says.
    """
    history = int(facts.loc[facts["fact"] == "history_days", "value"].sum())
    seen = (history + SHORT_MONTH_DAYS) * 12 // 365
    months = wanted if isinstance(enough_to_forecast(facts), NotEnough) else min(wanted, seen)
    return ForecastHorizon(wanted=wanted, months=months, history_days=history)


def where_enough(frame: Frame, basis: ReportSufficiency | NotEnough) -> Frame | NotEnough:
    """A frame for the models that follow, or the reason why none may use it.

    Args:
        frame: What a model would be fitted to.
        basis: From `enough_to_forecast`.
    """
    return basis if isinstance(basis, NotEnough) else frame


def _judged(need: Need, facts: pd.DataFrame) -> Requirement:
    have = float(facts.loc[facts["fact"] == need.fact, "value"].sum())
    met = bool((facts["fact"] == need.fact).any()) and (have <= need.need if need.at_most else have >= need.need)
    return Requirement(
        requirement=need.requirement,
        have=have,
        need=need.need,
        at_most=need.at_most,
        essential=need.essential,
        met=met,
    )
