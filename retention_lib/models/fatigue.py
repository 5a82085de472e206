"""Do messages wear out: openings, missing consent and customers gone quiet, by number of messages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.intervals import normal_quantile, wilson


@dataclass(frozen=True, kw_only=True, eq=False)
class ContactFatigue:
    """What became of customers by the number of messages they had been sent.

    Attributes:
        table: One row a channel and band: channel, messages_from, messages_to (NA for the last band), customers (sent
            that many), withdrawn, withdrawn_share, withdrawn_low, withdrawn_high (consent is no now, withdrawn or never
            given, of those asked, Wilson; NaN where nobody is asked), sent, opened (messages), opened_share,
            opened_low, opened_high (opened / sent, the customer being the unit of chance; NaN where openings are not
            seen), active, lost, lapse, lapse_low, lapse_high (of those active when the month began, Wilson), thin
            (fewer customers than the minimum).
        channel: The channel with the most customers.
        asked: Customers who were sent messages of that channel and of whom the store knows a consent to it.
        withdrawn: Of them, those whose consent is no now.
        opened_change: Share opened in the last band of the channel that is not thin, less that of the first; NotEnough
            where openings are not seen or only one band is not thin.
        minimum_base: The number of customers below which a band is thin.
        days: Days before the month in which messages counted.
        month: 'YYYY-MM'.
    """

    table: pd.DataFrame
    channel: str
    asked: int
    withdrawn: int
    opened_change: Estimate | NotEnough
    minimum_base: int
    days: int
    month: str

    def to_frame(self) -> pd.DataFrame:
        """The table of channels and bands."""
        return self.table


def contact_fatigue(
    frame: pd.DataFrame | NotEnough | None, *, month: str, days: int = 90, minimum_base: int = 30
) -> ContactFatigue | NotEnough:
    """Shares by number of messages; a comparison of groups, since the shop chose whom to write to and how often.

    Args:
        frame: From `measures.fatigue.contact_fatigue`; None where the store has no messages.
        month: The month read, 'YYYY-MM'.
        days: Days before the month in which messages counted.
        minimum_base: Bands of fewer customers are thin.

    Returns:
        The shares; NotAsked("contacts_known") without the table; NotEnough("customers_mailed_lately") when no more than
        the minimum were sent a message in those days.
    """
    if isinstance(frame, NotEnough):
        return frame
    if frame is None:
        return NotAsked("contacts_known", 0, 1)
    mailed = frame.groupby("channel")["customers"].sum()
    if mailed.empty or mailed.max() < minimum_base:
        return NotEnough("customers_mailed_lately", 0 if mailed.empty else int(mailed.max()), minimum_base)
    table = _with_shares(frame).assign(thin=np.maximum(frame["customers"], frame["active"]) < minimum_base)
    channel = str(mailed.sort_index().idxmax())
    return ContactFatigue(
        table=table,
        channel=channel,
        asked=int(frame.loc[frame["channel"] == channel, "asked"].sum()),
        withdrawn=int(frame.loc[frame["channel"] == channel, "withdrawn"].sum()),
        opened_change=_opened_change(table.loc[(table["channel"] == channel) & ~table["thin"]]),
        minimum_base=minimum_base,
        days=days,
        month=month,
    )


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the three shares and their intervals."""
    opened = [_opened(row) for row in frame.to_dict("records")]
    columns = {
        "withdrawn": _wilsons(frame["withdrawn"], frame["asked"]),
        "opened": pd.DataFrame(opened, columns=["share", "low", "high"], dtype=float),
        "lapse": _wilsons(frame["lost"], frame["active"]),
    }
    table = frame.drop(columns=["asked", "sent_squares", "opened_squares", "sent_opened"])
    for name, bounds in columns.items():
        named = "lapse" if name == "lapse" else f"{name}_share"
        table[[named, f"{name}_low", f"{name}_high"]] = bounds.to_numpy()
    return table


def _wilsons(counts: Iterable[int], bases: Iterable[int]) -> pd.DataFrame:
    shares = [wilson(count, base) for count, base in zip(counts, bases, strict=True)]
    ends = [(None,) * 3 if isinstance(each, NotEnough) else (each.value, each.low, each.high) for each in shares]
    return pd.DataFrame(ends, columns=["share", "low", "high"], dtype=float)


def _opened(row: dict[Any, Any], level: float = 0.95) -> tuple[float, float, float]:
    """Messages opened of those sent, as a ratio of sums over customers, who open all or none of theirs.

    References:
        Cochran (1977), Sampling Techniques, equation 6.13 (the ratio estimator's variance).
    """
    n, sent, opened = row["customers"], row["sent"], row["opened"]
    if pd.isna(opened) or sent == 0:
        return math.nan, math.nan, math.nan
    share = opened / sent
    if n < 2:
        return share, math.nan, math.nan
    squares = row["opened_squares"] - 2 * share * row["sent_opened"] + share**2 * row["sent_squares"]
    half = normal_quantile(level) * math.sqrt(max(squares, 0) * n / (n - 1)) / sent
    return share, max(0.0, share - half), min(1.0, share + half)


def _opened_change(bands: pd.DataFrame) -> Estimate | NotEnough:
    """The last band's share opened less the first's; bands hold different customers, so their errors add up."""
    seen = bands.loc[bands["opened_share"].notna() & bands["opened_low"].notna()]
    if len(seen) < 2:
        return NotEnough("bands_of_messages", len(seen), 2)
    first, last = seen.iloc[0], seen.iloc[-1]
    value = float(last["opened_share"] - first["opened_share"])
    half = math.hypot(*((each["opened_high"] - each["opened_low"]) / 2 for each in (first, last)))
    n = float(first["customers"] + last["customers"])
    return Estimate(value, low=value - half, high=value + half, level=0.95, n=n, claimed=abs(value) > half)
