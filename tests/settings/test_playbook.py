from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from retention_lib.settings import ParameterError, load_set
from retention_lib.settings.playbook import MOST_SCENARIOS, Channel, Offer, Playbook
from retention_lib.settings.scenario import CHANNELS, CONTROL_SHARE, WINDOW_DAYS
from retention_lib.settings.scenarios import (
    KINDS,
    STANDARD,
    AbandonedCartScenario,
    ConditionScenario,
    ReactivationScenario,
    RescueScenario,
)
from retention_lib.settings.strict import problems_of

SET = """
title: A shop
store: {dataset: cdnow}
reports: {churn_diagnosis: }
"""


def playbook(text: str) -> Playbook:
    """The playbook of a file's mapping."""
    return Playbook.model_validate(yaml.safe_load(text) or {})


def problems(text: str) -> list[str]:
    """What is said of a wrong one."""
    with pytest.raises(ValidationError) as caught:
        playbook(text)
    return [str(problem) for problem in problems_of(caught.value, file="x.yml", above=("playbook",))]


def test_every_kind_but_a_condition_is_there_under_its_own_name() -> None:
    scenarios = Playbook().scenarios
    assert tuple(scenarios) == STANDARD == tuple(kind for kind in KINDS if kind != "condition")
    assert all(scenario.kind == name and scenario.enabled for name, scenario in scenarios.items())


def test_every_kind_has_its_own_priority_so_that_nobody_has_to_choose() -> None:
    priorities = [scenario.priority for scenario in Playbook().scenarios.values()]
    assert sorted(priorities) == list(range(1, len(STANDARD) + 1))
    assert next(iter(Playbook().enabled)) == "rescue"


def test_file_changes_what_it_names_and_leaves_the_rest() -> None:
    found = playbook("scenarios: {reactivation: {silence_days: 45, offer: gift}, welcome: false}\noffers: {gift: {}}")
    changed = found.scenarios["reactivation"]
    assert isinstance(changed, ReactivationScenario)
    assert (changed.silence_days, changed.most_days, changed.offer) == (45, 365, "gift")
    assert not found.scenarios["welcome"].enabled
    assert "welcome" not in found.enabled
    assert set(found.scenarios) == set(STANDARD)


def test_a_scenario_of_ones_own_names_its_kind_or_a_condition() -> None:
    found = playbook("scenarios: {asleep: {kind: reactivation, silence_days: 90}, vip: {condition: monetary > 5000}}")
    assert isinstance(found.scenarios["asleep"], ReactivationScenario)
    assert isinstance(found.scenarios["vip"], ConditionScenario)
    assert found.scenarios["vip"].tree.columns == ("monetary",)


def test_a_scenario_may_take_the_name_of_another_kind() -> None:
    found = playbook('scenarios: {welcome: {kind: condition, condition: "orders == 1"}}')
    assert isinstance(found.scenarios["welcome"], ConditionScenario)


def test_scenarios_go_by_priority_then_by_name() -> None:
    found = playbook("scenarios: {b: {condition: member, priority: 1}, a: {condition: member, priority: 1}}")
    assert list(found.enabled)[:3] == ["a", "b", "rescue"]


def test_channels_keep_what_the_file_does_not_say() -> None:
    found = playbook("channels: {sms: {cost: 3}, email: {quiet_from: 20}}")
    assert tuple(found.channels) == CHANNELS
    assert found.channels["sms"] == Channel(cost=3, quiet_from=21, quiet_to=9)
    assert found.channels["email"] == Channel(quiet_from=20, quiet_to=9)
    assert found.channels["ads"] == Channel(quiet_from=0, quiet_to=0)


def test_offers_are_found_by_name_and_none_is_nothing() -> None:
    found = playbook("offers: {parcel: {cost_per_order: 200}}")
    assert found.offer("parcel") == Offer(cost_per_order=200)
    assert found.offer("none") == Offer(discount=0, cost_per_order=0)
    with pytest.raises(KeyError):
        found.offer("absent")


def test_window_and_control_have_defaults_that_a_scenario_replaces() -> None:
    usual, own = ReactivationScenario(), ReactivationScenario(window_days=14, control_share=0.5)
    assert (usual.window, usual.control) == (WINDOW_DAYS, CONTROL_SHARE) == (21, 0.2)
    assert (own.window, own.control) == (14, 0.5)


def test_those_contacted_are_one_variant_or_one_a_delay() -> None:
    assert ReactivationScenario().treatments == ("treatment",)
    assert AbandonedCartScenario(delays_hours=[3]).treatments == ("treatment",)
    assert AbandonedCartScenario(delays_hours=[2, 24, 0.5]).treatments == ("after_2h", "after_24h", "after_0.5h")


def test_only_a_rescue_goes_to_open_complaints() -> None:
    assert [kind for kind, model in KINDS.items() if model.while_suppressed] == ["rescue"]
    assert RescueScenario().while_suppressed


