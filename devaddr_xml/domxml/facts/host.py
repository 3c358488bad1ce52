"""Facts about devices of the host and leases (formatdomain: host device assignment, device leases)."""

from __future__ import annotations

from devaddr_xml.domxml.facts.fact import ANY, Fact, Needs, Once, OneOf, Only, Syntax, When
from devaddr_xml.domxml.facts.words import (
    ON_OFF,
    STARTUP_POLICIES,
    YES_NO,
    count,
    positive,
    radix,
    radix_positive,
    signed_radix,
    uuid,
    wide,
    world_wide_port_name,
)

_SUBSYSTEM = (None, "subsystem")


def _of(*types: str) -> When:
    return {"@mode": _SUBSYSTEM, "@type": types}


_SCSI: When = {"@mode": _SUBSYSTEM, "@type": ("scsi",), "source/@protocol": (None, "adapter")}
_ISCSI: When = {"@mode": _SUBSYSTEM, "@type": ("scsi",), "source/@protocol": ("iscsi",)}

HOSTDEV: tuple[Fact, ...] = (
    OneOf("@mode", values=("subsystem", "capabilities")),
    Needs("@type"),
    OneOf("@type", when={"@mode": _SUBSYSTEM}, values=("usb", "pci", "scsi", "scsi_host", "mdev")),
    OneOf("@type", when={"@mode": ("capabilities",)}, values=("storage", "misc", "net")),
    Needs("source", when={"@mode": _SUBSYSTEM}),
    OneOf("source/@startupPolicy", when=_of("usb"), values=STARTUP_POLICIES),
    Only("source/@startupPolicy", when=_of("usb")),
    Needs("source/vendor", when={**_of("usb"), "source/product": ANY}),
    Needs("source/product", when={**_of("usb"), "source/vendor": ANY}),
    Needs("source/vendor/@id", when=_of("usb")),
    Needs("source/product/@id", when=_of("usb")),
    Syntax("source/vendor/@id", when=_of("usb"), read=radix_positive),
    Syntax("source/product/@id", when=_of("usb"), read=radix),
    Needs("source/address/@bus", when=_of("usb")),
    Needs("source/address/@device", when=_of("usb"), unless=("source/address/@port",)),
    Syntax("source/address/@bus", when=_of("usb", "scsi"), read=radix),
    Syntax("source/address/@device", when=_of("usb"), read=radix),
    Needs("source/adapter", when=_SCSI),
    Needs("source/adapter/@name", when=_SCSI),
    Needs("source/address", when=_SCSI),
    Needs("source/address/@bus", when=_SCSI),
    Needs("source/address/@target", when=_SCSI),
    Needs("source/address/@unit", when=_SCSI),
    Syntax("source/address/@target", when=_of("scsi"), read=radix),
    Syntax("source/address/@unit", when=_of("scsi"), read=wide),
    OneOf("source/@protocol", when=_of("scsi"), values=("adapter", "iscsi")),
    Needs("source/@name", when=_ISCSI),
    Needs("source/host", when=_ISCSI),
    Once("source/host", when=_ISCSI),
    Needs("source/host/@name", when=_ISCSI),
    Syntax("source/host/@port", when=_ISCSI, read=count),
    Needs("source/@protocol", when=_of("scsi_host")),
    OneOf("source/@protocol", when=_of("scsi_host"), values=("vhost",)),
    Needs("source/@wwpn", when=_of("scsi_host")),
    Syntax("source/@wwpn", when=_of("scsi_host"), read=world_wide_port_name),
    Needs("@model", when=_of("mdev")),
    OneOf("@model", when=_of("mdev"), values=("vfio-pci", "vfio-ccw", "vfio-ap")),
    Needs("source/address", when=_of("mdev")),
    Needs("source/address/@uuid", when=_of("mdev")),
    Syntax("source/address/@uuid", when=_of("mdev"), read=uuid),
    Only("@model", when={"@type": ("usb", "scsi", "scsi_host", "mdev", "storage", "misc", "net")}),
    Once("boot", when={**_of("mdev"), "@model": ("vfio-pci",)}, most=0),
    Once("boot", when=_of("scsi_host"), most=0),
    OneOf("@display", when=_of("mdev"), values=ON_OFF),
    OneOf("@ramfb", when=_of("mdev"), values=ON_OFF),
    OneOf("@rawio", values=YES_NO),
    Only("@rawio", when=_of("scsi")),
    OneOf("@sgio", values=("filtered", "unfiltered")),
    Only("@sgio", when=_of("scsi")),
    OneOf("driver/@name", when=_of("pci"), values=("kvm", "vfio", "xen")),
    OneOf("rom/@bar", values=ON_OFF),
    OneOf("rom/@enabled", values=YES_NO),
    Needs("boot/@order"),
    Syntax("boot/@order", read=positive),
)

LEASE: tuple[Fact, ...] = (
    Needs("key"),
    Needs("target"),
    Needs("target/@path"),
)

REDIRFILTER: tuple[Fact, ...] = (
    Needs("usbdev/@allow"),
    OneOf("usbdev/@allow", values=YES_NO),
    Syntax("usbdev/@product", read=signed_radix),
    Syntax("usbdev/@vendor", read=signed_radix),
)
