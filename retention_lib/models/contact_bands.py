"""What a contact must bring to pay, by how long the customer has been silent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.economics import BreakEven, break_even
from retention_lib.models.lapse import ReturnChance

# Below so many returners their mean spend says little.
FEW_RETURNERS = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class BreakEvenByBand:
    """The extra share of customers that a contact must win, by days of silence beyond the window.

    Attributes:
        table: One row a band, ordered: silence_above, silence_to (days, above < silence <= to; silence_to missing in
            the open last band), customers (silent so long now, count), share, low, high (share that came back by
            itself from such a silence at the past cut-off; Wilson), returners (count that share rests on),
            profit_if_won (gross profit a returner brought within the horizon, money; missing where nobody returned),
            break_even_share (extra share to be won; missing where a returner brings no profit), one_in (one more
            customer in so many contacts; missing as well, and where contacts are free), reachable (whether it fits
            above `share`), thin (few returners), pays ("can", "cannot" or "unknown": whether a contact may pay; what
            few returners brought does not show that it cannot).
        contact_cost: Cost of one contact (money).
        gross_margin: Share of spend, in [0, 1].
        lapse_days: The lapse window.
        horizon_days: Days after the contact in which a purchase counts.
    """

    table: pd.DataFrame
    contact_cost: float
    gross_margin: float
    lapse_days: int
    horizon_days: int

    def to_frame(self) -> pd.DataFrame:
        """The bands of silence."""
        return self.table


def break_even_by_band(
    returns: ReturnChance | NotEnough,
    *,
    silent_now: pd.DataFrame,
    silent_then: pd.DataFrame,
    gross_margin: float | None,
    contact_cost: float | None,
) -> BreakEvenByBand | NotEnough:
    """The break-even of contacting, by band of silence beyond the window.

    Args:
        returns: From `lapse.return_chance`, whose bands and base shares are used.
        silent_now: From `measures.alive.silent_customers`: silence_days, customers.
        silent_then: From `measures.activity.returns_after`, at the cut-off of `returns`: silence_days, returned, spend.
        gross_margin: Share of spend, in [0, 1]; None = not known.
        contact_cost: Cost of one contact (money); None = not known.

    Returns:
        The bands; NotEnough("margin_and_cost_known") where either is not known, "customers_on_list" where nobody is
        silent beyond the window now.
    """
    if isinstance(returns, NotEnough):
        return returns
    if gross_margin is None or contact_cost is None:
        return NotEnough("margin_and_cost_known", 0, 1)
    bands = returns.bands.loc[returns.bands["silence_above"] >= returns.lapse_days].reset_index(drop=True)
    customers = _summed(bands, silent_now, "customers")
    if customers.sum() == 0:
        return NotEnough("customers_on_list", 0, 1)
    won = _summed(bands, silent_then, "spend") * gross_margin / bands["returned"].replace(0, math.nan)
    even = [
        break_even(
            max(int(there), 1),
            contact_cost=contact_cost,
            profit_if_won=profit,
            # Where all came back there is nobody to win; break_even wants a share below 1.
            base_share=min(float(share), math.nextafter(1, 0)),
            horizon_days=returns.horizon_days,
        )
        for there, profit, share in zip(customers, won, bands["share"], strict=True)
    ]
    return BreakEvenByBand(
        table=_table(bands, customers, won, even),
        contact_cost=float(contact_cost),
        gross_margin=float(gross_margin),
        lapse_days=returns.lapse_days,
        horizon_days=returns.horizon_days,
    )


def _summed(bands: pd.DataFrame, counted: pd.DataFrame, name: str) -> pd.Series:
    """Sum of a column over the silences of each band."""
    silence = counted["silence_days"]
    ends = bands["silence_to"].astype("Float64").fillna(np.inf)
    sums = [
        counted.loc[(silence > above) & (silence <= to), name].sum()
        for above, to in zip(bands["silence_above"], ends, strict=True)
    ]
    return pd.Series(sums, index=bands.index, dtype=float)


def _table(
    bands: pd.DataFrame, customers: pd.Series, won: pd.Series, even: list[BreakEven | NotEnough]
) -> pd.DataFrame:
    """The bands with their break-evens; a band whose returners bring nothing has none."""
    known = [None if isinstance(each, NotEnough) else each for each in even]
    thin = bands["returned"] < FEW_RETURNERS
    reachable = [each is not None and each.reachable for each in known]
    return bands[["silence_above", "silence_to"]].assign(
        customers=customers.astype("int64"),
        share=bands["share"],
        low=bands["low"],
        high=bands["high"],
        returners=bands["returned"].astype("int64"),
        profit_if_won=won,
        break_even_share=[math.nan if each is None else each.break_even_share for each in known],
        one_in=[math.nan if each is None or each.one_in is None else each.one_in for each in known],
        reachable=reachable,
        thin=thin,
        pays=["can" if fits else "unknown" if few else "cannot" for fits, few in zip(reachable, thin, strict=True)],
    )
