"""Pictures as SVG by matplotlib: readable by day, by night and on paper, and without colours.

Ink is the colour of the text around it, and contenders differ by the shape of their marks too.
The colours are those that Okabe and Ito found to be told apart by everybody
(https://jfly.uni-koeln.de/color/).
"""

from __future__ import annotations

import io
import re
import textwrap
from typing import TYPE_CHECKING, Any

from kuberry.paper.content import Plot, Waterfall

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK = "#010203"  # what no plot uses otherwise: it becomes the colour of the text
_STYLE = (
    "<style>svg{color:#1b1b1b}@media (prefers-color-scheme:dark){svg{color:#e6e6e6}}"
    "@media print{svg{color:#000}}</style>"
)
_LOOKS = (("o", "#0072B2"), ("s", "#D55E00"), ("^", "#009E73"), ("D", "#CC79A7"))
_BLUE, _GREY = "#0072B2", "#999999"
_ROOM = 1.05  # so that a mark at the end is seen whole
_LABEL_LETTERS, _LETTERS_A_LINE = 38, 130
_ROUNDING_S = 0.15  # ends and lengths are told to a tenth of a second each
_WIDTH_IN, _LINE_IN, _AROUND_IN = 8.0, 0.4, 0.9
_PARAMETERS: dict[Any, Any] = {
    "svg.hashsalt": "kuberry",  # the same bytes each time
    "font.size": 10,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK
    ),
}


def svg_of(picture: Plot | Waterfall) -> str:
    """Return *picture* as SVG that needs nothing from outside.

    Raises:
        ModuleNotFoundError: matplotlib is not here; it comes with what development needs.
    """
    import matplotlib as mpl  # noqa: PLC0415 # heavy, and only who develops has it
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(_PARAMETERS):
        lines = _height(picture)
        figure = Figure((_WIDTH_IN, _AROUND_IN + _LINE_IN * lines), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        if isinstance(picture, Plot):
            _draw_spreads(figure, axes, picture)
        else:
            _draw_spans(axes, picture)
        return _text(figure)


def lanes(picture: Waterfall) -> tuple[tuple[str, int], ...]:
    """Return for each span its host and its lane there: spans of one lane do not overlap."""
    free: dict[str, list[float]] = {}
    found = {}
    for number, one in sorted(enumerate(picture.spans), key=lambda each: each[1].started_s):
        ends = free.setdefault(one.host, [])
        lane = next(
            (at for at, end in enumerate(ends) if end <= one.started_s + _ROUNDING_S), len(ends)
        )
        ends[lane : lane + 1] = [one.ended_s]
        found[number] = (one.host, lane)
    return tuple(found[number] for number in range(len(picture.spans)))


def _height(picture: Plot | Waterfall) -> int:
    return len(picture.spreads if isinstance(picture, Plot) else set(lanes(picture)))


def _draw_spreads(figure: Figure, axes: Axes, plot: Plot) -> None:
    looks = dict(zip(dict.fromkeys(one.series for one in plot.spreads), _LOOKS, strict=False))
    count = len(plot.spreads)
    for number, one in enumerate(plot.spreads):
        shape, colour = looks.get(one.series, _LOOKS[-1])
        whiskers = [[one.median - one.low], [one.high - one.median]]
        look: dict[str, Any] = {"fmt": shape, "color": colour, "ecolor": colour, "capsize": 4}
        axes.errorbar([one.median], [count - number], xerr=whiskers, **look)
    for label, wanted in plot.marks:
        at = [count - number for number, one in enumerate(plot.spreads) if one.label == label]
        axes.plot([wanted] * len(at), at, "D", markerfacecolor="none", markeredgecolor=_INK)
    several = len(looks) > 1
    names = [f"{one.label} ({one.series})" if several else one.label for one in plot.spreads]
    names = [textwrap.fill(one, _LABEL_LETTERS) for one in names]
    axes.set_yticks(range(count, 0, -1), names)
    axes.set_ylim(0.4, count + 0.6)
    _scale(figure, axes, plot)


def _scale(figure: Figure, axes: Axes, plot: Plot) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter  # noqa: PLC0415

    said = ", logarithmic" if plot.logarithmic else ""
    label = f"{plot.unit}{said}: median, smallest and largest"
    figure.supxlabel(label, fontsize="medium")
    axes.grid(axis="x", color=_GREY, alpha=0.4, linewidth=0.6)
    if plot.logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(0, _ROOM * max(one.high for one in plot.spreads))


def _draw_spans(axes: Axes, picture: Waterfall) -> None:
    where = lanes(picture)
    order = sorted(set(where), key=lambda one: ([*dict(where)].index(one[0]), one[1]))
    rows = {lane: len(order) - number for number, lane in enumerate(order)}
    for one, lane in zip(picture.spans, where, strict=True):
        look: dict[str, Any] = {"color": _GREY, "hatch": "///"} if one.waits else {"color": _BLUE}
        length_s = one.ended_s - one.started_s
        left = one.started_s
        axes.barh(
            rows[lane], length_s, left=left, height=0.8, edgecolor=_INK, linewidth=0.4, **look
        )
    axes.set_yticks([*rows.values()], [host if not lane else "" for host, lane in rows])
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since the run began; hatched: a step that only waits")
    _name_longest(axes, picture, rows)


def _name_longest(axes: Axes, picture: Waterfall, rows: dict[tuple[str, int], int]) -> None:
    whole_s = max(one.ended_s for one in picture.spans)
    for one, lane in zip(picture.spans, lanes(picture), strict=True):
        length_s = one.ended_s - one.started_s
        if one.waits or length_s / whole_s * _LETTERS_A_LINE < len(one.title):
            continue
        middle_s = one.started_s + length_s / 2
        look: dict[str, Any] = {"ha": "center", "va": "center", "color": "white", "fontsize": 7}
        axes.text(middle_s, rows[lane], one.title, **look)


def _text(figure: Figure) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    _, start, rest = file.getvalue().partition("<svg")  # without a type that lies elsewhere
    head, end, body = rest.partition(">")
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    return f"{start}{head}{end}{_STYLE}{body.replace(_INK, 'currentColor')}"
