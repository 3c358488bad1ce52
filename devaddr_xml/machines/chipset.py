"""What each chipset keeps on PCI bus 0: functions of its own, pinned controllers, and favoured slots."""

from __future__ import annotations

import msgspec


class Pin(msgspec.Struct, frozen=True):
    """A controller that exists at one place only: type, index, models (empty for any), slot and function.

    reserved: whether its place is taken at once; otherwise another device there is found out as a conflict later.
    """

    type: str
    index: int
    models: tuple[str | None, ...]
    slot: int
    function: int
    reserved: bool


class Favour(msgspec.Struct, frozen=True):
    """A controller model that takes the first free one of certain slots when it has no address at all."""

    type: str
    model: str
    slots: tuple[int, ...]
    multifunction: bool


class Chipset(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one chipset for bus 0.

    own: (slot, function, name) of its own functions. video_slot: of the first video device. sound: the model whose
    first device takes sound_slot if that is free. kept: slots that integrated endpoints leave alone.
    """

    pins: tuple[Pin, ...] = ()
    favours: tuple[Favour, ...] = ()
    own: tuple[tuple[int, int, str], ...] = ()
    video_slot: int = 0
    sound: str | None = None
    sound_slot: int = 0
    express: bool = False
    kept: tuple[int, ...] = ()


CHIPSETS: dict[str, Chipset] = {
    "i440fx": Chipset(
        pins=(
            Pin("ide", 0, (), 0x01, 1, True),
            Pin("usb", 0, ("piix3-uhci", None), 0x01, 2, True),
        ),
        own=((0x01, 0, "the PIIX3 ISA bridge"), (0x01, 3, "the PIIX3 power management")),
        video_slot=0x02,
        kept=(0x01, 0x02),
    ),
    "q35": Chipset(
        pins=(Pin("sata", 0, (), 0x1F, 2, False),),
        favours=(
            Favour("usb", "ich9-uhci1", (0x1D, 0x1A), True),
            Favour("pci", "dmi-to-pci-bridge", (0x1E,), False),
        ),
        own=((0x1F, 0, "the ICH9 ISA bridge"), (0x1F, 3, "the ICH9 SMBus")),
        video_slot=0x01,
        sound="ich9",
        sound_slot=0x1B,
        express=True,
        kept=(0x01, 0x1B, 0x1D, 0x1F),
    ),
}

NO_CHIPSET = Chipset()


def chipset_of(family: str) -> Chipset:
    """The chipset rules of a machine family; most families have none."""
    return CHIPSETS.get(family, NO_CHIPSET)
