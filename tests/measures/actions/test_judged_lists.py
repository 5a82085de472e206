"""Lists of a playbook read together: each counts as it would alone, by its own window, with what speaks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from measures.tables import table as typed_table
from measures.test_holdout import ASSIGNED, SENT, SOLD, USED, Tables, table

from retention_lib.estimates import NotAsked
from retention_lib.measures.actions import judged_lists as module
from retention_lib.measures.actions.judged_lists import JudgedLists, ReadList, judged_lists
from retention_lib.measures.actions.list_reading import ListedTerms, list_reading
from retention_lib.measures.actions.terms import JudgingTerms, judging_terms
from retention_lib.measures.experiment_checks import CheckFacts, experiment_checks
from retention_lib.measures.experiment_outcomes import experiment_outcomes
from retention_lib.measures.experiment_sums import ArmSums, arm_sums
from retention_lib.measures.experiments import Experiment, Reading, experiment
from retention_lib.settings.calendar import Month
from retention_lib.settings.models import Economics
from retention_lib.settings.playbook import Playbook
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.listed import ListedExperiment

UNTIL = date(2026, 7, 1)
TERMS = JudgingTerms(scenarios=("welcome", "reactivation", "birthday"), offers={"birthday": "gift"}, before_days=90)


class ListedShop(Tables):
    """Tables in memory, and a ledger."""

    def __init__(self, ledger: Ledger, **tables: Any) -> None:
        super().__init__(**tables)
        self.lists = ledger


def entry(scenario: str, start: date, *, window: int = 21, last: int = 2, **told: Any) -> ListedExperiment:
    """A list of the ledger, sent on the first days from its start."""
    known: dict[str, Any] = {
        "shares": {"control": 0.5, "treatment": 0.5},
        "offers": {"control": "none", "treatment": "gift"},
        "channels": {"email": 3},
        "customers": {"control": 3, "treatment": 3},
        "after_days": 0,
        "contact_cost": 0.5,
        "campaign_cost": 0.0,
    }
    last_send = start + timedelta(days=last)
    return ListedExperiment(
        experiment_id=f"{scenario}_{start:%Y_%m}",
        scenario=scenario,
        kind=scenario,
        report=Month(start.year, start.month).previous(),
        start=start,
        last_send=last_send,
        window_days=window,
        verdict_on=last_send + timedelta(days=window),
        **{**known, **told},
    )


def placed(name: str, start: date, *, each: int = 3, hour: int = 10) -> list[tuple[str, ...]]:
    """Customers c1, c2, ... of a list, one after the other in control and treatment, a day later every second pair."""
    return [
        (
            f"c{number + 1}",
            name,
            ("control", "treatment")[number % 2],
            f"{start + timedelta(days=number // 2)} {hour:02d}:00",
        )
        for number in range(2 * each)
    ]


MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
SALES = [
    ("c1", "2026-04-20 10:00", "o1", "100", "60", "0"),  # 40 before both lists
    ("c1", "2026-05-05 10:00", "o2", "50", "20", "0"),  # 30 in the window of May, before that of June
    ("c2", "2026-05-12 10:00", "o3", "80", "30", "0"),  # 50 on day 11 of May's list
    ("c2", "2026-06-12 10:00", "o4", "60", "20", "0"),  # 40 on day 11 of June's, which counts ten days
    ("c2", "2026-06-08 10:00", "o5", "30", "10", "0"),  # 20 in the window of June
    ("c2", "2026-06-20 10:00", "o5", "-30", "-10", "0"),  # and comes back after it
    ("c4", "2026-06-05 10:00", "o6", "25", "5", "0"),  # 20 in the window of June
]
MESSAGES = [
    ("c2", "welcome_2026_05", "2026-05-01 10:00", "2"),
    ("c2", "reactivation_2026_06", "2026-06-01 08:00", "3"),  # two hours before its time, but after the start
    ("c4", "reactivation_2026_06", "2026-06-02 10:00", "3"),
    ("c1", "reactivation_2026_06", "2026-06-01 10:00", "3"),  # in control
]
COUPONS = [
    ("c2", "gift", "reactivation_2026_06", "2026-06-08 10:00", "o5", "7"),
    ("c2", "gift", "reactivation_2026_06", "2026-06-12 10:00", "o4", "9"),  # after the ten days
]
LEDGER = (entry("welcome", MAY), entry("reactivation", JUNE, window=10, campaign_cost=12.0))


def ledger(*entries: ListedExperiment) -> Ledger:
    """A ledger of these lists; their customers stand in the assignments."""
    rows = [("c1", one.experiment_id, "control", datetime(2026, 5, 1)) for one in entries]
    frame = pd.DataFrame(rows, columns=["customer_id", "experiment_id", "variant", "assigned_at"])
    return Ledger.of(entries, frame)


def shop(*groups: list[tuple[str, ...]], entries: tuple[ListedExperiment, ...] = LEDGER) -> Any:
    everybody = [*placed("welcome_2026_05", MAY), *placed("reactivation_2026_06", JUNE)]
    everybody += [row for group in groups for row in group]
    return ListedShop(
        ledger(*entries),
        assignments=table(everybody, ASSIGNED),
        transactions=table(SALES, SOLD),
        contacts=table(MESSAGES, SENT),
        redemptions=table(COUPONS, USED),
    )


def read(*groups: list[tuple[str, ...]], terms: JudgingTerms = TERMS, **options: Any) -> JudgedLists:
    found = judged_lists(shop(*groups, **options), terms, until=UNTIL)
    assert isinstance(found, JudgedLists), found
    return found


def total(one: ReadList, arm: str, column: str) -> float:
    own = one.sums[(one.sums["arm"] == arm) & (one.sums["first"] == column) & (one.sums["second"] == column)]
    assert len(own) == 1
    return float(own["first_total"].iloc[0])


def test_each_list_counts_its_own_days_messages_and_coupons() -> None:
    june, may = read().lists
    assert [one.entry.name for one in (june, may)] == ["reactivation_2026_06", "welcome_2026_05"]
    assert may.entry.verdict_on == date(2026, 5, 24)
    assert june.entry.verdict_on == date(2026, 6, 13)
    assert total(may, "treatment", "gross_profit_full") == 50
    assert total(may, "control", "gross_profit_full") == 30
    assert total(may, "control", "gross_profit_before") == 40
    assert total(may, "treatment", "coupon_cost_full") == 0
    # Ten days only: the order of the twelfth is none of June's, and one came back.
    assert total(june, "treatment", "gross_profit_full") == 20
    assert total(june, "control", "gross_profit_before") == 70
    assert total(june, "treatment", "coupon_cost_full") == 7
    assert total(june, "treatment", "contact_cost") == 6
    assert june.arms[["arm", "units", "members"]].to_numpy().tolist() == [["control", 3, 3], ["treatment", 3, 3]]
    assert (june.entry.campaign_cost, june.entry.shares["control"]) == (12.0, 0.5)


@pytest.mark.parametrize("name", ["welcome_2026_05", "reactivation_2026_06"])
def test_one_pass_over_all_says_what_each_list_says_of_itself(name: str) -> None:
    store = shop()
    one = next(found for found in read().lists if found.entry.name == name)
    reading = Reading(
        experiment=name, control="control", window_days=one.entry.window_days, after_days=0, before_days=90
    )
    alone = experiment(store, replace(reading, drawn_on=one.entry.start), until=UNTIL)
    outcomes = experiment_outcomes(alone)
    sums = arm_sums(outcomes, [column for column in one.sums["first"].unique() if column in outcomes.columns])
    assert isinstance(sums, ArmSums)
    both = one.sums.merge(sums.sums, on=["arm", "first", "second"], suffixes=("", "_own"))
    assert len(both) == len(sums.sums)
    for column in ("n", "first_total", "second_total", "product"):
        assert both[column].tolist() == both[f"{column}_own"].tolist()
    assert isinstance(alone, Experiment)
    store.reconciliation = lambda _: _Nothing()
    store.merging = None
    facts = experiment_checks(alone, outcomes)
    assert isinstance(facts, CheckFacts)
    for column in ("arm", "units", "contacted", "exposed_before"):
        assert one.facts.arms[column].tolist() == facts.arms[column].tolist()
    assert one.facts.days.assign(day=one.facts.days["day"].astype(str)).to_numpy().tolist() == [
        [str(day.date()) if hasattr(day, "date") else str(day), arm, units]
        for day, arm, units in facts.days[["day", "arm", "units"]].to_numpy().tolist()
    ]


class _Nothing:
    reasons = ()


def test_messages_to_those_left_alone_are_found_and_hours_before_the_time_are_not_too_early() -> None:
    june = read().lists[0].facts.arms.set_index("arm")
    assert june.loc["control", "contacted"] == 1
    assert june.loc["treatment", "contacted"] == 2
    assert june["exposed_before"].tolist() == [0, 0]
    early = (entry("welcome", MAY), entry("reactivation", date(2026, 6, 2), window=10))
    later = replace(early[1], experiment_id="reactivation_2026_06")
    found = read(entries=(early[0], later)).lists[0].facts.arms.set_index("arm")
    assert found["exposed_before"].tolist() == [1, 1]  # on the day before the list was started


def test_a_list_whose_messages_the_store_does_not_hold_is_not_known_to_have_reached_anybody() -> None:
    birthday = placed("birthday_2026_05", MAY)
    found = next(one for one in read(birthday).lists if one.entry.scenario == "birthday")
    assert found.facts.arms["contacted"].isna().all()


def test_lists_kept_elsewhere_are_known_by_their_names() -> None:
    found = next(one for one in read(placed("birthday_2026_05", MAY)).lists if one.entry.scenario == "birthday")
    assert (found.entry.month, found.entry.in_ledger, found.entry.shares) == ("2026-05", False, None)
    assert found.entry.offers == {"treatment": "gift"}
    assert found.entry.window_days == 21


def test_a_list_is_open_until_the_window_of_its_last_message_is_over() -> None:
    late = entry("birthday", JUNE, last=10)
    found = read(placed("birthday_2026_06", date(2026, 6, 9)), entries=(*LEDGER, late))
    assert [one.entry.scenario for one in found.lists] == ["reactivation", "welcome"]
    assert found.open.to_numpy().tolist() == [["birthday", "birthday_2026_06", "2026-06", 6, 3, JUNE, date(2026, 7, 2)]]
    before = judged_lists(shop(), TERMS, until=date(2026, 5, 23))
    assert isinstance(before, JudgedLists)
    assert (before.lists, before.open["scenario"].tolist()) == ((), ["welcome"])


def test_other_tests_come_along_where_they_are_wanted() -> None:
    spring = placed("spring", date(2026, 4, 1))
    assert [one.entry.name for one in read(spring).tests] == ["spring"]
    assert read(spring, terms=replace(TERMS, other_tests=False)).tests == ()
    held = [(customer, "h26", "holdout", "2026-01-01 00:05") for customer in ("c1", "c2", "c3", "c4", "c5")]
    assert read(held).tests == ()


def test_what_cannot_be_read_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [(customer, "birthday_2026_05", "treatment", "2026-05-01 10:00") for customer in ("c1", "c2")]
    lonely = entry("birthday", MAY, customers={"control": 0, "treatment": 2})
    found = read(alone, entries=(*LEDGER, lonely))
    assert found.left_out.to_numpy().tolist() == [["birthday_2026_05", "birthday", "one_arm"]]
    monkeypatch.setattr(module, "MOST_LISTS", 1)
    assert read().left_out.to_numpy().tolist() == [["welcome_2026_05", "welcome", "older"]]
    monkeypatch.setattr(module, "MOST_LISTS", 9)
    monkeypatch.setattr(module, "MOST_CUSTOMERS", 6)
    assert [one.entry.scenario for one in read().lists] == ["reactivation"]


def test_other_campaigns_that_reached_one_arm_are_counted() -> None:
    store = shop()
    news = [(f"c{at}", "news", "2026-06-04 10:00", "1") for at in (2, 4, 6, 1, 3)]
    store.tables["contacts"] = table([*MESSAGES, *news], SENT)
    found = judged_lists(store, TERMS, until=UNTIL)
    assert isinstance(found, JudgedLists)
    others = found.lists[0].facts.others
    either = others.either[others.either["kind"] == "campaign"].set_index("arm")
    assert either["during"].to_dict() == {"control": 2, "treatment": 3}
    named = others.table[others.table["name"] == "news"]
    assert named["during"].sum() == 5


def test_each_list_has_the_units_that_it_was_drawn_by_whatever_others_were_drawn_by() -> None:
    """21 homes of two whole in May's list; a larger test of the spring drew 30 homes of two person by person."""
    names = [(f"h{home}{member}", f"home{home}") for home in range(30) for member in "ab"]
    homes = [(customer, home, ("control", "treatment")[int(home[4:]) % 2]) for customer, home in names]
    listed = [(customer, "welcome_2026_05", arm, "2026-05-01 10:00") for customer, _, arm in homes[:42]]
    apart = [
        (customer, "spring", ("control", "treatment")["ab".index(customer[-1])], "2026-04-01 10:00")
        for customer, _, _ in homes
    ]
    store = shop(apart)
    store.tables["assignments"] = table([*listed, *apart], ASSIGNED)
    store.tables["customers"] = table(names, {"customer_id": "string", "household_id": "string"})
    found = judged_lists(store, replace(TERMS, scenarios=("welcome",)), until=UNTIL)
    assert isinstance(found, JudgedLists)
    (may,), (spring,) = found.lists, found.tests
    assert may.arms["unit"].tolist() == ["household"] * 2
    assert may.arms[["arm", "units", "members"]].to_numpy().tolist() == [["control", 11, 22], ["treatment", 10, 20]]
    assert (may.facts.unit, may.facts.mixed.assigned) == ("household", 21)
    assert spring.arms["unit"].tolist() == ["customer"] * 2
    assert spring.arms[["units", "members"]].to_numpy().tolist() == [[30, 30], [30, 30]]
    assert (spring.facts.unit, spring.facts.mixed.mixed) == ("customer", 0)


