"""Tries a complete domain on a real libvirt and QEMU, and compares where each of them puts every device."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import msgspec
from lxml import etree

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.cleanup import remove_leftovers
from devaddr_xml.probe.client import DEFAULT_TIMEOUT, LibvirtRefusal, ask
from devaddr_xml.probe.guest_view import GuestView
from devaddr_xml.probe.host_devices import parse
from devaddr_xml.probe.libvirt import version
from devaddr_xml.probe.places import address_place, port_details, qemu_place, qemu_port_details
from devaddr_xml.probe.trial_copy import TrialCopy, TrialDevice, device_key, is_addition, trial_copy


class DeviceVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """Where a device was wanted and where libvirt and QEMU say it is; None: that one says nothing of it.

    lost: the firmware ran, and did not find the device, or gave its bus a number that another one has.

    guest: the PCI address by which the guest sees it, once its firmware has run. note: what stood in for the device,
    or what is wrong with it.
    """

    device: str
    wanted: str | None = None
    libvirt: str | None = None
    qemu: str | None = None
    guest: str | None = None
    lost: bool = False
    note: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether nobody contradicts what was wanted; libvirt may not be silent about a device that was tried."""
        if self.lost:
            return False
        untried = self.libvirt is None and self.note is not None
        return (untried or self.libvirt == self.wanted) and (self.wanted is None or self.qemu in (None, self.wanted))


