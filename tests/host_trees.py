"""Hosts from a compact text: as facts, and as the sysfs tree that a Linux of such a host would have.

A line is ``pciDDDD:BB`` (a root complex), ``ADDRESS [KIND] [NAME=VALUE ...]`` (a function; deeper lines are below it),
``cpus NODE LIST``, or ``bits N``. Names: node, group, class, vendor, device, physfn, bar0 to bar5 (``16G/64p``: size,
bits and whether it is prefetchable), vfs (how many there can be) and vfbar0 to vfbar5.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from devaddr_xml.model.host import BRIDGE_KINDS, Bar, HostFacts, HostPciDevice

PORT_TYPES = {"root-port": 4, "upstream-port": 5, "downstream-port": 6, "bridge": 7}
_UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}

#: Two sockets: one with a switch of two levels and a card with functions, one with virtual functions.
SERVER = """
cpus 0 0-3,8-11
cpus 1 4-7,12-15
bits 52
pci0000:10
  0000:10:01.0 root-port node=0 group=1
    0000:11:00.0 upstream-port node=0 group=2
      0000:12:00.0 downstream-port node=0 group=3
        0000:13:00.0 class=0x030200 vendor=0x10de device=0x2330 node=0 group=4 bar0=16M/32 bar2=128G/64p
      0000:12:01.0 downstream-port node=0 group=5
        0000:14:00.0 upstream-port node=0 group=6
          0000:15:00.0 downstream-port node=0 group=7
            0000:16:00.0 class=0x020700 node=0 group=8
          0000:15:01.0 downstream-port node=0 group=9
            0000:17:00.0 class=0x020700 node=0 group=10
  0000:10:02.0 root-port node=0 group=11
    0000:18:00.0 class=0x030000 node=0 group=12
    0000:18:00.1 class=0x040300 node=0 group=12
pci0001:80
  0001:80:01.0 root-port node=1 group=20
    0001:81:00.0 class=0x020000 node=1 group=21 bar0=1M/64p vfs=8 vfbar0=64K/64p vfbar3=16K/32
    0001:81:00.1 class=0x020000 node=1 group=22 physfn=0001:81:00.0 bar0=64K/64p
    0001:81:01.0 class=0x020000 node=1 group=23 physfn=0001:81:00.0 bar0=64K/64p
