"""A simulated store that is told month by month, with the lists that were made of what had been told before.

A telling starts from the first day again: the same customers on the same dice, with all lists so far. Whoever no list
has reached does the same in each of them. But what is in the baskets is drawn occasion after occasion, so that a list
that brings one more occasion redraws the baskets of the past: amounts, times of day and order ids of months gone by are
others in each telling. What depends on the customer and the day stays: who orders when, who is in which arm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from studies.campaign_truth import without_refunds
from studies.told_stores import ToldStore

from retention_lib.settings.calendar import Month
from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.facts import Coverage
from retention_lib.stores.ledger import LISTED, Ledger
from retention_lib.stores.ledger_views import show_lists
from retention_lib.stores.listed import ListedExperiment
from retention_lib.stores.reconciliation import Reconciliation
from retention_lib.stores.simulation.baskets import baskets
from retention_lib.stores.simulation.buying import bought, worlds
from retention_lib.stores.simulation.campaigns import campaign_plan
from retention_lib.stores.simulation.graded import Graded, graded_effects, money_in, purchases
from retention_lib.stores.simulation.ids import FIRST_ID
from retention_lib.stores.simulation.members import ListRule, PlayedList
from retention_lib.stores.simulation.messages import MESSAGE_CHANNELS, MESSAGE_COST
from retention_lib.stores.simulation.orders import orders
from retention_lib.stores.simulation.people import people
from retention_lib.stores.simulation.shop import open_shop
from retention_lib.stores.simulation.stage import LIST_ARMS, Campaign, Floats, Shop
from retention_lib.stores.simulation.story import LISTS, Story

HISTORY, PLAYED = 12, 12
"""Months before the first list, and months with lists (counts)."""

_UNTIL = date(2026, 6, 30)

_TIMES: Mapping[str, tuple[str, ...]] = {
    "transactions": ("ordered_at", "delivered_at"),
    "customers": ("acquired_at",),
    "service": ("opened_at", "closed_at"),
    "loyalty_events": ("occurred_at",),
    "contacts": ("sent_at", "opened_at", "clicked_at"),
    "assignments": ("assigned_at",),
    "redemptions": ("redeemed_at",),
    "web_events": ("occurred_at",),
    "feedback": ("given_at", "answered_at"),
}
"""For each table the time of a row, and what may come later; `promised_at` and `expires_at` are known beforehand."""

_LIST_NAME = r"_\d{4}_\d{2}$"


@dataclass(frozen=True, kw_only=True)
class Game:
    """A store that is played month by month.

    Attributes:
        shop: The shop with the campaigns of its history and no lists.
        lists: The lists so far, by the name of their test.
        starts: The first day of each list's month, by the same name (days since the shop's first).
        ledger: The lists so far as the shop keeps them.
    """

    shop: Shop
    lists: Mapping[str, PlayedList] = field(default_factory=dict)
    starts: Mapping[str, int] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    def month(self, number: int) -> Month:
        """A month with lists, counted from 0; 12 is the one after the last."""
        return self.shop.simulation.first_month.shift(HISTORY + number)

    def day(self, when: date) -> int:
        """A date in days since the shop's first."""
        return (when - self.shop.calendar.first_day).days

    def with_lists(self, experiments: Sequence[ListedExperiment], rows: pd.DataFrame) -> Game:
        """The game with the lists of a month beside those so far.

        Args:
            experiments: What is known of each list, as `action_lists` gives it.
            rows: Their customers: the columns of the ledger.
        """
        names = [about.experiment_id for about in experiments]
        new = {name: played_list(rows[rows["experiment_id"] == name], self.shop) for name in names}
        starts = {about.experiment_id: self.day(about.start) for about in experiments}
        ledger = self.ledger.with_lists(experiments, rows) if experiments else self.ledger
        return replace(self, lists={**self.lists, **new}, starts={**self.starts, **starts}, ledger=ledger)


