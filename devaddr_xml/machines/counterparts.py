"""What takes the place of a chipset's own device on another machine family, by kind and model."""

from __future__ import annotations

#: Kind and model, and the model that does the same work on each family. A model that is not here stays.
COUNTERPARTS: dict[tuple[str, str], dict[str, str]] = {
    ("sound", "ac97"): {"q35": "ich9"},
    ("sound", "ich9"): {"i440fx": "ac97"},
    ("watchdog", "ib700"): {"q35": "itco"},
    ("watchdog", "itco"): {"i440fx": "ib700"},
    ("panic", "isa"): {"arm-virt": "pvpanic", "riscv-virt": "pvpanic", "loongarch-virt": "pvpanic"},
}

#: USB controllers that are part of the PIIX chipset; another family has its own.
PIIX_USB = frozenset(("piix3-uhci", "piix4-uhci"))


def counterpart(kind: str, model: str | None, family: str) -> str | None:
    """The model that stands for ``model`` on another machine family; unset where it stays the same."""
    return COUNTERPARTS.get((kind, model or ""), {}).get(family)
