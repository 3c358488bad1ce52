"""One immutable class for each type of device address (libvirt formatdomain: address)."""

from __future__ import annotations

import msgspec


class PciAddress(msgspec.Struct, frozen=True, gc=False, tag="pci", tag_field="type", omit_defaults=True):
    """A place on a PCI bus.

    domain: always 0 in a guest; bus: index 0-255 of the PCI controller that provides the bus (not the
    number that the guest sees); slot 0-31; function 0-7. All of domain, bus and slot zero means
    "a PCI address is wanted". zpci_uid 1-65535 and zpci_fid 0-4294967295 exist on s390x only.
    """

    domain: int = 0
    bus: int = 0
    slot: int = 0
    function: int = 0
    multifunction: bool | None = None
    zpci_uid: int | None = None
    zpci_fid: int | None = None

    @property
    def empty(self) -> bool:
        """Whether the address only says that a PCI address is wanted."""
        return not (self.bus or self.slot or self.domain)

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}.{self.function:x}"


class DriveAddress(msgspec.Struct, frozen=True, gc=False, tag="drive", tag_field="type", omit_defaults=True):
    """A place on a disk controller: controller index, bus, target and unit, all from 0."""

    controller: int = 0
    bus: int = 0
    target: int = 0
    unit: int = 0

    def __str__(self) -> str:
        return f"controller {self.controller} bus {self.bus} target {self.target} unit {self.unit}"


class UsbAddress(msgspec.Struct, frozen=True, gc=False, tag="usb", tag_field="type", omit_defaults=True):
    """A USB port: index of the USB controller, and the path of one to four port numbers (from 1) through hubs."""

    bus: int = 0
    port: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"bus {self.bus} port {'.'.join(map(str, self.port)) or '-'}"


class VirtioSerialAddress(
    msgspec.Struct, frozen=True, gc=False, tag="virtio-serial", tag_field="type", omit_defaults=True
):
    """A port of a virtio-serial controller; port 0 means "any port of that controller"."""

    controller: int = 0
    bus: int = 0
    port: int = 0

    def __str__(self) -> str:
        return f"controller {self.controller} bus {self.bus} port {self.port}"


class CcidAddress(msgspec.Struct, frozen=True, gc=False, tag="ccid", tag_field="type", omit_defaults=True):
    """A slot of a smartcard (CCID) controller."""

    controller: int = 0
    slot: int = 0

    def __str__(self) -> str:
        return f"controller {self.controller} slot {self.slot}"


#: The channel subsystem and subchannel set of virtual devices, and how an address there begins.
VIRTUAL_CSSID, VIRTUAL_SSID = 0xFE, 0
VIRTUAL_CHANNELS = f"{VIRTUAL_CSSID:x}.{VIRTUAL_SSID:x}."


class CcwAddress(msgspec.Struct, frozen=True, gc=False, tag="ccw", tag_field="type", omit_defaults=True):
    """An s390 channel device number: cssid 0-254, ssid 0-3, devno 0-65535; all unset means one is wanted."""

    cssid: int | None = None
    ssid: int | None = None
    devno: int | None = None

    @property
    def complete(self) -> bool:
        """Whether the number is known."""
        return self.devno is not None

    def __str__(self) -> str:
        if self.cssid is None or self.ssid is None or self.devno is None:
            return "ccw (any)"
        return f"{self.cssid:x}.{self.ssid:x}.{self.devno:04x}"


class SpaprVioAddress(msgspec.Struct, frozen=True, gc=False, tag="spapr-vio", tag_field="type", omit_defaults=True):
    """A register of the pSeries virtual I/O bus, 0-0xffffffff; unset means one is wanted."""

    reg: int | None = None

    def __str__(self) -> str:
        return "spapr-vio (any)" if self.reg is None else f"reg 0x{self.reg:08x}"


class VirtioMmioAddress(msgspec.Struct, frozen=True, gc=False, tag="virtio-mmio", tag_field="type"):
    """A memory-mapped virtio transport; QEMU picks which."""

    def __str__(self) -> str:
        return "virtio-mmio"


class IsaAddress(msgspec.Struct, frozen=True, gc=False, tag="isa", tag_field="type", omit_defaults=True):
    """An ISA port and interrupt; 0 means unset."""

    iobase: int = 0
    irq: int = 0

    def __str__(self) -> str:
        return f"iobase 0x{self.iobase:x} irq 0x{self.irq:x}"


class DimmAddress(msgspec.Struct, frozen=True, gc=False, tag="dimm", tag_field="type", omit_defaults=True):
    """A memory slot, from 0, and its base address in bytes (0: QEMU's choice)."""

    slot: int = 0
    base: int = 0

    def __str__(self) -> str:
        return f"slot {self.slot}"


class UnassignedAddress(msgspec.Struct, frozen=True, gc=False, tag="unassigned", tag_field="type"):
    """The device is kept away from the guest on purpose."""

    def __str__(self) -> str:
        return "unassigned"


Address = (
    PciAddress
    | DriveAddress
    | UsbAddress
    | VirtioSerialAddress
    | CcidAddress
    | CcwAddress
    | SpaprVioAddress
    | VirtioMmioAddress
    | IsaAddress
    | DimmAddress
    | UnassignedAddress
)


def address_type(address: Address) -> str:
    """The word that libvirt writes in ``<address type=...>``."""
    tag = address.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
