"""Facts about character devices: serial and parallel ports, consoles, channels, and what else has a host side."""

from __future__ import annotations

from devaddr_xml.domxml.facts.fact import Fact, Needs, Once, OneOf, Syntax, When
from devaddr_xml.domxml.facts.words import ON_OFF, YES_NO, count, positive, signed

_TYPES = (
    *("null", "vc", "pty", "dev", "file", "pipe", "stdio", "udp", "tcp", "unix", "spicevmc", "spiceport", "nmdm"),
    *("qemu-vdagent", "dbus"),
)
_ONE_SOURCE = tuple([type_ for type_ in (None, *_TYPES) if type_ != "udp"])


def _of(*types: str) -> When:
    return {"@type": types}


_HOST_SIDE: tuple[Fact, ...] = (
    OneOf("@type", values=_TYPES),
    Needs("source", when=_of("dev", "file", "pipe", "tcp", "udp", "spiceport")),
    Needs("source/@path", when=_of("dev", "file", "pipe")),
    Needs("source/@host", when=_of("tcp")),
    Needs("source/@service", when=_of("tcp")),
    Needs("source/@channel", when=_of("spiceport")),
    OneOf("source/@mode", when=_of("tcp", "udp", "unix"), values=("bind", "connect")),
    OneOf("source/@append", when=_of("file"), values=ON_OFF),
    OneOf("source/@tls", when=_of("tcp"), values=YES_NO),
    OneOf("source/clipboard/@copypaste", when=_of("qemu-vdagent"), values=YES_NO),
    Needs("source/clipboard/@copypaste", when=_of("qemu-vdagent")),
    OneOf("source/mouse/@mode", when=_of("qemu-vdagent"), values=("server", "client")),
    Needs("source/mouse/@mode", when=_of("qemu-vdagent")),
    Once("source", when={"@type": _ONE_SOURCE}),
    Once("source", when=_of("udp"), most=2),
    Once("protocol"),
    OneOf("protocol/@type", when=_of("tcp"), values=("raw", "telnet", "telnets", "tls")),
    Once("log"),
    OneOf("log/@append", values=ON_OFF),
)

_UNIX_PATH: tuple[Fact, ...] = (Needs("source", when=_of("unix")), Needs("source/@path", when=_of("unix")))

_PORT = Syntax("target/@port", read=signed)

SERIAL: tuple[Fact, ...] = (
    *_HOST_SIDE,
    *_UNIX_PATH,
    _PORT,
    OneOf(
        "target/@type",
        values=(
            *("none", "isa-serial", "usb-serial", "pci-serial", "spapr-vio-serial", "system-serial", "sclp-serial"),
            "isa-debug",
        ),
    ),
    OneOf(
        "target/model/@name",
        values=(
            *("isa-serial", "usb-serial", "pci-serial", "spapr-vty", "pl011", "sclpconsole", "sclplmconsole"),
            *("16550a", "isa-debugcon", "", "none"),
        ),
    ),
)

PARALLEL: tuple[Fact, ...] = (*_HOST_SIDE, *_UNIX_PATH, _PORT)

CONSOLE: tuple[Fact, ...] = (
    *_HOST_SIDE,
    *_UNIX_PATH,
    _PORT,
    OneOf(
        "target/@type",
        values=("none", "serial", "virtio", "xen", "uml", "lxc", "openvz", "sclp", "sclplm"),
    ),
)

CHANNEL: tuple[Fact, ...] = (
    *_HOST_SIDE,
    Needs("target"),
    Needs("target/@type"),
    OneOf("target/@type", values=("none", "virtio", "guestfwd", "xen")),
    Needs("target/@address", when={"target/@type": ("guestfwd",)}),
    Needs("target/@port", when={"target/@type": ("guestfwd",)}),
    Syntax("target/@port", when={"target/@type": ("guestfwd",)}, read=count),
    OneOf("target/@state", values=("default", "connected", "disconnected")),
)

REDIRDEV: tuple[Fact, ...] = (
    *_HOST_SIDE,
    *_UNIX_PATH,
    Needs("@type"),
    OneOf("@bus", values=("usb",)),
    Needs("boot/@order"),
    Syntax("boot/@order", read=positive),
)

SMARTCARD: tuple[Fact, ...] = (
    Needs("@mode"),
    OneOf("@mode", values=("host", "host-certificates", "passthrough")),
    Needs("@type", when={"@mode": ("passthrough",)}),
    Needs("certificate", when={"@mode": ("host-certificates",)}),
    *_HOST_SIDE,
    *_UNIX_PATH,
)

RNG: tuple[Fact, ...] = (
    Needs("@model"),
    OneOf("@model", values=("virtio", "virtio-transitional", "virtio-non-transitional")),
    Needs("backend"),
    Once("backend"),
    Needs("backend/@model"),
    OneOf("backend/@model", values=("random", "egd", "builtin")),
    Needs("backend/@type", when={"backend/@model": ("egd",)}),
    OneOf("backend/@type", when={"backend/@model": ("egd",)}, values=_TYPES),
    OneOf("backend/source/@mode", when={"backend/@model": ("egd",)}, values=("bind", "connect")),
    Syntax("rate/@bytes", read=lambda text: count(text or "0")),
    Syntax("rate/@period", read=lambda text: count(text or "0")),
)
