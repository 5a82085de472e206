"""Candidates that compete for what is short, and how much of it any split of them may use up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.models.actions.limits import Limit
from retention_lib.models.actions.playbook_terms import PlaybookTerms

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

BANDS = ("0", "1", "2-4", "5+")
"""Days with a purchase so far, by which lists are split evenly."""

_CLOSE = 1e-9
_EDGES = np.array([1.0, 2.0, 5.0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """Candidates that compete for what is short; arrays over them, those of a unit beside each other.

    Attributes:
        scenarios: Names.
        channels: Names.
        scenario: Place in `scenarios`.
        channel: Place in `channels`.
        cell: Scenario and channel in one number.
        unit: Number of the unit (household or customer) of each, from 0 on and never falling.
        alone: Whether every unit is one customer.
        treated: Share of the scenario's customers that is not left alone.
        worth: What decides the order, for the share that is treated.
        sending: Money of a message.
        offer_cost: Money that the offer is expected to cost.
        most: By scenario, customers on its list at most; NaN: no limit.
        channel_most: By channel, messages at most; NaN: no limit.
        campaign: By scenario, what its list itself costs.
        share: By scenario, the share treated.
    """

    scenarios: tuple[str, ...]
    channels: tuple[str, ...]
    scenario: NDArray[np.int64]
    channel: NDArray[np.int64]
    cell: NDArray[np.int64]
    unit: NDArray[np.int64]
    alone: bool
    treated: Floats
    worth: Floats
    sending: Floats
    offer_cost: Floats
    most: Floats
    channel_most: Floats
    campaign: Floats
    share: Floats

    @classmethod
    def of(cls, frame: pd.DataFrame, places: Places, terms: PlaybookTerms) -> Pool:
        """The candidates at some places of a frame.

        Args:
            frame: As in `values.Valued`.
            places: In it, ordered by unit.
            terms: The playbook in numbers.
        """
        rows = frame.iloc[places]
        scenarios, channels = (tuple(map(str, rows[name].cat.categories)) for name in ("scenario", "channel"))
        own = terms.scenarios.set_index("scenario").reindex(list(scenarios))
        scenario, channel = (rows[name].cat.codes.to_numpy().astype(np.int64) for name in ("scenario", "channel"))
        row, unit = (rows[name].to_numpy().astype(np.int64) for name in ("row", "unit"))
        number = np.cumsum(np.r_[0, np.diff(unit) != 0][: len(unit)])
        share = 1 - own["control_share"].to_numpy(dtype=float)
        return cls(
            scenarios=scenarios,
            channels=channels,
            scenario=scenario,
            channel=channel,
            cell=scenario * len(channels) + channel,
            unit=number,
            alone=not ((np.diff(row) != 0) & (np.diff(number) == 0)).any(),
            treated=share[scenario],
            worth=rows["rank"].to_numpy(dtype=float) * share[scenario],
            sending=np.nan_to_num(rows["sending"].to_numpy(dtype=float)),
            offer_cost=np.nan_to_num(rows["offer_cost"].to_numpy(dtype=float)),
            most=own["most"].to_numpy(dtype=float),
            channel_most=terms.channels.set_index("channel")["most"].reindex(list(channels)).to_numpy(dtype=float),
            campaign=np.nan_to_num(own["campaign_cost"].to_numpy(dtype=float)),
            share=share,
        )

    @property
    def units(self) -> int:
        """Units (count)."""
        return int(self.unit[-1]) + 1 if len(self.unit) else 0

    def firsts(self, live: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Of the candidates that are live, those of the scenario that comes first for their unit.

        Args:
            live: Whether each candidate may be looked at.
        """
        at = np.flatnonzero(live)
        first = np.zeros(len(live), dtype=bool)
        if at.size:
            begins = np.r_[True, np.diff(self.unit[at]) != 0]
            asked = np.zeros(self.units, dtype=np.int64)
            asked[self.unit[at[begins]]] = self.scenario[at[begins]]
            first[at] = self.scenario[at] == asked[self.unit[at]]
        return first

    def limits(self, open_: NDArray[np.bool_], *, budget: float | None, contacts: int | None) -> list[Limit]:
        """All limits there are, as if every scenario treated just its share.

        Args:
            open_: By scenario, whether it has a list.
            budget: Money; None for no limit.
            contacts: Messages; None for no limit.
        """
        every = []
        if budget is not None:
            spent = self.treated * (self.sending + self.offer_cost)
            every.append(Limit(name="budget", use=spent, most=max(0.0, budget - float(self.campaign[open_].sum()))))
        if contacts is not None:
            every.append(Limit(name="contacts", use=self.treated, most=float(contacts)))
        for code in np.flatnonzero(np.isfinite(self.channel_most)):
            use = np.where(self.channel == code, self.treated, 0.0)
            every.append(Limit(name=f"channel {self.channels[code]}", use=use, most=float(self.channel_most[code])))
        for code in np.flatnonzero(np.isfinite(self.most)):
            use = np.where(self.scenario == code, 1.0, 0.0)
            every.append(Limit(name=f"list {self.scenarios[code]}", use=use, most=float(self.most[code])))
        return every

    def worst(self, limit: Limit, chosen: NDArray[np.bool_]) -> float:
        """How much of a limit the chosen use up if chance splits them in the worst way.

        Args:
            limit: One of `limits`.
            chosen: Whether each candidate is.
        """
        if limit.name.startswith("list "):
            return float(limit.use[chosen].sum())
        # What offers cost is an expectation itself; messages are counted.
        each = self.sending if limit.name == "budget" else (limit.use > 0).astype(float)
        offers = float((self.treated * self.offer_cost)[chosen].sum()) if limit.name == "budget" else 0.0
        if self.alone:
            return offers + self._alike(each, chosen)
        cell = self.cell[chosen]
        return offers + most_treated(each[chosen], self.unit[chosen], cell, self.share[self.scenario[chosen]])

    def _alike(self, each: Floats, chosen: NDArray[np.bool_]) -> float:
        """The same where every customer is drawn alone, as all customers of a cell use up the same."""
        counts = np.bincount(self.cell[chosen], minlength=len(self.scenarios) * len(self.channels))
        sums = np.bincount(self.cell[chosen], weights=each[chosen], minlength=len(counts))
        room = np.floor(np.repeat(self.share, len(self.channels)) * counts + _CLOSE) + len(BANDS)
        return float(
            (np.minimum(room, counts) * np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)).sum()
        )