def test_playbook_of_an_empty_key_is_the_usual_one() -> None:
    assert playbook("") == Playbook()
    assert playbook("scenarios: {rescue: }") == Playbook()
    assert playbook("scenarios: {rescue: true}") == Playbook()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chanels: {}", "playbook.chanels is not known; did you mean channels?"),
        ("channels: {emial: {}}", "playbook.channels.emial is not known; did you mean email?"),
        ("channels: {sms: {cost: -1}}", "playbook.channels.sms.cost is -1 but must be 0 or more"),
        (
            "channels: {sms: {quiet_from: 25}}",
            "playbook.channels.sms.quiet_from is 25 but must be between 0 and 24",
        ),
        (
            "channels: {sms: {quiet_from: 0, quiet_to: 24}}",
            "playbook.channels.sms.quiet_to is 24 but leaves no hour in which anything may be sent",
        ),
        ("offers: {auto: {}}", "playbook.offers.auto has a meaning of its own; choose another name"),
        (
            "offers: {gift: {discount: 20}}",
            "playbook.offers.gift.discount is 20 but must be between 0 and 1",
        ),
        (
            "frequency_cap: {messages: 0}",
            "playbook.frequency_cap.messages is 0 but must be 1 or more",
        ),
        (
            "scenarios: {reactivaton: {silence_days: 3}}",
            "playbook.scenarios.reactivaton is no kind of scenario; give it a key kind, or a condition; "
            "did you mean reactivation?",
        ),
        (
            "scenarios: {reactivation: {silence_day: 3}}",
            "playbook.scenarios.reactivation.silence_day is not known; did you mean silence_days?",
        ),
        (
            "scenarios: {reactivation: {silence_days: 60, most_days: 30}}",
            "playbook.scenarios.reactivation.most_days is 30 but must be silence_days (60) or more",
        ),
        (
            "scenarios: {reactivation: {rule: overdu}}",
            'playbook.scenarios.reactivation.rule is "overdu" but must be silence or overdue; did you mean overdue?',
        ),
        (
            "scenarios: {reactivation: {offer: gft}}\noffers: {gift: {}}",
            'playbook.scenarios.reactivation.offer is "gft" but must be none, auto or gift; did you mean gift?',
        ),
        (
            "scenarios: {birthday: {channels: []}}",
            "playbook.scenarios.birthday.channels is [] but must name one or several, each once",
        ),
        (
            "scenarios: {birthday: {channels: [emial]}}",
            'playbook.scenarios.birthday.channels.0 is "emial" but must be email, sms, messenger or ads; '
            "did you mean email?",
        ),
        (
            "scenarios: {welcome: {within_days: soon}}",
            'playbook.scenarios.welcome.within_days is "soon" but must be auto or a number of days between 1 and 366',
        ),
        (
            "scenarios: {replenishment: {quantile: 0.3}}",
            "playbook.scenarios.replenishment.quantile is 0.3 but must be 0.25, 0.5 or 0.75",
        ),
        (
            "scenarios: {abandoned_cart: {delays_hours: [2, 2]}}",
            "playbook.scenarios.abandoned_cart.delays_hours is [2, 2] but must name one or several, each once",
        ),
        (
            "scenarios: {abandoned_cart: {wait_hours: 2}}",
            "playbook.scenarios.abandoned_cart.wait_hours does not belong to an abandoned cart; its delays_hours say "
            "how long to wait",
        ),
        (
            "scenarios: {x: {kind: welcom}}",
            f'playbook.scenarios.x.kind is "welcom" but must be a kind of scenario ({", ".join(KINDS)}); '
            "did you mean welcome?",
        ),
        ("scenarios: {welcome: 3}", "playbook.scenarios.welcome is 3 but must be a mapping of keys to values"),
        (
            "scenarios: {retargeting_audience: {kind: retargeting}}",
            "playbook.scenarios.retargeting_audience is the name of a file beside the lists; choose another",
        ),
        (
            "scenarios: {Big Spenders: {condition: member}}",
            'playbook.scenarios."Big Spenders" is no usable name; take a-z, 0-9, _ and -, begin with a letter or '
            "digit, at most 64 characters",
        ),
        (
            "scenarios: {vip: {condition: monetry > 5}}",
            'playbook.scenarios.vip.condition is "monetry > 5" but names monetry, which is no column of the profile '
            "(text goes in quotes); did you mean monetary?",
        ),
        ("scenarios: {vip: {kind: condition}}", "playbook.scenarios.vip.condition is missing"),
        ("scenarios: {welcome: {control_share: 0}}", "playbook.scenarios.welcome.control_share is 0"),
        ("suppress_days: -1", "playbook.suppress_days is -1 but must be between 0 and 366"),
    ],
)
def test_wrong_key_is_told_with_its_place_and_remedy(text: str, said: str) -> None:
    (found,) = problems(text)
    assert found.startswith(f"x.yml: {said}")


def test_everything_wrong_is_told_at_once() -> None:
    found = problems("scenarios: {welcome: {priority: 0}, rescue: {days: 0}, foo: {}}\nchannels: {fax: {}}")
    assert len(found) == 4


def test_scenarios_are_not_more_than_can_be_told_apart() -> None:
    many: dict[str, Any] = {f"own_{number}": {"condition": "member"} for number in range(MOST_SCENARIOS)}
    with pytest.raises(ValidationError) as caught:
        Playbook.model_validate({"scenarios": many})
    assert f"must be {MOST_SCENARIOS} at most" in str(problems_of(caught.value, file="x.yml")[0])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "parameters").mkdir()
    (tmp_path / "notebooks").symlink_to(Path(__file__).parents[2] / "notebooks")
    return tmp_path


def test_playbook_is_read_from_a_parameter_file(project: Path) -> None:
    file = project / "parameters" / "shop.yml"
    file.write_text(SET + "playbook:\n  scenarios:\n    birthday: {days_ahead: 3}\n")
    settings = load_set(file)
    assert settings.playbook.scenarios["birthday"].model_dump()["days_ahead"] == 3
    file.write_text(SET)
    assert load_set(file).playbook == Playbook()


def test_wrong_condition_in_a_parameter_file_stops_before_anything_is_computed(project: Path) -> None:
    file = project / "parameters" / "shop.yml"
    file.write_text(SET + 'playbook:\n  scenarios:\n    vip: {condition: "orders >"}\n')
    with pytest.raises(ParameterError) as caught:
        load_set(file)
    (found,) = str(caught.value).splitlines()
    assert found.startswith('parameters/shop.yml: playbook.scenarios.vip.condition is "orders >" but cannot be read;')
