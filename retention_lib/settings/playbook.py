"""The retention playbook of a parameter file: its channels, offers, limits and scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SerializeAsAny, ValidatorFunctionWrapHandler, WrapValidator, field_validator

from retention_lib.settings import rules
from retention_lib.settings.amounts import Cost, Share
from retention_lib.settings.problems import nearest_name
from retention_lib.settings.scenario import (
    CHANNELS,
    LEARNED_OFFER,
    NO_OFFER,
    ChannelName,
    Count,
    Days,
    Scenario,
)
from retention_lib.settings.scenarios import KINDS, STANDARD
from retention_lib.settings.strict import NAME, NAME_RULE, Broken, StrictModel, all_broken, one_of_rule

AUDIENCE = "retargeting_audience"
"""The file of hashed addresses that stands beside the lists, so that no scenario has its name."""

MOST_SCENARIOS = 60
"""Scenarios of a playbook at most."""

Hour = Annotated[int, AfterValidator(rules.between(0, 24))]


class Channel(StrictModel):
    """A way of reaching customers.

    Attributes:
        cost: Of one message, in the store's currency; None for the economics' `contact_cost`.
        quiet_from: The hour (0 to 24, in the store's zone) from which nothing is sent.
        quiet_to: The hour until which nothing is sent; equal to `quiet_from` where every hour will do.
        most: Messages of one plan at most; None for no limit.
    """

    cost: Cost | None = None
    quiet_from: Hour = 21
    quiet_to: Hour = 9
    most: Count | None = None

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """There is an hour in which something may be sent."""
        if (raw.get("quiet_from"), raw.get("quiet_to")) == (0, 24):
            yield Broken(("quiet_to",), "leaves no hour in which anything may be sent", 24)


class Offer(StrictModel):
    """What a message offers.

    Attributes:
        discount: Share taken off the goods, in [0, 1].
        cost_per_order: Money that an order with it costs the shop besides (free delivery, a gift).
    """

    discount: Share = 0.0
    cost_per_order: Cost = 0.0


class FrequencyCap(StrictModel):
    """How often a customer hears from the shop at most, over all scenarios and campaigns.

    Attributes:
        messages: Messages at most, that of the plan among them.
        days: The days they are counted in, back from the start of the plan.
    """

    messages: Count = 4
    days: Days = 30


def _of_its_kind(raw: Any, handler: ValidatorFunctionWrapHandler) -> Scenario:
    """The model of the kind that a scenario's mapping names."""
    if not isinstance(raw, Mapping):
        known: Scenario = handler(raw)
        return known
    kind = raw.get("kind")
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind].model_validate(raw)
    rule = f"must be a kind of scenario ({', '.join(KINDS)})"
    raise all_broken("Scenario", [Broken(("kind",), rule, kind, nearest_name(kind, KINDS))])


AnyScenario = Annotated[SerializeAsAny[Scenario], WrapValidator(_of_its_kind)]


def _standard_channels() -> dict[ChannelName, Channel]:
    """Every channel; an audience for advertising has no quiet hours."""
    return {name: Channel(quiet_from=0, quiet_to=0) if name == "ads" else Channel() for name in CHANNELS}


def _standard_scenarios() -> dict[str, Scenario]:
    """One scenario of each kind, under its own name."""
    return {kind: KINDS[kind].model_validate({}) for kind in STANDARD}


