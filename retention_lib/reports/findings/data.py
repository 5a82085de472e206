"""Sentences about the data and the facts of the parameter file."""

from __future__ import annotations

from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import alert, check_alert
from retention_lib.reports.words import N_, UNKNOWN_CURRENCY, Words
from retention_lib.settings import Economics, StoreSettings
from retention_lib.stores.reconciliation import Reconciliation

NAMES = {
    "gross_margin": N_("gross margin"),
    "acquisition_cost": N_("cost of winning a customer"),
    "discount_rate_annual": N_("yearly discount rate"),
    "contact_cost": N_("cost of a contact"),
}

_ASSUMED = {
    "currency": N_("currency ({value})"),
    "timezone": N_("time zone ({value})"),
    "dates": N_("order of day and month in dates ({value})"),
}


@alert.register
def _(result: Reconciliation, words: Words) -> Alert:
    beside = result.rows_on_purpose
    whole = result.rows_kept == result.rows_in - beside
    sentences = [_fates(result, words)]
    if beside:
        sentences.append(words.say(N_("Lines of totals and rows left out on purpose: {n}."), n=beside))
    return check_alert(found=not whole, title=words.say(N_("Data.")), sentence=" ".join(sentences))


def _fates(result: Reconciliation, words: Words) -> str:
    """What became of the rows that are the shop's own, lines of totals and the like left aside."""
    own, rejected = result.rows_in - result.rows_on_purpose, result.rows_rejected - result.rows_on_purpose
    rows = {"table": result.table, "rows_in": own, "kept": result.rows_kept, "rejected": rejected}
    if result.amount_in is None:
        message = N_("{rows_in} rows of {table}: {kept} used, {rejected} set aside, {merged} repeated rows dropped.")
        return words.say(message, **rows, merged=result.rows_merged)
    money = {
        "amount_in": result.amount_in - result.amount_on_purpose,
        "amount_kept": result.amount_kept or 0,
        "amount_rejected": (result.amount_rejected or 0) - result.amount_on_purpose,
        "amount_merged": result.amount_merged or 0,
    }
    message = N_(
        "{rows_in} rows of {table} with {amount_in}: {kept} used ({amount_kept}), {rejected} set aside "
        "({amount_rejected}), {merged} repeated rows dropped ({amount_merged})."
    )
    amounts = {name: words.money(float(amount), digits=2) for name, amount in money.items()}
    return words.say(message, **rows, merged=result.rows_merged, **amounts)


@alert.register
def _(result: Economics, words: Words) -> Alert:
    facts = result.model_dump()
    assumed = [
        words.say(N_("{name} {value}"), name=words.say(NAMES[name]), value=_value(name, facts[name], words))
        for name in NAMES
        if name in result.assumptions and facts[name] is not None
    ]
    missing = [words.say(NAMES[name]) for name in ("gross_margin", "contact_cost") if facts[name] is None]
    sentences = []
    if assumed:
        sentences.append(words.say(N_("Assumed, not known: {list}."), list=words.listed(assumed)))
    if missing:
        sentences.append(
            words.say(
                N_("Not in the parameter file: {list}."),
                list=words.listed(missing),
            )
        )
    if not sentences:
        return Alert(
            level="ok",
            title=words.say(N_("Money.")),
            sentence=words.say(N_("No margin and no cost is assumed.")),
        )
    return Alert(level="warn", title=words.say(N_("Money.")), sentence=" ".join(sentences))


@alert.register
def _(result: StoreSettings, words: Words) -> Alert:
    known = [words.say(_ASSUMED[key], value=_fact(key, result, words)) for key in result.assumptions]
    if not known:
        return Alert(level="ok", title=words.say(N_("Store.")), sentence=words.say(N_("Nothing about it is assumed.")))
    return Alert(
        level="warn",
        title=words.say(N_("Store.")),
        sentence=words.say(N_("Assumed, not known: {list}."), list=words.listed(known)),
    )


def _fact(key: str, store: StoreSettings, words: Words) -> str:
    """What a store's file says about a key that is assumed."""
    if key == "currency" and store.currency == UNKNOWN_CURRENCY:
        return words.say(N_("none, amounts stand without one"))
    if key == "dates":
        formats = {table.csv.dates for table in store.tables.values() if table.csv and table.csv.dates}
        return words.listed(sorted(formats)) if formats else words.say(N_("as in 2024-02-29"))
    return str(getattr(store, key))


def _value(name: str, value: float, words: Words) -> str:
    if name in {"gross_margin", "discount_rate_annual"}:
        return words.percent(value, 0)
    return words.money(value, digits=2)
