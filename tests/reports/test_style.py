from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import matplotlib as mpl
import pytest

from retention_lib.reports.safety import UnsafeDrawingError, safe_svg
from retention_lib.reports.style import PALETTE, chart_axes, chart_twins, is_narrow, svg

NOT_FOR_TEXT = {"muted", "band", "grid", "paper"}


def bars(ax: Any) -> None:
    ax.bar([1, 2], [3, 4], color=PALETTE["base"], hatch="//")
    ax.set_xlabel("<x> & — ы -->")


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("meaning", sorted(set(PALETTE) - NOT_FOR_TEXT))
def test_colours_that_may_be_text_have_contrast_on_white(meaning: str) -> None:
    assert 1.05 / (luminance(PALETTE[meaning]) + 0.05) >= 4.5


def test_meanings_have_colours_of_their_own() -> None:
    assert all(first != second for first, second in combinations(PALETTE.values(), 2))


def test_the_same_chart_gives_the_same_bytes() -> None:
    assert chart_twins(bars, name="flow") == chart_twins(bars, name="flow")


def test_twins_share_no_id_with_each_other_or_another_chart() -> None:
    first, second = chart_twins(bars, name="flow"), chart_twins(bars, name="other")
    ids = [re.findall(r'\bid="([^"]+)"', text) for text in (first.wide, first.narrow, second.wide, second.narrow)]
    assert len({found for part in ids for found in part}) == sum(len(set(part)) for part in ids)
    assert ids[0][0].startswith("c-flow-wide-")
    for text in (first.wide, first.narrow):
        references = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
        assert references <= set(re.findall(r'\bid="([^"]+)"', text))


def test_svg_holds_outlines_and_nothing_but_a_drawing() -> None:
    wide = chart_twins(bars, name="flow").wide
    assert wide.startswith("<svg ")
    for part in ("<!--", "<?xml", "<style", "<metadata", "<text", "dc:date"):
        assert part not in wide
    assert safe_svg(wide) == wide


def test_widths_and_settings_are_told_apart_and_left_alone() -> None:
    before = dict(mpl.rcParams)
    assert is_narrow(chart_axes("narrow"))
    assert not is_narrow(chart_axes("wide"))
    assert "<svg" in svg(chart_axes().figure, name="Ы")
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        "<foreignObject/>",
        '<image href="http://x/y.png"/>',
        '<use href="http://x/y.svg#a"/>',
        '<g style="fill: url(http://x)"/>',
        "<!-- comment -->",
        "<g>",
    ],
)
def test_drawings_that_do_more_are_refused(inner: str) -> None:
    with pytest.raises(UnsafeDrawingError):
        safe_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>')
