"""The ledger of a programme's points: what was credited, what became of it, and whether it adds up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, first_refusal

CREDITED, GONE = ("earned", "granted", "adjusted"), ("burned", "reversed", "expired", "forfeited")
"""What raises the sum of all accounts and what lowers it; adjustments up less those down."""

ENDED = ("burned", "expired", "forfeited")
"""How points end that were not taken back."""

STOPS = {"expiry": (30.0, 90.0, 180.0), "age": (30.0, 90.0, 180.0, 365.0)}
"""Where the bands of days end."""

TO_THE_POINT = 0.005
_YEAR = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenPoints:
    """What members can still use.

    Attributes:
        points: All of it (points).
        members: Who hold it (count).
        expiry: One row a band of days until the points expire, ordered: `from_day`, `to_day` (days from the last day
            seen, above the first and up to the second; infinite for the last band, NaN for both where they never expire
            or it is not known), `points`, `members` (who hold them), `share` (of all open points, in [0, 1]).
        age: The same by days since the points were credited.
    """

    points: float
    members: int
    expiry: pd.DataFrame
    age: pd.DataFrame

    def within(self, days: int) -> float:
        """Points that expire within so many days, a bound of a band.

        Args:
            days: 30, 90 or 180.
        """
        return float(self.expiry.loc[self.expiry["to_day"] <= days, "points"].sum())

    def to_frame(self) -> pd.DataFrame:
        """The table by expiry."""
        return self.expiry


@dataclass(frozen=True, kw_only=True, eq=False)
class PointsLedger:
    """The ledger of points.

    Of every month: opening + earned + granted +/- adjusted = burned + reversed + expired + forfeited + outstanding.

    Attributes:
        table: One row a month, ordered: the columns of `measures.points.ledger`, and `difference` (points by which the
            month's flows miss what the plain entries say is outstanding).
        totals: Rows `month`, `year` (the last 12 months, or as many as there are) and `all`: `span`, `first`, `last`
            ('YYYY-MM'), and the ledger's columns over these months.
        reasons: From `measures.points.credits_by_reason`, with `used_share` (of what ended: redeemed, in [0, 1]; NaN
            where nothing has).
        open: What can still be used.
        points_outstanding: The same as a figure; its base are the members who hold points.
        used_share: Of all points that ended since the start, those redeemed; NotEnough("points_ended") where none did.
        used_share_year: The same in the last 12 months.
        difference: The largest difference of any month, and of the sum of open lots from the last balance (points).
        balanced: Whether the ledger adds up to the point.
        by_date: Points gone with their date of expiry or with the customer, which no entry says (since the start).
        overdrawn: Debits that no credit in the data covers (points).
        accounts_overdrawn: Members who have some (count).
    """

    table: pd.DataFrame
    totals: pd.DataFrame
    reasons: pd.DataFrame
    open: OpenPoints
    points_outstanding: Estimate
    used_share: Estimate | NotEnough
    used_share_year: Estimate | NotEnough
    difference: float
    balanced: bool
    by_date: float
    overdrawn: float
    accounts_overdrawn: int

    def total(self, span: str) -> pd.Series:
        """A row of the totals: `month`, `year` or `all`."""
        return self.totals.loc[self.totals["span"] == span].iloc[0]

    def to_frame(self) -> pd.DataFrame:
        """The table of months."""
        return self.table


def points_ledger(
    ledger: pd.DataFrame | NotEnough, reasons: pd.DataFrame | NotEnough, open_points: pd.DataFrame | NotEnough
) -> PointsLedger | NotEnough:
    """The ledger with its totals and the check that it adds up.

    The flows come from the lots and what they were matched to, the balances from the plain entries: that the two agree
    to the point says that no point was lost or counted twice on the way.

    Args:
        ledger: From `measures.points.ledger`.
        reasons: From `measures.points.credits_by_reason`.
        open_points: From `measures.points.open_points`.
    """
    if isinstance(ledger, NotEnough) or isinstance(reasons, NotEnough) or isinstance(open_points, NotEnough):
        return first_refusal(ledger, reasons, open_points)
    table = ledger.assign(difference=_differences(ledger))
    totals = pd.DataFrame([_total(ledger, *each) for each in (("month", 1), ("year", _YEAR), ("all", len(ledger)))])
    held, below = _open(open_points), open_points.loc[open_points["by"] == "overdrawn"]
    overdrawn = float(below["points"].sum())
    of_lots = held.points - overdrawn - float(ledger["outstanding"].iloc[-1])
    difference = max(float(table["difference"].abs().max()), abs(of_lots))
    _, year, always = (totals.iloc[place] for place in range(len(totals)))
    return PointsLedger(
        table=table,
        totals=totals,
        reasons=reasons.assign(used_share=reasons["burned"] / reasons[list(ENDED)].sum(axis=1)),
        open=held,
        points_outstanding=Estimate(held.points, n=held.members),
        used_share=_used(always),
        used_share_year=_used(year),
        difference=difference,
        balanced=difference < TO_THE_POINT,
        by_date=float((ledger["expired_by_date"] + ledger["forfeited_by_date"]).sum()),
        overdrawn=overdrawn,
        accounts_overdrawn=int(below["members"].sum()),
    )


def _differences(ledger: pd.DataFrame) -> pd.Series:
    """By how much each month misses the identity (points)."""
    flows = ledger[list(CREDITED)].sum(axis=1) - ledger[list(GONE)].sum(axis=1)
    return (ledger["opening"] + flows - ledger["outstanding"]).round(4)


def _total(ledger: pd.DataFrame, span: str, months: int) -> dict[str, object]:
    """The last months as one row."""
    rows = ledger.tail(months)
    ends = {"span": span, "first": rows["month"].iloc[0], "last": rows["month"].iloc[-1]}
    flows = {name: float(rows[name].sum()) for name in (*CREDITED, *GONE, "expired_by_date", "forfeited_by_date")}
    stocks = {name: rows[name].iloc[-1] for name in ("outstanding", "overdrawn", "members")}
    return {**ends, "opening": rows["opening"].iloc[0], **flows, **stocks}


def _used(total: pd.Series) -> Estimate | NotEnough:
    """Redeemed / what ended."""
    ended = float(total[list(ENDED)].sum())
    if ended <= 0:
        return NotEnough("points_ended", 0, 1)
    return Estimate(float(total["burned"]) / ended, n=ended)


def _open(open_points: pd.DataFrame) -> OpenPoints:
    everything = open_points.loc[open_points["by"] == "all"]
    points = float(everything["points"].sum())
    bands = {by: _bands(open_points.loc[open_points["by"] == by], points, stops) for by, stops in STOPS.items()}
    return OpenPoints(points=points, members=int(everything["members"].sum()), **bands)


def _bands(rows: pd.DataFrame, points: float, stops: tuple[float, ...]) -> pd.DataFrame:
    """Rows with the first and the last day of their band, in order."""
    to_day = rows["days"].astype("float64")
    from_day = [
        float("nan") if math.isnan(to) else max((stop for stop in stops if stop < to), default=0) for to in to_day
    ]
    told = rows[["points", "members"]].assign(from_day=from_day, to_day=to_day, share=rows["points"] / points)
    told = told[["from_day", "to_day", "points", "members", "share"]]
    return told.sort_values("to_day", na_position="last", ignore_index=True)
