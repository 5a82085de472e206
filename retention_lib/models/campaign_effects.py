"""What coupon campaigns did to sales, by type of campaign, in per cent and in money, with what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough, first_refusal
from retention_lib.models.campaign_checks import level_overlap, pretended_start, relative_estimate, trend_breakdown
from retention_lib.models.campaign_effect import (
    CHANCE,
    CLAIM_P,
    OVERLAP,
    PLACEBO,
    PRETREND,
    SCALES,
    CampaignEffect,
)
from retention_lib.models.campaign_sales import StackedSales, usable_stacks
from retention_lib.models.impact.campaign_study import NEEDED_HOUSEHOLDS
from retention_lib.models.impact.naive import NaiveDifference
from retention_lib.models.impact.stacked import Stacks, additive_change, relative_contrasts, stacks_of
from retention_lib.models.intervals import holm_adjusted, wilson


@dataclass(frozen=True, kw_only=True, eq=False)
class CampaignEffects:
    """The effects by type, by campaign and of all together.

    Attributes:
        table: One row a type, then one of all: everything (bool: the row of all), name, campaigns (count), treated,
            controls, relative, money, additive (each with _low, _high), p, p_adjusted (Holm over types), claimed,
            reason (why nothing is claimed), few (bool: too few to estimate, effects NaN), mailed, redeemed (mailings to
            a customer), used, used_low, used_high (share of mailings with a used coupon; NaN where not known).
        types: The effects of the types with enough treated, in the order of the table.
        by_campaign: The effect of each campaign with enough treated, by the order of starts; their p-values are
            adjusted among themselves.
        overall: All campaigns together; not adjusted.
        unit: What was counted: `customer` or `household`.
    """

    table: pd.DataFrame
    types: tuple[CampaignEffect, ...]
    by_campaign: tuple[CampaignEffect, ...]
    overall: CampaignEffect
    unit: str

    @property
    def offers(self) -> int:
        """Campaigns counted once for each type they have (count)."""
        return int(self.table.loc[~self.table["everything"], "campaigns"].sum())

    def of(self, campaign: str) -> CampaignEffect | NotEnough:
        """The effect of one campaign; of all together for an empty name.

        Returns:
            The effect; NotEnough("campaign_compared") where the campaign has too few treated or no weeks before.
        """
        found = [effect for effect in self.by_campaign if effect.name == campaign]
        missing = NotEnough("campaign_compared", 0, NEEDED_HOUSEHOLDS)
        return (found[0] if found else missing) if campaign else self.overall

    def to_frame(self) -> pd.DataFrame:
        """The table by type."""
        return self.table


def headline_campaign(effects: CampaignEffects | NotEnough, campaign: str) -> CampaignEffect | NotEnough:
    """The effect that a page leads with: that of one campaign where one is named, else of all together.

    Args:
        effects: From `campaign_effects`; a refusal is handed on.
        campaign: The campaign; empty for all.
    """
    return effects if isinstance(effects, NotEnough) else effects.of(campaign)


def all_beside(effects: CampaignEffects | NotEnough, chosen: CampaignEffect | NotEnough) -> CampaignEffect | NotEnough:
    """All campaigns together, to stand beside one that a page leads with.

    Args:
        effects: From `campaign_effects`; a refusal is handed on.
        chosen: From `headline_campaign`.

    Returns:
        The effect of all; NotAsked("campaign_compared") where the page leads with it already.
    """
    if isinstance(effects, NotEnough):
        return effects
    return NotAsked("campaign_compared", 0, 1) if chosen is effects.overall else effects.overall


@dataclass(frozen=True, kw_only=True, eq=False)
class GapAndEffect:
    """The plain gap between mailed and others beside what the campaigns did.

    Attributes:
        naive: The gap in sales a unit-week, never claimed.
        effect: What the campaigns did.
    """

    naive: NaiveDifference
    effect: CampaignEffect

    def to_frame(self) -> pd.DataFrame:
        """One row each: figure (gap, money, additive), value, low, high (money a unit-week)."""
        rows = {"gap": self.naive.difference, "money": self.effect.money, "additive": self.effect.additive}
        return pd.DataFrame(
            [{"figure": name, "value": each.value, "low": each.low, "high": each.high} for name, each in rows.items()]
        )


def gap_and_effect(naive: NaiveDifference | NotEnough, effect: CampaignEffect | NotEnough) -> GapAndEffect | NotEnough:
    """The plain gap beside the effect, for one picture.

    Args:
        naive: From `models.impact.mailed_gap`.
        effect: Of the campaigns it is about.
    """
    if isinstance(naive, NotEnough) or isinstance(effect, NotEnough):
        return first_refusal(naive, effect)
    return GapAndEffect(naive=naive, effect=effect)


def campaign_effects(
    sales: StackedSales | NotEnough, *, redemptions: pd.DataFrame | NotEnough | None = None, level: float = 0.95
) -> CampaignEffects | NotEnough:
    """The effects of all campaigns by type, each campaign being compared with those left alone at the same time.

    Args:
        sales: From `measures.campaign_stacks.campaign_stacks`.
        redemptions: From `measures.campaigns.offer_redemptions`: offer, mailed, redeemed (customers).
        level: Confidence level.

    Returns:
        The effects; a NotEnough where no campaign can be compared: "one_period" with fewer than three weeks of data,
        "weeks_before" where none has two weeks before, "all_mailed_one_day" and "nobody_left_alone" where fewer than
        30 are left alone beside any, "households_treated" or "customers_mailed" under 30 treated in all,
        "sales_variation" where sales do not vary.
    """
    if isinstance(sales, NotEnough):
        return sales
    usable = usable_stacks(sales)
    if isinstance(usable, NotEnough):
        return usable
    offers = usable.groupby("offer")
    # Without any type there is nothing to tell apart.
    types = {str(name): _effect(str(name), rows, sales, level) for name, rows in offers if name or len(offers) > 1}
    campaigns = usable.groupby("campaign", sort=False)
    each = {str(name): _of_campaign(_effect(str(name), rows, sales, level)) for name, rows in campaigns}
    overall = _effect("", usable, sales, level)
    if isinstance(overall, NotEnough):
        return overall
    judged = _judged(types)
    table = _table(judged, types, usable, _claimed(overall), redemptions)
    return CampaignEffects(
        table=table,
        types=tuple(judged.values()),
        by_campaign=tuple(_judged(each).values()),
        overall=_claimed(overall),
        unit=sales.unit,
    )


def _effect(name: str, rows: pd.DataFrame, sales: StackedSales, level: float) -> CampaignEffect | NotEnough:
    """The effect of some comparisons together, not yet judged."""
    treated = int(rows["treated"].sum())
    if treated < NEEDED_HOUSEHOLDS:
        few = "households_treated" if sales.unit == "household" else "customers_mailed"
        return NotEnough(few, treated, NEEDED_HOUSEHOLDS)
    numbers = [int(number) for number in rows["stack"]]
    stacks = stacks_of(sales.sums, dict(zip(numbers, rows["campaign"].astype(str), strict=True)))
    after = (stacks.week >= 0).astype(float)[:, None]
    relative = relative_estimate(relative_contrasts(stacks, after), level=level, n=treated)
    change = additive_change(stacks)
    if isinstance(relative, NotEnough):
        return relative
    if isinstance(change, NotEnough):
        return change
    return CampaignEffect(
        name=name,
        campaigns=tuple(dict.fromkeys(rows["campaign"].astype(str))),
        relative=relative,
        money=_as_money(relative, stacks),
        additive=change.estimate(level=level, n=treated),
        treated=treated,
        controls=int(rows["controls"].max()),
        weeks_before=int(rows["weeks_before"].max()),
        weeks_after=int(rows["weeks_after"].max()),
        touched_later=int(rows["touched_later"].sum()),
        pretended=pretended_start(stacks),
        breakdown=trend_breakdown(stacks, relative),
        levels=level_overlap(sales.levels, stacks, numbers),
        unit=sales.unit,
    )


def _of_campaign(effect: CampaignEffect | NotEnough) -> CampaignEffect | NotEnough:
    """The effect of one campaign, whose checks name it."""
    if isinstance(effect, NotEnough):
        return effect
    breakdown = effect.breakdown
    return replace(
        effect,
        single=True,
        pretended=replace(effect.pretended, campaign=effect.name),
        breakdown=breakdown if isinstance(breakdown, NotEnough) else replace(breakdown, campaign=effect.name),
        levels=replace(effect.levels, campaign=effect.name),
    )


def _as_money(relative: Estimate, stacks: Stacks) -> Estimate:
    """A relative effect as money a unit-week: sales s of the treated were s / (1 + effect) without it."""
    after = np.nansum(stacks.sales[:, stacks.week >= 0], axis=1)[stacks.treated].sum()
    weeks = stacks.weeks_of(0, int(stacks.week[-1]) + 1)
    sold = float(after) / float((stacks.of_units(treated=True) * weeks).sum())
    value, low, high = (
        sold * (1 - 1 / (1 + bound)) for bound in (relative.value, relative.low or 0.0, relative.high or 0.0)
    )
    low, high = min(low, high), max(low, high)
    return replace(relative, value=value, low=low, high=high)


def _claimed(effect: CampaignEffect, p_adjusted: float | None = None) -> CampaignEffect:
    """The effect with its claim: shown after correction on both scales, and nothing speaks against the design."""
    p = effect.relative.p if p_adjusted is None else p_adjusted
    breakdown = effect.breakdown
    reasons = (
        (OVERLAP, effect.levels.poor),
        (PRETREND, not isinstance(breakdown, NotEnough) and breakdown.rejected),
        (PLACEBO, effect.pretended.rejected),
        (SCALES, not effect.agree),
        (CHANCE, p is None or p >= CLAIM_P),
    )
    reason = next((code for code, holds in reasons if holds), None)
    judged = [replace(estimate, claimed=reason is None, reason=reason) for estimate in (effect.relative, effect.money)]
    relative, money = (replace(estimate, p_adjusted=p_adjusted) for estimate in judged)
    additive = replace(effect.additive, claimed=reason is None, reason=reason)
    if reason is not None and not isinstance(breakdown, NotEnough):
        breakdown = replace(breakdown, breakdown=0.0)
    return replace(effect, relative=relative, money=money, additive=additive, breakdown=breakdown)


def _judged(effects: Mapping[str, CampaignEffect | NotEnough]) -> dict[str, CampaignEffect]:
    """The effects there are, each with its claim after Holm's correction over them."""
    found = {name: effect for name, effect in effects.items() if not isinstance(effect, NotEnough)}
    raw = [np.nan if effect.relative.p is None else effect.relative.p for effect in found.values()]
    adjusted = holm_adjusted(raw)
    return {
        name: _claimed(effect, None if np.isnan(p) else float(p))
        for (name, effect), p in zip(found.items(), adjusted, strict=True)
    }


