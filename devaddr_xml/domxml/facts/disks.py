"""Facts about disks (formatdomain: hard drives, floppy disks, CDROMs)."""

from __future__ import annotations

from devaddr_xml.domxml.facts.fact import ANY, Fact, Needs, OneOf, Only, Syntax, When
from devaddr_xml.domxml.facts.words import (
    ON_OFF,
    STARTUP_POLICIES,
    VIRTIO_MODELS,
    YES_NO,
    count,
    positive,
    something,
    uuid,
    world_wide_name,
)

_FORMATS = ("raw", "qcow", "qcow2", "qed", "vmdk", "bochs", "cloop", "dmg", "vpc", "vdi", "vhd", "ploop", "luks", "cow")
_TYPES = ("file", "block", "dir", "network", "volume", "nvme", "vhostuser", "vhostvdpa")
_PROTOCOLS = (
    "none",
    "nbd",
    "rbd",
    "sheepdog",
    "gluster",
    "iscsi",
    "http",
    "https",
    "ftp",
    "ftps",
    "tftp",
    "vxhs",
    "nfs",
    "ssh",
)
_NAMED = tuple(protocol for protocol in _PROTOCOLS if protocol != "nbd")
_FULL = (None, "disk", "lun")


def _full(*types: str | None) -> When:
    """Disks of these types that are never empty, as drives with removable media can be."""
    return {"@type": types, "@device": _FULL}


DISK: tuple[Fact, ...] = (
    OneOf("@type", values=_TYPES),
    OneOf("@device", values=("disk", "cdrom", "floppy", "lun")),
    OneOf("@model", values=(*VIRTIO_MODELS, "usb-storage", "usb-bot", "default")),
    OneOf("@snapshot", values=("no", "internal", "external", "manual")),
    OneOf("@rawio", values=YES_NO),
    OneOf("@sgio", values=("filtered", "unfiltered")),
    Needs("target"),
    Syntax("target/@dev", read=something),
    OneOf("target/@bus", values=("ide", "fdc", "scsi", "virtio", "xen", "usb", "uml", "sata", "sd", "nvme")),
    OneOf("target/@tray", values=("open", "closed")),
    Only("target/@tray", when={"@device": ("cdrom", "floppy")}),
    OneOf("target/@removable", values=ON_OFF),
    Syntax("target/@rotation_rate", read=count),
    OneOf("driver/@name", values=("qemu",)),
    OneOf("driver/@type", values=(*_FORMATS, "fat", "aio")),
    OneOf("driver/@cache", values=("default", "none", "writeback", "writethrough", "directsync", "unsafe")),
    OneOf("driver/@copy_on_read", values=ON_OFF),
    OneOf("driver/@detect_zeroes", values=("off", "on", "unmap")),
    OneOf("driver/@discard", values=("unmap", "ignore")),
    OneOf("driver/@discard_no_unref", values=ON_OFF),
    OneOf("driver/@error_policy", values=("stop", "report", "ignore", "enospace")),
    OneOf("driver/@rerror_policy", values=("stop", "report", "ignore")),
    OneOf("driver/@event_idx", values=ON_OFF),
    OneOf("driver/@ioeventfd", values=ON_OFF),
    OneOf("driver/@iommu", values=ON_OFF),
    OneOf("driver/@ats", values=ON_OFF),
    OneOf("driver/@packed", values=ON_OFF),
    OneOf("driver/@io", values=("threads", "native", "io_uring")),
    Syntax("driver/@iothread", read=positive),
    Syntax("driver/@queues", read=count),
    Syntax("driver/@queue_size", read=count),
    Needs("source/@file", when=_full(None, "file")),
    Needs("source", when=_full(None, *_TYPES)),
    Needs("source/@dev", when={"@type": ("block", "vhostvdpa"), "@device": (None, "disk")}),
    Needs("source/@dir", when=_full("dir")),
    Needs("source/@pool", when={"@type": ("volume",), "source/@volume": ANY}),
    Needs("source/@volume", when={"@type": ("volume",), "source/@pool": ANY}),
    Needs("source/@protocol", when={"@type": ("network",)}),
    OneOf("source/@protocol", when={"@type": ("network",)}, values=_PROTOCOLS),
    Needs("source/@name", when={"@type": ("network",), "source/@protocol": _NAMED}),
    Needs("source/host/@name", when={"@type": ("network",), "source/host/@transport": (None, "tcp", "rdma")}),
    OneOf("source/host/@transport", when={"@type": ("network",)}, values=("tcp", "rdma", "unix")),
    Syntax("source/host/@port", when={"@type": ("network",)}, read=count),
    Needs("source/@type", when={"@type": ("nvme", "vhostuser")}),
    OneOf("source/@type", when={"@type": ("nvme",)}, values=("pci",)),
    OneOf("source/@type", when={"@type": ("vhostuser",)}, values=("unix",)),
    Needs("source/@path", when={"@type": ("vhostuser",)}),
    Needs("source/@namespace", when={"@type": ("nvme",)}),
    Needs("source/address", when={"@type": ("nvme",)}),
    OneOf("source/@managed", when={"@type": ("nvme",)}, values=YES_NO),
    OneOf("source/@startupPolicy", values=STARTUP_POLICIES),
    OneOf("source/reconnect/@enabled", values=YES_NO),
    Needs("source/reconnect/@timeout", when={"source/reconnect/@enabled": ("yes",)}),
    Syntax("source/reconnect/@timeout", read=count),
    Needs("backingStore/format", when={"backingStore/@type": _TYPES}),
    Needs("backingStore/format/@type"),
    OneOf("backingStore/format/@type", values=_FORMATS),
    Needs("backingStore/source", when={"backingStore/@type": _TYPES}),
    OneOf("backingStore/@type", values=_TYPES),
    Syntax("blockio/@logical_block_size", read=count),
    Syntax("blockio/@physical_block_size", read=count),
    Needs("boot/@order"),
    Syntax("boot/@order", read=positive),
    Needs("auth/@username"),
    Syntax("auth/@username", read=something),
    Needs("auth/secret"),
    OneOf("auth/secret/@type", values=("ceph", "iscsi", "volume", "vtpm", "tls")),
    Needs("auth/secret/@type"),
    Needs("auth/secret/@uuid", unless=("auth/secret/@usage",)),
    Syntax("auth/secret/@uuid", read=uuid),
    Syntax("wwn/text()", read=world_wide_name),
    OneOf("geometry/@trans", values=("none", "auto", "lba")),
)
