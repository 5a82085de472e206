"""Untrusted text made harmless: cleaned, cut, escaped, and emphasised only where a message says so."""

from __future__ import annotations

import html
import re
import unicodedata

STRONG_OPEN = "\ue000"
STRONG_CLOSE = "\ue001"

_ELLIPSIS = "\u2026"
_ISOLATE_FIRST_STRONG = "\u2068"
_POP_ISOLATE = "\u2069"
_WHITESPACE = re.compile(r"[\s\u0085\u2028\u2029]*[\n\r\t\v\f\u0085\u2028\u2029][\s\u0085\u2028\u2029]*")
# Control characters and lone surrogates break HTML; embeddings and overrides turn their neighbours round.
_DANGEROUS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\ufeff]")
_ISOLATES_AND_MARKERS = re.compile(r"[\u2066-\u2069\ue000\ue001]")
_EMPHASIS = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
# A browser may break a line between a minus and a currency sign; a word joiner forbids it.
_MINUS_BEFORE = re.compile("\u2212(?=\\S)")
_JOINERS = ("\u200d", "\ufe0f", "\ufe0e")


def clean_value(value: object, *, limit: int = 120) -> str:
    """A value from data as one line of plain text.

    Args:
        value: Anything; `str()` is taken of what is not text.
        limit: Longest text kept, in characters; a longer one ends in an ellipsis.

    Returns:
        Text without control characters, bidirectional controls or line breaks. Still to be escaped for HTML.
    """
    line = _WHITESPACE.sub(" ", str(value))
    line = _ISOLATES_AND_MARKERS.sub("", _DANGEROUS.sub("", line)).strip()
    return cut(line, limit=limit)


def cut(line: str, *, limit: int) -> str:
    """The first `limit` characters of a line, ending in an ellipsis where something was left out."""
    if len(line) <= limit:
        return line
    kept = line[: limit - 1]
    while kept and (line[len(kept)] in _JOINERS or unicodedata.combining(line[len(kept)])):
        kept = kept[:-1]
    return kept.rstrip(" " + "".join(_JOINERS)) + _ELLIPSIS


def isolated(value: str) -> str:
    """The value between isolates when it holds right-to-left letters, so that neighbours stay in order."""
    if any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in value):
        return f"{_ISOLATE_FIRST_STRONG}{value}{_POP_ISOLATE}"
    return value


def marked(message: str) -> str:
    """A message whose `**words**` are put between emphasis marks that no value can contain."""
    return _EMPHASIS.sub(rf"{STRONG_OPEN}\1{STRONG_CLOSE}", message)


def plain(sentence: str) -> str:
    """A sentence without emphasis marks, for attributes, JSON and titles."""
    return sentence.replace(STRONG_OPEN, "").replace(STRONG_CLOSE, "")


def escaped(text: str) -> str:
    """Text for an HTML element or a quoted attribute, without emphasis."""
    return html.escape(plain(_DANGEROUS.sub("", text)), quote=True)


def sentence_html(sentence: str, *, limit: int = 1500) -> str:
    """A sentence from `Words.say` as HTML: everything escaped, emphasis marks turned into `<strong>`."""
    line = cut(_DANGEROUS.sub("", sentence), limit=limit)
    if line.count(STRONG_OPEN) != line.count(STRONG_CLOSE):
        line = plain(line)
    body = _MINUS_BEFORE.sub("\u2212\u2060", html.escape(line, quote=True))
    return body.replace(STRONG_OPEN, "<strong>").replace(STRONG_CLOSE, "</strong>")
