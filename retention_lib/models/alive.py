"""Is a silent customer still one: the purchase model's word beside what happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.btyd import BetaGeometric, fit_mbg_nbd
from retention_lib.models.intervals import wilson
from retention_lib.models.lapse import BAND_EDGES, MINIMUM_CUSTOMERS

DAYS_A_WEEK = 7
# Nobody acts on a smaller difference of a share.
CLOSE = 0.02
_HISTORY = ["frequency", "recency", "T"]


@dataclass(frozen=True, kw_only=True, eq=False)
class AliveBands:
    """What the purchase model said at a past cut-off of customers by silence, beside what they did.

    Attributes:
        cutoff: The past day: the model knows what was bought before it.
        horizon_days: Days after the cut-off in which a purchase counts.
        lapse_days: The lapse window.
        model: The model, fitted on the data before the cut-off (time in weeks).
        table: One row a band of silence, ordered: silence_above, silence_to (days, above < silence <= to; silence_to
            missing in the open last band), customers, alive (mean chance of not having left), expected (share with a
            purchase in the horizon by the model), share, low, high (share that bought; Wilson).
        expected_beyond: Share of those beyond the window who buy in the horizon, by the model.
        beyond: The same as it happened.
        word: "right" when the model's share lies in the interval of what happened or within two points of it, else
            "hopeful" or "gloomy".
    """

    cutoff: date
    horizon_days: int
    lapse_days: int
    model: BetaGeometric
    table: pd.DataFrame
    expected_beyond: float
    beyond: Estimate
    word: Literal["right", "hopeful", "gloomy"]

    def to_frame(self) -> pd.DataFrame:
        """The bands of silence."""
        return self.table


def band_edges(lapse_days: int) -> list[int]:
    """Where the bands of silence begin, as in `lapse.return_chance` (whole days).

    Args:
        lapse_days: The lapse window.
    """
    return sorted({math.floor(lapse_days * edge) for edge in BAND_EDGES})


def alive_bands(
    histories: pd.DataFrame | NotEnough, *, lapse_days: int, horizon_days: int = 90, cutoff: date
) -> AliveBands | NotEnough:
    """Fit the MBG/NBD model before a cut-off and hold its word against what followed.

    Args:
        histories: From `measures.alive.histories` with `band_edges(lapse_days)`: silence_above (days), frequency
            (count), recency, T (weeks), customers, returned (counts).
        lapse_days: The lapse window.
        horizon_days: Days after the cut-off in which a purchase counts as a return.
        cutoff: The cut-off.

    Returns:
        The bands; NotEnough as in `btyd.fit_mbg_nbd`, and "customers_silent_beyond_window" below 30.
    """
    if isinstance(histories, NotEnough):
        return histories
    beyond = histories["silence_above"] >= lapse_days
    silent = int(histories.loc[beyond, "customers"].sum())
    measured = wilson(float(histories.loc[beyond, "returned"].sum()), silent)
    if silent < MINIMUM_CUSTOMERS or isinstance(measured, NotEnough):
        return NotEnough("customers_silent_beyond_window", silent, MINIMUM_CUSTOMERS)
    model = fit_mbg_nbd(histories.groupby(_HISTORY)[["customers"]].sum().reset_index())
    if isinstance(model, NotEnough):
        return model
    said = _said(model, histories, horizon_days / DAYS_A_WEEK)
    expected = float(said.loc[beyond, "expected"].sum()) / silent
    return AliveBands(
        cutoff=cutoff,
        horizon_days=horizon_days,
        lapse_days=lapse_days,
        model=model,
        table=_bands(said, band_edges(lapse_days)),
        expected_beyond=expected,
        beyond=measured,
        word=_word(expected, measured),
    )


def _word(expected: float, measured: Estimate) -> Literal["right", "hopeful", "gloomy"]:
    """Whether the model's share holds."""
    low, high = min(measured.low or 0.0, measured.value - CLOSE), max(measured.high or 1.0, measured.value + CLOSE)
    if low <= expected <= high:
        return "right"
    return "hopeful" if expected > high else "gloomy"


def _said(model: BetaGeometric, histories: pd.DataFrame, horizon: float) -> pd.DataFrame:
    """The rows with the model's word on them, times the customers behind each."""
    x, recency, age, customers = (histories[name].to_numpy(dtype=float) for name in [*_HISTORY, "customers"])
    return histories.assign(
        alive=model.probability_alive(x, recency, age) * customers,
        expected=(1 - model.chance_of_no_purchase(x, recency, age, horizon)) * customers,
    )


def _bands(said: pd.DataFrame, edges: list[int]) -> pd.DataFrame:
    """One row a band of silence that holds anyone."""
    sums = said.groupby("silence_above")[["customers", "returned", "alive", "expected"]].sum()
    ends = dict(zip(edges, [*edges[1:], None], strict=True))
    rows = []
    for above, row in sums.iterrows():
        n = int(row["customers"])
        share = wilson(float(row["returned"]), n)
        if isinstance(share, Estimate):
            told = (row["alive"] / n, row["expected"] / n, share.value, share.low, share.high)
            rows.append((int(str(above)), ends[int(str(above))], n, *told))
    columns = ["silence_above", "silence_to", "customers", "alive", "expected", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype({"silence_to": "Int64"})
