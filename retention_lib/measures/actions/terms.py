"""What the playbook says of its lists: of those that are planned, and of those judged that no ledger describes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.settings.scenario import LEARNED_OFFER, NO_OFFER, WINDOW_DAYS

if TYPE_CHECKING:
    from retention_lib.settings.models import Economics
    from retention_lib.settings.playbook import Playbook


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """The playbook in numbers.

    Attributes:
        scenarios: One row an enabled scenario, by priority, then by name: scenario, kind, priority, offer (its own,
            `none` or `auto`), window_days, control_share (in (0, 1)), most (customers on its list; NaN: no limit),
            campaign_cost (money).
        channels: One row a channel: channel, cost (money a message; NaN: not known), most (messages; NaN: no limit).
        offers: One row an offer, first `none`: offer, discount (share of the goods), cost_per_order (money).
    """

    scenarios: pd.DataFrame = field(repr=False)
    channels: pd.DataFrame = field(repr=False)
    offers: pd.DataFrame = field(repr=False)

    @property
    def windows(self) -> tuple[int, ...]:
        """The days of the windows in which lists are judged."""
        return tuple(sorted(set(self.scenarios["window_days"].astype(int)))) or (WINDOW_DAYS,)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every scenario with each offer that it may make."""
        every = tuple(self.offers["offer"])
        named = zip(self.scenarios["scenario"], self.scenarios["offer"], strict=True)
        return tuple((one, each) for one, offer in named for each in (every if offer == LEARNED_OFFER else (offer,)))

    @property
    def asking(self) -> tuple[str, ...]:
        """The scenarios that leave it to past tests which offer they make."""
        return tuple(self.scenarios.loc[self.scenarios["offer"] == LEARNED_OFFER, "scenario"])

    def to_frame(self) -> pd.DataFrame:
        """The scenarios."""
        return self.scenarios


@dataclass(frozen=True, kw_only=True)
class JudgingTerms:
    """How lists are read that no ledger describes, and what is known of the money of all.

    Attributes:
        scenarios: The scenarios' ids, those switched off among them.
        offers: Each scenario's offer today.
        windows: Days in which each scenario's lists are meant to work, from the message on; 21 where it is not named.
        before_days: Days before the message that say how customers were.
        contact_cost: Money of one message; None where it is not known.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.
        other_tests: Whether other tests of the store come along, for what they say of the same offers.
    """

    scenarios: tuple[str, ...] = ()
    offers: Mapping[str, str] = field(default_factory=dict)
    windows: Mapping[str, int] = field(default_factory=dict)
    before_days: int = 182
    contact_cost: float | None = None
    gross_margin: float | None = None
    other_tests: bool = True

    def window_of(self, scenario: str) -> int:
        """Days in which a list is meant to work.

        Args:
            scenario: Whose list it is; empty for another test.
        """
        return self.windows.get(scenario, WINDOW_DAYS)


def plan_terms(playbook: Playbook, economics: Economics) -> Terms:
    """The playbook in numbers.

    Args:
        playbook: The store's.
        economics: What a message costs where its channel does not say.
    """
    scenarios = [
        (name, one.kind, one.priority, one.offer, one.window, one.control, _number(one.most), one.campaign_cost)
        for name, one in playbook.enabled.items()
    ]
    channels = [
        (name, _number(economics.contact_cost if one.cost is None else one.cost), _number(one.most))
        for name, one in sorted(playbook.channels.items())
    ]
    offers = [(name, one.discount, one.cost_per_order) for name, one in sorted(playbook.offers.items())]
    columns = ("scenario", "kind", "priority", "offer", "window_days", "control_share", "most", "campaign_cost")
    return Terms(
        scenarios=pd.DataFrame(scenarios, columns=list(columns)),
        channels=pd.DataFrame(channels, columns=["channel", "cost", "most"]),
        offers=pd.DataFrame([(NO_OFFER, 0.0, 0.0), *offers], columns=["offer", "discount", "cost_per_order"]),
    )


def judging_terms(playbook: Playbook, economics: Economics, *, other_tests: bool = True) -> JudgingTerms:
    """How the lists of a playbook are read where no ledger describes them.

    Args:
        playbook: The playbook.
        economics: What is known of the store's money.
        other_tests: Whether other tests of the store come along.
    """
    own = playbook.scenarios
    return JudgingTerms(
        scenarios=tuple(own),
        offers=MappingProxyType({name: one.offer for name, one in own.items()}),
        windows=MappingProxyType({name: one.window for name, one in own.items()}),
        contact_cost=economics.contact_cost,
        gross_margin=economics.gross_margin,
        other_tests=other_tests,
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
