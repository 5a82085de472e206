"""Who used the coupons of a campaign."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import wilson


@dataclass(frozen=True, kw_only=True, eq=False)
class RedemptionRates:
    """Shares of mailed customers who used a coupon.

    Attributes:
        table: One row a campaign, in the order given: campaign, offer, sent_on (text), mailed, redeemed
            (customers), share, low, high (Wilson, in [0, 1]).
        overall: Redeemed / mailed over all campaigns; a customer mailed by several counts in each.
    """

    table: pd.DataFrame
    overall: Estimate

    def to_frame(self) -> pd.DataFrame:
        """The table of campaigns."""
        return self.table


def redemption_rates(campaigns: pd.DataFrame | NotEnough) -> RedemptionRates | NotEnough:
    """The share of mailed customers who used a coupon, by campaign.

    Args:
        campaigns: Columns campaign, offer, sent_on, mailed, redeemed (counts).

    Returns:
        The rates; NotEnough("redemptions_known") without a campaign.
    """
    if isinstance(campaigns, NotEnough):
        return campaigns
    overall = wilson(int(campaigns["redeemed"].sum()), int(campaigns["mailed"].sum())) if len(campaigns) else None
    if not isinstance(overall, Estimate):
        return NotEnough("redemptions_known", 0, 1)
    counts = zip(campaigns["redeemed"], campaigns["mailed"], strict=True)
    shares = [wilson(int(redeemed), int(mailed)).to_frame() for redeemed, mailed in counts]
    bounds = pd.concat(shares, ignore_index=True)[["value", "low", "high"]].rename(columns={"value": "share"})
    table = pd.concat([campaigns.reset_index(drop=True), bounds], axis=1)
    return RedemptionRates(table=table, overall=overall)
