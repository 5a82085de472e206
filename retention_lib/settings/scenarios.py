"""The kinds of scenarios of the retention playbook: what happened to the customers whom each is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from retention_lib.settings import rules
from retention_lib.settings.amounts import Share, Text
from retention_lib.settings.conditions import Condition, condition_text, parsed
from retention_lib.settings.scenario import TREATMENT, ChannelName, Channels, Count, Days, Hours, Scenario
from retention_lib.settings.strict import Broken, refusal


def _days_or_auto(value: Any) -> Any:
    if value == "auto" or (type(value) is int and 1 <= value <= 366):
        return value
    raise refusal("must be auto or a number of days between 1 and 366")


def _quartile(value: float) -> float:
    if value not in (0.25, 0.5, 0.75):
        raise refusal("must be 0.25, 0.5 or 0.75")
    return value


def _advertising() -> list[ChannelName]:
    return ["ads"]


Level = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.between(0.001, 0.999))]


class WelcomeScenario(Scenario):
    """A second order after the first one.

    Attributes:
        within_days: Days after the first order on which the message goes; auto takes those after which second orders
            of the shop's own customers come most often.
    """

    kind: Literal["welcome"] = "welcome"
    fresh_days: Days = 30
    priority: Count = 7
    within_days: Annotated[int | Literal["auto"], BeforeValidator(_days_or_auto)] = "auto"


class ReactivationScenario(Scenario):
    """Customers who have gone quiet.

    Attributes:
        rule: `silence` counts days without a purchase; `overdue` holds them against the customer's own rhythm.
        silence_days: With `silence`: days without a purchase from which on a customer counts.
        most_days: Days without a purchase after which a customer is given up.
        overdue_level: With `overdue`: the silence is longer than this share of the gaps that the customer leaves
            between purchases, of those of all customers where there are few.
    """

    kind: Literal["reactivation"] = "reactivation"
    fresh_days: Days = 365
    priority: Count = 9
    rule: Literal["silence", "overdue"] = "silence"
    silence_days: Days = 30
    most_days: Days = 365
    overdue_level: Level = 0.8

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """Somebody is quiet long enough and not too long."""
        least, most = raw.get("silence_days", 30), raw.get("most_days", 365)
        if type(least) is int and type(most) is int and least > most:
            yield Broken(("most_days",), f"must be silence_days ({least}) or more", most)


class AbandonedCartScenario(Scenario):
    """A cart that was filled and not bought.

    Attributes:
        delays_hours: Hours after the cart was left at which the message goes; several are arms of one test.
    """

    kind: Literal["abandoned_cart"] = "abandoned_cart"
    fresh_days: Days = 7
    priority: Count = 2
    delays_hours: Annotated[list[Hours], AfterValidator(rules.some_once)] = Field(default_factory=lambda: [24.0])

    @classmethod
    def broken_rules(cls, raw: Mapping[Any, Any]) -> Iterator[Broken]:
        """The waiting time is said once."""
        if "wait_hours" in raw:
            yield Broken(("wait_hours",), "does not belong to an abandoned cart; its delays_hours say how long to wait")

    @property
    def treatments(self) -> tuple[str, ...]:
        """One variant a delay where several are tested."""
        if len(self.delays_hours) == 1:
            return (TREATMENT,)
        return tuple(f"after_{hours:g}h" for hours in self.delays_hours)


class BrowsedCategoryScenario(Scenario):
    """A category that was looked at several times and not bought.

    Attributes:
        views: Views of its products at least.
        days: The days they are counted in, back from the last day of the data.
    """

    kind: Literal["browsed_category"] = "browsed_category"
    fresh_days: Days = 7
    priority: Count = 11
    wait_hours: Hours = 24.0
    views: Count = 3
    days: Days = 7


class CrossSellScenario(Scenario):
    """The product that goes with what was just bought.

    Attributes:
        within_days: Days in which two products count as bought together, and after a purchase in which the second is
            offered.
        support: Customers who bought both at least.
        confidence: Share of the buyers of the first who bought the second, at least.
        lift: By how many times more than all customers, at least.
        level: Chance of a false pair after correction for the number of pairs looked at.
    """

    kind: Literal["cross_sell"] = "cross_sell"
    priority: Count = 10
    wait_hours: Hours = 48.0
    within_days: Days = 14
    support: Count = 20
    confidence: Share = 0.05
    lift: Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.at_least(1))] = 1.2
    level: Level = 0.05


class ReplenishmentScenario(Scenario):
    """A product that must have run out.

    Attributes:
        quantile: Which of the intervals between purchases of the product: 0.25 early, 0.5 middle, 0.75 late.
        least: Intervals known of a product at least; below, it is not offered.
    """

    kind: Literal["replenishment"] = "replenishment"
    priority: Count = 5
    fresh_days: Days = 14
    quantile: Annotated[float, AfterValidator(_quartile)] = 0.5
    least: Count = 20


class BirthdayScenario(Scenario):
    """A greeting ahead of the birthday.

    Attributes:
        days_ahead: Days before the birthday on which the message goes.
    """

    kind: Literal["birthday"] = "birthday"
    priority: Count = 8
    fresh_days: Days = 31
    days_ahead: Annotated[int, AfterValidator(rules.between(0, 31))] = 7


class RescueScenario(Scenario):
    """An answer to a bad review or a contact with the service; goes to open complaints too.

    Attributes:
        worst_score: A review is bad up to this share of its scale (0.4: 2 of 5).
        days: Days back from the last day of the data in which the review or the contact lies.
        service_kinds: The kinds of service contacts that count; none given: all of them.
    """

    kind: Literal["rescue"] = "rescue"
    fresh_days: Days = 14
    priority: Count = 1
    worst_score: Share = 0.4
    days: Days = 14
    service_kinds: list[Text] = Field(default_factory=list)

    while_suppressed: ClassVar[bool] = True


class AfterSaleScenario(Scenario):
    """Care after a purchase: warranty, instructions, help.

    Attributes:
        days: Days after the delivery, or the purchase where no delivery is known, on which it goes.
        categories: Categories it is for; none given: all of them.
    """

    kind: Literal["after_sale"] = "after_sale"
    fresh_days: Days = 30
    priority: Count = 3
    days: Days = 3
    categories: list[Text] = Field(default_factory=list)


class ReviewRequestScenario(Scenario):
    """Ask for a review of what was bought and has not been reviewed.

    Attributes:
        days: Days after the delivery, or the purchase where no delivery is known, on which it goes.
    """

    kind: Literal["review_request"] = "review_request"
    fresh_days: Days = 30
    priority: Count = 14
    days: Days = 10


class NewArrivalsScenario(Scenario):
    """New products for customers who buy.

    Attributes:
        arrived_days: A product is new when it was first sold in so many of the last days of the data.
        active_days: Customers who bought in so many of them.
    """

    kind: Literal["new_arrivals"] = "new_arrivals"
    fresh_days: Days = 30
    priority: Count = 13
    arrived_days: Days = 30
    active_days: Days = 90


class EarlyAccessScenario(Scenario):
    """Early access for the best members.

    Attributes:
        tiers: The tiers it is for; none given: the highest one.
    """

    kind: Literal["early_access"] = "early_access"
    priority: Count = 12
    tiers: list[Text] = Field(default_factory=list)


class TierNudgeScenario(Scenario):
    """Members close to the next tier or to a reward.

    Attributes:
        orders_short: Orders at most that they are short of the next tier.
        reward_share: Share of the points of a reward that they hold at least.
    """

    kind: Literal["tier_nudge"] = "tier_nudge"
    priority: Count = 6
    orders_short: Count = 1
    reward_share: Level = 0.8


class PointsExpiringScenario(Scenario):
    """Points that are about to expire.

    Attributes:
        days: Days from the start in which they do.
    """

    kind: Literal["points_expiring"] = "points_expiring"
    priority: Count = 4
    days: Days = 30


class RetargetingScenario(Scenario):
    """An audience for advertising: who looked lately and did not buy.

    Attributes:
        days: Days back from the last day of the data in which they looked.
    """

    kind: Literal["retargeting"] = "retargeting"
    fresh_days: Days = 14
    channels: Channels = Field(default_factory=_advertising)
    priority: Count = 15
    days: Days = 14


class ConditionScenario(Scenario):
    """A scenario of one's own: customers of whom a condition on columns of the profile is true.

    Attributes:
        condition: Such as `monetary > 5000 and recency_days >= 60 and region in ["north", "south"]`.
    """

    kind: Literal["condition"] = "condition"
    priority: Count = 16
    condition: Annotated[str, AfterValidator(condition_text)]

    @property
    def tree(self) -> Condition:
        """The condition, read."""
        return parsed(self.condition)


KINDS: Mapping[str, type[Scenario]] = MappingProxyType(
    {
        "welcome": WelcomeScenario,
        "reactivation": ReactivationScenario,
        "abandoned_cart": AbandonedCartScenario,
        "browsed_category": BrowsedCategoryScenario,
        "cross_sell": CrossSellScenario,
        "replenishment": ReplenishmentScenario,
        "birthday": BirthdayScenario,
        "rescue": RescueScenario,
        "after_sale": AfterSaleScenario,
        "review_request": ReviewRequestScenario,
        "new_arrivals": NewArrivalsScenario,
        "early_access": EarlyAccessScenario,
        "tier_nudge": TierNudgeScenario,
        "points_expiring": PointsExpiringScenario,
        "retargeting": RetargetingScenario,
        "condition": ConditionScenario,
    }
)
"""The model of each kind of scenario."""

STANDARD: tuple[str, ...] = tuple(kind for kind in KINDS if kind != "condition")
"""The scenarios that every playbook has unless it switches them off, each named by its kind."""
