"""What fitting the models of repeat purchases takes, against lifetimes on the same customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.apart import Run, run_timed, timed
from bench.measured import Measured
from bench.pareto_orders import UNTIL, orders_file

if TYPE_CHECKING:
    import pandas as pd

EQUAL = 1e-3
"""How far a parameter may be from lifetimes', relative to it."""

_HISTORY = ("frequency", "recency", "T")
_FITTERS = {"fit_bg_nbd": "BetaGeoFitter", "fit_pareto_nbd": "ParetoNBDFitter"}


def bgnbd_fit(*, customers: int) -> Measured:
    """The BG/NBD model of all customers, in days.

    The seconds are those of the fit alone: ours on the distinct histories with its second start and its intervals,
    lifetimes' on the customers one by one.

    Raises:
        RuntimeError: A parameter is not the same to a tenth of a per cent.
    """
    ours, peer = _both("fit_bg_nbd", customers)
    theirs = peer.result["parameters"]
    if any(abs(ours.result[name] / theirs[name] - 1) > EQUAL for name in theirs):
        raise RuntimeError(f"other parameters than lifetimes': {ours.result}, {theirs}")
    return Measured.of("bgnbd_fit", ours, "lifetimes.BetaGeoFitter", peer)


def pnbd_fit(*, customers: int) -> Measured:
    """The Pareto/NBD model of all customers, in days, timed as the BG/NBD is.

    Raises:
        RuntimeError: Its likelihood, by lifetimes' own formula, is below that of lifetimes' parameters.
    """
    ours, peer = _both("fit_pareto_nbd", customers)
    if peer.result["loss_of_ours"] > peer.result["loss"] + 1e-9:
        raise RuntimeError(f"less likely parameters than lifetimes': {ours.result}, {peer.result}")
    return Measured.of("pnbd_fit", ours, "lifetimes.ParetoNBDFitter", peer)


def _both(fit: str, customers: int) -> tuple[Run, Run]:
    path = str(orders_file(customers))
    ours = run_timed("bench.fits:fitted", path=path, fit=fit)
    return ours, run_timed("bench.fits:by_lifetimes", path=path, fit=fit, ours=ours.result)


def histories(path: str) -> pd.DataFrame:
    """The distinct histories of a file's customers, in days, with the customers behind each."""
    from retention_lib.measures.purchases import purchase_days
    from retention_lib.measures.summaries import purchase_counts
    from retention_lib.stores.engine import connect

    transactions = connect().read_parquet(path)
    return purchase_counts(purchase_days(transactions, until=UNTIL), until=UNTIL)


def fitted(*, path: str, fit: str) -> list[Any]:
    """Our fit; the parameters by name."""
    import lifetimes  # noqa: F401 - each fit is held against lifetimes on a sample; the import is not timed
    import scipy.optimize
    import scipy.special  # noqa: F401 - not timed

    from retention_lib.models import btyd

    counts = histories(path)
    seconds, model = timed(lambda: getattr(btyd, fit)(counts))
    return [seconds, model.parameters]


def by_lifetimes(*, path: str, fit: str, ours: dict[str, float]) -> list[Any]:
    """The fit of lifetimes; its parameters, and the mean loss a customer at its parameters and at ours."""
    import lifetimes

    counts = histories(path)
    rows = counts.loc[counts.index.repeat(counts["customers"])].reset_index(drop=True)
    columns = [rows[name].astype(float) for name in _HISTORY]
    model = getattr(lifetimes, _FITTERS[fit])()
    seconds, _ = timed(lambda: model.fit(*columns))
    theirs = {name: float(value) for name, value in model.params_.items()}
    found = {"parameters": theirs}
    if fit == "fit_pareto_nbd":
        found |= {"loss": _loss(model, theirs, counts), "loss_of_ours": _loss(model, ours, counts)}
    return [seconds, found]


def _loss(model: Any, parameters: dict[str, float], counts: pd.DataFrame) -> float:
    """The negative mean log-likelihood a customer by lifetimes' formula, in the unit of time in which it fits."""
    import numpy as np

    x, recency, age, customers = (counts[name].to_numpy(dtype=float) for name in (*_HISTORY, "customers"))
    r, alpha, s, beta = (parameters[name] for name in ("r", "alpha", "s", "beta"))
    scale = model._scale
    scaled = (r, alpha * scale, s, beta * scale)
    found = model._conditional_log_likelihood(scaled, x, recency * scale, age * scale)
    return -float(np.average(found, weights=customers))
