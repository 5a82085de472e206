from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measures.actions.plan_shop import HEADERS, UNTIL, context, only, order

from retention_lib.measures.actions.candidates import CANDIDATE_COLUMNS, COUNTED, STEPS, Candidates, candidates
from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.people import People, people
from retention_lib.settings import Month
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.listed import ListedExperiment

BUYERS = {"condition": "orders >= 1"}


def found(plan: TriggerContext) -> tuple[People, Candidates]:
    """The people and the candidates of a plan."""
    known = people(plan)
    return known, candidates(plan, known)


def named(plan: TriggerContext) -> list[tuple[str, str, str]]:
    """The candidates as id, scenario and channel, in their order."""
    known, result = found(plan)
    ids = known.table.order_by("row").to_pandas()["customer_id"]
    frame = result.frame
    return [
        (ids[row], scenario, channel)
        for row, scenario, channel in zip(frame["row"], frame["scenario"], frame["channel"], strict=True)
    ]


def counted(result: Candidates, scenario: str) -> dict[str, int]:
    """The steps of a scenario."""
    rows = result.steps[result.steps["scenario"] == scenario]
    return dict(zip(rows["step"], rows["customers"], strict=True))


def test_steps_are_those_of_the_plan_in_their_order() -> None:
    assert STEPS[:7] == COUNTED
    assert (
        *("triggered", "known", "not_held_out", "not_suppressed", "not_open", "consented", "under_cap"),
        *("one_message", "offered", "within_limits", "listed"),
    ) == STEPS


def test_each_step_takes_whom_it_forbids_and_is_counted(tmp_path: Path) -> None:
    ids = ("capped", "fine", "held", "open", "silent", "sorry")
    plan = context(
        tmp_path,
        playbook={**only(buyers=BUYERS), "frequency_cap": {"messages": 1, "days": 30}},
        transactions=[line for name in ids for line in order(name, "2026-03-01")],
        customers=[f"{name},,,{'false' if name == 'silent' else 'true'},false,false" for name in ids],
        assignments=["held,global,holdout,2026-01-01 00:00:00", "open,test,mail,2026-06-20 00:00:00"],
        service=["sorry,2026-06-20 10:00:00,"],
        contacts=["capped,k,email,2026-06-20 10:00:00,"],
    )
    _, result = found(plan)
    assert named(plan) == [("fine", "buyers", "email")]
    assert counted(result, "buyers") == {
        "triggered": 6,
        "known": 6,
        "not_held_out": 5,
        "not_suppressed": 4,
        "not_open": 3,
        "consented": 2,
        "under_cap": 1,
    }


def test_columns_are_small_and_typed(tmp_path: Path) -> None:
    _, result = found(context(tmp_path, playbook=only(buyers=BUYERS), transactions=order("amy", "2026-06-01")))
    frame = result.frame
    assert tuple(frame.columns) == CANDIDATE_COLUMNS
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds == {
        "row": "int32",
        "scenario": "category",
        "channel": "category",
        "trigger_at": "datetime64[s]",
        "send_from": "datetime64[s]",
        "send_by": "datetime64[s]",
        "strength": "float32",
        "priority": "int16",
    }
    assert frame["send_from"].iloc[0] == pd.Timestamp(UNTIL)
    assert result.scenarios == ("buyers",)


def test_channel_is_the_first_of_the_scenario_that_the_customer_agreed_to(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        playbook=only(
            a={**BUYERS, "channels": ["sms", "email"], "priority": 2}, b={**BUYERS, "channels": ["ads"], "priority": 1}
        ),
        transactions=[*order("amy", "2026-06-01"), *order("bob", "2026-06-01")],
        customers=["amy,,,true,true,false", "bob,,,true,false,true"],
        identities=["bob,email,bob@x.org"],
    )
    assert named(plan) == [("amy", "a", "sms"), ("bob", "b", "ads"), ("bob", "a", "email")]


def test_a_rescue_goes_to_open_complaints_and_nothing_else_does(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        playbook=only("rescue", buyers=BUYERS),
        transactions=order("amy", "2026-06-01"),
        service=["amy,2026-06-25 10:00:00,"],
    )
    assert named(plan) == [("amy", "rescue", "email")]


