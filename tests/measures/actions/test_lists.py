"""The lists of a month: drawn once by chance, frozen by the ledger, and handed on as files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from measures.actions.listed_shop import FORTY, JUNE, arms, chosen, context_of, issued, opened
from measures.tested_shop import shop

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.audiences import hashed_email
from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.list_counts import issued_pairs
from retention_lib.measures.actions.lists import ActionLists, action_lists, taken_experiments
from retention_lib.measures.actions.off import OVER, all_triggered
from retention_lib.measures.actions.people import people
from retention_lib.measures.actions.terms import plan_terms
from retention_lib.measures.splitting import Arm, split, split_each
from retention_lib.settings.models import Economics
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.ledger_rows import list_csv
from retention_lib.stores.ledger_writing import WrittenList, write_lists

WANTED_TWO = ("reactivation", "rescue")
WANTED = {"reactivation": FORTY[:30], "birthday": FORTY[30:39]}


def text(lists: ActionLists) -> str:
    """The lists as the ledger's files hold them."""
    return "".join(list_csv(lists.rows(about.scenario)) for about in lists.experiments)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the shop as it is, whose tables are taken in once."""
    return tmp_path_factory.mktemp("usual")


@pytest.fixture(scope="module")
def ledger(usual: Path) -> Ledger:
    """The ledger after June's report."""
    return issued(context_of(opened(usual)), WANTED).ledger


def test_a_fifth_of_each_list_is_left_alone_and_the_terms_stand_beside_it(usual: Path) -> None:
    lists = issued(context_of(opened(usual)), WANTED)
    reactivation, birthday = (next(a for a in lists.experiments if a.scenario == name) for name in WANTED)
    assert (lists.contacts("reactivation"), lists.control("reactivation")) == (24, 6)
    assert birthday.treated + birthday.held == 9
    assert reactivation.experiment_id == "reactivation_2026_07"
    assert (reactivation.report, reactivation.start) == (JUNE, date(2026, 7, 1))
    assert (reactivation.last_send, reactivation.verdict_on) == (date(2026, 7, 2), date(2026, 7, 23))
    assert (reactivation.contact_cost, reactivation.channels) == (0.5, {"email": 24})
    assert reactivation.shares == {"control": 0.2, "treatment": 0.8}
    assert lists.figures()["reactivation_control"] == 6
    assert set(lists.table["assigned_at"]) == {pd.Timestamp("2026-07-02 10:00:00")}
    assert list(lists.table["customer_id"])[:2] == ["0030", "0031"], "birthday has the first place in the playbook"
    with pytest.raises(KeyError):
        lists.contacts("welcome")


def test_offers_that_lists_made_are_known_whatever_the_playbook_says_by_now(usual: Path) -> None:
    given = ["coupon", "gift"] * 15 + ["none"] * 9
    lists = issued(context_of(opened(usual)), WANTED, offer=given)
    made = (("birthday", "none"), ("reactivation", "coupon"), ("reactivation", "gift"))
    assert issued_pairs(lists.ledger) == made
    assert issued_pairs(Ledger()) == ()
    assert lists.counts["control_share"].tolist() == [0.2, 0.2]


def test_arms_are_those_of_the_split_of_each_test_by_itself(usual: Path) -> None:
    context = context_of(opened(usual))
    lists = issued(context, WANTED)
    table = (
        people(context)
        .table.filter(lambda row: row.customer_id.isin(FORTY[:30]))
        .mutate(stratum=ibis.literal("email:low"))
    )
    alone = split(
        table, [Arm(name="control", share=0.2), Arm(name="treatment", share=0.8)], experiment="reactivation_2026_07"
    )
    put = alone.to_pandas().set_index("customer_id")["variant"]
    assert {id: variant for id, variant in arms(lists).items() if id in put.index} == put.to_dict()


