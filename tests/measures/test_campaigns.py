from __future__ import annotations

from datetime import date, datetime

import pytest
from measures.tables import messages, sales, table

from retention_lib.measures.campaigns import (
    CampaignWeeks,
    campaign_redemptions,
    campaign_weeks,
    weekly_panel,
    without_regular,
)
from retention_lib.measures.units import judged_units
from retention_lib.stores.store import Store

ORIGIN = date(2020, 1, 1)  # a Wednesday: weeks need not begin on Mondays
USED = {"customer_id": "string", "campaign_id": "string", "redeemed_at": "timestamp"}


def weeks_of(stamp: str, *, until: date = date(2020, 12, 30), before: int = 4, after: int = 3) -> CampaignWeeks:
    contacts = messages(("ann", "A", stamp), ("bob", "A", "2020-11-01"), ("bob", "B", "2020-01-02"))
    return campaign_weeks(contacts, "A", origin=ORIGIN, until=until, weeks_before=before, weeks_after=after)


def test_weeks_are_counted_by_sevens_from_the_first_day() -> None:
    # 8 January is day 7 and so the first of week 1; 14 January its last.
    assert [weeks_of(stamp).event_week for stamp in ("2020-01-08", "2020-01-14 23:59:59", "2020-01-15")] == [1, 1, 2]
    weeks = weeks_of("2020-02-26")
    assert (weeks.event_week, weeks.first_week, weeks.end_week) == (8, 4, 11)
    assert weeks.start_of(weeks.event_week) == date(2020, 2, 26)


def test_weeks_are_cut_to_the_whole_weeks_seen() -> None:
    early = weeks_of("2020-01-15")
    assert (early.first_week, early.event_week) == (0, 2)
    # From 26 February on: 13 days seen hold one whole week, 14 days two.
    assert weeks_of("2020-02-26", until=date(2020, 3, 10)).end_week == 9
    assert weeks_of("2020-02-26", until=date(2020, 3, 11)).end_week == 10


def test_an_unknown_campaign_is_refused_with_those_there_are() -> None:
    named = [(f"c{number}", campaign, "2020-01-02") for number in range(5) for campaign in ("B", "A")]
    contacts = messages(*named, ("ann", "Ann Smith", "2020-01-02"))  # a campaign of one may be a name
    with pytest.raises(LookupError, match=r"campaign .C. has no message in contacts; known: A, B$"):
        campaign_weeks(contacts, "C", origin=ORIGIN, until=date(2021, 1, 1), weeks_before=4, weeks_after=4)


def test_a_campaign_called_like_a_command_is_a_name() -> None:
    named = "'; DROP TABLE contacts; --"
    contacts = messages(("ann", named, "2020-03-04"), *[("bob", "B", "2020-03-04")] * 2)
    weeks = campaign_weeks(contacts, named, origin=ORIGIN, until=date(2021, 1, 1), weeks_before=4, weeks_after=4)
    assert (weeks.campaign_id, weeks.started) == (named, date(2020, 3, 4))
    assert contacts.count().to_pandas() == 3


WEEKS = CampaignWeeks(
    origin=ORIGIN, campaign_id="A", started=date(2020, 1, 15), event_week=2, first_week=1, end_week=4
)  # event: 15 January


ONE = {"unit": "customer", "touched_later": False}


def panel(*contacts: tuple[str, str, str]) -> dict[str, bool]:
    """Who is in the panel, and whether as treated, told apart by what each spends in week 1."""
    amounts = {"ann": "1.00", "bob": "2.00", "cid": "3.00"}
    shop = sales(*[(name, name, "2020-01-08", amount) for name, amount in amounts.items()])
    frame = weekly_panel(shop, messages(*contacts), WEEKS)
    names = {float(amount): name for name, amount in amounts.items()}
    return {names[spent]: treated for spent, treated in zip(frame["w_1"], frame["treated"], strict=True)}


@pytest.mark.parametrize(
    ("contact", "groups"),
    [
        (("bob", "B", "2020-01-14 23:59:59"), {"ann": True, "cid": False}),  # touched before
        (("bob", "B", "2020-01-22"), {"ann": True, "cid": False}),  # touched during: no clean control
        (("bob", "B", "2020-01-28 23:59:59"), {"ann": True, "cid": False}),  # on the last day of the comparison
        (("bob", "B", "2020-01-29"), {"ann": True, "bob": False, "cid": False}),  # touched only after it
        (("bob", "A", "2020-01-21 23:59:59"), {"ann": True, "bob": True, "cid": False}),  # in the campaign's week
        (("ann", "B", "2020-01-14"), {"bob": False, "cid": False}),  # mailed, but touched before by another
        (("ann", "A", "2020-01-03"), {"bob": False, "cid": False}),  # mailed, but already once before
        (("ann", "B", "2020-01-22"), {"ann": True, "bob": False, "cid": False}),  # touched by another afterwards
        (("nil", "A", "2020-01-15"), {"ann": True, "bob": False, "cid": False}),  # never bought: no row
    ],
)
def test_groups_hold_nobody_touched_otherwise(contact: tuple[str, str, str], groups: dict[str, bool]) -> None:
    assert panel(("ann", "A", "2020-01-15"), contact) == groups


