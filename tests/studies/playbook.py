"""What the retention playbook earns where it decides for a year, on the simulated store.

After a year of history each of twelve months begins with a plan (`played_plans`): the store as it is known on that
morning, with what became of the lists before, goes through the functions of the notebook; its lists are sent, its
control groups are left alone, and the store is told again with them (`played_stores` says what a telling redraws).
Beside it, on the same dice, stand three shops with the same customers that do otherwise (`other_rules`): one writes to
everybody, in an order by chance and without an offer, until the month's money is spent; one sends 20 % off to whoever
has not bought for 30 days, whatever that costs; one sends nothing. The money of a month is the same for the first as
for the playbook, which may leave some of it. What counts is the gross profit of the twelve months, coupons, deliveries
made free and messages taken off.

In one thing the plans are not the notebook's, to save time: a past test that refused to tell which offer is best is
not asked again on later mornings, as the notebook would (`played_plans.PastOffers`). The figures are those of a
playbook that makes fewer of these offers, right and wrong ones.

A verdict holds where its interval has the truth in it: what the messages of the list truly left in its window, by the
same customers in a world in which the lists of that month went to those they left alone, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from studies.cases import Result
from studies.fits import share
from studies.other_rules import everybody, silent
from studies.played_plans import PastOffers, planned, verdicts_of
from studies.played_stores import PLAYED, Game, PlayedStore, Telling, new_game, shop_with, tell
from studies.study import Found, Study

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.lists import ActionLists
from retention_lib.models.actions.judged import Judged

SEEDS = 50
CUSTOMERS = 10_000
"""Customers won in the two years (count): 4,500 before the first plan."""

MONEY = 500.0
"""What a month's messages may cost: 1,000 e-mails."""

FIGURES = ("playbook_wins_share", "playbook_verdict_coverage", "control_leak_count")

OTHERS = ("everybody", "silent", "nothing")
"""What the playbook is held against."""

_FIRST_SEED = 51_000


@dataclass(frozen=True, kw_only=True)
class Played:
    """A year with the playbook.

    Attributes:
        game: The store with the lists of all months.
        verdicts: One row a list that was judged: as in `Judged.table`, with `truth` (money a contact) and `held`.
    """

    game: Game
    verdicts: pd.DataFrame


def played(game: Game, *, months: int = PLAYED, money: float = MONEY) -> Played:
    """Play the months one after the other.

    Args:
        game: The store before its first month with lists.
        months: Months to play (count).
        money: What the messages of a month may cost.
    """
    told, past = [], PastOffers()
    for number in range(months + 1):
        start = game.month(number).start
        telling = tell(game, flipped=[game.day(game.month(number - back).start) for back in (1, 2) if number >= back])
        store = PlayedStore(telling, until=start, ledger=game.ledger)
        verdicts = verdicts_of(store)
        told.append(with_truth(telling, game, verdicts))
        lists = planned(store, verdicts, past=past, money=money) if number < months else None
        if isinstance(lists, ActionLists):
            game = game.with_lists(lists.experiments, lists.table)
    some = [one for one in told if len(one)]
    return Played(game=game, verdicts=pd.concat(some, ignore_index=True) if some else told[0])


_VERDICT = ("scenario", "test", "contacts", "control", "profit", "low", "high", "standing")


def with_truth(telling: Telling, game: Game, verdicts: Judged | NotEnough) -> pd.DataFrame:
    """The verdicts of the month beside the truth.

    Args:
        telling: The telling that they were made of, with the worlds of their lists.
        game: The store and its lists.
        verdicts: Everything that was judged.
    """
    if isinstance(verdicts, NotEnough):
        return pd.DataFrame(columns=[*_VERDICT, "truth", "held"])
    rows = verdicts.table[verdicts.table["last_month"].astype(bool)]
    windows = {about.experiment_id: about.window_days for about in game.ledger.experiments}
    truth = np.array([telling.true_profit(name, days=windows[name]) for name in rows["test"]], dtype=float)
    held = (rows["low"].to_numpy(dtype=float) <= truth) & (truth <= rows["high"].to_numpy(dtype=float))
    return rows[list(_VERDICT)].assign(truth=truth, held=held)


def rivals(game: Game, *, months: int = PLAYED, money: float = MONEY) -> Telling:
    """The year once more, with the shops beside it that do otherwise, in the order of `OTHERS`.

    Args:
        game: The store with the lists of all months.
        months: Months that are played (count).
        money: What the messages of a month may cost.
    """
    starts = {f"others_{month.start:%Y_%m}": game.day(month.start) for month in map(game.month, range(months))}
    rules = (everybody(dict.fromkeys(starts, money)), silent(starts), {})
    return tell(game, beside=tuple(shop_with(game.shop, rule, starts) for rule in rules))