class Verification(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """What a trial showed: every device that has a place, and what libvirt added.

    refusal: why QEMU did not start, when it did not; libvirt_version, qemu_version: of those that were asked.
    """

    devices: tuple[DeviceVerdict, ...]
    added: tuple[str, ...] = ()
    refusal: str | None = None
    libvirt_version: tuple[int, int, int] | None = None
    qemu_version: tuple[int, int, int] | None = None

    @property
    def agrees(self) -> bool:
        """Whether libvirt and QEMU have every device where it was wanted, and nothing else."""
        return not self.added and self.refusal is None and all(device.agrees for device in self.devices)


def verify(
    xml: str | bytes, uri: str = "qemu:///system", run_seconds: float = 0.0, timeout: float = DEFAULT_TIMEOUT
) -> Verification:
    """Start a paused, transient, renamed copy of the complete domain ``xml`` without back ends, and look at it.

    The copy never stays: it is destroyed, also when the connection breaks. run_seconds: how long the guest's
    firmware may run, 0 for not at all. timeout: seconds for everything together, more than run_seconds.
    Raises ProbeError when libvirt refuses the domain or cannot be asked.
    """
    uuid = str(uuid4())
    copy = trial_copy(xml, f"devaddr-verify-{uuid[:8]}", uuid)
    try:
        try:
            answer = ask(uri, "try-domain", timeout, xml=copy.xml, run_seconds=run_seconds)
        except LibvirtRefusal as refusal:
            definition = _definition(uri, copy, uuid, timeout)
            return _verification(copy, definition, str(refusal))
    except BaseException:
        remove_leftovers(uri, uuid)
        raise
    return _verification(copy, answer, None)


def _definition(uri: str, copy: TrialCopy, uuid: str, timeout: float) -> dict[str, Any]:
    """What libvirt makes of a domain that QEMU does not start; raises ProbeError if libvirt refuses it too."""
    try:
        return ask(uri, "look-at-definition", timeout, xml=copy.xml, uuid=uuid)
    except LibvirtRefusal as refusal:
        raise ProbeError(f"libvirt refuses the domain: {refusal}") from None


def _verification(copy: TrialCopy, answer: Mapping[str, Any], refusal: str | None) -> Verification:
    document = parse(answer["inactive"])
    by_key = {key: device for device in document.iterfind("devices/*") if (key := device_key(device))}
    wanted_keys = {device.key for device in copy.devices}
    live = parse(answer["live"]) if "live" in answer else document
    guest = GuestView(answer.get("pci-after-firmware", ()))
    qemu = _QemuView(live, answer.get("peripherals", {}), answer.get("unnamed", {}), answer.get("pci", ()))
    verdicts = [_verdict(device, by_key.get(device.key), qemu, guest) for device in copy.devices]
    added = [_addition(device) for device in document.iterfind("devices/*") if is_addition(device, wanted_keys)]
    found = answer.get("qemu-version")
    return Verification(
        devices=tuple([verdict for verdict in verdicts if verdict.wanted or verdict.libvirt or verdict.qemu]),
        added=tuple(added),
        refusal=refusal,
        libvirt_version=version(answer["libvirt-version"]),
        qemu_version=tuple([found["qemu"][part] for part in ("major", "minor", "micro")]) if found else None,
    )


_Devices = Mapping[str, Mapping[str, Any]]


class _QemuView:
    """What QEMU's monitor stated, by the aliases that libvirt gave the devices."""

    def __init__(
        self, live: etree._Element, peripherals: _Devices, unnamed: _Devices, roots: Iterable[Mapping[str, Any]]
    ) -> None:
        self.peripherals = peripherals
        self.companions = [(device["type"], qemu_place(device)) for device in unnamed.values()]
        self.of_the_machine = {
            f"pci 0000:00:{device['slot']:02x}.{device['function']:x}"
            for root in roots
            for device in root["devices"]
            if root["bus"] == 0 and not device["qdev_id"]
        }
        self.aliases: dict[str, str] = {}
        self.scsi_models: dict[str, str | None] = {}
        for device in live.iterfind("devices/*"):
            name = device.find("alias")
            key = device_key(device)
            if key and name is not None:
                self.aliases[key] = name.get("name", "")
            if device.get("type") == "scsi":
                self.scsi_models[device.get("index", "0")] = device.get("model")

    def place(self, trial: TrialDevice) -> str | None:
        """Where QEMU has the device; None if it does not tell."""
        if trial.element.find("master") is not None:
            return self._companion(trial.element)
        name = self.name(trial)
        if name is None:
            wanted_place = _place(trial.element)
            return wanted_place if wanted_place in self.of_the_machine else None
        properties = self.peripherals[name]
        place = qemu_place(properties, self._disk_controller(trial.element))
        wanted = port_details(trial.element)
        details = {name: value for name, value in qemu_port_details(properties).items() if name in wanted}
        return _with_details(place, details)

    def name(self, trial: TrialDevice) -> str | None:
        """QEMU's name of the device; None if it has none, as companions and parts of the machine."""
        alias = self.aliases.get(trial.key, "")
        return alias if alias in self.peripherals and trial.element.find("master") is None else None

    def _companion(self, controller: etree._Element) -> str | None:
        """A USB companion controller, which libvirt gives no name: one of its type, the wanted one if there is."""
        wanted = _place(controller)
        type_name = controller.get("model", "").replace("ich9-", "ich9-usb-")
        places = [place for name, place in self.companions if name == type_name]
        return wanted if wanted in places else next(iter(places), None)

    def _disk_controller(self, device: etree._Element) -> str | None:
        """The kind of controller a disk is on: its model for SCSI, else the type."""
        address = device.find("address[@type='drive']")
        target = device.find("target")
        bus = "scsi" if target is None else target.get("bus")
        return self.scsi_models.get(address.get("controller", "0")) if bus == "scsi" and address is not None else bus


def _verdict(trial: TrialDevice, libvirts: etree._Element | None, qemu: _QemuView, guest: GuestView) -> DeviceVerdict:
    place = qemu.place(trial)
    alias = qemu.name(trial)
    on_pci = alias is not None and place is not None and place.startswith("pci ")
    return DeviceVerdict(
        device=_label(trial.element),
        wanted=_place(trial.element),
        libvirt=None if libvirts is None else _place(libvirts),
        qemu=place,
        guest=None if alias is None else guest.addresses.get(alias),
        lost=on_pci and guest.has_run and (alias not in guest.addresses or alias in guest.colliding),
        note=trial.note,
    )


def _place(device: etree._Element) -> str | None:
    return _with_details(address_place(device), port_details(device))


def _with_details(place: str | None, details: Mapping[str, int]) -> str | None:
    text = ", ".join(f"{name} {value}" for name, value in details.items())
    return f"{place} ({text})" if place and text else place


def _addition(device: etree._Element) -> str:
    place = _place(device)
    return f"{_label(device)} at {place}" if place else _label(device)


def _label(device: etree._Element) -> str:
    """What a person calls the device: its kind, and its target, MAC address, index or model."""
    if device.tag == "controller":
        model = f" ({device.get('model')})" if device.get("model") else ""
        return f"controller {device.get('type')}.{device.get('index')}{model}"
    for path in ("target/@dev", "mac/@address", "target/@dir", "target/@name"):
        tag, _, attribute = path.partition("/@")
        part = device.find(tag)
        if part is not None and part.get(attribute) and not (device.tag == "interface" and tag == "target"):
            return f"{device.tag} {part.get(attribute)}"
    inner = device.find("model")
    name = device.get("model") or (None if inner is None else inner.get("type") or inner.get("name"))
    return f"{device.tag} {name or device.get('type') or ''}".rstrip()
