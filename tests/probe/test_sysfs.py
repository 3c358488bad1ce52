"""Host facts from sysfs trees: folders, archives, and trees that somebody made to do harm."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import time
from pathlib import Path

import msgspec
import pytest
from examples import sampled
from host_trees import SERVER, build, facts, host

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostFacts
from devaddr_xml.probe.sysfs import cpu_list, probe_sysfs


@pytest.fixture
def server(tmp_path: Path) -> Path:
    return build(host(SERVER), tmp_path / "root")


def test_everything_that_a_tree_says(server: Path) -> None:
    assert probe_sysfs(server) == facts(SERVER)
    assert HostFacts.from_json(probe_sysfs(server).to_json()) == facts(SERVER)


def test_a_sysfs_alone(server: Path) -> None:
    assert probe_sysfs(server / "sys") == msgspec.structs.replace(facts(SERVER), phys_bits=None)


def test_without_privileges_kinds_follow_from_the_tree(tmp_path: Path) -> None:
    found = probe_sysfs(build(host(SERVER), tmp_path / "root", privileged=False))
    assert {a: d.kind for a, d in found.pci.items()} == {a: d.kind for a, d in facts(SERVER).pci.items()}
    assert found == facts(SERVER)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("bundle", ["", "sosreport-node7", "./report", "/var/tmp/a b-1.2/./root"])
def test_archives(server: Path, tmp_path: Path, mode: str, bundle: str) -> None:
    archive = tmp_path / "bundle"
    with tarfile.open(archive, mode) as out:  # type: ignore[call-overload]
        for name in ("sys", "proc"):
            out.add(server / name, f"{bundle}/{name}" if bundle else name)
    assert probe_sysfs(archive) == facts(SERVER)


def test_what_hwloc_gathers(server: Path, tmp_path: Path) -> None:
    """hwloc-gather-topology --io takes every file and link below some folders, into a folder of the archive's name."""
    for folder in list((server / "sys/devices").glob("pci*/**/")):
        (folder / "power").mkdir()
        (folder / "power/control").write_text("auto\n")
        (folder / "driver").symlink_to("../../../../bus/pci/drivers/vfio-pci")
        (folder / "uevent").write_text("DRIVER=vfio-pci\n" * 40)
    archive = tmp_path / "node7.tar.bz2"
    with tarfile.open(archive, "w:bz2") as out:
        for name in ("sys/bus/pci/devices", "sys/devices", "proc/cpuinfo"):
            out.add(server / name, f"node7/{name}")
    assert probe_sysfs(archive) == facts(SERVER)


def test_a_large_server(tmp_path: Path) -> None:
    """GPUs behind switches, and network cards with very many virtual functions."""
    lines = ["bits 52"]
    for bus in sampled(range(0, 0x80, 8), 4):
        card = f"0000:{bus + 4:02x}"
        lines += [
            f"pci0000:{bus:02x}",
            f"  0000:{bus:02x}:01.0 root-port node={bus >> 6}",
            f"    0000:{bus + 1:02x}:00.0 upstream-port node={bus >> 6}",
            f"      0000:{bus + 2:02x}:00.0 downstream-port node={bus >> 6}",
            f"        0000:{bus + 3:02x}:00.0 class=0x030200 bar0=16M/64p bar2=128G/64p node={bus >> 6}",
            f"      0000:{bus + 2:02x}:01.0 downstream-port node={bus >> 6}",
            f"        {card}:00.0 class=0x020000 vfs=127 vfbar0=1M/64p bar0=32M/64p node={bus >> 6}",
        ]
        lines += [
            f"        {card}:{n >> 3:02x}.{n & 7} physfn={card}:00.0 bar0=1M/64p node={bus >> 6}" for n in range(1, 128)
        ]
    text = "\n".join(lines)
    root = build(host(text), tmp_path / "root")
    begin = time.monotonic()
    assert probe_sysfs(root) == facts(text)
    assert time.monotonic() - begin < 30


def test_a_copy_without_links_has_the_tree_in_its_folders(server: Path) -> None:
    shutil.rmtree(server / "sys/bus/pci/devices")
    (server / "sys/bus/pci/devices").mkdir()
    assert probe_sysfs(server) == facts(SERVER)


def test_nothing_outside_is_followed(server: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0x123456\n")
    function = server / "sys/devices/pci0000:10/0000:10:02.0/0000:18:00.0"
    (function / "class").unlink()
    (function / "class").symlink_to(secret)
    assert probe_sysfs(server).pci["0000:18:00.0"].class_ is None


def test_nothing_is_written_and_nothing_blocks(server: Path) -> None:
    function = server / "sys/devices/pci0000:10/0000:10:02.0/0000:18:00.0"
    (function / "vendor").unlink()
    os.mkfifo(function / "vendor")
    before = sorted((path, path.lstat().st_mtime_ns) for path in server.rglob("*"))
    assert probe_sysfs(server).pci["0000:18:00.0"].vendor is None
    assert sorted((path, path.lstat().st_mtime_ns) for path in server.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("0000:ff:00.0", "../../../../../etc", "leads to"),
        ("0000:ff:00.0", "/etc/passwd", "leads to"),
        ("0000:ff:00.0", "/sys/../../0000:ff:00.0", "leads to"),
        ("0000:ff:00.0", "../../../devices/pci0000:10/0000:ff:00.0", "no folder"),
        ("0000:ff:00.0", "0000:ff:00.0", "no folder"),
        ("..0000:ff:00.0", "x", "not a PCI address"),
        ("0000:FF:00.0", "x", "not a PCI address"),
    ],
)
def test_links_that_lead_nowhere(server: Path, name: str, target: str, words: str) -> None:
    (server / "sys/bus/pci/devices" / name).symlink_to(target)
    with pytest.raises(ProbeError, match=words):
        probe_sysfs(server)


