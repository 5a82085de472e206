"""Results about the ledger of points, with numbers by hand, for sentences and charts."""

from __future__ import annotations

import pandas as pd

from retention_lib.models.points import OpenPoints, PointsLedger, points_ledger

LEDGER = (
    *("month", "opening", "earned", "granted", "adjusted", "burned", "reversed", "expired", "forfeited"),
    *("outstanding", "overdrawn", "expired_by_date", "forfeited_by_date", "members"),
)
MONTHS = (
    ("2017-10", 0, 500, 1_500, 0, 100, 0, 0, 0, 1_900, 0, 0, 0, 40),
    ("2017-11", 1_900, 600, 400, -10, 150, 40, 900, 50, 1_750, 0, 0, 0, 48),
    ("2017-12", 1_750, 700, 1_300, 20, 250, 20, 500, 0, 3_000, 0, 0, 0, 60),
)
OPEN = (
    ("age", 30.0, 1_500.0, 50),
    ("age", 90.0, 900.0, 30),
    ("age", 180.0, 600.0, 20),
    ("all", None, 3_000.0, 55),
    ("expiry", 30.0, 600.0, 31),
    ("expiry", 90.0, 1_500.0, 40),
    ("expiry", float("inf"), 900.0, 12),
)
REASONS = (
    ("earn", "purchase", 120, 58, 1_800.0, 400.0, 60.0, 200.0, 0.0, 1_140.0),
    ("grant", "welcome", 60, 60, 3_200.0, 100.0, 0.0, 1_200.0, 50.0, 1_850.0),
)
GRANTED = ("kind", "reason", "lots", "members", "points", "burned", "reversed", "expired", "forfeited", "left")


def ledger(
    months: tuple[tuple[object, ...], ...] = MONTHS, held: tuple[tuple[object, ...], ...] = OPEN
) -> PointsLedger:
    told = points_ledger(
        pd.DataFrame(list(months), columns=list(LEDGER)),
        pd.DataFrame(list(REASONS), columns=list(GRANTED)),
        pd.DataFrame(list(held), columns=["by", "days", "points", "members"]).astype({"days": "float64"}),
    )
    assert isinstance(told, PointsLedger)
    return told


def open_points() -> OpenPoints:
    return ledger().open


def broken() -> PointsLedger:
    """A ledger that has lost five points on the way."""
    last = (*MONTHS[2][:9], 2_995, *MONTHS[2][10:])
    return ledger((*MONTHS[:2], last))


def with_gaps() -> PointsLedger:
    """Points that lapsed without an entry, and points taken that nobody was credited with."""
    last = ("2017-12", 1_750, 700, 1_300, 20, 250, 20, 500, 0, 3_000, 70, 90, 30, 60)
    held = (*(row for row in OPEN if row[0] != "all"), ("all", None, 3_070.0, 55), ("overdrawn", None, 70.0, 2))
    return ledger((*MONTHS[:2], last), held)


def undated() -> PointsLedger:
    """Points that never lapse, and none that ended."""
    months = (("2017-12", 0, 700, 300, 0, 0, 0, 0, 0, 1_000, 0, 0, 0, 60),)
    return ledger(months, (("all", None, 1_000.0, 55), ("age", 30.0, 1_000.0, 55), ("expiry", None, 1_000.0, 55)))


def quiet() -> PointsLedger:
    """A programme in which nothing happens any more."""
    return ledger((("2017-12", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),), ())
