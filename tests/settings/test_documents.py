from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.settings.documents import plain_mapping

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


class PlainDumper(yaml.SafeDumper):
    """PyYAML's writer without anchors, which parameter files may not use."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def read(text: str | bytes) -> dict[str, object]:
    content = text if isinstance(text, bytes) else text.encode()
    found, problems = plain_mapping(content, file="x.yml")
    assert problems == []
    return found


def refused(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    return [str(problem) for problem in plain_mapping(content, file="x.yml")[1]]


@pytest.mark.parametrize(
    "word",
    [
        "no", "yes", "on", "off", "No", "y", "22:30", "012", "0x1F", "0o17", "1_000", "1e3", ".nan", ".inf", "1.", ".5",
        "2024-02-30", "2024-02-29", "2017-12", "=", "<<", "tRue",
    ],
)  # fmt: skip
def test_words_of_yaml_1_1_stay_text(word: str) -> None:
    assert read(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("0.30", 0.3),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
    ],
)
def test_plain_values(word: str, value: object) -> None:
    found = read(f"a: {word}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_quotes_make_text() -> None:
    assert read('a: "12"\nb: \'8\'\nc: "\\t"') == {"a": "12", "b": "8", "c": "\t"}


def test_byte_order_mark_and_russian_text_are_read() -> None:
    assert read("\ufefftitle: Мой магазин".encode()) == {"title": "Мой магазин"}


@given(st.dictionaries(st.text(max_size=8), PLAIN, max_size=4))
def test_every_plain_mapping_comes_back(mapping: dict[str, object]) -> None:
    assert read(yaml.dump(mapping, Dumper=PlainDumper)) == mapping


def test_half_a_character_is_refused() -> None:
    assert refused('a: "\\ud800"') == ['x.yml: a is "\\ud800" but must be text without half a character']
    assert refused('"\\ud800": 1') == ['x.yml: "\\ud800" is a key on line 1 that holds half a character']


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "x.yml: is empty; copy parameters/template.yml and change it"),
        ("# only a comment", "x.yml: is empty; copy parameters/template.yml and change it"),
        ("- a", "x.yml: must hold keys and values, like title: My shop, and holds something else at the top"),
        (
            "words",
            "x.yml: must hold keys and values, like title: My shop, and holds something else at the top",
        ),
        ("a:\n\tb: 1", "x.yml: line 2 is indented with a tab; YAML wants spaces"),
        ("a:\n  b: 1\n \tc: 2", "x.yml: line 3 is indented with a tab; YAML wants spaces"),
        ("a: *.csv", "x.yml: line 1 begins a value with * or &; write such a value in quotes"),
        ("a: *b", "x.yml: line 1 begins a value with * or &; write such a value in quotes"),
        ("---\na: 1\n---\nb: 1", "x.yml: line 3 begins a second document; a parameter file holds one"),
        (b"a: 1\nb: \xff", "x.yml: line 2 is not written in UTF-8; save the file with that encoding"),
        (b"a: 1\nb: \0", "x.yml: line 2 holds the character U+0000, which YAML does not allow"),
        ("1: a", "x.yml: 1 is a key on line 1 and no text; write it in quotes"),
        ("? [a]\n: b", "x.yml: has a key on line 1 that is no single word"),
        ("a: " + "9" * 5000, None),
        ("[" * 400 + "]" * 400, None),
        ("a: " + "[" * 900 + "]" * 900, None),
        ("a: {" * 20_000, None),
        ("#" * 1_000_001, "x.yml: is larger than 1 MB, which no parameter file is"),
    ],
)
def test_broken_form_is_one_sentence(text: str | bytes, sentence: str | None) -> None:
    problems = refused(text)
    assert len(problems) == 1
    assert "\n" not in problems[0]
    assert sentence in (None, problems[0])


def test_duplicate_keys_are_all_named() -> None:
    assert refused("a: {b: 1, b: 2}\na: 3\nc: 1") == [
        "x.yml: a.b is given again on line 1; keep one of them",
        "x.yml: a is given again on line 2; keep one of them",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system",
        "!!binary aGk=",
        "!!set {a}",
        "!mine {b: 1}",
        "!!timestamp 2024-01-01",
    ],
)
def test_tags_are_refused_and_build_nothing(value: str) -> None:
    problems = refused(f"a: {value}")
    assert len(problems) == 1
    assert problems[0].startswith("x.yml: a carries the tag ")


def test_forced_number_that_is_none_is_refused() -> None:
    assert refused("a: !!int twelve") == ['x.yml: a is "twelve" but must be a number that can be read']


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_give_a_mapping_or_problems(content: bytes) -> None:
    found, problems = plain_mapping(content, file="x.yml")
    assert isinstance(found, dict)
    assert all(str(problem).isprintable() for problem in problems)
    assert found or problems or isinstance(yaml.safe_load(content), dict)