def test_nodes_that_all_have_every_cpu(server: Path) -> None:
    for number in range(2, 2000):
        folder = server / f"sys/devices/system/node/node{number}"
        folder.mkdir()
        (folder / "cpulist").write_text("0-65535\n")
    with pytest.raises(ProbeError, match="more than 65536 CPUs"):
        probe_sysfs(server)


@pytest.mark.parametrize("name", ["/sys/bus/pci/devices/0000:00:01.0/class", "sys/bus/pci/devices/0000:00:01.0/class"])
@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_members_that_are_no_files_are_not_read(tmp_path: Path, name: str, kind: bytes) -> None:
    """Nothing is unpacked, so neither an absolute name nor a link leads to a file of this machine."""
    path = tmp_path / "bundle.tar"
    with tarfile.open(path, "w") as out:
        for link in ("/etc/passwd", str(path)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            out.addfile(member)
        folder = tarfile.TarInfo("sys/bus/pci/devices/0000:00:02.0")
        folder.type = tarfile.DIRTYPE
        out.addfile(folder)
    assert {device.class_ for device in probe_sysfs(path).pci.values()} == {None}


def test_links_in_a_loop(server: Path) -> None:
    devices = server / "sys/bus/pci/devices"
    (devices / "0000:fe:00.0").symlink_to("0000:ff:00.0")
    (devices / "0000:ff:00.0").symlink_to("0000:fe:00.0")
    with pytest.raises(ProbeError, match="leads to"):
        probe_sysfs(server)


def test_binary_garbage(server: Path) -> None:
    garbage = bytes(range(256)) * 200
    for path in list((server / "sys/devices/pci0000:10").rglob("*")):
        if path.is_file() and not path.is_symlink():
            path.write_bytes(garbage)
    found = probe_sysfs(server).pci["0000:13:00.0"]
    assert (found.class_, found.vendor, found.numa_node, found.bars) == (None, None, None, ())


@pytest.mark.parametrize("config", [b"\xff" * 4096, b"\x10" * 4096, b"\x40" * 256, b"\0" * 100, b"\xff" * 65])
def test_configuration_spaces_of_any_content(server: Path, config: bytes) -> None:
    for path in server.rglob("config"):
        path.write_bytes(config)
    assert len(probe_sysfs(server).pci) == len(facts(SERVER).pci)


def test_too_many_entries_are_refused_at_once(tmp_path: Path) -> None:
    archive = tmp_path / "many.tar"
    with tarfile.open(archive, "w") as out:
        for number in range(100_000):
            member = tarfile.TarInfo(f"sys/bus/pci/devices/{number:04x}:00:00.0")
            member.type, member.linkname = tarfile.SYMTYPE, "x"
            out.addfile(member)
    begin = time.monotonic()
    with pytest.raises(ProbeError, match="more than"):
        probe_sysfs(archive)
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b garbage", b"BZh garbage", b"\xfd7zXZ\x00 garbage"])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ProbeError, match=r"cannot be read as a tar archive|holds no sysfs"):
        probe_sysfs(path)


def test_an_archive_that_unpacks_without_end(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar"
    with path.open("wb") as out:
        member = tarfile.TarInfo("sys/class")
        member.size = 1 << 40
        out.write(member.tobuf(tarfile.GNU_FORMAT))
        out.truncate(1 << 41)
    with pytest.raises(ProbeError, match="unpack"):
        probe_sysfs(path)


def test_an_entry_that_leads_out_of_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "out.tar"
    with tarfile.open(path, "w") as out:
        out.addfile(tarfile.TarInfo("sys/../../etc/class"), io.BytesIO())
    with pytest.raises(ProbeError, match="leads out"):
        probe_sysfs(path)


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/dev/null", "a\0b"])
def test_what_is_not_there(path: str) -> None:
    with pytest.raises(ProbeError, match=r"cannot be read|neither a folder"):
        probe_sysfs(path)


def test_folders_that_are_no_sysfs(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="has no sysfs tree"):
        probe_sysfs(tmp_path)


def test_lists_of_cpus() -> None:
    assert cpu_list("") == ()
    assert cpu_list("0-2,5") == (0, 1, 2, 5)
    for wrong in ("x", "3-1", "0-99999999999", "-1", "1,,2"):
        with pytest.raises(ProbeError, match="list of CPUs"):
            cpu_list(wrong)
