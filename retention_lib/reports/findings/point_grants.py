"""Sentences about what points were given for, and about recommendations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.point_grants import PointGrants
from retention_lib.models.referral import ReferralValue
from retention_lib.reports.findings.accrual import rounded
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.rows import row, segment_name
from retention_lib.reports.words import N_, Words

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "purchase": N_("purchases"),
        "welcome": N_("welcome"),
        "birthday": N_("birthday"),
        "review": N_("reviews"),
        "referral": N_("recommendations"),
        "promotion": N_("promotions"),
    }
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {"earn": N_("purchases"), "grant": N_("gifts"), "adjust": N_("corrections")}
)


def reason_name(kind: str, reason: str, words: Words) -> str:
    """What points were given for: the programme's own word, or the kind of entry where it has none.

    Args:
        kind: earn, grant or adjust.
        reason: The reason in the data; empty where none.
        words: The reader's language.
    """
    if not reason:
        return words.say(_KINDS[kind]) if kind in _KINDS else segment_name(reason, words)
    return words.say(_REASONS[reason]) if reason in _REASONS else segment_name(reason, words)


@finding.register
def _(result: PointGrants, words: Words) -> Finding:
    told = [_gifts(result, words), _helped(result, words)]
    return Finding(sentence=" ".join(part for part in told if part))


def _gifts(result: PointGrants, words: Words) -> str:
    """How much was given for anything but buying, and the largest of it: how many, for how long, how far used."""
    gifts = result.table[result.table["kind"] == "grant"]
    if gifts.empty:
        return words.say(N_("{n} points were credited, none of them as a gift."), n=round(result.points))
    largest = gifts.iloc[0]
    shown = {
        "share": words.percent(result.granted, 0),
        "reason": reason_name(largest["kind"], largest["reason"], words),
        "each": words.number(largest["each"]),
        "used": words.percent(largest["used"]),
        "days": words.days(largest["valid_days"]),
    }
    if math.isnan(largest["used"]):
        return words.say(
            N_(
                "{share} of all points are gifts. The largest part, “{reason}”, is {each} points each; how many of "
                "these are used is not known yet."
            ),
            **shown,
        )
    if math.isnan(largest["valid_days"]):
        message = N_(
            "{share} of all points are gifts. Of the largest part, “{reason}” with {each} points each, **{used} are "
            "used**."
        )
    else:
        message = N_(
            "{share} of all points are gifts. Of the largest part, “{reason}” with {each} points each for {days}, "
            "**{used} are used**."
        )
    return words.say(message, **shown)


def _helped(result: PointGrants, words: Words) -> str:
    """The gift without which most members would not have had their first reward that day."""
    gifts = result.table[(result.table["kind"] == "grant") & (result.table["helped"] > 0)]
    if gifts.empty:
        return ""
    most = row(gifts, gifts["helped"].idxmax())
    return words.say(
        N_(
            "Of {reached} members who came to a first reward, {helped} ({share}) would not have had enough that day "
            "without “{reason}”."
        ),
        reached=result.reached,
        helped=int(most["helped"]),
        share=words.percent(most["helped_share"], 0),
        reason=reason_name(most["kind"], most["reason"], words),
    )


@finding.register
def _(result: ReferralValue, words: Words) -> Finding:
    told = [_rewarded(result, words), _brought(result, words), _newcomers(result, words)]
    told.append(
        words.say(
            N_(
                "Which newcomer a reward was for is not recorded, nor who would have come without one: none of this is "
                "a gain."
            )
        )
    )
    return Finding(sentence=" ".join(part for part in told if part))


def _rewarded(result: ReferralValue, words: Words) -> str:
    shown = {"n": result.rewards, "points": round(result.points), "day": result.since}
    if not result.rewards:
        return words.say(N_("No recommendation was rewarded with points in the programme."))
    if isinstance(result.cost, NotEnough):
        return words.say(N_("Since {day}, **{n} recommendations** were rewarded with {points} points."), **shown)
    return words.say(
        N_("Since {day}, **{n} recommendations** were rewarded with {points} points, {cost} if all are used."),
        **shown,
        cost=words.money(result.cost),
    )


def _brought(result: ReferralValue, words: Words) -> str:
    """What a customer by recommendation brings beside others."""
    profit, others, more = result.profit, result.profit_others, result.more
    if not (isinstance(profit, Estimate) and isinstance(others, Estimate) and isinstance(more, Estimate)):
        return ""
    shown = {
        "profit": words.money(rounded(profit.value)),
        "others": words.money(rounded(others.value)),
        "interval": words.interval(rounded(more.low), rounded(more.high), "money"),
    }
    if more.claimed:
        message = N_(
            "A customer who came by a recommendation brought **{profit} of gross profit in the first half-year**, one "
            "who came otherwise {others} (difference {interval})."
        )
    else:
        message = N_(
            "A customer who came by a recommendation brought {profit} of gross profit in the first half-year, one who "
            "came otherwise {others}; the difference may be chance."
        )
    return f"{words.say(message, **shown)} {_won(result, words)}".strip()


def _won(result: ReferralValue, words: Words) -> str:
    own, others = result.acquisition, result.acquisition_others
    if isinstance(own, NotEnough) or isinstance(others, NotEnough):
        return ""
    return words.say(
        N_("Winning one cost {own}, points not counted, and {others} otherwise."),
        own=words.money(rounded(own.value)),
        others=words.money(rounded(others.value)),
    )


def _newcomers(result: ReferralValue, words: Words) -> str:
    """Whether more come by recommendation since the programme began."""
    before, since, change = result.share_before, result.share_since, result.share_change
    if not (isinstance(before, Estimate) and isinstance(since, Estimate) and isinstance(change, Estimate)):
        return ""
    shown = {"before": words.percent(before.value), "since": words.percent(since.value), "new": result.new}
    low, high = change.low or 0.0, change.high or 0.0
    if low <= 0 <= high:
        message = N_(
            "{new} new customers came so since the programme began, {since} of all, against {before} before it: no "
            "change beyond chance."
        )
    else:
        message = N_(
            "{new} new customers came so since the programme began, {since} of all, against {before} before it."
        )
    return words.say(message, **shown)