@pytest.mark.parametrize(
    ("contact", "groups"),
    [
        (("bob", "A", "2020-01-22"), {"ann": True, "cid": False}),  # mailed in a later week than the campaign's
        (("bob", "A", "2020-02-20"), {"ann": True, "bob": False, "cid": False}),  # mailed after the comparison
        (("ann", "B", "2020-01-15"), {"bob": False, "cid": False}),  # another's message came first, in the same week
    ],
)
def test_treated_are_those_first_mailed_by_the_campaign_in_its_week(
    contact: tuple[str, str, str], groups: dict[str, bool]
) -> None:
    assert panel(("ann", "A", "2020-01-16"), ("nil", "A", "2020-01-15"), contact) == groups


@pytest.mark.parametrize(
    ("stamp", "campaign", "touched"),
    [
        ("2020-01-22", "B", True),
        ("2020-01-28 23:59:59", "B", True),  # the last day of the comparison
        ("2020-01-29", "B", False),  # after it
        ("2020-01-22", "A", False),  # the campaign's own second message
    ],
)
def test_treated_reached_by_another_campaign_are_marked(stamp: str, campaign: str, touched: bool) -> None:
    shop = sales(("ann", "1", "2020-01-08", "1.00"), ("bob", "2", "2020-01-08", "2.00"))
    contacts = messages(("ann", "A", "2020-01-15"), ("ann", campaign, stamp))
    frame = weekly_panel(shop, contacts, WEEKS)
    assert frame["treated"].tolist() == [True, False]
    assert frame["touched_later"].tolist() == [touched, False]


def test_messages_that_everybody_gets_can_be_left_out() -> None:
    named = [("ann", "A", "2020-01-15"), ("bob", "news_2020_01", "2020-01-02"), ("cid", "news.letter", "2020-01-02")]
    contacts = messages(*named)
    kept = [
        sorted(without_regular(contacts, left_out).campaign_id.to_pandas()) for left_out in ([], ["news_*"], ["n.ws*"])
    ]
    assert kept == [["A", "news.letter", "news_2020_01"], ["A", "news.letter"], ["A", "news.letter", "news_2020_01"]]


def test_newcomers_can_be_left_out_of_the_panel() -> None:
    shop = sales(
        ("ann", "1", "2020-01-07", "1.00"),
        ("bob", "2", "2020-01-07 23:59:59", "2.00"),
        ("bob", "3", "2020-01-09", "3.00"),
        ("cid", "4", "2020-01-08", "4.00"),  # first bought in the first week of the comparison
    )
    contacts = messages(("ann", "A", "2020-01-15"))
    assert len(weekly_panel(shop, contacts, WEEKS)) == 3
    known = weekly_panel(shop, contacts, WEEKS, newcomers=False)
    assert known[["treated", "w_1"]].to_numpy().tolist() == [[True, 0.0], [False, 3.0]]


def test_the_panel_sums_half_open_weeks_and_nets_refunds() -> None:
    shop = sales(
        ("ann", "1", "2020-01-07 23:59:59", "99.00"),  # week 0, before the comparison
        ("ann", "2", "2020-01-08 00:00:00", "1.00"),
        ("ann", "3", "2020-01-14 23:59:59", "2.00"),
        ("ann", "2", "2020-01-15 00:00:00", "-1.00"),
        ("ann", "4", "2020-01-28 23:59:59", "8.00"),
        ("ann", "5", "2020-01-29 00:00:00", "99.00"),  # week 4, after it
        ("bob", "6", "2020-06-01", "99.00"),  # a buyer, though not in these weeks
    )
    frame = weekly_panel(shop, messages(("ann", "A", "2020-01-15")), WEEKS)
    assert frame.to_dict("records") == [
        {**ONE, "customer": 0, "treated": True, "w_1": 3.0, "w_2": -1.0, "w_3": 8.0},
        {**ONE, "customer": 1, "treated": False, "w_1": 0.0, "w_2": 0.0, "w_3": 0.0},
    ]


