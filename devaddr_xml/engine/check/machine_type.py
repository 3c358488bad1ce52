"""The machine type and the QEMU that shall run it."""

from __future__ import annotations

import re

from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import Unsupported

#: A machine type of a QEMU release: family and version, such as pc-q35-9.1.
_RELEASE = r"(?P<family>[a-z].*?)-(?P<major>\d+)\.(?P<minor>\d+)(\.\d+)?(-\w+)?"

#: Machine types that a distribution adds to its own QEMU: Red Hat's by number, Ubuntu's by code name.
_DISTRIBUTION = (
    r"(pc|pc-i440fx|pc-q35|virt|pseries|s390-ccw-virtio)-?"
    r"(rhel[\d.]+|trusty|utopic|vivid|wily|xenial|yakkety|zesty|artful|bionic|cosmic|disco|eoan|focal|groovy|hirsute"
    r"|impish|jammy|kinetic|lunar|mantic|noble|oracular|plucky|questing)(-\w+)?"
    r"|rhel[\d.]+"
)

#: Machines that QEMU has where it was built for Xen.
_XEN = r"xenfv(-[\d.]+)?|xenpv"


def check_machine_type(state: State) -> None:
    """Refuse a machine type that QEMU does not have yet, or never had; warn of one that it no longer has.

    A distribution's own machine types and those of a QEMU with Xen are taken: whether they are there, is not known.
    """
    caps, name = state.caps, state.guest.machine
    if not caps.machines or caps.arch != state.guest.arch or not name:
        return
    if name in caps.machines or name in caps.aliases or re.fullmatch(_XEN, name) or re.fullmatch(_DISTRIBUTION, name):
        return
    version = ".".join(map(str, caps.qemu_version)) if caps.qemu_version is not None else ""
    release = re.fullmatch(_RELEASE, name)
    if release is not None and _has_family(release["family"], caps.machines):
        if caps.qemu_version is not None and (int(release["major"]), int(release["minor"])) > caps.qemu_version[:2]:
            raise Unsupported(
                f"machine {name} is newer than QEMU {version}", remedy=f"Use machine {_newest(state)} or a newer QEMU"
            )
    elif name not in caps.former_machines:
        raise Unsupported(f"QEMU {version} has no machine {name} ({caps.arch})", remedy=f"Use machine {_newest(state)}")
    if name in caps.former_machines:
        state.journal.warn(f"QEMU {version} no longer has machine {name}")


def _has_family(family: str, machines: frozenset[str]) -> bool:
    return any(name.startswith(f"{family}-") for name in machines) or family == "pc"


def _newest(state: State) -> str:
    """The machine to take instead: the one that libvirt takes without a name, or its current version."""
    default = state.caps.default_machine or min(state.caps.machines)
    return state.caps.aliases.get(default, default)
