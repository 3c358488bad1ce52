"""What the libvirt that the guest is for does not know at all: domain types and architectures."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.model.errors import Unsupported, ValueInvalid

#: The types of domains that libvirt's QEMU driver runs.
DOMAIN_TYPES = frozenset(("qemu", "kvm", "hvf"))
#: The type of libvirt's test driver, which takes the same documents and runs nothing.
TEST_TYPE = "test"


def refuse_unknown_target(state: State) -> None:
    """Refuse a domain type or an architecture that is not known; raises ValueInvalid or Unsupported."""
    guest = state.guest
    if guest.virt_type not in DOMAIN_TYPES and guest.virt_type != TEST_TYPE:
        raise Unsupported(
            f"domains of type '{guest.virt_type}' are none of QEMU's",
            remedy=f"Use type {', '.join(sorted(DOMAIN_TYPES))}",
        )
    arch = guest.arch or ""
    if arch not in state.rules.architectures:
        raise ValueInvalid(
            f"the libvirt that the guest is for knows no architecture '{arch}'", remedy="Correct arch= of <os><type>"
        )
