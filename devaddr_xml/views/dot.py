"""A layout in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devaddr_xml.views.outline import Item, Outline
from devaddr_xml.views.svg_style import LIGHT

_SHAPES = {"host": "box3d", "root": "box3d", "expander": "box3d", "port": "box", "bridge": "box", "free": "box"}
_MARKS = {"moved": "#e08a00", "changed": "#e08a00", "differs": "#e08a00", "added": "#1f9d47", "removed": "#d03030"}


def as_dot(outlines: Sequence[Outline], titles: Sequence[str] = ()) -> str:
    """The layouts as one directed graph, each a cluster when there are several."""
    lines = ["digraph layout {", "  rankdir=LR;", '  node [fontname="sans-serif", fontsize=10, style=filled];']
    for number, layout in enumerate(outlines):
        title = titles[number] if titles else layout.name
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(title)};"]
        for place, section in enumerate(layout.sections):
            lines += [f"    {line}" for line in _nodes(section, f"n{number}_{place}", None)]
        lines.append("  }")
    return "\n".join([*lines, "}", ""])


def _nodes(item: Item, name: str, parent: str | None) -> Iterator[str]:
    """The statements of an item and what is below it."""
    words = [item.label, *([item.place] if item.place else []), *item.names]
    if item.bus:
        words.append(f"bus {item.bus}")
    if item.hotplug == "off":
        words.append("hotplug off")
    if item.mark:
        words.append(f"{item.mark} {item.elsewhere or ''}".rstrip())
    fill, line = LIGHT.no_cell if item.node is None else LIGHT.cells[item.node % len(LIGHT.cells)]
    style = "dashed" if item.role == "free" else "filled"
    shape = _SHAPES.get(item.role, "ellipse" if item.role == "device" else "box")
    colour = _MARKS.get(item.mark or "", line)
    text = "\\n".join(_escaped(word) for word in words)
    yield f'{name} [label="{text}", shape={shape}, style={style}, fillcolor="{fill}", color="{colour}"];'
    if parent is not None:
        yield f"{parent} -> {name};"
    for number, child in enumerate(item.children):
        yield from _nodes(child, f"{name}_{number}", name)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    kept = "".join(char if char.isprintable() else " " for char in text)
    return kept.replace("\\", "\\\\").replace('"', '\\"')
