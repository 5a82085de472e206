"""When to write and where customers stand, with numbers by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.buying_hours import BuyingHours, buying_hours
from retention_lib.models.actions.habits import Habits, habits
from retention_lib.models.actions.next_orders import NextOrders
from retention_lib.models.actions.send_plan import SendPlan, send_plan
from retention_lib.models.actions.stages import StageRules, Stages, stages
from retention_lib.models.intervals import wilson

KINDS = ("openings", "purchases")


@dataclass(frozen=True)
class Counts:
    """As `measures.actions.hours.HabitCounts`."""

    now: pd.DataFrame
    past: pd.DataFrame
    grid: pd.DataFrame
    cutoff: date = date(2026, 6, 3)
    until: date = date(2026, 7, 1)


def moments(best: int = 20, *, machines: int = 900) -> pd.DataFrame:
    """Orders of all hours, most of them around the best one and on Saturdays, and as many openings."""
    apart = {hour: min((hour - best) % 24, (best - hour) % 24) for hour in range(24)}
    rows = [
        (kind, day, hour, *[max(1, 40 - 4 * apart[hour]) + 10 * (day == 6)] * 2)
        for kind in KINDS
        for day in range(1, 8)
        for hour in range(24)
    ]
    grid = pd.DataFrame(rows, columns=["kind", "weekday", "hour", "moments", "before"])
    if machines:
        grid.loc[len(grid)] = ["machines", 2, 9, machines, machines]
    return grid


def known(size: int, *, openings: bool, then: int) -> pd.DataFrame:
    """Customers who did everything at 9 on Tuesdays, and then half of it at one hour and on a Wednesday."""
    frame = pd.DataFrame({"row": np.arange(size, dtype=np.int32), "openings": openings})
    frame = frame.assign(**{f"hour_{each}": 5 * (each == 9) for each in range(24)})
    frame = frame.assign(**{f"day_{each}": 5 * (each == 2) for each in range(1, 8)})
    # every other customer does something at three in the night too, which nobody meets
    night = np.arange(size) % 2
    frame = frame.assign(**{f"then_hour_{each}": (each == then) + night * (each == 3) for each in range(24)})
    return frame.assign(**{f"then_day_{each}": (each == 3) + night * (each == 4) for each in range(1, 8)})


def counts(*, openings: int = 80, purchases: int = 60, then: int = 9) -> Counts:
    parts = [known(openings, openings=True, then=9), known(purchases, openings=False, then=then)]
    past = pd.concat(parts, ignore_index=True).assign(row=np.arange(openings + purchases, dtype=np.int32))
    now = past.drop(columns=[name for name in past.columns if name.startswith("then_")])
    return Counts(now=now, past=past, grid=moments())


def own_hours() -> Habits:
    """Everybody opens and buys at 9, and did so again."""
    return habits(counts())


def one_hour() -> Habits:
    """Nobody opens messages, and who bought at 9 then bought at 20."""
    found = counts(openings=0, then=20)
    grid = found.grid[found.grid["kind"] == "purchases"].reset_index(drop=True)
    return habits(replace(found, grid=grid))


def few_again() -> Habits:
    return habits(counts(openings=5, purchases=7))


def unknown() -> Habits:
    nothing = counts(openings=0, purchases=0)
    return habits(replace(nothing, grid=nothing.grid.iloc[:0]))


def own_weekdays() -> Habits:
    found = counts()
    return habits(replace(found, past=found.past.assign(then_day_2=found.past["then_day_3"], then_day_3=0)))


def all_alike() -> Habits:
    """Everybody does as everybody does."""
    found = counts()
    return habits(replace(found, grid=moments(9)))


def when() -> BuyingHours:
    found = buying_hours(own_hours())
    assert isinstance(found, BuyingHours)
    return found


def at_night() -> BuyingHours:
    """A shop that sells at midnight."""
    found = buying_hours(habits(replace(counts(), grid=moments(0))))
    assert isinstance(found, BuyingHours)
    return found


def planned(*stamps: str) -> SendPlan:
    given = stamps or ("2026-07-04T20:00", "2026-07-04T09:00", "2026-07-06T20:00", "2026-07-06T00:00")
    stamps = np.array(given, dtype="datetime64[s]")
    arms = pd.DataFrame({"row": 900 + np.arange(len(given)), "variant": "treatment", "send_at": stamps})
    found = send_plan(arms.assign(channel=["email"] * 3 + ["ads"] if len(given) == 4 else "email"), own_hours())
    assert isinstance(found, SendPlan)
    return found


RULES = StageRules(lapse_days=60, at_risk_days=30, own=True)
STAGES = ("never", "new", "active", "due", "overdue", "quiet", "lapsed")


def standing(*rows: tuple[int, int, int]) -> Stages:
    """Customers today, a window ago, and who of these bought since, by stage."""
    given = rows or ((0, 0, 0), (30, 40, 4), (90, 100, 40), (20, 25, 9), (40, 50, 10), (60, 60, 3), (160, 150, 0))
    table = pd.DataFrame(given, columns=["customers", "past_customers", "buyers"]).assign(stage=STAGES)
    found = stages(table, rules=RULES, window_days=21)
    assert isinstance(found, Stages)
    return found


def young() -> Stages:
    """A shop whose customers are all new, and of whom nothing is known from before."""
    return standing((5, 0, 0), (300, 10, 1), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0))


def expected(*, inside: int = 840, of: int = 1000) -> NextOrders:
    """Days told of customers, of whom some bought again."""
    days = np.array(["2026-07-05", "2026-07-20", "2026-08-30"], dtype="datetime64[s]")
    frame = pd.DataFrame({"row": [0, 1, 2], "chance_of_another": [0.9, 0.5, 0.1]})
    table = [(5, 10, of // 2, 8.0, 7.0, 0.9), (11, 40, of // 2, 25.0, 28.0, 0.78)]
    names = ["told_from", "told_to", "customers", "told", "came", "inside"]
    coverage = wilson(inside, of) if of >= 30 else NotEnough("customers_who_bought_again", of, 30)
    return NextOrders(
        frame=frame.assign(next_order=days, low=days, high=days),
        ahead_days=91,
        level=0.8,
        coverage=coverage,
        early=0.06,
        late=0.1,
        calibration=pd.DataFrame(table, columns=names),
        expected=pd.DataFrame({"days": [7, 28], "customers": [12.4, 80.2], "share": [0.1, 0.7]}),
        past_until=date(2026, 4, 1),
        until=date(2026, 7, 1),
    )


def expected_of_few() -> NextOrders:
    return expected(inside=5, of=10)
