"""A shop opened for the simulation, and the story of a block of its customers."""

from __future__ import annotations

from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.baskets import baskets
from retention_lib.stores.simulation.buying import bought, worlds
from retention_lib.stores.simulation.calendar import calendar
from retention_lib.stores.simulation.campaigns import campaign_plan, month_start, programme_month
from retention_lib.stores.simulation.catalogue import catalogue
from retention_lib.stores.simulation.lists import list_plan, list_rules
from retention_lib.stores.simulation.orders import orders
from retention_lib.stores.simulation.people import people
from retention_lib.stores.simulation.stage import BLOCK, Shop, random_stream
from retention_lib.stores.simulation.story import Story


def open_shop(simulation: Simulation) -> Shop:
    """What all blocks of a simulation share."""
    goods = catalogue(simulation)
    rng = random_stream(simulation, "calendar")
    plan = (*campaign_plan(simulation), *list_plan(simulation))
    return Shop(
        simulation=simulation,
        calendar=calendar(simulation, rng, categories=len(goods.categories)),
        catalogue=goods,
        campaigns=tuple(sorted(plan, key=lambda campaign: (campaign.start, campaign.id))),
        lists=list_rules(simulation),
        programme_start=month_start(simulation, programme_month(simulation)),
    )


def block_count(simulation: Simulation) -> int:
    """Blocks of a simulation (count)."""
    return -(-simulation.customers // BLOCK)


def tell_story(shop: Shop, block: int, *, count: int | None = None, only_what_happened: bool = False) -> Story:
    """Everything about a block.

    Args:
        shop: What all blocks share.
        block: The block's number, from 0.
        count: Customers; those the block has in the simulated store if omitted. For a superpopulation, whose blocks
            have numbers beyond the store's.
        only_what_happened: Leave the other worlds out, and with them the truth about effects.
    """
    who = people(shop, block, count=count)
    told = bought(shop, block, who, told=worlds(shop)[:1] if only_what_happened else None)
    baskets_of = baskets(shop, block, who, told.occasions)
    return Story(
        shop=shop,
        block=block,
        people=who,
        occasions=told.occasions,
        fates=told.fates,
        baskets=baskets_of,
        orders=orders(shop, block, who, told.occasions, told.fates, baskets_of),
    )
