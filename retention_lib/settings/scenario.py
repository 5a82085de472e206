"""What every scenario of the retention playbook says: how long it waits, by what it goes, how it is judged."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field

from retention_lib.settings import rules
from retention_lib.settings.amounts import Cost, Text
from retention_lib.settings.strict import StrictModel

ChannelName = Literal["email", "sms", "messenger", "ads"]
CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)
"""The channels a message may go by; `ads` is an audience of hashed addresses for advertising platforms."""

NO_OFFER, LEARNED_OFFER = "none", "auto"
"""A message without an offer, and the offer that past tests say is best for each customer."""

WINDOW_DAYS = 21
"""Days from the send time on in which a list is judged, where a scenario says nothing else."""

CONTROL_SHARE = 0.2
"""Share of a list that gets nothing, so that it can be judged, where a scenario says nothing else."""

CONTROL, TREATMENT = "control", "treatment"
"""The variants of a list: who gets nothing, and who gets the message."""


def _letters() -> list[ChannelName]:
    return ["email", "messenger", "sms"]


Channels = Annotated[list[ChannelName], AfterValidator(rules.some_once)]
Days = Annotated[int, AfterValidator(rules.between(1, 3660))]
Hours = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.between(0, 2160))]
Count = Annotated[int, AfterValidator(rules.at_least(1))]
Controls = Annotated[float, Field(allow_inf_nan=False), AfterValidator(rules.between(0.02, 0.9))]
Window = Annotated[int, AfterValidator(rules.between(1, 92))]


class Scenario(StrictModel):
    """When which customers are contacted; each kind has keys of its own besides.

    Attributes:
        kind: What sets it off; the scenario's own name where the file says nothing.
        enabled: Whether lists are made of it.
        offer: What it offers: `none`, a name under `offers`, or `auto` for what tests or its own lists found best.
        channels: The channels it may use, the first one the customer agreed to.
        wait_hours: Hours between what sets it off and the message.
        fresh_days: Days after what sets it off in which the message still makes sense; from the start of the plan on
            where no single event does.
        priority: 1 goes first: a customer with several reasons hears of the one with the smallest number.
        campaign_cost: Money that the list costs besides its messages and offers.
        control_share: Share of the list that gets nothing; None for 0.2.
        window_days: Days from the send time on in which the list is judged; None for 21.
        most: Customers on the list at most, the control among them; None for no limit.
    """

    kind: str
    enabled: bool = True
    offer: Text = NO_OFFER
    channels: Channels = Field(default_factory=_letters)
    wait_hours: Hours = 0.0
    fresh_days: Days = 14
    priority: Count = 20
    campaign_cost: Cost = 0.0
    control_share: Controls | None = None
    window_days: Window | None = None
    most: Count | None = None

    while_suppressed: ClassVar[bool] = False
    """Whether it is for customers with an open complaint as well."""

    @property
    def window(self) -> int:
        """Days from the send time on in which its list is judged."""
        return WINDOW_DAYS if self.window_days is None else self.window_days

    @property
    def control(self) -> float:
        """Share of its list that gets nothing."""
        return CONTROL_SHARE if self.control_share is None else self.control_share

    @property
    def treatments(self) -> tuple[str, ...]:
        """The variants that get a message."""
        return (TREATMENT,)