def new_game(seed: int, *, customers: int) -> Game:
    """A store before its first month with lists.

    Its campaigns are those of its first year alone, so that nothing but lists reaches customers later.

    Args:
        seed: Another seed is another store.
        customers: Customers won in the two years (count).
    """
    sizes = Sizes(household_spill=0)
    simulation = Simulation(customers=customers, months=HISTORY + PLAYED, until=_UNTIL, seed=seed, sizes=sizes)
    first_year = simulation.model_copy(
        update={"months": HISTORY, "until": (pd.Timestamp(_UNTIL) - pd.DateOffset(years=1)).date()}
    )
    return Game(shop=replace(open_shop(simulation), campaigns=campaign_plan(first_year)))


def played_list(rows: pd.DataFrame, shop: Shop) -> PlayedList:
    """A list of the playbook as the simulation takes it.

    Args:
        rows: Its customers: `customer_id`, `variant`, `send_at`, `channel`, `offer`.
        shop: The shop.
    """
    sent = rows["send_at"].to_numpy().astype("datetime64[s]")
    day = sent.astype("datetime64[D]")
    return PlayedList(
        number=numbers_of(rows["customer_id"]),
        offer=np.array([LIST_ARMS.index("letter" if offer == "none" else offer) for offer in rows["offer"]]),
        treated=(rows["variant"] != "control").to_numpy(),
        day=(day - np.datetime64(shop.calendar.first_day, "D")).astype(np.int64),
        second=(sent - day).astype(np.int64),
        channel=np.array([MESSAGE_CHANNELS.index(channel) for channel in rows["channel"]]),
    )


def numbers_of(customer_ids: pd.Series) -> np.ndarray:
    """The customers' numbers in the store, by their ids."""
    return customer_ids.str.removeprefix(FIRST_ID).astype(np.int64).to_numpy()


def shop_with(shop: Shop, rules: Mapping[str, ListRule], starts: Mapping[str, int]) -> Shop:
    """The shop with lists.

    Args:
        shop: The shop without any.
        rules: The rule of each list by its name.
        starts: The first day of its month.
    """
    lists = [Campaign(id=name, kind="list", start=starts[name], arms=LIST_ARMS) for name in rules]
    plan = sorted([*shop.campaigns, *lists], key=lambda campaign: (campaign.start, campaign.id))
    return replace(shop, campaigns=tuple(plan), lists=dict(rules))


@dataclass(frozen=True, kw_only=True)
class Telling:
    """A store told with some lists.

    Attributes:
        story: What happened, with the worlds in which the lists of some months went the other way.
        beside: The same customers in other shops: the story with their plans and fates, each in a world of its own.
    """

    story: Story
    beside: tuple[Story, ...] = ()

    @cached_property
    def kept(self) -> Story:
        """What happened without what came back: the truth counts what is kept."""
        return without_refunds(self.story)

    def earned(self, *, since: int, beside: int | None = None) -> float:
        """Gross profit less deliveries that coupons made free and the messages of lists (money).

        Args:
            since: The first day that counts.
            beside: The number of another shop; the shop itself if omitted.
        """
        own = self.kept if beside is None else replace(self.beside[beside], baskets=self.kept.baskets)
        place = 0 if beside is None else len(own.occasions.worlds) - len(self.beside) + beside
        happens = (own.occasions.bought >> np.uint64(place)) & np.uint64(1) > 0
        at = np.flatnonzero(happens & (own.occasions.day >= since))
        money = money_in(own, at, world=np.full(len(at), place, dtype=np.uint64), arm=own.fates.arm)
        cents = int(money.revenue.sum() - money.cost.sum() - money.offer_cost.sum())
        return cents / 100 - self.sending(beside=beside)

    def sending(self, *, beside: int | None = None) -> float:
        """What the messages of lists cost (money), of the shop or of another one."""
        lists = (self.story if beside is None else self.beside[beside]).fates.members.values()
        cents = [np.asarray(MESSAGE_COST)[one.channel[one.listed & one.treated]].sum() for one in lists]
        return float(sum(cents)) / 100

    def true_profit(self, name: str, *, days: int) -> float:
        """What a message of a list truly left, the mean of all on the list, its sending taken off (money a contact).

        The mean of what each brings in so many days from the time of sending, contacted less left alone: one of the two
        happened, the other is told by the world in which the list went the other way.

        Args:
            name: The list.
            days: Days from the day of sending (count).
        """
        graded = next(one for one in graded_effects(self.kept) if one.effect == name)
        contacted, alone = (_within(self.kept, graded, code, days) for code in (0, 1))
        place = next(place for place, one in enumerate(self.story.shop.campaigns) if one.id == name)
        channel = self.story.fates.members[place].channel[graded.customer]
        return float((contacted - alone - np.asarray(MESSAGE_COST)[channel] / 100).mean())


