"""The child process that talks to libvirt: one request on standard input, one answer on standard output.

libvirt's calls block for as long as a daemon cares to keep them waiting; in a process of their own they end when
the parent wants them to.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import libvirt  # type: ignore[import-not-found,import-untyped,unused-ignore]
import libvirt_qemu  # type: ignore[import-not-found,import-untyped,unused-ignore]

Answer = dict[str, Any]

#: Properties that say where QEMU has put a device, of whatever kind it is.
PLACE_PROPERTIES = (
    "parent_bus",
    "addr",
    "multifunction",
    "devno",
    "reg",
    "port",
    "nr",
    "channel",
    "scsi-id",
    "lun",
    "unit",
    "slot",
    "bus_nr",
    "numa_node",
    "chassis",
    "chassis_nr",
    "hotplug",
)


#: Seconds between two looks at a guest whose firmware runs.
_FIRMWARE_STEP = 0.5

#: How often a guest is started until libvirt tells why QEMU ended, and what it says when it is too late to learn that.
_STARTS = 3
_TOO_LATE = "failed to connect to monitor socket"


def host_documents(connection: Any, *, arch: str | None, machine: str | None, emulator: str | None) -> Answer:
    """The host's capabilities, the domain capabilities asked for, and every PCI node device, as libvirt's XML."""
    flag = libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV
    default = _domain_capabilities(connection, emulator, arch, None)
    return {
        "capabilities": connection.getCapabilities(),
        "domain-capabilities": _domain_capabilities(connection, emulator, arch, machine) if machine else default,
        "default-machine": ElementTree.fromstring(default).findtext("machine"),
        "node-devices": [device.XMLDesc() for device in _node_devices(connection, flag)],
        "libvirt-version": connection.getLibVersion(),
        "qemu-version": connection.getVersion(),
    }


def try_domain(connection: Any, *, xml: str, run_seconds: float) -> Answer:
    """Start a paused transient guest that dies with this connection, and tell what libvirt and QEMU made of it."""
    flags = libvirt.VIR_DOMAIN_START_PAUSED | libvirt.VIR_DOMAIN_START_AUTODESTROY
    domain = _started(connection, xml, flags)
    try:
        answer = {
            "live": domain.XMLDesc(0),
            "inactive": domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE),
            "peripherals": _devices(domain, "/machine/peripheral"),
            "unnamed": _devices(domain, "/machine/peripheral-anon"),
            "pci": _monitor(domain, "query-pci"),
            "libvirt-version": connection.getLibVersion(),
            "qemu-version": _monitor(domain, "query-version"),
        }
        if run_seconds > 0:
            answer["pci-after-firmware"] = _run_firmware(domain, answer["pci"], run_seconds)
        return answer
    finally:
        domain.destroy()


def look_at_definition(connection: Any, *, xml: str, uuid: str) -> Answer:
    """Define a guest, tell what libvirt made of it, and undefine it at once."""
    domain = connection.defineXML(xml)
    try:
        return {
            "inactive": domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE),
            "libvirt-version": connection.getLibVersion(),
        }
    finally:
        remove_domain(connection, uuid=uuid)


def remove_domain(connection: Any, *, uuid: str) -> Answer:
    """Destroy and undefine the guest, if there is one."""
    try:
        domain = connection.lookupByUUIDString(uuid)
        if domain.isActive():
            domain.destroy()
        if domain.isPersistent():
            domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
            raise
    return {}


TASKS: dict[str, Callable[..., Answer]] = {
    "host-documents": host_documents,
    "try-domain": try_domain,
    "look-at-definition": look_at_definition,
    "remove-domain": remove_domain,
}


def main() -> None:
    """Carry out the request: ``{"uri": ..., "task": ..., "arguments": {...}}``."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)
    sys.stdout.flush()


def _answer(request: Answer) -> Answer:
    """The result; or the error, and whether libvirt was unreachable, was lost on the way, or refused."""
    try:
        connection = libvirt.open(request["uri"])
    except libvirt.libvirtError as error:
        return {"error": str(error), "failure": "unreachable"}
    try:
        return {"result": TASKS[request["task"]](connection, **request["arguments"])}
    except libvirt.libvirtError as error:
        return {"error": str(error), "failure": "refused" if _alive(connection) else "lost"}


def _started(connection: Any, xml: str, flags: int) -> Any:
    """The new guest. A QEMU that refuses at once can end before libvirt reads its reason: then it is started again."""
    for _ in range(_STARTS - 1):
        try:
            return connection.createXML(xml, flags)
        except libvirt.libvirtError as error:
            if _TOO_LATE not in str(error):
                raise
    return connection.createXML(xml, flags)


def _alive(connection: Any) -> bool:
    try:
        return bool(connection.isAlive())
    except libvirt.libvirtError:
        return False


def _domain_capabilities(connection: Any, emulator: str | None, arch: str | None, machine: str | None) -> str:
    """For guests that need no hardware acceleration if libvirt offers them, else for those it does offer."""
    try:
        return str(connection.getDomainCapabilities(emulator, arch, machine, "qemu"))
    except libvirt.libvirtError:
        return str(connection.getDomainCapabilities(emulator, arch, machine, None))


def _node_devices(connection: Any, flag: int) -> list[Any]:
    """The node devices, or none where the driver for them is not running."""
    try:
        return list(connection.listAllDevices(flag))
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT:
            return []
        raise


def _run_firmware(domain: Any, before: Any, seconds: float) -> Any:
    """Let the guest run until its PCI buses have numbers that stay, for at most so many seconds; its PCI tree then."""
    end = time.monotonic() + seconds
    domain.resume()
    previous = before
    while time.monotonic() < end:
        time.sleep(_FIRMWARE_STEP)
        now = _monitor(domain, "query-pci")
        if now == previous and now != before:
            break
        previous = now
    domain.suspend()
    return previous


def _monitor(domain: Any, command: str, **arguments: Any) -> Any:
    """The answer of QEMU's monitor; none if it refuses."""
    request = {"execute": command, "arguments": arguments}
    return json.loads(libvirt_qemu.qemuMonitorCommand(domain, json.dumps(request), 0)).get("return")


def _devices(domain: Any, folder: str) -> dict[str, Answer]:
    """The devices below a folder of QEMU's object tree by name, each with its type and what says where it is."""
    children = _monitor(domain, "qom-list", path=folder) or ()
    return {
        child["name"]: {"type": child["type"][6:-1], **_properties(domain, f"{folder}/{child['name']}")}
        for child in children
        if child["type"].startswith("child<")
    }


def _properties(domain: Any, path: str) -> Answer:
    there = {item["name"] for item in _monitor(domain, "qom-list", path=path) or ()}
    found = {key: _monitor(domain, "qom-get", path=path, property=key) for key in PLACE_PROPERTIES if key in there}
    return {key: value for key, value in found.items() if value is not None}


if __name__ == "__main__":
    main()
