"""How often the interval of the adjusted late-delivery difference covers the truth, and the raw one misses it.

A case is a store with a seed, the default sizes and the tables a shop has. The truth is that of the same late
customers: whether each buys within 90 days of the promised day in the world in which every first delivery is late, and
in the one in which every one is on time, with the same random numbers. Beside it stands the same store with the
unmeasured confounder on, where nothing that a shop knows can make the two groups alike: how often its page claims a
difference all the same, how often the interval still covers, and whether the page is careful then.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
import numpy as np
import pyarrow as pa
from studies.cases import Result
from studies.fits import share
from studies.study import Found, Study

from retention_lib.estimates import Estimate
from retention_lib.measures.first_orders import first_orders
from retention_lib.measures.purchases import purchase_days
from retention_lib.models.late_delivery import HORIZON_DAYS, LateDelivery, late_delivery
from retention_lib.reports.findings import finding
from retention_lib.reports.words import Words
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.graded import LATE
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.stage import Bools
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.tables import MAKERS

CASES = 200
CUSTOMERS = 3_000
CONFOUNDED = 0.8
"""The size of the unmeasured confounder where it is on."""

FIGURES = {
    "late_delivery_coverage": "covered",
    "late_delivery_raw_misses": "raw_missed",
    "late_delivery_placebo_rejections": "placebo_rejected",
    "late_delivery_confounded_careful": "careful",
    "late_delivery_confounded_claimed": "confounded_claimed",
    "late_delivery_confounded_coverage": "confounded_covered",
}
"""What a case says, by the figure that is its share of stores."""

_AGAINST = ("placebo_rejected", "confounded_claimed")
"""What a store that died counts as: what speaks against the model does, and nothing that speaks for it."""

_FIRST_SEED = 9_000
_CHUNK = 10


def covered(case: int, *, customers: int = CUSTOMERS) -> Result:
    """Whether the intervals of a store cover its truth, and how careful its page is with the confounder on.

    Args:
        case: The number of the case.
        customers: Customers of the store (count).
    """
    told = _told(case, customers, Sizes())
    found = delivery_of(told)
    truth = true_difference(told)
    confounded = _told(case, customers, Sizes(unmeasured_confounder=CONFOUNDED))
    hidden = delivery_of(confounded)
    return {
        "truth": truth,
        **{name: getattr(found.difference, name) for name in ("value", "low", "high", "claimed", "reason")},
        "late": found.late,
        "raw": found.raw.value,
        "covered": _covers(found.difference, truth),
        "raw_missed": not _covers(found.raw, truth),
        "placebo_rejected": not _covers(found.placebo, 0.0),
        "placebo_p": found.placebo.p,
        **_of_confounded(hidden, true_difference(confounded)),
    }


def _of_confounded(hidden: LateDelivery, truth: float) -> Result:
    """What the model makes of a store with the confounder on."""
    return {
        "careful": not hidden.difference.claimed or _says_e_value(hidden),
        "confounded_claimed": hidden.difference.claimed,
        "confounded_covered": _covers(hidden.difference, truth),
        "confounded_placebo_rejected": not _covers(hidden.placebo, 0.0),
        "confounded_value": hidden.difference.value,
        "confounded_truth": truth,
    }


def _told(case: int, customers: int, sizes: Sizes) -> Story:
    simulation = Simulation(customers=customers, seed=_FIRST_SEED + case, sizes=sizes)
    return tell_story(open_shop(simulation), 0)


def delivery_of(told: Story) -> LateDelivery:
    """What the model says of a store by the tables of its shop, orders before refunds as in the truth."""
    simulation = told.shop.simulation
    tables = {name: ibis.memtable(_plain(MAKERS[name](told))) for name in ("transactions", "customers")}
    sold = tables["transactions"]
    sold = sold.filter(sold.customer_id.notnull(), sold.amount > 0).cache()
    until = simulation.until + timedelta(days=1)
    orders = first_orders(
        sold, purchase_days(sold, until=until), tables["customers"], start=simulation.first_day, until=until
    )
    found = late_delivery(orders, rng=np.random.default_rng(simulation.seed))
    if not isinstance(found, LateDelivery):
        raise TypeError(f"a simulated store is large enough for its late deliveries, but: {found}")
    return found


def _says_e_value(found: LateDelivery) -> bool:
    """Whether the sentence on the page tells what something unseen would have to be like."""
    words = Words()
    return f"{words.number(found.e_value, 1)} times likelier" in finding(found, words).sentence


def _plain(table: pa.Table) -> pa.Table:
    """A table with texts instead of codes."""
    for place, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.string()))
    return table


def true_difference(told: Story) -> float:
    """The difference that lateness makes to those who were late and had not bought again by the promised day.

    Args:
        told: A store of one block.
    """
    late, on_time = (_bought(told, arm) for arm in ("late", "on_time"))
    age = told.occasions.day - told.people.first_promised[told.occasions.customer]
    early = np.zeros(told.people.count, dtype=bool)
    again = told.occasions.day > told.people.acquired[told.occasions.customer]
    early[told.occasions.customer[late & again & (age <= 0)]] = True
    followed = told.people.first_promised + HORIZON_DAYS < told.shop.calendar.days
    subjects = told.people.late & followed & ~early
    inside = (age > 0) & (age <= HORIZON_DAYS)
    counts = [
        len(np.unique(told.occasions.customer[bought & inside & subjects[told.occasions.customer]]))
        for bought in (late, on_time)
    ]
    return float((counts[0] - counts[1]) / subjects.sum())


def _bought(told: Story, arm: str) -> Bools:
    """Which occasions happen in a world of the late first delivery."""
    worlds = [(one.effect, one.arm) for one in told.occasions.worlds]
    return ((told.occasions.bought >> np.uint64(worlds.index((LATE, arm)))) & np.uint64(1)) > 0


def _covers(found: Estimate, truth: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= truth <= found.high


def figures(results: list[Result]) -> list[Found]:
    """The `FIGURES`, each a share of stores."""
    return [
        _found(figure, [bool(result.get(name, name in _AGAINST)) for result in results])
        for figure, name in FIGURES.items()
    ]


def _found(figure: str, held: list[bool]) -> Found:
    part = share(sum(held), len(held))
    return Found(name=figure, value=part.value, low=part.low or 0.0, high=part.high or 0.0, n=len(held))


def failures(results: list[Result]) -> list[Result]:
    """The cases whose interval does not cover, or whose page is not careful."""
    return [result for result in results if not (result.get("covered") and result.get("careful"))]


STUDY = Study(
    target="studies.late_delivery_coverage:covered", cases=CASES, figures=figures, failures=failures, chunk=_CHUNK
)
