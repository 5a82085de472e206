"""The fit of Pareto/NBD by maximum likelihood.

Where the data do not tell customers' rates of leaving from one rate common to all, the likelihood rises for ever with s
and beta, towards a limit of that common rate, s / beta. There s is held at 50 (rates differ by a seventh) and the
maximum taken by the other three parameters; that s may as well be smaller or larger is in the covariance. Every other
likelihood without a maximum is refused.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd.counted import Counted, counted
from retention_lib.models.btyd.likelihood import Held, Maximum, maximum, maximum_held, rehearsed
from retention_lib.models.btyd.pareto import ParetoNBD
from retention_lib.models.btyd.pareto_likelihood import ParetoLikelihood
from retention_lib.models.fitting import lifetimes_pareto_log_likelihoods

# Logarithms of r, alpha, s, beta, with the longest time as the unit; the later ones where the earlier ones run away.
_STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, -2.0, -1.0, -1.0), (0.5, -1.0, 0.5, 1.0), (-1.0, -1.0, -2.0, -3.0))
# Beyond e^10 (22,000) the likelihood is flat to rounding, and climbs go on for ever.
_LARGEST_LOG = 10.0
_COMMON = Held(name="s", place=2, value=50.0, follow=3)
_REFERENCE_ROWS = 2_000


def fit_pareto_nbd(counts: pd.DataFrame | NotEnough) -> ParetoNBD | NotEnough:
    """Fit the Pareto/NBD model of Schmittlein, Morrison and Colombo (1987).

    Args:
        counts: Distinct rows of frequency, recency, T (one time unit) with `customers` behind each.

    Returns:
        The model; `NotEnough` under 30 customers with a repeat purchase ("repeat_customers") or when the
        likelihood has no finite maximum ("purchase_model_fit"), not even with s held.

    Raises:
        ValueError: A recency beyond T, negative, or above 0 without a repeat purchase.
    """
    rows = counted(counts)
    if isinstance(rows, NotEnough):
        return rows
    unit = rows.unit
    scaled = replace(rows, recency=rows.recency / unit, age=rows.age / unit)
    found = _maximum(ParetoLikelihood.of(scaled), ParetoLikelihood.of(scaled.coarse()), rows.total)
    if found is None:
        return NotEnough("purchase_model_fit", 0, 1)
    r, alpha, s, beta = found.parameters
    return ParetoNBD(
        r=r,
        alpha=alpha * unit,
        s=s,
        beta=beta * unit,
        # the unit of time multiplies the density of every purchase
        log_likelihood=found.log_likelihood - float(np.log(unit)) * rows.purchases,
        covariance=found.covariance,
        customers=int(rows.total),
        convergence=replace(found.convergence, reference=_against_lifetimes(scaled, found)),
    )


def _maximum(likelihood: ParetoLikelihood, coarse: ParetoLikelihood, customers: float) -> Maximum | None:
    """The maximum by all parameters or with s held; where a coarse likelihood has none by all, the latter first."""
    found = rehearsed(coarse, _STARTS, largest=_LARGEST_LOG)
    by_all = partial(maximum, likelihood, _STARTS, customers=customers, rehearsed=found, largest=_LARGEST_LOG)
    held = partial(maximum_held, likelihood, _STARTS, customers=customers, held=_COMMON, rehearsal=coarse)
    return (by_all() or held()) if found is not None else (held() or by_all())


def _every(step: int, rows: Counted) -> Counted:
    """A systematic sample of the rows."""
    columns = (rows.frequency, rows.recency, rows.age, rows.customers)
    x, t_x, age, customers = (column[::step] for column in columns)
    return Counted(frequency=x, recency=t_x, age=age, customers=customers)


def _against_lifetimes(rows: Counted, found: Maximum) -> float | None:
    """How far lifetimes' own likelihood at the same parameters lies from ours, on a sample of the rows.

    Its hypergeometric functions overflow for frequent customers; those rows are left out, and None is said when no
    row is left.
    """
    some = _every(max(1, rows.age.size // _REFERENCE_ROWS), rows)
    theirs = lifetimes_pareto_log_likelihoods(found.parameters, some.frequency, some.recency, some.age)
    finite = np.isfinite(theirs)
    if not finite.any():
        return None
    x, t_x, age, customers = (c[finite] for c in (some.frequency, some.recency, some.age, some.customers))
    own = ParetoLikelihood.of(Counted(frequency=x, recency=t_x, age=age, customers=customers))
    return abs(own(np.log(found.parameters)).value - float(np.average(theirs[finite], weights=customers)))
