"""The machine type, and whether QEMU has it."""

from __future__ import annotations

import re

from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.nearest import brief, nearest
from devaddr_xml.model.version import dotted

#: A machine type of a QEMU release: family and version, such as pc-q35-9.1.
_RELEASE = r"(?P<family>[a-z].*?)-(?P<major>\d+)\.(?P<minor>\d+)(\.\d+)?(-\w+)?"

#: Machine types that a distribution adds to its own QEMU: Red Hat's by number, Ubuntu's by code name.
_DISTRIBUTION = (
    r"(pc|pc-i440fx|pc-q35|virt|pseries|s390-ccw-virtio)-?"
    r"(rhel[\d.]+|trusty|utopic|vivid|wily|xenial|yakkety|zesty|artful|bionic|cosmic|disco|eoan|focal|groovy|hirsute"
    r"|impish|jammy|kinetic|lunar|mantic|noble|oracular|plucky|questing)(-\w+)?"
    r"|rhel[\d.]+"
)

#: Machines of a QEMU that is built for Xen.
_XEN = r"xenfv(-[\d.]+)?|xenpv"


def check_machine_type(state: State) -> None:
    """Refuse a machine type that QEMU does not have: not yet, never, or no longer.

    A machine type that QEMU no longer has is only a warning if the list of machines is not from this QEMU itself. A
    distribution's own machine types and those for Xen are accepted, since nothing says whether QEMU has them.
    """
    caps, name = state.caps, state.guest.machine
    if not caps.machines or caps.arch != state.guest.arch or not name:
        return
    if name in caps.machines or name in caps.aliases or re.fullmatch(_XEN, name) or re.fullmatch(_DISTRIBUTION, name):
        return
    version = dotted(caps.qemu_version) if caps.qemu_version is not None else ""
    release = re.fullmatch(_RELEASE, name)
    if release is not None and _has_family(release["family"], caps.machines):
        if caps.qemu_version is not None and (int(release["major"]), int(release["minor"])) > caps.qemu_version[:2]:
            raise Unsupported(
                f"machine {name} is newer than QEMU {version}",
                about="os/type",
                remedy=f"Use machine {_current(state, release['family'])}, or a newer QEMU",
            )
    elif name not in caps.former_machines:
        raise Unsupported(
            f"QEMU {version} has no machine {brief(name)} ({caps.arch})",
            about="os/type",
            remedy=_nearest(state, name),
        )
    if caps.all_machines:
        family = release["family"] if release is not None else ""
        raise Unsupported(
            f"QEMU {version} no longer has machine {brief(name)}",
            about="os/type",
            remedy=f"Use machine {_current(state, family)}" if family else _nearest(state, name),
        )
    if name in caps.former_machines:
        state.journal.warn(
            f"QEMU {version} no longer has machine {name}",
            remedy=f"Use machine {_newest(state)}",
        )


def _has_family(family: str, machines: frozenset[str]) -> bool:
    return any(name.startswith(f"{family}-") for name in machines) or family == "pc"


#: Names that people have for machines.
_OTHER_NAMES = {"i440fx": "pc", "440fx": "pc", "piix": "pc", "i386": "pc", "ich9": "q35", "s390x": "s390-ccw-virtio"}


def _nearest(state: State, name: str) -> str:
    """A remedy that names the machine that was probably meant, else the default one."""
    names = [*state.caps.aliases, *state.caps.machines]
    meant = _OTHER_NAMES.get(name.lower())
    near = meant if meant in names else nearest(name, names)
    return f"Did you mean '{near}'?" if near is not None else f"Use machine {_newest(state)}"


def _current(state: State, family: str) -> str:
    """The newest machine of a family that this QEMU has, else the usual one."""
    releases = [
        found for name in state.caps.machines if (found := re.fullmatch(_RELEASE, name)) and found["family"] == family
    ]
    newest = max(releases, key=lambda found: (int(found["major"]), int(found["minor"])), default=None)
    return newest[0] if newest is not None else _newest(state)


def _newest(state: State) -> str:
    """The machine to use instead: libvirt's default, or its current version."""
    default = state.caps.default_machine or min(state.caps.machines)
    return state.caps.aliases.get(default, default)
