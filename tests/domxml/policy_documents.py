"""Policies and devices with hints, good ones and bad ones, for the parser and for both grammars."""

from __future__ import annotations

NAMESPACE = "urn:devaddr-xml:hints:1"


def policy(attributes: str = "", children: str = "") -> str:
    """A policy element."""
    return f'<devaddr:policy xmlns:devaddr="{NAMESPACE}" {attributes}>{children}</devaddr:policy>'


def device(attributes: str) -> str:
    """An element with hints in the namespace of the vocabulary."""
    return f'<device xmlns:devaddr="{NAMESPACE}" {attributes}/>'


GOOD = [
    policy(),
    policy('version="1"'),
    *(policy(f'profile="{name}"') for name in ("libvirt", "hotplug", "integrated", "packed")),
    *(policy(f'spare-ports="{value}"') for value in ("libvirt", "kubevirt", "0", "4", "40", "65535", "59999")),
    *(policy(f'port-hotplug="{value}"') for value in ("default", "on", "off", "spare-only")),
    policy('packing="separate" pcie-placement="switch" legacy-placement="root-complex" numa="prefer"'),
    policy('packing="functions" pcie-placement="root-complex" legacy-placement="bridge" numa="off" overflow="pack"'),
    policy('scsi-units="1"'),
    policy('scsi-units="255"'),
    policy("", '<devaddr:spare node="0" ports="0"/>'),
    policy("", '<devaddr:spare node="65535" ports="2"></devaddr:spare><devaddr:spare node="1" ports="2"/>'),
    policy("", '<devaddr:device ref="vda"/>'),
    policy("", '<devaddr:device ref="/srv/a b  c" slot-group=" " bus-group="x&#10;y"/>'),
    policy("", '<devaddr:device ref="vda" node="1" root-complex="pci0000:26" hotplug="yes" own-bus="yes"/>'),
    policy("", '<devaddr:device ref="vda" placement="bridge" bus="pci" port-hotplug="off"/>'),
    policy("", '<devaddr:device ref="Ünïcode" slot-group="größer"/>'),
    policy("", '<devaddr:device ref="a"/><!-- why --><devaddr:spare node="1" ports="1"/><devaddr:device ref="b"/>\n'),
    policy("", "<!-- nothing but --><?php a comment?>"),
    *(
        policy("", f"<devaddr:spare node='1' ports='1' mem-reserve='{value}'/>")
        for value in ("1", "65536", "4194303", "0000:41:00.0", "10000:41:1f.7")
    ),
    f'<policy xmlns="{NAMESPACE}" numa="strict"><device ref="vda" node="0"/></policy>',
    policy(f'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="{NAMESPACE} hints.xsd"'),
    policy("", '<devaddr:device ref="vda" hotplug="no" slot-group="1"/>'),
    policy("", f'<devaddr:device ref="vda" slot-group="{"ü" * 4096}"/>'),
]

BAD = [
    *(
        policy("", f"<devaddr:spare node='1' ports='1' mem-reserve='{value}'/>")
        for value in ("", "0", "64M", "065536", "4194304", "41:00.0", "0000:41:00.8", "0000:41:20.0", "0000:4A:00.0")
    ),
    policy('version="3"'),
    policy('version="0"'),
    policy('version=""'),
    policy('version="one"'),
    policy('version=" 1"'),
    policy('numa="strict "'),
    policy('profile="Hotplug"'),
    policy('profile="kubevirt"'),
    policy('profile=""'),
    *(
        policy(f'spare-ports="{value}"')
        for value in ("", "-1", "65536", "4.0", "4 4", "+4", "1e3", "0x4", "auto", "007", "00", " 4")
    ),
    policy('spare-ports="99999999999999999999999"'),
    policy('spare-ports="4&#160;"'),
    policy('spare-ports="&#1636;"'),
    policy('port-hotplug="yes"'),
    policy('port-hotplug="spare only"'),
    policy('packing="function"'),
    policy('pcie-placement="bridge"'),
    policy('legacy-placement="root-port"'),
    policy('numa="0"'),
    policy('scsi-units="0"'),
    policy('scsi-units="256"'),
    policy('overflow="none"'),
    policy('spare-port="4"'),
    policy('node="1"'),
    policy('devaddr:numa="strict"'),
    policy('xml:space="preserve"'),
    policy('xmlns:x="urn:x" x:numa="strict"'),
    policy("", "<spare node='1' ports='1'/>"),
    policy("", "<devaddr:spares node='1' ports='1'/>"),
    policy("", "<x:spare xmlns:x='urn:x' node='1' ports='1'/>"),
    policy("", '<devaddr:policy numa="off"/>'),
    policy("", '<devaddr:spare node="1"/>'),
    policy("", '<devaddr:spare ports="1"/>'),
    policy("", '<devaddr:spare node="-1" ports="1"/>'),
    policy("", '<devaddr:spare node="kubevirt" ports="1"/>'),
    policy("", '<devaddr:spare node="1" ports="many"/>'),
    policy("", '<devaddr:spare node="1" ports="1" ref="vda"/>'),
    policy("", '<devaddr:device node="1"/>'),
    policy("", '<devaddr:device ref=""/>'),
    policy("", '<devaddr:device ref="vda" slot-group=""/>'),
    policy("", '<devaddr:device ref="vda" node="1a"/>'),
    policy("", f'<devaddr:device ref="{"a" * 4097}"/>'),
    policy("", '<devaddr:device ref="vda" hotplug="on"/>'),
    policy("", '<devaddr:device ref="vda" own-bus="no"/>'),
    policy("", '<devaddr:device ref="vda" placement="pcie"/>'),
    policy("", '<devaddr:device ref="vda" bus="usb"/>'),
    policy("", '<devaddr:device ref="vda" port-hotplug="spare-only"/>'),
    policy("", '<devaddr:device ref="vda" numa="strict"/>'),
    policy("", '<devaddr:device ref="vda" devaddr:node="1"/>'),
    policy("", '<devaddr:device ref="vda"><devaddr:device ref="vdb"/></devaddr:device>'),
]

BAD_TEXT = [
    policy("", "text"),
    policy("", "<![CDATA[text]]>"),
    policy("", '<devaddr:spare node="1" ports="1"/>text'),
    policy("", '<devaddr:spare node="1" ports="1">1</devaddr:spare>'),
]

GOOD_DEVICES = [
    device(""),
    device('devaddr:node="0"'),
    device('devaddr:root-complex="pci0000:26" devaddr:hotplug="no" devaddr:placement="switch"'),
    device('devaddr:bus="pcie" devaddr:slot-group="a" devaddr:bus-group="b"'),
    device('devaddr:own-bus="yes" devaddr:port-hotplug="on" devaddr:node="12"'),
]

BAD_DEVICES = [
    device('devaddr:node=""'),
    device('devaddr:node="a"'),
    device('devaddr:nodes="1"'),
    device('devaddr:numa="strict"'),
    device('devaddr:ref="vda"'),
    device('devaddr:hotplug="off"'),
    device('devaddr:placement="pcie-root-port"'),
    device('devaddr:bus-group=""'),
    device('devaddr:own-bus="true"'),
]
