"""The messages of the project as a template for translators, `retention_lib/locale/retention.pot`.

Messages stand in Python (`N_("…")`, `words.say("…")`, `words.count("…", "…", n)`), in templates (the same
calls) and in notebooks: their title in the metadata, their markdown and code cells.
`python -m retention_lib.reports.extract` writes the template; with `--check` it fails where the template is
stale or a catalogue lacks a message.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import string
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages import Catalog
from babel.messages import Message as Entry
from babel.messages.pofile import read_po, write_po

from retention_lib.reports.markdown import markdown_messages
from retention_lib.reports.words import CATALOGUES

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = CATALOGUES / "retention.pot"

_HEADER = """\
# Messages of retention_lib. Written by `python -m retention_lib.reports.extract`; do not edit.
msgid ""
msgstr ""
"Project-Id-Version: retention_lib\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


@dataclass(frozen=True, order=True)
class Message:
    """A message and where it stands.

    Attributes:
        file: Path relative to the project, with forward slashes.
        one: The English text, or its singular.
        many: The plural; empty where there is none.
    """

    file: str
    one: str
    many: str = ""


def messages(root: Path) -> list[Message]:
    """Every message of the project, ordered by file and place."""
    found: list[Message] = []
    package = root / "retention_lib"
    for path in sorted(package.rglob("*.py")):
        found.extend(_named(path, root, _python_messages(path.read_text(encoding="utf-8"))))
    for path in sorted(package.rglob("*.j2")):
        found.extend(_named(path, root, _template_messages(path)))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        found.extend(_named(path, root, _notebook_messages(path)))
    return found


def template_text(found: Iterable[Message]) -> str:
    """The messages as a gettext template, the same bytes for the same messages."""
    catalog = Catalog(fuzzy=False)
    for message in found:
        ids = (message.one, message.many) if message.many else message.one
        catalog.add(ids, locations=[(message.file, 0)])
    written = io.BytesIO()
    write_po(written, catalog, omit_header=True, include_lineno=False, sort_by_file=True, width=0)
    return _HEADER + written.getvalue().decode("utf-8").lstrip("\n")


def problems(root: Path, *, template: Path) -> list[str]:
    """What is wrong with the template and the catalogues beside it, one sentence each."""
    found = messages(root)
    listed = []
    if not template.is_file() or template.read_text(encoding="utf-8") != template_text(found):
        listed.append(f"{template.name} is stale; run python -m retention_lib.reports.extract")
    for catalogue in sorted(template.parent.glob("*.po")):
        listed.extend(_catalogue_problems(catalogue, found))
    return listed


def main(arguments: list[str] | None = None) -> int:
    """Writes the template, or with `--check` says what is stale or missing; 0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m retention_lib.reports.extract", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail where something is missing")
    if not parser.parse_args(arguments).check:
        TEMPLATE.parent.mkdir(exist_ok=True)
        TEMPLATE.write_text(template_text(messages(ROOT)), encoding="utf-8")
        return 0
    listed = problems(ROOT, template=TEMPLATE)
    sys.stderr.writelines(f"{line}\n" for line in listed)
    return 1 if listed else 0


def _named(path: Path, root: Path, found: Iterable[tuple[str, str]]) -> Iterator[Message]:
    file = path.relative_to(root).as_posix()
    return (Message(file, one, many) for one, many in found if one.strip())


def _python_messages(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [_text(argument) for argument in node.args[:2]]
        if name in {"N_", "say", "gettext"} and texts and texts[0] is not None:
            yield texts[0], ""
        elif name == "count" and len(texts) == 2 and texts[0] is not None and texts[1] is not None:
            yield texts[0], texts[1]


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _template_messages(path: Path) -> Iterator[tuple[str, str]]:
    from jinja2 import Environment
    from jinja2.nodes import Call, Const, Getattr, Name

    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for call in tree.find_all(Call):
        target = call.node
        name = target.attr if isinstance(target, Getattr) else target.name if isinstance(target, Name) else ""
        texts = [argument.value for argument in call.args[:2] if isinstance(argument, Const)]
        if name == "say" and texts:
            yield str(texts[0]), ""
        elif name == "count" and len(texts) == 2:
            yield str(texts[0]), str(texts[1])


def _notebook_messages(path: Path) -> Iterator[tuple[str, str]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if title := notebook.get("metadata", {}).get("retention", {}).get("title"):
        yield title, ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield from ((message, "") for message in markdown_messages(source))
        elif cell["cell_type"] == "code":
            yield from _python_messages(source)


def _catalogue_problems(path: Path, found: Iterable[Message]) -> Iterator[str]:
    with path.open("rb") as file:
        catalogue = read_po(file)
    for message in sorted(set(found), key=lambda item: item.one):
        entry = catalogue.get(message.one)
        texts = _translations(entry)
        if not texts or not all(texts) or (entry is not None and entry.fuzzy):
            yield f"{path.name} lacks the message {message.one!r} of {message.file}"
            continue
        for text in texts:
            unknown = _placeholders(text) - _placeholders(message.one) - _placeholders(message.many)
            if unknown:
                yield f"{path.name} has an unknown placeholder {{{min(unknown)}}} in {text!r}"


def _translations(entry: Entry | None) -> list[str]:
    if entry is None or not entry.string:
        return []
    return [entry.string] if isinstance(entry.string, str) else list(entry.string)


def _placeholders(text: str) -> set[str]:
    """Names in braces; text that is no format (prose of a notebook) has none."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


if __name__ == "__main__":
    sys.exit(main())
