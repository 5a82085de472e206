"""Sentences of the tiers: who is in them, how members move, what they do around reaching one, and who is near."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.tier_behaviour import DRIFT, DRIFT_UNKNOWN, TierBehaviour
from retention_lib.models.tiers import NextTier, TierMigration, TierTable
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.text import clean_value
from retention_lib.reports.words import N_, Words

_NAME_LETTERS = 24
_NEARLY_ALL = 0.8
_LARGE = 20
_FINE = 0.05
"""Difference in the share who order, of which a reminder is said to be tested well enough."""


def tier_name(tier: str, words: Words) -> str:
    """What a tier is called."""
    return clean_value(tier, limit=_NAME_LETTERS) if tier else words.say(N_("no tier yet"))


def threshold_text(unit: str, threshold: float, words: Words) -> str:
    """With what a tier is reached, as in "3 orders"; empty where it is not known."""
    if not unit or math.isnan(threshold):
        return ""
    if unit == "orders":
        return words.count("{n} order", "{n} orders", int(threshold))
    return words.say(N_("{money} spent"), money=words.money(threshold))


@finding.register
def _(result: TierTable, words: Words) -> Finding:
    rows = result.table.to_dict("records")
    listed = [
        words.say(N_("{share} in {tier}"), share=words.percent(row["share"], 0), tier=tier_name(row["tier"], words))
        for row in rows
    ]
    told = [
        words.say(N_("The programme has **{n} members**: {shares}."), n=result.members, shares=words.listed(listed))
    ]
    judged = [row for row in rows if not row["thin"] and not math.isnan(row["orders"])]
    if len(judged) > 1:
        told.append(_apart(judged[0], judged[-1], words))
    known = [row for row in rows if row["unit"]]
    if known:
        rules = [
            words.say(
                N_("{tier} with {threshold}"),
                tier=tier_name(row["tier"], words),
                threshold=threshold_text(row["unit"], row["threshold"], words),
            )
            for row in known
        ]
        told.append(words.say(N_("Since joining, members reach {rules}."), rules=words.listed(rules)))
    return Finding(sentence=" ".join(told))


def _apart(low: dict[Any, Any], high: dict[Any, Any], words: Words) -> str:
    """What the members of the lowest and of the highest tier do, and why that is no effect."""
    shown = {
        "high": tier_name(high["tier"], words),
        "orders": words.number(high["orders"], 2),
        "low": tier_name(low["tier"], words),
        "few": words.number(low["orders"], 2),
    }
    sentence = words.say(N_("A member in {high} orders **{orders} times a month**, one in {low} {few} times."), **shown)
    if not math.isnan(high["gross_profit"]) and not math.isnan(low["gross_profit"]):
        sentence += " " + words.say(
            N_("They leave a gross profit of {much} and {little} a month."),
            much=_money(high["gross_profit"], words),
            little=_money(low["gross_profit"], words),
        )
    if not math.isnan(high["rewards_share"]) and not math.isnan(low["rewards_share"]):
        sentence += " " + words.say(
            N_("Points pay {much} of what {high} buys and {little} of what {low} buys."),
            much=words.percent(high["rewards_share"]),
            little=words.percent(low["rewards_share"]),
            high=shown["high"],
            low=shown["low"],
        )
    why = words.say(N_("This is who gets there, not what the tier does: only who buys much reaches a high one."))
    return f"{sentence} {why}"


def _money(value: float, words: Words) -> str:
    """An amount, with cents only where it is small."""
    return words.money(value, digits=0 if abs(value) >= _LARGE else None)


@finding.register
def _(result: TierMigration, words: Words) -> Finding:
    base = int(result.up.n or 0)
    shown = {
        "n": base,
        "months": result.months,
        "up": words.percent(result.up.value),
        "up_range": words.interval(result.up.low, result.up.high, "share"),
        "left": words.percent(result.left.value),
        "left_range": words.interval(result.left.low, result.left.high, "share"),
        "stayed": words.percent(result.stayed.value),
    }
    sentence = words.say(
        N_(
            "Of {n} members {months} months ago, **{up}** ({up_range}) stand in a higher tier now, {stayed} in the "
            "same, and **{left}** ({left_range}) have left."
        ),
        **shown,
    )
    if result.down.value > 0:
        sentence += " " + words.say(N_("{down} went down."), down=words.percent(result.down.value))
    if result.joined:
        sentence += " " + words.say(
            N_("{joined} joined since then; {gone} of them have left again."),
            joined=result.joined,
            gone=words.percent(result.joined_left / result.joined),
        )
    alt = words.say(N_("Cells by tier then and now: {up} of members moved up, {stayed} stayed, {left} left."), **shown)
    caption = words.say(
        N_("{n} members at the end of {since}, and {joined} who joined up to {until}; rows add up to 100%."),
        n=base,
        since=result.since - timedelta(days=1),
        joined=result.joined,
        until=result.until - timedelta(days=1),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: TierBehaviour, words: Words) -> Finding:
    told = [_effort(result, words), _dip(result, words), _balance(result, words)]
    alt = words.say(
        N_("Dots with intervals by tier, before reaching it and after, around a line at zero: {effort}, {dip}."),
        effort=_change(result.effort, words),
        dip=_change(result.dip, words),
    )
    caption = words.say(
        N_(
            "{n} members who reached a tier; each gap between orders against others of the same member; bars: 95% "
            "intervals."
        ),
        n=result.members,
    )
    return Finding(sentence=" ".join(part for part in told if part), alt=alt, caption=caption)


def _change(found: Estimate | NotEnough, words: Words) -> str:
    """A relative change as text; empty where it is not known."""
    return words.say(N_("not known")) if isinstance(found, NotEnough) else words.percent(found.value, 0)


def _shown(found: Estimate, words: Words) -> dict[str, str]:
    """A relative change and its interval, as the reader sees them."""
    return {
        "change": words.percent(abs(found.value), 0),
        "signed": words.percent(found.value, 0),
        "interval": words.say(
            N_("{low} to {high}"), low=words.percent(found.low, 0), high=words.percent(found.high, 0)
        ),
    }


def _effort(result: TierBehaviour, words: Words) -> str:
    """What members do when one order short of a tier."""
    found = result.effort
    if isinstance(found, NotEnough):
        return words.say(
            N_("Only {n} members have gaps to compare, too few to say what they do before a tier."), n=int(found.have)
        )
    shown = _shown(found, words)
    if found.claimed and found.value > 0:
        return words.say(
            N_(
                "One order short of a tier, members buy **{change} faster** ({interval}): the order that reaches it "
                "comes about {days} sooner."
            ),
            **shown,
            days=words.days(result.days_gained),
        )
    if found.claimed:
        message = N_("One order short of a tier, members buy **{change} slower** ({interval}): it draws nobody on.")
    elif found.reason == DRIFT:
        message = N_(
            "**No effort before a tier can be claimed**: gaps change with the number of orders even where no tier is "
            "near."
        )
    elif found.reason == DRIFT_UNKNOWN:
        message = N_(
            "**No effort before a tier can be claimed**: too few members ordered on to see whether their gaps change "
            "by themselves."
        )
    else:
        message = N_(
            "**No effort before a tier is shown**: one order short, members buy {signed} faster ({interval}), which "
            "chance alone can do."
        )
    return words.say(message, **shown)


def _dip(result: TierBehaviour, words: Words) -> str:
    """What members do after reaching a tier."""
    found = result.dip
    if isinstance(found, NotEnough):
        return words.say(
            N_("Only {n} members have gaps to compare, too few to say what they do after it."), n=int(found.have)
        )
    shown = _shown(found, words) | {"days": words.days(result.rest_days)}
    if found.claimed and found.value < 0:
        message = N_("In the {days} after reaching one they buy **{change} less** ({interval}).")
    elif found.claimed:
        message = N_("In the {days} after reaching one they buy **{change} more** ({interval}).")
    elif found.reason in (DRIFT, DRIFT_UNKNOWN):
        message = N_("Nor can a dip in the {days} after reaching one be claimed, for the same reason.")
    else:
        message = N_("No dip in the {days} after reaching one is shown ({signed}, {interval}).")
    return words.say(message, **shown)


def _balance(result: TierBehaviour, words: Words) -> str:
    """How much of what is gained before a tier is lost after it; empty where not both are claimed."""
    if isinstance(result.effort, NotEnough) or isinstance(result.dip, NotEnough):
        return ""
    both = result.effort.claimed and result.dip.claimed
    if not both or result.effort.value <= 0 or result.dip.value >= 0 or result.days_gained <= 0:
        return ""
    lost = result.days_lost / result.days_gained
    if lost > _NEARLY_ALL:
        return words.say(N_("So the tier mostly brings orders forward: nearly all that is gained is lost again."))
    return words.say(
        N_("So about **{lost}** of what is gained before a tier is lost again after it."), lost=words.percent(lost, 0)
    )


@action.register
def _(result: NextTier, words: Words) -> Action:
    title = words.say(
        N_(
            "Tell **half** of the {n} members who are one order short of their next tier how near it is, drawn at "
            "random, and leave the others alone"
        ),
        n=result.members,
    )
    facts = [
        (words.say(N_("Members")), words.number(result.members)),
        (words.say(N_("Of them bought in the last 90 days")), words.number(result.recent)),
    ]
    if result.order_profit is not None:
        facts.append((words.say(N_("Gross profit of such an order")), words.money(result.order_profit)))
    facts.append((words.say(N_("Pays")), _pays(result, words)))
    facts.append((words.say(N_("How long")), _how_long(result, words)))
    return Action(title=title, tested=False, facts=tuple(facts), note=_note(result.effort, words))


def _how_long(result: NextTier, words: Words) -> str:
    """What so many members show, and how many it takes to show more."""
    shown = {
        "n": result.members,
        "gap": words.number(100 * result.shown_from),
        "fine": words.number(100 * _FINE),
        "needed": result.members_for(_FINE),
    }
    if result.shown_from <= _FINE:
        message = N_("once: {n} members show a difference of {gap} points or more in the share who order")
    else:
        message = N_(
            "every month with those newly near: {n} members show a difference of {gap} points or more in the share who "
            "order, it takes {needed} to show one of {fine}"
        )
    return words.say(message, **shown)


def _pays(result: NextTier, words: Words) -> str:
    """When a reminder pays for itself."""
    if result.one_in is not None and result.one_in < 1:
        return words.say(N_("not at this cost: a further order leaves less than the reminder costs"))
    if result.one_in is not None:
        return words.say(
            N_("if 1 reminder in {one_in} brings an order more than comes by itself"),
            one_in=words.number(math.floor(result.one_in)),
        )
    if result.contact_cost == 0:
        return words.say(N_("with any further order: a reminder costs nothing"))
    return words.say(N_("when its cost is below the gross profit of the orders it brings; one of the two is not known"))


def _note(effort: Estimate | NotEnough, words: Words) -> str:
    """What a reminder must add to."""
    if isinstance(effort, NotEnough) or not effort.claimed or effort.value <= 0:
        return words.say(N_("Whether a near tier draws members on is not shown here; the half left alone will tell."))
    return words.say(
        N_(
            "They buy {change} faster by themselves when a tier is near. A reminder must add to that, so only the "
            "difference to the half left alone counts."
        ),
        change=words.percent(effort.value, 0),
    )
