"""A layout as one page: the drawing, to be moved, zoomed and folded, and a list that finds each device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

import msgspec

from devaddr_xml.views.outline import Item, Outline
from devaddr_xml.views.svg import as_svg, escape, tooltip

#: Nothing is fetched, whatever the document that is drawn holds.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

#: From so many devices on, the page also has a folded drawing.
FOLDED_FROM = 40

TOOLS = """<div id="tools" role="toolbar" aria-label="drawing">
<button id="fold" title="fold (f)" aria-pressed="false">fold</button>
<button id="in" title="zoom in (+)">+</button><button id="out" title="zoom out (-)">&minus;</button>
<button id="fit" title="fit the window (0)">⤢</button></div>"""

SEARCH = """<label>Find a device
<input id="find" type="search" placeholder="name, address, cell, network name" aria-describedby="found"></label>
<p id="found" role="status"></p>"""

ABOUT = """<section id="about" aria-label="device" aria-live="polite" hidden><h2><span></span>
<button id="close" title="close (Esc)">&times;</button></h2><p></p></section>"""


def as_html(outlines: Sequence[Outline], titles: Sequence[str] = ()) -> str:
    """The layouts as one self-contained page. titles: what to call each, when there are several."""
    parts: list[str] = []
    for number, layout in enumerate(outlines):
        for section in layout.sections:
            parts += _part(section, number, f"{titles[number]}: " if titles else "")
    drawings = as_svg(outlines, titles)
    if sum(1 for layout in outlines for item in layout.walk() if item.ref) >= FOLDED_FROM:
        folded = as_svg([fold(layout) for layout in outlines], titles, names=("folded-title", "folded-about"))
        drawings += folded.replace("<svg ", "<svg hidden ", 1)
    name = escape(outlines[0].name if outlines else "")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{_data('page.css')}</style></head><body>"
        f'<main id="stage" tabindex="0" aria-label="drawing; arrow keys move it, plus and minus zoom it, 0 fits it">'
        f"<h1>Device layout of {name}</h1>{drawings}{TOOLS}</main>"
        f'<aside id="side" aria-label="devices">{SEARCH}<div id="list">{"".join(parts)}</div>{ABOUT}</aside>'
        f"<script>{_data('page.js')}</script></body></html>\n"
    )


def fold(layout: Outline) -> Outline:
    """The same layout with each bus as its counts: so many devices of each kind, so many free places."""
    return msgspec.structs.replace(layout, sections=[_folded(section) for section in layout.sections])


def _folded(section: Item) -> Item:
    expanders = [_folded(child) for child in section.children if child.role == "expander"]
    inside = [item for child in section.children if child.role != "expander" for item in child.walk()]
    return msgspec.structs.replace(section, children=[*_counts(inside), *expanders])


def _counts(items: Iterable[Item]) -> list[Item]:
    """A card for each kind of thing, with how many there are."""
    counts: dict[tuple[str, str], int] = {}
    for item in items:
        if item.role == "free":
            key = ("free", "free places")
        elif item.kind:
            key = (item.kind, item.model or "")
        else:
            continue
        counts[key] = counts.get(key, 0) + (item.count or 1)
    cards = []
    for (kind, model), count in counts.items():
        name = f"{count}x {' '.join(filter(None, (kind, model)))}" if kind != "free" else f"{count} {model}"
        cards.append(Item(role="free" if kind == "free" else "device", label=name, name=name, kind=kind))
    return cards


def _part(section: Item, number: int, title: str) -> list[str]:
    """The part of the list for a section, and one for each expander bus in it."""
    expanders = [child for child in section.children if child.role == "expander"]
    below = {id(item) for expander in expanders for item in expander.walk()}
    rows = [_row(item, number) for item in section.walk() if item.ref and id(item) not in below]
    node = "" if section.node is None else f", NUMA cell {section.node}"
    summary = f"<summary>{escape(title + section.label + node)}</summary>"
    part = f'<details open>{summary}<ul role="group">{"".join(rows)}</ul></details>'
    return [part if rows else "", *(inner for expander in expanders for inner in _part(expander, number, title))]


def _row(item: Item, number: int) -> str:
    mark = f' data-mark="{item.mark}"' if item.mark else ""
    about = escape(tooltip(item))
    return (
        f'<li tabindex="0" role="button" data-ref="{number}:{escape(item.ref)}"{mark} data-about="{about}" '
        f'data-find="{escape(_searched(item))}">'
        f"<span>{escape(item.label)}</span><span>{escape(item.mark or item.place)}</span></li>"
    )


def _searched(item: Item) -> str:
    """What a search looks at: every name and address of the device, its cell, its mark."""
    words = [
        item.label,
        item.kind,
        item.model,
        item.ref,
        item.place,
        item.guest,
        *item.names,
        item.mark,
        item.elsewhere,
    ]
    if item.node is not None:
        words += [f"cell {item.node}", f"node {item.node}"]
    return " ".join(filter(None, words)).lower()


def _data(name: str) -> str:
    return (files("devaddr_xml.views") / name).read_text("utf-8")
