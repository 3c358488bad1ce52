"""The QEMU, libvirt and host that a guest is for: given, asked of a libvirt, or the newest known."""

from __future__ import annotations

import msgspec

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.version import Version


class Target(msgspec.Struct, frozen=True):
    """Where a guest is to run, as far as the caller knows it.

    capabilities: of the QEMU and libvirt; the newest known without it. host: facts about the host's devices.
    libvirt_version: wins over that of the capabilities. qemu_version: whose known abilities count where no capabilities
    are given. connect: URI of a libvirt, which is asked for what is missing.
    """

    capabilities: Capabilities | None = None
    host: HostFacts | None = None
    libvirt_version: Version | None = None
    qemu_version: Version | None = None
    connect: str | None = None

    def facts(self, guest: Guest) -> tuple[Capabilities, HostFacts | None]:
        """The capabilities for the guest, and what is known of the host; raises ProbeError."""
        capabilities, host = self.capabilities, self.host
        if self.connect is not None:
            from devaddr_xml.probe.libvirt import probe_host

            probed, probed_host = probe_host(self.connect, guest.arch, guest.machine, guest.emulator)
            capabilities, host = capabilities or probed, host or probed_host
        if capabilities is None:
            from devaddr_xml.probe.embedded import capabilities_of

            capabilities = capabilities_of(guest, self.libvirt_version, self.qemu_version)
        elif self.libvirt_version is not None:
            capabilities = msgspec.structs.replace(capabilities, libvirt_version=self.libvirt_version)
        return capabilities, host


#: The newest known libvirt and QEMU, and no host.
NEWEST = Target()