def test_several_tests_are_split_at_once_as_each_is_alone(usual: Path) -> None:
    table = (
        people(context_of(opened(usual)))
        .table.mutate(stratum=ibis.literal("all"))
        .select("customer_id", "unit", "stratum")
    )
    tests = {"a": [Arm(name="x", share=0.5), Arm(name="y", share=0.5)], "b": [Arm(name="x", share=0.3)]}
    both = table.mutate(experiment_id=ibis.literal("a")).union(table.mutate(experiment_id=ibis.literal("b")))
    together = split_each(both, tests).to_pandas()
    for name, own in tests.items():
        alone = split(table, own, experiment=name).to_pandas().sort_values("customer_id")
        found = together[together["experiment_id"] == name].sort_values("customer_id")
        assert found["variant"].tolist() == alone["variant"].tolist()
        assert found["customer_id"].tolist() == alone["customer_id"].tolist()


def test_households_are_in_one_arm(tmp_path: Path) -> None:
    homes = {id: f"h{place // 3}" for place, id in enumerate(FORTY)}
    lists = issued(context_of(opened(tmp_path, homes=homes)), {"reactivation": FORTY})
    told = lists.table.groupby("household_id")["variant"].nunique()
    assert len(told) == 14
    assert (told == 1).all()
    assert lists.control("reactivation") in range(3, 13)


def test_a_test_of_delays_has_an_arm_a_delay_and_keeps_quiet_hours(usual: Path) -> None:
    book = {"scenarios": {"abandoned_cart": {"delays_hours": [2, 24]}}}
    times = {"send_at": np.datetime64("2026-07-02T10:00:00", "s")}
    lists = issued(context_of(opened(usual), **book), {"abandoned_cart": FORTY}, **times)
    sent = lists.table.groupby("variant")["send_at"].unique().map(list).to_dict()
    # 22 hours later is 8:00, which is quiet until 9:00.
    assert sent == {
        "control": [pd.Timestamp("2026-07-02 10:00")],
        "after_2h": [pd.Timestamp("2026-07-02 10:00")],
        "after_24h": [pd.Timestamp("2026-07-03 09:00")],
    }
    assert lists.experiments[0].customers == {"control": 8, "after_2h": 16, "after_24h": 16}
    assert set(lists.table["assigned_at"]) == {pd.Timestamp("2026-07-02 10:00")}, "all arms are counted from one time"
    assert lists.experiments[0].verdict_on == date(2026, 7, 3) + timedelta(days=21), "the last arm has its whole window"
    late = issued(context_of(opened(usual), **book), {"abandoned_cart": FORTY}, send_by=times["send_at"])
    assert late.table["send_at"].nunique() == 1, "what would come too late goes as planned"


def test_a_rerun_gives_the_same_bytes(usual: Path) -> None:
    first = issued(context_of(opened(usual)), WANTED)
    again = issued(context_of(opened(usual)), WANTED)
    kept = issued(context_of(opened(usual), ledger=first.ledger), WANTED)
    for other in (again, kept):
        assert text(other) == text(first)
        assert [about.to_plain() for about in other.experiments] == [about.to_plain() for about in first.experiments]
        pd.testing.assert_frame_equal(other.counts, first.counts)
        pd.testing.assert_frame_equal(other.arms, first.arms)
        for about in first.experiments:
            pd.testing.assert_frame_equal(other.file(about.scenario), first.file(about.scenario))


def test_new_data_move_nobody_between_the_arms_of_a_list(tmp_path: Path, ledger: Ledger) -> None:
    """A household has become known, half of the customers would no longer be chosen, and others would."""
    homes = {id: f"h{place % 7}" for place, id in enumerate(FORTY)}
    store = opened(tmp_path / "later", homes=homes, ids=FORTY[:39])
    wanted = {"reactivation": FORTY[15:36], "welcome": FORTY[:15]}
    later = issued(context_of(store, ledger=ledger), wanted)
    assert text(later) == "".join(list_csv(ledger.only([name]).rows()) for name in ("birthday", "reactivation"))
    counts = later.counts.set_index("scenario")
    # Of reactivation, 0000 to 0014 are not chosen any more and 0030 to 0035 are; of birthday, nobody is.
    assert (counts.at["reactivation", "otherwise"], counts.at["birthday", "otherwise"]) == (21, 9)
    assert "welcome" not in counts.index, "all of them are on a list of the month"