class Playbook(StrictModel):
    """Whom the shop contacts when, with what and by which channel.

    Attributes:
        channels: The channels by name; what the file says of one replaces what is usual, key by key.
        offers: The offers by name.
        frequency_cap: How often a customer hears from the shop at most.
        suppress_days: A customer whose complaint of so many days before the start is not settled (a case still open, a
            bad review without an answer) hears only of what is meant to help.
        scenarios: The scenarios by name. What the file says of one replaces what is usual, key by key; `false`
            switches one off; those not named stay as they are.
    """

    channels: dict[ChannelName, Channel] = Field(default_factory=_standard_channels)
    offers: dict[str, Offer] = Field(default_factory=dict)
    frequency_cap: FrequencyCap = Field(default_factory=FrequencyCap)
    suppress_days: Annotated[int, AfterValidator(rules.between(0, 366))] = 30
    scenarios: dict[str, AnyScenario] = Field(default_factory=_standard_scenarios)

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """Channels are known, names usable, and scenarios name offers that are there."""
        for name in _keys(raw.get("channels")):
            if name not in CHANNELS:
                yield Broken(("channels", str(name)), "is not known", nearest=nearest_name(name, CHANNELS))
        for name in _keys(raw.get("offers")):
            if name in (NO_OFFER, LEARNED_OFFER):
                yield Broken(("offers", str(name)), "has a meaning of its own; choose another name")
            elif not NAME.fullmatch(str(name)):
                yield Broken(("offers", str(name)), NAME_RULE)
        yield from _broken_names(raw.get("scenarios"))
        yield from _broken_offers(raw.get("scenarios"), _keys(raw.get("offers")))

    @field_validator("channels", mode="before")
    @classmethod
    def _all_channels(cls, raw: Any) -> Any:
        """The channels that the file leaves out, and what it does not say of those it names."""
        if not isinstance(raw, Mapping):
            return raw
        usual = {name: channel.model_dump() for name, channel in _standard_channels().items()}
        known = {name: given for name, given in raw.items() if name in usual}
        return {**usual, **{name: _over(usual[name], given) for name, given in known.items()}}

    @field_validator("scenarios", mode="before")
    @classmethod
    def _all_scenarios(cls, raw: Any) -> Any:
        """The scenarios that the file leaves out or switches off, and the kind of those named by it."""
        if not isinstance(raw, Mapping):
            return raw
        given = {name: _with_kind(str(name), one) for name, one in raw.items() if _has_kind(str(name), one)}
        return {**_standard_scenarios(), **given}

    @property
    def enabled(self) -> dict[str, Scenario]:
        """The scenarios that lists are made of, by priority, then by name."""
        kept = [(one.priority, name) for name, one in self.scenarios.items() if one.enabled]
        return {name: self.scenarios[name] for _, name in sorted(kept)}

    def offer(self, name: str) -> Offer:
        """An offer by its name; nothing for a message without one.

        Args:
            name: A key of `offers`, or `none`.

        Raises:
            KeyError: There is no such offer.
        """
        return Offer() if name == NO_OFFER else self.offers[name]


def _keys(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, Mapping) else []


def _over(usual: Mapping[str, Any], given: Any) -> Any:
    """What is usual, and what is given in its place."""
    return {**usual, **given} if isinstance(given, Mapping) else {} if given is None else given


def _kind(name: str, given: Any) -> Any:
    """The kind that a scenario's mapping names, else that of its name; None where neither says one."""
    if isinstance(given, Mapping) and "kind" in given:
        return given["kind"]
    if name not in KINDS and isinstance(given, Mapping) and "condition" in given:
        return "condition"
    return name if name in KINDS else None


def _has_kind(name: str, given: Any) -> bool:
    return isinstance(given, Scenario) or _kind(name, given) is not None


def _with_kind(name: str, given: Any) -> Any:
    """The scenario as its model wants it: with its kind, switched off for `false`."""
    if given is None or isinstance(given, bool):
        return {"kind": name, "enabled": given is not False}
    return {**given, "kind": _kind(name, given)} if isinstance(given, Mapping) else given


def _broken_names(scenarios: Any) -> Iterator[Broken]:
    """Names of scenarios become files, tests and figures."""
    if len({*_keys(scenarios), *STANDARD}) > MOST_SCENARIOS:
        yield Broken(("scenarios",), f"must be {MOST_SCENARIOS} at most, those that are there anyway among them")
    for name in _keys(scenarios):
        if not NAME.fullmatch(str(name)):
            yield Broken(("scenarios", str(name)), NAME_RULE)
        elif name == AUDIENCE:
            yield Broken(("scenarios", str(name)), "is the name of a file beside the lists; choose another")
        elif not _has_kind(str(name), scenarios[name]):
            rule = "is no kind of scenario; give it a key kind, or a condition"
            yield Broken(("scenarios", str(name)), rule, nearest=nearest_name(name, STANDARD))


def _broken_offers(scenarios: Any, offers: list[Any]) -> Iterator[Broken]:
    known = [NO_OFFER, LEARNED_OFFER, *map(str, offers)]
    for name in _keys(scenarios):
        given = scenarios[name]
        offer = given.get("offer") if isinstance(given, Mapping) else getattr(given, "offer", None)
        if isinstance(offer, str) and offer not in known:
            yield Broken(("scenarios", str(name), "offer"), one_of_rule(known), offer, nearest_name(offer, known))