def test_who_is_unknown_to_the_shop_is_no_candidate(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        playbook=only("rescue"),
        transactions=order("amy", "2026-06-01"),
        service=["ghost,2026-06-25 10:00:00,"],
    )
    known, result = found(plan)
    assert result.frame.empty
    assert counted(result, "rescue")["triggered"] == 1
    assert counted(result, "rescue")["known"] == 0
    assert result.scenarios == ("rescue",)
    assert known.count == 1


def test_scenarios_that_share_customers_are_told(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        playbook=only(
            one={"condition": "orders >= 1", "priority": 1},
            two={"condition": "orders >= 2", "priority": 2},
            three={"condition": "orders >= 9", "priority": 3},
        ),
        transactions=[*order("amy", "2026-05-01", "2026-06-01"), *order("bob", "2026-06-01")],
    )
    _, result = found(plan)
    assert result.overlap.to_dict("records") == [{"scenario": "one", "other": "two", "customers": 1}]
    assert result.to_frame() is result.steps


def test_scenarios_without_a_list_say_why(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        playbook=only("birthday", "retargeting", "cross_sell", buyers=BUYERS, tiers={"condition": "tier is missing"}),
        transactions=order("amy", "2026-06-01"),
        customers=["amy,,,true,,"],
        assignments=["amy,buyers_2026_07,control,2026-01-01 00:00:00"],
    )
    _, result = found(plan)
    why = {row.scenario: (row.reason, row.lacks) for row in result.off.table.itertuples()}
    assert why["birthday"] == ("scenario_needs", "customers.birth_date")
    assert why["retargeting"] == ("scenario_needs", "web_events.customer_id")
    assert why["tiers"] == ("scenario_needs", "loyalty_events.tier")
    assert why["welcome"] == ("scenario_disabled", "")
    assert why["buyers"] == ("experiment_taken", "")
    assert result.off.on == 0
    assert set(result.off.wanting["scenario"]) == {"birthday", "retargeting", "cross_sell", "tiers", "buyers"}
    assert result.frame.empty
    assert result.overlap.empty
    assert list(result.frame.columns) == list(CANDIDATE_COLUMNS)


def test_what_a_message_is_about_stays_in_the_engine(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        playbook=only("reactivation", buyers=BUYERS),
        transactions=order("amy", "2026-03-01"),
    )
    _, result = found(plan)
    rows = result.table.order_by("scenario").to_pandas()
    assert list(rows["scenario"]) == ["buyers", "reactivation"]
    assert rows["detail"].iloc[1] == "2026-03-01"
    assert list(rows["customer_id"]) == ["amy", "amy"]


def test_lists_of_this_month_close_nobody_out(tmp_path: Path) -> None:
    plan = context(tmp_path, playbook=only(buyers=BUYERS), transactions=order("amy", "2026-06-01"))
    listed = ListedExperiment(
        experiment_id="buyers_2026_07",
        scenario="buyers",
        kind="condition",
        report=Month(2026, 6),
        shares={"control": 0.2, "treatment": 0.8},
        offers={"control": "none", "treatment": "none"},
        channels={"email": 1},
        customers={"control": 0, "treatment": 1},
        window_days=21,
        after_days=0,
        contact_cost=1.0,
        campaign_cost=0.0,
        start=UNTIL,
        last_send=date(2026, 7, 7),
        verdict_on=date(2026, 7, 28),
    )
    at = pd.Timestamp("2026-07-02 10:00")
    rows = pd.DataFrame({"customer_id": ["amy"], "variant": "treatment", "experiment_id": "buyers_2026_07"})
    plan.store.use_lists(Ledger.of([listed], rows.assign(assigned_at=at, send_at=at)))
    plan.store.see_lists(before=plan.month)
    assert named(plan) == [("amy", "buyers", "email")]


