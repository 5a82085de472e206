"""What the scenarios of the playbook and the variants of their lists are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.reports.words import N_, Words
from retention_lib.settings.scenario import CONTROL, TREATMENT

SCENARIOS: Mapping[str, str] = MappingProxyType(
    {
        "welcome": N_("Second order"),
        "reactivation": N_("Win back the quiet"),
        "abandoned_cart": N_("Abandoned cart"),
        "browsed_category": N_("Browsed category"),
        "cross_sell": N_("Goes with the last purchase"),
        "replenishment": N_("Runs out soon"),
        "birthday": N_("Birthday"),
        "rescue": N_("Amends after a complaint"),
        "after_sale": N_("Care after the sale"),
        "review_request": N_("Ask for a review"),
        "new_arrivals": N_("New arrivals"),
        "early_access": N_("Early access"),
        "tier_nudge": N_("Close to the next tier"),
        "points_expiring": N_("Points about to expire"),
        "retargeting": N_("Looked and did not buy"),
    }
)

CHANNELS: Mapping[str, str] = MappingProxyType(
    {"email": N_("e-mail"), "sms": N_("SMS"), "messenger": N_("messenger"), "ads": N_("advertising")}
)

_DELAY = ("after_", "h")


def scenario_name(scenario: str, words: Words) -> str:
    """A scenario as pages call it; one of the shop's own by its id.

    Args:
        scenario: The scenario's id.
        words: The reader's language.
    """
    return words.say(SCENARIOS[scenario]) if scenario in SCENARIOS else scenario.replace("_", " ")


def variant_name(variant: str, words: Words) -> str:
    """A variant of a list as pages call it.

    Args:
        variant: The variant.
        words: The reader's language.
    """
    if variant == CONTROL:
        return words.say(N_("leave alone"))
    if variant == TREATMENT:
        return words.say(N_("contact"))
    if variant.startswith(_DELAY[0]) and variant.endswith(_DELAY[1]):
        return words.say(N_("contact after {hours} h"), hours=variant[len(_DELAY[0]) : -len(_DELAY[1])])
    return variant


def channel_name(channel: str, words: Words) -> str:
    """A channel as pages call it.

    Args:
        channel: The channel.
        words: The reader's language.
    """
    return words.say(CHANNELS[channel]) if channel in CHANNELS else channel
