"""What a document says of the hardware beside what decides addresses, so that two documents can be compared.

The tables name what a guest can notice, or what libvirt compares before it lets a guest continue elsewhere. What only
the host notices (files, bridges, caches, threads) is left out. Source: formatdomain of libvirt, by element.
"""

from __future__ import annotations

from devaddr_xml.domxml.devices import device_nodes
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.model.details import Details

#: Of any device: where it is in the boot order, its option ROM, and features of every virtio device.
_EVERY = (
    "boot/@order",
    "boot/@loadparm",
    "rom/@bar",
    "rom/@enabled",
    "rom/@file",
    "driver/@iommu",
    "driver/@ats",
    "driver/@packed",
    "driver/@page_per_vq",
    "driver/@event_idx",
)

#: Of one kind of device. A path ends in an attribute, or in an element, of which its text counts.
_OF_KIND: dict[str, tuple[str, ...]] = {
    "disk": (
        "serial",
        "wwn",
        "vendor",
        "product",
        "blockio/@logical_block_size",
        "blockio/@physical_block_size",
        "blockio/@discard_granularity",
        "target/@rotation_rate",
        "target/@removable",
        "geometry/@cyls",
        "geometry/@heads",
        "geometry/@secs",
        "geometry/@trans",
        "driver/@queues",
        "driver/@queue_size",
        "driver/@discard",
        "readonly",
    ),
    "controller": ("driver/@queues", "driver/@cmd_per_lun", "driver/@max_sectors"),
    "interface": (
        "driver/@queues",
        "driver/@rx_queue_size",
        "driver/@tx_queue_size",
        "driver/@rss",
        "driver/@rss_hash_report",
        *(f"driver/host/@{name}" for name in ("csum", "gso", "tso4", "tso6", "ecn", "ufo", "mrg_rxbuf")),
        *(f"driver/guest/@{name}" for name in ("csum", "tso4", "tso6", "ecn", "ufo")),
        "mtu/@size",
        "link/@state",
        "acpi/@index",
        "acpi/@nodeset",
        "teaming/@type",
        "teaming/@persistent",
    ),
    "hostdev": ("acpi/@index", "acpi/@nodeset", "teaming/@type", "teaming/@persistent"),
    "filesystem": ("driver/@queue",),
    "video": (
        *(f"model/@{name}" for name in ("vram", "vram64", "ram", "vgamem", "heads", "blob", "edid")),
        "model/acceleration/@accel3d",
        "model/resolution/@x",
        "model/resolution/@y",
    ),
    "sound": ("codec/@type", "@streams", "@multichannel"),
    "memballoon": ("@autodeflate", "@freePageReporting"),
    "shmem": ("@role", "size", "msi/@vectors"),
    "vsock": ("cid/@address",),
    "memory": ("@access", "target/block", "target/readonly", "uuid"),
    "iommu": tuple(
        [
            f"driver/@{name}"
            for name in (
                "aw_bits",
                "iotlb",
                "caching_mode",
                "dma_translation",
                "granule",
                "passthrough",
                "pciBus",
                "accel",
            )
        ]
    ),
    "crypto": ("backend/@queues",),
    "pstore": ("size",),
    "tpm": ("backend/profile/@source", "backend/active_pcr_banks"),
}

#: What libvirt and QEMU take where a document says nothing: then saying it makes no difference.
_USUAL = {
    "rom bar": "on",
    "rom enabled": "yes",
    "link state": "up",
    "target removable": "off",
    "driver packed": "off",
    "driver ats": "off",
    "driver iommu": "off",
    "driver page_per_vq": "off",
    "driver event_idx": "on",
    "autodeflate": "off",
    "freePageReporting": "off",
    "acceleration accel3d": "no",
}

#: What a device of that kind is without saying so.
_IMPLIED = {"readonly": ("device", "cdrom")}

#: Of the guest as a whole, by the element below <domain>.
_OF_GUEST = (
    "uuid",
    "os/@firmware",
    "os/loader/@type",
    "os/loader/@secure",
    "os/smbios/@mode",
    "cpu/@mode",
    "cpu/model",
    "cpu/vendor",
    *(f"cpu/topology/@{name}" for name in ("sockets", "dies", "clusters", "cores", "threads")),
    "cpu/cache/@mode",
    "cpu/cache/@level",
    "cpu/maxphysaddr/@mode",
    "cpu/maxphysaddr/@bits",
    "clock/@offset",
    "genid",
    "pm/suspend-to-mem/@enabled",
    "pm/suspend-to-disk/@enabled",
    "launchSecurity/@type",
)
#: Lists below <domain> of which each element counts: the list, the tag (any where it is none), what names the element.
_LISTS: tuple[tuple[str, str | None, str], ...] = (
    ("features", None, "feature"),
    ("cpu", "feature", "cpu feature"),
    ("clock", "timer", "timer"),
)
#: Read as an attribute of the guest.
_READ_ELSEWHERE = ("acpi",)


def read_details(document: Document) -> Details:
    """What the document says beside what the reader makes a guest of; devices are those of the reader, in its order."""
    return Details(
        guest={**_named(document, document.root, _OF_GUEST), **_listed(document), **_firmware_tables(document)},
        devices=tuple(
            [_named(document, node, (*_EVERY, *_OF_KIND.get(node.tag, ()))) for node in device_nodes(document)]
        ),
    )


def _named(document: Document, node: Node, paths: tuple[str, ...]) -> dict[str, str]:
    """What the paths below an element say, by the last element and the attribute; usual values are left out."""
    found: dict[str, str] = {}
    for path in paths:
        value = _value(document, node, path)
        name = " ".join(path.replace("@", "").split("/")[-2:])
        if value is not None and _USUAL.get(name) != value and not _is_implied(node, path):
            found[name] = value
    return found


def _is_implied(node: Node, path: str) -> bool:
    attribute, value = _IMPLIED.get(path, ("", ""))
    return bool(attribute) and node.attributes.get(attribute) == value


def _value(document: Document, node: Node, path: str) -> str | None:
    *above, last = path.split("/")
    below: Node | None = node
    for tag in above:
        below = below.first(tag) if below is not None else None
    if below is None:
        return None
    if last.startswith("@"):
        return below.attributes.get(last[1:])
    element = below.first(last)
    return None if element is None else document.content(element) or "yes"


def _listed(document: Document) -> dict[str, str]:
    """Features of the guest and of its CPU, and its timers: those that are named, with all that they say."""
    found: dict[str, str] = {}
    for parent, tag, label in _LISTS:
        element = document.root.first(parent)
        for child in element.children if element is not None else ():
            if child.tag not in _READ_ELSEWHERE and tag in (None, child.tag):
                found[f"{label} {child.attributes.get('name', child.tag)}"] = _all_of(child) or "on"
    return found


def _firmware_tables(document: Document) -> dict[str, str]:
    """What SMBIOS and fw_cfg tell the guest, by table and entry."""
    found: dict[str, str] = {}
    for element in document.root.children:
        for table in element.children if element.tag == "sysinfo" else ():
            entries = [child for child in (*table.children, table) if child.tag == "entry"]
            for number, entry in enumerate(entries, 1):
                name = entry.attributes.get("name", number)
                found[f"sysinfo {table.tag} {name}"] = document.content(entry) or entry.attributes.get("file", "on")
    return found


def _all_of(node: Node) -> str:
    """Everything that an element and those below it say, but for a name; the order of attributes means nothing."""
    own = [f"{key}={value}" for key, value in sorted(node.attributes.items()) if key != "name"]
    return " ".join([*own, *(f"{child.tag} {_all_of(child)}".strip() for child in node.children)])