def random_shop(seed: int) -> dict[str, list[str]]:
    """Tables of a shop in which everything happens to everybody by chance."""
    rng = np.random.default_rng(seed)
    ids = [f"{number:04d}" for number in range(150)]

    def some(share: float) -> list[str]:
        return [name for name in ids if rng.random() < share]

    def day(*, back: int) -> str:
        return str(pd.Timestamp(UNTIL) - pd.Timedelta(hours=int(rng.integers(1, 24 * back))))

    def word(*words: str) -> str:
        return str(rng.choice(words))

    return {
        "transactions": [f"{name},{at},{day(back=400)},10" for at, name in enumerate(some(0.9) + some(0.6))],
        "customers": [
            f"{name},h{rng.integers(60)},,{word('true', 'false', '')},{word('true', 'false')},{word('true', '')}"
            for name in some(0.8)
        ],
        "contacts": [
            f"{name},k,{word('email', 'sms', 'messenger')},{day(back=60)},{word('', '2026-06-30 10:00:00')}"
            for name in some(0.5) + some(0.3)
        ],
        "service": [f"{name},{day(back=60)},{word('', '2026-06-30 12:00:00')}" for name in some(0.2)],
        "feedback": [
            f"{name},{day(back=60)},{rng.integers(1, 6)},5,{word('review', 'survey')},{word('', '2026-06-30 12:00:00')}"
            for name in some(0.2)
        ],
        "identities": [f"{name},email,{name}@x.org" for name in some(0.5)],
        "assignments": [
            *(f"{name},global,holdout,2026-02-01 00:00:00" for name in some(0.1)),
            *(f"{name},t,{word('a', 'b')},{day(back=60)}" for name in some(0.2)),
        ],
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_who_must_be_left_alone_is_a_candidate(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tables = random_shop(seed)
    playbook: dict[str, Any] = {
        **only("welcome", "reactivation", "rescue", buyers={**BUYERS, "channels": ["ads", "sms"]}),
        "frequency_cap": {"messages": int(rng.integers(1, 4)), "days": int(rng.integers(5, 60))},
        "suppress_days": int(rng.integers(1, 60)),
    }
    plan = context(tmp_path, playbook=playbook, **tables)
    listed = named(plan)
    assert listed
    assert len({(name, scenario) for name, scenario, _ in listed}) == len(listed)
    _forbidden(listed, tables, plan)


def _forbidden(listed: list[tuple[str, str, str]], tables: dict[str, list[str]], plan: TriggerContext) -> None:
    """Holds the candidates against the tables as they were written, one rule after the other."""
    frames = {
        name: pd.DataFrame([line.split(",") for line in lines], columns=HEADERS[name].split(","))
        for name, lines in tables.items()
    }
    start = pd.Timestamp(UNTIL)
    home = dict(zip(frames["customers"]["customer_id"], frames["customers"]["household_id"], strict=True))
    tests = frames["assignments"]
    at = pd.to_datetime(tests["assigned_at"])
    held = set(tests.loc[tests["experiment_id"] == "global", "customer_id"])
    recent = set(
        tests.loc[(tests["experiment_id"] == "t") & (at.dt.normalize() + pd.Timedelta(days=28) > start), "customer_id"]
    )
    apart = {home.get(name, name) for name in held | recent}
    since = start - pd.Timedelta(days=plan.playbook.suppress_days)
    service, feedback = frames["service"], frames["feedback"]
    unhappy = set(
        service.loc[(pd.to_datetime(service["opened_at"]) >= since) & (service["closed_at"] == ""), "customer_id"]
    )
    bad = (feedback["kind"] == "review") & (feedback["score"].astype(int) <= 2) & (feedback["answered_at"] == "")
    unhappy |= set(feedback.loc[bad & (pd.to_datetime(feedback["given_at"]) >= since), "customer_id"])
    cap = plan.playbook.frequency_cap
    contacts = frames["contacts"]
    lately = contacts[pd.to_datetime(contacts["sent_at"]) >= start - pd.Timedelta(days=cap.days)]
    heard = lately.groupby("customer_id").size()
    left = set(zip(contacts["customer_id"], contacts["channel"], (contacts["unsubscribed_at"] != ""), strict=True))
    consents = frames["customers"].set_index("customer_id")
    for name, scenario, channel in listed:
        assert home.get(name, name) not in apart
        assert name not in unhappy or scenario == "rescue"
        assert heard.get(name, 0) < cap.messages
        asked = "email" if channel == "ads" else channel
        assert consents.loc[name, f"{asked}_consent"] == "true"
        assert (name, asked, True) not in left
        assert channel != "ads" or name in set(frames["identities"]["customer_id"])
