"""Candidates, terms, effects and bases of a plan, made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.actions.base import Base

START = date(2026, 7, 1)
CHANNELS = ("email", "sms", "messenger", "ads")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """As `measures.actions.terms.Terms`."""

    scenarios: pd.DataFrame
    channels: pd.DataFrame
    offers: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Effects:
    """As `models.actions.learned.LearnedEffects`."""

    effects: pd.DataFrame
    covariance: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))


def terms(*scenarios: dict[str, Any], costs: dict[str, float] | None = None, **most: float) -> Terms:
    """Scenarios by their differences from the usual; channels cost 1 unless told."""
    usual = {"priority": 1, "offer": "none", "window_days": 21, "control_share": 0.2, "most": np.nan}
    rows = [{"kind": one["scenario"], "campaign_cost": 0.0, **usual, **one} for one in scenarios]
    cost = [(costs or {}).get(name, 1.0) for name in CHANNELS]
    return Terms(
        scenarios=pd.DataFrame(rows),
        channels=pd.DataFrame(
            {"channel": CHANNELS, "cost": cost, "most": [most.get(name, np.nan) for name in CHANNELS]}
        ),
        offers=pd.DataFrame(
            [("none", 0.0, 0.0), ("gift", 0.0, 2.0), ("tenth", 0.1, 0.0)],
            columns=["offer", "discount", "cost_per_order"],
        ),
    )


def effects(*rows: dict[str, Any], covariance: np.ndarray | None = None) -> Effects:
    """What was learned; the errors are independent unless told."""
    usual = {"sd_mean": 0.0, "sd": 0.0, "source": "measured", "decision": "", "better": ""}
    columns = ["scenario", "offer", "mean", *usual]
    frame = pd.DataFrame([{**usual, **row} for row in rows], columns=columns)
    known = np.diag(frame["sd"].to_numpy(dtype=float) ** 2) if covariance is None else covariance
    return Effects(effects=frame, covariance=known)


def base(money: Any, *, orders: Any = None, unit: Any = None, days: Any = None, relative_sd: float = 0.0) -> Base:
    """Everybody brings so much in 21 days, by orders of 10 unless told."""
    value = np.asarray(money, dtype=np.float32)
    expected = value / 10 if orders is None else np.asarray(orders, dtype=np.float32)
    each = np.divide(value, expected, out=np.zeros_like(value), where=expected > 0)
    count = len(value)
    return Base(
        money={21: value},
        orders={21: expected},
        profit_an_order=each,
        revenue_an_order=each * 4,
        order_spread=1.0,
        purchase_days=np.ones(count, dtype=np.int32) if days is None else np.asarray(days, dtype=np.int32),
        unit=np.arange(count, dtype=np.int32) if unit is None else np.asarray(unit, dtype=np.int32),
        total=Estimate(float(value.sum())),
        ratio=Estimate(1.0, low=0.9, high=1.1, level=0.95, n=float(count)),
        window_days=21,
        relative_sd=relative_sd,
        seasonal=False,
        customers=count,
    )


def candidates(rows: list[tuple[int, str]], told: Terms, **columns: Any) -> pd.DataFrame:
    """Candidates by row and scenario; e-mail unless told, with the scenario's own offer."""
    names = list(told.scenarios.sort_values(["priority", "scenario"])["scenario"])
    about = told.scenarios.set_index("scenario")
    scenario = [name for _, name in rows]
    frame = pd.DataFrame(
        {
            "row": np.array([row for row, _ in rows], dtype=np.int32),
            "scenario": pd.Categorical(scenario, categories=names),
            "channel": pd.Categorical(["email"] * len(rows), categories=list(CHANNELS)),
            "offer": pd.Categorical(
                [about.loc[name, "offer"] for name in scenario], categories=["none", "gift", "tenth", "leave_alone"]
            ),
            "priority": np.array([about.loc[name, "priority"] for name in scenario], dtype=np.int16),
            "strength": np.float32(1),
            "send_from": np.datetime64("2026-07-01T10:00:00", "s"),
            "send_by": np.datetime64("2026-07-20T10:00:00", "s"),
        }
    )
    if "channel" in columns:
        columns["channel"] = pd.Categorical(columns["channel"], categories=list(CHANNELS))
    return frame.assign(**columns)


def nothing_learned() -> Effects:
    """No list was ever judged."""
    return effects()
