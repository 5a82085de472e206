"""What to do after a test: one of five answers, by one rule that is stated beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.validity import AFTER_WEEKS_OPEN, Validity

if TYPE_CHECKING:
    from retention_lib.models.experiments.effects import Effects
    from retention_lib.models.experiments.guardrails import Guardrails
    from retention_lib.models.experiments.lasting import Lasting
    from retention_lib.models.experiments.left_alone import LeftAlone
    from retention_lib.models.experiments.planning import TestPlan
    from retention_lib.models.experiments.policy import OfferPolicy
    from retention_lib.models.experiments.profit import Profit, Profits
    from retention_lib.models.experiments.sequential import Sequential

Label = Literal["ship", "ship_part", "stop", "keep_running", "invalid"]
"""The answers: to everybody, to a part, to nobody, not yet, and none, as the test cannot be read."""

Because = Literal[
    "not_valid",
    "not_over",
    "weeks_after",
    "pays",
    "better_by_customer",
    "some_lose",
    "does_not_pay",
    "guardrail",
    "lowers_goal",
    "may_pay",
]
"""Why: the clause of the rule that decided."""


IN_THE_PROFIT = frozenset({"discount_share"})
"""Guardrails that forbid no offer: to give discounts is what it is for, and the profit has paid for them."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When an offer is sent, and when it is given up.

    Attributes:
        ship_chance: An offer is sent that pays with this chance or a larger one.
        stop_chance: Offers are given up when none pays with this chance or a larger one.
    """

    ship_chance: float = 0.95
    stop_chance: float = 0.2

    def __post_init__(self) -> None:
        """Refuse a rule that contradicts itself.

        Raises:
            ValueError: The chances are none, or that of giving up is not below that of sending.
        """
        if not 0 <= self.stop_chance < self.ship_chance <= 1:
            msg = (
                f"stop_chance is {self.stop_chance} and ship_chance {self.ship_chance}; both must be between 0 and 1, "
                "stop_chance the smaller"
            )
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What a test has shown.

    Attributes:
        validity: Whether it may be read.
        effects: What it changed.
        profits: Whether it paid.
        policy: Whether the offer should depend on the customer.
        alone: Whom the best single offer loses money on.
        lasting: Whether the gain was kept in the weeks after.
        guardrails: Whether anything got worse that must not.
        looks: What looks before the end have shown, where they were declared before the start.
    """

    validity: Validity | NotEnough
    effects: Effects | NotEnough
    profits: Profits | NotEnough
    policy: OfferPolicy | NotEnough
    alone: LeftAlone | NotEnough
    lasting: Lasting | NotEnough
    guardrails: Guardrails | NotEnough
    looks: Sequential | NotEnough


