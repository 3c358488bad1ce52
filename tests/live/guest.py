"""Boots a Debian kernel in a domain under emulation, and reads what it says of its devices."""

from __future__ import annotations

import lzma
import re
import shutil
import subprocess
import time
from base64 import b64decode
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from devaddr_xml.probe.trial_copy import ALIAS, trial_copy

if TYPE_CHECKING:
    import libvirt

KERNELS = Path(__file__).resolve().parents[2] / "build" / "live"

#: Debian's architecture, the console, and whether the host's udevadm runs in the guest.
DEBIAN_ARCHITECTURES = {"x86_64": ("amd64", "ttyS0", True), "aarch64": ("arm64", "ttyAMA0", False)}

ARM_FIRMWARE = [Path("/usr/share/AAVMF") / name for name in ("AAVMF_CODE.no-secboot.fd", "AAVMF_CODE.fd")]

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
echo 3 > /proc/sys/kernel/printk
for module in $(cat /modules/order); do insmod /modules/$module; done
say() {
    cd /sys/bus/pci/devices
    for device in *; do
        echo "DEV $(readlink -f $device) $(cat $device/numa_node) $(cat $device/vendor) $(cat $device/device)"
    done
    cd /sys/class/net
    for name in *; do
        [ -e $name/device ] || continue
        names=$([ -x /bin/udevadm ] && udevadm test-builtin net_id /sys/class/net/$name 2>/dev/null)
        echo "NET $(cat $name/address) $(echo "$names" | grep ^ID_NET_NAME_ | tr '\\n' ' ')"
    done
    echo "END $(ls /sys/bus/pci/devices | wc -l)"
}
# A copy of what a host's facts are read from, as an archive in base64.
pack() {
    echo 1 > /proc/sys/kernel/printk
    for device in /sys/bus/pci/devices/*; do
        folder=$(readlink -f $device)
        mkdir -p /copy$folder
        cd $folder
        cp class vendor device numa_node config resource /copy$folder
    done
    mkdir -p /copy/sys/bus/pci
    cp -R /sys/bus/pci/devices /copy/sys/bus/pci
    for node in /sys/devices/system/node/node*; do
        mkdir -p /copy$node
        cp $node/cpulist /copy$node
    done
    echo; echo "PACKED"
    tar -C /copy -c . | gzip | base64
    echo "END PACKED"
}
grep -q packed /proc/cmdline && pack
known=
while true; do
    now=$(ls /sys/bus/pci/devices | tr '\\n' ' ')
    [ "$now" = "$known" ] || { sleep 1; say; }
    known=$now
    sleep 1
done
"""


class SeenDevice(NamedTuple):
    """A PCI device as the guest sees it: its path of addresses from the root, its NUMA node, vendor and device."""

    path: str
    node: int
    vendor: int
    device: int

    @property
    def address(self) -> str:
        return self.path.rpartition("/")[2]


class Seen(NamedTuple):
    """All PCI devices of a guest by address, and the names that network interfaces would get, by MAC address."""

    devices: dict[str, SeenDevice]
    names: dict[str, dict[str, str]]


@cache
def initramfs(arch: str) -> Path:
    """The initial file system for guests of this architecture, made once."""
    debian, _, with_udev = DEBIAN_ARCHITECTURES[arch]
    archive = KERNELS / f"initramfs-{debian}.cpio"
    kernel = KERNELS / debian
    root = KERNELS / f"root-{debian}"
    shutil.rmtree(root, ignore_errors=True)
    (root / "bin").mkdir(parents=True)
    (root / "modules").mkdir()
    shutil.copy(_unpacked(kernel, "bin/busybox"), root / "bin" / "busybox")
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)
    _add_modules(kernel, root / "modules", ("failover", "net_failover", "virtio_net"))
    if with_udev:
        _add_program(Path(shutil.which("udevadm") or "/bin/udevadm"), root)
    listing = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True).stdout
    packed = subprocess.run(["cpio", "-o", "-H", "newc"], cwd=root, input=listing, capture_output=True, check=True)
    archive.write_bytes(packed.stdout)
    return archive


def kernel_image(arch: str) -> Path:
    """The kernel for guests of this architecture."""
    return next((KERNELS / DEBIAN_ARCHITECTURES[arch][0] / "boot").glob("vmlinuz-*"))


def _unpacked(packages: Path, pattern: str) -> Path:
    """A file of unpacked packages; with a merged /usr it is below ``usr``."""
    return next(path for start in (packages, packages / "usr") for path in start.glob(pattern))


def _add_modules(kernel: Path, target: Path, names: tuple[str, ...]) -> None:
    for name in names:
        source = _unpacked(kernel, f"lib/modules/*/kernel/**/{name}.ko*")
        content = source.read_bytes()
        (target / f"{name}.ko").write_bytes(lzma.decompress(content) if source.suffix == ".xz" else content)
    (target / "order").write_text("\n".join(f"{name}.ko" for name in names) + "\n")


def _add_program(program: Path, root: Path) -> None:
    """A program of the host with the libraries that it is linked with."""
    libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for name in (str(program), *re.findall(r"(/\S+) \(0x", libraries)):
        place = root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(name).resolve(), place)
    if not (root / "bin" / program.name).exists():
        shutil.copy(program, root / "bin" / program.name)


