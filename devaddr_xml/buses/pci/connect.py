"""What each device needs of its PCI bus."""

from __future__ import annotations

from devaddr_xml.buses.pci.controllers import CONTROLLER_MODELS
from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS, INTEGRATED, NO_PCI, VIRTIO
from devaddr_xml.model import kind_rows
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Hostdev, Interface
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.kinds import ANY, UNSET

#: The name of each kind of connection in errors. The first match counts.
KIND_NAMES = {
    CONVENTIONAL: "a conventional PCI device",
    EXPRESS: "a PCI Express device",
    **{model.need: f"a {model.name}" for model in CONTROLLER_MODELS if model.need},
}

#: PCI controllers that are plugged into a bus, by model.
PCI_CONTROLLERS = {model.name: model.need for model in CONTROLLER_MODELS if model.need}


def _word(word: str) -> str | None:
    return None if word == UNSET else word


_FLAGS = {None: NO_PCI, "conventional": CONVENTIONAL, "express": EXPRESS, "virtio": VIRTIO}

#: (kind, variant, model) to connection; the model ``*`` stands for every other model. Without a row there is no
#: connection.
ENDPOINTS: dict[tuple[str, str | None, str | None], int] = {
    (kind.name, _word(variant), _word(model)): _FLAGS[row.need] | (INTEGRATED if row.integrated else 0)
    for kind in kind_rows.KINDS
    for row in kind.pci
    for variant in row.variants.split() or (UNSET,)
    for model in row.models.split()
}


def variant_of(device: Device) -> str | None:
    """The variant of a device within its kind: type, bus, target type or driver; unset for most kinds."""
    field = kind_rows.KIND_OF[type(device)].variant
    return getattr(device, field) if field else None


def endpoint_row(kind: str, variant: str | None, model: str | None) -> int | None:
    """The connection of a model in the registry, as in ``ENDPOINTS``; unset if it has none."""
    row = ENDPOINTS.get((kind, variant, model))
    return ENDPOINTS.get((kind, variant, ANY)) if row is None else row


class Connector:
    """The connections that the devices of one domain need.

    express_root: whether the domain has a pcie-root; without one every endpoint is conventional.
    virtio_express: whether QEMU has non-transitional virtio devices. host: facts about host devices.
    """

    __slots__ = ("_endpoints", "_express", "_host", "_virtio")

    def __init__(self, express_root: bool, virtio_express: bool, host: HostFacts) -> None:
        self._express = EXPRESS | AUTO if express_root else CONVENTIONAL | AUTO
        self._virtio = self._express if virtio_express else CONVENTIONAL | AUTO
        self._host = host
        self._endpoints: dict[tuple[str, str | None, str | None], int] = {}

    def flags(self, device: Device) -> int:
        """The connection that the device needs, as flags; 0 if it is not a PCI device."""
        if type(device) is Controller and device.type == "pci":
            return PCI_CONTROLLERS.get(device.model or "", NO_PCI)
        if type(device) is Interface and device.type == "hostdev":
            return self._host_device(device) if device.source_type == "pci" else NO_PCI
        if type(device) is Hostdev:
            if device.mode != "subsystem":
                return NO_PCI
            if device.type == "pci":
                return self._host_device(device)
            if device.type != "scsi_host" and device.type != "mdev":
                return NO_PCI
        key = (device.kind, variant_of(device), device.model)
        found = self._endpoints.get(key)
        if found is None:
            found = self._endpoints[key] = self._resolve(key)
        return found

    def _resolve(self, key: tuple[str, str | None, str | None]) -> int:
        row = endpoint_row(*key)
        if not row:
            return NO_PCI
        if row & VIRTIO:
            connection = self._virtio
        elif row & EXPRESS:
            connection = self._express
        else:
            connection = CONVENTIONAL | AUTO
        return connection | (row & INTEGRATED)

    def _host_device(self, device: Interface | Hostdev) -> int:
        """A PCI device of the host: PCI Express unless the host facts say that it is conventional (libvirt asks the
        host)."""
        if isinstance(device.address, PciAddress) and not device.address.empty:
            return self._express
        source = device.source.pci if device.source else None
        facts = self._host.pci.get(str(source)) if source else None
        if facts is not None and facts.express is False:
            return CONVENTIONAL | AUTO
        return self._express
