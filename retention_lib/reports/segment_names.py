"""What the dimensions and groups that customers are told apart by are called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention_lib.measures.first_groups import FULL_PRICE, OTHER, WITH_DISCOUNT
from retention_lib.measures.panels import EARLY
from retention_lib.measures.rfm import UNSCORED
from retention_lib.measures.where import BAD_SCORE, BETTER_SCORE, NO_MEMBER, NO_SCORE, NO_TIER
from retention_lib.reports.rows import segment_name
from retention_lib.reports.words import N_, Words

DIMENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "rfm": N_("RFM group"),
        "channel": N_("last bought by"),
        "acquisition_channel": N_("won by"),
        "region": N_("region"),
        "income_band": N_("income"),
        "age_band": N_("age"),
        "sex": N_("sex"),
        "tier": N_("loyalty tier"),
        "feedback": N_("score given"),
    }
)

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "champions": N_("champions"),
        "loyal": N_("loyal"),
        "potential_loyal": N_("potential loyal"),
        "new": N_("new"),
        "promising": N_("promising"),
        "needs_attention": N_("needs attention"),
        "almost_lost": N_("almost lost"),
        "at_risk": N_("at risk"),
        "cannot_lose": N_("cannot lose"),
        "dormant": N_("dormant"),
        UNSCORED: N_("out of sight"),
    }
)

SPLITS: Mapping[str, str] = MappingProxyType(
    {
        "channel": N_("channel"),
        "first_category": N_("first category"),
        "first_discount": N_("price of the first order"),
        "early": N_("purchases in the first 12 weeks"),
    }
)
"""What the splits of customers by how they were won are called."""

_OTHERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "rfm": GROUPS,
        "tier": MappingProxyType({NO_MEMBER: N_("not in the programme"), NO_TIER: N_("member without a tier")}),
        "feedback": MappingProxyType(
            {BAD_SCORE: N_("a bad one"), BETTER_SCORE: N_("better ones only"), NO_SCORE: N_("none")}
        ),
        "channel": MappingProxyType({OTHER: N_("other channels")}),
        "first_category": MappingProxyType({OTHER: N_("other categories")}),
        "early": MappingProxyType(
            dict(
                zip(
                    EARLY,
                    (N_("none early on"), N_("one early on"), N_("2 or 3 early"), N_("4 or more early")),
                    strict=True,
                )
            )
        ),
        "first_discount": MappingProxyType({WITH_DISCOUNT: N_("at a discount"), FULL_PRICE: N_("at full price")}),
    }
)


def dimension_name(dimension: str, words: Words) -> str:
    """What a dimension is called; a column of the store's own by its name."""
    known = DIMENSIONS.get(dimension)
    return words.say(known) if known else dimension.replace("_", " ")


def split_name(split: str, words: Words) -> str:
    """What a split by how customers were won is called; a column of the store's own by its name."""
    known = SPLITS.get(split)
    return words.say(known) if known else split.replace("_", " ")


def group_name(group: str, words: Words) -> str:
    """What an RFM group is called."""
    return words.say(GROUPS[group])


def segment_of(dimension: str, segment: str, words: Words) -> str:
    """What a segment of a dimension is called."""
    known = _OTHERS.get(dimension, {}).get(segment)
    return words.say(known) if known else segment_name(segment, words)


def named_segment(dimension: str, segment: str, words: Words) -> str:
    """A segment with its dimension, as in "north (region)"."""
    return words.say(
        N_("{segment} ({dimension})"),
        dimension=dimension_name(dimension, words),
        segment=segment_of(dimension, segment, words),
    )
