"""What an order is worth: own means drawn towards the others'."""

from __future__ import annotations

import numpy as np
import pytest

from retention_lib.models.actions.order_money import order_money


def test_customers_who_differ_by_chance_alone_are_all_alike() -> None:
    # Two orders each, of 5 and 15 with everybody: the means do not differ at all.
    orders = np.full(50, 2.0)
    found = order_money(orders, np.full(50, 20.0), np.full(50, 250.0), np.full(50, 8.0))
    assert np.isinf(found.credible)
    assert found.revenue.tolist() == pytest.approx([10.0] * 50)
    assert found.profit.tolist() == pytest.approx([4.0] * 50)
    # Around their mean of 10 orders vary by 50 = 2 x 25 / (2 - 1).
    assert found.spread == pytest.approx(50**0.5 / 10)


def test_buehlmann_and_straub_by_hand() -> None:
    # Three customers of two orders: 1 and 3, 5 and 7, 9 and 11. Within: (2 + 2 + 2) / 3 = 2. Between means 2, 6, 10:
    # scatter 2 x (16 + 0 + 16) = 64, less 2 x 2, over 6 - 12 / 6 = 4: 15. So k = 2 / 15 and two orders weigh
    # 2 / (2 + 2/15) = 15/16.
    orders, revenue = np.full(3, 2.0), np.array([4.0, 12.0, 20.0])
    squares = np.array([10.0, 74.0, 202.0])
    found = order_money(orders, revenue, squares, revenue / 2)
    assert found.credible == pytest.approx(2 / 15)
    assert found.revenue.tolist() == pytest.approx([6 - 4 * 15 / 16, 6.0, 6 + 4 * 15 / 16])
    assert found.profit.tolist() == pytest.approx(found.revenue / 2)


def test_simulated_customers_are_found_again() -> None:
    rng = np.random.default_rng(4)
    size = 4_000
    orders = rng.integers(1, 8, size).astype(float)
    own = rng.gamma(16, 100 / 16, size)  # means of 100 with a standard deviation of 25
    each = [rng.gamma(4, mean / 4, int(n)) for mean, n in zip(own, orders, strict=True)]  # an order: half its mean
    revenue = np.array([one.sum() for one in each])
    squares = np.array([(one**2).sum() for one in each])
    found = order_money(orders, revenue, squares, revenue * 0.4)
    # Within 0.25 x (100^2 + 25^2), between 25^2.
    assert found.credible == pytest.approx(0.25 * (100**2 + 25**2) / 25**2, rel=0.25)
    error = np.sqrt(np.mean((found.revenue - own) ** 2))
    assert error < np.sqrt(np.mean((revenue / orders - own) ** 2))
    assert error < own.std()


def test_who_never_bought_is_taken_for_the_mean_and_losses_for_nothing() -> None:
    found = order_money(
        np.array([0.0, 1.0, 1.0]), np.array([0.0, 10.0, 30.0]), np.array([0.0, 100.0, 900.0]), np.array([0.0, 2.0, 6.0])
    )
    assert found.revenue[0] == pytest.approx(20.0)
    lossy = order_money(np.ones(2), np.full(2, 10.0), np.full(2, 100.0), np.full(2, -3.0))
    assert lossy.profit.tolist() == [0.0, 0.0]


def test_nobody_bought() -> None:
    found = order_money(np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(2))
    assert found.revenue.tolist() == [0.0, 0.0]