@dataclass(frozen=True, kw_only=True, eq=False)
class Decision:
    """What to do next.

    Attributes:
        label: The answer.
        because: The clause of the rule that decided.
        evidence: What it rests on.
        rule: The rule.
        plan: The next test.
        arm: The offer it is about: the one to be sent, or the likeliest to pay; None where none is named.
        until: The day on which the question can be answered, where it cannot yet; None where that is not known, or not
            needed.
    """

    label: Label
    because: Because
    evidence: Evidence
    rule: Rule
    plan: TestPlan | NotEnough
    arm: str | None = None
    until: date | None = None

    @property
    def base(self) -> int | None:
        """Customers to whom offers can be sent (count); None where that is not known."""
        profits = self.evidence.profits
        return None if isinstance(profits, NotEnough) else profits.base

    @property
    def profit(self) -> Profit | None:
        """What a contact of the arm left; None without an arm or without money."""
        profits = self.evidence.profits
        if self.arm is None or isinstance(profits, NotEnough):
            return None
        return next((profit for profit in profits.arms if profit.arm == self.arm), None)

    @property
    def chance(self) -> float | None:
        """The chance that the arm pays."""
        return None if self.profit is None else _chance(self.profit)

    @property
    def per_customer(self) -> Estimate | None:
        """The money that the decision rests on, a customer: of the arm's contact, or gained by choosing the offer."""
        policy = self.evidence.policy
        if self.because == "better_by_customer" and not isinstance(policy, NotEnough):
            return policy.gain
        return None if self.profit is None else self.profit.per_contact

    @property
    def on_base(self) -> Estimate | None:
        """The same money over all customers who can be sent offers; None where their number is not known."""
        if self.because != "better_by_customer":
            total = None if self.profit is None else self.profit.on_base
            return total if isinstance(total, Estimate) else None
        each = self.per_customer
        if each is None or self.base is None:
            return None
        low, high = (None if bound is None else bound * self.base for bound in (each.low, each.high))
        return Estimate(each.value * self.base, low=low, high=high, level=each.level, n=each.n)

    @property
    def cards(self) -> tuple[str, ...]:
        """The figures that stand for it, by id."""
        effects, profits = self.evidence.effects, self.evidence.profits
        if self.label == "invalid" or isinstance(effects, NotEnough) or self.because == "not_over":
            return ("customers_in_test", "srm_p")
        arm = self.arm or (effects.arms[0] if isinstance(profits, NotEnough) else profits.best.arm)
        money = () if isinstance(profits, NotEnough) else (f"profit_per_contact_{arm}", f"probability_profit_{arm}")
        return (*money, f"{effects.goal}_effect_{arm}", "customers_in_test")

    def to_frame(self) -> pd.DataFrame:
        """One row an arm: arm, chance, profit (money a contact), low, high, guardrail (held, broken, not_shown), kept.

        `kept` is what became of the gain in the weeks after; missing where nothing is known of it.
        """
        profits, lasting = self.evidence.profits, self.evidence.lasting
        columns = ["arm", "chance", "profit", "low", "high", "guardrail", "kept"]
        if isinstance(profits, NotEnough):
            return pd.DataFrame(columns=columns)
        rows = [
            {
                "arm": profit.arm,
                "chance": _chance(profit),
                "profit": profit.per_contact.value,
                "low": profit.per_contact.low,
                "high": profit.per_contact.high,
                "guardrail": _guard(self.evidence.guardrails, profit.arm),
                "kept": None if isinstance(lasting, NotEnough) else lasting.verdict(profit.arm),
            }
            for profit in profits.arms
        ]
        return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """An answer and what it is about."""

    label: Label
    because: Because
    arm: str | None = None
    until: date | None = None


def decision(evidence: Evidence, plan: TestPlan | NotEnough, *, rule: Rule | None = None) -> Decision | NotEnough:
    """What to do next, by the first clause of the rule that holds.

    1. The test is not valid: no decision. 2. It is not over, or the weeks after it are not: it is kept running, unless
    looks that were declared show that every offer lowers the goal. 3. Giving each customer the offer that suits best
    brings more on customers it was not learnt from: the offers are sent to parts. 4. An offer pays with the chance
    wanted and breaks no guardrail: the one that leaves most is sent, without those whom it loses money on, where these
    are shown. 5. None pays with the chance at which they are given up: stop. 6. Else the test is run again.

    Args:
        evidence: What the test has shown.
        plan: The next test.
        rule: The chances at which an offer is sent or given up; 95 % and 20 % if omitted.

    Returns:
        The decision; the `NotEnough` of the validity, and that of the profits where the money must decide.
    """
    if isinstance(evidence.validity, NotEnough):
        return evidence.validity
    rule = rule or Rule()
    answer = _before_the_end(evidence) or _in_money(evidence, rule, plan)
    if isinstance(answer, NotEnough):
        return answer
    return Decision(
        label=answer.label,
        because=answer.because,
        evidence=evidence,
        rule=rule,
        plan=plan,
        arm=answer.arm,
        until=answer.until,
    )


def _before_the_end(evidence: Evidence) -> _Answer | None:
    """The answer where the test cannot be read yet, or not at all; None for one that is over and valid."""
    validity, lasting, looks = evidence.validity, evidence.lasting, evidence.looks
    if isinstance(validity, NotEnough) or validity.status == "invalid":
        return _Answer(label="invalid", because="not_valid")
    if validity.status == "interim":
        if not isinstance(looks, NotEnough) and set(looks.losers) == set(looks.summary["arm"]):
            return _Answer(label="stop", because="lowers_goal")
        because: Because = "weeks_after" if validity.reason == AFTER_WEEKS_OPEN else "not_over"
        return _Answer(label="keep_running", because=because, until=_ends(validity.verdict_on, lasting))
    if not isinstance(lasting, NotEnough) and not lasting.after_closed:
        return _Answer(label="keep_running", because="weeks_after", until=lasting.after_ends)
    return None


def _ends(verdict_on: date | None, lasting: Lasting | NotEnough) -> date | None:
    """The day on which everything is seen: the end of the weeks after, where they are known."""
    after = None if isinstance(lasting, NotEnough) else lasting.after_ends
    known = [day for day in (verdict_on, after) if day is not None]
    return max(known) if known else None