def test_a_list_of_the_ledger_keeps_its_units_whatever_the_customers_say_now() -> None:
    """c1 c3 and c2 c4 were drawn as homes, c5 and c6 alone; now c1 lives with c2, and c3 with c4."""
    store = shop(placed("birthday_2026_05", MAY))
    told = {"c1": "a", "c3": "a", "c2": "b", "c4": "b", "c5": None, "c6": None}
    rows = [(customer, "welcome_2026_05", home) for customer, home in told.items()]
    rows += [(customer, "reactivation_2026_06", None) for customer in told]
    store.listed = table(rows, {"customer_id": "string", "experiment_id": "string", "household_id": "string"})

    def units() -> dict[str, list[Any]]:
        found = judged_lists(store, TERMS, until=UNTIL)
        assert isinstance(found, JudgedLists)
        return {one.entry.name: one.arms[["unit", "units", "members"]].to_numpy().tolist() for one in found.lists}

    customers = [["customer", 3, 3], ["customer", 3, 3]]
    assert units() == {
        "welcome_2026_05": [["household", 2, 3], ["household", 2, 3]],
        "reactivation_2026_06": customers,
        "birthday_2026_05": customers,
    }
    before = units()
    moved = [("c1", "x"), ("c2", "x"), ("c3", "y"), ("c4", "y")]
    store.tables["customers"] = table(moved, {"customer_id": "string", "household_id": "string"})
    assert units() == before
    kept = [("c1", "x"), ("c3", "x"), ("c2", "y"), ("c4", "y")]
    store.tables["customers"] = table(kept, {"customer_id": "string", "household_id": "string"})
    assert units() == before, "two homes are whole by chance in the lists drawn by customers"