def most_treated(amount: Floats, unit: Places, cell: Places, share: Floats) -> float:
    """The most that the treated of a split may amount to.

    Args:
        amount: Of each customer, >= 0.
        unit: Who is drawn together.
        cell: Scenario and channel; each is drawn by itself, in strata of days with a purchase.
        share: Of the units that is treated, the same in a cell.

    Returns:
        The sum over the cells of the largest units: their share of all, and one more a stratum.
    """
    if not len(amount):
        return 0.0
    order = np.lexsort((unit, cell))
    begins = np.flatnonzero(np.r_[True, (np.diff(cell[order]) != 0) | (np.diff(unit[order]) != 0)])
    sums, of = np.add.reduceat(amount[order], begins), cell[order][begins]
    # The largest units of a cell first.
    largest = np.lexsort((-sums, of))
    starts = np.flatnonzero(np.r_[True, np.diff(of) != 0])
    sizes = np.diff(np.r_[starts, len(of)])
    room = np.floor(share[order][begins][starts] * sizes + _CLOSE) + len(BANDS)
    place = np.arange(len(of)) - np.repeat(starts, sizes)
    return float(sums[largest][place < np.repeat(room, sizes)].sum())


def purchase_bands(purchase_days: Floats) -> NDArray[np.int64]:
    """The place in `BANDS` of so many days with a purchase.

    Args:
        purchase_days: Counts.
    """
    return np.asarray(np.searchsorted(_EDGES, purchase_days, side="right"), dtype=np.int64)
