"""No word that a reader sees escapes the catalogue: every message comes back between brackets."""

from __future__ import annotations

import re
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest
from pages.sample import sample_month, sample_notebook

from retention_lib.reports.blocks import STATUS_WORDS
from retention_lib.reports.index import SetPage, render_month_index, render_set_index
from retention_lib.reports.page import render_page
from retention_lib.reports.words import Words

# Names of data, files, parameters and calendar words, which no catalogue holds.
DATA = (
    "Complete Journey|Public retail data|Soft drinks|Bakery|Fuel|English|December|November|October|K|M|"
    "actions/reactivation.csv|lapse_days|as_of|transactions|9f2b9f2b9f2b9f2b|retention_lib|duckdb|"
    r"churn_diagnosis.figures.json|manifest.json|data/cdnow.txt|contacts"
)


class Bracketed(NullTranslations):
    """A language that is English between brackets."""

    def gettext(self, message: str) -> str:
        return f"\u27e6{message}\u27e7"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


class Texts(HTMLParser):
    """All that is read or read out: text, alternative texts, the title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: list[str] = [""]
        self.silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"style", "svg"}
        if tag not in {"strong", "em", "bdi", "a", "wbr", "span", "code", "small"}:
            self.blocks.append("")
        self.blocks[:0] = [value for key, value in attrs if key in {"aria-label", "alt", "title"} and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"style", "svg"}

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.blocks[-1] += data


def untranslated(html: str) -> list[str]:
    left = []
    for block in Texts(html).blocks:
        rest = block
        while rest != (rest := re.sub(r"\u27e6[^\u27e6\u27e7]*\u27e7", "", rest)):
            continue
        rest = re.sub(rf"\b({DATA})(?!\w)", "", rest)
        if re.search(r"[A-Za-z]{2,}|\w{3,}", re.sub(r"\d", "", rest)):
            left.append(" ".join(block.split()))
    return left


PSEUDO = Words("en", "USD", Bracketed())


def test_page_shows_only_translated_text() -> None:
    assert untranslated(render_page(sample_notebook(PSEUDO), words=PSEUDO)) == []


@pytest.mark.parametrize("months", [(), ("2017-11", "2017-12")])
def test_set_index_shows_only_translated_text(months: tuple[str, ...]) -> None:
    pages = tuple(sample_month(month, 0.1, PSEUDO) for month in months)
    assert untranslated(render_set_index(SetPage(title="Public retail data", months=pages), PSEUDO)) == []


def test_month_index_shows_only_translated_text() -> None:
    page = sample_month("2017-12", 0.1, PSEUDO, earlier=("2017-10", "2017-11"))
    assert untranslated(render_month_index(page, PSEUDO)) == []


def test_the_check_itself_finds_a_bare_word() -> None:
    assert untranslated("<p>\u27e6In {x}\u27e7</p><p>bare</p>") == ["bare"]


def test_every_traffic_light_has_a_word() -> None:
    assert all(PSEUDO.say(word).startswith("\u27e6") for word in STATUS_WORDS.values())