def test_without_lists_or_dates_nothing_is_asked() -> None:
    empty = typed_table([], ASSIGNED)
    assert isinstance(judged_lists(ListedShop(Ledger(), assignments=empty), TERMS, until=UNTIL), NotAsked)
    assert isinstance(judged_lists(ListedShop(Ledger()), TERMS, until=UNTIL), NotAsked)
    undated = {name: kind for name, kind in ASSIGNED.items() if name != "assigned_at"}
    shop_without_times: Any = ListedShop(Ledger(), assignments=table([("c1", "x", "control")], undated))
    assert isinstance(judged_lists(shop_without_times, TERMS, until=UNTIL), NotAsked)


def test_terms_come_from_the_playbook() -> None:
    book = Playbook.model_validate({"offers": {"gift": {}}, "scenarios": {"birthday": {"offer": "gift"}}})
    terms = judging_terms(book, Economics(contact_cost=0.4, gross_margin=0.3))
    assert terms.offers["birthday"] == "gift"
    assert set(terms.scenarios) == set(book.scenarios)
    assert (terms.contact_cost, terms.gross_margin) == (0.4, 0.3)


def test_lists_are_judged_by_the_windows_of_their_scenarios() -> None:
    """Those of the ledger by the window they were issued with, others by the one of the parameter file."""
    book = Playbook.model_validate({"scenarios": {"birthday": {"window_days": 35}, "reactivation": {"window_days": 7}}})
    terms = judging_terms(book, Economics())
    found = judged_lists(shop(placed("birthday_2026_05", MAY), placed("spring", MAY)), terms, until=UNTIL)
    assert isinstance(found, JudgedLists)
    days = {one.entry.name: (one.entry.days, one.entry.verdict_on) for one in (*found.lists, *found.tests)}
    assert days == {
        "birthday_2026_05": (35, date(2026, 6, 7)),
        "reactivation_2026_06": (10, date(2026, 6, 13)),
        "spring": (21, date(2026, 5, 24)),
        "welcome_2026_05": (21, date(2026, 5, 24)),
    }


