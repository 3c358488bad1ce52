"""Virtual machine instances, and the domains that KubeVirt makes of them; also as Hypothesis strategies."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

Policy = dict[str, Any]


class Machine(NamedTuple):
    """An instance: how many of what it has, its policy, and addresses that its user chose, by alias."""

    policy: Policy | str | None = None
    interfaces: int = 1
    disks: int = 2
    scsi_disks: int = 1
    sata_disks: int = 0
    hostdevs: int = 0
    filesystems: int = 0
    nodes: int = 0
    extras: tuple[str, ...] = ()
    machine: str = "q35"
    memory: int = 4 << 30
    given: tuple[tuple[str, str], ...] = ()

    @property
    def vmi(self) -> str:
        """The instance in JSON, as far as the hook looks at it."""
        given = dict(self.given)
        annotations = {"kubevirt.io/pci-topology-version": "v3"}
        if self.policy is not None:
            text = self.policy if isinstance(self.policy, str) else json.dumps(self.policy)
            annotations["devaddr-xml/policy"] = text
        interfaces = [{"name": f"net{n}", "pciAddress": given.get(f"ua-net{n}")} for n in range(self.interfaces)]
        disks = [{"name": f"disk{n}", "disk": {"pciAddress": given.get(f"ua-disk{n}")}} for n in range(self.disks)]
        spec = {"domain": {"devices": {"interfaces": interfaces, "disks": disks}}}
        return json.dumps({"metadata": {"name": "vm", "annotations": annotations}, "spec": spec})

    @property
    def placeholders(self) -> int:
        return max(0, 4 - self.interfaces) if self.interfaces else 0

    @property
    def domain(self) -> str:
        """The domain before the first pass."""
        arch, video = ("x86_64", "vga") if self.machine == "q35" else ("aarch64", "virtio")
        cells = "".join(
            f"<cell id='{n}' cpus='{n}' memory='{(self.memory >> 10) // self.nodes}' unit='KiB'/>"
            for n in range(self.nodes)
        )
        numa = f"<cpu mode='host-model'><numa>{cells}</numa></cpu>" if self.nodes else "<cpu mode='host-model'/>"
        devices = "".join(self._devices(video))
        return (
            '<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><name>default_vm</name>'
            f'<memory unit="b">{self.memory}</memory><os><type arch="{arch}" machine="{self.machine}">hvm</type></os>'
            f"<vcpu>{max(self.nodes, 1)}</vcpu><metadata><kubevirt xmlns='http://kubevirt.io'><uid/></kubevirt></metadata>"
            f"{numa}<devices>{devices}</devices>"
            '<qemu:commandline><qemu:env name="A" value="b"/></qemu:commandline></domain>'
        )

    def _devices(self, video: str) -> list[str]:
        model = "virtio-non-transitional"
        made = [
            f'<interface type="ethernet">{self._place(f"ua-net{n}")}<source/><target dev="tap{n}" managed="no"/>'
            f'<model type="{model}"/><mac address="52:54:00:00:00:{n:02x}"/><alias name="ua-net{n}"/></interface>'
            for n in range(self.interfaces)
        ]
        made.append('<channel type="unix"><target name="org.qemu.guest_agent.0" type="virtio"/></channel>')
        made += [
            f'<hostdev type="pci" managed="no" mode="subsystem"><source><address type="pci" domain="0x0000" '
            f'bus="0x{0x40 + n:02x}" slot="0x00" function="0x0"/></source><alias name="ua-gpu{n}"/></hostdev>'
            for n in range(self.hostdevs)
        ]
        usb = "qemu-xhci" if {"tablet", "redirection"} & set(self.extras) else "none"
        made += [
            f'<controller type="usb" index="0" model="{usb}"/>',
            f'<controller type="scsi" index="0" model="{model}"/>',
            f'<controller type="virtio-serial" index="0" model="{model}"/>',
            f'<video><model type="{video}" heads="1"/></video><graphics type="vnc"/>',
            f'<memballoon model="{model}"/>',
        ]
        made += [
            f'<disk device="disk" type="file" model="{model}"><source file="/d{n}"/><target bus="virtio" '
            f'dev="vd{chr(97 + n)}"/><alias name="ua-disk{n}"/>{self._place(f"ua-disk{n}")}</disk>'
            for n in range(self.disks)
        ]
        made += [
            f'<disk device="disk" type="file"><source file="/s{n}"/><target bus="scsi" dev="sd{chr(97 + n)}"/>'
            f'<alias name="ua-s{n}"/><address type="drive" bus="0" controller="0" unit="{n}"/></disk>'
            for n in range(self.scsi_disks)
        ]
        made += [
            f'<disk device="cdrom" type="file"><source file="/c{n}"/><target bus="sata" '
            f'dev="sd{chr(97 + self.scsi_disks + n)}"/><alias name="ua-c{n}"/></disk>'
            for n in range(self.sata_disks)
        ]
        made += [
            '<filesystem type="mount" accessMode="passthrough"><driver type="virtiofs"/>'
            f'<source dir="x" socket="/f{n}"/><target dir="fs{n}"/></filesystem>'
            for n in range(self.filesystems)
        ]
        return made + [_EXTRAS[extra] for extra in self.extras]

    def _place(self, alias: str) -> str:
        text = dict(self.given).get(alias)
        if text is None:
            return ""
        domain, bus, rest = text.split(":")
        slot, function = rest.split(".")
        return f'<address type="pci" domain="0x{domain}" bus="0x{bus}" slot="0x{slot}" function="0x{function}"/>'


_EXTRAS = {
    "tablet": '<input type="tablet" bus="usb"><alias name="ua-tablet"/></input>',
    "keyboard": '<input type="keyboard" bus="virtio" model="virtio-non-transitional"/>',
    "serial": '<serial type="unix"><target port="0"/><source mode="bind" path="/c"/></serial>'
    '<console type="unix"><target type="serial" port="0"/><source mode="bind" path="/c"/></console>',
    "watchdog": '<watchdog model="i6300esb" action="poweroff"><alias name="ua-dog"/></watchdog>',
    "rng": '<rng model="virtio-non-transitional"><backend model="random">/dev/urandom</backend></rng>',
    "redirection": "".join(
        f'<redirdev type="unix" bus="usb"><source mode="connect" path="/r{n}"/></redirdev>' for n in range(4)
    ),
    "sound": '<sound model="ich9"><alias name="ua-sound"/></sound>',
    "ac97": '<sound model="ac97"><alias name="ua-sound"/></sound>',
    "tpm": '<tpm model="tpm-tis"><backend type="emulator" version="2.0"/></tpm>',
    "vsock": '<vsock model="virtio-non-transitional"><cid auto="no" address="3"/></vsock>',
    "panic": '<panic model="pvpanic"/>',
}

_TUNABLES = {
    "spare-ports": st.sampled_from(["libvirt", "kubevirt", 0, 3, 9]),
    "port-hotplug": st.sampled_from(["default", "on", "spare-only"]),
    "packing": st.sampled_from(["separate", "functions"]),
    "pcie-placement": st.sampled_from(["root-port", "root-complex", "switch"]),
    "legacy-placement": st.sampled_from(["bridge", "root-complex"]),
}


@st.composite
def policies(draw: st.DrawFn, aliases: list[str], nodes: int) -> Policy:
    """A profile, tunables, and hints for some of the devices."""
    chosen: Policy = {"profile": draw(st.sampled_from(["libvirt", "hotplug", "integrated", "packed"]))}
    for name in draw(st.lists(st.sampled_from(sorted(_TUNABLES)), unique=True, max_size=3)):
        chosen[name] = draw(_TUNABLES[name])
    if chosen["profile"] == "packed" and chosen.get("spare-ports"):
        chosen.setdefault("port-hotplug", "spare-only")
    hints = [{"hotplug": "yes"}, {"hotplug": "no"}, {"port-hotplug": "off"}, {"own-bus": "yes"}]
    hints += [{"node": node} for node in range(nodes)] * 3
    devices = []
    for alias in draw(st.lists(st.sampled_from(aliases), unique=True, max_size=4)) if aliases else []:
        devices.append({"ref": alias, **draw(st.sampled_from(hints))})
    if len(aliases) > 2 and draw(st.booleans()):
        group = [alias for alias in aliases[:3] if all(alias != device["ref"] for device in devices)]
        devices += [{"ref": alias, "slot-group": "together"} for alias in group]
    if devices:
        chosen["devices"] = devices
    if nodes and draw(st.booleans()):
        chosen["spares"] = [{"node": nodes - 1, "ports": 2}]
    return chosen


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    machine = Machine(
        interfaces=draw(st.integers(0, 6)),
        disks=draw(st.integers(0, 6)),
        scsi_disks=draw(st.integers(0, 9)),
        sata_disks=draw(st.integers(0, 2)),
        hostdevs=draw(st.integers(0, 3)),
        filesystems=draw(st.integers(0, 3)),
        nodes=draw(st.sampled_from([0, 0, 2])),
        extras=tuple(draw(st.lists(st.sampled_from(sorted(_EXTRAS)), unique_by=lambda name: name[:2], max_size=6))),
        machine=draw(st.sampled_from(["q35", "q35", "virt"])),
        memory=draw(st.sampled_from([1 << 30, 4 << 30])),
    )
    extras = machine.extras
    if machine.machine == "virt":
        extras = tuple(extra for extra in extras if extra not in ("watchdog", "sound", "ac97", "panic", "tpm"))
    aliases = [f"ua-net{n}" for n in range(machine.interfaces)] + [f"ua-disk{n}" for n in range(machine.disks)]
    aliases += [f"ua-gpu{n}" for n in range(machine.hostdevs)]
    return machine._replace(extras=extras, policy=draw(policies(aliases, machine.nodes)))
