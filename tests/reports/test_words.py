from __future__ import annotations

from datetime import date
from gettext import NullTranslations
from pathlib import Path

import pytest

from retention_lib.reports import words as words_module
from retention_lib.reports.text import STRONG_CLOSE, STRONG_OPEN, clean_value, plain, sentence_html
from retention_lib.reports.words import Words, catalogue, translations_from

NBSP = "\u00a0"
ENGLISH = Words("en", "USD")
RUSSIAN = Words("ru", "RUB", NullTranslations())
NO_CURRENCY = Words("en", "XXX")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENGLISH.percent(0.105), "10.5%"),
        (RUSSIAN.percent(0.105), f"10,5{NBSP}%"),
        (ENGLISH.percent(0.1, 0), "10%"),
        (ENGLISH.percent(-0.0001), "0.0%"),
        (ENGLISH.percent(float("nan")), "\u2013"),
        (ENGLISH.percent(None), "\u2013"),
        (ENGLISH.points(0.009), f"0.9{NBSP}points"),
        (ENGLISH.number(-1234567.891, 2), "\u22121,234,567.89"),
        (RUSSIAN.number(1234567.5, 1), f"1{NBSP}234{NBSP}567,5"),
        (ENGLISH.number(9007199254740993), "9,007,199,254,740,993"),
        (ENGLISH.compact(2469), "2,469"),
        (ENGLISH.compact(123456), "123.5K"),
        (ENGLISH.money(40212.2), "$40,212"),
        (ENGLISH.money(12.5), "$12.50"),
        (ENGLISH.money(-12.5), "\u2212$12.50"),
        (ENGLISH.money(300), "$300"),
        (ENGLISH.money(300, digits=2), "$300.00"),
        (ENGLISH.money(40212.2, compact=True), "$40.2K"),
        (ENGLISH.money(999_960, compact=True), "$1M"),
        (RUSSIAN.money(40212.2, compact=True), f"40,2{NBSP}тыс.{NBSP}₽"),
        (Words("en", "RUB").money(-40212.2), f"\u2212RUB{NBSP}40,212"),
        (Words("en", "RUB").money(40212.2, compact=True), f"RUB{NBSP}40.2K"),
        (NO_CURRENCY.money(40212.2), "40,212"),
        (NO_CURRENCY.money(12.5), "12.50"),
        (NO_CURRENCY.money(40212.2, compact=True), "40.2K"),
        (ENGLISH.days(28), f"28{NBSP}days"),
        (ENGLISH.days(1), f"1{NBSP}day"),
        (ENGLISH.p_value(0.0004), f"below{NBSP}0.001"),
        (ENGLISH.p_value(0.0341), "0.034"),
        (ENGLISH.month("2017-12"), f"December{NBSP}2017"),
        (ENGLISH.month("2017-12", year=False), "December"),
        (RUSSIAN.month("2017-12"), f"декабрь{NBSP}2017"),
        (ENGLISH.date(date(2017, 12, 31)), f"31{NBSP}December{NBSP}2017"),
        (ENGLISH.date("2017-12-31"), f"31{NBSP}December{NBSP}2017"),
        (ENGLISH.interval(0.092, 0.119, "share"), "9.2% to 11.9%"),
        (ENGLISH.interval(None, 0.119, "share"), ""),
        (ENGLISH.value(4.4141, "parameter"), "4.414"),
        (ENGLISH.value(2037, "count"), "2,037"),
        (ENGLISH.listed(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_formats(text: str, expected: str) -> None:
    assert text == expected


def test_no_number_can_break_over_two_lines() -> None:
    shown = [
        form
        for words in (ENGLISH, RUSSIAN)
        for unit in ("share", "points", "count", "money", "days", "parameter", "p")
        for form in (words.value(-1234.5, unit), words.value(-1234.5, unit, compact=True))
    ]
    assert not [text for text in shown if " " in text or "-" in text]


def test_say_fills_names_and_keeps_emphasis_of_the_message_only() -> None:
    sentence = ENGLISH.say("In {month} **{n}** went quiet", month="**May** {n}", n=1234)
    assert sentence == f"In **May** {{n}} {STRONG_OPEN}1,234{STRONG_CLOSE} went quiet"
    assert sentence_html(sentence) == "In **May** {n} <strong>1,234</strong> went quiet"
    assert plain(sentence) == "In **May** {n} 1,234 went quiet"


def test_say_refuses_a_float() -> None:
    with pytest.raises(TypeError, match=r"\{share\} is a float; format it first"):
        ENGLISH.say("{share} went quiet", share=0.1)


def test_count_takes_the_plural_of_the_language() -> None:
    assert ENGLISH.count("{n} household", "{n} households", 1) == "1 household"
    assert ENGLISH.count("{n} household", "{n} households", 1214) == "1,214 households"


def test_russian_plurals_come_from_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ru.po").write_text(
        'msgid ""\nmsgstr ""\n"Language: ru\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && '
        '(n%100<10 || n%100>=20) ? 1 : 2);\\n"\n\n'
        'msgid "{n} household"\nmsgid_plural "{n} households"\n'
        'msgstr[0] "{n} семья"\nmsgstr[1] "{n} семьи"\nmsgstr[2] "{n} семей"\n',
        encoding="utf-8",
    )
    words = Words("ru", "RUB", translations_from(tmp_path / "ru.po"))
    shown = [words.count("{n} household", "{n} households", n) for n in (1, 3, 5, 21)]
    assert shown == ["1 семья", "3 семьи", "5 семей", "21 семья"]
    monkeypatch.setattr(words_module, "CATALOGUES", tmp_path)
    catalogue.cache_clear()
    assert Words("ru").gettext("{n} household") == "{n} семья"
    catalogue.cache_clear()


def test_a_language_without_catalogue_is_one_sentence() -> None:
    with pytest.raises(LookupError, match="language 'tlh' has no catalogue; choose one of en"):
        catalogue("tlh")


@pytest.mark.parametrize(
    ("now", "before", "unit", "direction", "text"),
    [
        (0.105, 0.096, "share", "up", f"up 0.9{NBSP}points on November"),
        (0.1051, 0.1049, "share", "same", "unchanged on November"),
        (185, 192, "count", "down", "down 7 on November"),
        (110.0, 100.0, "money", "up", "up 10.0% on November"),
        (5.0, 0.0, "money", "up", "up $5 on November"),
    ],
)
def test_change(now: float, before: float, unit: str, direction: str, text: str) -> None:
    change = ENGLISH.change(now, before, unit, period="November")
    assert (change.direction, change.text) == (direction, text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x00b\r\n c", "ab c"),
        ("x" * 10_000, "x" * 119 + "\u2026"),
        ("safe \u202egnp.exe", "safe gnp.exe"),
        ("\ue000strong\ue001", "strong"),
        ("\ud800lone", "lone"),
        (" 00123 ", "00123"),
        (5, "5"),
    ],
)
def test_values_are_cleaned(value: object, shown: str) -> None:
    assert clean_value(value) == shown


def test_a_cut_leaves_no_half_emoji() -> None:
    assert not clean_value("\U0001f469\u200d" * 100, limit=20).rstrip("\u2026").endswith("\u200d")


def test_right_to_left_values_are_isolated() -> None:
    assert ENGLISH.say("Most buy {name}.", name="שלום") == "Most buy \u2068שלום\u2069."
