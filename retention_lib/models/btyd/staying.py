"""The pace of customers who have not left, whatever the model of leaving."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from retention_lib.models.btyd.purchase_model import PurchaseModel


def rate_if_stays(model: PurchaseModel, frequency: ArrayLike, T: ArrayLike) -> np.ndarray:
    """Purchases a unit of time of a customer who has not left.

    Alive, a customer of x repeat purchases in T buys at a rate of Gamma(r + x, alpha + T), whatever the chance of
    leaving, which enters the likelihood as a factor of its own.

    Args:
        model: BG/NBD, MBG/NBD or Pareto/NBD.
        frequency: Repeat purchases.
        T: Time from the first purchase to the end of observation.

    Returns:
        Mean rates, in the shape of the inputs broadcast.

    References:
        Schmittlein, Morrison and Colombo (1987), "Counting Your Customers", equation 12; Fader, Hardie and Lee (2005),
        section 4.
    """
    x, age = np.asarray(frequency, dtype=float), np.asarray(T, dtype=float)
    return np.asarray((model.parameters["r"] + x) / (model.parameters["alpha"] + age))
