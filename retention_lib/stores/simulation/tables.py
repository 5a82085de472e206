"""What is written of a block, and of the whole store once all blocks are told: who makes which table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_lib.stores.simulation import (
    costs,
    customers,
    experiments,
    ledger,
    messages,
    sales,
    truth,
    visits,
    voices,
)
from retention_lib.stores.simulation.effects import TruthSums, days_table, effects_table

if TYPE_CHECKING:
    import pyarrow as pa

    from retention_lib.stores.simulation.costs import CostSums
    from retention_lib.stores.simulation.stage import Shop
    from retention_lib.stores.simulation.story import Story

TRUTH = "truth"
"""The folder of the tables that no shop has."""

MAKERS: Mapping[str, Callable[[Story], pa.Table]] = {
    "transactions": sales.transactions,
    "customers": customers.customers,
    "identities": customers.identities,
    "service": voices.service,
    "loyalty_events": ledger.loyalty_events,
    "contacts": messages.contacts,
    "assignments": experiments.assignments,
    "redemptions": experiments.redemptions,
    "outcomes": experiments.outcomes,
    "web_events": visits.web_events,
    "feedback": voices.feedback,
}
"""The tables of the contract that are made block by block; `costs` is the sum of all."""


@dataclass(frozen=True, kw_only=True)
class BlockSums:
    """What is added up over all blocks, in their order.

    Attributes:
        costs: For the monthly costs.
        truth: For the true effects and the days.
    """

    costs: CostSums
    truth: TruthSums

    def added(self, other: BlockSums) -> BlockSums:
        """The sums of two neighbouring groups of blocks."""
        return BlockSums(costs=self.costs.added(other.costs), truth=self.truth.added(other.truth))


@dataclass(frozen=True, kw_only=True)
class BlockTables:
    """What is written of a block.

    Attributes:
        tables: Tables by place: `transactions`, `truth/customers`.
        sums: What is added up.
    """

    tables: dict[str, pa.Table]
    sums: BlockSums


def block_tables(story: Story) -> BlockTables:
    """The tables of a block and what is added up over all."""
    known = truth.truth(story)
    tables = {name: make(story) for name, make in MAKERS.items()}
    paid = costs.cost_sums(story, contacts=tables["contacts"], loyalty_events=tables["loyalty_events"])
    hidden = {f"{TRUTH}/{name}": table for name, table in known.tables.items()}
    return BlockTables(tables=tables | hidden, sums=BlockSums(costs=paid, truth=known.sums))


def closing_tables(shop: Shop, sums: BlockSums) -> dict[str, pa.Table]:
    """The tables made of all blocks' sums, by place."""
    return {
        "costs": costs.costs(shop, sums.costs),
        f"{TRUTH}/effects": effects_table(sums.truth),
        f"{TRUTH}/days": days_table(shop, sums.truth),
    }
