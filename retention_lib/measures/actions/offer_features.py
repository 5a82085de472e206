"""What is known today of customers whose offer a past test is asked for, in the terms of that test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_features import Features, features, known_before
from retention_lib.measures.experiment_outcomes import Outcomes, experiment_outcomes
from retention_lib.measures.experiments import Experiment, MixedUnits, Reading, experiment
from retention_lib.measures.units import CUSTOMERS

if TYPE_CHECKING:
    from retention_lib.measures.actions.candidates import Candidates
    from retention_lib.measures.actions.context import TriggerContext

_NOBODY = "asked"
_STRATUM = "stratum_"


@dataclass(frozen=True, kw_only=True, eq=False)
class OfferFeatures:
    """A past test's units, and customers of today told by the same features.

    Attributes:
        test: Name of the test.
        units: Its units with what was known of each before it, and what each did.
        now: One row a customer, ordered by `row` (int32, of people), with the same features as known today (floats,
            NaN where not known).
    """

    test: str
    units: Features
    now: pd.DataFrame = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """The features."""
        return self.units.to_frame()


def offer_features(
    context: TriggerContext,
    candidates: Candidates,
    test: str | NotEnough,
    *,
    scenarios: Sequence[str],
    window_days: int = 21,
    gross_margin: float | None = None,
) -> OfferFeatures | NotEnough:
    """What is known of candidates whose offer a test is asked for.

    Args:
        context: The store up to a day, and the plan's days.
        candidates: From `candidates.candidates`.
        test: The test; a refusal where there is none to ask.
        scenarios: Those that leave it to tests which offer they make.
        window_days: Days after the assignment over which the test is read.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.

    Returns:
        The features; the refusal that came in as test, or that of the test and its features;
        NotEnough("customers_to_contact") where no candidate asks.
    """
    if isinstance(test, NotEnough):
        return test
    reading = Reading(experiment=test, window_days=window_days, after_days=0)
    past = experiment_outcomes(experiment(context.store, reading, until=context.until), gross_margin=gross_margin)
    units = features(past)
    if isinstance(past, NotEnough) or isinstance(units, NotEnough):
        return past if isinstance(past, NotEnough) else units  # type: ignore[return-value]
    # How the test was drawn is not asked of those who were not in it.
    kinds = {name: kind for name, kind in units.kinds.items() if not name.startswith(_STRATUM)}
    units = Features(**{**vars(units), "kinds": kinds})
    asked = candidates.table.filter(candidates.table.scenario.isin(list(scenarios)))
    asked = asked.select("customer_id", "row").distinct().cache()
    count = int(asked.count().to_pandas())
    if not count or not kinds:
        return NotEnough("customers_to_contact", 0, 1) if not count else NotEnough("features_known", 0, 1)
    told = known_before(_today(context, asked, reading, gross_margin), tuple(kinds))
    rows = told.inner_join(asked, told.label == asked.customer_id).select("row", *kinds)
    return OfferFeatures(test=test, units=units, now=rows.order_by("row").to_pandas().astype({"row": "int32"}))


def _today(context: TriggerContext, asked: ir.Table, reading: Reading, gross_margin: float | None) -> Outcomes:
    """Customers as if a test were to begin with them, of which nothing is known but the time before."""
    numbered = asked.mutate(unit=ibis.row_number().over(order_by="row").cast("int64")).cache()
    start = context.until
    at = ibis.timestamp(start.isoformat())
    people = numbered.select(
        "unit",
        members=ibis.literal(1, "int32"),
        stratum=ibis.null("string"),
        arm=ibis.literal(_NOBODY),
        assigned_at=at.cast("timestamp(6)"),
        day=at.date(),
    )
    test = Experiment(
        name="",
        control=_NOBODY,
        arms=(_NOBODY,),
        units=CUSTOMERS,
        people=people.cache(),
        customers=numbered.select("customer_id", "unit"),
        mixed=MixedUnits(unit=CUSTOMERS.name, assigned=0, mixed=0),
        mixed_households=0,
        first_day=start,
        last_day=start,
        until=context.until,
        others=(),
        reading=reading,
        store=context.store,
    )
    outcomes = experiment_outcomes(test, gross_margin=gross_margin)
    assert isinstance(outcomes, Outcomes)
    return outcomes