def test_campaign_8_of_the_complete_journey_has_the_published_groups(journey: Store) -> None:
    contacts = journey.table("contacts")
    weeks = campaign_weeks(
        contacts, "8", origin=date(2017, 1, 1), until=date(2018, 1, 1), weeks_before=12, weeks_after=8
    )
    assert (weeks.first_week, weeks.event_week, weeks.end_week) == (6, 18, 26)
    units = judged_units(journey.find("customers"))
    frame = weekly_panel(journey.table("transactions"), contacts, weeks, units=units)
    assert (units.name, set(frame["unit"])) == ("household", {"household"})
    assert (int(frame["treated"].sum()), int((~frame["treated"]).sum())) == (511, 1198)
    weekly = [f"w_{week}" for week in range(6, 26)]
    assert list(frame.columns) == ["customer", "unit", "treated", "touched_later", *weekly]
    assert not (frame["touched_later"] & ~frame["treated"]).any()


def test_a_household_is_mailed_when_a_member_is_and_buys_what_its_members_buy() -> None:
    shop = sales(
        ("ann", "1", "2020-01-08", "1.00"),
        ("bob", "2", "2020-01-09", "2.00"),  # lives with ann, who was mailed
        ("cid", "3", "2020-01-08", "4.00"),
        ("dan", "4", "2020-01-22", "8.00"),  # lives with cid, who was not
        ("eve", "5", "2020-01-08", "16.00"),  # lives with nil, who never bought and was mailed by another before
    )
    contacts = messages(("ann", "A", "2020-01-15"), ("nil", "B", "2020-01-09"))
    homes = {"ann": "h1", "bob": "h1", "cid": "h2", "dan": "h2", "eve": "h3", "nil": "h3"}
    people = table(homes.items(), {"customer_id": "string", "household_id": "string"})
    frame = weekly_panel(shop, contacts, WEEKS, units=judged_units(people))
    home = {**ONE, "unit": "household"}
    assert frame.to_dict("records") == [
        {**home, "customer": 0, "treated": True, "w_1": 3.0, "w_2": 0.0, "w_3": 0.0},
        {**home, "customer": 1, "treated": False, "w_1": 4.0, "w_2": 0.0, "w_3": 8.0},
    ]


def used(*rows: tuple[str, str, str]) -> object:
    return table([(*row[:2], datetime.fromisoformat(row[2])) for row in rows], USED)


def test_redemptions_count_customers_and_not_coupons() -> None:
    contacts = messages(
        ("ann", "A", "2020-01-15"),
        ("ann", "A", "2020-01-16"),  # mailed twice: one customer
        ("bob", "A", "2020-01-14"),
        ("ann", "B", "2020-01-03"),
        ("cid", "B", "2020-02-01"),  # not seen
        ("cid", "C", "2020-02-01"),  # not seen: no row
    )
    coupons = used(
        ("ann", "A", "2020-01-20"),
        ("ann", "A", "2020-01-21"),
        ("bob", "A", "2020-02-01"),  # not seen
        ("bob", "B", "2020-01-20"),  # never mailed by B
    )
    assert campaign_redemptions(contacts, coupons, until=date(2020, 2, 1), fewest=1).to_dict("records") == [
        {"campaign": "B", "offer": "offer B", "sent_on": "2020-01-03", "mailed": 1, "redeemed": 0},
        {"campaign": "A", "offer": "offer A", "sent_on": "2020-01-14", "mailed": 2, "redeemed": 1},
    ]


def test_contacts_without_offers_have_campaigns_without_a_text() -> None:
    contacts = messages(("ann", "A", "2020-01-15"), ("bob", "A", "2020-01-15")).drop("offer")
    found = campaign_redemptions(contacts, used(("ann", "A", "2020-01-20")), until=date(2020, 2, 1), fewest=1)
    assert found[["campaign", "offer", "mailed", "redeemed"]].to_dict("records") == [
        {"campaign": "A", "offer": "", "mailed": 2, "redeemed": 1}
    ]


def test_campaigns_and_offers_of_a_few_are_not_named() -> None:
    rows = [(f"c{number}", "A", "2020-01-15") for number in range(6)]
    contacts = messages(*rows, ("ann", "Ann Smith", "2020-01-15"))
    own = contacts.mutate(offer=contacts.customer_id.substitute({"c0": "all", "c1": "all", "c2": "all"}))
    found = campaign_redemptions(own, used(("c1", "A", "2020-01-20")), until=date(2020, 2, 1))
    expected = {"campaign": "A", "offer": "", "sent_on": "2020-01-15", "mailed": 6, "redeemed": 1}
    assert found.to_dict("records") == [expected]
    told = campaign_redemptions(own, used(), until=date(2020, 2, 1), fewest=3)
    assert told["offer"].tolist() == ["all"]


def test_a_store_without_redemptions_has_no_rows() -> None:
    found = campaign_redemptions(messages(("ann", "A", "2020-01-15")), None, until=date(2020, 2, 1))
    assert found.empty
    assert list(found.columns) == ["campaign", "offer", "sent_on", "mailed", "redeemed"]
