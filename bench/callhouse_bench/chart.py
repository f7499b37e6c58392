"""Small line charts in a grid, both axes logarithmic, as one SVG that reads in light and in dark."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

COLUMNS = 4
WIDTH, HEIGHT = 270, 190
# Around the plot within a panel: left, top, right, bottom.
LEFT, TOP, RIGHT, BOTTOM = 46, 40, 26, 24
LEGEND = 34
# Distinguishable without colour vision, on both grounds.
COLOURS = ["#d55e00", "#0072b2", "#009e73", "#b07aa1"]

STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .quiet { fill: #59636e; }
  .ground { fill: #ffffff; }
  .axis { stroke: #d1d9e0; stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .ground { fill: #0d1117; }
    .axis { stroke: #3d444d; }
  }
"""


@dataclass
class Panel:
    title: str
    unit: str
    # series → x → y
    series: dict[str, dict[int, float]]
    note: str | None = None


def grid(panels: list[Panel], shown: Callable[[int], str]) -> str:
    """The SVG. `shown` writes a value of the horizontal axis."""
    panels = [panel for panel in panels if any(y > 0 for points in panel.series.values() for y in points.values())]
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
    rows = math.ceil(len(panels) / COLUMNS)
    width, height = COLUMNS * WIDTH, LEGEND + rows * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
        legend(colours),
    ]
    for at, panel in enumerate(panels):
        x, y = at % COLUMNS * WIDTH, LEGEND + at // COLUMNS * HEIGHT
        parts.append(f'<g transform="translate({x},{y})">{draw(panel, colours, shown)}</g>')
    return "\n".join([*parts, "</svg>\n"])


def legend(colours: dict[str, str]) -> str:
    parts, x = [], LEFT
    for name, colour in colours.items():
        parts.append(f'<line x1="{x}" y1="18" x2="{x + 20}" y2="18" stroke="{colour}" stroke-width="2.5"/>')
        parts.append(f'<text x="{x + 26}" y="22">{escape(name)}</text>')
        x += 46 + 7 * len(name)
    return "".join(parts)


def draw(panel: Panel, colours: dict[str, str], shown: Callable[[int], str]) -> str:
    xs = sorted({x for points in panel.series.values() for x in points})
    ys = [y for points in panel.series.values() for y in points.values() if y > 0]
    low, high = decades(ys)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def across(x: float) -> float:
        span = math.log(xs[-1] / xs[0]) or 1.0
        return LEFT + (right - LEFT) * math.log(x / xs[0]) / span

    def up(y: float) -> float:
        return bottom - (bottom - TOP) * (math.log10(y) - low) / (high - low)

    note = f', <tspan class="quiet">{escape(panel.note)}</tspan>' if panel.note else ""
    parts = [
        f'<text class="title" x="8" y="14">{escape(panel.title)}</text>',
        f'<text class="quiet" x="8" y="29">{escape(panel.unit)}{note}</text>',
    ]
    for decade in range(low, high + 1):
        y = up(10**decade)
        parts.append(f'<line class="axis" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(f'<text class="quiet" x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>')
    for x in xs:
        parts.append(f'<text class="quiet" x="{across(x):.1f}" y="{bottom + 16}" text-anchor="middle">{escape(shown(x))}</text>')
    for name, points in panel.series.items():
        at = [(across(x), up(y)) for x, y in sorted(points.items()) if y > 0]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colours[name]}"/>' for x, y in at]
    return "".join(parts)


def decades(values: list[float]) -> tuple[int, int]:
    """The powers of ten around all values, at least one apart."""
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values))))