def _table(
    judged: Mapping[str, CampaignEffect],
    types: Mapping[str, CampaignEffect | NotEnough],
    usable: pd.DataFrame,
    overall: CampaignEffect,
    redemptions: pd.DataFrame | NotEnough | None,
) -> pd.DataFrame:
    """One row a type, too few to compare included, and one of all, with the use of coupons."""
    rows: list[dict[str, object]] = []
    for name, effect in types.items():
        if isinstance(effect, NotEnough):
            own = usable[usable["offer"] == name]
            few = {"treated": int(own["treated"].sum()), "controls": int(own["controls"].max())}
            rows.append({"name": name, "campaigns": own["campaign"].nunique(), **few, "reason": effect.reason})
        else:
            rows.append(judged[name].row())
    table = pd.DataFrame([*rows, overall.row()]).reindex(columns=list(overall.row()))
    table.insert(0, "everything", [*[False] * len(rows), True])
    table["few"] = table["relative"].isna()
    table["claimed"] = table["claimed"].eq(True)
    return _with_use(table, redemptions)


def _with_use(table: pd.DataFrame, redemptions: pd.DataFrame | NotEnough | None) -> pd.DataFrame:
    """The table with the share of mailed customers who used a coupon."""
    names: Sequence[str] = ("mailed", "redeemed", "used", "used_low", "used_high")
    if not isinstance(redemptions, pd.DataFrame) or redemptions.empty:
        return table.assign(**dict.fromkeys(names, np.nan))
    counts = redemptions.set_index("offer")[["mailed", "redeemed"]].reindex(table["name"])
    counts.loc[table["everything"].to_numpy()] = redemptions[["mailed", "redeemed"]].sum().to_numpy()
    joined = pd.concat([table, counts.set_axis(table.index)], axis=1)
    shares = [
        wilson(redeemed, mailed).to_frame() if mailed > 0 else pd.DataFrame({"value": [np.nan]})
        for redeemed, mailed in zip(joined["redeemed"], joined["mailed"], strict=True)
    ]
    bounds = pd.concat(shares, ignore_index=True).reindex(columns=["value", "low", "high"])
    return joined.assign(**{name: bounds[at].to_numpy() for name, at in zip(names[2:], bounds, strict=True)})
