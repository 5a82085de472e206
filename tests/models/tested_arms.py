"""Arms of tests for the models: sums by hand or of customers in memory, and what is found in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.effects import Effects, effects
from retention_lib.models.experiments.moments import Moments, moments, moments_of

CUSTOMERS = {"mens": 21307, "womens": 21387, "none": 21306}
VISITS = {"mens": 3894, "womens": 3238, "none": 2262}
BUYERS = {"mens": 267, "womens": 189, "none": 122}


def binary(metric: str, totals: dict[str, int], customers: dict[str, int]) -> pd.DataFrame:
    rows = [(arm, metric, metric, customers[arm], total, total, total, True) for arm, total in totals.items()]
    return pd.DataFrame(
        rows, columns=["arm", "first", "second", "n", "first_total", "second_total", "product", "binary"]
    )


def spend(totals: dict[str, tuple[int, float, float]], metric: str = "spend") -> pd.DataFrame:
    rows = [(arm, metric, metric, n, total, total, squares, False) for arm, (n, total, squares) in totals.items()]
    return pd.DataFrame(rows, columns=binary("", {}, {}).columns)


def amounts(values: dict[str, np.ndarray]) -> pd.DataFrame:
    return spend({arm: (each.size, float(each.sum()), float((each**2).sum())) for arm, each in values.items()})


def summed(*sums: pd.DataFrame) -> Moments:
    table = pd.concat(sums, ignore_index=True)
    arms = table.groupby("arm", sort=False)["n"].max().rename("units").reset_index()
    found = moments(table, arms.assign(members=arms["units"]))
    assert isinstance(found, Moments)
    return found


def judged(*sums: pd.DataFrame, control: str = "none", **options: object) -> Effects:
    found = effects(summed(*sums), control=control, **options)  # type: ignore[arg-type]
    assert isinstance(found, Effects)
    return found


def of_units(values: pd.DataFrame, *, control: str = "none", **options: object) -> Effects:
    found = effects(moments_of(values), control=control, **options)  # type: ignore[arg-type]
    assert isinstance(found, Effects)
    return found


def the(found: Estimate | NotEnough) -> Estimate:
    assert isinstance(found, Estimate)
    return found
