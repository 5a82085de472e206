"""The triangle of points by hand, against sums over lots, and what points paid."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest
from measures.tables import table
from studies.told_stores import ToldStore

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.points import PointLots, lots
from retention_lib.measures.programme import Programme, programme
from retention_lib.measures.redemption import NEVER, point_triangle, points_paid
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.shop import open_shop, tell_story

EVENTS = {
    "customer_id": "string",
    "occurred_at": "timestamp(6)",
    "event": "string",
    "points": "float64",
    "expires_at": "timestamp(6)",
    "value": "decimal(18, 4)",
}
JAN_2025 = 55 * 12


def entry(
    who: str, day: str, event: str, points: float, *, expires: str | None = None, value: float | None = None
) -> tuple[object, ...]:
    at, until = datetime.fromisoformat(day), None if expires is None else datetime.fromisoformat(expires)
    return who, at, event, points, until, value


def events(*rows: tuple[object, ...], until: date = date(2025, 5, 1)) -> Programme:
    return programme(table(rows, EVENTS), until=until)


LEDGER = (
    entry("ann", "2025-01-10", "earn", 100, expires="2025-07-09"),
    entry("ann", "2025-02-03", "redeem", -30, value=15),
    entry("ann", "2025-02-20", "redeem", -20, value=10),
    entry("ann", "2025-03-05", "grant", 50, expires="2025-04-04"),  # never used; no entry says that it expired
    entry("bob", "2025-03-15", "earn", 80),  # no expiry known
    entry("bob", "2025-04-01", "redeem", -10),  # paid what nobody wrote down
    entry("bob", "2025-04-20", "reverse", -5),
)


def cells(frame: pd.DataFrame | NotEnough) -> dict[tuple[int, int, int], tuple[float, float, float, int]]:
    """(validity, months after January 2025, age) -> credited, redeemed, lost, redemptions, over all buckets."""
    assert isinstance(frame, pd.DataFrame)
    sums = frame.groupby(["validity", "cohort", "age"])[["credited", "redeemed", "lost", "redemptions"]].sum()
    return {
        (validity, cohort - JAN_2025, age): (credited, redeemed, lost, int(entries))
        for (validity, cohort, age), (credited, redeemed, lost, entries) in zip(
            sums.index, sums.itertuples(index=False), strict=True
        )
    }


def test_triangle_by_hand() -> None:
    frame = point_triangle(lots(events(*LEDGER)))
    assert cells(frame) == {
        (6, 0, 0): (100.0, 0.0, 0.0, 0),
        (6, 0, 1): (0.0, 50.0, 0.0, 2),
        (1, 2, 0): (50.0, 0.0, 0.0, 0),
        (1, 2, 1): (0.0, 0.0, 50.0, 0),
        (NEVER, 2, 0): (80.0, 0.0, 0.0, 0),
        (NEVER, 2, 1): (0.0, 10.0, 5.0, 1),
    }
    assert set(frame["until"]) == {date(2025, 5, 1)}
    assert frame["customers"].sum() == 3  # ann twice, in two months


def test_a_month_that_is_not_over_is_left_out() -> None:
    told = cells(point_triangle(lots(events(*LEDGER, until=date(2025, 4, 25)))))
    assert told == {
        (6, 0, 0): (100.0, 0.0, 0.0, 0),
        (6, 0, 1): (0.0, 50.0, 0.0, 2),
        (1, 2, 0): (50.0, 0.0, 0.0, 0),
        (NEVER, 2, 0): (80.0, 0.0, 0.0, 0),
    }


def test_one_kind_of_points() -> None:
    told = cells(point_triangle(lots(events(*LEDGER)), kind="grant"))
    assert told == {(1, 2, 0): (50.0, 0.0, 0.0, 0), (1, 2, 1): (0.0, 0.0, 50.0, 0)}


def test_what_points_paid() -> None:
    paid = points_paid(events(*LEDGER))
    assert isinstance(paid, pd.DataFrame)
    assert paid.to_dict("records") == [{"entries": 2, "points": 50.0, "paid": 25.0}]
    longer = points_paid(events(*LEDGER, until=date(2026, 2, 10)))  # the last 365 days have one of the two
    assert isinstance(longer, pd.DataFrame)
    assert longer.to_dict("records") == [{"entries": 1, "points": 20.0, "paid": 10.0}]
    nothing = points_paid(events(LEDGER[0]))
    assert isinstance(nothing, pd.DataFrame)
    assert nothing.to_dict("records") == [{"entries": 0, "points": 0.0, "paid": 0.0}]


def test_refusals_pass() -> None:
    refusal, silent = NotEnough("points_known", 0, 1), NotAsked("points_known", 0, 1)
    assert point_triangle(refusal) is refusal
    assert points_paid(silent) is silent


@pytest.mark.parametrize("buckets", [1, 7, 100])
def test_buckets_of_a_simulated_shop_hold_all_its_points(buckets: int) -> None:
    simulation = Simulation(customers=1_000, months=14, until=date(2026, 6, 30), seed=5)
    shop = programme(ToldStore([tell_story(open_shop(simulation), 0)]).table("loyalty_events"), until=date(2026, 7, 1))
    held = lots(shop)
    assert isinstance(held, PointLots)
    frame = point_triangle(held, buckets=buckets)
    assert isinstance(frame, pd.DataFrame)
    moved = held.movements.group_by("event").aggregate(points=held.movements.points.sum()).to_pandas()
    went = moved.set_index("event")["points"].astype(float)
    assert frame["credited"].sum() == float(held.lots.points.sum().to_pandas())
    assert frame["redeemed"].sum() == went["redeem"]
    assert frame["lost"].sum() == went.sum() - went["redeem"]
    assert frame["bucket"].between(0, buckets - 1).all()
    assert frame.loc[frame["age"] > 0, ["credited", "customers"]].to_numpy().sum() == 0
    assert set(frame["validity"]) == {1, 2, 6}
