"""How charts look: one palette with fixed meanings, two widths, and SVG with the same bytes on every run.

A chart is a function that draws finished numbers on axes. It is drawn twice, wide for a laptop and paper and
narrow for a phone, and the page shows the one that fits::

    twins = chart_twins(lambda ax: plot_base_flow(flows, words, ax=ax), name="base-flow")
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Width = Literal["wide", "narrow"]

INCHES: Mapping[Width, float] = MappingProxyType({"wide": 7.6, "narrow": 3.6})
HEIGHTS: Mapping[Width, float] = MappingProxyType({"wide": 3.3, "narrow": 3.0})

# A meaning has one colour on every page. Each that may colour text is at least 4.5:1 on white, so a label can
# share its mark's colour; blue, green and red stay apart for red-green blind readers by their blue part.
PALETTE: Mapping[str, str] = MappingProxyType(
    {
        "base": "#1f5fa8",  # customers we have, the figure the chart is about
        "new": "#6b4fa0",  # first purchase
        "returned": "#12786d",  # came back, gained, good
        "lost": "#b0452f",  # went quiet, lost, bad
        "expected": "#8a5a00",  # what a model or a plan expected
        "control": "#5b6875",  # left alone, the comparison
        "muted": "#b4bec8",  # too few to judge; marks only, never text
        "band": "#c9d9ec",  # interval around `base`
        "grid": "#dfe4ea",
        "ink": "#1f2933",
        "label": "#52606d",  # axis and note text
        "paper": "#ffffff",
    }
)

HATCH_INCOMPLETE = "////"
FEW = 30

_RC: Mapping[Any, Any] = MappingProxyType(
    {
        "svg.fonttype": "path",
        "font.family": "DejaVu Sans",
        "font.size": 9.0,
        "axes.edgecolor": PALETTE["label"],
        "axes.labelcolor": PALETTE["label"],
        "axes.labelsize": 9.0,
        "axes.titlesize": 10.0,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.unicode_minus": True,
        "grid.color": PALETTE["grid"],
        "grid.linewidth": 0.8,
        "xtick.color": PALETTE["label"],
        "ytick.color": PALETTE["label"],
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.major.size": 3.0,
        "ytick.major.size": 0.0,
        "lines.linewidth": 2.0,
        "lines.solid_capstyle": "round",
        "patch.linewidth": 0.0,
        "hatch.color": PALETTE["paper"],
        "hatch.linewidth": 1.2,
        "legend.frameon": False,
        "figure.facecolor": PALETTE["paper"],
        "path.simplify": True,
    }
)

# A phone shows the narrow chart at about its drawn size, a laptop the wide one half as large again.
_NARROW_RC: Mapping[Any, Any] = MappingProxyType(
    {"font.size": 10.5, "axes.labelsize": 10.5, "xtick.labelsize": 10.0, "ytick.labelsize": 10.0}
)

_PROLOG = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_INNER_STYLE = re.compile(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*", re.DOTALL)
_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^")]+)')
_GEOMETRY = re.compile(r'\b(d|x|y|x1|x2|y1|y2|points)="([^"]+)"')
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}")


@dataclass(frozen=True, kw_only=True)
class ChartTwins:
    """One chart at two widths.

    Attributes:
        wide: SVG for laptops and paper.
        narrow: SVG for phones.
    """

    wide: str
    narrow: str


@contextmanager
def styled(width: Width = "wide") -> Iterator[None]:
    """The house style for everything drawn inside, and matplotlib's own settings again afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(dict(_RC) | dict(_NARROW_RC if width == "narrow" else {})):
        yield


def chart_axes(width: Width = "wide", *, height: float | None = None) -> Axes:
    """Empty axes on a figure of their own (`ax.figure`), outside pyplot's global state.

    Args:
        width: `wide` for laptops and paper, `narrow` for phones.
        height: Height in inches; the width's usual one if omitted.
    """
    from matplotlib.figure import Figure

    with styled(width):
        figure = Figure(figsize=(INCHES[width], height or HEIGHTS[width]), layout="constrained")
        return figure.add_subplot()


def is_narrow(ax: Axes) -> bool:
    """Whether the axes belong to a phone's chart, where fewer ticks and shorter labels fit."""
    figure = ax.get_figure(root=True)
    return figure is not None and float(figure.get_size_inches()[0]) < 5.0


def chart_twins(plot: Callable[[Axes], object], *, name: str, height: float | None = None) -> ChartTwins:
    """A chart drawn at both widths.

    Args:
        plot: Draws on the axes it is given; called once a width, inside the house style.
        name: The chart's name, unique on its page; the prefix of every id in the SVG.
        height: Height in inches of both; the usual ones if omitted.
    """
    return ChartTwins(
        wide=_drawn(plot, "wide", name=name, height=height),
        narrow=_drawn(plot, "narrow", name=name, height=height),
    )


def svg(figure: Figure, *, name: str) -> str:
    """A figure as an SVG element: text as outlines, ids prefixed with the name, no date, no prolog.

    The same figure gives the same bytes on every run.

    Args:
        figure: The figure, drawn inside `styled`.
        name: Prefix of the ids; unique on the page.
    """
    import matplotlib as mpl

    prefix = _prefix(name)
    raw = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": prefix}):
        figure.savefig(raw, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _element(raw.getvalue(), prefix)


def _drawn(plot: Callable[[Axes], object], width: Width, *, name: str, height: float | None) -> str:
    from matplotlib.figure import Figure

    with styled(width):
        ax = chart_axes(width, height=height)
        plot(ax)
        figure = ax.figure
        if not isinstance(figure, Figure):
            raise TypeError("a chart is drawn on axes of a figure, not of a subfigure")
        return svg(figure, name=f"{name}-{width}")


def _element(document: str, prefix: str) -> str:
    element = _PROLOG.sub("", document, count=1)
    for part in (_COMMENT, _METADATA, _INNER_STYLE):
        element = part.sub("", element)
    element = _ID.sub(rf'id="{prefix}-\1"', element)
    element = _REFERENCE.sub(rf"\1{prefix}-\2", element)
    element = _GEOMETRY.sub(_shorter_geometry, element)
    return element.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1).strip()


def _shorter_geometry(match: re.Match[str]) -> str:
    """Coordinates to a hundredth of a point, a quarter of the bytes that matplotlib writes."""
    numbers = _LONG_DECIMAL.sub(lambda number: f"{float(number.group()):.2f}", match.group(2))
    return f'{match.group(1)}="{" ".join(numbers.split())}"'


def _prefix(name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"c-{slug or 'chart'}"
