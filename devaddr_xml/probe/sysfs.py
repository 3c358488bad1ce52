"""Host facts from sysfs: that of this host, or a copy of another one's, as a folder or an archive."""

from __future__ import annotations

import re
from pathlib import Path

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostFacts, HostPciDevice
from devaddr_xml.model.host_tree import check_host, is_address
from devaddr_xml.probe.pci_config import parse_config
from devaddr_xml.probe.pci_resources import parse_resources
from devaddr_xml.probe.pci_tree import Found, host_devices, is_pci_bridge
from devaddr_xml.probe.sysfs_files import Files, beginnings, open_files

_DEVICES = "bus/pci/devices"
_NODES = "devices/system/node"
_CPUS = "devices/system/cpu"
_ROOT_COMPLEX = re.compile(r"pci[0-9a-f]{4,8}:[0-9a-f]{2}")
_NODE = re.compile(r"node([0-9]{1,5})")
_NUMBER = re.compile(r"-?[0-9]{1,9}|0x[0-9a-f]{1,8}")
_PHYSICAL_BITS = re.compile(r"^address sizes\s*:\s*([0-9]{1,2}) bits physical", re.MULTILINE)
#: More than the CPUs and folders of any host.
_MOST_CPUS = 1 << 16
_DEEPEST, _MOST_FOLDERS = 64, 400_000


def probe_sysfs(root: str | Path = "/") -> HostFacts:
    """What a sysfs tree says of a host's PCI devices, NUMA nodes and physical addresses.

    root: ``/`` of a host; or a folder that has a copy of its ``/sys`` (and ``/proc/cpuinfo``) or is one; or a tar
    archive of such a folder, as support bundles and ``hwloc-gather-topology --io`` make them. Nothing is written, no
    privilege is needed, and no symbolic link is followed. Raises ProbeError when there is no such tree.
    """
    files = open_files(root)
    try:
        for start in beginnings(files):
            for sysfs in (f"{start}sys/", start):
                if files.is_folder(f"{sysfs}bus/pci") or files.is_folder(f"{sysfs}devices/system"):
                    return _Reader(files, sysfs, f"{start}proc/").facts(root)
    finally:
        files.close()
    raise ProbeError(
        f"{root} has no sysfs tree: neither sys/bus/pci nor sys/devices/system is in it",
        remedy="Copy /sys/bus/pci/devices, /sys/devices and /proc/cpuinfo with their symbolic links (cp -a, tar)",
    )


