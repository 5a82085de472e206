"""Staggered panels for tests: the paper's counties, a simulated store with what csdid says of it, and random ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from retention_lib.models.impact.staggered import StaggeredPanel

DATA = Path(__file__).parents[2] / "data"


def counties() -> StaggeredPanel:
    """Log teen employment of 500 counties from 2003 to 2007: `mpdta` of Callaway and Sant'Anna's R package did.

    The file holds the employment counts behind it, read from the copy in moderndid 0.2.0.
    """
    told = pd.read_csv(DATA / "mpdta.csv")
    first = np.where(told["first_treated"] > 0, told["first_treated"] - 2003.0, np.nan)
    return StaggeredPanel(outcomes=np.log(told.filter(regex=r"^y\d").to_numpy()), first_treated=first)


def simulated_units() -> pd.DataFrame:
    """400 units of three kinds over 8 periods, groups first treated in the third, fourth and sixth."""
    return pd.read_csv(DATA / "staggered_panel.csv")


def csdid_effects(controls: str, strata: str) -> pd.DataFrame:
    """What csdid 0.4.3 (est_method="reg", the kind as dummies) says of them, by group and period from 1."""
    told = pd.read_csv(DATA / "csdid_effects.csv")
    return told.query("controls == @controls and strata == @strata").reset_index(drop=True)


def csdid_aggregates(controls: str, strata: str) -> pd.DataFrame:
    """The same, aggregated: axis and place on it."""
    told = pd.read_csv(DATA / "csdid_aggregates.csv")
    return told.query("controls == @controls and strata == @strata").reset_index(drop=True)


def random_panel(rng: np.random.Generator, *, units: int = 600, effect: float = 0.0) -> StaggeredPanel:
    """Purchases of customers with levels of their own in a season; joiners buy more, and by `effect` more once in.

    Groups join in the periods 3, 4 and 5 of 8; half of the customers never do. The effect is `effect` in the first
    period of a member and half as much again in each later one.
    """
    first = rng.choice([3.0, 4.0, 5.0, np.nan], size=units, p=[0.15, 0.15, 0.2, 0.5])
    level = rng.gamma(2, 1, units) + 0.5 * ~np.isnan(first)
    period = np.arange(8)
    since = period[None, :] - first[:, None]
    added = np.where(since >= 0, effect * (1 + 0.5 * since), 0.0)
    mean = level[:, None] + np.sin(period)[None, :] + 1 + np.nan_to_num(added)
    return StaggeredPanel(outcomes=rng.poisson(mean).astype(float), first_treated=first)