def test_rows_come_by_customer_and_files_by_time_where_some_lists_are_issued_and_some_new(
    usual: Path, tmp_path: Path
) -> None:
    """The chosen come in any order; the lists issued before are read from the ledger's files."""
    rng = np.random.default_rng(7)
    wanted = {"reactivation": FORTY[1:31:2], "birthday": FORTY[:31:4]}
    first = issued_in_any_order(context_of(opened(usual)), wanted, rng)
    write_lists(
        tmp_path, [WrittenList(about=about, csv=list_csv(first.rows(about.scenario))) for about in first.experiments]
    )
    on_lists = {id for ids in wanted.values() for id in ids}
    rest = [id for id in FORTY if id not in on_lists]
    wanted |= {"welcome": rest[::2], "rescue": rest[1::2]}
    lists = issued_in_any_order(context_of(opened(usual), ledger=Ledger.read(tmp_path)), wanted, rng)
    assert {about.scenario for about in lists.experiments} == set(wanted)
    assert lists.table["scenario"].drop_duplicates().tolist() == [about.scenario for about in lists.experiments]
    for about in lists.experiments:
        own = lists.table.loc[lists.table["scenario"] == about.scenario, "customer_id"].tolist()
        assert own == sorted(wanted[about.scenario])
        file = lists.file(about.scenario)
        sent, alone = (file[(file["variant"] == "control") == held] for held in (False, True))
        assert file["variant"].tolist() == [*sent["variant"], *alone["variant"]], "who is left alone comes last"
        told = list(zip(sent["send_at"], sent["customer_id"], strict=True))
        assert told == sorted(told)
        assert sent["send_at"].nunique() > 1
        assert alone["customer_id"].tolist() == sorted(alone["customer_id"])
        assert len(alone) > 0


def issued_in_any_order(context: TriggerContext, wanted: dict[str, list[str]], rng: np.random.Generator) -> ActionLists:
    """Lists of customers who come in an order by chance, each at one of four times."""
    frame = chosen(context, wanted)
    frame["send_at"] += pd.to_timedelta(rng.integers(0, 4, len(frame)), unit="h").astype("timedelta64[s]")
    shuffled = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    terms = plan_terms(context.playbook, Economics(contact_cost=0.5))
    found = action_lists(context, people(context), shuffled, terms, month=JUNE)
    assert isinstance(found, ActionLists)
    return found


def test_who_lives_with_somebody_on_an_issued_list_is_on_no_new_one(tmp_path: Path) -> None:
    homes = {"0001": "h", "0002": "h"}
    first = issued(context_of(opened(tmp_path, homes=homes)), {"reactivation": ["0001", "0003"]})
    again = issued(
        context_of(opened(tmp_path, homes=homes), ledger=first.ledger), {"welcome": ["0002", "0003", "0004", "0005"]}
    )
    assert sorted(again.rows("welcome")["customer_id"]) == ["0004", "0005"]


def test_a_list_of_the_ledger_comes_back_without_any_choice(usual: Path, ledger: Ledger) -> None:
    context = context_of(opened(usual), ledger=ledger)
    refusal = NotEnough("customers", 0, 1)
    terms = plan_terms(context.playbook, Economics())
    found = action_lists(context, people(context), refusal, terms, month=JUNE)
    assert isinstance(found, ActionLists)
    assert found.customers == 39
    context.store.use_lists(Ledger())
    assert action_lists(context, people(context), refusal, terms, month=JUNE) is refusal


def test_who_no_longer_agrees_is_counted_and_leaves_no_list(usual: Path, tmp_path: Path) -> None:
    first = issued(context_of(opened(usual)), {"reactivation": FORTY[:30]})
    treated = sorted(id for id, variant in arms(first).items() if variant != "control")[:2]
    refused = [f"{id},,{'no' if id in treated else 'yes'},yes" for id in FORTY]
    later = issued(context_of(opened(tmp_path, customers=refused), ledger=first.ledger), {"reactivation": FORTY[:30]})
    assert (later.counts["withdrawn"][0], later.counts["otherwise"][0]) == (2, 0)
    assert text(later) == text(first)
    file = later.file("reactivation").set_index("customer_id")
    assert file.loc[treated, ["channel", "send_at", "offer", "about"]].isna().all(axis=None)
    assert set(file.loc[treated, "variant"]) == {"treatment"}
    assert file["channel"].notna().sum() == first.contacts("reactivation") - 2


