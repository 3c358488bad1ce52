"""The decisions of the engine, as typed events. They have no sentences, but everything that a sentence needs."""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

import msgspec

from devaddr_xml.model.address import Address, PciAddress, address_type
from devaddr_xml.model.device import Device

Cause = Literal["given", "default", "policy", "hint"]


class Rule(Enum):
    """The rules by which the engine decides; ``views.explain`` has the words for each."""

    GIVEN = auto()
    NOWHERE = auto()
    HOST_PLACE = auto()
    FITTED_WINDOW = auto()
    RESERVED_WINDOW = auto()
    HOST_NODE = auto()
    SMMU_OF_EXPANDER = auto()
    SMMU_OF_HINT = auto()
    SMMU_OF_FREE_EXPANDER = auto()
    COUNTED_PLACE = auto()
    NEXT_PLACE = auto()
    LIKE_CONTROLLER_0 = auto()
    FIRST_FREE_REGISTER = auto()
    MEMORY_SLOT = auto()
    NO_PCI = auto()
    ONE_IS_MAPPED = auto()
    PLACE_OF_NAME = auto()
    FIRST_FREE_UNIT = auto()
    CHANNEL_NUMBER = auto()
    CHANNEL_NUMBER_ASKED = auto()
    CRYPTO_ADAPTER = auto()
    USB_PORT = auto()
    USB_PORT_OF_BUS = auto()
    TOO_FEW_USB_PORTS = auto()
    SPARE_USB_PORTS = auto()
    VIRTIO_SERIAL_PORT = auto()
    VIRTIO_SERIAL_PORT_OF_GIVEN = auto()
    VIRTIO_SERIAL_PORT_OF_NEW = auto()
    NO_VIRTIO_SERIAL_PORT = auto()
    FOR_SCSI_HOST_DEVICES = auto()
    MACHINE_SERIAL = auto()
    LOWEST_ISA_PORT = auto()
    NEXT_SERIAL_PORT = auto()
    PS2_PORTS = auto()
    MACHINE_USB = auto()
    MACHINE_SATA = auto()
    MACHINE_PCI_ROOT = auto()
    MEMBALLOON = auto()
    USB_INPUTS = auto()
    MACHINE_PANIC = auto()
    MACHINE_WATCHDOG = auto()
    MANY_VCPUS = auto()
    DEFAULT_AUDIO = auto()
    CONSOLE_IS_SERIAL = auto()
    SERIAL_IS_CONSOLE = auto()
    LOWEST_INDEX = auto()
    SAME_USB2_SET = auto()
    ONLY_CELL = auto()
    ON_A_DISK_CONTROLLER = auto()
    ON_VIRTIO_SERIAL = auto()
    SERIAL_OF_DISK = auto()
    ON_CCID = auto()
    NEXT_CCID_SLOT = auto()
    GRAPHICS_NEED_VIDEO = auto()
    MACHINE_MODEL = auto()
    MODEL_OF_OTHERS = auto()
    NO_USB_HERE = auto()
    MACHINE_DEFAULT = auto()
    FLOPPY_BUS = auto()
    NAME_BUS = auto()
    OTHER_BUS = auto()
    VHOST_INTERFACE = auto()
    FIRST_VIDEO = auto()
    NO_VIDEO = auto()
    PLUGGED = auto()
    FREE_PLACE_OF_NAME = auto()
    FREE_UNIT = auto()
    KEPT = auto()
    CHIPSET_PLACE = auto()
    CHIPSET_SLOT = auto()
    CHIPSET_VIDEO = auto()
    CHIPSET_SOUND = auto()
    CHIPSET_VIDEO_TAKEN = auto()
    COMPANION = auto()
    SAME_PORT = auto()
    FOR_NAME = auto()
    MADE_WAY = auto()
    ROOT_PORT_SLOT = auto()
    SLOT_GROUP = auto()
    SHARED_SLOT = auto()
    INTEGRATED_SLOT = auto()
    EMPTY_PORT = auto()
    CONVENTIONAL_SLOT = auto()
    CONTROLLER_PLACE = auto()
    MORE_HOST_BRIDGES = auto()
    MORE_CONVENTIONAL = auto()
    MORE_PORTS = auto()
    CONVENTIONAL_BRIDGE = auto()
    EXPANDER = auto()
    SWITCH = auto()
    SWITCH_PORT = auto()
    INDEX_GAP = auto()


class Obstacle(Enum):
    """Why a place is unusable, in a word or two."""

    OCCUPIED = "occupied"
    USED_BEFORE = "empty, but not used again (slot-reuse)"
    BY_ADDRESS_ONLY = "used only by an explicit address"
    WITHOUT_HOTPLUG = "free, but without hotplug"
    FOR_HOTPLUG = "free, but kept for devices that can be hotplugged"
    NO_BRIDGE = "free, but not the bus of a bridge"
    ELSEWHERE = "free, but"
    FREE = "free"
    HELD = "has it"
    NO_CONTROLLER = "the running guest does not have SCSI controllers up to"
    NO_UNIT = "has no such unit"


class Chosen(msgspec.Struct, frozen=True, gc=False):
    """A field of a device other than its address: its name, and its value if it has one."""

    field: str
    value: str | int | None = None

    def __str__(self) -> str:
        return self.field if self.value is None else f"{self.field} {self.value}"


class Considered(msgspec.Struct, frozen=True, gc=False):
    """A place that was considered and not used.

    place: the numbers of PCI buses, or an address. about: the owner or name that belongs to the obstacle.
    """

    place: tuple[int, ...] | Address
    against: Obstacle
    about: str = ""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """One decision: the device, the result, the rule, and what asked for it.

    result: an address, another property, several of them, or that the device was added. considered: other places that
    were considered. about: the region of the PCI tree or the name that the rule is about, if any. instead: for an
    address in the document, the address that the rule would choose.
    """

    device: Device
    result: Address | Chosen | tuple[Chosen, ...] | Literal["added"]
    rule: Rule
    cause: Cause = "default"
    considered: tuple[Considered, ...] = ()
    about: str = ""
    instead: Address | None = None

    @property
    def address(self) -> Address | None:
        """The address that was chosen, if the result is one."""
        result = self.result
        return None if isinstance(result, Chosen | tuple | str) else result

    @property
    def outcome(self) -> str:
        """The result as text."""
        result = self.result
        if isinstance(result, tuple):
            return ", ".join(map(str, result)) or "no place of its own"
        if isinstance(result, Chosen | str | PciAddress):
            return str(result)
        return f"{address_type(result)} address {result}"
