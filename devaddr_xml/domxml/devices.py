"""The one table of device elements: element name, device class, and where each field stands (formatdomain: devices)."""

from __future__ import annotations

from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.element_map import Field, Layout
from devaddr_xml.domxml.values import any_radix, decimal, limited, mac_address, on_off
from devaddr_xml.model import device as kinds
from devaddr_xml.model.spelling import interface_model

_USER_ALIAS = "ua-"


def _user_alias(text: str) -> str | None:
    """An alias that the user chose; libvirt makes up the others anew."""
    return text if text.startswith(_USER_ALIAS) else None


def _switch(value: bool) -> str:
    return "on" if value else "off"


def _hexadecimal(value: int) -> str:
    return f"0x{value:x}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _is_yes(text: str) -> bool:
    """libvirt takes every other word for no."""
    return text == "yes"


def _present(text: str) -> bool:
    return True


_ALIAS = Field("alias", "alias/@name", _user_alias)
_MODEL = Field("model", "@model")
_TARGET_TYPE = Field("target_type", "target/@type")
_TARGET_PORT = Field("port", "target/@port", decimal, str)

_LAYOUTS = (
    Layout(
        kinds.Disk,
        Field("type", "@type"),
        Field("device", "@device"),
        _MODEL,
        Field("target", "target/@dev"),
        Field("bus", "target/@bus"),
        Field("readonly", "readonly?", show=_yes, unset=False),
        Field("serial", "serial", written=False),
        _ALIAS,
    ),
    Layout(
        kinds.Controller,
        Field("type", "@type"),
        Field("index", "@index", decimal, str),
        _MODEL,
        Field("ports", "@ports", decimal, str),
        Field("vectors", "@vectors", decimal, str),
        Field("model_name", "model/@name"),
        Field("chassis_nr", "target/@chassisNr", limited(any_radix, 1, 255), str),
        Field("chassis", "target/@chassis", limited(any_radix, 0, 255), str),
        Field("port", "target/@port", limited(any_radix, 0, 255), _hexadecimal),
        Field("bus_nr", "target/@busNr", limited(any_radix, 1, 254), str),
        Field("target_index", "target/@index", limited(any_radix, 0, 30), str),
        Field("hotplug", "target/@hotplug", on_off, _switch),
        Field("mem_reserve", "target/@memReserve", limited(any_radix, 0, 0xFFFFFFFFFFFFFFFF), str),
        Field("node", "target/node", decimal, str),
        Field("serial", "serial"),
        Field("has_iothread", "driver/@iothread", _present, written=False),
        _ALIAS,
        Field("master_startport", "master/@startport", decimal, str),
        Field("pcihole64", "pcihole64", sized=True, written=False),
        printed=("type",),
        order=("model", "target", "driver", "serial", "alias", "master", "boot", "rom", "acpi", "address", "pcihole64"),
    ),
    Layout(
        kinds.Filesystem,
        _MODEL,
        Field("driver", "driver/@type"),
        Field("target", "target/@dir"),
        _ALIAS,
        order=(
            "driver",
            "source",
            "target",
            "readonly",
            "alias",
            "boot",
            "address",
            "space_hard_limit",
            "space_soft_limit",
        ),
    ),
    Layout(
        kinds.Interface,
        Field("type", "@type"),
        Field("mac", "mac/@address", mac_address),
        Field("model", "model/@type", interface_model),
        _ALIAS,
        Field("acpi_index", "acpi/@index", decimal, str),
        Field("acpi_nodeset", "acpi/@nodeset", written=False),
        order=(
            *(
                "mac",
                "source",
                "virtualport",
                "backenddomain",
                "ip",
                "route",
                "script",
                "downscript",
                "target",
                "guest",
            ),
            *("model", "driver", "backend", "filterref", "teaming", "bandwidth", "vlan", "port", "tune", "link", "mtu"),
            *("coalesce", "boot", "alias", "rom", "acpi", "address"),
        ),
    ),
    Layout(kinds.Smartcard, Field("mode", "@mode"), _ALIAS),
    Layout(kinds.Serial, _TARGET_TYPE, _TARGET_PORT, Field("model", "target/model/@name"), _ALIAS),
    Layout(kinds.Parallel, _TARGET_TYPE, _TARGET_PORT, _ALIAS),
    Layout(kinds.Console, _TARGET_TYPE, _TARGET_PORT, Field("name", "target/@name"), _ALIAS),
    Layout(
        kinds.Channel,
        _TARGET_TYPE,
        Field("name", "target/@name"),
        _TARGET_PORT,
        _ALIAS,
        required=("target_type",),
    ),
    Layout(kinds.Input, Field("type", "@type"), Field("bus", "@bus"), _MODEL, _ALIAS),
    Layout(kinds.Tpm, _MODEL, Field("backend", "backend/@type"), Field("version", "backend/@version"), _ALIAS),
    Layout(kinds.Graphics, Field("type", "@type")),
    Layout(kinds.Sound, _MODEL, _ALIAS, required=("model",), order=("audio", "codec", "driver", "alias", "address")),
    Layout(kinds.Audio, Field("id", "@id", decimal, str), Field("type", "@type")),
    Layout(
        kinds.Video,
        Field("model", "model/@type"),
        Field("primary", "model/@primary", _is_yes, _yes, unset=False),
        Field("accel3d", "model/acceleration/@accel3d", _is_yes, _yes, unset=False, written=False),
        _ALIAS,
        order=("driver", "model", "alias", "boot", "address"),
    ),
    Layout(
        kinds.Hostdev,
        Field("mode", "@mode"),
        Field("type", "@type"),
        _MODEL,
        _ALIAS,
        Field("acpi_index", "acpi/@index", decimal, written=False),
        Field("acpi_nodeset", "acpi/@nodeset", written=False),
    ),
    Layout(kinds.Redirdev, Field("bus", "@bus"), _ALIAS),
    Layout(kinds.Hub, Field("type", "@type"), _ALIAS, required=("type",)),
    Layout(kinds.Watchdog, _MODEL, Field("action", "@action"), _ALIAS, required=("model",)),
    Layout(kinds.Memballoon, _MODEL, _ALIAS, required=("model",), order=("stats", "alias", "address", "driver")),
    Layout(kinds.Rng, _MODEL, _ALIAS, required=("model",), order=("rate", "backend", "driver", "alias", "address")),
    Layout(kinds.Nvram, _ALIAS),
    Layout(kinds.Panic, _MODEL, _ALIAS),
    Layout(kinds.Shmem, Field("name", "@name"), Field("model", "model/@type"), _ALIAS),
    Layout(
        kinds.Memory,
        _MODEL,
        Field("size", "target/size", sized=True, written=False),
        Field("node", "target/node", decimal, str),
        Field("align_size", "source/alignsize", sized=True, written=False),
        Field("label_size", "target/label/size", sized=True, written=False),
        Field("base", "target/address/@base", limited(any_radix, 0, 0xFFFFFFFFFFFFFFFF), written=False),
        _ALIAS,
        required=("model",),
    ),
    Layout(kinds.Crypto, _MODEL, _ALIAS, required=("model",), order=("backend", "alias", "address")),
    Layout(
        kinds.Iommu,
        _MODEL,
        Field("intremap", "driver/@intremap", on_off, _switch),
        Field("eim", "driver/@eim", on_off, _switch),
        Field("xtsup", "driver/@xtsup", on_off, _switch),
        Field("pci_bus", "driver/@pciBus", decimal, str),
        _ALIAS,
        required=("model",),
    ),
    Layout(kinds.Vsock, _MODEL, _ALIAS, order=("cid", "alias", "address")),
    Layout(kinds.Pstore, _ALIAS, order=("path", "size", "alias", "address")),
)

#: The layout of every device element, by its name.
LAYOUTS: dict[str, Layout] = {layout.tag: layout for layout in _LAYOUTS}


def device_nodes(document: Document) -> list[Node]:
    """The elements of the guest's devices, in document order; the reader makes one device of each."""
    return [
        node
        for devices in document.root.children
        if devices.tag == "devices"
        for node in devices.children
        if node.tag in LAYOUTS
    ]