def test_who_complained_since_has_nothing_to_be_sent_but_amends(usual: Path, tmp_path: Path) -> None:
    first = issued(context_of(opened(usual)), {"reactivation": FORTY[:20], "rescue": FORTY[20:39]})
    one, other = (first.rows(name).query("variant != 'control'")["customer_id"].iloc[0] for name in WANTED_TWO)
    cases = [f"{id},2026-06-29 10:00:00," for id in (one, other)]
    store = opened(tmp_path, headers={"service": "customer_id,opened_at,closed_at"}, service=cases)
    later = issued(context_of(store, ledger=first.ledger), {})
    assert dict(zip(later.counts["scenario"], later.counts["withdrawn"], strict=True)) == {
        "rescue": 0,
        "reactivation": 1,
    }
    assert later.file("reactivation").set_index("customer_id").loc[one, ["channel", "send_at"]].isna().all()
    assert later.file("rescue").set_index("customer_id").at[other, "channel"] == "email"
    assert text(later) == text(first)


def test_a_list_is_told_as_it_was_issued_when_its_scenario_is_gone(usual: Path, tmp_path: Path) -> None:
    """An own scenario that makes amends was taken out of the file since; its list goes to complaints all the same."""
    own = {"kind": "rescue", "window_days": 35, "campaign_cost": 9.0, "offer": "gift"}
    book = {"offers": {"gift": {"cost_per_order": 5.0}}, "scenarios": {"amends": own}}
    first = issued(context_of(opened(usual), **book), {"amends": FORTY[:20]}, offer="gift")
    treated = first.rows("amends").query("variant != 'control'")["customer_id"].iloc[0]
    store = opened(
        tmp_path, headers={"service": "customer_id,opened_at,closed_at"}, service=[f"{treated},2026-06-29 10:00:00,"]
    )
    later = issued(context_of(store, ledger=first.ledger), {})
    told = ["kind", "offer", "channels", "contact_cost", "campaign_cost", "window_days", "verdict_on", "withdrawn"]
    assert later.counts[told].to_numpy().tolist() == [
        ["rescue", "gift", "email", 0.5, 9.0, 35, date(2026, 7, 2) + timedelta(days=35), 0]
    ]
    assert later.file("amends").set_index("customer_id").at[treated, "channel"] == "email"


def test_a_month_that_is_over_gets_no_list_that_it_lacks(usual: Path, ledger: Ledger) -> None:
    about, rows = ledger.experiments[0], ledger.rows()
    later = replace(about, experiment_id="birthday_2026_08", report=JUNE.next())
    own = rows[rows["experiment_id"] == about.experiment_id]
    both = ledger.with_lists([later], own.assign(experiment_id=later.experiment_id))
    context = context_of(opened(usual), ledger=both)
    lists = issued(context, {"welcome": FORTY[39:], **WANTED})
    assert {about.scenario for about in lists.experiments} == set(WANTED)
    assert text(lists) == "".join(list_csv(ledger.only([name]).rows()) for name in ("birthday", "reactivation"))
    off = all_triggered(context).off.table.set_index("scenario")["reason"]
    assert off["welcome"] == OVER
    assert not off.reindex(list(WANTED)).eq(OVER).any()


def test_a_test_known_from_elsewhere_is_no_list_of_the_month(usual: Path, tmp_path: Path, ledger: Ledger) -> None:
    other = Ledger.of([replace(about, report=JUNE.previous()) for about in ledger.experiments], ledger.rows())
    context = context_of(opened(usual), ledger=other)
    lists = issued(context, WANTED)
    assert (set(lists.taken), lists.customers) == ({"reactivation", "birthday"}, 0)
    asked = {"month": JUNE, "start": JUNE.end}
    assert taken_experiments(context.store, ["welcome", "birthday"], **asked) == ("birthday",)
    rows = ["0001,welcome_2026_07,treatment,2026-07-01 00:00:00,a"]
    own = shop(tmp_path, transactions=["1,o,2026-06-30 10:00:00,1"], assignments=rows)
    assert taken_experiments(own, ["welcome", "birthday"], **asked) == ("welcome",)


