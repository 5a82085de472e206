"""RFM groups: how large they are, what money they bring, and who moved from one to another in a month."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.intervals import wilson

CORE = frozenset({"champions", "loyal"})
BEST = frozenset({"champions", "loyal", "potential_loyal"})
SLIPPING = frozenset({"needs_attention", "almost_lost", "at_risk", "cannot_lose", "dormant"})
UNSCORED = "unscored"


@dataclass(frozen=True, kw_only=True, eq=False)
class RfmGroups:
    """The groups when the month ends.

    Attributes:
        table: One row a group in the frame's order: group, customers_start, customers_end (counts), share (of the
            customers at the end), revenue (of the 365 days before the end), revenue_share, silence_least,
            silence_most (days), frequency_least, frequency_most (purchases), active (of the group's customers at the
            start), lost (of them), lapse, low, high (the share of the active that went quiet, Wilson; NaN where fewer
            than the minimum were active), thin (customers at the end below the minimum).
        customers: Customers in all groups at the end.
        revenue: Their money of the 365 days before.
        core: Customers at the end who are champions or loyal.
        core_revenue: Their money.
        slipping: Customers at the end in groups that are slipping away.
        slipping_revenue: Their money.
        month: 'YYYY-MM'.
    """

    table: pd.DataFrame
    customers: int
    revenue: float
    core: int
    core_revenue: float
    slipping: int
    slipping_revenue: float
    month: str

    def to_frame(self) -> pd.DataFrame:
        """The table of groups."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class RfmMigration:
    """Who moved from one group to another between a month's beginning and its end.

    Attributes:
        table: One row a pair of groups that customers moved between, or stayed in: from_group, to_group, customers,
            base (customers of from_group at the start), share (customers / base), revenue (what those customers
            spent in the 365 days before the month), thin (base below the minimum), move ("stayed", "up" or "down" in
            the order of the groups).
        order: The groups from best to worst; customers unscored at the end stand last.
        slide: The row of the slide with the most money behind it: from champions, loyal or potential loyal customers
            into a group that is slipping away; None when nobody slid from a group that is not thin.
        slid: Customers who slid so, of all three groups (count).
        slid_revenue: What they spent in the 365 days before the month.
        best: Customers in the three groups at the start (count).
        regained: Customers who came the other way (count).
        minimum_base: The base below which a group's shares are thin.
        month: 'YYYY-MM'.
    """

    table: pd.DataFrame
    order: tuple[str, ...]
    slide: pd.Series | None
    slid: int
    slid_revenue: float
    best: int
    regained: int
    minimum_base: int
    month: str

    def to_frame(self) -> pd.DataFrame:
        """The table of moves."""
        return self.table


def rfm_groups(
    moves: pd.DataFrame | NotEnough, rates: pd.DataFrame, *, month: str, minimum_base: int = 30
) -> RfmGroups | NotEnough:
    """The size of each group, its money, and the share of its active customers that went quiet.

    Args:
        moves: From `measures.rfm.rfm_moves`.
        rates: Rows of `measures.where.lapse_by_dimension`; those of the dimension `rfm` are taken.
        month: The month read, 'YYYY-MM'.
        minimum_base: Groups of fewer customers are thin.

    Returns:
        The groups; NotEnough("customers_scored") when nobody has bought within the look-back,
        NotEnough("customers_in_rfm_groups") when fewer than the minimum have: fifths of so few say nothing.
    """
    if isinstance(moves, NotEnough):
        return moves
    scored = moves.loc[moves["to_group"] != UNSCORED]
    if scored.empty:
        return NotEnough("customers_scored", 0, 1)
    if scored["customers"].sum() < minimum_base:
        return NotEnough("customers_in_rfm_groups", int(scored["customers"].sum()), minimum_base)
    table = scored.groupby(scored["to_group"].astype(str)).agg(
        customers_end=("customers", "sum"),
        revenue=("revenue_end", "sum"),
        silence_least=("silence_least", "min"),
        silence_most=("silence_most", "max"),
        frequency_least=("frequency_least", "min"),
        frequency_most=("frequency_most", "max"),
    )
    table.insert(0, "customers_start", moves.groupby(moves["from_group"].astype(str))["customers"].sum())
    order = [group for group in moves["to_group"].cat.categories if group in table.index]
    table = table.loc[order].fillna({"customers_start": 0}).astype({"customers_start": "int64"})
    customers, revenue = int(table["customers_end"].sum()), float(table["revenue"].sum())
    table.insert(2, "share", table["customers_end"] / customers)
    table.insert(4, "revenue_share", table["revenue"] / revenue if revenue > 0 else float("nan"))
    table = _with_lapse(table.rename_axis("group").reset_index(), rates, minimum_base)
    core, slipping = (table.loc[table["group"].isin(groups)] for groups in (CORE, SLIPPING))
    return RfmGroups(
        table=table,
        customers=customers,
        revenue=revenue,
        core=int(core["customers_end"].sum()),
        core_revenue=float(core["revenue"].sum()),
        slipping=int(slipping["customers_end"].sum()),
        slipping_revenue=float(slipping["revenue"].sum()),
        month=month,
    )


