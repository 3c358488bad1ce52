"""The colours of a drawing, for light and dark pages, and the sizes of its text."""

from __future__ import annotations

import msgspec


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """One set of colours. Every text has a contrast of at least 4.5 to what is behind it; a test holds that.

    page, ink, faint: the page, text, and lesser text. card, chip, line: boxes and their outlines. port, closed: the
    strip of a port with hotplug and without. on_strip: text on either. free: free places. accent: what moved or
    changed. added, removed: in a comparison. cells: area and outline of each guest NUMA cell; they repeat after the
    last. no_cell: of what belongs to no cell. kinds: the bar on a card, by class of device.
    """

    page: str
    ink: str
    faint: str
    card: str
    chip: str
    line: str
    port: str
    closed: str
    on_strip: str
    free: str
    accent: str
    added: str
    removed: str
    focus: str
    cells: tuple[tuple[str, str], ...]
    no_cell: tuple[str, str]
    kinds: dict[str, str]


LIGHT = Theme(
    page="#ffffff",
    ink="#1d2733",
    faint="#4b5766",
    card="#ffffff",
    chip="#eef1f5",
    line="#b4bec9",
    port="#43586f",
    closed="#6a5a45",
    on_strip="#ffffff",
    free="#1c6b36",
    accent="#b86b00",
    added="#1c7a3a",
    removed="#c02828",
    focus="#c0006a",
    cells=(
        ("#e3effd", "#3b82d6"),
        ("#fdeedd", "#c96f16"),
        ("#e3f6e8", "#2f9e52"),
        ("#f4e7fb", "#9a4fc4"),
        ("#fde6ea", "#d1435b"),
        ("#ddf5f5", "#1c8a8a"),
        ("#f6f1d6", "#8f780c"),
        ("#ebe9fb", "#635bd0"),
    ),
    no_cell=("#f3f5f8", "#8a97a8"),
    kinds={
        "storage": "#2f6fd0",
        "network": "#12897a",
        "host device": "#c06a08",
        "controller": "#6b4fd0",
        "graphics and sound": "#c2408f",
        "other device": "#7a8797",
    },
)

DARK = Theme(
    page="#14191f",
    ink="#e8edf3",
    faint="#b4bfcc",
    card="#222a33",
    chip="#2b343f",
    line="#526070",
    port="#9fb6cf",
    closed="#c9b491",
    on_strip="#10161c",
    free="#79d897",
    accent="#f0a63c",
    added="#5fce84",
    removed="#ff8a80",
    focus="#ff7ac0",
    cells=(
        ("#1a2c42", "#5a9be0"),
        ("#3a2a17", "#e0994f"),
        ("#18331f", "#58c37c"),
        ("#31203d", "#bd83e0"),
        ("#3d2026", "#ea7d90"),
        ("#143334", "#4fc0c0"),
        ("#35301a", "#cbb548"),
        ("#26244a", "#938cf0"),
    ),
    no_cell=("#1c232b", "#76869a"),
    kinds={
        "storage": "#6fa5f5",
        "network": "#3fc7b3",
        "host device": "#f0a04a",
        "controller": "#a58cf5",
        "graphics and sound": "#ee80bf",
        "other device": "#9aa8b8",
    },
)

#: The class of device of each kind, for the bar on its card; every other kind is an "other device".
KIND_CLASSES = {
    "disk": "storage",
    "filesystem": "storage",
    "interface": "network",
    "hostdev": "host device",
    "controller": "controller",
    "video": "graphics and sound",
    "sound": "graphics and sound",
    "graphics": "graphics and sound",
}
OTHER_KIND = "other device"

#: Font sizes in pixels, by class of text.
SIZES = {"t": 20.0, "s": 12.0, "h": 13.5, "d": 11.0, "n": 12.5, "k": 10.5, "p": 10.5}

_SHAPES = """
text{font-family:Inter,"Helvetica Neue",Arial,"Liberation Sans","DejaVu Sans",sans-serif}
.t{font-size:20px;font-weight:700}.s{font-size:12px}.h{font-size:13px;font-weight:700}.d{font-size:11px}
.n{font-size:12px;font-weight:700}.k,.p{font-size:10.5px}.m{font-weight:700}
.area{stroke-width:1.5}.free{stroke-dasharray:5 4}
.moved,.added,.removed,.differs{stroke-width:2.5}.changed{stroke-width:2.5;stroke-dasharray:6 3}
.box:hover>rect:first-of-type{stroke-width:2.5}
""".strip().replace("\n", "")


def class_of(kind: str) -> str:
    """The class of device whose bar a card of that kind has."""
    return KIND_CLASSES.get(kind, OTHER_KIND)


def bar(kind_class: str) -> str:
    """The style class of the bar of a class of device."""
    return "b" + kind_class.split()[0]


def area(node: int | None) -> str:
    """The style class of the area of a guest NUMA cell."""
    return "an" if node is None else f"a{node % len(LIGHT.cells)}"


def colours(theme: Theme) -> str:
    """The rules that colour a drawing by one theme."""
    t = theme
    rules = [
        f".page{{fill:{t.page}}}text{{fill:{t.ink}}}",
        f".s,.d,.k{{fill:{t.faint}}}.w{{fill:{t.on_strip}}}.g{{fill:{t.free}}}.m{{fill:{t.accent}}}",
        f".card{{fill:{t.card};stroke:{t.line}}}.chip{{fill:{t.chip};stroke:{t.line}}}",
        f".free{{fill:{t.card};stroke:{t.free}}}.fixed{{stroke:{t.line}}}",
        f".port{{fill:{t.card};stroke:{t.port}}}.strip{{fill:{t.port}}}",
        f".off{{fill:{t.closed}}}.offline{{stroke:{t.closed}}}.frame{{fill:{t.card};stroke:{t.port}}}",
        f".moved,.changed,.differs{{stroke:{t.accent}}}.added{{stroke:{t.added}}}.removed{{stroke:{t.removed}}}",
        f".box:hover>rect:first-of-type,.lit>rect:first-of-type{{stroke:{t.ink}}}",
        *(f".a{n}{{fill:{fill};stroke:{line}}}" for n, (fill, line) in enumerate(t.cells)),
        f".an{{fill:{t.no_cell[0]};stroke:{t.no_cell[1]}}}",
        *(f".{bar(name)}{{fill:{colour}}}" for name, colour in t.kinds.items()),
    ]
    return "".join(rules)


#: The whole style of a drawing: dark where the reader's page is dark.
STYLE = f"{_SHAPES}{colours(LIGHT)}@media(prefers-color-scheme:dark){{{colours(DARK)}}}"
