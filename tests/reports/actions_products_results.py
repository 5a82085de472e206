"""Results about products whose numbers are known by hand."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.hits import HitRates, hit_rates
from retention_lib.models.actions.intervals import ProductIntervals
from retention_lib.models.actions.pairs import ProductPairs


class Hits:
    """Of 1,000 customers both lists hit 500, the own one 300 more and the popular one 100 more."""

    both, ranked_only, popular_only, neither = 500, 300, 100, 100
    ranked_bought, popular_bought = 3000, 1500
    nameable, active, named, products = 1_140, 1_200, 60, 240
    cut, until, learned_on = date(2026, 6, 1), date(2026, 7, 1), date(2026, 5, 2)


def rates(**counts: int) -> HitRates:
    """80 % against 60 %: a third more."""
    hits = Hits()
    for name, count in counts.items():
        setattr(hits, name, count)
    found = hit_rates(hits)
    assert isinstance(found, HitRates)
    return found


def even_rates() -> HitRates:
    """The popular products hit as many."""
    return rates(ranked_only=100)


def worse_rates() -> HitRates:
    """The popular products hit more."""
    return rates(ranked_only=20)


def pairs(*names: tuple[str, str], by: str = "product_id") -> ProductPairs:
    """Coffee and filters 7.5 times as often as by chance, and weaker pairs."""
    named = names or (("coffee", "filters"), ("pan", "spatula"), ("tea", "honey"))
    rows = [
        {
            "first": first,
            "then": then,
            "first_category": "kitchen" if by == "product_id" else first,
            "then_category": "kitchen" if by == "product_id" else then,
            "customers": 400,
            "together": 150,
            "same_day": 120,
            "confidence": 0.375,
            "expected": 0.05 * (place + 1),
            "lift": 7.5 / (place + 1),
            "low": 6.6 / (place + 1),
            "high": 8.5 / (place + 1),
            "p": 1e-20,
            "p_adjusted": 1e-18,
        }
        for place, (first, then) in enumerate(named)
    ]
    return ProductPairs(
        table=pd.DataFrame(rows),
        looked_at=39_800,
        supported=1_200,
        support=20,
        confidence=0.05,
        lift=1.2,
        level=0.05,
        within_days=14,
        items=200,
        of_items=25_000,
        customers=100_000,
        of_customers=1_000_000,
        by=by,
    )


def category_pairs() -> ProductPairs:
    """The same by category."""
    return pairs(("coffee", "tea"), by="category")


def intervals(*names: str, needed: float = 2.4) -> ProductIntervals:
    """Milk after 7, 13 and 29 days, and others after longer."""
    rows = [
        {
            "product": name,
            "category": "dairy" if place % 2 == 0 else "",
            "buyers": 1_000,
            "customers": 700,
            "gaps": 6_000 // (place + 1),
            "repeat_share": 0.7,
            "days_25": 7.1 * (place + 1),
            "days_50": 13.2 * (place + 1),
            "days_75": 29.4 * (place + 1),
            "raw_days_25": 7.0 * (place + 1),
            "raw_days_50": 13.0 * (place + 1),
            "raw_days_75": 29.0 * (place + 1),
            "low": 12.0 * (place + 1),
            "high": 14.5 * (place + 1),
            "own_gaps_needed": needed,
        }
        for place, name in enumerate(names or ("milk", "bread", "coffee"))
    ]
    return ProductIntervals(
        table=pd.DataFrame(rows),
        least=20,
        products=2_000,
        period_days=365,
        customers=100_000,
        of_customers=1_000_000,
    )


def alike_intervals() -> ProductIntervals:
    """Customers who do not differ in their pace."""
    return intervals("milk", needed=math.inf)


REFUSALS = (
    NotEnough("pairs_found", 0, 1),
    NotEnough("pair_support", 12, 20),
    NotEnough("product_intervals", 7, 20),
    NotEnough("customers_judged", 12, 30),
)
