"""Fits of BG/NBD and MBG/NBD by maximum likelihood.

Where the data do not tell customers' chances to leave from one chance common to all, the likelihood rises for ever with
a and b, towards a limit of that common chance, a / (a + b). There a is held at 50 (chances differ by a seventh) and the
maximum taken by the other three parameters; that a may as well be smaller or larger is in the covariance. Every other
likelihood without a maximum is refused: where nobody seems to leave, the data do not say when customers do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd.beta_geometric import BetaGeometric
from retention_lib.models.btyd.beta_geometric_likelihood import BetaGeometricLikelihood
from retention_lib.models.btyd.counted import Counted, counted
from retention_lib.models.btyd.likelihood import Held, Maximum, maximum, maximum_held, rehearsed
from retention_lib.models.btyd.purchase_model import ModelName
from retention_lib.models.fitting import lifetimes_mean_log_likelihood

# Logarithms of r, alpha, a, b, with the longest time as the unit; the later ones where the earlier ones run away.
_STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, -2.0, -1.0, 0.5), (0.0, -1.0, -3.0, 0.0), (1.0, 0.0, 1.0, 2.0))
_FITTERS: dict[ModelName, str] = {"BG/NBD": "BetaGeoFitter", "MBG/NBD": "ModifiedBetaGeoFitter"}
_COMMON = Held(name="a", place=2, value=50.0, follow=3)
_REHEARSED_ROWS = 20_000
_REFERENCE_ROWS = 2_000


def fit_bg_nbd(counts: pd.DataFrame | NotEnough) -> BetaGeometric | NotEnough:
    """Fit the BG/NBD model of Fader, Hardie and Lee (2005).

    Args:
        counts: Distinct rows of frequency, recency, T (one time unit) with `customers` behind each.

    Returns:
        The model; `NotEnough` under 30 customers with a repeat purchase ("repeat_customers") or when the
        likelihood has no finite maximum ("purchase_model_fit").

    Raises:
        ValueError: A recency beyond T, negative, or above 0 without a repeat purchase.
    """
    return _fit("BG/NBD", counts)


def fit_mbg_nbd(counts: pd.DataFrame | NotEnough) -> BetaGeometric | NotEnough:
    """Fit the MBG/NBD model of Batislam, Denizel and Filiztekin (2007).

    Args:
        counts: Distinct rows of frequency, recency, T (one time unit) with `customers` behind each.

    Returns:
        The model; `NotEnough` as in `fit_bg_nbd`.

    Raises:
        ValueError: A recency beyond T, negative, or above 0 without a repeat purchase.
    """
    return _fit("MBG/NBD", counts)


def _fit(name: ModelName, counts: pd.DataFrame | NotEnough) -> BetaGeometric | NotEnough:
    """Fit either model on the distinct rows."""
    rows = counted(counts)
    if isinstance(rows, NotEnough):
        return rows
    unit = rows.unit
    likelihood = BetaGeometricLikelihood.of(
        rows.frequency, rows.recency / unit, rows.age / unit, rows.customers, first=0 if name == "BG/NBD" else 1
    )
    step = rows.age.size // _REHEARSED_ROWS
    climbed = rehearsed(likelihood.every(step), _STARTS) if step > 1 else None
    found = maximum(likelihood, _STARTS, customers=rows.total, rehearsed=climbed)
    found = found or maximum_held(likelihood, _STARTS, customers=rows.total, held=_COMMON)
    if found is None:
        return NotEnough("purchase_model_fit", 0, 1)
    r, alpha, a, b = found.parameters
    return BetaGeometric(
        name=name,
        r=r,
        alpha=alpha * unit,
        a=a,
        b=b,
        # the unit of time multiplies the density of every purchase
        log_likelihood=found.log_likelihood - float(np.log(unit)) * rows.purchases,
        covariance=found.covariance,
        customers=int(rows.total),
        convergence=replace(found.convergence, reference=_against_lifetimes(name, rows, found, unit=unit)),
    )


def _against_lifetimes(name: ModelName, rows: Counted, found: Maximum, *, unit: float) -> float | None:
    """How far lifetimes' own likelihood at the same parameters lies from ours; None where it overflows."""
    step = max(1, rows.age.size // _REFERENCE_ROWS)
    x, t_x, age, customers = (column[::step] for column in (rows.frequency, rows.recency, rows.age, rows.customers))
    own = BetaGeometricLikelihood.of(x, t_x / unit, age / unit, customers, first=0 if name == "BG/NBD" else 1)
    theirs = lifetimes_mean_log_likelihood(_FITTERS[name], found.parameters, (x, t_x / unit, age / unit), customers)
    return abs(own(np.log(found.parameters)).value - theirs) if np.isfinite(theirs) else None