# How a report on one test reads a list


def test_auto_takes_the_list_that_closed_last_and_reads_it_by_the_ledger() -> None:
    found = list_reading(shop(), Reading(), TERMS, until=UNTIL)
    assert found.reading.experiment == "reactivation_2026_06"
    assert (found.reading.window_days, found.reading.after_days) == (10, 0)
    assert found.reading.drawn_on == JUNE
    assert found.planned == (0.5, 0.5)
    assert (found.campaign_cost, found.contact_cost) == (12.0, 0.5)
    assert isinstance(found.terms, ListedTerms)
    assert found.terms.taken == (
        *("window_days", "after_days", "control", "planned_split", "campaign_cost", "contact_cost"),
    )
    assert found.lists == ("reactivation_2026_06", "welcome_2026_05")


def test_what_a_report_states_itself_is_kept() -> None:
    asked = Reading(experiment="welcome_2026_05", window_days=14, control="treatment")
    found = list_reading(shop(), asked, TERMS, until=UNTIL, planned=(0.4, 0.6), campaign_cost=5.0)
    assert (found.reading.window_days, found.reading.after_days, found.reading.control) == (14, 0, "treatment")
    assert (found.planned, found.campaign_cost) == ((0.4, 0.6), 5.0)
    assert isinstance(found.terms, ListedTerms)
    assert found.terms.taken == ("after_days", "contact_cost")


