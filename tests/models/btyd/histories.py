"""What the tests of purchase models share: the published sample, models at given parameters, simulated customers."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd

from retention_lib.models.btyd import BetaGeometric, ModelName

KEYS = ["frequency", "recency", "T"]
_DATASETS = "datasets"


def lifetimes_dataset(name: str) -> Path:
    """A file of the installed lifetimes package."""
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / _DATASETS / name


def cdnow_summary() -> pd.DataFrame:
    """The 2,357 customers of the published calibration sample, weeks."""
    return pd.read_csv(lifetimes_dataset("cdnow_customers_summary.csv"))


def cdnow_holdout() -> pd.Series:
    """Purchase days of each of them in the 39 weeks after 1997-09-30, in the order of their numbers."""
    columns = ["master", "customer", "day", "discs", "amount"]
    rows = pd.read_csv(lifetimes_dataset("CDNOW_sample.txt"), sep=r"\s+", names=columns, dtype={"day": str})
    later = rows[rows["day"] > "19970930"].drop_duplicates(["customer", "day"])
    return later.groupby("customer").size().reindex(sorted(rows["customer"].unique()), fill_value=0)


def distinct(customers: pd.DataFrame) -> pd.DataFrame:
    """Distinct histories with the customers behind each."""
    return customers.groupby(KEYS).size().reset_index(name="customers")


def beta_geometric(name: ModelName, r: float, alpha: float, a: float, b: float) -> BetaGeometric:
    """A model at given parameters."""
    zeros = tuple(tuple(0.0 for _ in range(4)) for _ in range(4))
    return BetaGeometric(name=name, r=r, alpha=alpha, a=a, b=b, log_likelihood=0.0, covariance=zeros, customers=1)


def simulated_customers(truth: BetaGeometric, age: np.ndarray, ahead: float, rng: np.random.Generator) -> pd.DataFrame:
    """Customers of the process, purchase by purchase: the history up to T and the purchases in the time ahead."""
    size = age.size
    rate, leaving = rng.gamma(truth.r, 1 / truth.alpha, size), rng.beta(truth.a, truth.b, size)
    there = rng.random(size) >= leaving if truth.name == "MBG/NBD" else np.ones(size, dtype=bool)
    clock, x, t_x, later = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    while there.any():
        clock = np.where(there, clock + rng.exponential(1, size) / rate, clock)
        there &= clock <= age + ahead
        seen = there & (clock <= age)
        x, t_x, later = x + seen, np.where(seen, clock, t_x), later + (there & ~seen)
        there &= rng.random(size) >= leaving
    return pd.DataFrame({"frequency": x, "recency": t_x, "T": age, "later": later})
