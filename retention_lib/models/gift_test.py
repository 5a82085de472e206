"""Whether a programme is generous or slow, and the welcome gift that would let new members use what they are given.

A gift below the smallest reward, or one that is over before members buy again, is paid for with words only: it is never
used. The test gives a random half of the new members as many points as the smallest reward takes, for as long as points
that are bought live; the others get what new members get now.
"""

from __future__ import annotations

from dataclasses import dataclass

from retention_lib.estimates import Estimate, NotEnough, first_refusal
from retention_lib.models.accrual import FEWEST, HALF, AccrualSpeed
from retention_lib.models.accrual_rates import RateProposals
from retention_lib.models.margins import Margin
from retention_lib.models.point_grants import PointGrants

WELCOME = "welcome"
"""The reason of points that are given for joining."""

UNUSED = 0.2
"""Share of gifts used below which they are said not to be."""


@dataclass(frozen=True, kw_only=True)
class Gift:
    """The gift that new members get now.

    Attributes:
        points: Of each.
        valid_days: Days for which it can be used; None where it does not expire.
        used: Share of these points used, of gifts whose time is over; None where it is not known.
    """

    points: float
    valid_days: float | None
    used: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class GiftTest:
    """Whether the programme is generous or slow, and a welcome gift that reaches a reward, to be tried on a half.

    Attributes:
        slow: Whether fewer than half of the members get to a reward by buying alone within the horizon.
        bought: Share of members who do, in [0, 1].
        reaching: Share of members who do, gifts included.
        horizon: Days after joining that both are about.
        reward: Points of the smallest reward, which the gift of the test has.
        valid_days: Days for which points that are bought can be used, and so the gift of the test; None where they do
            not expire.
        granted: Share of all points that were given away.
        gifts_used: Share of points given away that was used, of those whose time is over; None where it is not known.
        gift: What new members get now; None where they get nothing.
        newcomers: Members who joined in the last 365 days (count), half of whom the test is for.
        most_each: What the gift of the test costs at most for a member: every one used, at face value (money); None
            where a point's value is not known.
        now_each: What today's gift costs for a member, by the share used (money); None where it is not known, 0 without
            a gift.
        margin: Gross profit in a unit of sales; None where it is not known.
    """

    slow: bool
    bought: float
    reaching: float
    horizon: int
    reward: float
    valid_days: int | None
    granted: float
    gifts_used: float | None
    gift: Gift | None
    newcomers: int
    most_each: float | None
    now_each: float | None
    margin: float | None

    @property
    def generous_unused(self) -> bool:
        """Whether gifts are hardly used."""
        return self.gifts_used is not None and self.gifts_used < UNUSED

    @property
    def proposed(self) -> bool:
        """Whether there is anything to try: buying is slow, and today's gift is too small or is over too soon."""
        enough = self.newcomers >= 2 * FEWEST and self.most_each is not None
        return self.slow and enough and not (self.gift is not None and self._reaches(self.gift))

    def _reaches(self, gift: Gift) -> bool:
        """Whether a gift is enough for a reward, for as long as points that are bought."""
        lives = gift.valid_days is None or (self.valid_days is not None and gift.valid_days >= self.valid_days)
        return gift.points >= self.reward and lives

    @property
    def tested(self) -> int:
        """New members of a year who would get the gift of the test (count)."""
        return self.newcomers // 2

    @property
    def most(self) -> float | None:
        """What a year of the test costs at most (money)."""
        return None if self.most_each is None else self.tested * self.most_each

    @property
    def break_even(self) -> float | None:
        """Gross profit by which a member with the gift must bring more than one without, every gift used (money)."""
        if self.most_each is None:
            return None
        return max(self.most_each - (self.now_each or 0.0), 0.0)

    @property
    def break_even_sales(self) -> float | None:
        """The same in sales (money); None without a margin."""
        known = self.break_even is not None and self.margin is not None and self.margin > 0
        return self.break_even / self.margin if known and self.break_even is not None and self.margin else None


def gift_test(
    speed: AccrualSpeed | NotEnough,
    rates: RateProposals | NotEnough,
    grants: PointGrants | NotEnough,
    *,
    value: float | NotEnough,
    margin: Margin | NotEnough,
) -> GiftTest | NotEnough:
    """Whether the programme is generous or slow, and what a welcome gift that reaches a reward may cost.

    Args:
        speed: From `accrual.accrual_speed`.
        rates: From `accrual_rates.rate_proposals`.
        grants: From `point_grants.point_grants`.
        value: What a point pays (money), from `point_value.point_value`.
        margin: From `margins.profit_margin`.

    Returns:
        The judgement; the `NotEnough` of `speed`, `rates` or `grants`.
    """
    if isinstance(speed, NotEnough) or isinstance(rates, NotEnough) or isinstance(grants, NotEnough):
        return first_refusal(speed, rates, grants)
    today, gift = rates.of("today").iloc[0], _gift(grants)
    paid = None if isinstance(value, NotEnough) else value
    now = 0.0 if gift is None else _now(gift, paid)
    gross = None if isinstance(margin, NotEnough) else margin.overall
    return GiftTest(
        slow=bool(today["bought_high"] < HALF),
        bought=float(today["bought"]),
        reaching=float(today["reaching"]),
        horizon=rates.horizon,
        reward=rates.reward,
        valid_days=rates.valid_days,
        granted=grants.granted,
        gifts_used=grants.gifts_used,
        gift=gift,
        newcomers=speed.newcomers,
        most_each=None if paid is None else rates.reward * paid,
        now_each=now,
        margin=gross.value if isinstance(gross, Estimate) else None,
    )


def _gift(grants: PointGrants) -> Gift | None:
    """What members get for joining."""
    found = grants.table[(grants.table["kind"] == "grant") & (grants.table["reason"] == WELCOME)]
    if found.empty:
        return None
    row = found.iloc[0]
    valid, used = (None if row[name] != row[name] else float(row[name]) for name in ("valid_days", "used"))
    return Gift(points=float(row["each"]), valid_days=valid, used=used)


def _now(gift: Gift, value: float | None) -> float | None:
    return None if value is None or gift.used is None else gift.points * gift.used * value
