"""Outcomes by arm of an experiment that arrives with its results."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd


def arm_counts(assignments: ibis.Table, experiment_id: str) -> pd.DataFrame:
    """Customers assigned to each arm.

    Args:
        assignments: The store's `assignments`.
        experiment_id: The experiment.

    Returns:
        Columns `arm` (text), `customers` (count), ordered by arm; empty if the experiment is unknown.
    """
    rows = assignments.filter(assignments.experiment_id == experiment_id)
    counts = rows.group_by(arm=rows.variant).aggregate(customers=rows.customer_id.nunique())
    return counts.order_by("arm").to_pandas()


def arm_moments(
    assignments: ibis.Table, outcomes: ibis.Table, experiment_id: str, *, metrics: Sequence[str]
) -> pd.DataFrame:
    """Count, sum and sum of squares of each metric in each arm, by intention to treat.

    Every assigned customer counts in the arm assigned; one without an outcome row counts as missing,
    not as zero, and is left out of `n`.

    Args:
        assignments: The store's `assignments`.
        outcomes: The store's `outcomes`.
        experiment_id: The experiment.
        metrics: Columns of `outcomes`.

    Returns:
        Columns `arm`, `metric`, `n` (customers with a value), `total`, `total_squares`, `binary`
        (bool: every value is 0 or 1), ordered by metric as given and arm.
    """
    arms = assignments.filter(assignments.experiment_id == experiment_id).select("customer_id", "variant")
    results = outcomes.filter(outcomes.experiment_id == experiment_id).select("customer_id", *metrics)
    joined = arms.inner_join(results, "customer_id")
    parts = []
    for order, metric in enumerate(metrics):
        value = joined[metric].cast("decimal(18, 4)")
        part = joined.group_by(arm=joined.variant).aggregate(
            n=value.count(),
            total=value.sum().cast("float64"),
            total_squares=(value * value).sum().cast("float64"),
            binary=value.isin([0, 1]).all(),
        )
        parts.append(part.mutate(metric=ibis.literal(metric), metric_order=ibis.literal(order)))
    frame = ibis.union(*parts).order_by("metric_order", "arm").to_pandas()
    return frame[["arm", "metric", "n", "total", "total_squares", "binary"]]
