"""Facts about network interfaces and file systems (formatdomain: network interfaces, filesystems)."""

from __future__ import annotations

from devaddr_xml.domxml.facts.fact import Fact, Needs, Once, OneOf, Syntax, When
from devaddr_xml.domxml.facts.words import (
    ON_OFF,
    VIRTIO_MODELS,
    YES_NO,
    count,
    model_name,
    positive,
    signed,
    unicast,
    uuid,
)

_TYPES = (
    *("network", "bridge", "direct", "vdpa", "vhostuser", "ethernet", "user", "internal", "mcast", "client", "udp"),
    *("server", "hostdev", "null", "vds"),
)
_SOCKETS = ("mcast", "client", "server", "udp")
_NO_TAP = ("user", "vdpa", "internal", "null", *_SOCKETS)
_WITHOUT_SWITCH = ("ethernet", "vhostuser", *_NO_TAP)


def _of(*types: str) -> When:
    return {"@type": types}


INTERFACE: tuple[Fact, ...] = (
    OneOf("@type", values=_TYPES),
    Needs("source", when=_of("network", "bridge", "direct", "vdpa", "internal", *_SOCKETS, "hostdev")),
    Needs("source", when={"@type": ("vhostuser",), "backend/@type": (None, "default")}),
    Needs("source/@network", when=_of("network")),
    Needs("source/@bridge", when=_of("bridge")),
    Needs("source/@dev", when=_of("direct", "vdpa")),
    OneOf("source/@mode", when=_of("direct"), values=("vepa", "bridge", "private", "passthrough")),
    Needs("source/@name", when=_of("internal")),
    Needs("source/@address", when=_of("mcast", "client", "udp")),
    Needs("source/@port", when=_of(*_SOCKETS)),
    Syntax("source/@port", when=_of(*_SOCKETS), read=signed),
    Needs("source/local", when=_of("udp")),
    Needs("source/local/@address", when=_of("udp")),
    Needs("source/local/@port", when=_of("udp")),
    Syntax("source/local/@port", when=_of("udp"), read=signed),
    OneOf("source/@type", when=_of("vhostuser"), values=("unix",)),
    Needs("source/@path", when={"@type": ("vhostuser",), "backend/@type": (None, "default")}),
    OneOf("source/@mode", when=_of("vhostuser"), values=("client", "server")),
    Needs("source/address", when=_of("hostdev")),
    Needs("source/address/@type", when=_of("hostdev")),
    OneOf("source/address/@type", when=_of("hostdev"), values=("pci", "usb")),
    Needs("boot/@order"),
    Syntax("boot/@order", read=positive),
    Syntax("acpi/@index", read=positive),
    Syntax("mac/@address", read=unicast),
    Syntax("model/@type", read=model_name),
    OneOf("rom/@bar", values=ON_OFF),
    OneOf("driver/@name", values=("qemu", "vhost", "vfio")),
    OneOf("driver/@ioeventfd", values=ON_OFF),
    OneOf("driver/@event_idx", values=ON_OFF),
    OneOf("driver/@iommu", values=ON_OFF),
    OneOf("driver/@ats", values=ON_OFF),
    OneOf("driver/@packed", values=ON_OFF),
    OneOf("driver/@rss", values=ON_OFF),
    OneOf("driver/@txmode", values=("iothread", "timer")),
    Syntax("driver/@queues", read=count),
    Syntax("driver/@rx_queue_size", read=count),
    Syntax("driver/@tx_queue_size", read=count),
    OneOf("link/@state", values=("up", "down", "")),
    Syntax("mtu/@size", read=lambda text: count(text or "0")),
    OneOf("target/@managed", when=_of("ethernet"), values=YES_NO),
    Needs("virtualport/@type", when=_of("bridge", "direct", "hostdev")),
    Once("virtualport", when=_of(*_WITHOUT_SWITCH), most=0),
    Once("mtu", when=_of("direct", "hostdev", *_NO_TAP), most=0),
    OneOf("model/@type", when=_of("vdpa"), values=VIRTIO_MODELS),
    OneOf("virtualport/@type", values=("none", "802.1Qbg", "802.1Qbh", "openvswitch", "midonet")),
    Syntax("virtualport/parameters/@interfaceid", read=uuid),
    Needs("vlan/tag"),
    Needs("vlan/tag/@id"),
    Syntax("vlan/tag/@id", read=count),
    OneOf("vlan/@trunk", values=YES_NO),
)

FILESYSTEM: tuple[Fact, ...] = (
    OneOf("@type", values=("mount", "template", "file", "block", "ram", "bind", "volume")),
    OneOf("@accessmode", when={"driver/@type": ("virtiofs",)}, values=("passthrough",)),
    OneOf("@accessmode", values=("passthrough", "mapped", "squash", "")),
    OneOf("@model", values=VIRTIO_MODELS),
    OneOf("@multidevs", values=("default", "remap", "forbid", "warn")),
    Needs("source", when={"@type": (None, "mount"), "driver/@type": (None, "path", "handle", "default")}),
    Needs("source/@dir", when={"@type": (None, "mount"), "driver/@type": (None, "path", "handle", "default")}),
    Needs("target"),
    Needs("target/@dir"),
    OneOf("driver/@type", values=("path", "handle", "virtiofs", "mtp", "default", "loop", "nbd", "ploop")),
    OneOf("driver/@wrpolicy", values=("immediate", "default")),
    OneOf("binary/@xattr", values=ON_OFF),
    OneOf("binary/cache/@mode", values=("none", "always", "never", "auto", "metadata", "default")),
    OneOf("binary/sandbox/@mode", values=("namespace", "chroot", "none")),
    OneOf("binary/lock/@posix", values=ON_OFF),
    OneOf("binary/lock/@flock", values=ON_OFF),
)
