"""Shares by age and factors by month are found again, and carried on as by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from models.points_past import COLUMNS, FIRST, month_lengths, steady_past

from retention_lib.models.point_triangle import NEVER, carried_on, development, triangle
from retention_lib.models.redemption_chance import scatter, scatter_of_the_same

USED, LOST = (0.1, 0.3, 0.2, 0.05), (0.05, 0.0, 0.1, 1.0)


def test_shares_and_factors_are_found_again() -> None:
    factors = np.where(np.arange(18) % 2, 1.2, 0.8)  # their mean over the last twelve months is 1 to first order
    cells = triangle(steady_past(USED, LOST, factors=factors))
    found = development(cells, np.ones(18))
    level = found.used[0, 0] / USED[0]
    assert found.used[0, :4] / np.array(USED) == pytest.approx(level)
    assert found.factors == pytest.approx(factors / level)
    expected = found.expected[-12:]
    assert (found.factors[-12:] @ expected) / expected.sum() == pytest.approx(1.0)
    assert found.lost[0, :3] == pytest.approx(LOST[:3], abs=1e-9)


def test_the_length_of_months_is_no_factor() -> None:
    lengths = month_lengths(18)
    found = development(triangle(steady_past(USED, LOST, factors=lengths)), lengths)
    assert found.factors == pytest.approx(1.0)
    assert found.used[0, :4] == pytest.approx(USED)


def test_places_in_the_triangle() -> None:
    cells = triangle(steady_past(USED, LOST))
    assert (cells.months, cells.ages, cells.groups, cells.first) == (18, 5, (6,), FIRST)
    assert cells.redemptions == 2 * 10 * (18 + 17 + 16 + 15)
    assert cells.known.tolist() == [5]  # seen of all cohorts but the youngest, 50 customers a bucket
    assert cells.open.sum(axis=0)[0, :15] == pytest.approx(0.0, abs=1e-9)
    assert cells.open[0, 0, 17] == pytest.approx(850.0)  # 1000 - 100 - 50
    assert cells.open[0, 0, 16] == pytest.approx(595.0)  # 850 - 255
    assert cells.alive[0, 0, 16] == pytest.approx([1000.0, 850.0, 0.0, 0.0, 0.0])
    assert cells.open_at(3)[0, 0, :4] == pytest.approx([595.0 - 0.3 * 595, 595.0, 850.0, 0.0])


def test_ages_count_as_known_from_thirty_customers() -> None:
    rows = steady_past(USED, LOST, buckets=1)
    few = rows["cohort"] < FIRST + 15
    rows.loc[few, "customers"] = np.minimum(rows.loc[few, "customers"], 1)
    assert triangle(rows).known.tolist() == [3]  # 15 customers in all are seen at the age of three months
    rows["customers"] *= 2
    assert triangle(rows).known.tolist() == [4]  # 30 at three months, 28 at four


def test_validities_with_few_points_join_their_neighbour() -> None:
    parts = [steady_past(USED, LOST, validity=months, credited=points) for months, points in ((1, 1000), (6, 1000))]
    small = [steady_past(USED, LOST, validity=months, credited=10) for months in (2, 5, NEVER)]
    cells = triangle(pd.concat([*parts, *small]))
    assert cells.groups == (1, 6)
    assert cells.credited.sum(axis=(0, 2)) == pytest.approx([18 * 2 * 1020, 18 * 2 * 1010])


def test_points_are_carried_on_by_hand() -> None:
    shares = {"used": np.array([[0.9, 0.2, 0.5]]), "lost": np.array([[0.0, 0.3, 0.5]])}
    points, ages, path = np.array([[100.0, 40.0]]), np.array([1, 2]), np.array([1.0, 0.5, 1.0])
    told = carried_on(points, ages, path, **shares, known=np.array([3]))
    # 100 at age 1: 20 used, 30 lost; then, at half the rate, 12.5 of 50 used and 25 lost. 40 at age 2: all gone.
    assert told[0, 0] == pytest.approx([20.0, 12.5, 0.0, 12.5])
    assert told[0, 1] == pytest.approx([20.0, 0.0, 0.0, 0.0])
    beyond = carried_on(points, ages, path, **shares, known=np.array([2]))
    assert beyond[0] == pytest.approx(np.array([[20.0, 0.0, 0.0, 50.0], [0.0, 0.0, 0.0, 40.0]]))


def test_no_more_is_used_than_there_is() -> None:
    told = carried_on(
        np.array([[10.0]]),
        np.array([0]),
        np.array([5.0]),
        used=np.array([[0.4]]),
        lost=np.array([[0.9]]),
        known=np.array([1]),
    )
    assert told.ravel() == pytest.approx([10.0, 0.0])


def test_scatter_is_that_of_redemptions_all_at_once() -> None:
    # Each of many customers has 100 points from every month and uses them all in the next one with a chance of 5 %,
    # so that the sum of a bucket has a variance of 100 x .95 times its mean.
    rng, rows = np.random.default_rng(1), []
    for cohort in range(24):
        used = rng.binomial(200, 0.05, 100) * 100.0
        for bucket in range(100):
            rows.append((bucket, 2, FIRST + cohort, 0, 200, 20_000.0, 0.0, 0.0, 0))
            if cohort < 23:
                rows.append((bucket, 2, FIRST + cohort, 1, 0, 0.0, used[bucket], 20_000 - used[bucket], 1))
    cells = triangle(pd.DataFrame(rows, columns=COLUMNS).assign(until="2026-01-01"))
    found = development(cells, np.ones(24))
    assert scatter(cells, found, np.ones(24), span=2) == pytest.approx(95, rel=0.1)
    # Who uses points is drawn anew each month here: nothing is shared with the past.
    same = scatter_of_the_same(cells, found, np.ones(24), span=2, rng=rng)
    assert same == pytest.approx(95, rel=0.35)


def test_scatter_of_customers_who_never_change_is_in_the_shares_already() -> None:
    # One customer in twenty uses all points every month, the others none ever: the past tells the future of a bucket.
    rng, rows = np.random.default_rng(1), []
    users = rng.binomial(200, 0.05, 100) * 100.0
    for cohort in range(24):
        for bucket in range(100):
            rows.append((bucket, 2, FIRST + cohort, 0, 200, 20_000.0, 0.0, 0.0, 0))
            if cohort < 23:
                rows.append((bucket, 2, FIRST + cohort, 1, 0, 0.0, users[bucket], 20_000 - users[bucket], 1))
    cells = triangle(pd.DataFrame(rows, columns=COLUMNS).assign(until="2026-01-01"))
    found, lengths = development(cells, np.ones(24)), np.ones(24)
    apart = scatter(cells, found, lengths, span=2)
    assert apart == pytest.approx(95, rel=0.25)
    # A quarter of what buckets differ by is left at least.
    assert scatter_of_the_same(cells, found, lengths, span=2, rng=rng) == pytest.approx(apart / 4, rel=0.05)


def test_the_past_of_a_triangle_is_what_was_seen_then() -> None:
    past, then = triangle(steady_past(USED, LOST)).before(12), triangle(steady_past(USED, LOST, months=12))
    assert past.months == then.months == 12
    for name in ("customers", "credited", "redeemed", "lost", "alive", "open"):
        assert getattr(past, name) == pytest.approx(getattr(then, name)), name
