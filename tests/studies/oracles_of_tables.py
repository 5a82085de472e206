"""Oracles of what the tables show by themselves: goods, points, messages, visits and voices."""

from __future__ import annotations

import numpy as np
import pandas as pd
from studies.fits import counted, exactly, normal, share
from studies.simulated_shops import SimulatedShop

from retention_lib.estimates import Estimate
from retention_lib.stores.simulation.story import Story

ORDINARY = {"welcome_points": ("welcome",), "birthday_points": ("birthday",), "action_points": ("review", "referral")}
"""The reasons of the grants that each size of points is about."""

MACHINE_SECONDS = 30
"""Nobody but a machine opens a message so soon."""

_SETTLED_DAYS = 60
"""After so many days an order's refund, survey and contacts with service are over."""


def anonymous(shop: SimulatedShop) -> Estimate:
    """Orders that carry no customer, of all: a whole number in each block."""
    known = shop.table("transactions").groupby("order_id")["customer_id"].count() > 0
    return exactly(1 - known.mean(), len(known), within=len(shop.stories) / len(known))


def promotions(shop: SimulatedShop) -> Estimate:
    """Lines sold below their price without a coupon, of all lines without a coupon."""
    lines = shop.table("transactions").query("amount > 0 and coupon_id.isna()")
    return share(int((lines["discount"] > 0).sum()), len(lines))


def refunds(shop: SimulatedShop) -> Estimate:
    """Lines that came back, over those expected by how often products of their category come back."""
    lines = shop.table("transactions").dropna(subset=["customer_id"])
    catalogue = shop.shop.catalogue
    often = dict(
        zip(catalogue.categories, catalogue.returns[np.unique(catalogue.category, return_index=True)[1]], strict=True)
    )
    sold = lines.query("amount > 0")
    settled = set(sold.loc[sold["ordered_at"] < _settled(shop), "order_id"])
    sold, back = (part[part["order_id"].isin(settled)] for part in (sold, lines.query("amount < 0")))
    return counted(len(back), float(sold["category"].astype(str).map(often).sum()))


def _settled(shop: SimulatedShop) -> pd.Timestamp:
    """Orders before it have seen everything that comes of an order."""
    return pd.Timestamp(shop.simulation.until) - pd.Timedelta(days=_SETTLED_DAYS)


def surveys(shop: SimulatedShop) -> Estimate:
    """Orders about which a survey was answered."""
    return _of_orders(shop, shop.table("feedback").query("kind == 'survey'"))


def service_contacts(shop: SimulatedShop) -> Estimate:
    """Orders about which a customer had a question: a cause that every order has."""
    return _of_orders(shop, shop.table("service").query("kind == 'question'"))


def _of_orders(shop: SimulatedShop, rows: pd.DataFrame) -> Estimate:
    orders = shop.truth("orders")
    settled = orders.loc[orders["ordered_on"] < _settled(shop), "order_id"]
    return share(int(settled.isin(set(rows["order_id"])).sum()), len(settled))


def points(shop: SimulatedShop, size: str) -> Estimate:
    """The points of a grant: all of a kind are alike."""
    rows = shop.table("loyalty_events").query("event == 'grant'")
    granted = rows.loc[rows["reason"].isin(ORDINARY[size]), "points"]
    return exactly(granted.mean(), len(granted), within=float(granted.max() - granted.min()) if len(granted) else 0.0)


def machine_opens(shop: SimulatedShop) -> Estimate:
    """Customers whose first e-mail was opened within seconds, of those who got one."""
    mails = shop.table("contacts").query("channel == 'email'").sort_values("sent_at")
    first = mails.drop_duplicates("customer_id")
    wait = (first["opened_at"] - first["sent_at"]).dt.total_seconds()
    return share(int((wait <= MACHINE_SECONDS).sum()), len(first))


def visits(shop: SimulatedShop) -> Estimate:
    """Visits without an order, over orders of the site and the app."""
    events = shop.table("web_events")
    ordering = events.loc[events["event"] == "purchase", "session_id"].nunique()
    return counted(events["session_id"].nunique() - ordering, ordering)


def abandoned_carts(shop: SimulatedShop) -> Estimate:
    """Visits without an order that put something into the cart."""
    events = shop.table("web_events")
    ordering = events.loc[events["event"] == "purchase", "session_id"].unique()
    browsing = events[~events["session_id"].isin(ordering)]
    carts = browsing.loc[browsing["event"] == "cart_add", "session_id"].nunique()
    return share(carts, browsing["session_id"].nunique())


def pairs(shop: SimulatedShop) -> Estimate:
    """How much oftener the second line of a basket is the companion of the first than where the first has none.

    A companion comes right behind its product. It may also be taken by itself: as often as behind other products of
    the category, with customers of like taste.
    """
    seen = pd.concat([_second_lines(story) for story in shop.stories])
    cells = seen.groupby(["companion", "taste", "fond", "along"])["there"].agg(["sum", "count"]).unstack().dropna()
    together, base = cells["count", True].to_numpy(), cells["count", False].to_numpy()
    alone = (cells["sum", False] / cells["count", False]).to_numpy()
    there = float(cells["sum", True].sum())
    # Of those not there by themselves, the share that came along; both counts scatter.
    missing = float((together * (1 - alone)).sum())
    scatter = there * (1 - there / together.sum()) + float((together**2 * alone * (1 - alone) / base).sum())
    value = (there - float((together * alone).sum())) / missing
    return normal(value, float(np.sqrt(scatter)) / missing, together.sum())


def _second_lines(story: Story) -> pd.DataFrame:
    """Baskets beyond first orders that begin with a product of a companion, or with one of its category that has none.

    Columns: companion (the product), along (whether the first line is its), there (whether the second line is it),
    taste (steps), fond (whether the category is the customer's favourite).
    """
    catalogue, occasions = story.shop.catalogue, story.occasions
    occasion, first, second = _beginnings(story)
    customer = occasions.customer[occasion]
    parts = []
    for companion in np.unique(catalogue.companion[catalogue.companion >= 0]):
        category = catalogue.category[companion]
        along = catalogue.companion[first] == companion
        none = (catalogue.companion[first] < 0) & (catalogue.category[first] == category) & (first != companion)
        kept = np.flatnonzero((along | none) & (story.people.product[customer] != companion))
        parts.append(
            pd.DataFrame(
                {
                    "companion": companion,
                    "along": along[kept],
                    "there": second[kept] == companion,
                    "taste": (story.people.taste[customer[kept]] * 4.999).astype(int),
                    "fond": story.people.favourite[customer[kept]] == category,
                }
            )
        )
    return pd.concat(parts)


def _beginnings(story: Story) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Orders beyond first ones, and the products of their first and second lines (-1 for none).

    The product that is bought again when it is used up stands aside.
    """
    baskets, orders = story.baskets, story.orders
    lines = np.flatnonzero(~baskets.line_extra)
    occasion, product = baskets.line_occasion[lines], baskets.line_product[lines]
    begins = np.flatnonzero(np.diff(occasion, prepend=-1))
    follows = np.minimum(begins + 1, len(lines) - 1)
    second = np.where((occasion[follows] == occasion[begins]) & (follows > begins), product[follows], -1)
    later = np.isin(occasion[begins], orders.occasion[orders.rank > 0])
    return occasion[begins][later], product[begins][later], second[later]