class RunningGuest:
    """A guest that has booted; its console is a file."""

    def __init__(self, domain: libvirt.virDomain, console: Path) -> None:
        self.domain = domain
        self.console = console

    def look(self, devices: int | None = None, timeout: float = 600.0) -> Seen:
        """What the guest says, once it has said it for this number of PCI devices, or at all.

        timeout: seconds, for an emulated guest with eight nodes on a machine that has other work.
        """
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            text = self.console.read_text(errors="replace").replace("\r", "")
            reports = re.findall(r"((?:^(?:DEV|NET) .*\n)*)^END (\d+)$", text, re.MULTILINE)
            if reports and (devices is None or int(reports[-1][1]) == devices):
                return _parse(reports[-1][0])
            time.sleep(0.2)
        raise AssertionError(f"the guest did not say what was expected within {timeout} s:\n{text[-3000:]}")

    def sysfs(self, folder: Path, timeout: float = 600.0) -> Path:
        """An archive of the guest's sysfs in a folder, once a guest that was booted with ``packed`` has sent it."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            text = self.console.read_text(errors="replace").replace("\r", "")
            if found := re.search(r"PACKED\n(.*)^END PACKED$", text, re.MULTILINE | re.DOTALL):
                lines = re.findall(r"^[A-Za-z0-9+/=]+$", found[1], re.MULTILINE)  # the kernel may speak in between
                archive = folder / "sysfs.tar.gz"
                archive.write_bytes(b64decode("".join(lines)))
                return archive
            time.sleep(0.2)
        raise AssertionError(f"the guest did not send its sysfs within {timeout} s:\n{text[-3000:]}")


@contextmanager
def booted(connection: libvirt.virConnect, xml: str, folder: Path, arch: str = "x86_64", *, packed: bool = False):
    """Boot the kernel in a copy of the complete domain without back ends, and destroy it at the end.

    packed: the guest has UEFI firmware outside x86, as it needs for more than one root complex, and sends its sysfs.
    """
    console = folder / "console.log"
    console.touch()
    copy = trial_copy(xml, f"live-{folder.name[:40]}", _uuid_for(folder))
    document = etree.fromstring(copy.xml)
    _set_boot(document, arch, console, "packed" if packed else "")
    if packed and arch == "aarch64":
        _set_firmware(document, folder)
    import libvirt

    flags = libvirt.VIR_DOMAIN_START_AUTODESTROY
    domain = connection.createXML(etree.tostring(document, encoding="unicode"), flags)
    try:
        yield RunningGuest(domain, console)
    finally:
        domain.destroy()


def alias_number(xml: str, path: str) -> str:
    """The alias that the copy of a domain gives to the first device at ``path`` below ``devices``."""
    devices = etree.fromstring(xml).find("devices")
    return f"{ALIAS}{list(devices.iterfind('*')).index(devices.find(path))}"


def _set_boot(document: etree._Element, arch: str, console: Path, words: str) -> None:
    system = document.find("os")
    for tag, text in (
        ("kernel", str(kernel_image(arch))),
        ("initrd", str(initramfs(arch))),
        ("cmdline", f"console={DEBIAN_ARCHITECTURES[arch][1]} quiet panic=-1 {words}".rstrip()),
    ):
        etree.SubElement(system, tag).text = text
    if arch == "aarch64":
        cpu = document.find("cpu")
        cpu = etree.SubElement(document, "cpu") if cpu is None else cpu
        cpu.set("mode", "custom")
        cpu.insert(0, etree.Element("model"))
        cpu[0].text = "cortex-a57"
    for serial in (document.find("devices/serial"), document.find("devices/console")):
        if serial is not None:
            serial.set("type", "file")
            serial.insert(0, etree.Element("source", path=str(console)))


def _set_firmware(document: etree._Element, folder: Path) -> None:
    """UEFI firmware, without which libvirt takes no ACPI on Arm, and the guest learns of bus 0 only."""
    system, features = document.find("os"), document.find("features")
    loader = etree.Element("loader", readonly="yes", type="pflash")
    loader.text = next(str(path) for path in ARM_FIRMWARE if path.exists())
    nvram = etree.Element("nvram", template="/usr/share/AAVMF/AAVMF_VARS.fd")
    nvram.text = str(folder / "vars.fd")
    system[1:1] = [loader, nvram]
    features = etree.SubElement(document, "features") if features is None else features
    if features.find("acpi") is None:
        etree.SubElement(features, "acpi")


def _uuid_for(folder: Path) -> str:
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, str(folder)))


def _parse(report: str) -> Seen:
    devices, names = {}, {}
    for line in report.splitlines():
        kind, *fields = line.split()
        if kind == "DEV":
            seen = SeenDevice(fields[0], int(fields[1]), int(fields[2], 16), int(fields[3], 16))
            devices[seen.address] = seen
        elif kind == "NET":
            names[fields[0]] = dict(field.split("=", 1) for field in fields[1:])
    return Seen(devices, names)