def rfm_migration(moves: pd.DataFrame | NotEnough, *, month: str, minimum_base: int = 30) -> RfmMigration | NotEnough:
    """Moves between groups in a month, by edges of the scores that hold for both of its ends.

    Args:
        moves: From `measures.rfm.rfm_moves`; groups as categories from best to worst, the last one unscored.
        month: The month read, 'YYYY-MM'.
        minimum_base: Shares of groups of fewer customers are thin.

    Returns:
        The moves; NotEnough("customers_scored_start") when nobody was scored when the month began,
        NotEnough("customers_in_rfm_groups") when fewer than the minimum were.
    """
    if isinstance(moves, NotEnough):
        return moves
    known = moves.loc[moves["from_group"] != UNSCORED]
    base = known.groupby(known["from_group"].astype(str))["customers"].transform("sum")
    if known.empty:
        return NotEnough("customers_scored_start", 0, 1)
    if known["customers"].sum() < minimum_base:
        return NotEnough("customers_in_rfm_groups", int(known["customers"].sum()), minimum_base)
    step = known["to_group"].cat.codes - known["from_group"].cat.codes
    table = pd.DataFrame(
        {
            "from_group": known["from_group"].astype(str),
            "to_group": known["to_group"].astype(str),
            "customers": known["customers"],
            "base": base,
            "share": known["customers"] / base,
            "revenue": known["revenue_start"],
            "thin": base < minimum_base,
            "move": step.map(lambda places: "stayed" if places == 0 else "down" if places > 0 else "up"),
        }
    ).reset_index(drop=True)
    slides = table.loc[table["from_group"].isin(BEST) & table["to_group"].isin(SLIPPING)]
    named = slides.loc[~slides["thin"]].sort_values("revenue", ascending=False, kind="stable")
    back = table["from_group"].isin(SLIPPING) & table["to_group"].isin(BEST)
    return RfmMigration(
        table=table,
        order=tuple(moves["to_group"].cat.categories),
        slide=named.iloc[0] if len(named) else None,
        slid=int(slides["customers"].sum()),
        slid_revenue=float(slides["revenue"].sum()),
        best=int(table.loc[table["from_group"].isin(BEST), "customers"].sum()),
        regained=int(table.loc[back, "customers"].sum()),
        minimum_base=minimum_base,
        month=month,
    )


def _with_lapse(table: pd.DataFrame, rates: pd.DataFrame, minimum_base: int) -> pd.DataFrame:
    """The groups with the share of their active customers that went quiet, where enough of them were active."""
    of_groups = rates.loc[rates["dimension"] == "rfm"].set_index("segment")[["base", "lost"]]
    counts = of_groups.reindex(table["group"]).fillna(0).astype("int64")
    shares = [wilson(lost, base) for lost, base in zip(counts["lost"], counts["base"], strict=True)]
    ends = [(None, None, None) if isinstance(each, NotEnough) else (each.value, each.low, each.high) for each in shares]
    bounds = pd.DataFrame(ends, columns=["lapse", "low", "high"], dtype=float)
    enough = counts["base"].to_numpy() >= minimum_base
    known = table.assign(active=counts["base"].to_numpy(), lost=counts["lost"].to_numpy())
    return known.assign(**bounds.loc[enough], thin=known["customers_end"] < minimum_base)
