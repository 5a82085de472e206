"""Cells of cohorts made from the money of single customers, for the tests of cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

Customer = tuple[str, str, Mapping[int, float]]
"""First period's first day, segment, and what each age brought; an age that is there is one with a purchase."""

COLUMNS = ["segment", "cohort", "age", "customers", "active", "again", "orders", "revenue", "known_profit", "unpriced"]
SQUARES = ["known_squares", "known_by_unpriced", "unpriced_squares"]


def cells_of(customers: Iterable[Customer], *, margin: float | None = None) -> pd.DataFrame:
    """The cells of customers; with a margin each sale knows its cost, which leaves that part of it."""
    people = list(customers)
    rows = [
        {
            "segment": segment,
            "cohort": pd.Timestamp(cohort),
            "age": age,
            "active": 1,
            "again": int(place == 1),
            "orders": 1,
            "revenue": amount,
            "known_profit": 0.0 if margin is None else amount * margin,
            "unpriced": amount if margin is None else 0.0,
            **_squares([each for _, each in sorted(bought.items())][: place + 1], margin),
        }
        for cohort, segment, bought in people
        for place, (age, amount) in enumerate(sorted(bought.items()))
    ]
    sizes = pd.DataFrame(people, columns=["cohort", "segment", "bought"]).groupby(["segment", "cohort"]).size()
    frame = pd.DataFrame(rows).groupby(["segment", "cohort", "age"], as_index=False).sum()
    known = [
        int(sizes[segment, str(cohort.date())])
        for segment, cohort in zip(frame["segment"], frame["cohort"], strict=True)
    ]
    return frame.assign(customers=known)[[*COLUMNS, *SQUARES]]


def alike(cohort: str, count: int, *amounts: float, segment: str = "", spread: float = 1.0) -> list[Customer]:
    """Customers who bring these amounts at ages 0, 1, ... on the mean: half of them more, half less by `spread`."""
    return [
        (cohort, segment, {age: amount + (spread if place % 2 else -spread) for age, amount in enumerate(amounts)})
        for place in range(count)
    ]


def _squares(amounts: list[float], margin: float | None) -> dict[str, float]:
    """What the last amount adds to the square of the sum."""
    added = sum(amounts) ** 2 - sum(amounts[:-1]) ** 2
    known, unpriced = (0.0, added) if margin is None else (added * margin**2, 0.0)
    return {"known_squares": known, "known_by_unpriced": 0.0, "unpriced_squares": unpriced}
