"""A shop whose exports are full of persons: names, phones, e-mails, addresses, and ids that are phones."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from runs.shop import notebook

SET = """\
title: Shop of persons
month: 2026-06
store:
  timezone: Europe/Moscow
  currency: RUB
  tables:
    transactions:
      path: data/persons/orders.csv
      # By mistake: the buyer's name for the category, the phone for the channel.
      columns: {customer_id: client, order_id: doc, ordered_at: day, amount: sum, category: buyer, channel: phone}
    customers:
      path: data/persons/customers.csv
      # By mistake: the address for the region, the e-mail for the income.
      columns: {customer_id: client, region: address, income_band: mail, birth_date: born}
    contacts:
      path: data/persons/contacts.csv
      # By mistake: the person's name for the offer; some campaigns are called by a person's name.
      columns: {customer_id: client, campaign_id: campaign, channel: way, sent_at: day, offer: buyer}
    loyalty_events:
      path: data/persons/bonus.csv
      # By mistake: the person's name for the tier and the e-mail for the reason.
      columns: {customer_id: client, occurred_at: day, event: kind, points: points, tier: buyer, reason: mail}
    redemptions:
      path: data/persons/coupons.csv
      columns: {customer_id: client, coupon_id: coupon, campaign_id: campaign, redeemed_at: day}
    identities:
      path: data/persons/identities.csv
      columns: {customer_id: client, kind: kind, value: value}
reports:
  churn_diagnosis: {segment_by: customer_id}
  churn_by_address: {notebook: churn_diagnosis, segment_by: region}
  cohort_ltv: {holdout_days: 90}
  loyalty_impact: {campaign: "8"}
  loyalty_of_nobody: {notebook: loyalty_impact, campaign: "99"}
  failing: {}
"""

FAILING = """
import pandas as pd
orders = pd.read_csv(root / "data" / "persons" / "orders.csv", dtype=str)
print(orders.head(20))
orders["buyer"].astype(float)
"""

_FIRST = ("Агриппина", "Бронислав", "Велимира", "Гостомысл", "Добрыня", "Евпраксия", "Златоцвета", "Лучезар")
_LAST = (
    "Тайнов",
    "Скрытов",
    "Негласнов",
    "Потаённов",
    "Сокровенов",
    "Невидимов",
    "Безвестнов",
    "Закрытов",
    "Тихонравов",
)


@dataclass(frozen=True)
class Person:
    """One person of the shop."""

    number: int

    @property
    def name(self) -> str:
        return f"{_FIRST[self.number % 8]} {_LAST[self.number // 8]}"

    @property
    def phone(self) -> str:
        return f"+7916{4_000_000 + 7919 * self.number}"

    @property
    def mail(self) -> str:
        return f"persona.{self.number}@secret{self.number}.example"

    @property
    def address(self) -> str:
        return f"Потайная улица, {self.number}"

    @property
    def client(self) -> str:
        """Every second shop's id is the phone itself."""
        return self.phone.removeprefix("+") if self.number % 2 else f"KLIENT-QX{self.number:04d}"

    @property
    def traces(self) -> tuple[str, ...]:
        """What of the person must not be seen."""
        last = self.name.split()[1]
        return (
            self.name,
            last,
            self.phone.removeprefix("+7"),
            self.mail,
            f"secret{self.number}.",
            self.address,
            self.client,
        )


PEOPLE = [Person(number) for number in range(72)]


def write_shop(root: Path) -> None:
    """The set `persons`, its exports and a notebook that fails over a name."""
    (root / "parameters" / "persons.yml").write_text(SET, encoding="utf-8")
    (root / "notebooks" / "failing.ipynb").write_text(json.dumps(notebook(("Broken", FAILING))))
    (root / "data" / "sales.csv").write_text("day,client,sum\n2026-06-01,1,5.00\n")  # what the notebook's start reads
    rng = np.random.default_rng(11)
    first_day = datetime(2025, 7, 1, 10, 30)
    orders, contacts, coupons, bonus = [], [], [], []
    for person in PEOPLE:
        day = int(rng.integers(0, 120))
        while day < 365:
            stamp = first_day + timedelta(days=day)
            row = [person.client, person.name, person.phone, person.mail, f"D{len(orders)}", stamp.isoformat(" ")]
            orders.append([*row, f"{int(rng.integers(500, 90000)) / 100:.2f}"])
            day += int(rng.integers(3, 45))
        campaign = "8" if person.number < 30 else person.name if person.number < 40 else ""
        if campaign:
            contacts.append([person.client, campaign, "mail", "2026-03-02", person.name])
        if person.number % 3:
            joined = first_day + timedelta(days=150 + person.number)
            for days, kind, points in ((0, "join", ""), (0, "tier", ""), (0, "grant", "500"), (20, "redeem", "-300")):
                stamp = joined + timedelta(days=days)
                bonus.append([person.client, person.name, person.mail, stamp.isoformat(" "), kind, points])
        if person.number < 10:
            coupons.append([person.client, person.mail, "8", "2026-03-10"])
    # What cannot be read is personal, too.
    lost = PEOPLE[3]
    orders.append([lost.client, lost.name, lost.phone, lost.mail, "D-1", lost.phone, "10.00"])
    orders.append([lost.client, lost.name, lost.phone, lost.mail, "D-2", "2026-05-05 10:00:00", lost.mail])
    orders.append(["", lost.name, lost.phone, lost.mail, "D-3", "2026-05-05 10:00:00", "5.00"])
    people = [[p.client, p.name, p.address, p.mail, f"19{60 + p.number % 40}-05-06"] for p in PEOPLE]
    ids = [[p.client, kind, value] for p in PEOPLE for kind, value in (("phone", p.phone), ("email", p.mail))]
    # One telephone of many (left unmerged), one of two (merged), one of two with two birth dates (a conflict), and an
    # id that looks like another: all of it is reported, by hashes.
    ids += [[p.client, "phone", PEOPLE[0].phone] for p in PEOPLE[40:54]]
    ids += [[PEOPLE[60].client, "email", PEOPLE[61].mail], [PEOPLE[62].client, "email", PEOPLE[63].mail]]
    people[61][4] = people[60][4]
    orders.append([PEOPLE[2].client.lower(), *orders[0][1:4], "D-4", "2026-06-30 12:00:00", "7.00"])
    folder = root / "data" / "persons"
    folder.mkdir(parents=True)
    write(folder / "orders.csv", ["client", "buyer", "phone", "mail", "doc", "day", "sum"], orders)
    write(folder / "customers.csv", ["client", "buyer", "address", "mail", "born"], people)
    write(folder / "bonus.csv", ["client", "buyer", "mail", "day", "kind", "points"], bonus)
    write(folder / "contacts.csv", ["client", "campaign", "way", "day", "buyer"], contacts)
    write(folder / "coupons.csv", ["client", "coupon", "campaign", "day"], coupons)
    write(folder / "identities.csv", ["client", "kind", "value"], ids)


def write(file: Path, header: list[str], rows: list[list[str]]) -> None:
    """A CSV file."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
