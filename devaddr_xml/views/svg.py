"""A layout as a drawing: one SVG without anything from outside, to be put into a ticket or a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devaddr_xml.views.boxes import PAD, Box, page
from devaddr_xml.views.folding import folded_notes
from devaddr_xml.views.outline import Item, Outline
from devaddr_xml.views.svg_style import LIGHT, SIZES, STYLE, area, bar, class_of

MARGIN = 20.0
TITLE_HEIGHT = 62.0
LEGEND_HEIGHT = 30.0
LEGEND_ROW = 18.0
NOTE_ROW = 16.0
NARROWEST = 560.0

#: What the legend calls each mark.
_MARKS = {mark: mark for mark in ("moved", "changed", "added", "removed")} | {"differs": "not as on the other side"}

#: Width of a character in a wide sans-serif font, as a part of the font size.
_WIDTHS = {**dict.fromkeys("ijl.,:;|'!", 0.32), **dict.fromkeys("frt()[]-/ ", 0.4), **dict.fromkeys("mwMW@", 0.95)}


def as_svg(
    outlines: Sequence[Outline], titles: Sequence[str] = (), names: tuple[str, str] = ("svg-title", "svg-about")
) -> str:
    """The layouts one below the other, or beside the one before where they say so.

    titles: what to call each, when there are several. names: ids of the title and the description, for a page with
    more than one drawing.
    """
    pages = [page(layout) for layout in outlines]
    columns = _columns(outlines, pages)
    width = max(x + size for x, size in columns) + MARGIN
    parts: list[str] = []
    top = y = lowest = MARGIN
    for number, (layout, box) in enumerate(zip(outlines, pages, strict=True)):
        x, size = columns[number]
        top = y = top if x > MARGIN else lowest
        parts += _heading(layout, titles[number] if titles else "", x, y, size)
        y += TITLE_HEIGHT
        y += _draw_legend(list(_legend(box)), x, y, size, parts)
        box.move(x, y)
        for child in box.children:
            parts += _draw(child, number)
        lowest = max(lowest, y + box.height + MARGIN * 1.5)
        lowest += _draw_notes(layout, MARGIN, lowest, width - 2 * MARGIN, parts)
    height = lowest - MARGIN * 0.5
    extent = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
    name = " and ".join(layout.name for layout in outlines)
    about = "; ".join(f"{layout.machine}, {layout.summary}" for layout in outlines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{" ".join(names)}" {extent}>'
        f'<title id="{names[0]}">Device layout of {escape(name)}</title><desc id="{names[1]}">{escape(about)}</desc>'
        f'<style>{STYLE}</style><rect width="100%" height="100%" class="page"/>{"".join(parts)}</svg>\n'
    )


def _columns(outlines: Sequence[Outline], pages: Sequence[Box]) -> list[tuple[float, float]]:
    """Left edge and width of each layout: all of one width, but for those that are side by side."""
    alone = max([NARROWEST, *(box.width for box in pages)])
    found: list[tuple[float, float]] = []
    for number, (layout, box) in enumerate(zip(outlines, pages, strict=True)):
        if layout.beside and found:
            x, size = found[-1]
            found.append((x + size + 2 * MARGIN, max(NARROWEST, box.width)))
        else:
            beside = number + 1 < len(outlines) and outlines[number + 1].beside
            found.append((MARGIN, max(NARROWEST / 2, box.width) if beside else alone))
    return found


def _heading(layout: Outline, title: str, x: float, y: float, width: float) -> Iterator[str]:
    name = f"{title}: {layout.name}" if title else layout.name
    yield _text(x, y + 20, name, "t", width)
    yield _text(x, y + 42, f"{layout.machine} · {layout.summary}", "s", width)


def _legend(box: Box) -> Iterator[tuple[str, str]]:
    """The style and the words of each sign that the drawing has."""
    boxes = list(box.walk())
    items = [inner.item for inner in boxes]
    ports = [item for item in items if item.role == "port"]
    if any(item.hotplug not in ("off", None) for item in ports):
        yield "strip", "port with hotplug"
    if any(item.hotplug == "off" for item in ports):
        yield "off", "port without hotplug"
    if any(item.role == "free" for item in items):
        yield "free", "free place"
    if any(item.added for item in items):
        yield "", "+ not in the document"
    for mark, words in _MARKS.items():
        if any(item.mark == mark for item in items):
            yield f"card {mark}", words
    shown = {class_of(inner.item.kind) for inner in boxes if inner.kind == "card" and _has_bar(inner.item)}
    yield from ((bar(name), name) for name in LIGHT.kinds if name in shown)
    for node in sorted({item.node for item in items if item.node is not None}):
        yield f"area {area(node)}", f"NUMA cell {node}"


def _draw_notes(layout: Outline, left: float, y: float, width: float, parts: list[str]) -> float:
    """Append the notes of a layout, a line each, and once what many say; returns their height."""
    notes = list(folded_notes(layout.notes))
    for number, note in enumerate(notes):
        parts.append(_text(left, y + 10 + number * NOTE_ROW, note, "d", width))
    return NOTE_ROW * len(notes) + (MARGIN / 2 if notes else 0)


def _draw_legend(entries: list[tuple[str, str]], left: float, y: float, width: float, parts: list[str]) -> float:
    """Append the legend in as many rows as it takes; returns its height."""
    x, top = left, y
    for style, words in entries:
        size = _width(words, 12.5 if not style else 11) + 18 + (22 if style else 0)
        if x > left and x + size - 18 > left + width:
            x, y = left, y + LEGEND_ROW
        if style:
            parts.append(f'<rect x="{_n(x)}" y="{_n(y)}" width="16" height="12" rx="3" class="{style}"/>')
            parts.append(_text(x + 22, y + 10, words, "d", 400))
        else:
            parts.append(_text(x, y + 10, words, "n g", 400))
        x += size
    return y - top + LEGEND_HEIGHT


def _draw(box: Box, number: int) -> Iterator[str]:
    """One box with its tooltip, and what is inside it."""
    item = box.item
    ref = f' data-ref="{number}:{escape(item.ref)}"' if item.ref else ""
    yield f'<g class="box"{ref}><title>{escape(tooltip(item))}</title>'
    if box.kind == "panel":
        yield from _panel(box)
    elif box.kind == "frame":
        yield from _frame(box)
    elif box.kind == "port":
        yield from _port(box)
    elif box.kind == "free":
        yield from _free(box)
    elif box.kind == "line":
        yield from _line(box)
    else:
        yield from _card(box)
    yield "</g>"
    for child in box.children:
        yield from _draw(child, number)


def _panel(box: Box) -> Iterator[str]:
    item = box.item
    yield _rect(box, f'rx="10" class="area {area(item.node)}"')
    words = [item.label] if item.role != "host" else [item.name, *([item.model] if item.model else [])]
    if item.bus:
        words.append(f"bus {item.bus} in the guest")
    x, width = box.x + PAD, box.width - 2 * PAD
    if item.role == "expander":
        node = "any NUMA cell" if item.node is None else f"NUMA cell {item.node}"
        yield _text(x, box.y + 18, node, "h", width)
        about = f"{' · '.join(words)} · at {item.place or '?'}"
        if _width(about, SIZES["d"]) > width:
            about = " · ".join(filter(None, (item.name, item.bus and f"bus {item.bus}", item.place)))
        yield _text(x, box.y + 35, about, "d", width)
        return
    if item.node is not None:
        words.append(f"NUMA cell {item.node}")
    yield _text(x, box.y + 20, words[0], "h", width)
    yield _text(x + _width(words[0], 13.5) + 14, box.y + 20, " · ".join(words[1:]), "d", width - _width(words[0], 13.5))


def _frame(box: Box) -> Iterator[str]:
    item = box.item
    yield _rect(box, f'rx="6" class="frame{_mark(item)}"')
    x, width = box.x + PAD, box.width - 2 * PAD
    yield _text(x, box.y + 19, item.name, "n", width)
    rest = " · ".join(filter(None, (item.model, item.place, f"bus {item.bus}" if item.bus else None, item.elsewhere)))
    start = _width(item.name, 12.5) + 10
    yield _text(x + start, box.y + 19, rest, "d", width - start)
    yield from _plus(box)


def _port(box: Box) -> Iterator[str]:
    item = box.item
    off = item.hotplug == "off"
    yield _rect(box, f'rx="6" class="port{" offline" if off else ""}{_mark(item)}"')
    yield (
        f'<path d="M{_n(box.x)} {_n(box.y + box.head)}v{_n(6 - box.head)}q0-6 6-6h{_n(box.width - 12)}q6 0 6 6'
        f'v{_n(box.head - 6)}z" class="{"off" if off else "strip"}"/>'
    )
    y = box.y + 14
    yield _text(box.x + 8, y, item.name, "n w", 64)
    yield _text(box.x + 66, y, item.place or "", "p w", 52)
    numbers = f"bus {item.bus}" if item.bus else "" if item.hotplug is None else "no bus number"
    yield _text(box.x + box.width - 8, y, numbers, "p w", 64, end=True)
    yield from _plus(box, "w", box.x + 58)


def _free(box: Box) -> Iterator[str]:
    item = box.item
    fixed = item.hotplug in ("off", "never")
    yield _rect(_inset(box, 3), f'rx="5" class="free{" fixed" if fixed else ""}"')
    centre = box.x + box.width / 2
    y = box.y + box.height / 2
    yield _text(centre, y + (-1 if fixed else 4), item.label, "n" if fixed else "n g", box.width - 16, middle=True)
    if fixed:
        yield _text(centre, y + 12, "not while the guest runs", "k", box.width - 16, middle=True)


def _line(box: Box) -> Iterator[str]:
    item = box.item
    yield (
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height - 2)}" rx="3" '
        f'class="chip{_mark(item)}"/>'
    )
    place = (item.place or "").rpartition(":")[2] if item.guest else item.place or ""
    kept = _width(place, 10.5) + 14
    plus = " +" if item.added else ""
    name = item.label if item.name == item.kind else item.name
    yield _text(box.x + 6, box.y + 11.5, name + plus, "p", box.width - 8 - kept)
    yield _text(box.x + box.width - 5, box.y + 11.5, place, "k", kept, end=True)


def _card(box: Box) -> Iterator[str]:
    item = box.item
    if item.role == "expander":
        yield _rect(box, f'rx="6" class="{area(item.node)}{_mark(item)}"')
    elif item.role == "chipset":
        yield _rect(box, 'rx="6" class="chip"')
    else:
        yield _rect(box, f'rx="6" class="card{_mark(item)}"')
        height = (box.head or box.height) - 12
        stripe = Box("card", item, 3, height, x=box.x + 4, y=box.y + 6)
        yield _rect(stripe, f'rx="1.5" class="{bar(class_of(item.kind))}"')
    x, width = box.x + 13, box.width - 20
    yield _text(x, box.y + 17, item.name or item.label, "d" if item.role == "chipset" else "n", width - 14)
    yield _text(x, box.y + 31, _about(item), "k", width)
    yield _text(x, box.y + 47, _where(item), "p", width)
    yield from _plus(box)


def _about(item: Item) -> str:
    """The second line of a card: kind and model."""
    if item.role == "chipset":
        return item.place or ""
    if item.role == "expander":
        return "expander bus" + ("" if item.node is None else f", cell {item.node}")
    kind = "" if item.name == item.kind or (item.kind == "controller" and item.model) else item.kind
    return " · ".join(filter(None, (kind, item.model)))


def _where(item: Item) -> str:
    """The third line: address and names in the guest, or where it was in the other layout."""
    if item.role == "chipset":
        return ""
    if item.elsewhere:
        return f"{item.place or 'no address'} ({item.elsewhere})"
    return "  ".join(filter(None, (item.place, *item.names)))


def tooltip(item: Item) -> str:
    """Everything that is known of an item, a line each."""
    lines = [item.label]
    if item.ref and item.ref not in item.label:
        lines.append(f"reference {item.ref}")
    if item.place and item.role != "free":
        lines.append(f"address {item.place}")
    if item.guest:
        lines.append(f"in the guest {item.guest}")
    if item.bus:
        lines.append(f"bus {item.bus} in the guest")
    if item.node is not None:
        lines.append(f"NUMA cell {item.node}")
    if item.hotplug:
        lines.append(
            {"default": "hotplug: on by default", "never": "no hotplug"}.get(item.hotplug, f"hotplug: {item.hotplug}")
        )
    if item.names:
        lines.append(f"network name {', '.join(item.names)}")
    if item.mark:
        lines.append(item.mark + (f", {item.elsewhere}" if item.elsewhere else ""))
    if item.reason:
        lines.append(item.reason)
    return "\n".join(lines)


def _mark(item: Item) -> str:
    return f" {item.mark}" if item.mark else ""


def _plus(box: Box, style: str = "g", x: float | None = None) -> Iterator[str]:
    """The sign of what was not in the document."""
    if box.item.added:
        yield _text(box.x + box.width - 9 if x is None else x, box.y + 15, "+", f"n {style}", 20, end=True)


def _has_bar(item: Item) -> bool:
    """Whether the card of an item shows its class of device."""
    return item.role not in ("expander", "chipset")


def _inset(box: Box, by: float) -> Box:
    return Box(box.kind, box.item, box.width - 2 * by, box.height - 2 * by, x=box.x + by, y=box.y + by)


def _rect(box: Box, style: str) -> str:
    return f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" {style}/>'


def _text(x: float, y: float, words: str, style: str, width: float, *, end: bool = False, middle: bool = False) -> str:
    """A line of text, cut to a width; nothing if there are no words."""
    if not words:
        return ""
    anchor = ' text-anchor="end"' if end else ' text-anchor="middle"' if middle else ""
    shown = _cut(words, SIZES.get(style.split()[0], 11.0), width)
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{style}"{anchor}>{escape(shown)}</text>'


def _cut(words: str, size: float, width: float) -> str:
    if _width(words, size) <= width:
        return words
    while words and _width(words, size) + 0.8 * size > width:
        words = words[:-1]
    return words.rstrip() + "…"


def _width(words: str, size: float) -> float:
    return size * sum(_WIDTHS.get(char, 0.6 if not char.isupper() else 0.7) for char in words)


def _n(number: float) -> str:
    """A number without needless digits."""
    return f"{number:.1f}".removesuffix(".0")


#: Markup, and characters that XML cannot hold: controls, halves of surrogate pairs, and two that are none.
_ESCAPES: dict[int, str | None] = {
    **dict.fromkeys((*range(32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)),
    **{ord("\n"): "\n", ord("\t"): "\t", ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"},
}


def escape(text: str | None) -> str:
    """Text for XML: markup escaped, and what XML cannot hold left out."""
    return (text or "").translate(_ESCAPES)
