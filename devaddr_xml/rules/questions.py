"""The questions that the engine asks about the rules of the guest at hand."""

from __future__ import annotations

import msgspec


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The answers for one guest; each field is a question, and says what the guest sees of the answer.

    The defaults are what the oldest release of libvirt with a row in `devaddr_xml.rules.libvirt` does.
    """

    chipset_watchdog: bool = False
    """Does q35 bring the watchdog of its chipset (itco)?"""

    iommu_for_many_vcpus: bool = False
    """Does a q35 guest with more than 255 vCPUs get an IOMMU, and an IOMMU that it has the options that they need?"""

    x86_has_ps2: bool = True
    """Is every x86 machine taken to have PS/2 ports, a mouse and a keyboard; also one that QEMU builds without?"""

    several_watchdogs: bool = False
    """Does a guest take more than one watchdog? Without, a second one is refused."""
