"""A layout as a tree of text, for a terminal of any width or a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from textwrap import wrap

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from devaddr_xml.views.folding import folded, folded_notes
from devaddr_xml.views.outline import Item, Outline

#: Colours of the eight-colour palette only, so that they suit dark and light terminals.
_ROLES = {
    "host": "bold",
    "root": "bold",
    "expander": "bold magenta",
    "port": "cyan",
    "bridge": "cyan",
    "controller": "blue",
    "foreign": "yellow",
    "free": "green",
    "chipset": "dim",
    "group": "bold",
}
_MARKS = {
    "added": "bold green",
    "removed": "bold red",
    "moved": "bold yellow",
    "changed": "bold yellow",
    "differs": "bold yellow",
}

#: Wide enough for any line when nobody says how wide the page is.
PIPE_WIDTH = 4096

#: Columns between two layouts that are side by side.
_GAP = 4


def as_text(
    outlines: Sequence[Outline],
    titles: Sequence[str] = (),
    width: int | None = None,
    colour: bool = False,
    fold: bool = False,
) -> str:
    """The layouts one below the other.

    titles: what to call each, when there are several. width: columns to fit into, unlimited if unset. colour: with the
    codes that colour a terminal. fold: of many rows that are alike, show the first and the last.
    """
    out = StringIO()
    console = Console(
        file=out,
        width=width or PIPE_WIDTH,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    trees = [
        _tree(layout, titles[number] if titles else "", fold, console.width) for number, layout in enumerate(outlines)
    ]
    for row in _rows(outlines, trees, console):
        console.print(row, no_wrap=True, overflow="ellipsis", crop=True)
    notes = [note for layout in outlines for note in layout.notes]
    for note in folded_notes(notes) if fold else notes:
        console.print(_fit(Text(_printable(note), style=_MARKS["differs"])), crop=True)
    lines = out.getvalue().splitlines()
    return "".join(line.rstrip() + "\n" for line in lines)


def _rows(outlines: Sequence[Outline], trees: Sequence[Tree], console: Console) -> Iterator[Tree | Table]:
    """The trees; where one belongs beside the one before it, and both fit, they are columns of one row."""
    at = 0
    while at < len(trees):
        both = trees[at : at + 2]
        if at + 1 < len(trees) and outlines[at + 1].beside:
            widths = [Measurement.get(console, console.options, tree).maximum for tree in both]
            if sum(widths) + _GAP <= console.width:
                grid = Table.grid(padding=(0, _GAP, 0, 0))
                grid.add_row(*both)
                yield grid
                at += 2
                continue
        yield trees[at]
        at += 1


def _tree(layout: Outline, title: str, fold: bool, width: int) -> Tree:
    name = f"{title}: {layout.name}" if title else layout.name
    head = Text(_printable(name), style="bold")
    for part in (layout.machine, layout.summary):
        short = len(head.plain.rpartition("\n")[2]) + len(part) + 2 <= width
        head.append(f"  {part}" if short else "\n" + "\n".join(wrap(part, width)), style="dim")
    tree = Tree(_fit(head), guide_style="dim")
    for section in layout.sections:
        _grow(tree, section, fold)
    return tree


def _grow(tree: Tree, item: Item, fold: bool) -> None:
    branch = tree.add(_fit(_line(item)))
    for child in folded(item.children) if fold else item.children:
        if isinstance(child, int):
            branch.add(Text(f"… {child:,} more like these", style="dim"))
        else:
            _grow(branch, child, fold)


def _fit(text: Text) -> Text:
    text.no_wrap = True
    text.overflow = "ellipsis"
    return text


def _line(item: Item) -> Text:
    text = Text()
    if item.place:
        text.append(f"{item.place}  ", style="dim" if item.role == "chipset" else "")
    text.append(_printable(item.label), style=_ROLES.get(item.role, ""))
    for detail in _details(item):
        text.append(f"  {detail}", style="dim")
    if item.added:
        text.append("  +", style="green")
    if item.mark:
        elsewhere = f" ({item.elsewhere})" if item.elsewhere else ""
        text.append(f"  {item.mark}{elsewhere}", style=_MARKS[item.mark])
    return text


def _details(item: Item) -> list[str]:
    """What is stated behind a label, the most useful first, since narrow terminals cut it off."""
    details: list[str] = []
    if item.bus:
        details.append(f"bus {item.bus}")
    if item.role in ("port", "free") and item.hotplug in ("off", "never"):
        details.append("no hotplug")
    if item.role in ("root", "expander") and item.node is not None:
        details.append(f"NUMA node {item.node}")
    if item.role == "host" and item.node is not None:
        details.append(f"guest cell {item.node}")
    details += item.names
    if item.guest and item.place and item.guest.removeprefix("0000:") != item.place:
        details.append(f"in the guest {item.guest.removeprefix('0000:')}")
    return details


def _printable(text: str) -> str:
    """Names come from the document: what a terminal could take for a command is escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
