from __future__ import annotations

import numpy as np
import pytest

from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.catalogue import CATEGORIES, GIFTS, PRODUCTS, catalogue, product_ids
from retention_lib.stores.simulation.stage import Catalogue


@pytest.fixture
def goods() -> Catalogue:
    return catalogue(Simulation())


def test_catalogue_eight_categories_about_sixty_products(goods: Catalogue) -> None:
    assert len(goods.categories) == len(set(goods.categories)) == 8
    assert 55 <= len(goods.price) <= 65
    assert goods.categories[GIFTS] == "toys and gifts"
    assert sum(one.share for one in CATEGORIES) == pytest.approx(1)


def test_catalogue_products_stand_by_category(goods: Catalogue) -> None:
    assert (np.diff(goods.category) >= 0).all()
    assert np.bincount(goods.category).min() >= 5


def test_catalogue_popularity_sums_to_one_in_each_category(goods: Catalogue) -> None:
    assert np.bincount(goods.category, weights=goods.popularity) == pytest.approx(np.ones(8))


def test_catalogue_prices_are_whole_roubles_and_above_cost(goods: Catalogue) -> None:
    assert (goods.price % 100 == 0).all()
    assert (goods.price > 0).all()
    assert ((goods.cost > 0) & (goods.cost < 1)).all()


def test_catalogue_every_companion_is_found_and_another_product(goods: Catalogue) -> None:
    wanted = np.array([bool(product.companion) for product in PRODUCTS])
    assert ((goods.companion >= 0) == wanted).all()
    assert (goods.companion != np.arange(len(goods.price))).all()
    assert wanted.sum() >= 15


def test_catalogue_products_used_up_in_several_categories(goods: Catalogue) -> None:
    used_up = goods.interval > 0
    assert len(np.unique(goods.category[used_up])) >= 3
    assert goods.interval[used_up].min() >= 20
    assert goods.interval[used_up].max() <= 60


def test_catalogue_textiles_come_back_oftenest(goods: Catalogue) -> None:
    assert goods.categories[goods.category[goods.returns.argmax()]] == "textiles"


def test_catalogue_switched_off_pairs_and_replenishment() -> None:
    goods = catalogue(Simulation(sizes=Sizes(pairs=0, replenishment=0)))
    assert (goods.companion == -1).all()
    assert (goods.interval == 0).all()


def test_catalogue_same_for_every_seed(goods: Catalogue) -> None:
    assert (catalogue(Simulation(seed=7)).price == goods.price).all()


def test_product_ids_one_a_product(goods: Catalogue) -> None:
    assert product_ids(goods)[:2] == ("P0001", "P0002")
    assert len(set(product_ids(goods))) == len(goods.price)
