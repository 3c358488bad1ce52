"""PCI placement: two passes over the buses, the second with every controller that the first found to be missing."""

from __future__ import annotations

from devaddr_xml.engine.state import State


def warn_of_foreign(state: State) -> None:
    """Warn of devices of libvirt's where the document has QEMU put devices of its own."""
    if state.guest.foreign:
        from devaddr_xml.engine.pci.foreign import warn_of_foreign

        warn_of_foreign(state)
