"""The loyalty programme as lists need it: tiers, orders since joining and points, each read when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import ibis

from retention_lib.estimates import NotEnough
from retention_lib.measures.accrual import redeeming_balances
from retention_lib.measures.point_entries import signed_points
from retention_lib.measures.points import lots
from retention_lib.measures.programme import programme
from retention_lib.measures.tier_gaps import tier_gaps, tier_orders
from retention_lib.measures.tiers import member_tiers

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir

    from retention_lib.measures.points import PointLots
    from retention_lib.measures.programme import Programme
    from retention_lib.measures.tiers import Tiers
    from retention_lib.stores.store import Store

_UNUSED = ("reason", "value")


@dataclass(frozen=True, kw_only=True, eq=False)
class Loyalty:
    """The programme of a store up to a day; everything in it is a `NotAsked` where the store has none.

    Attributes:
        store: The store.
        until: First day that is no longer seen.
        tier_names: The tiers from lowest to highest, where the parameters say so.
    """

    store: Store
    until: date
    tier_names: tuple[str, ...] = ()

    @cached_property
    def programme(self) -> Programme | NotEnough:
        """Members and entries, kept in the engine, without reasons and what points paid: no list is about these."""
        events = self.store.find("loyalty_events")
        if events is not None:
            events = events.drop(*(name for name in _UNUSED if name in events.columns))
        return programme(events, until=self.until)

    @cached_property
    def tiers(self) -> Tiers | NotEnough:
        """Who was in which tier, kept in the engine."""
        return member_tiers(self.programme, tiers=self.tier_names)

    @cached_property
    def orders(self) -> ir.Table | NotEnough:
        """What members ordered since joining, kept in the engine."""
        return tier_orders(self.programme, self.store.table("transactions"))

    @cached_property
    def gaps(self) -> pd.DataFrame | NotEnough:
        """The orders around tiers that were reached, from which `models.tier_rules` learns the rules."""
        return tier_gaps(self.tiers, self.orders)

    @cached_property
    def payments(self) -> pd.DataFrame | NotEnough:
        """What members held when they paid with points, from which `models.accrual.smallest_reward` learns."""
        return redeeming_balances(self.programme)

    def expiring(self, first: date, last: date) -> PointLots | NotEnough:
        """The lots of the members of whom something may expire in certain days, and what is left of them.

        Other members are left out before lots are matched with what was used of them, which takes its time.

        Args:
            first: First day of expiry.
            last: First day after the last one.

        Returns:
            All lots of these members, kept in the engine; NotEnough as `points.lots` has it.
        """
        known = self.programme
        if isinstance(known, NotEnough):
            return known
        expiry = known.events.expires_at
        asked = [ibis.timestamp(day.isoformat()) for day in (first, last)]
        dated = known.events.filter(known.events.points > 0, expiry >= asked[0], expiry < asked[1])
        members = known.members.filter(known.members.left.isnull()).semi_join(dated, "customer_id").cache()
        events = known.events.semi_join(members, "customer_id").cache()
        return lots(replace(known, members=members, events=events))

    @cached_property
    def balances(self) -> ir.Table | NotEnough:
        """What each member who has not left holds by the entries: `customer_id`, `balance` (points; lazy)."""
        known = self.programme
        if isinstance(known, NotEnough):
            return known
        if "points" not in known.known:
            return NotEnough("points_known", 0, 1)
        members = known.members.filter(known.members.left.isnull())
        entries = known.events.semi_join(members, "customer_id")
        signed = entries.select("customer_id", points=signed_points(entries))
        return signed.group_by("customer_id").aggregate(balance=signed.points.sum().cast("float64"))
