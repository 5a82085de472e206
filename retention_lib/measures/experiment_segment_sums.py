"""What the units of each segment of a test did, as sums by arm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough, first_refusal
from retention_lib.measures.experiment_segments import Segments
from retention_lib.measures.sales import WIDE

if TYPE_CHECKING:
    from retention_lib.measures.experiment_outcomes import Outcomes

_SUMS = ("n", "total", "total_squares", "before_total", "before_squares", "before_product")


def segment_sums(
    outcomes: Outcomes | NotEnough, segments: Segments | NotEnough, *, columns: Sequence[str]
) -> pd.DataFrame | NotEnough:
    """Sums over the units of each segment and arm.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.
        segments: From `experiment_segments.segments`.
        columns: Which of the columns of the outcomes.

    Returns:
        One row a dimension, segment, arm and metric, in this order (segments as labelled, arms as in the test, metrics
        as given): dimension, segment, arm, metric, n (units with a value), total, total_squares and, over these units,
        of the metric's `<metric>_before` column, before_total, before_squares and before_product (with the metric);
        NaN where there is no such column. The refusal of what is given.
    """
    if isinstance(outcomes, NotEnough) or isinstance(segments, NotEnough):
        return first_refusal(outcomes, segments)
    cells = _cells(outcomes, segments, list(columns))
    arms = {arm: at for at, arm in enumerate(outcomes.experiment.arms)}
    parts = []
    for at, (dimension, labels) in enumerate(segments.labels.items()):
        keys = [f"segment_{at}", "arm", "metric_order"]
        rows = cells.groupby(keys)[list(_SUMS)].sum(min_count=1).reset_index().rename(columns={keys[0]: "place"})
        told = {
            "dimension": dimension,
            "segment": [labels[place] for place in rows["place"]],
            "metric": [columns[order] for order in rows["metric_order"]],
        }
        parts.append(rows.assign(**told, dimension_order=at, arm_order=rows["arm"].map(arms)))
    frame = pd.concat(parts).sort_values(["dimension_order", "place", "arm_order", "metric_order"], ignore_index=True)
    return frame[["dimension", "segment", "arm", "metric", *_SUMS]].astype({"n": "int64"})


def _cells(outcomes: Outcomes, segments: Segments, columns: list[str]) -> pd.DataFrame:
    """The sums of the units that are alike in all dimensions, one row a metric: these are few, and add up to any."""
    known = [name for column in columns for name in (column, f"{column}_before") if name in outcomes.table.columns]
    values = outcomes.table.select("unit", "arm", *dict.fromkeys(known))
    places = {f"segment_{at}": segments.table[name] for at, name in enumerate(segments.labels)}
    rows = values.inner_join(segments.table.select("unit", **places), "unit")
    wanted: dict[str, ir.Value] = {}
    for at, name in enumerate(columns):
        wanted |= {f"{key}:{at}": value for key, value in _sums(rows, name).items()}
    found = rows.group_by("arm", *places).aggregate(**wanted).order_by("arm", *places).to_pandas()
    parts = []
    for at in range(len(columns)):
        part = found[["arm", *places]].assign(metric_order=at)
        for key in _SUMS:
            part[key] = found[f"{key}:{at}"].astype(float) if f"{key}:{at}" in found else float("nan")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _sums(rows: ir.Table, name: str) -> dict[str, ir.Value]:
    """The sums of a metric, and of it with its values before."""
    value, known = rows[name], rows[name].notnull()
    wide = value.cast(WIDE)
    sums = {"n": value.count(), "total": value.sum().fill_null(0), "total_squares": (wide * wide).sum().fill_null(0)}
    if f"{name}_before" in rows.columns:
        before = rows[f"{name}_before"]
        squared = before.cast(WIDE)
        sums |= {
            "before_total": before.sum(where=known).fill_null(0),
            "before_squares": (squared * squared).sum(where=known).fill_null(0),
            "before_product": (squared * wide).sum().fill_null(0),
        }
    return sums