def test_a_test_that_no_ledger_has_is_read_as_it_is() -> None:
    asked = Reading(experiment="spring")
    terms = replace(TERMS, contact_cost=0.7)
    found = list_reading(shop(placed("spring", date(2026, 4, 1))), asked, terms, until=UNTIL, planned=(1, 2))
    assert (found.reading, found.planned, found.contact_cost) == (asked, (1, 2), 0.7)
    assert isinstance(found.terms, NotAsked)
    bare: Any = ListedShop(Ledger())
    assert list_reading(bare, Reading(), TERMS, until=UNTIL).reading == Reading()


@pytest.mark.parametrize("entries", [LEDGER, ()])
def test_a_list_drawn_elsewhere_is_read_by_the_window_of_its_scenario(entries: tuple[ListedExperiment, ...]) -> None:
    """As where all lists are judged together: one test has one profit on a page."""
    store = shop(placed("birthday_2026_05", MAY, each=4), entries=entries)
    terms = replace(TERMS, windows={"birthday": 35})
    together = judged_lists(store, terms, until=UNTIL)
    assert isinstance(together, JudgedLists)
    one = next(one for one in together.lists if one.entry.scenario == "birthday")
    for asked in ("birthday_2026_05", "auto"):
        found = list_reading(store, Reading(experiment=asked, before_days=90), terms, until=UNTIL)
        assert found.reading.experiment == "birthday_2026_05"
        assert (found.reading.window_days, found.reading.after_days) == (one.entry.days, 0) == (35, 0)
        assert isinstance(found.terms, NotAsked)
    alone = arm_sums(experiment_outcomes(experiment(store, found.reading, until=UNTIL)), ["gross_profit_full"])
    assert isinstance(alone, ArmSums)
    for arm in ("control", "treatment"):
        own = alone.sums[(alone.sums["arm"] == arm) & (alone.sums["second"] == "gross_profit_full")]
        assert own["first_total"].tolist() == [total(one, arm, "gross_profit_full")]
    stated = Reading(experiment="birthday_2026_05", window_days=14, after_days=7)
    assert list_reading(store, stated, terms, until=UNTIL).reading == stated