"""


class Function(msgspec.Struct):
    """A function of the text: its facts, and how many virtual functions it can have."""

    facts: HostPciDevice
    vfs: int = 0


class Host(msgspec.Struct):
    """What a text says."""

    functions: dict[str, Function]
    cpus: dict[int, str]
    bits: int | None = None

    @property
    def facts(self) -> HostFacts:
        """The same as host facts."""
        pci = {address: function.facts for address, function in self.functions.items()}
        cpus = {node: tuple(_numbers(text)) for node, text in self.cpus.items()}
        return HostFacts(pci=pci, cpus=cpus, phys_bits=self.bits)


def host(text: str) -> Host:
    """Read the compact text."""
    found = Host({}, {})
    root_complex = None
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        indent = len(line) - len(line.lstrip())
        if words[0] == "cpus":
            found.cpus[int(words[1])] = words[2]
        elif words[0] == "bits":
            found.bits = int(words[1])
        elif words[0].startswith("pci"):
            root_complex, above = words[0], []
        else:
            above = [(depth, address) for depth, address in above if depth < indent]
            parents = tuple(address for _, address in above)
            found.functions[words[0]] = _function(words[1:], root_complex, parents)
            above.append((indent, words[0]))
    return found


def facts(text: str) -> HostFacts:
    """The host facts of the compact text."""
    return host(text).facts


def _function(words: list[str], root_complex: str | None, parents: tuple[str, ...]) -> Function:
    kind = next((word for word in words if word in BRIDGE_KINDS), None)
    named = dict(word.split("=") for word in words if "=" in word)
    bars = [_bar(index, named[f"bar{index}"]) for index in range(6) if f"bar{index}" in named]
    vf_bars = [_bar(index, named[f"vfbar{index}"]) for index in range(6) if f"vfbar{index}" in named]
    return Function(
        HostPciDevice(
            iommu_group=int(named["group"]) if "group" in named else None,
            express=named.get("express") != "no",
            numa_node=int(named.get("node", "-1")),
            root_complex=root_complex,
            parents=parents,
            kind=kind,
            physfn=named.get("physfn"),
            class_=named.get("class", "0x060400" if kind else "0x000000"),
            vendor=named.get("vendor", "0x1b36"),
            device=named.get("device", "0x0001"),
            bars=tuple(bars),
            vf_bars=tuple(vf_bars),
        ),
        int(named.get("vfs", "0")),
    )


def _bar(index: int, text: str) -> Bar:
    size, _, rest = text.partition("/")
    return Bar(
        index=index,
        size=int(size[:-1]) << _UNITS[size[-1]],
        bits=64 if rest.startswith("64") else 32,
        prefetchable=rest.endswith("p"),
    )


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def build(described: Host, root: Path, privileged: bool = True) -> Path:
    """Make ``sys`` and ``proc`` of the host below ``root``; unprivileged: configuration spaces have 64 bytes."""
    links = root / "sys/bus/pci/devices"
    links.mkdir(parents=True)
    for address, function in described.functions.items():
        facts = function.facts
        path = Path("sys/devices", facts.root_complex or "pci0000:00", *facts.parents, address)
        folder = root / path
        folder.mkdir(parents=True, exist_ok=True)
        (links / address).symlink_to(Path("../../..") / path.relative_to("sys"))
        _write(folder, function, privileged)
        if facts.iommu_group is not None:
            (folder / "iommu_group").symlink_to(f"/nowhere/kernel/iommu_groups/{facts.iommu_group}")
        if facts.physfn is not None:
            (folder / "physfn").symlink_to(f"../{facts.physfn}")
    for node, cpus in described.cpus.items():
        folder = root / f"sys/devices/system/node/node{node}"
        folder.mkdir(parents=True)
        (folder / "cpulist").write_text(f"{cpus}\n")
    (root / "proc").mkdir()
    if described.bits is not None:
        text = f"processor\t: 0\naddress sizes\t: {described.bits} bits physical, 57 bits virtual\n"
        (root / "proc/cpuinfo").write_text(text)
    return root


def _write(folder: Path, function: Function, privileged: bool) -> None:
    facts = function.facts
    for name, text in (("class", facts.class_), ("vendor", facts.vendor), ("device", facts.device)):
        (folder / name).write_text(f"{text}\n")
    (folder / "numa_node").write_text(f"{facts.numa_node}\n")
    (folder / "resource").write_text(_resources(function))
    config = _config(function)
    (folder / "config").write_bytes(config if privileged else config[:64])
    if facts.express:
        (folder / "max_link_speed").write_text("32.0 GT/s PCIe\n")
    if function.vfs:
        (folder / "sriov_totalvfs").write_text(f"{function.vfs}\n")


def _resources(function: Function) -> str:
    lines = ["0x0000000000000000 0x0000000000000000 0x0000000000000000"] * (13 if function.vfs else 7)
    bars = [(bar.index, bar, 1) for bar in function.facts.bars]
    bars += [(7 + bar.index, bar, function.vfs) for bar in function.facts.vf_bars]
    for number, bar, count in bars:
        flags = 0x200 | (0x100000 if bar.bits == 64 else 0) | (0x2000 if bar.prefetchable else 0)
        start = 0x4000000000
        lines[number] = f"0x{start:016x} 0x{start + bar.size * count - 1:016x} 0x{flags:016x}"
    return "\n".join(lines) + "\n"


def _config(function: Function) -> bytes:
    content = bytearray(4096)
    if function.facts.express:
        content[0x06] = 0x10
        content[0x34] = 0x40
        content[0x40:0x44] = bytes((0x01, 0x60, 0, 0))
        content[0x60:0x64] = bytes((0x10, 0, 2 | PORT_TYPES.get(function.facts.kind or "", 0) << 4, 0))
        content[0x100:0x104] = (0x0001 | 1 << 16 | (0x160 << 20 if function.vfs else 0)).to_bytes(4, "little")
    if function.vfs:
        content[0x160:0x164] = (0x0010 | 1 << 16).to_bytes(4, "little")
        content[0x16E:0x170] = function.vfs.to_bytes(2, "little")
    return bytes(content)


def hgx(bars: bool = False) -> str:
    """A server of two nodes: eight GPUs with a network card each behind a switch, and four NVSwitches on node 1.

    bars: the GPUs have the memory windows of such cards.
    """
    gpu = " bar0=16M/64p bar2=128G/64p bar4=32M/64p" if bars else ""
    lines = ["cpus 0 0-31", "cpus 1 32-63", "bits 52"]
    for number in range(8):
        bus, node = 0x0E + 0x10 * number, number // 4
        lines += [
            f"pci0000:{bus:02x}",
            f"  0000:{bus:02x}:01.0 root-port node={node}",
            f"    0000:{bus + 1:02x}:00.0 upstream-port node={node}",
            f"      0000:{bus + 2:02x}:00.0 downstream-port node={node}",
            f"        0000:{bus + 4:02x}:00.0 class=0x030200 vendor=0x10de node={node}{gpu}",
            f"      0000:{bus + 2:02x}:01.0 downstream-port node={node}",
            f"        0000:{bus + 5:02x}:00.0 class=0x020700 vendor=0x15b3 node={node}",
        ]
    lines.append("pci0000:9f")
    for number in range(4):
        lines += [
            f"  0000:9f:{number + 1:02x}.0 root-port node=1",
            f"    0000:a{number}:00.0 class=0x068000 vendor=0x10de node=1",
        ]
    return "\n".join(lines)
