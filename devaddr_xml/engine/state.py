"""The state that the passes share: the guest's devices in libvirt's lists, and facts about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import TypeVar

from devaddr_xml.buses.pci.connect import Connector
from devaddr_xml.engine.journal import Journal
from devaddr_xml.machines.family import Machine
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import (
    AnyDevice,
    Console,
    Controller,
    Device,
    Disk,
    Hostdev,
    Hub,
    Input,
    Interface,
    Iommu,
    Memballoon,
    Memory,
    Panic,
    Serial,
    Smartcard,
    Video,
    Watchdog,
)
from devaddr_xml.model.events import Cause, Rule
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.kind_rows import KINDS, VISITED
from devaddr_xml.model.policy import Tunables
from devaddr_xml.rules.libvirt import rules_of

D = TypeVar("D", bound=Device)

#: The positions in the order of kinds of which `State.visit` gives only some devices.
_HOSTDEVS, _CONSOLES = (next(at for at, kind in enumerate(VISITED) if kind.device is of) for of in (Hostdev, Console))


class State:
    """The guest of a run.

    ``of`` gives the devices of one class, in the order in which libvirt keeps them (the first pass fills the lists).
    ``hostdevs`` holds interfaces of type hostdev first, then host devices, as libvirt does: such an interface and its
    host device share one address. ``guest.devices`` stays in document order; a pass appends what it adds.
    """

    __slots__ = (
        "_highest",
        "_known",
        "_known_count",
        "_lists",
        "_visited",
        "added",
        "caps",
        "consoles",
        "controllers",
        "disks",
        "guest",
        "host",
        "hostdevs",
        "hubs",
        "inputs",
        "interfaces",
        "iommus",
        "journal",
        "left_out",
        "machine",
        "memballoons",
        "memories",
        "mirrored",
        "panics",
        "rules",
        "serials",
        "smartcards",
        "thorough",
        "tunables",
        "videos",
        "watchdogs",
    )

    def __init__(self, guest: Guest, machine: Machine, caps: Capabilities, host: HostFacts, tunables: Tunables) -> None:
        self.guest = guest
        self.machine = machine
        self.caps = caps
        self.host = host
        self.tunables = tunables
        #: The answers for the layout of the guest. Until its policy is known, they are those of its libvirt.
        self.rules = rules_of(caps.libvirt_version)
        self.journal = Journal()
        #: Whether the journal also has the places that were considered and not used. This takes time.
        self.thorough = False
        #: Devices, by ``id()``, that this run places as they are on the host.
        self.mirrored: frozenset[int] = frozenset()
        self.added: list[Device] = []
        #: Devices that the release does not know, each with its position in the input.
        self.left_out: list[tuple[int, AnyDevice]] = []
        self._known: dict[tuple[str, int], Controller] = {}
        self._highest: dict[str, int] = {}
        self._known_count = 0
        self._lists: dict[type[Device], list[Device]] = {kind.device: [] for kind in KINDS}
        self._visited: list[list[Device]] = [self._lists[kind.device] for kind in VISITED]
        # the kinds that have passes of their own
        self.disks = self.of(Disk)
        self.controllers = self.of(Controller)
        self.interfaces = self.of(Interface)
        self.smartcards = self.of(Smartcard)
        self.serials = self.of(Serial)
        self.consoles = self.of(Console)
        self.inputs = self.of(Input)
        self.videos = self.of(Video)
        self.hostdevs: list[Interface | Hostdev] = self.of(Hostdev)
        self.hubs = self.of(Hub)
        self.watchdogs = self.of(Watchdog)
        self.memballoons = self.of(Memballoon)
        self.panics = self.of(Panic)
        self.memories = self.of(Memory)
        self.iommus = self.of(Iommu)

    def of(self, kind: type[D]) -> list[D]:
        """The devices of one class, in libvirt's order; see ``hostdevs`` for those of ``Hostdev``."""
        return self._lists[kind]  # type: ignore[return-value]

    def visit(self) -> Iterator[Device]:
        """Every device that can have an address, in libvirt's fixed order, each once.

        The first console is left out if it only repeats the first serial port. A host device of an interface has the
        interface's address, and comes with the interfaces.
        """
        turns: list[Iterable[Device]] = [*self._visited]
        turns[_HOSTDEVS] = (device for device in self.hostdevs if type(device) is Hostdev)
        if self.first_console_is_alias:
            turns[_CONSOLES] = islice(self.consoles, 1, None)
        return chain.from_iterable(turns)

    @property
    def first_console_is_alias(self) -> bool:
        """Whether the first console only repeats the first serial port."""
        return bool(self.consoles) and self.guest.os_type == "hvm" and self.consoles[0].target_type in (None, "serial")

    def connector(self) -> Connector:
        """The connections that the devices of this guest need on PCI."""
        root = self.controller("pci", 0)
        express = root is not None and root.model == "pcie-root"
        return Connector(express, self.caps.has("virtio-pci-non-transitional"), self.host)

    def controller(self, type: str, index: int) -> Controller | None:
        """The first controller of that type and index, if there is one."""
        if self._known_count != len(self.controllers):
            self.index_controllers()
        return self._known.get((type, index))

    def index_controllers(self) -> None:
        """Update ``controller`` after indexes of controllers have changed."""
        self._known.clear()
        self._highest.clear()
        for controller in self.controllers:
            if controller.index is not None:
                self._known.setdefault((controller.type, controller.index), controller)
                self._highest[controller.type] = max(self._highest.get(controller.type, -1), controller.index)
        self._known_count = len(self.controllers)

    def replace_controllers(self, controllers: Iterable[Controller]) -> None:
        """Replace the list of controllers by these, in libvirt's order."""
        every = list(controllers)
        self.controllers.clear()
        self.index_controllers()
        for controller in every:
            self.insert_controller(controller)

    def insert_controller(self, new: Controller, *, last: bool = False) -> None:
        """Insert a controller in libvirt's order: by type and index, masters before their companions.

        last: append it after all others instead.
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
        """Insert PCI controllers, which come by rising index, in libvirt's order."""
        if self.rules.implied_controllers_last:
            self.controllers += new
            return
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

    def add_controller(self, new: Controller, rule: Rule, cause: Cause = "default") -> Controller:
        """Add a new controller, and write down why."""
        self.insert_controller(new, last=self.rules.implied_controllers_last)
        self.record_addition(new, rule, cause)
        return new

    def record_addition(self, device: AnyDevice, rule: Rule, cause: Cause = "default") -> None:
        """Register a new device and write down why. The caller inserts it into its list."""
        self.added.append(device)
        self.guest.devices.append(device)
        self.journal.note(device, "added", rule, cause)
