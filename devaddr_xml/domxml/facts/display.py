"""Facts about graphics, video, sound and input (formatdomain: graphical framebuffers, video, sound, input)."""

from __future__ import annotations

from devaddr_xml.domxml.facts.fact import Fact, Needs, Once, OneOf, Only, Syntax
from devaddr_xml.domxml.facts.words import ON_OFF, VIRTIO_MODELS, YES_NO, count, one_head, positive, signed

_SPICE = {"@type": ("spice",)}

GRAPHICS: tuple[Fact, ...] = (
    Needs("@type"),
    OneOf("@type", values=("vnc", "spice", "sdl", "rdp", "desktop", "egl-headless", "dbus")),
    Syntax("@port", when={"@type": ("vnc", "spice", "rdp")}, read=signed),
    Syntax("@tlsPort", when=_SPICE, read=signed),
    OneOf("@sharePolicy", when={"@type": ("vnc",)}, values=("allow-exclusive", "force-shared", "ignore", "default")),
    OneOf("@defaultMode", when=_SPICE, values=("any", "secure", "insecure")),
    Needs("listen/@type", when={"@type": ("vnc", "spice", "rdp")}),
    OneOf("listen/@type", values=("address", "network", "socket", "none"), when={"@type": ("vnc", "spice", "rdp")}),
    Needs("channel/@name", when=_SPICE),
    OneOf(
        "channel/@name",
        when=_SPICE,
        values=("main", "display", "inputs", "cursor", "playback", "record", "smartcard", "usbredir"),
    ),
    Needs("channel/@mode", when=_SPICE),
    OneOf("channel/@mode", when=_SPICE, values=("any", "secure", "insecure")),
    Needs("clipboard/@copypaste", when=_SPICE),
    OneOf("clipboard/@copypaste", when=_SPICE, values=YES_NO),
    Needs("filetransfer/@enable", when=_SPICE),
    OneOf("filetransfer/@enable", when=_SPICE, values=YES_NO),
    Needs("gl/@enable", when={"@type": ("spice", "sdl", "dbus")}),
    OneOf("gl/@enable", when={"@type": ("spice", "sdl", "dbus")}, values=YES_NO),
    Needs("image/@compression", when=_SPICE),
    OneOf("image/@compression", when=_SPICE, values=("auto_glz", "auto_lz", "quic", "glz", "lz", "off")),
    Needs("mouse/@mode", when=_SPICE),
    OneOf("mouse/@mode", when=_SPICE, values=("server", "client")),
    Needs("streaming/@mode", when=_SPICE),
    OneOf("streaming/@mode", when=_SPICE, values=("filter", "all", "off")),
)

AUDIO: tuple[Fact, ...] = (
    Needs("@id"),
    Syntax("@id", read=positive),
    Needs("@type"),
    OneOf(
        "@type",
        values=(
            *("none", "alsa", "coreaudio", "jack", "oss", "pulseaudio", "sdl", "spice", "file", "dbus", "pipewire"),
        ),
    ),
)

SOUND: tuple[Fact, ...] = (
    Needs("@model"),
    OneOf("@model", values=("sb16", "es1370", "pcspk", "ac97", "ich6", "ich7", "ich9", "usb", "virtio")),
    OneOf("@multichannel", values=YES_NO),
    Needs("codec/@type"),
    OneOf("codec/@type", values=("duplex", "micro", "output")),
    Needs("audio/@id"),
    Syntax("audio/@id", read=positive),
)

#: Models that are not known to have one memory only.
_WITH_MEMORY = (None, "qxl", "vmvga", "xen", "vbox", "parallels", "gop", "none", "ramfb", "default")

VIDEO: tuple[Fact, ...] = (
    OneOf(
        "model/@type",
        values=(
            *("vga", "cirrus", "vmvga", "xen", "vbox", "qxl", "parallels", "virtio", "gop", "none", "bochs", "ramfb"),
            "default",
        ),
    ),
    Syntax("model/@heads", read=lambda text: count(text or "0")),
    Syntax("model/@heads", when={"model/@type": ("vga", "cirrus", "bochs")}, read=one_head),
    Only("model/@ram", when={"model/@type": _WITH_MEMORY}),
    Only("model/@vgamem", when={"model/@type": _WITH_MEMORY}),
    Only("model/@vram64", when={"model/@type": _WITH_MEMORY}),
    Once("model/resolution", when={"model/@type": ("cirrus",)}, most=0),
    Syntax("model/@vram", read=lambda text: count(text or "0")),
    Syntax("model/@ram", read=lambda text: count(text or "0")),
    OneOf("model/acceleration/@accel3d", values=YES_NO),
    OneOf("model/acceleration/@accel2d", values=YES_NO),
    Needs("model/acceleration/@accel3d", unless=("model/acceleration/@accel2d", "model/acceleration/@rendernode")),
    Needs("model/resolution/@x"),
    Needs("model/resolution/@y"),
    Syntax("model/resolution/@x", read=positive),
    Syntax("model/resolution/@y", read=positive),
)

INPUT: tuple[Fact, ...] = (
    Needs("@type"),
    OneOf("@type", values=("mouse", "tablet", "keyboard", "passthrough", "evdev")),
    OneOf("@bus", values=("ps2", "usb", "xen", "virtio", "parallels", "none", "default")),
    OneOf("@type", when={"@bus": ("ps2",)}, values=("mouse", "keyboard")),
    OneOf("@type", when={"@bus": ("usb",)}, values=("mouse", "tablet", "keyboard", "evdev")),
    OneOf("@model", values=VIRTIO_MODELS),
    Only("@model", when={"@bus": (None, "xen", "virtio", "parallels", "none", "default")}),
    Needs("source/@evdev", when={"@type": ("passthrough",)}),
    Needs("source/@dev", when={"@type": ("evdev",)}),
    OneOf("source/@grab", when={"@type": ("evdev",)}, values=("all",)),
    OneOf("source/@repeat", when={"@type": ("evdev",)}, values=ON_OFF),
    OneOf(
        "source/@grabToggle",
        when={"@type": ("evdev",)},
        values=("ctrl-ctrl", "alt-alt", "shift-shift", "meta-meta", "scrolllock", "ctrl-scrolllock"),
    ),
    Only("@bus", when={"@type": ("mouse", "tablet", "keyboard", "passthrough")}),
)