def _within(story: Story, graded: Graded, code: int, days: int) -> Floats:
    """Gross profit less the offer's cost of each subject in an arm, over some days (money)."""
    bought_then = purchases(story, graded, code)
    money = np.where(bought_then.age < days, bought_then.gross_profit - bought_then.offer_cost, 0) / 100
    return np.bincount(bought_then.subject, weights=money, minlength=len(graded.customer)).astype(float)


def tell(game: Game, *, flipped: Collection[int] = (), beside: tuple[Shop, ...] = ()) -> Telling:
    """Tell the whole window with all lists so far.

    Args:
        game: The store and its lists.
        flipped: The starts of the lists whose truth is asked for.
        beside: Other shops with the same customers.
    """
    shop = shop_with(game.shop, game.lists, game.starts)
    own = worlds(shop)
    asked = (own[0], *(world for world in own if world.effect == LISTS and world.start in flipped))
    who = people(shop, 0)
    told = bought(shop, 0, who, told=asked, beside=beside)
    filled = baskets(shop, 0, who, told.occasions)
    story = Story(
        shop=shop,
        block=0,
        people=who,
        occasions=told.occasions,
        fates=told.fates,
        baskets=filled,
        orders=orders(shop, 0, who, told.occasions, told.fates, filled),
    )
    others = zip(beside, told.beside, strict=True)
    return Telling(story=story, beside=tuple(replace(story, shop=other, fates=fates) for other, fates in others))


class PlayedStore(ToldStore):
    """What the shop knows on a morning of a telling: nothing that comes later is in its tables."""

    merging = None

    def __init__(self, telling: Telling, *, until: date, ledger: Ledger) -> None:
        super().__init__([telling.story])
        self.until, self.lists = until, ledger
        self.seen_lists = ledger.before(Month.of(until).previous())

    def table(self, name: str) -> ir.Table:
        """A table, as `Store.table` gives it; the lists are among the assignments as the ledger has them."""
        if name == "assignments" and name not in self._made:
            rows = self.told(name)
            self._filled[name] = rows.num_rows > 0 or bool(self.seen_lists)
            self._engine.create_table("told_assignments", rows)
            show_lists(self._engine, self.seen_lists, source="FROM told_assignments", persons=None)
            self._made[name] = self._engine.table(name)
        return super().table(name)

    @property
    def listed(self) -> ir.Table | None:
        """The customers of the lists that are seen, as `Store.listed` gives them."""
        self.table("assignments")
        return self._engine.table(LISTED) if self.seen_lists else None

    def told(self, name: str) -> pa.Table:
        """The rows of a table that are known on the morning."""
        rows = super().told(name)
        if name == "identities":
            return rows.filter(pc.is_in(rows["customer_id"], self.told("customers")["customer_id"]))
        if name not in _TIMES:
            return rows
        first, *others = _TIMES[name]
        known = rows.filter(self._before(rows[first]))
        for column in others:
            place = known.schema.get_field_index(column)
            shown = pc.if_else(self._before(known[column]), known[column], None)
            known = known.set_column(place, column, shown)
        if name == "assignments":  # those of lists stand in the ledger
            return known.filter(pc.invert(pc.match_substring_regex(known["experiment_id"], _LIST_NAME)))
        return known

    def _before(self, stamps: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.less(stamps, pa.scalar(pd.Timestamp(self.until), type=stamps.type))

    @cached_property
    def coverage(self) -> Coverage:
        """The days of the sales."""
        return Coverage(first_day=self.stories[0].shop.calendar.first_day, last_day=self.until - timedelta(days=1))

    def reconciliation(self, table: str) -> Reconciliation:
        """The count of a table's rows: all of them are kept."""
        return self.lists.reconciliation(table)
