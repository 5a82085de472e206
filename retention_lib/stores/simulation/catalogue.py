"""The products of the simulated shop: a list that every simulation has in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.stage import Catalogue

GIFTS = 6
"""The category (code) of December."""


@dataclass(frozen=True)
class Category:
    """A category of products.

    Attributes:
        name: Its name, as tables have it.
        share: Weight with which it is taken by those of another taste; sums to 1.
        returns: How much oftener its products come back than the average line of the shop, which has 1.
    """

    name: str
    share: float
    returns: float


@dataclass(frozen=True)
class Product:
    """A product.

    Attributes:
        name: What it is.
        category: Code of its category.
        price: First price, in whole roubles.
        cost: What it costs the shop, as a share of its price.
        weight: Weight with which it is taken within its category.
        days: Days after which it is used up; 0 where it is not.
        companion: Name of the product bought together with it.
    """

    name: str
    category: int
    price: int
    cost: float
    weight: float
    days: int = 0
    companion: str = ""


CATEGORIES = (
    Category("coffee", 0.14, 0.31),
    Category("tea and sweets", 0.15, 0.31),
    Category("pet food", 0.13, 0.31),
    Category("cosmetics", 0.15, 0.93),
    Category("household", 0.16, 0.52),
    Category("kitchen", 0.11, 1.35),
    Category("toys and gifts", 0.08, 1.45),
    Category("textiles", 0.08, 4.15),
)

PRODUCTS = (
    Product("ground coffee", 0, 560, 0.62, 24, 28, "paper filters"),
    Product("coffee beans", 0, 1300, 0.64, 24, 35, "machine cleaner"),
    Product("coffee capsules", 0, 770, 0.58, 18, 25, "milk frother"),
    Product("instant coffee", 0, 450, 0.63, 14),
    Product("paper filters", 0, 230, 0.48, 8, 0, "ground coffee"),
    Product("machine cleaner", 0, 600, 0.50, 5),
    Product("milk frother", 0, 1440, 0.60, 3),
    Product("cocoa", 0, 370, 0.62, 4),
    Product("black tea", 1, 370, 0.58, 18, 0, "biscuits"),
    Product("green tea", 1, 490, 0.57, 14, 0, "honey"),
    Product("herbal tea", 1, 330, 0.55, 9),
    Product("gift box of tea", 1, 1300, 0.55, 5),
    Product("chocolate", 1, 280, 0.63, 18),
    Product("box of chocolates", 1, 770, 0.62, 11),
    Product("biscuits", 1, 250, 0.66, 14, 0, "black tea"),
    Product("honey", 1, 690, 0.64, 6),
    Product("dried fruit", 1, 530, 0.65, 5),
    Product("dry cat food", 2, 1640, 0.71, 22, 32, "cat litter"),
    Product("wet cat food, 12 tins", 2, 860, 0.69, 18, 25, "dry cat food"),
    Product("dry dog food", 2, 2510, 0.72, 17, 40, "dog treats"),
    Product("cat litter", 2, 690, 0.67, 18, 28, "dry cat food"),
    Product("dog treats", 2, 370, 0.60, 12),
    Product("toy for a cat", 2, 300, 0.50, 8),
    Product("collar and lead", 2, 1210, 0.53, 5),
    Product("face cream", 3, 1210, 0.50, 17, 55, "face wash"),
    Product("face wash", 3, 600, 0.51, 14, 0, "cotton pads"),
    Product("shampoo", 3, 690, 0.55, 18, 45, "hair conditioner"),
    Product("hair conditioner", 3, 730, 0.55, 12, 50),
    Product("lipstick", 3, 950, 0.46, 11),
    Product("mascara", 3, 1120, 0.46, 11),
    Product("perfume", 3, 4260, 0.62, 5),
    Product("cotton pads", 3, 170, 0.52, 12),
    Product("washing powder", 4, 1040, 0.68, 19, 45, "fabric softener"),
    Product("fabric softener", 4, 490, 0.62, 14),
    Product("dishwasher tablets", 4, 1120, 0.66, 17, 38, "rinse aid"),
    Product("rinse aid", 4, 470, 0.60, 8),
    Product("floor cleaner", 4, 370, 0.61, 12),
    Product("kitchen rolls", 4, 430, 0.68, 14),
    Product("bin bags", 4, 230, 0.57, 10),
    Product("set of sponges", 4, 170, 0.52, 6),
    Product("frying pan", 5, 2170, 0.60, 17, 0, "silicone spatula"),
    Product("saucepan", 5, 2860, 0.61, 12),
    Product("chef's knife", 5, 1910, 0.58, 13, 0, "chopping board"),
    Product("chopping board", 5, 860, 0.54, 14),
    Product("silicone spatula", 5, 390, 0.48, 15),
    Product("baking tin", 5, 1120, 0.57, 13),
    Product("water filter jug", 5, 1730, 0.63, 16),
    Product("building set", 6, 3040, 0.66, 17, 0, "gift wrap"),
    Product("soft toy", 6, 1300, 0.57, 17, 0, "gift wrap"),
    Product("board game", 6, 1730, 0.61, 16),
    Product("jigsaw", 6, 770, 0.57, 14),
    Product("scented candle", 6, 690, 0.49, 16),
    Product("gift wrap", 6, 220, 0.43, 12),
    Product("gift set", 6, 2170, 0.56, 8),
    Product("bed linen", 7, 3470, 0.58, 18, 0, "pillow"),
    Product("pillow", 7, 1470, 0.57, 15),
    Product("blanket", 7, 2510, 0.57, 12),
    Product("bath towel", 7, 950, 0.55, 24),
    Product("table cloth", 7, 1560, 0.56, 13),
    Product("dressing gown", 7, 3040, 0.55, 10, 0, "bath towel"),
    Product("socks, 5 pairs", 7, 510, 0.53, 8),
)


def catalogue(simulation: Simulation) -> Catalogue:
    """The products; the companions only where baskets have pairs, the intervals only where products are used up.

    Args:
        simulation: The settings.
    """
    sizes = simulation.sizes
    category = np.array([product.category for product in PRODUCTS])
    weight = np.array([product.weight for product in PRODUCTS])
    popularity = weight / np.bincount(category, weights=weight)[category]
    places = {product.name: place for place, product in enumerate(PRODUCTS)}
    companion = np.array([places.get(product.companion, -1) for product in PRODUCTS])
    interval = np.array([product.days for product in PRODUCTS])
    return Catalogue(
        categories=tuple(one.name for one in CATEGORIES),
        category=category,
        price=np.array([product.price * 100 for product in PRODUCTS]),
        cost=np.array([product.cost for product in PRODUCTS]),
        popularity=popularity,
        companion=companion if sizes.pairs > 0 else np.full_like(companion, -1),
        interval=interval if sizes.replenishment > 0 else np.zeros_like(interval),
        returns=np.array([one.returns for one in CATEGORIES])[category],
    )


def product_ids(catalogue: Catalogue) -> tuple[str, ...]:
    """The ids of products by place, as tables have them."""
    return tuple(f"P{place:04d}" for place in range(1, len(catalogue.category) + 1))
