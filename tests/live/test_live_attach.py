"""What ``attach --live`` calls attachable, libvirt attaches right there; what it calls full, libvirt refuses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from live.adapt import adapted
from live.generate import PC, Q35, generate

from devaddr_xml import DevaddrError, Policy, assign, attach
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.model.address import DriveAddress
from devaddr_xml.model.errors import AddressConflict, PlacementError, ProbeError, Unsupported
from devaddr_xml.model.guest import Guest
from devaddr_xml.probe.trial_copy import trial_copy
from devaddr_xml.rules.libvirt import NOVELTIES
from devaddr_xml.views.diff import Change, compare

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
LIVE = 1

#: Devices that any host can plug into any guest.
DEVICES = (
    "<interface type='user'><mac address='52:54:00:fe:00:01'/><model type='virtio'/></interface>",
    "<disk type='block' device='disk'><source dev='/dev/zero'/><readonly/><target dev='vdz' bus='virtio'/></disk>",
    "<disk type='block' device='disk'><source dev='/dev/zero'/><readonly/><target dev='sdz' bus='usb'/></disk>",
    "<disk type='block' device='disk'><source dev='/dev/zero'/><readonly/><target dev='sdy' bus='scsi'/></disk>",
    "<interface type='user'><mac address='52:54:00:fe:00:02'/><model type='e1000'/></interface>",
    "<input type='tablet' bus='usb'><alias name='ua-tablet'/></input>",
    "<rng model='virtio'><backend model='random'>/dev/urandom</backend><alias name='ua-rng'/></rng>",
    "<channel type='pty'><target type='virtio' name='org.example.live'/></channel>",
    "<controller type='scsi' index='9' model='virtio-scsi'/>",
    "<input type='keyboard' bus='virtio'><alias name='ua-keyboard'/></input>",
)
#: What libvirt can fill in for a disk on USB, by the table of what came since its oldest release.
USB_DISK_MODELS = {new.value for new in NOVELTIES if (new.kind, new.field) == ("disk", "model")}
SEEDS = range(100_000, 100_100)
DEVICES_A_GUEST = 4
ATTACHED = 45
REFUSED = 22


@contextmanager
def running(connection: Any, seed: int, ability: Any) -> Iterator[Any]:
    """A paused guest of a generated domain with some free places; none when this libvirt or QEMU does not take it."""
    import libvirt

    capabilities, host = ability("x86_64")
    xml = adapted(generate(seed, Q35 if seed % 2 else PC))
    policy = Policy(spare_ports=seed % 3) if seed % 4 else None
    try:
        complete = assign(xml, policy=policy, capabilities=capabilities, host=host).xml
        copy = trial_copy(complete, f"attach-{seed}", str(uuid.uuid5(uuid.NAMESPACE_URL, f"attach-{seed}")))
        domain = connection.createXML(copy.xml, libvirt.VIR_DOMAIN_START_PAUSED | libvirt.VIR_DOMAIN_START_AUTODESTROY)
    except (DevaddrError, ProbeError, libvirt.libvirtError):
        yield None
        return
    try:
        yield domain
    finally:
        domain.destroy()


def test_libvirt_attaches_where_we_say_and_refuses_what_we_call_full(connection: Any, ability: Any) -> None:
    attached: list[str] = []
    refused: list[str] = []
    for seed in SEEDS:
        if len(attached) >= ATTACHED and len(refused) >= REFUSED:
            break
        with running(connection, seed, ability) as domain:
            for number in range(DEVICES_A_GUEST if domain else 0):
                result = plug(domain, DEVICES[(seed + 3 * number) % len(DEVICES)], ability)
                if result is not None:
                    (attached if result else refused).append(f"{seed}, device {number}")
    assert len(attached) >= ATTACHED, attached
    assert len(refused) >= REFUSED, refused


def plug(domain: Any, device: str, ability: Any) -> bool | None:
    """Plug the device in where we say, or find it refused; none when it is neither."""
    import libvirt

    capabilities, host = ability("x86_64")
    try:
        found = attach(domain.XMLDesc(0), device, live=True, capabilities=capabilities, host=host)
    except PlacementError as error:
        if "needs another device" in error.message or "no SCSI" in error.message:
            return None  # libvirt plugs in a controller then
        with pytest.raises(libvirt.libvirtError):
            domain.attachDeviceFlags(device, LIVE)
        return False
    except (Unsupported, AddressConflict):
        return None
    domain.attachDeviceFlags(found.device_xml[0], LIVE)
    assert changes(found.guest, domain) == [], found.device_xml[0]
    return True


def changes(guest: Guest, domain: Any) -> list[Change]:
    """What libvirt has otherwise than we do; the model of a USB disk, which 11.5 and newer fill in, is none."""
    return [
        change
        for change in compare(guest, read_guest(domain.XMLDesc(0))).changes
        if change.kind != "guest" and not is_filled_in(change)
    ]


def is_filled_in(change: Change) -> bool:
    """Whether libvirt has named the model of a disk on USB that had none."""
    filled = (change.kind, change.attribute, change.old) == ("disk", "model", None)
    return filled and change.new in USB_DISK_MODELS


def test_several_devices_at_once_and_a_controller_with_its_disk(connection: Any, ability: Any) -> None:
    import libvirt

    capabilities, host = ability("x86_64")
    xml = (FIXTURES / "skeletons" / "q35-web-server.xml").read_text()
    complete = assign(xml, policy=Policy(spare_ports=4), capabilities=capabilities, host=host).xml
    copy = trial_copy(complete, "attach-several", str(uuid.uuid5(uuid.NAMESPACE_URL, "attach-several")))
    flags = libvirt.VIR_DOMAIN_START_PAUSED | libvirt.VIR_DOMAIN_START_AUTODESTROY
    domain = connection.createXML(copy.xml, flags)
    try:
        # sdc, by its name, belongs to controller 0, which comes with it
        controller = DEVICES[8].replace("index='9'", "index='0'")
        devices = [DEVICES[0], controller, DEVICES[3].replace("sdy", "sdc"), DEVICES[6]]
        found = attach(domain.XMLDesc(0), devices, live=True, capabilities=capabilities, host=host)
        assert found.devices[2].address == DriveAddress(unit=2)
        for device in found.device_xml:
            domain.attachDeviceFlags(device, LIVE)
        assert changes(found.guest, domain) == []
    finally:
        domain.destroy()
