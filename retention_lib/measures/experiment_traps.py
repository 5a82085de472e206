"""What a test seems to say when only those are looked at who bought, or who opened the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_events import sent_messages
from retention_lib.measures.sales import WIDE

if TYPE_CHECKING:
    from retention_lib.measures.experiment_outcomes import Outcomes

_BUYING = ("conversion", "orders", "revenue", "spend")
"""The metric that tells who bought: the first of these that there is."""

_COUNTED = ("visit", "conversion", "orders", "revenue", "gross_profit")
"""Of what is counted in the sales, the metrics that a test may be judged by."""

_COLUMNS = ["group", "arm", "metric", "n", "total", "total_squares"]


def traps(outcomes: Outcomes | NotEnough) -> pd.DataFrame | NotEnough:
    """Sums of each metric over all units of an arm, over its buyers and over those who opened the campaign's message.

    Who buys and who opens is decided after the assignment, and by other customers in each arm: only the comparison of
    all units says what the campaign did.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.

    Returns:
        Columns `group` (`all`, `buyers`, `openers`), `arm`, `metric`, `n` (units with a value), `total`,
        `total_squares` (of the values in the window), ordered by group, arm (the one left alone first) and metric (from
        sales visit, conversion, orders, revenue and gross profit as far as known; else as the outcomes have them). No
        row of `buyers` where no metric tells who bought, none of `openers` where the store does not know who opened, or
        nobody of the arm did. The refusal of the outcomes where there is one.
    """
    if isinstance(outcomes, NotEnough):
        return outcomes
    told = outcomes.metrics if outcomes.source == "outcomes" else _COUNTED
    metrics = [name for name in told if name in outcomes.table.columns]
    table = outcomes.table.select("unit", "arm", *metrics)
    groups = {"all": table}
    buying = next((name for name in _BUYING if name in metrics), None)
    if buying is not None:
        groups["buyers"] = table.filter(table[buying] > 0)
    opened = _opened(outcomes)
    if opened is not None:
        groups["openers"] = table.semi_join(opened, "unit")
    parts = [_sums(rows, metrics).assign(group=name) for name, rows in groups.items()]
    frame = pd.concat(parts, ignore_index=True)
    order = {"group": list(groups), "arm": list(outcomes.experiment.arms), "metric": metrics}
    places = frame.assign(**{name: frame[name].map(values.index) for name, values in order.items()})
    ordered = frame.loc[places.sort_values(list(order)).index].reset_index(drop=True)
    return ordered[_COLUMNS]


def _sums(rows: ir.Table, metrics: list[str]) -> pd.DataFrame:
    """Sums of the metrics by arm, exact in the engine, one row each."""
    sums: dict[str, ir.Value] = {}
    for place, name in enumerate(metrics):
        value = rows[name].cast(WIDE)
        sums[f"n_{place}"] = value.count()
        sums[f"total_{place}"] = value.sum().cast("float64")
        sums[f"squares_{place}"] = (value * value).sum().cast("float64")
    wide = rows.group_by("arm").aggregate(**sums).to_pandas()
    parts = [
        pd.DataFrame(
            {
                "arm": wide["arm"],
                "metric": name,
                "n": wide[f"n_{place}"].astype("int64"),
                "total": wide[f"total_{place}"].astype(float),
                "total_squares": wide[f"squares_{place}"].astype(float),
            }
        )
        for place, name in enumerate(metrics)
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame["n"] > 0]


def _opened(outcomes: Outcomes) -> ir.Table | None:
    """Units that opened a message of the campaign, as far as is seen; None where the store does not know."""
    sent = sent_messages(outcomes)
    if sent is None or "opened" not in sent.columns:
        return None
    opened = sent.filter(sent.opened)
    return opened if opened.count().to_pandas() else None
