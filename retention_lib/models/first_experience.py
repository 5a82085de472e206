"""Whether new customers bought a second time, by what their first order was like: a raw comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import holm_adjusted, share_difference, wilson
from retention_lib.models.segments import SIGNIFICANCE, p_against_rest

FEATURES = ("delivery_days", "late", "discount", "channel", "category", "items", "amount")
DELIVERY_FROM = (0, 2, 4, 8)
ITEMS_FROM = (1, 2, 4)
AMOUNT_LEVELS = ["smallest third", "middle third", "largest third"]
NAMED = ("channel", "category")
MOST_SHOWN = 14
# A level that fewer customers share could name one of them; it is left out.
FEWEST = 5

_COLUMNS = [
    *("feature", "level", "customers", "came_back", "share", "low", "high"),
    *("difference", "difference_low", "difference_high", "p", "thin"),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class FirstOrderExperience:
    """The share of new customers who bought again within the horizon, by feature of the first order.

    Attributes:
        table: One row a level, features in the order of `FEATURES`, ordered levels in their order and names by share:
            feature, level (text; of delivery days and items the first value of the class), customers, came_back
            (counts), share, low, high (Wilson, in [0, 1]), difference, difference_low, difference_high (to all other
            levels of the feature, Newcombe), thin (fewer customers than the minimum), p_adjusted (Holm over all levels
            tested; of a feature of two levels one is tested, for the other is the same test; NaN = not tested),
            differs (p_adjusted below .05).
        shown: Rows of the table that a chart has room for: of channels and categories the highest and the lowest.
        overall: All new customers with full follow-up.
        largest: Place in the table of the level that differs most from the others, of those that differ; None when
            none does.
        horizon_days: Days from the first order in which a purchase counts.
        minimum_base: Fewer customers are thin.
        tests: Comparisons corrected for (count).
    """

    table: pd.DataFrame
    shown: pd.DataFrame
    overall: Estimate
    largest: int | None
    horizon_days: int
    minimum_base: int
    tests: int

    def to_frame(self) -> pd.DataFrame:
        """The table of levels."""
        return self.table


def first_order_experience(
    orders: pd.DataFrame | NotEnough, *, horizon_days: int = 90, minimum_base: int = 30
) -> FirstOrderExperience | NotEnough:
    """Second purchases within a horizon, by feature of the first order.

    Args:
        orders: One row a new customer: seen_days (days from the first order to the end of the data), second_days (days
            to the second purchase, NaN for none), lines (count), amount (money), and where known delivered_days,
            late_days (above 0 = late), discount_share (in [0, 1]), coupon (bool), channel, category.
        horizon_days: Days in which the second purchase counts; customers seen for less are left out.
        minimum_base: A level of fewer customers is thin: shown, not tested.

    Returns:
        The shares; NotEnough("new_customers_followed") below the minimum, NotEnough("first_order_features") when all
        first orders are alike in what the store knows of them.
    """
    if isinstance(orders, NotEnough):
        return orders
    followed = orders[orders["seen_days"] > horizon_days]
    came_back = (followed["second_days"] <= horizon_days).to_numpy()
    overall = wilson(int(came_back.sum()), len(followed))
    if len(followed) < minimum_base or isinstance(overall, NotEnough):
        return NotEnough("new_customers_followed", len(followed), minimum_base)
    known = {feature: levels for feature, levels in _features(followed).items() if levels is not None}
    parts = [_levels(feature, levels, came_back, minimum_base) for feature, levels in known.items()]
    compared = [part for part in parts if len(part) > 1]
    if not compared:
        return NotEnough("first_order_features", 0, 1)
    tested = _judged(pd.concat(compared, ignore_index=True))
    table = tested.drop(columns="p")
    found = table.loc[table["differs"], "difference"].abs()
    return FirstOrderExperience(
        table=table,
        shown=_shown(table),
        overall=overall,
        largest=int(found.idxmax()) if len(found) else None,
        horizon_days=horizon_days,
        minimum_base=minimum_base,
        tests=int(tested["p"].notna().sum()),
    )


def _features(orders: pd.DataFrame) -> dict[str, pd.Series | None]:
    """The level of each customer by feature, as categories; None where the store does not know it."""
    known = orders.columns
    late = orders["late_days"] if "late_days" in known else None
    off = [name for name in ("discount_share", "coupon") if name in known]
    return {
        "delivery_days": _classes(orders["delivered_days"], DELIVERY_FROM) if "delivered_days" in known else None,
        "late": None if late is None else _yes_no(late > 0).where(late.notna()),
        "discount": _yes_no((orders[off] > 0).any(axis="columns")) if off else None,
        "channel": _names(orders["channel"]) if "channel" in known else None,
        "category": _names(orders["category"]) if "category" in known else None,
        "items": _classes(orders["lines"], ITEMS_FROM),
        "amount": _thirds(orders["amount"]),
    }


def _levels(feature: str, levels: pd.Series, came_back: np.ndarray, minimum_base: int) -> pd.DataFrame:
    """Shares of a feature's levels, each against the feature's other levels."""
    counts = pd.DataFrame({"level": levels, "came_back": came_back}).groupby("level", observed=True)
    frame = counts["came_back"].agg(customers="size", came_back="sum").reset_index()
    frame = frame[frame["customers"] >= FEWEST]
    every = (int(frame["came_back"].sum()), int(frame["customers"].sum()))
    rows = [
        _level_row(feature, str(level), (int(back), int(customers)), every, minimum_base)
        for level, customers, back in frame.itertuples(index=False)
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    if not levels.cat.ordered:
        table = table.sort_values(["share", "level"], ascending=[False, True], ignore_index=True)
    if len(table) == 2:
        # Of two levels the second test is the first one again: it is made once.
        table.loc[1, "p"] = np.nan
        table = table.assign(thin=bool(table["thin"].any()))
    return table.assign(p=table["p"].where(~table["thin"].astype(bool)))


def _level_row(
    feature: str, level: str, own: tuple[int, int], every: tuple[int, int], minimum_base: int
) -> dict[str, object]:
    """One level from (came back, customers) of its own and of all levels of the feature."""
    (back, customers), (all_back, total) = own, every
    row: dict[str, object] = {"feature": feature, "level": level, "customers": customers, "came_back": back}
    row |= _with_bounds("share", "", wilson(back, customers))
    rest = share_difference(back, customers, all_back - back, total - customers)
    row |= _with_bounds("difference", "difference_", rest)
    return row | {"p": p_against_rest(back, customers, all_back, total), "thin": customers < minimum_base}


def _with_bounds(name: str, prefix: str, found: Estimate | NotEnough) -> dict[str, object]:
    values = (np.nan,) * 3 if isinstance(found, NotEnough) else (found.value, found.low, found.high)
    return dict(zip((name, f"{prefix}low", f"{prefix}high"), values, strict=True))


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """The levels with their corrected tests; of a feature of two levels both have the one test's answer."""
    adjusted = pd.Series(holm_adjusted(table["p"].to_numpy(dtype=float)), index=table.index)
    levels = table.groupby("feature")["level"].transform("size")
    answer = adjusted.where(levels != 2, adjusted.groupby(table["feature"]).transform("min"))
    return table.assign(p_adjusted=answer, differs=answer < SIGNIFICANCE)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a chart; the amount of the basket is left out where there is much else."""
    picked = []
    for feature, rows in table.groupby("feature", sort=False):
        judged = rows[~rows["thin"]]
        extremes = judged.iloc[[0, -1]] if len(judged) > 1 else rows.head(2)
        picked.append(extremes if feature in NAMED else rows)
    shown = pd.concat(picked, ignore_index=True)
    crowded = len(shown) > MOST_SHOWN
    return shown[shown["feature"] != "amount"].reset_index(drop=True) if crowded else shown


def _classes(values: pd.Series, first: tuple[int, ...]) -> pd.Series:
    """Classes of a count, named by their first value."""
    return pd.cut(values, [*first, np.inf], right=False, labels=[str(value) for value in first], ordered=True)


def _thirds(amounts: pd.Series) -> pd.Series:
    """Thirds of the amounts; equal amounts stay together, so that a third may be missing."""
    values = amounts.to_numpy(dtype=float)
    place = np.searchsorted(np.quantile(values, (1 / 3, 2 / 3)), values, side="left")
    names = np.array(AMOUNT_LEVELS)[place]
    return pd.Series(pd.Categorical(names, AMOUNT_LEVELS, ordered=True), index=amounts.index)


def _yes_no(values: pd.Series) -> pd.Series:
    names = np.where(values.to_numpy(dtype=bool), "yes", "no")
    return pd.Series(pd.Categorical(names, ["yes", "no"], ordered=True), index=values.index)


def _names(values: pd.Series) -> pd.Series:
    return values.astype("category").cat.as_unordered()
