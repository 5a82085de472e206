"""Frames of a shop's shape by hand, beside two peers."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

SHOP = {
    "purchases": pd.DataFrame({"purchases": [1, 2, 6], "customers": [60, 30, 10]}),
    "gaps": pd.DataFrame({"gap_days": [10, 40], "gaps": [50, 30]}),
    "products": pd.DataFrame({"products": [1, 2], "orders": [5, 5]}),
    "pieces": pd.DataFrame({"pieces": [1, 2], "orders": [1, 9]}),
    "sizes": pd.DataFrame(
        {"log_step": [400, 500, 900], "refund": [False, False, True], "orders": [80, 20, 5], "revenue": 1.0}
    ),
    "refunds": pd.DataFrame({"sold": [200.0], "refunded": [10.0]}),
    "days": pd.DataFrame({"day": [date(2024, 1, 1) + timedelta(days=n) for n in range(14)], "revenue": [9.0, 1.0] * 7}),
}


def shape_frames(**own: object) -> dict[str, pd.DataFrame]:
    """What `shape_facts` gives for this shop, frames replaced by name, beside a near and a far peer."""
    shops = {
        "": {**SHOP, **own},
        "near": {
            **SHOP,
            "purchases": pd.DataFrame({"purchases": [1, 9], "customers": [70, 30]}),
            "refunds": pd.DataFrame({"sold": [200.0], "refunded": [0.0]}),
        },
        "far": {
            **SHOP,
            "purchases": pd.DataFrame({"purchases": [1, 50], "customers": [20, 80]}),
            "gaps": pd.DataFrame({"gap_days": [2, 3], "gaps": [50, 50]}),
            "products": pd.DataFrame({"products": [9], "orders": [10]}),
            "pieces": pd.DataFrame({"pieces": [8], "orders": [10]}),
            "sizes": SHOP["sizes"].assign(log_step=[400, 560, 900]),
            "refunds": pd.DataFrame({"sold": [200.0], "refunded": [0.0]}),
        },
    }
    return {
        name: pd.concat([frames[name].assign(shop=shop) for shop, frames in shops.items()], ignore_index=True)
        for name in SHOP
    }
