"""The parameter file of a simulated store, written from the options of a command or compared with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from retention_lib.settings.documents import plain_mapping
from retention_lib.settings.draft_yaml import scalar
from retention_lib.settings.files import load_set, set_names
from retention_lib.settings.models import SetSettings, StoreSettings
from retention_lib.settings.problems import ParameterError, Problem, key_path
from retention_lib.settings.simulation import Simulation
from retention_lib.settings.strict import NAME, NAME_RULE, problems_of

Given = Mapping[str, Any]
"""Keys of `simulation:` as a command gives them, `sizes` among them as a mapping."""

_HEAD = """\
# A simulated store: its tables, and the truth about them, stand in data/{name}/simulated.
# parameters/template.yml explains every key, docs/simulated-store.md every table and size.
title: A simulated shop

store:
  simulation:
"""

_REST = """
economics:
  gross_margin: {gross_margin}
  contact_cost: {contact_cost}

playbook:
  offers:
    free_delivery: {{cost_per_order: 290}}
    discount20: {{discount: 0.20}}
  scenarios:
    welcome: {{offer: free_delivery}}
    reactivation: {{offer: auto}}

reports:
  churn_diagnosis:
    lapse_days: auto
    segment_by: acquisition_channel
  cohort_ltv:
    holdout_days: {holdout_days}
  loyalty_impact:
    regular: ["newsletter_*", "sms_*"] # everybody gets them
    newcomers: false # the shop grows
{early}    weeks_after: 4 # an offer is valid for two weeks
    running_cost_holds_rewards: true # loyalty_running holds the points that paid
{invited}  ab_campaign:
    experiment: offer_1
  campaign_plan:
    arms: [none, free_delivery, discount20]
    goal: orders
    smallest_effect: 0.5 # the offers of this shop work strongly, and few customers are free
  retention_playbook:
    contacts: {contacts}
"""

GROSS_MARGIN, CONTACT_COST = "0.375", "0.50"
"""What sales of a simulated store leave under the default sizes, and what one of its messages costs."""

_INVITATION = "programme_invitation"
_LONGEST_HOLDOUT = 273
_YEAR = 12
_CONTACTED = 5
"""One customer in so many may be contacted in a month."""


def given_simulation(options: Mapping[str, str | None], sizes: Sequence[str]) -> dict[str, Any]:
    """What a command's options say, read as a parameter file would read it.

    Args:
        options: Values by key (`customers`); None where nothing was said.
        sizes: Texts like `late_harm=0`.

    Raises:
        ParameterError: When a size is written otherwise.
    """
    given: dict[str, Any] = {key: _plain(value) for key, value in options.items() if value is not None}
    wrong = [text for text in sizes if not text.partition("=")[1]]
    if wrong:
        rule = "must be written like late_harm=0"
        raise ParameterError(Problem("retention simulate", "--size", text, rule) for text in wrong)
    names = [text.partition("=")[0].strip() for text in sizes]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ParameterError([Problem("retention simulate", "--size", twice, "is given twice; give each size once")])
    if sizes:
        given["sizes"] = {name.strip(): _plain(value) for name, _, value in (text.partition("=") for text in sizes)}
    return given


def simulated_set(root: Path, name: str, given: Given) -> SetSettings:
    """A set with simulated stores: the one of that name, or a new one whose parameter file is written.

    Args:
        root: The project's folder.
        name: The set's name.
        given: What is wanted; what a parameter file says already must agree with it.

    Raises:
        ParameterError: When the file there is wrong, simulates nothing or says otherwise, or a new one cannot be
            written as wanted.
    """
    if not NAME.fullmatch(name):
        raise ParameterError([Problem("retention simulate", "--set", name, NAME_RULE)])
    file = root / "parameters" / f"{name}.yml"
    wanted = _judged(file, given)
    if not file.exists():
        return _written(file, wanted)
    settings = load_set(file)
    _check_same(settings, wanted, given)
    return settings


def _judged(file: Path, given: Given) -> Simulation:
    """The simulation that is wanted, judged as the parameter file would be."""
    try:
        store = StoreSettings.model_validate({"simulation": given})
    except ValidationError as error:
        raise ParameterError(problems_of(error, file=f"parameters/{file.name}", above=("store",))) from None
    assert store.simulation is not None
    return store.simulation


def _written(file: Path, simulation: Simulation) -> SetSettings:
    """A new set; its file goes again where the project cannot use it, for want of a notebook."""
    near = next((known for known in set_names(file.parent.parent) if known.casefold() == file.stem.casefold()), None)
    if near is not None:
        raise ParameterError([Problem("parameters", key_path([near]), rule="is a set already; choose another name")])
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(set_text(file.stem, simulation))
    except OSError as error:
        rule = f"cannot be written: {error.strerror}"
        raise ParameterError([Problem(f"parameters/{file.name}", rule=rule)]) from None
    try:
        return load_set(file)
    except ParameterError:
        file.unlink()
        raise


def set_text(name: str, simulation: Simulation) -> str:
    """A parameter file that simulates a store and makes every report of it."""
    plain = simulation.model_dump(mode="json")
    sizes = {key: plain["sizes"][key] for key in sorted(simulation.sizes.model_fields_set)}
    lines = [f"    {key}: {value}" for key, value in plain.items() if key != "sizes"]
    if sizes:
        lines += ["    sizes:", *(f"      {key}: {scalar(value)}" for key, value in sizes.items())]
    holdout = min(_LONGEST_HOLDOUT, simulation.days // 4)
    # In a short window the first offer comes in the third month, when nobody has been known for twelve weeks.
    early = "    weeks_before: 4\n" if simulation.months <= _YEAR else ""
    invited = f"    invitation: {_INVITATION} # by chance\n" if simulation.programme == "invited" else ""
    rest = _REST.format(
        gross_margin=GROSS_MARGIN,
        contact_cost=CONTACT_COST,
        holdout_days=holdout,
        early=early,
        invited=invited,
        contacts=simulation.customers // _CONTACTED,
    )
    return _HEAD.format(name=name) + "\n".join(lines) + "\n" + rest


def _check_same(settings: SetSettings, wanted: Simulation, given: Given) -> None:
    """Check that a parameter file simulates, and agrees with what a command says.

    Raises:
        ParameterError: With every key that says otherwise.
    """
    file = f"parameters/{settings.name}.yml"
    simulated = {name: store.simulation for name, store in settings.stores.items() if store.simulation is not None}
    if not simulated:
        raise ParameterError([Problem(file, rule="has no store with the key simulation; name another set by --set")])
    asked, problems = _flat(wanted.model_dump(mode="json")), []
    for name, simulation in simulated.items():
        held = _flat(simulation.model_dump(mode="json"))
        place = ("store",) if len(settings.stores) == 1 else ("stores", name)
        for key in _flat(given):
            if held[key] != asked[key]:
                rule = f"is {held[key]} there and {asked[key]} in the command; change the file or choose another --set"
                problems.append(Problem(file, key_path([*place, "simulation", *key]), rule=rule))
    if problems:
        raise ParameterError(problems)


def _flat(plain: Given) -> dict[tuple[str, ...], Any]:
    """Values by key, those of `sizes` under two."""
    flat: dict[tuple[str, ...], Any] = {(key,): value for key, value in plain.items() if key != "sizes"}
    return flat | {("sizes", key): value for key, value in plain.get("sizes", {}).items()}


def _plain(text: str) -> Any:
    """A value as it would be read from a parameter file."""
    read, problems = plain_mapping(f"value: {text}".encode(), file="")
    return text if problems or "\n" in text or set(read) != {"value"} else read["value"]