def _in_money(evidence: Evidence, rule: Rule, plan: TestPlan | NotEnough) -> _Answer | NotEnough:
    """The answer of a valid test that is over."""
    profits = evidence.profits
    if isinstance(profits, NotEnough):
        return _without_money(evidence.effects, profits)
    untold = [profit.probability for profit in profits.arms if isinstance(profit.probability, NotEnough)]
    if len(untold) == len(profits.arms):
        return _without_money(evidence.effects, untold[0])
    return _by_chance(evidence, profits, rule, plan)


def _by_chance(evidence: Evidence, profits: Profits, rule: Rule, plan: TestPlan | NotEnough) -> _Answer:
    """The answer where the chance that it pays is known of an offer."""
    allowed = [profit for profit in profits.arms if _guard(evidence.guardrails, profit.arm) != "broken"]
    if _better_by_customer(evidence.policy, {profit.arm for profit in allowed} | {profits.control}):
        return _Answer(label="ship_part", because="better_by_customer")
    paying = [profit for profit in allowed if (_chance(profit) or 0.0) >= rule.ship_chance]
    if paying:
        best = max(paying, key=_expected)
        return _some_lose(evidence.alone, best.arm) or _Answer(label="ship", because="pays", arm=best.arm)
    likeliest = max(profits.arms, key=lambda profit: _chance(profit) or 0.0)
    if not allowed:
        return _Answer(label="stop", because="guardrail", arm=likeliest.arm)
    left = max(allowed, key=lambda profit: _chance(profit) or 0.0)
    untried = any(_chance(profit) is None for profit in allowed)
    if (_chance(left) or 0.0) < rule.stop_chance and not untried:
        because: Because = "guardrail" if (_chance(likeliest) or 0.0) >= rule.ship_chance else "does_not_pay"
        return _Answer(label="stop", because=because, arm=likeliest.arm)
    return _again(left, plan)


def _again(profit: Profit, plan: TestPlan | NotEnough) -> _Answer:
    """The answer where an offer may pay: another test; a losing bet that no such test can settle is given up."""
    if isinstance(plan, NotEnough):
        return _Answer(label="keep_running", because="may_pay", arm=profit.arm)
    if not plan.feasible and _expected(profit) <= 0:
        return _Answer(label="stop", because="does_not_pay", arm=profit.arm)
    return _Answer(label="keep_running", because="may_pay", arm=profit.arm, until=plan.verdict_on or plan.dates.over())


def _without_money(effects: Effects | NotEnough, refusal: NotEnough) -> _Answer | NotEnough:
    """Where profit is not known a test can end in one way only: no offer raised the goal at all."""
    if isinstance(effects, NotEnough):
        return refusal
    goals = effects.goals
    lowered = len(goals) > 0 and bool((goals["high"] < 0).all()) and bool(goals["claimed"].astype(bool).all())
    return _Answer(label="stop", because="lowers_goal") if lowered else refusal


def _better_by_customer(policy: OfferPolicy | NotEnough, allowed: set[str]) -> bool:
    """Whether a rule of who gets what is preferred, and gives nobody an offer that breaks a guardrail."""
    if isinstance(policy, NotEnough) or not policy.preferred:
        return False
    given = policy.arms.loc[policy.arms["share"] > 0, "arm"]
    return set(given) <= allowed


def _some_lose(alone: LeftAlone | NotEnough, arm: str) -> _Answer | None:
    """Where those are shown whom the offer loses money on."""
    if isinstance(alone, NotEnough) or not alone.shown or alone.arm != arm:
        return None
    return _Answer(label="ship_part", because="some_lose", arm=arm)


def _chance(profit: Profit) -> float | None:
    """The chance that a contact pays; None where it is withheld."""
    return profit.probability.value if isinstance(profit.probability, Estimate) else None


def _expected(profit: Profit) -> float:
    """Profit a contact, weighed with what is believed beforehand."""
    return profit.weighed.value if isinstance(profit.weighed, Estimate) else profit.per_contact.value


def _guard(guardrails: Guardrails | NotEnough, arm: str) -> str | None:
    """The worst verdict of an arm's guardrails; None where there is none."""
    if isinstance(guardrails, NotEnough):
        return None
    rows = guardrails.table[(guardrails.table["arm"] == arm) & ~guardrails.table["metric"].isin(IN_THE_PROFIT)]
    found = set(rows["verdict"])
    return next((verdict for verdict in ("broken", "not_shown", "held") if verdict in found), None)
