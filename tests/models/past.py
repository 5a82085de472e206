"""Histories of customers made from their purchase days in pandas, as the measure makes them in the engine."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from retention_lib.models.backtest_plan import Plan

EPOCH = date(1970, 1, 1)


def cdnow_days(name: str = "CDNOW_master.txt") -> pd.DataFrame:
    """Customers' purchase days of a file in lifetimes; zero amounts are purchases, as in the published studies."""
    columns = ["customer", "day", "quantity", "amount"]
    if name == "CDNOW_sample.txt":
        columns.insert(1, "sample")
    folder = Path(importlib.util.find_spec("lifetimes").submodule_search_locations[0]) / "datasets"
    skip = 1 if name == "CDNOW_master.txt" else 0
    rows = pd.read_csv(folder / name, sep=r"\s+", skiprows=skip, names=columns, dtype=str)
    day = pd.to_datetime(rows["day"], format="%Y%m%d").to_numpy().astype("datetime64[D]").astype(np.int64)
    return pd.DataFrame({"customer": rows[columns[0]], "day": day}).drop_duplicates()


def window(days: pd.DataFrame, cutoff: date, horizon_days: int) -> pd.DataFrame:
    """One row a customer who had bought by the cut-off; every purchase costs 10."""
    cut = (cutoff - EPOCH).days
    past = days[days["day"] < cut]
    by = past.groupby("customer")["day"]
    rows = pd.DataFrame({"frequency": by.size() - 1, "first_day": by.min(), "last_day": by.max()})
    for recent in (30, 90, 180):
        late = past[past["day"] >= cut - recent].groupby("customer").size()
        rows[f"purchases_{recent}"] = late.reindex(rows.index, fill_value=0)
    ahead = days[(days["day"] >= cut) & (days["day"] < cut + horizon_days)].groupby("customer").size()
    rows["holdout_purchases"] = ahead.reindex(rows.index, fill_value=0).astype(float)
    rows["holdout_revenue"] = 10 * rows["holdout_purchases"]
    rows["paid"] = rows["net"] = 10.0 * (rows["frequency"] + 1)
    rows["first_paid"] = 10.0
    rows["monetary_value"] = np.where(rows["frequency"] > 0, 10.0, 0.0)
    return rows.assign(cutoff=pd.Timestamp(cutoff), horizon_days=horizon_days, weight=1.0).reset_index(drop=True)


def windows(days: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The histories of all windows of a plan."""
    pairs = plan.windows.itertuples(index=False)
    return pd.concat([window(days, pair.cutoff, pair.horizon_days) for pair in pairs], ignore_index=True)


def shop(seed: int, *, customers: int = 600, days: int = 400, leaving: float = 0.003) -> pd.DataFrame:
    """Customers won steadily, buying at gamma rates until they leave: columns customer, day (since 1970-01-01)."""
    rng = np.random.default_rng(seed)
    first = (date(2024, 1, 1) - EPOCH).days
    born = rng.integers(0, days, customers)
    gone = np.minimum(born + rng.exponential(1 / leaving, customers), days)
    bought = rng.poisson(rng.gamma(0.8, 0.04, customers) * (gone - born))
    customer = np.repeat(np.arange(customers), bought)
    day = born[customer] + np.ceil(rng.random(customer.size) * (gone - born)[customer])
    frame = pd.DataFrame({"customer": np.r_[np.arange(customers), customer], "day": np.r_[born, day] + first})
    return frame[frame["day"] < first + days].astype({"day": "int64"}).drop_duplicates()
