"""The tables of a simulated store as an analyst has them, and what can be counted and compared in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
from stores.simulation.told import opened

from retention_lib.stores.simulation.shop import tell_story
from retention_lib.stores.simulation.stage import EFFECT_DAYS, NEVER, Bools, Floats, Ints
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.tables import MAKERS


@dataclass(frozen=True)
class Seen:
    """A number that shows a mechanism: 0 without it.

    Attributes:
        value: The number.
        error: Its standard error; 0 where chance has no part in it.
    """

    value: float
    error: float = 0.0

    def near(self, expected: float, *, errors: float = 4.0) -> bool:
        """Whether it is a number but for chance."""
        return abs(self.value - expected) <= errors * self.error + 1e-9


def mean_of(values: np.ndarray) -> Seen:
    """A mean over customers, orders or whatever is independent."""
    return Seen(float(np.mean(values)), float(np.std(values) / np.sqrt(len(values))))


def share_of(count: float, base: float) -> Seen:
    """A share, with the error of a binomial one."""
    share = count / base
    return Seen(share, float(np.sqrt(max(share * (1 - share), 0) / base)))


def gap(one: np.ndarray, other: np.ndarray) -> Seen:
    """The difference of two means."""
    first, second = mean_of(one), mean_of(other)
    return Seen(first.value - second.value, float(np.hypot(first.error, second.error)))


def gain(one: np.ndarray, other: np.ndarray) -> Seen:
    """The logarithm of the ratio of two means."""
    first, second = mean_of(one), mean_of(other)
    error = np.hypot(first.error / first.value, second.error / second.value)
    return Seen(float(np.log(first.value / second.value)), float(error))


def counted_gain(one: float, other: float, *, bases: tuple[float, float] = (1.0, 1.0)) -> Seen:
    """The logarithm of the ratio of two counts, each over its base."""
    return Seen(float(np.log(one / other * bases[1] / bases[0])), float(np.sqrt(1 / one + 1 / other)))


def difference(one: Seen, other: Seen) -> Seen:
    """The difference of two numbers that are independent."""
    return Seen(one.value - other.value, float(np.hypot(one.error, other.error)))


def weighted_mean(numbers: Sequence[Seen], weights: Sequence[float]) -> Seen:
    """The weighted mean of numbers that are independent."""
    parts = np.asarray(weights) / np.sum(weights)
    values, errors = (np.array([getattr(one, name) for one in numbers]) for name in ("value", "error"))
    return Seen(float((parts * values).sum()), float(np.sqrt((parts**2 * errors**2).sum())))


def like_with_like(values: np.ndarray, treated: Bools, strata: pd.Series) -> Seen:
    """The difference of the means of treated and others within strata, weighted as Mantel and Haenszel do."""
    frame = pd.DataFrame({"value": np.asarray(values, dtype=float), "treated": treated, "stratum": np.asarray(strata)})
    cells = frame.groupby(["stratum", "treated"])["value"].agg(["mean", "var", "size"]).unstack()
    cells = cells[(cells["size"] > 1).all(axis=1)]
    n1, n0 = cells["size", True], cells["size", False]
    weight = n1 * n0 / (n1 + n0)
    weight /= weight.sum()
    apart = cells["mean", True] - cells["mean", False]
    variance = cells["var", True] / n1 + cells["var", False] / n0
    return Seen(float((weight * apart).sum()), float(np.sqrt((weight**2 * variance).sum())))


@dataclass(frozen=True)
class Tables:
    """The tables of a store, each made when it is first looked at; days are counted from the shop's first.

    Attributes:
        told: Where they come from; looks ask for tables only.
    """

    told: Story

    def frame(self, name: str, *columns: str) -> pd.DataFrame:
        """Some columns of a table; money as floats, text as categories."""
        table = MAKERS[name](self.told).select(columns)
        frame = table.to_pandas(strings_to_categorical=True)
        money = [column for column in columns if pa.types.is_decimal(table.schema.field(column).type)]
        return frame.assign(**{column: frame[column].astype(float) for column in money})

    @property
    def days(self) -> int:
        """Days of the window (count)."""
        return self.told.shop.calendar.days

    def day(self, stamps: pd.Series) -> Ints:
        """The days of stamps; `NEVER` where there is none."""
        days = (stamps - pd.Timestamp(self.told.shop.calendar.first_day)).dt.days
        return days.fillna(NEVER).to_numpy(dtype=np.int64)

    def date(self, day: Ints) -> pd.DatetimeIndex:
        """The dates of days."""
        return pd.DatetimeIndex(pd.Timestamp(self.told.shop.calendar.first_day) + pd.to_timedelta(day, unit="D"))

    @cached_property
    def people(self) -> pd.DataFrame:
        """The customers: those of the table `customers`, with `acquired`, the day of the first order."""
        columns = ("customer_id", "acquired_at", "acquisition_channel", "acquisition_cost")
        frame = self.frame("customers", *columns, "income_band", "region", "household_id", "email_consent")
        return frame.assign(acquired=self.day(frame["acquired_at"]))

    @cached_property
    def _ids(self) -> pd.Index:
        return pd.Index(self.people["customer_id"])

    def person(self, ids: pd.Series) -> Ints:
        """The rows of `people` that ids stand for; -1 for strangers."""
        places = np.append(self._ids.get_indexer(ids.cat.categories), -1)
        return places[ids.cat.codes]

    @cached_property
    def lines(self) -> pd.DataFrame:
        """What was sold, strangers and refunds included, with `person` and `day`."""
        columns = ("customer_id", "ordered_at", "amount", "order_id", "quantity", "product_id", "category", "discount")
        frame = self.frame("transactions", *columns, "coupon_id")
        return frame.assign(person=self.person(frame["customer_id"]), day=self.day(frame["ordered_at"]))

    @cached_property
    def orders(self) -> pd.DataFrame:
        """The orders of known customers: `person`, `day`, `rank` from 0, `lines` (count), `late`, `carrier`."""
        columns = ("customer_id", "ordered_at", "order_id", "quantity", "promised_at", "delivered_at", "carrier")
        frame = self.frame("transactions", *columns)
        frame = frame[(frame["quantity"] > 0) & frame["customer_id"].notna()]
        lines = frame.groupby("order_id", sort=False, observed=True).size().to_numpy()
        frame = frame.drop_duplicates("order_id")
        late = frame["delivered_at"] > frame["promised_at"]
        frame = frame.assign(lines=lines, late=late, day=self.day(frame["ordered_at"]))
        frame = frame.assign(person=self.person(frame["customer_id"])).sort_values(["person", "day"], kind="stable")
        return frame.assign(rank=frame.groupby("person").cumcount()).reset_index(drop=True)

    @cached_property
    def firsts(self) -> pd.DataFrame:
        """The first orders, by person."""
        return self.orders[self.orders["rank"] == 0].set_index("person").sort_index()

    def purchases(self, start: int | Ints, days: int | Ints) -> Ints:
        """Orders of each person on so many days from a start."""
        person, day = self.orders["person"].to_numpy(), self.orders["day"].to_numpy()
        starts, spans = (np.broadcast_to(value, len(self.people))[person] for value in (start, days))
        inside = (day >= starts) & (day < starts + spans)
        return np.bincount(person[inside], minlength=len(self.people))

    def followed(self, days: int = EFFECT_DAYS) -> Bools:
        """Whose first so many days after the first order lie in the window."""
        return (self.people["acquired"] + 1 + days <= self.days).to_numpy()

    def repeats(self, days: int = EFFECT_DAYS) -> Ints:
        """Orders of each person in so many days after the first."""
        return self.purchases(self.people["acquired"].to_numpy() + 1, days)

    def event_day(self, event: str) -> Ints:
        """The day of each person's first event of a kind in the programme; `NEVER` without."""
        frame = self.events[self.events["event"] == event].drop_duplicates("customer_id")
        days = np.full(len(self.people), NEVER)
        days[self.person(frame["customer_id"])] = self.day(frame["occurred_at"])
        return days

    @cached_property
    def events(self) -> pd.DataFrame:
        """The events of the programme."""
        return self.frame("loyalty_events", "customer_id", "occurred_at", "event", "points", "tier", "reason")

    @cached_property
    def tests(self) -> pd.DataFrame:
        """Who was in which arm of which experiment: `person`, `experiment_id`, `variant`, `start`."""
        frame = self.frame("assignments", "customer_id", "experiment_id", "variant", "assigned_at")
        return frame.assign(person=self.person(frame["customer_id"]), start=self.day(frame["assigned_at"]))

    @cached_property
    def letters(self) -> dict[int, Bools]:
        """By the day of a letter, who got it."""
        frame = self.frame("contacts", "customer_id", "campaign_id", "sent_at")
        frame = frame[frame["campaign_id"].astype(str).str.startswith("letter")]
        person, day = self.person(frame["customer_id"]), self.day(frame["sent_at"])
        return {sent: np.isin(np.arange(len(self.people)), person[day == sent]) for sent in np.unique(day).tolist()}


@lru_cache(maxsize=4)
def tables(*, customers: int, months: int = 24, seed: int = 1, **sizes: float) -> Tables:
    """The tables of a store in which the sizes named differ from the default ones."""
    shop = opened(customers=customers, months=months, seed=seed, **sizes)
    return Tables(tell_story(shop, 0, count=customers, only_what_happened=True))


def log_prices(lines: pd.DataFrame) -> Floats:
    """The logarithm of what one piece costs before promotions and coupons."""
    return np.log((lines["amount"] + lines["discount"]) / lines["quantity"]).to_numpy()
