from __future__ import annotations

import numpy as np
import pandas as pd
from stores.simulation.told import story

from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation.messages import MESSAGE_COST, contacts
from retention_lib.stores.simulation.stage import CONTROL
from retention_lib.stores.simulation.story import Story


def written(told: Story) -> pd.DataFrame:
    """The contacts, with the place of their customer, and seconds until they are opened and clicked."""
    frame = contacts(told).to_pandas()
    place = frame["customer_id"].str[1:].astype(int)
    opened, clicked = ((frame[name] - frame["sent_at"]).dt.total_seconds() for name in ("opened_at", "clicked_at"))
    return frame.assign(place=place, opened=opened, clicked=clicked, machine=told.people.machine_opens[place])


def of_campaigns(told: Story) -> pd.DataFrame:
    return (frame := written(told))[frame["campaign_id"].isin([one.id for one in told.shop.campaigns])]


def test_every_treated_customer_gets_one_email_and_no_other_does() -> None:
    told = story()
    mailed = of_campaigns(told)
    for place, campaign in enumerate(told.shop.campaigns):
        arm, lost = told.fates.arm[place], told.fates.lost[place]
        treated = (arm >= 0) & (arm != campaign.arms.index(CONTROL)) & ~lost
        mine = mailed[mailed["campaign_id"] == campaign.id]
        assert sorted(mine["place"]) == np.flatnonzero(treated).tolist()
        assert mine["offer"].tolist() == [campaign.arms[code] for code in arm[mine["place"]]]
        assert set(mine["channel"]) == {"email"}
        assert set(mine["sent_at"].dt.date.astype("datetime64[s]")) == {told.shop.calendar.dates[campaign.start]}
        assert set(mine["sent_at"].dt.hour) == {10, 11}


def test_the_broken_test_loses_its_mails_with_its_assignments() -> None:
    told = story()
    broken = next(place for place, campaign in enumerate(told.shop.campaigns) if campaign.broken)
    lost = np.flatnonzero(told.fates.lost[broken])
    mailed = of_campaigns(told)
    assert len(lost) > 50
    assert not mailed.loc[mailed["campaign_id"] == told.shop.campaigns[broken].id, "place"].isin(lost).any()


def test_newsletters_go_to_those_who_agreed_and_are_customers() -> None:
    told = story()
    frame, people = written(told), told.people
    others = frame[frame["offer"].isna()]
    news, texts = (others[others["channel"] == channel] for channel in ("email", "sms"))
    assert people.email_consent[news["place"]].all()
    assert people.sms_consent[texts["place"]].all()
    assert (others["sent_at"].dt.floor("D") > told.shop.calendar.dates[people.acquired[others["place"]]]).all()
    assert news["campaign_id"].nunique() == 24
    assert sorted(texts["campaign_id"].unique()) == ["sms_2024_12", "sms_2025_03", "sms_2025_12", "sms_2026_03"]
    last = news[news["campaign_id"] == "newsletter_2026_06"]
    first_days = told.shop.calendar.dates[people.acquired]
    assert len(last) == (people.email_consent & (first_days < np.datetime64("2026-06-05"))).sum()


def test_messages_cost_what_their_channel_costs() -> None:
    frame = written(story())
    costs = frame.groupby("channel", observed=True)["cost"].unique()
    assert [[float(cost) for cost in costs[channel]] for channel in ("email", "sms")] == [
        [cents / 100] for cents in MESSAGE_COST
    ]


def test_machines_open_every_email_within_twenty_seconds_and_people_later() -> None:
    frame = written(story())
    emails = frame[frame["channel"] == "email"]
    machine, human = emails[emails["machine"]], emails[~emails["machine"]]
    assert 0.2 < emails["machine"].mean() < 0.3
    assert machine["opened"].between(1, 20).all()
    assert human["opened"].min() >= 60
    assert 0.03 < human["opened"].notna().mean() < 0.3
    assert frame.loc[frame["channel"] == "sms", ["opened_at", "clicked_at"]].isna().all(axis=None)


def test_without_machines_only_their_opens_are_missing() -> None:
    with_machines, without = (written(story(customers=2000, machine_opens=share)) for share in (0.25, 0.0))
    people = ~with_machines["machine"]
    pd.testing.assert_series_equal(with_machines["sent_at"], without["sent_at"])
    pd.testing.assert_series_equal(with_machines["clicked_at"], without["clicked_at"])
    pd.testing.assert_series_equal(with_machines.loc[people, "opened_at"], without.loc[people, "opened_at"])
    assert without["opened"].min() >= 60


def test_only_people_click_and_only_what_they_opened() -> None:
    frame = written(story(customers=2000, machine_opens=0.0))
    clicked = frame[frame["clicked"].notna()]
    assert len(clicked) > 100
    assert (clicked["clicked"] > clicked["opened"]).all()
    opened = frame[frame["opened"].notna()]
    assert 0.08 < opened["clicked"].notna().mean() < 0.25


def test_customers_who_stay_and_who_buy_much_open_more() -> None:
    told = story()
    frame = written(told)
    human = frame[(frame["channel"] == "email") & ~frame["machine"]]
    days = (human["sent_at"] - pd.Timestamp(told.shop.calendar.first_day)).dt.total_seconds() / 86_400
    staying = told.fates.left[human["place"]] > days
    assert human.loc[staying, "opened"].notna().mean() > 3 * human.loc[~staying, "opened"].notna().mean()
    level = pd.Series(told.people.level[human["place"]], index=human.index)[staying]
    high, low = (human.loc[chosen.index[chosen], "opened"].notna().mean() for chosen in (level > 0.5, level < -0.5))
    assert high > 1.2 * low


def test_the_columns_are_those_of_the_contract_but_that_nobody_unsubscribes() -> None:
    wanted = [name for name in TABLES["contacts"].names if name != "unsubscribed_at"]
    assert contacts(story()).column_names == wanted


def test_contacts_stand_by_customer_and_time_and_inside_the_window() -> None:
    told = story()
    frame = written(told)
    order = frame.sort_values(["place", "sent_at"], kind="stable").index
    assert (order == frame.index).all()
    stamps = frame[["sent_at", "opened_at", "clicked_at"]]
    assert stamps.min(axis=None) >= pd.Timestamp(told.shop.calendar.first_day)
    assert stamps.max(axis=None) < pd.Timestamp("2026-07-01")
