"""The models of PCI controllers, one row each: what a controller is, what its bus offers, and QEMU's device.

Sources: libvirt's documentation of PCI controllers (formatdomain, pci-addresses).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from devaddr_xml.buses.pci.flags import (
    AUTO,
    CONVENTIONAL,
    DMI_BRIDGE,
    DOWNSTREAM_PORT,
    EXPRESS,
    NO_PCI,
    PCI_BRIDGE,
    PCI_EXPANDER,
    PCIE_EXPANDER,
    PCIE_TO_PCI_BRIDGE,
    ROOT_PORT,
    UPSTREAM_PORT,
)

#: The last index of a PCI controller, which is the last number of a bus as well.
LAST_BUS = 255
#: How many PCI host bridges a pSeries guest has at the most: their target indexes are 0 to 30.
HOST_BRIDGES = 31

Role = Literal["root", "port", "switch", "bridge", "expander"]


class Offer(msgspec.Struct, frozen=True):
    """What the bus of one controller model is: connections, slots from first to last, and whether hotplug works."""

    accepts: int
    first: int
    last: int
    hotplug: bool


class ControllerModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model of PCI controller.

    need: the connection that it is, for the bus on which it sits; none for a root. offer: what its own bus is.
    role: a root plugs into nothing; the bus of a port holds one device; an expander has bus numbers of its own.
    qemu: QEMU's devices for it, the one to take first; the last one is taken where QEMU has none of the others.
    requires, allows: fields that it must have when it is complete, and that it may have, with spaces between them.
    """

    name: str
    need: int = NO_PCI
    offer: Offer
    role: tuple[Role, ...]
    qemu: tuple[str, ...] = ()
    requires: str = ""
    allows: str = ""


_PORT = Offer(EXPRESS | UPSTREAM_PORT | PCIE_TO_PCI_BRIDGE | AUTO, 0, 0, True)

CONTROLLER_MODELS = (
    ControllerModel(
        name="pci-root",
        offer=Offer(CONVENTIONAL | PCI_BRIDGE | PCI_EXPANDER | AUTO, 1, 31, True),
        role=("root",),
    ),
    ControllerModel(
        name="pcie-root",
        offer=Offer(EXPRESS | ROOT_PORT | DMI_BRIDGE | PCIE_EXPANDER, 1, 31, False),
        role=("root",),
    ),
    ControllerModel(
        name="pci-bridge",
        need=PCI_BRIDGE,
        offer=Offer(CONVENTIONAL | PCI_BRIDGE | AUTO, 1, 31, True),
        role=("bridge",),
        qemu=("pci-bridge",),
        requires="chassis_nr",
        allows="mem_reserve",
    ),
    ControllerModel(
        name="pci-expander-bus",
        need=PCI_EXPANDER,
        offer=Offer(CONVENTIONAL | PCI_BRIDGE | AUTO, 0, 31, False),
        role=("expander",),
        qemu=("pxb",),
        requires="bus_nr",
        allows="node",
    ),
    ControllerModel(
        name="dmi-to-pci-bridge",
        need=DMI_BRIDGE,
        offer=Offer(CONVENTIONAL | PCI_BRIDGE, 0, 31, False),
        role=("bridge",),
        qemu=("i82801b11-bridge",),
    ),
    ControllerModel(
        name="pcie-to-pci-bridge",
        need=PCIE_TO_PCI_BRIDGE,
        offer=Offer(CONVENTIONAL | PCI_BRIDGE | AUTO, 1, 31, True),
        role=("bridge",),
        qemu=("pcie-pci-bridge",),
    ),
    ControllerModel(
        name="pcie-root-port",
        need=ROOT_PORT,
        offer=_PORT,
        role=("port",),
        qemu=("pcie-root-port", "ioh3420"),
        requires="chassis port",
        allows="hotplug mem_reserve",
    ),
    ControllerModel(
        name="pcie-switch-upstream-port",
        need=UPSTREAM_PORT,
        offer=Offer(DOWNSTREAM_PORT, 0, 31, False),
        role=("switch",),
        qemu=("x3130-upstream",),
    ),
    ControllerModel(
        name="pcie-switch-downstream-port",
        need=DOWNSTREAM_PORT,
        offer=_PORT,
        role=("port", "switch"),
        qemu=("xio3130-downstream",),
        requires="chassis port",
        allows="hotplug",
    ),
    ControllerModel(
        name="pcie-expander-bus",
        need=PCIE_EXPANDER,
        offer=Offer(ROOT_PORT | DMI_BRIDGE, 0, 31, False),
        role=("expander",),
        qemu=("pxb-pcie",),
        requires="bus_nr",
        allows="node",
    ),
)

#: QEMU's device for the root of a machine that takes several, and the fields of such a host bridge.
HOST_BRIDGE = ControllerModel(
    name="pci-root",
    offer=CONTROLLER_MODELS[0].offer,
    role=("root",),
    qemu=("spapr-pci-host-bridge",),
    requires="target_index",
    allows="node",
)

MODEL_NAMED = {model.name: model for model in CONTROLLER_MODELS}
OFFERS: dict[str, Offer] = {model.name: model.offer for model in CONTROLLER_MODELS}


def _with(*roles: Role) -> frozenset[str]:
    return frozenset(model.name for model in CONTROLLER_MODELS if not set(roles).isdisjoint(model.role))


#: Models whose bus holds one device slot and whose controller carries the ``hotplug`` attribute.
PORTS = _with("port")
#: Models that plug into nothing.
ROOTS = _with("root")
SWITCH_PORTS = _with("switch")
BRIDGES = _with("bridge")
#: Models whose controller may sit on a bus of such a model.
LINKS = SWITCH_PORTS | BRIDGES
EXPANDERS = _with("expander")