def leaks(game: Game, telling: Telling, *, months: int = PLAYED) -> int:
    """Messages of any list to households of control groups while their list was open, and lists too many (count).

    A customer without a household is one. A household on two lists of a month counts once for each more than one.

    Args:
        game: The store with the lists of all months.
        telling: What was told of it.
        months: Months that were played (count).
    """
    store = PlayedStore(telling, until=game.month(months).start, ledger=game.ledger)
    sent = store.table("contacts").to_pandas()
    sent = sent[sent["campaign_id"].isin(game.lists)]
    closes = {about.experiment_id: about.verdict_on for about in game.ledger.experiments}
    begins = {about.experiment_id: about.start for about in game.ledger.experiments}
    rows = game.ledger.rows()
    alone = rows[rows["variant"] == "control"]
    alone = alone.assign(
        begins=pd.to_datetime(alone["experiment_id"].map(begins)),
        closes=pd.to_datetime(alone["experiment_id"].map(closes)),
    )
    homes = households(rows)
    sent = sent.assign(home=sent["customer_id"].map(homes).fillna(sent["customer_id"]))
    alone = alone.assign(home=alone["customer_id"].map(homes))[["home", "begins", "closes"]].drop_duplicates()
    met = alone.merge(sent[["home", "sent_at"]], on="home")
    written = int(met["sent_at"].between(met["begins"], met["closes"], inclusive="left").sum())
    on_lists = rows.assign(home=rows["customer_id"].map(homes), start=rows["experiment_id"].map(begins))
    lists = on_lists.groupby(["home", "start"])["experiment_id"].nunique()
    return written + int((lists - 1).sum())


def households(rows: pd.DataFrame) -> pd.Series:
    """The household of each customer on a list; the customer where none is told.

    Args:
        rows: Of the ledger: customer_id, household_id.
    """
    told = rows.drop_duplicates("customer_id").set_index("customer_id")["household_id"]
    return told.where(told.notna() & (told != ""), told.index.to_series())


def year(number: int, *, customers: int = CUSTOMERS, months: int = PLAYED, money: float = MONEY) -> Result:
    """A year of a store with the playbook and with those beside it.

    Args:
        number: The number of the case.
        customers: Customers won in the two years (count).
        months: Months that are played (count).
        money: What the messages of a month may cost.
    """
    seed = _FIRST_SEED + number
    done = played(new_game(seed, customers=customers), months=months, money=money)
    return {"seed": seed, **compared(done, months=months, money=money)}


def compared(done: Played, *, months: int = PLAYED, money: float = MONEY) -> Result:
    """A year that was played, beside the same year of the other shops.

    Args:
        done: The year.
        months: Months that were played (count).
        money: What the messages of a month could cost.
    """
    told = rivals(done.game, months=months, money=money)
    since = done.game.day(done.game.month(0).start)
    earned = {"playbook": told.earned(since=since)}
    earned |= {name: told.earned(since=since, beside=place) for place, name in enumerate(OTHERS)}
    spent = {"playbook": told.sending()} | {name: told.sending(beside=place) for place, name in enumerate(OTHERS)}
    return {
        **{f"earned_{name}": money for name, money in earned.items()},
        **{f"sending_{name}": money for name, money in spent.items()},
        "wins": all(earned["playbook"] > earned[name] for name in OTHERS),
        "leaks": leaks(done.game, told, months=months),
        "lists": len(done.game.lists),
        "messages": messages(done.game),
        "verdicts": plain(done.verdicts),
    }


def messages(game: Game) -> dict[str, int]:
    """How many of the playbook's messages went with each offer (counts)."""
    rows = game.ledger.rows()
    return {str(offer): int(n) for offer, n in rows.loc[rows["variant"] != "control", "offer"].value_counts().items()}


def plain(verdicts: pd.DataFrame) -> list[dict[str, Any]]:
    """The verdicts as JSON can hold them."""
    return verdicts.astype(object).where(verdicts.notna(), None).to_dict("records")


def figures(results: list[Result]) -> list[Found]:
    """The share of years that the playbook wins, of verdicts that hold the truth, and controls that were written to."""
    wins, coverage, leaked = FIGURES
    won = share(sum(bool(result.get("wins", False)) for result in results), len(results))
    told = [one for result in results for one in result.get("verdicts", []) if one["standing"] in WITH_VERDICT]
    held = share(sum(bool(one["held"]) for one in told), len(told))
    count = float(sum(result.get("leaks", 0) for result in results))
    return [
        Found(name=wins, value=won.value, low=won.low or 0.0, high=won.high or 0.0, n=len(results)),
        Found(name=coverage, value=held.value, low=held.low or 0.0, high=held.high or 0.0, n=len(told)),
        Found(name=leaked, value=count, low=count, high=count, n=len(results)),
    ]


WITH_VERDICT = ("paid", "lost", "open")
"""What a list is called that is large enough and valid, so that its interval says something."""


def failures(results: list[Result]) -> list[Mapping[str, Any]]:
    """Years not won, years in which controls were written to, verdicts that miss, and cases that died."""
    lost = [result for result in results if not result.get("wins", False) or result.get("leaks", 0)]
    missed = [
        {"case": result["case"], **one}
        for result in results
        for one in result.get("verdicts", [])
        if one["standing"] in WITH_VERDICT and not one["held"]
    ]
    return [*({name: one[name] for name in one if name != "verdicts"} for one in lost), *missed]


STUDY = Study(target="studies.playbook:year", cases=SEEDS, figures=figures, failures=failures, chunk=5)
