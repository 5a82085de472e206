"""Customers by step around joining, as the measure hands them on, whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.models.impact.panel import Panel, panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEYS = ["started", "joined", "settled"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """What `measures.panels.joining_panel` gives."""

    customers: pd.DataFrame
    groups: pd.DataFrame
    segments: pd.DataFrame
    pasts: pd.DataFrame
    facts: pd.DataFrame
    steps: int
    step_days: int


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """Customers one by one.

    Attributes:
        started: Step of the first purchase.
        joined: Step of joining; the count of steps for who did not.
        outcomes: What happened, customers x steps; steps up to `started` are not looked at.
        cluster: The household.
        step_days: Length of a step.
        segment: What customers are told apart by.
        on_purchase_day: Members who joined on a day with a purchase (count).
    """

    started: Ints
    joined: Ints
    outcomes: dict[str, Floats]
    cluster: Ints
    step_days: int = 28
    segment: NDArray[np.str_] | None = None
    on_purchase_day: int = 0

    @property
    def steps(self) -> int:
        return int(self.outcomes["purchases"].shape[1])

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Customers for 84 days before joining: those who started so many steps before."""
        return (self.joined < self.steps) & ((self.joined - self.started) * self.step_days > 84)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Customers x steps that are looked at."""
        return np.arange(self.steps) > self.started[:, None]

    def told(self) -> Told:
        """As the measure tells it."""
        people = pd.DataFrame({"started": self.started, "joined": self.joined, "settled": self.settled})
        people["early"] = "" if self.segment is None else self.segment
        seen = {name: np.where(self.known, values, 0.0) for name, values in self.outcomes.items()}
        acted = np.any([values != 0 for values in seen.values()], axis=0)
        rows = np.flatnonzero(acted.any(axis=1))
        customers = people.iloc[rows].assign(number=rows, cluster=self.cluster[rows])
        customers["step"] = [np.flatnonzero(acted[row]) for row in rows]
        for name, values in seen.items():
            customers[name] = [values[row][acted[row]] for row in rows]
        sizes = people.groupby(KEYS).size().rename("customers").reset_index()
        segments = people.groupby(["early", *KEYS]).size().rename("customers").reset_index()
        return Told(
            customers=customers.reset_index(drop=True),
            groups=sizes,
            segments=segments.rename(columns={"early": "segment"}).assign(dimension="early"),
            pasts=self.pasts(),
            facts=self.facts(),
            steps=self.steps,
            step_days=self.step_days,
        )

    def panel(self) -> Panel:
        """As the models read it."""
        made = panel(self.told())
        assert isinstance(made, Panel)
        return made

    def facts(self) -> pd.DataFrame:
        """Who joined when."""
        member = self.joined < self.steps
        facts = {
            "members": member.sum(),
            "at_first_purchase": 0,
            "join_days": len(np.unique(self.joined[member])),
            "leavers": 0,
            "settled": self.settled.sum(),
            "never": (~member).sum(),
            "customers": len(member),
            "on_purchase_day": self.on_purchase_day,
        }
        return pd.DataFrame([facts])

    def pasts(self) -> pd.DataFrame:
        """The first three steps of 28 days of those who were seen for them before joining."""
        if self.step_days != 28:
            return pd.DataFrame()
        member = self.joined < self.steps
        rows = np.flatnonzero(np.where(member, self.settled, self.started < self.steps - 4))
        at = self.started[rows, None] + np.arange(1, 4)
        bought = self.outcomes["purchases"][rows[:, None], at]
        past = {
            "number": rows,
            "started": self.started[rows],
            "joined": self.joined[rows],
            "member": member[rows],
            "first_amount": 10.0 + self.cluster[rows] % 3,
            **{f"purchases_{place + 1}": bought[:, place] for place in range(3)},
            "revenue": 10.0 * bought.sum(axis=1),
        }
        return pd.DataFrame(past)


@dataclass(frozen=True, kw_only=True)
class World:
    """How random people live.

    Attributes:
        customers: Customers (count).
        steps: Steps of 28 days.
        effect: By how much more members buy, as a share.
        gap: By how much more those who join buy already before, as a share.
        drift: By how much the purchases of those who join grow a step, beyond those of others, as a share.
        joining: Share who join.
        rate: Purchases a step.
    """

    customers: int = 3_000
    steps: int = 20
    effect: float = 0.0
    gap: float = 0.5
    drift: float = 0.0
    joining: float = 0.4
    rate: float = 0.6

    def people(self, seed: int) -> People:
        """Customers drawn by chance: levels of their own, a season, a wearing-off with age, joining at any step."""
        rng = np.random.default_rng(seed)
        started = rng.integers(-1, 6, self.customers)
        joins = rng.random(self.customers) < self.joining
        joined = np.where(joins, rng.integers(10, self.steps - 2, self.customers), self.steps)
        level = self.rate * rng.gamma(2.0, 0.5, self.customers) * (1 + self.gap * joins)
        step = np.arange(self.steps)
        age = np.maximum(step - started[:, None], 0)
        season = np.exp(0.4 * np.sin(2 * np.pi * step / 13))
        since = step - joined[:, None]
        mean = level[:, None] * season * np.exp(-0.05 * age) * (1 + self.effect * (since > 0))
        mean = mean * np.where(joins[:, None], (1 + self.drift) ** step, 1.0)
        bought = rng.poisson(mean).astype(float)
        price = rng.gamma(4.0, 5.0, bought.shape)
        revenue = bought * price
        return People(
            started=started,
            joined=joined,
            outcomes={"purchases": bought, "revenue": revenue, "gross_profit": 0.4 * revenue},
            cluster=np.arange(self.customers),
        )
