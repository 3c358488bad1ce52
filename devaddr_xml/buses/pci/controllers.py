"""The models of PCI controllers, one row each: its connection, the offer of its bus, and QEMU's device.

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

#: The highest index of a PCI controller, and the highest bus number.
LAST_BUS = 255
#: The most PCI host bridges of a pSeries guest: their target indexes are 0 to 30.
HOST_BRIDGES = 31

Role = Literal["root", "port", "switch", "bridge", "expander"]


class Offer(msgspec.Struct, frozen=True):
    """The bus of a controller model: the connections that it accepts, its first and last slot, and whether it is
    hotpluggable."""

    accepts: int
    first: int
    last: int
    hotplug: bool


class ControllerModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model of PCI controller.

    need: the connection that it needs of its bus; None for a root. offer: its own bus.
    role: a root is on no bus; a port has one device on its bus; an expander has bus numbers of its own.
    qemu: QEMU's devices for it, the preferred one first; the last one is the fallback.
    requires, allows: fields that a complete controller must have, and can have, with spaces between them.
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

#: QEMU's device for the root of a machine with several roots, and the fields of such a host bridge.
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


#: Models with one slot on their bus and a ``hotplug`` attribute.
PORTS = _with("port")
#: Models that are on no bus.
ROOTS = _with("root")
SWITCH_PORTS = _with("switch")
BRIDGES = _with("bridge")
#: Models that can be on the bus of a controller whose model is also in this set.
LINKS = SWITCH_PORTS | BRIDGES
EXPANDERS = _with("expander")
