"""Where each box of a drawing goes: cards of one width that flow into rows, inside frames that hold them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from devaddr_xml.views.outline import Item, Outline

BoxKind = Literal["page", "panel", "frame", "port", "card", "line", "free"]

#: Sizes in pixels.
CARD_WIDTH = 176.0
CARD_HEIGHT = 58.0
SMALL_HEIGHT = 40.0
STRIP_HEIGHT = 20.0
LINE_HEIGHT = 17.0
HEAD_HEIGHT = 30.0
TALL_HEAD_HEIGHT = 44.0
GAP = 8.0
PAD = 10.0

#: How much higher a box is made to be as high as its row.
MOST_STRETCH = 36.0

#: Lines of what hangs on a controller before its card gets a second column.
LINES = 8
FEWEST_COLUMNS, MOST_COLUMNS = 4, 10


class Box(msgspec.Struct, eq=False):
    """A rectangle with an item, and the boxes inside it; x and y are relative to the page once they are placed."""

    kind: BoxKind
    item: Item
    width: float
    height: float
    head: float = 0.0
    x: float = 0.0
    y: float = 0.0
    children: list[Box] = msgspec.field(default_factory=list)

    def walk(self) -> Iterator[Box]:
        """This box and those inside it, from the outside inwards."""
        yield self
        for child in self.children:
            yield from child.walk()

    def move(self, x: float, y: float) -> None:
        """Shift the box with everything inside."""
        for box in self.walk():
            box.x += x
            box.y += y


def page(layout: Outline) -> Box:
    """The boxes of a layout, placed from (0, 0): panels that flow, with cards that flow inside them.

    The width is the one, of those near a pleasing shape, that leaves the least empty.
    """
    middle = _columns(layout)
    widths = range(max(FEWEST_COLUMNS, middle - 1), min(MOST_COLUMNS, middle + 2) + 1)
    return min((_page(layout, columns) for columns in widths), key=_ugliness)


def _page(layout: Outline, columns: int) -> Box:
    width = columns * (CARD_WIDTH + GAP) + 4 * PAD - GAP
    panels: list[Box] = []
    for section in layout.sections:
        panels += _panels(section, width)
    height = flow(panels, width, stretch=True)
    whole = Item(role="group", label=layout.name, name=layout.name)
    return Box("page", whole, width, height, children=panels)


def _columns(layout: Outline) -> int:
    cards = sum(item.role in ("device", "controller", "free") for item in layout.walk())
    return max(FEWEST_COLUMNS, min(MOST_COLUMNS, math.ceil(math.sqrt(0.9 * cards))))


def _ugliness(box: Box) -> float:
    """The area, made worse the farther the shape is from one and a half times as wide as high."""
    shape = box.width / max(box.height, 1.0)
    return box.width * box.height * (1 + 0.15 * abs(math.log(shape / 1.5)))


def _panels(section: Item, width: float) -> list[Box]:
    """The panel of a section, and one for each expander bus in it."""
    expanders = [child for child in section.children if child.role == "expander"]
    panels = [_container("panel", section, HEAD_HEIGHT, width)]
    return [*panels, *(_container("panel", expander, TALL_HEAD_HEIGHT, width) for expander in expanders)]


def _container(kind: BoxKind, item: Item, head: float, width: float) -> Box:
    """A box with a heading and the children's boxes below it, as narrow as they allow."""
    inner = width - 2 * PAD
    boxes = sorted((_box(child, inner) for child in item.children), key=lambda box: box.width > CARD_WIDTH)
    height = flow(boxes, inner, stretch=True)
    used = max([CARD_WIDTH, *(box.x + box.width for box in boxes)])
    for box in boxes:
        box.move(PAD, head)
    return Box(kind, item, used + 2 * PAD, head + height + (PAD if boxes else 0), head, children=boxes)


def _box(item: Item, width: float) -> Box:
    if item.role == "expander":
        card = msgspec.structs.replace(item, children=[])
        return Box("card", card, CARD_WIDTH, CARD_HEIGHT)
    if item.role == "port":
        return _port(item, width)
    if item.role == "bridge":
        return _container("frame", item, HEAD_HEIGHT, width)
    if item.role == "free":
        return Box("free", item, CARD_WIDTH, SMALL_HEIGHT)
    if item.role == "chipset":
        return Box("card", item, CARD_WIDTH, SMALL_HEIGHT)
    return _card(item, width)


def _port(item: Item, width: float) -> Box:
    """A port with its strip: around a card, a bridge or a switch, or, when functions share the slot, lines."""
    devices = [child for child in item.children if child.role != "free"]
    if len(devices) > 1 and all(not child.children for child in devices):
        return _with_lines(Box("port", item, CARD_WIDTH, STRIP_HEIGHT + GAP / 2, STRIP_HEIGHT), devices, CARD_WIDTH)
    inside = [_box(child, width - 2) for child in item.children]
    height = flow(inside, max(width - 2, CARD_WIDTH), stretch=False)
    used = max([CARD_WIDTH, *(box.x + box.width for box in inside)])
    if used > CARD_WIDTH or len(inside) > 1:
        used += 2
    for box in inside:
        if len(inside) == 1:
            box.width = used - 2
        box.move(1, STRIP_HEIGHT)
    return Box("port", item, used, STRIP_HEIGHT + (height or SMALL_HEIGHT) + 1, STRIP_HEIGHT, children=inside)


def _card(item: Item, width: float) -> Box:
    """A card; what hangs on a controller is one line each below its heading, in columns when it is much."""
    plain = item.place is None and not item.names and not item.children and not item.mark
    head = SMALL_HEIGHT if plain else CARD_HEIGHT
    box = Box("card", item, CARD_WIDTH, head, head)
    return _with_lines(box, item.children, width) if item.children else box


def _with_lines(box: Box, items: Sequence[Item], width: float) -> Box:
    most = max(1, int((width + GAP) // (CARD_WIDTH + GAP)))
    columns = min(most, math.ceil(len(items) / LINES))
    rows = math.ceil(len(items) / columns)
    step = CARD_WIDTH + GAP
    box.width = columns * step - GAP
    top = box.height - (GAP / 2 if box.kind == "port" else 0)
    for number, item in enumerate(items):
        column, row = divmod(number, rows)
        line = Box("line", item, CARD_WIDTH - 10, LINE_HEIGHT, x=4 + column * step, y=top + row * LINE_HEIGHT)
        box.children.append(line)
    box.height = top + rows * LINE_HEIGHT + GAP / 2
    return box


def flow(boxes: Sequence[Box], width: float, stretch: bool) -> float:
    """Put boxes into rows from left to right; the height of all rows. stretch: cards of a row become equally high."""
    y = 0.0
    row: list[Box] = []
    x = 0.0

    def close() -> float:
        height = max((box.height for box in row), default=0.0)
        if row[-1].kind == "panel" and len(row) == 1:
            row[-1].width = width
        for box in row:
            if stretch and (box.kind == "panel" or height - box.height <= MOST_STRETCH):
                _stretch(box, height)
        row.clear()
        return height

    for box in boxes:
        if row and x + box.width > width + 0.5:
            y += close() + GAP
            x = 0.0
        box.move(x, y)
        row.append(box)
        x += box.width + GAP
    return y + close() if row else max(y - GAP, 0.0)


def _stretch(box: Box, height: float) -> None:
    """Make a box higher, and with a port the one card in it."""
    more = height - box.height
    box.height = height
    if box.kind == "port" and len(box.children) == 1 and box.children[0].kind in ("card", "free"):
        box.children[0].height += more