def test_rows_without_a_time_are_left_out(usual: Path) -> None:
    context = context_of(opened(usual))
    frame = chosen(context, {"reactivation": FORTY})
    frame.loc[:9, "send_at"] = pd.NaT
    terms = plan_terms(context.playbook, Economics())
    found = action_lists(context, people(context), frame, terms, month=JUNE)
    assert isinstance(found, ActionLists)
    assert found.customers == 30
    assert found.experiments[0].contact_cost is None


def test_the_file_of_a_list_tells_nothing_to_send_to_the_control(usual: Path) -> None:
    lists = issued(context_of(opened(usual)), {"reactivation": FORTY}, offer="coupon")
    file = lists.file("reactivation")
    control = file[file["variant"] == "control"]
    assert control[["channel", "send_at", "offer", "about"]].isna().all(axis=None)
    assert file["variant"].tolist() == ["treatment"] * 32 + ["control"] * 8
    assert file.iloc[0].dropna().to_dict() == {
        "customer_id": next(id for id in FORTY if arms(lists)[id] == "treatment"),
        "channel": "email",
        "send_at": "2026-07-02 10:00:00",
        "offer": "coupon",
        "variant": "treatment",
        "expected_value": "1.26",
        "experiment_id": "reactivation_2026_07",
    }
    assert lists.experiments[0].offers == {"control": "none", "treatment": "coupon"}
    assert set(lists.rows("reactivation")["channel"]) == {"email"}, "the ledger knows what was planned for both arms"


@pytest.mark.parametrize(
    ("address", "hashed"),
    [
        # The example of Meta's documentation of customer lists.
        ("mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("  Mary@Example.COM\t", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("no address", None),
        ("", None),
        ("two@a.com,two@b.com", None),
    ],
)
def test_addresses_are_hashed_as_ad_platforms_take_them(address: str, hashed: str | None) -> None:
    assert hashed_email(address) == hashed


def test_the_hash_is_sha_256_of_fips_180() -> None:
    """Appendix B.1 of FIPS 180-2; the function behind `hashed_email`."""
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hashlib.sha256(b"abc").hexdigest() == known


def test_an_audience_holds_those_who_agree_and_nobody_who_is_left_alone(tmp_path: Path) -> None:
    shared = [f"{id},email,buyer{int(id) // 2}@shop.example" for id in FORTY]
    store = opened(tmp_path, identities=shared, homes={})
    context = context_of(store)
    linked = people(context).table.count().to_pandas() - 1
    assert linked == 20, "two ids with one address are one person"
    persons = FORTY[::2]
    lists = issued(context, {"retargeting": persons}, channel="ads")
    audience = lists.audiences[0]
    treated = [id for id, variant in arms(lists).items() if variant == "treatment" and id != "0038"]
    expected = {hashed_email(f"buyer{int(id) // 2}@shop.example") for id in treated}
    assert set(audience.table["Email"]) == expected
    assert audience.table["Email"].is_monotonic_increasing
    assert list(audience.table.columns) == ["Email"]
    assert (audience.customers, audience.without_address) == (
        len(treated),
        lists.contacts("retargeting") - len(treated),
    )


def test_an_address_that_somebody_left_alone_has_too_is_in_no_audience(tmp_path: Path) -> None:
    from retention_lib.measures.actions.audiences import audience

    listed = pd.DataFrame({"customer_id": ["a", "b", "c"], "variant": ["treatment", "control", "treatment"]})
    addresses = pd.DataFrame({"customer_id": ["a", "b", "c"], "email": ["x", "x", "y"]})
    found = audience(listed.assign(agreed=True), addresses, scenario="ads", control="control")
    assert found.table["Email"].tolist() == ["y"]
    assert (found.customers, found.without_address) == (1, 1)
