"""What a shop might do instead of the playbook: write to everybody for the same money, to the silent, or to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from retention_lib.stores.simulation.members import ListRule, Members, Standing
from retention_lib.stores.simulation.messages import EMAIL, MESSAGE_COST
from retention_lib.stores.simulation.stage import LIST_ARMS, Bools

SILENT_DAYS = 30
"""Days of silence from which on the usual rule sends a coupon."""

_TEN = 10 * 3_600


def _sent(standing: Standing, chosen: Bools, offer: str) -> Members:
    """E-mails of the first morning to those chosen; nobody is left alone."""
    count = standing.people.count
    return Members(
        offer=np.where(chosen, LIST_ARMS.index(offer), -1),
        treated=chosen,
        day=np.full(count, standing.campaign.start),
        second=np.full(count, _TEN),
        channel=np.full(count, EMAIL),
    )


def _reachable(standing: Standing) -> Bools:
    """Who has bought and agreed to e-mails."""
    return np.asarray((standing.count > 0) & standing.people.email_consent)


@dataclass(frozen=True, kw_only=True)
class Everybody:
    """An e-mail without an offer to all, in an order by chance, as far as the money of the month goes.

    Attributes:
        money: What the playbook too may spend in the month.
    """

    money: float

    def __call__(self, standing: Standing) -> Members:
        """The members in a block."""
        reachable = np.flatnonzero(_reachable(standing))
        most = int(100 * self.money / MESSAGE_COST[EMAIL])
        chosen = np.zeros(standing.people.count, dtype=np.bool_)
        chosen[standing.rng.permutation(reachable)[:most]] = True
        return _sent(standing, chosen, "letter")


@dataclass(frozen=True, kw_only=True)
class Silent:
    """20 % off for whoever has not bought for 30 days, once in a silence.

    Attributes:
        written: The day of the last purchase before the last coupon, by block (days).
    """

    written: dict[int, np.ndarray] = field(default_factory=dict)

    def __call__(self, standing: Standing) -> Members:
        """The members in a block."""
        before = self.written.get(standing.block, np.full(standing.people.count, -1))
        silent = standing.campaign.start - standing.last >= SILENT_DAYS
        chosen = _reachable(standing) & silent & (standing.last > before)
        self.written[standing.block] = np.where(chosen, standing.last, before)
        return _sent(standing, chosen, "discount20")


def everybody(money: Mapping[str, float]) -> dict[str, ListRule]:
    """One list a month to everybody.

    Args:
        money: What may be spent, by the name of the month's list.
    """
    return {name: Everybody(money=spent) for name, spent in money.items()}


def silent(names: Iterable[str]) -> dict[str, ListRule]:
    """One list a month to those who have fallen silent.

    Args:
        names: The names of the months' lists.
    """
    rule = Silent()
    return dict.fromkeys(names, rule)
