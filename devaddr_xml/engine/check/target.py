"""Domain types and architectures that the target libvirt does not know."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import Unsupported, ValueInvalid
from devaddr_xml.model.nearest import brief, nearest, suggested

#: The types of domains that libvirt's QEMU driver runs.
DOMAIN_TYPES = frozenset(("qemu", "kvm", "hvf"))
#: The OS type of their guests: those with hardware of their own.
OS_TYPES = frozenset(("hvm",))
#: Names that other programs have for architectures.
_OTHER_NAMES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64", "i386": "i686", "x86": "i686", "arm": "armv7l"}
#: Types of domains of other hypervisors that libvirt manages.
_OTHER_HYPERVISORS = ("bhyve", "hyperv", "lxc", "openvz", "parallels", "vbox", "vmware", "vz", "xen")
#: The type of libvirt's test driver, which accepts the same documents and runs no guest.
TEST_TYPE = "test"


def refuse_unknown_target(state: State) -> None:
    """Refuse an unknown domain type, architecture or kind of guest; raises ValueInvalid or Unsupported."""
    guest = state.guest
    if guest.virt_type not in DOMAIN_TYPES and guest.virt_type != TEST_TYPE:
        raise Unsupported(
            f"QEMU runs no domain of type '{brief(guest.virt_type)}'",
            about="domain",
            remedy=_another_type(guest.virt_type),
        )
    arch = guest.arch or ""
    if arch not in state.rules.architectures:
        raise ValueInvalid(
            f"libvirt knows no architecture '{brief(arch)}'",
            about="os/type",
            remedy=suggested(arch, sorted(state.rules.architectures), "Use", _OTHER_NAMES),
        )
    if guest.os_type not in OS_TYPES:
        raise ValueInvalid(
            f"<type> in <os> is '{brief(guest.os_type)}', and a guest of QEMU is 'hvm'",
            about="os/type",
            remedy="Write hvm",
        )


def _another_type(given: str) -> str:
    """A remedy that names the type that was probably meant, or all of them for the type of another hypervisor."""
    known = sorted(DOMAIN_TYPES)
    if nearest(given, (*known, *_OTHER_HYPERVISORS)) in _OTHER_HYPERVISORS:
        return f"Use one of {', '.join(known)}"
    return suggested(given, known, "Use")
