from __future__ import annotations

import json
from pathlib import Path

import pytest

from retention_lib.reports import extract
from retention_lib.reports.extract import Message, messages, problems, template_text


def project(root: Path) -> Path:
    package = root / "retention_lib"
    package.mkdir()
    (package / "a.py").write_text(
        'x = words.say(N_("Said {n}"), n=1)\ny = words.count("{n} day", "{n} days", n)\n"text".count("t")\n',
        encoding="utf-8",
    )
    (package / "b.j2").write_text("{{ say('From a template') | e }}{{ it.words.say(\"Deep\") }}", encoding="utf-8")
    (root / "notebooks").mkdir()
    cells = [
        {"cell_type": "markdown", "source": ["# Who?\n", "\n", "Two\n", "lines."]},
        {"cell_type": "code", "source": 'report.say("From a cell")'},
    ]
    (root / "notebooks" / "n.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return root


def test_messages_come_from_code_templates_and_notebooks(tmp_path: Path) -> None:
    assert {(message.one, message.many) for message in messages(project(tmp_path))} == {
        ("Said {n}", ""),
        ("{n} day", "{n} days"),
        ("From a template", ""),
        ("Deep", ""),
        ("Who?", ""),
        ("Two lines.", ""),
        ("From a cell", ""),
    }


def test_the_template_is_the_same_on_every_run(tmp_path: Path) -> None:
    found = messages(project(tmp_path))
    assert template_text(found) == template_text(found)
    assert "POT-Creation-Date" not in template_text(found)


def test_a_stale_template_and_an_incomplete_catalogue_are_named(tmp_path: Path) -> None:
    root = project(tmp_path)
    template = root / "retention_lib" / "retention.pot"
    assert problems(root, template=template) == ["retention.pot is stale; run python -m retention_lib.reports.extract"]
    template.write_text(template_text(messages(root)), encoding="utf-8")
    assert problems(root, template=template) == []
    (template.parent / "ru.po").write_text('msgid "Deep"\nmsgstr "{wrong}"\n', encoding="utf-8")
    listed = problems(root, template=template)
    assert "ru.po has an unknown placeholder {wrong} in '{wrong}'" in listed
    assert "ru.po lacks the message 'Said {n}' of retention_lib/a.py" in listed
    assert len(listed) == 7


def test_a_message_said_twice_stands_once() -> None:
    text = template_text([Message("b.py", "Hello"), Message("a.py", "Hello")])
    assert text.count('msgid "Hello"') == 1


def test_the_command_writes_and_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path)
    template = root / "locale" / "retention.pot"
    monkeypatch.setattr(extract, "ROOT", root)
    monkeypatch.setattr(extract, "TEMPLATE", template)
    assert extract.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err
    assert extract.main([]) == 0
    assert extract.main(["--check"]) == 0
