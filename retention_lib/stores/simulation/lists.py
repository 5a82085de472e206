"""The lists of the shop's last months: who was written to on the first days of a month, and who by chance was not.

A list is named by its scenario and the month of sending. Its rule knows what the shop knows on the first morning of the
month. Nobody is in two lists of a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.campaigns import month_start
from retention_lib.stores.simulation.members import ListRule, Members, Standing
from retention_lib.stores.simulation.stage import LIST_ARMS, Bools, Campaign, Floats

TREATED_SHARE = 0.8
"""The share of a list that is written to."""

SEND_DAYS = 7
"""The first days of a month, on which its lists are sent."""

RECENT_DAYS, SILENT_DAYS = 31, 120
"""Who bought within so many days is recent; who did not, but within so many, is silent."""

CART_SHARE = 0.3
"""The share of recent customers with several orders whom the list of abandoned carts takes."""

OFFERS_OF_LISTS = {"welcome": "free_delivery", "reactivation": "discount20", "abandoned_cart": "letter"}
"""The scenarios of the past lists, and what their treated get (`LIST_ARMS`)."""

_HOUR = 3_600
_FROM, _TO = 10 * _HOUR, 12 * _HOUR
_EMAIL = 0


def list_plan(simulation: Simulation) -> tuple[Campaign, ...]:
    """The lists of the last months of the window, by start and name."""
    months = range(simulation.months - simulation.lists, simulation.months)
    return tuple(
        Campaign(
            id=list_name(simulation, scenario, month),
            kind="list",
            start=month_start(simulation, month),
            arms=LIST_ARMS,
        )
        for month in months
        for scenario in sorted(OFFERS_OF_LISTS)
    )


def list_name(simulation: Simulation, scenario: str, month: int) -> str:
    """What a list is called: `reactivation_2026_06`.

    Args:
        simulation: The settings.
        scenario: Its scenario.
        month: Months since the shop's first (count).
    """
    return f"{scenario}_{simulation.first_month.shift(month).start:%Y_%m}"


def list_rules(simulation: Simulation) -> Mapping[str, ListRule]:
    """The rule of each list of the last months."""
    months = range(simulation.months - simulation.lists, simulation.months)
    return {
        list_name(simulation, scenario, month): PastList(scenario=scenario, offer=LIST_ARMS.index(offer))
        for month in months
        for scenario, offer in OFFERS_OF_LISTS.items()
    }


@dataclass(frozen=True, kw_only=True)
class PastList:
    """The rule of a past list.

    Attributes:
        scenario: Its scenario, from `OFFERS_OF_LISTS`.
        offer: What the treated get (code of `LIST_ARMS`).
    """

    scenario: str
    offer: int

    def __call__(self, standing: Standing) -> Members:
        """The members in a block: each a time of sending of its own, treated or not by chance."""
        taken, side, day, second = standing.rng.random((4, standing.people.count))
        return Members(
            offer=np.where(self._chosen(standing, taken), self.offer, -1),
            treated=side < TREATED_SHARE,
            day=standing.campaign.start + (SEND_DAYS * day).astype(np.int64),
            second=(_FROM + (_TO - _FROM) * second).astype(np.int64),
            channel=np.full(standing.people.count, _EMAIL),
        )

    def _chosen(self, standing: Standing, taken: Floats) -> Bools:
        """Who agreed to e-mails and is where the scenario looks for customers."""
        silence = standing.campaign.start - standing.last
        recent, once = silence <= RECENT_DAYS, standing.count == 1
        found = {
            "welcome": recent & once,
            "reactivation": ~recent & (silence <= SILENT_DAYS),
            "abandoned_cart": recent & ~once & (taken < CART_SHARE),
        }
        return np.asarray(standing.people.email_consent & (standing.count > 0) & found[self.scenario])
