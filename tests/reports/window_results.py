"""Results of when a customer is gone, made by the models from small hand data."""

from __future__ import annotations

from datetime import date

import pandas as pd
from reports import results as made

from retention_lib.models.definitions import RetentionDefinitions, retention_definitions
from retention_lib.models.lapse import LapseWindow, ReturnChance, lapse_window, return_chance
from retention_lib.models.returning import ReturnsByPurchases, returns_by_purchases
from retention_lib.models.staying import Staying, staying
from retention_lib.models.window_groups import By, WindowGroups, window_groups

CUTOFF = date(2017, 10, 1)


def slow_rhythm(*, unreached: int = 20) -> LapseWindow:
    """Of 100 customers 60 have 10 days, so many are known to be slower than 90, the rest have 30."""
    gaps = pd.DataFrame(
        {"gap_p80": [10, 30, 90], "reached": [True, True, False], "customers": [60, 40 - unreached, unreached]}
    )
    return made.made(lapse_window(gaps, customers_known=150), LapseWindow)


def groups(*rows: tuple[str, int, int], by: By = "purchases") -> WindowGroups:
    """Groups of customers who all have the same gap; the store's own window is 28 days."""
    rows = rows or (("13+", 7, 400), ("4-6", 90, 60), ("7-12", 28, 40))
    frame = pd.DataFrame(rows, columns=["group", "gap_p80", "customers"]).assign(reached=True)
    return made.made(window_groups(frame, window=made.window(), by=by), WindowGroups)


def chance(*shares: float) -> ReturnChance:
    """Sixty of a hundred beyond the window back, as many windows earlier such shares of a hundred."""
    days = [date(2017, 9 - place, 1) for place in range(len(shares))][::-1]
    earlier = pd.DataFrame({"cutoff": days, "customers": 100, "returned": [round(100 * share) for share in shares]})
    frame = pd.DataFrame({"silence_days": [10, 29, 100], "customers": [100, 40, 60], "returned": [90, 30, 30]})
    found = return_chance(frame, lapse_days=28, horizon_days=90, cutoff=CUTOFF, earlier=earlier)
    return made.made(found, ReturnChance)


def grid(*, many: int = 45, few: int = 6) -> ReturnsByPurchases:
    """Fifty of ten purchases and more and sixty of one are beyond the window, so many of them came back."""
    rows = [
        (10, 1, 1, 200, 150),
        (10, 10, None, 300, 290),
        (60, 1, 1, 60, few),
        (60, 4, 9, 12, 3),
        (60, 10, None, 50, many),
    ]
    columns = ["silence_days", "purchases_from", "purchases_to", "customers", "returned"]
    frame = pd.DataFrame(rows, columns=columns).astype({"purchases_to": "Int64"})
    whole = return_chance(frame, lapse_days=28, cutoff=CUTOFF)
    return made.made(returns_by_purchases(frame, chance=whole), ReturnsByPurchases)


def one_class() -> ReturnsByPurchases:
    frame = pd.DataFrame({"silence_days": [60], "purchases_from": [1], "customers": [80], "returned": [20]})
    frame = frame.assign(purchases_to=pd.array([1], "Int64"))
    whole = return_chance(frame, lapse_days=28, cutoff=CUTOFF)
    return made.made(returns_by_purchases(frame, chance=whole), ReturnsByPurchases)


def definitions(*, new: bool = True, last: int = 20) -> RetentionDefinitions:
    """Of 100 customers `last` bought in the last week, 55 in the last bracket, 70 in that week or later."""
    weeks = [(1 + 7 * place, 7 + 7 * place) for place in range(13)]
    rows = [("in_period", *week, 40) for week in weeks[:-1]] + [("in_period", 85, 91, last)]
    rows += [("on_or_after", low, 0, 80) for low, _ in weeks[:-1]] + [("on_or_after", 85, 0, 70)]
    rows += [("bracket", 1, 30, 60), ("bracket", 31, 60, 58), ("bracket", 61, 90, 55)]
    frame = pd.DataFrame(rows, columns=["definition", "from_day", "to_day", "returned"])
    frame = frame.assign(new=new, customers=100, longest_days=245)
    return made.made(retention_definitions(frame), RetentionDefinitions)


def who_stays(*, months: int = 5, lapse_days: int = 28, new: int = 0) -> Staying:
    """Two hundred came back in the first month, 140 of them to stay; 300 had stayed, 270 of them on."""
    bits = {True: (1 << months + 1) - 1, False: 0b11}
    rows = [(0, bits[True] - 1, 140), (0, 0b10, 60), (0, bits[True], 270), (0, bits[False], 30)]
    rows += [(1, bits[True] - 1, new)] if new else []
    frame = pd.DataFrame(rows, columns=["first", "active", "customers"]).assign(bought=1)
    named = [f"2020-{month + 1:02d}" for month in range(months)]
    return made.made(staying(frame, months=named, lapse_days=lapse_days), Staying)
