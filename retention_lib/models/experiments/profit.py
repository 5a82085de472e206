"""What a contact of each arm earned, net of goods, coupons, sending and campaign, and the chance that it is a gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.arm_profit import Profit, Terms, arm_profit
from retention_lib.models.experiments.contrasts import ArmPair
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.prior import ProfitPrior
from retention_lib.models.experiments.profit_columns import Costs, ProfitColumns, profit_columns
from retention_lib.models.experiments.validity import Validity, refusal_of

_HISTORY = ["test", "arm", "contacts", "profit", "standard_error", "valid", "control_gross_profit"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ProfitParts:
    """From the extra sales of a contact to what is left of them, arm by arm.

    Attributes:
        table: One row an arm and part, in the order of `arm_profit.PARTS`: arm, part, amount, low, high (money a
            contact).
        arms: The arms, in the order of the test.
        best: The arm that earned most.
        contacts: Customers in these arms (count).
        withheld: Why no effect of the test may be called; None for a valid one.
        days: Days over which all is counted; None = not known.
    """

    table: pd.DataFrame
    arms: tuple[str, ...]
    best: str
    contacts: int
    withheld: str | None
    days: int | None

    def of(self, arm: str) -> pd.DataFrame:
        """The rows of an arm."""
        return self.table[self.table["arm"] == arm].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class Profits:
    """What a contact earned, arm by arm.

    Attributes:
        arms: The arms in the order of the test, control left out.
        unit: What was compared: `customer` or `household`.
        terms: What they have in common: control, columns, costs, belief, base.
    """

    arms: tuple[Profit, ...]
    unit: str
    terms: Terms

    @property
    def best(self) -> Profit:
        """The arm with the highest profit per contact, weighed where it could be."""
        return max(self.arms, key=lambda one: _value(one.weighed, one.per_contact.value))

    @property
    def control(self) -> str:
        """The arm left alone."""
        return self.terms.control

    @property
    def prior(self) -> ProfitPrior:
        """What was believed before."""
        return self.terms.prior

    @property
    def control_gross_profit(self) -> float:
        """Gross profit of a customer left alone over the same days (money)."""
        return self.terms.control_gross_profit

    @property
    def base(self) -> int | None:
        """Customers to whom it could be sent (count); None where not known."""
        return self.terms.base

    @property
    def withheld(self) -> str | None:
        """Code of why no effect of the test may be called; None for a valid test."""
        return self.terms.withheld

    @property
    def unpriced_orders(self) -> int:
        """Orders with a coupon whose value nobody knows, for which nothing is taken off (count)."""
        return sum(one.unpriced_orders for one in self.arms)

    @property
    def days(self) -> int | None:
        """Days over which all is counted; None = not known."""
        return self.terms.costs.days

    @cached_property
    def parts(self) -> ProfitParts:
        """From the extra sales of a contact to what is left of them."""
        table = pd.concat([one.parts.assign(arm=one.arm) for one in self.arms], ignore_index=True)
        return ProfitParts(
            table=table[["arm", "part", "amount", "low", "high"]],
            arms=tuple(one.arm for one in self.arms),
            best=self.best.arm,
            contacts=sum(one.contacts for one in self.arms),
            withheld=self.withheld,
            days=self.days,
        )

    def of(self, arm: str) -> Profit:
        """The profit of an arm.

        Raises:
            KeyError: There is no such arm.
        """
        found = next((one for one in self.arms if one.arm == arm), None)
        if found is None:
            msg = f"no profit of arm {arm!r}; arms: {', '.join(one.arm for one in self.arms)}"
            raise KeyError(msg)
        return found

    def figures(self) -> dict[str, Estimate | NotEnough]:
        """By figure id: profit_per_contact_*, probability_profit_*, profit_on_base_*, cost_per_incremental_order_*.

        Refusals where the test may not be called.
        """
        told = {
            f"{name}_{one.arm}": value
            for one in self.arms
            for name, value in (
                ("profit_per_contact", one.per_contact),
                ("probability_profit", one.probability),
                ("profit_on_base", one.on_base),
                ("cost_per_incremental_order", one.cost_per_incremental_order),
            )
        }
        return told if self.withheld is None else dict.fromkeys(told, refusal_of(self.withheld))

    def history_rows(self, test: str) -> pd.DataFrame:
        """The test as a past one, for `prior.profit_prior`.

        Args:
            test: What it is called.

        Returns:
            One row an arm: test, arm, contacts, profit, standard_error, valid, control_gross_profit.
        """
        rows = [(one.arm, one.contacts, one.per_contact.value, one.standard_error) for one in self.arms]
        table = pd.DataFrame(rows, columns=_HISTORY[1:5])
        known = {"valid": self.withheld is None, "control_gross_profit": self.control_gross_profit}
        return table.assign(test=test, **known)[_HISTORY]

    def to_frame(self) -> pd.DataFrame:
        """One row an arm: arm, contacts, the profit per contact with bounds, its chance, orders, and the base."""
        return pd.DataFrame([_row(one) for one in self.arms])


def profits(
    moments: Moments | NotEnough,
    costs: Costs,
    *,
    control: str | NotEnough,
    prior: ProfitPrior,
    base: int | Estimate | NotEnough | None = None,
    validity: Validity | NotEnough | None = None,
) -> Profits | NotEnough:
    """What a contact of each arm earned, by intention to treat.

    Args:
        moments: Of the test.
        costs: What is known of its money beside.
        control: The arm left alone.
        prior: What is believed of the profit per contact before, from `prior.profit_prior`.
        base: Customers to whom it could be sent (count).
        validity: Whether the test may be called; one that is not valid withholds every claim and every chance. Taken
            to hold if omitted.

    Returns:
        The profits; the NotEnough that came in, or that of `profit_columns.profit_columns`.

    Raises:
        ValueError: Control is no arm of the test.

    References:
        Deng et al. (2013), WSDM (adjustment); Welch (1947), Biometrika 34; Fieller (1954), JRSS B 16 (cost of an
        order); Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 10.1 (posterior).
    """
    if isinstance(moments, NotEnough):
        return moments
    if isinstance(control, NotEnough):
        return control
    if control not in moments.names:
        msg = f"control arm {control!r} is not among the arms {', '.join(moments.names)}"
        raise ValueError(msg)
    columns = profit_columns(moments, costs)
    if isinstance(columns, NotEnough):
        return columns
    brought = {arm: _brought(moments, arm, columns) for arm in moments.names}
    terms = Terms(
        control=control,
        columns=columns,
        costs=costs,
        prior=prior,
        control_gross_profit=brought[control],
        yardstick=brought[control] if brought[control] > 0 else max(brought.values()),
        base=_whole(base),
        withheld=None if validity is None else validity.reason,
    )
    treated = [arm for arm in moments.names if arm != control]
    return Profits(arms=tuple(arm_profit(moments, arm, terms) for arm in treated), unit=moments.unit, terms=terms)


def _brought(moments: Moments, arm: str, columns: ProfitColumns) -> float:
    """Gross profit of a customer of an arm (money)."""
    people = moments.members(arm) / max(moments.units(arm), 1)
    mean = ArmPair(moments=moments, arm=arm, control=arm).mean(arm, columns.gross_profit)
    return mean / people if people > 0 else 0.0


def profit_figures(found: Profits | NotEnough) -> dict[str, Estimate | NotEnough]:
    """The figures of the profits; none where there are no profits, as arms have no names then.

    Args:
        found: From `profits`.
    """
    return {} if isinstance(found, NotEnough) else found.figures()


def _whole(base: int | Estimate | NotEnough | None) -> int | None:
    if base is None or isinstance(base, NotEnough):
        return None
    return round(base.value) if isinstance(base, Estimate) else int(base)


def _value(estimate: Estimate | NotEnough, otherwise: float) -> float:
    return otherwise if isinstance(estimate, NotEnough) else estimate.value


def _row(one: Profit) -> dict[str, object]:
    """An arm as a row of a table; NaN where something is not known."""
    shown = {
        "profit": one.per_contact,
        "chance": one.probability,
        "orders": one.incremental_orders,
        "order_cost": one.cost_per_incremental_order,
        "base": one.on_base,
    }
    row: dict[str, object] = {"arm": one.arm, "contacts": one.contacts}
    for name, each in shown.items():
        known = (math.nan,) * 3 if isinstance(each, NotEnough) else (each.value, each.low, each.high)
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), known, strict=True))
    return row | {"plain": one.plain.value, "variance_reduction": one.variance_reduction, "standing": one.standing}
