"""Rules of a drafted table in the parameter file: under their doubts, and read back as they were meant."""

from __future__ import annotations

import yaml

from retention_lib.settings.draft_rules import DraftRule, rule_lines


def test_rules_stand_under_their_doubts_and_come_back() -> None:
    rules = (
        DraftRule(key="without", value={"Статус: заказа": ["Отменён", "a, b"], "№": ["no"]}, doubt="is it so?"),
        DraftRule(key="anonymous", value=["000", "Частное лицо"], doubt="who is it?"),
        DraftRule(key="order_numbers", value="daily", doubt="anew?"),
        DraftRule(key="without", value={"Оплачен": ["Нет"]}, doubt="paid?", active=False),
    )
    lines = list(rule_lines(rules, 2))
    assert yaml.safe_load("\n".join(lines)) == {
        "without": {"Статус: заказа": ["Отменён", "a, b"], "№": ["no"]},
        "anonymous": ["000", "Частное лицо"],
        "order_numbers": "daily",
    }
    assert lines[-2:] == ["  # DOUBT: paid?", "  # without: {Оплачен: [Нет]}"]
    assert [line for line in lines if "DOUBT" in line] == [
        "  # DOUBT: is it so?",
        "  # DOUBT: who is it?",
        "  # DOUBT: anew?",
        "  # DOUBT: paid?",
    ]