class _Reader:
    """One reading of a tree; sysfs and proc are the paths of both within the files, and end with a slash."""

    def __init__(self, files: Files, sysfs: str, proc: str) -> None:
        self._files = files
        self._sysfs = sysfs
        self._proc = proc

    def facts(self, root: str | Path) -> HostFacts:
        found = {address: self._function(path) for address, path in self._functions(root).items()}
        facts = HostFacts(pci=host_devices(found), cpus=self._cpus(), phys_bits=self._phys_bits())
        check_host(facts)
        return facts

    def _functions(self, root: str | Path) -> dict[str, str]:
        """The folder of each PCI function, by its address; a path that says where in the tree it is where one does."""
        folder = self._sysfs + _DEVICES
        found: dict[str, str] = {}
        names = self._files.names(folder)
        for name in names:
            if not is_address(name):
                raise ProbeError(f'{root}: {folder} has an entry "{name[:60]}", which is not a PCI address')
            target = self._files.link(f"{folder}/{name}")
            if target:
                path = self._inside(folder, target)
                if path is None or path.rpartition("/")[2] != name:
                    raise ProbeError(
                        f"{root}: the link {folder}/{name} leads to {target[:100]}, and not to that device"
                    )
                found[name] = path
            else:
                found[name] = f"{folder}/{name}"
        if not found or any(path.startswith(folder) for path in found.values()):
            found |= self._walk(root)
        for name, path in found.items():
            if not self._files.is_folder(path):
                raise ProbeError(f"{root}: there is no folder {path[:200]} for the device {name}")
        return found

    def _inside(self, folder: str, target: str) -> str | None:
        """The path that a link in ``folder`` names; none when it leads out of the tree."""
        lowest = self._sysfs.count("/")
        parts = folder.split("/")
        if target.startswith("/"):
            parts, target = parts[:lowest], target.removeprefix("/sys/")
        for part in target.split("/"):
            if part == "..":
                if len(parts) <= lowest:
                    return None
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts)

    def _walk(self, root: str | Path) -> dict[str, str]:
        """The functions in the folders of the root complexes, for copies that have no links to them."""
        found: dict[str, str] = {}
        pending = [
            (f"{self._sysfs}devices/{name}", 1)
            for name in self._files.names(f"{self._sysfs}devices")
            if _ROOT_COMPLEX.fullmatch(name)
        ]
        visited = 0
        while pending:
            path, depth = pending.pop()
            visited += 1
            if visited > _MOST_FOLDERS or depth > _DEEPEST:
                raise ProbeError(f"{root}: the folders of PCI devices are more or deeper than on any host")
            for name in self._files.names(path):
                below = f"{path}/{name}"
                if (is_address(name) or _ROOT_COMPLEX.fullmatch(name)) and self._files.is_folder(below):
                    pending.append((below, depth + 1))
                    if is_address(name):
                        found[name] = below
        return found

    def _function(self, path: str) -> Found:
        parts = path.split("/")
        start = max((at for at, part in enumerate(parts) if _ROOT_COMPLEX.fullmatch(part)), default=None)
        parents = parts[start + 1 : -1] if start is not None else []
        config = parse_config(self._files.read(f"{path}/config"))
        class_ = self._hexadecimal(path, "class")
        is_bridge = is_pci_bridge(class_)
        express = config.express if config.complete else bool(self._text(f"{path}/max_link_speed")) or None
        total_vfs = config.total_vfs or self._number(f"{path}/sriov_totalvfs")
        bars, vf_bars = parse_resources(self._text(f"{path}/resource"), total_vfs, is_bridge)
        group = self._files.link(f"{path}/iommu_group").rpartition("/")[2]
        physfn = self._files.link(f"{path}/physfn").rpartition("/")[2]
        facts = HostPciDevice(
            iommu_group=int(group) if group.isascii() and group.isdigit() and len(group) < 10 else None,
            express=express,
            numa_node=self._number(f"{path}/numa_node"),
            root_complex=parts[start] if start is not None else None,
            parents=tuple([part for part in parents if is_address(part)]),
            kind=config.kind if is_bridge else None,
            physfn=physfn if is_address(physfn) else None,
            class_=class_,
            vendor=self._hexadecimal(path, "vendor"),
            device=self._hexadecimal(path, "device"),
            bars=bars,
            vf_bars=vf_bars,
        )
        return Found(facts, is_bridge)

    def _text(self, path: str) -> str:
        return self._files.read(path).decode("ascii", "replace").strip()

    def _number(self, path: str) -> int | None:
        text = self._text(path)
        return int(text, 0) if _NUMBER.fullmatch(text) and (text == "0" or not text.startswith("0")) else None

    def _hexadecimal(self, path: str, name: str) -> str | None:
        text = self._text(f"{path}/{name}").lower()
        return text if text.startswith("0x") and _NUMBER.fullmatch(text) else None

    def _cpus(self) -> dict[int, tuple[int, ...]]:
        nodes: dict[int, tuple[int, ...]] = {}
        count = 0
        for name in self._files.names(self._sysfs + _NODES):
            if match := _NODE.fullmatch(name):
                cpus = cpu_list(self._text(f"{self._sysfs}{_NODES}/{name}/cpulist"))
                nodes[int(match[1])] = cpus
                count += len(cpus)
                if count > _MOST_CPUS:
                    raise ProbeError(f"{_NODES} has more than {_MOST_CPUS} CPUs, which no host has")
        if not nodes:
            cpus = cpu_list(self._text(f"{self._sysfs}{_CPUS}/online"))
            return {0: cpus} if cpus else {}
        return dict(sorted(nodes.items()))

    def _phys_bits(self) -> int | None:
        found = _PHYSICAL_BITS.search(self._text(f"{self._proc}cpuinfo"))
        return int(found[1]) if found and 32 <= int(found[1]) <= 64 else None


def cpu_list(text: str) -> tuple[int, ...]:
    """The numbers of a list such as ``0-31,64``; raises ProbeError when it is none."""
    numbers: set[int] = set()
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        if not (first.isascii() and first.isdigit() and (not last or (last.isascii() and last.isdigit()))):
            raise ProbeError(f'"{text[:60]}" is not a list of CPUs')
        low, high = int(first[:9]), int(last[:9] or first[:9])
        if not low <= high < _MOST_CPUS:
            raise ProbeError(f'"{text[:60]}" is not a list of CPUs that a host can have')
        numbers.update(range(low, high + 1))
    return tuple(sorted(numbers))