def test_a_longer_test_that_closed_later_goes_before_the_lists() -> None:
    # 84 days from 7 April end on 30 June, after those of all lists.
    assert list_reading(shop(placed("spring", date(2026, 4, 5))), Reading(), TERMS, until=UNTIL).reading.experiment == (
        "spring"
    )


def test_a_list_of_which_nobody_got_a_message_while_others_did_is_not_judged() -> None:
    """In May other campaigns went out, and of the list nothing to anybody but one of control."""
    sent = [row for row in MESSAGES if row[1] != "welcome_2026_05"]
    around = [("c9", "news", "2026-05-02 10:00", "1"), ("c9", "news", "2026-04-02 10:00", "1")]
    control = [("c1", "welcome_2026_05", "2026-05-01 10:00", "1")]

    def found(messages: list[tuple[str, ...]], entries: tuple[ListedExperiment, ...] = LEDGER) -> dict[str, str]:
        store = shop(entries=entries)
        store.tables["contacts"] = table(messages, SENT)
        judged = judged_lists(store, TERMS, until=UNTIL)
        assert isinstance(judged, JudgedLists)
        return dict(zip(judged.left_out["test"], judged.left_out["reason"], strict=True))

    assert found([*sent, *around, *control]) == {"welcome_2026_05": "not_sent"}
    assert found([*sent, *control]) == {}, "no other campaign of that time is known"
    assert found([*sent, *around[:1]]) == {}, "the messages begin later than the list"
    assert found(around) == {}, "no list is ever named"
    by_ads = (replace(LEDGER[0], channels={"ads": 3}), LEDGER[1])
    assert found([*sent, *around], by_ads) == {}, "an audience leaves no message"


def test_arms_that_wait_have_their_whole_window() -> None:
    """The last message goes out two days after the last assignment: all arms are counted two days longer."""
    waits = replace(LEDGER[1], last_send=date(2026, 6, 5), verdict_on=date(2026, 6, 15))
    judged = judged_lists(shop(entries=(LEDGER[0], waits)), TERMS, until=UNTIL)
    assert isinstance(judged, JudgedLists)
    one = next(one for one in judged.lists if one.entry.scenario == "reactivation")
    assert (one.entry.days, one.entry.verdict_on) == (12, date(2026, 6, 15))
