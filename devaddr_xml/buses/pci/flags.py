"""The flags that say what a device is on PCI, and what a bus accepts."""

from __future__ import annotations

#: Kinds of connection. A bus accepts some of them; a device has one.
CONVENTIONAL = 1
EXPRESS = 2
PCI_BRIDGE = 4
PCI_EXPANDER = 8
PCIE_EXPANDER = 16
DMI_BRIDGE = 32
PCIE_TO_PCI_BRIDGE = 64
ROOT_PORT = 128
UPSTREAM_PORT = 256
DOWNSTREAM_PORT = 512
#: All of them.
KINDS = 1023

#: An endpoint. Without an address it goes only on a bus with automatic placement.
AUTO = 1024
#: The device must be on bus 0 itself.
INTEGRATED = 2048
#: In the tables only: PCI Express if QEMU has virtio devices without a legacy interface, else conventional.
VIRTIO = 4096

NO_PCI = 0
