"""The state that the passes share: the guest's devices in libvirt's lists, and what is known around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from devaddr_xml.engine.journal import Journal
from devaddr_xml.machines.family import Machine
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import (
    AnyDevice,
    Audio,
    Channel,
    Console,
    Controller,
    Crypto,
    Device,
    Disk,
    Filesystem,
    Graphics,
    Hostdev,
    Hub,
    Input,
    Interface,
    Iommu,
    Memballoon,
    Memory,
    Nvram,
    Panic,
    Parallel,
    Pstore,
    Redirdev,
    Rng,
    Serial,
    Shmem,
    Smartcard,
    Sound,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.plan import Cause
from devaddr_xml.model.policy import LIBVIRT_TUNABLES, Tunables
from devaddr_xml.rules.libvirt import rules_of


class State:
    """A guest being planned.

    The lists hold the devices of one kind each, in the order in which libvirt keeps them (filled by the gather pass).
    ``hostdevs`` holds interfaces of type hostdev first, then host devices, as libvirt does: such an interface and its
    host device share one address. ``guest.devices`` stays in document order; what a pass adds is put at its end.
    """

    __slots__ = (
        "_highest",
        "_known",
        "_known_count",
        "added",
        "audios",
        "caps",
        "channels",
        "consoles",
        "controllers",
        "cryptos",
        "disks",
        "filesystems",
        "graphics",
        "guest",
        "host",
        "hostdevs",
        "hubs",
        "inputs",
        "interfaces",
        "iommus",
        "journal",
        "left_out",
        "live",
        "machine",
        "memballoons",
        "memories",
        "nvrams",
        "panics",
        "parallels",
        "pstores",
        "redirdevs",
        "rngs",
        "rules",
        "serials",
        "shmems",
        "smartcards",
        "sounds",
        "thorough",
        "tpms",
        "tunables",
        "videos",
        "vsocks",
        "watchdogs",
    )

    def __init__(self, guest: Guest, machine: Machine, caps: Capabilities, host: HostFacts, tunables: Tunables) -> None:
        self.guest = guest
        self.machine = machine
        self.caps = caps
        self.host = host
        self.tunables = tunables
        #: The answers of the libvirt that the guest is for.
        self.rules = rules_of(caps.libvirt_version)
        self.journal = Journal()
        #: Whether devices are hotplugged into a running guest, which gets no new controller.
        self.live = False
        #: Whether the journal shall also hold the places that were looked at in vain, which costs time.
        self.thorough = False
        self.added: list[Device] = []
        #: Devices that the release does not know, each with its position among those that were given.
        self.left_out: list[tuple[int, AnyDevice]] = []
        self._known: dict[tuple[str, int], Controller] = {}
        self._highest: dict[str, int] = {}
        self._known_count = 0
        self.disks: list[Disk] = []
        self.controllers: list[Controller] = []
        self.filesystems: list[Filesystem] = []
        self.interfaces: list[Interface] = []
        self.smartcards: list[Smartcard] = []
        self.serials: list[Serial] = []
        self.parallels: list[Parallel] = []
        self.consoles: list[Console] = []
        self.channels: list[Channel] = []
        self.inputs: list[Input] = []
        self.tpms: list[Tpm] = []
        self.graphics: list[Graphics] = []
        self.sounds: list[Sound] = []
        self.audios: list[Audio] = []
        self.videos: list[Video] = []
        self.hostdevs: list[Interface | Hostdev] = []
        self.redirdevs: list[Redirdev] = []
        self.hubs: list[Hub] = []
        self.watchdogs: list[Watchdog] = []
        self.memballoons: list[Memballoon] = []
        self.rngs: list[Rng] = []
        self.nvrams: list[Nvram] = []
        self.panics: list[Panic] = []
        self.shmems: list[Shmem] = []
        self.memories: list[Memory] = []
        self.cryptos: list[Crypto] = []
        self.iommus: list[Iommu] = []
        self.vsocks: list[Vsock] = []
        self.pstores: list[Pstore] = []

    def visit(self) -> Iterator[Device]:
        """Every device that can have an address, in libvirt's fixed order, each once.

        Left out are the first console where it only repeats the first serial port, and, as they share the
        interface's address, host devices that belong to an interface (they come with the interfaces).
        """
        yield from self.disks
        yield from self.interfaces
        yield from self.sounds
        for hostdev in self.hostdevs:
            if isinstance(hostdev, Hostdev):
                yield hostdev
        yield from self.videos
        yield from self.controllers
        yield from self.smartcards
        yield from self.serials
        yield from self.parallels
        yield from self.channels
        yield from self.consoles[1:] if self.first_console_is_alias else self.consoles
        yield from self.inputs
        yield from self.filesystems
        yield from self.watchdogs
        yield from self.memballoons
        yield from self.rngs
        yield from self.nvrams
        yield from self.hubs
        yield from self.shmems
        yield from self.tpms
        yield from self.panics
        yield from self.memories
        yield from self.redirdevs
        yield from self.iommus
        yield from self.vsocks
        yield from self.cryptos
        yield from self.pstores

    @property
    def first_console_is_alias(self) -> bool:
        """Whether the first console only repeats the first serial port."""
        return bool(self.consoles) and self.guest.os_type == "hvm" and self.consoles[0].target_type in (None, "serial")

    @property
    def drop_in(self) -> bool:
        """Whether the plain libvirt layout is asked for: its tunables, and not one hint or spare port."""
        policy = self.guest.policy
        return (
            self.tunables == LIBVIRT_TUNABLES
            and not (policy is not None and (policy.spares or policy.devices))
            and not any(device.hints for device in self.guest.devices)
        )

    def controller(self, type: str, index: int) -> Controller | None:
        """The first controller of that type and index, if there is one."""
        if self._known_count != len(self.controllers):
            self.index_controllers()
        return self._known.get((type, index))

    def index_controllers(self) -> None:
        """Bring what ``controller`` knows up to date, after indexes of controllers have changed."""
        self._known.clear()
        self._highest.clear()
        for controller in self.controllers:
            if controller.index is not None:
                self._known.setdefault((controller.type, controller.index), controller)
                self._highest[controller.type] = max(self._highest.get(controller.type, -1), controller.index)
        self._known_count = len(self.controllers)

    def replace_controllers(self, controllers: Iterable[Controller]) -> None:
        """Empty the list of controllers and put these where libvirt keeps them, one after the other."""
        every = list(controllers)
        self.controllers.clear()
        self.index_controllers()
        for controller in every:
            self.insert_controller(controller)

    def insert_controller(self, new: Controller, *, last: bool = False) -> None:
        """Put a controller where libvirt keeps it: with its type, by index, masters before their companions.

        last: or after all others, whatever their type.
        """
        if self._known_count != len(self.controllers):
            self.index_controllers()
        self.controllers.insert(len(self.controllers) if last else self._controller_position(new), new)
        self._known_count += 1
        if new.index is not None:
            self._highest[new.type] = max(self._highest.get(new.type, -1), new.index)
            old = self._known.setdefault((new.type, new.index), new)
            if new.master_startport is None and old.master_startport is not None:
                self._known[new.type, new.index] = new

    def _controller_position(self, new: Controller) -> int:
        is_highest = new.index is not None and new.index > self._highest.get(new.type, -1)
        place = None
        for position in range(len(self.controllers) - 1, -1, -1):
            old = self.controllers[position]
            if old.type != new.type:
                continue
            if new.index is None or is_highest:
                return position + 1
            index = -1 if old.index is None else old.index
            if index > new.index or (
                index == new.index and new.master_startport is None and old.master_startport is not None
            ):
                place = position
            elif place is None:
                place = position + 1
        return len(self.controllers) if place is None else place

    def insert_pci_controllers(self, new: Sequence[Controller]) -> None:
        """Put PCI controllers, which come by rising index, where libvirt keeps them."""
        indexes = [old.index for old in self.controllers if old.type == "pci"]
        if any(a is None or b is None or a >= b for a, b in pairwise(indexes)):
            for controller in new:
                self.insert_controller(controller)
            return
        merged: list[Controller] = []
        waiting = list(reversed(new))
        last = max((at for at, old in enumerate(self.controllers) if old.type == "pci"), default=None)
        for at, old in enumerate(self.controllers):
            while old.type == "pci" and waiting and (waiting[-1].index or 0) < (old.index or 0):
                merged.append(waiting.pop())
            merged.append(old)
            if at == last:
                merged += reversed(waiting)
                waiting.clear()
        self.controllers[:] = merged + list(reversed(waiting))

    def add_controller(self, new: Controller, rule: str, cause: Cause = "default") -> Controller:
        """Add a controller that was not given, and write down why."""
        self.insert_controller(new, last=self.rules.implied_controllers_last)
        self.record_addition(new, rule, cause)
        return new

    def record_addition(self, device: AnyDevice, rule: str, cause: Cause = "default") -> None:
        """Register a device that was not given (its list is the caller's business) and write down why."""
        self.added.append(device)
        self.guest.devices.append(device)
        self.journal.note(device, "added", rule, cause)
