"""What a campaign did: the naive gap, and the difference-in-differences with its checks.

References:
    Callaway and Sant'Anna (2021) on why a clean, never-treated-so-far control group is taken; Roth (2022) on
    pre-trend tests: one that does not reject has little power and does not prove that trends are parallel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, unit_of

NEEDED_HOUSEHOLDS = 30
NEEDED_WEEKS_BEFORE = 2
_CLAIM_P = 0.05
_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class EventStudy:
    """Effect of a campaign on sales a household-week, or customer-week where no households are known.

    Attributes:
        effects: One row a week: week (relative to the event, 0 = the event's week), effect (currency a
            household-week against week -1), low, high, p. Week -1 is the reference: effect 0, no interval.
        did_effect: Effect over all weeks from the event on, with p; `claimed` only when p < .05 and the
            pre-trend is not rejected; `reason` "pretrend_rejected" or "effect_not_shown" otherwise.
        did_relative: `did_effect` over what the treated would have spent without it; None when that is <= 0.
        pretrend_p: Joint Wald test that all effects before the event are 0.
        households_treated: Treated households, or customers.
        households_control: Control households, or customers.
        weeks_before: Weeks before the event in the panel.
        weeks_after: Weeks from the event on in the panel.
        unit: What was counted: `customer` or `household`.
        campaign: The campaign, where it is named.
        newcomers: Whether those count who first bought when the comparison had begun.
    """

    effects: pd.DataFrame
    did_effect: Estimate
    did_relative: float | None
    pretrend_p: float
    households_treated: int
    households_control: int
    weeks_before: int
    weeks_after: int
    unit: str = "customer"
    campaign: str = ""
    newcomers: bool = False

    @property
    def refused(self) -> bool:
        """Whether the groups drifted apart before, so that nothing found may be told as an effect."""
        return self.pretrend_p < _CLAIM_P

    def to_frame(self) -> pd.DataFrame:
        """The effects by week."""
        return self.effects


def event_study(
    panel: pd.DataFrame | NotEnough, *, first_week: int, event_week: int, campaign: str = "", newcomers: bool = False
) -> EventStudy | NotEnough:
    """Two-way fixed effects event study of one campaign on a balanced panel.

    Args:
        panel: One row a household or customer: unit (which of them), treated (bool), and w_<k> for each week
            k: sales of that week, 0 without a purchase. Weeks before `first_week` are left out. Controls must be
            untreated throughout.
        first_week: First week k used.
        event_week: Week k in which the campaign began.
        campaign: What the campaign is called.
        newcomers: Whether the panel holds those who first bought when the comparison had begun.

    Returns:
        The study, standard errors clustered by household; `NotEnough` under 30 households or customers in a group
        ("households_treated", "households_control", "customers_mailed", "customers_unmailed"), under two weeks
        before or one from the event on ("weeks_before", "weeks_after"), or when sales do not vary
        ("sales_variation").

    Raises:
        ValueError: A week between the first and the last has no column, or a sale is missing.
    """
    if isinstance(panel, NotEnough):
        return panel
    weeks = _weeks(panel, first_week)
    refusal = _refusal(panel, weeks, event_week)
    if refusal is not None:
        return refusal
    treated = panel["treated"].to_numpy(dtype=bool)
    sales = panel[[f"w_{week}" for week in weeks]].to_numpy(dtype=float)
    if not np.isfinite(sales).all():
        msg = "the panel has a household-week without a number; a week without a purchase must be 0"
        raise ValueError(msg)
    relative = np.array(weeks) - event_week
    if not _varies(sales, treated):
        return NotEnough("sales_variation", 0, 1)
    long = _long(sales, treated, relative)
    overall = _fit(long, ["did"])
    dynamic = _fit(long, [_column(week) for week in relative if week != -1])
    leads = [_column(week) for week in relative if week < -1]
    pretrend_p = _joint_p(dynamic, leads, households=len(panel))
    effect = _did_effect(overall, pretrend_p, households=len(panel))
    without = float(sales[treated][:, relative >= 0].mean()) - effect.value
    return EventStudy(
        effects=_effects(dynamic, relative),
        did_effect=effect,
        did_relative=effect.value / without if without > 0 else None,
        pretrend_p=pretrend_p,
        households_treated=int(treated.sum()),
        households_control=int((~treated).sum()),
        weeks_before=int((relative < 0).sum()),
        weeks_after=int((relative >= 0).sum()),
        unit=unit_of(panel),
        campaign=campaign,
        newcomers=newcomers,
    )


@dataclass(frozen=True, kw_only=True)
class OtherContacts:
    """How far other campaigns disturb the comparison.

    Attributes:
        treated: Treated households, or customers (count).
        touched: Of them, reached by another campaign before the comparison ends (count).
        effect_without: The effect when these are left out.
        unit: What was counted: `customer` or `household`.
        campaign: The campaign compared, where it is named.
    """

    treated: int
    touched: int
    effect_without: Estimate | NotEnough
    unit: str = "customer"
    campaign: str = ""

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def other_contacts(
    panel: pd.DataFrame | NotEnough, *, first_week: int, event_week: int, campaign: str = ""
) -> OtherContacts | NotEnough:
    """The effect without the treated whom another campaign reached as well.

    Args:
        panel: As for `event_study`, with `touched_later` (bool).
        first_week: First week k used.
        event_week: Week k in which the campaign began.
        campaign: What the campaign is called.

    Returns:
        The count and the effect; the effect is a `NotEnough` where too few are left.
    """
    if isinstance(panel, NotEnough):
        return panel
    touched = panel["treated"] & panel["touched_later"]
    study = event_study(panel.loc[~touched], first_week=first_week, event_week=event_week)
    return OtherContacts(
        treated=int(panel["treated"].sum()),
        touched=int(touched.sum()),
        effect_without=study if isinstance(study, NotEnough) else study.did_effect,
        unit=unit_of(panel),
        campaign=campaign,
    )


def _weeks(panel: pd.DataFrame, first_week: int) -> list[int]:
    """Weeks of the panel from the first used, in order."""
    named = [str(name) for name in panel.columns if str(name).startswith("w_")]
    weeks = sorted(week for week in (int(name[2:]) for name in named) if week >= first_week)
    missing = set(range(first_week, max(weeks, default=first_week) + 1)) - set(weeks)
    if missing:
        msg = f"the panel lacks the week columns {', '.join(f'w_{week}' for week in sorted(missing))}"
        raise ValueError(msg)
    return weeks


def _refusal(panel: pd.DataFrame, weeks: list[int], event_week: int) -> NotEnough | None:
    """Why the panel cannot carry the study, or None."""
    treated = int(panel["treated"].sum())
    before = sum(week < event_week for week in weeks)
    few_treated, few_control = "customers_mailed", "customers_unmailed"
    if unit_of(panel) == "household":
        few_treated, few_control = "households_treated", "households_control"
    needs = (
        (few_treated, treated, NEEDED_HOUSEHOLDS),
        (few_control, len(panel) - treated, NEEDED_HOUSEHOLDS),
        ("weeks_before", before, NEEDED_WEEKS_BEFORE),
        ("weeks_after", len(weeks) - before, 1),
    )
    return next((NotEnough(reason, have, need) for reason, have, need in needs if have < need), None)


def _varies(sales: np.ndarray, treated: np.ndarray) -> bool:
    """Whether households of one group move differently: without that, an effect has no standard error."""
    changes = sales - sales.mean(axis=1, keepdims=True)
    left = [np.ptp(changes[group] - changes[group].mean(axis=0)) for group in (treated, ~treated)]
    return max(left) > 1e-9 * max(float(np.abs(sales).max()), 1e-9)


def _column(week: int) -> str:
    """Name of the dummy of a relative week."""
    return f"lead_{-week}" if week < 0 else f"lag_{week}"


def _long(sales: np.ndarray, treated: np.ndarray, relative: np.ndarray) -> pd.DataFrame:
    """The panel as household-weeks, with one treated dummy a week and the overall one."""
    households, weeks = sales.shape
    week = np.tile(relative, households)
    group = np.repeat(treated.astype(float), weeks)
    columns: dict[str, Any] = {
        "household": np.repeat(np.arange(households), weeks),
        "week": week,
        "sales": sales.ravel(),
        "did": group * (week >= 0),
    }
    columns |= {_column(at): group * (week == at) for at in relative if at != -1}
    return pd.DataFrame(columns)


def _fit(long: pd.DataFrame, regressors: list[str]) -> Any:
    """Two-way fixed effects by pyfixest; its default demeaner is compiled Rust, nothing is compiled here."""
    from pyfixest.estimation import feols

    formula = f"sales ~ {' + '.join(regressors)} | household + week"
    return feols(formula, data=long, vcov={"CRV1": "household"}, store_data=False, copy_data=False)


def _did_effect(fit: Any, pretrend_p: float, *, households: int) -> Estimate:
    """The overall effect, claimed only when it is shown and nothing speaks against the design."""
    low, high = (float(bound) for bound in fit.confint(alpha=1 - _LEVEL).loc["did"])
    p = float(fit.pvalue()["did"])
    claimed = p < _CLAIM_P and pretrend_p >= _CLAIM_P
    reason = "effect_not_shown" if pretrend_p >= _CLAIM_P else "pretrend_rejected"
    return Estimate(
        float(fit.coef()["did"]),
        low=low,
        high=high,
        level=_LEVEL,
        n=households,
        p=p,
        claimed=claimed,
        reason=None if claimed else reason,
    )


def _effects(fit: Any, relative: np.ndarray) -> pd.DataFrame:
    """Effects by week, the reference week among them."""
    names = {int(week): _column(int(week)) for week in relative if week != -1}
    bounds = fit.confint(alpha=1 - _LEVEL).loc[list(names.values())].to_numpy()
    frame = pd.DataFrame(
        {
            "week": list(names),
            "effect": fit.coef()[list(names.values())].to_numpy(),
            "low": bounds[:, 0],
            "high": bounds[:, 1],
            "p": fit.pvalue()[list(names.values())].to_numpy(),
        }
    )
    reference = pd.DataFrame({"week": [-1], "effect": [0.0], "low": [np.nan], "high": [np.nan], "p": [np.nan]})
    return pd.concat([frame, reference]).sort_values("week", ignore_index=True)


def _joint_p(fit: Any, leads: list[str], *, households: int) -> float:
    """P-value of the joint Wald test that all leads are 0, with the F of Hotelling's T-squared."""
    from scipy.stats import f as fisher

    at = [list(fit.coef().index).index(name) for name in leads]
    coefficients = fit.coef().to_numpy()[at]
    covariance = np.asarray(fit._vcov)[np.ix_(at, at)]
    rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
    if rank == 0:
        return 1.0
    wald = float(coefficients @ np.linalg.pinv(covariance, hermitian=True) @ coefficients)
    freedom = households - 1
    return float(fisher.sf(wald * (freedom - rank + 1) / (freedom * rank), rank, freedom - rank + 1))
