"""Snapshots: what a probe found, written and read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.errors import ProbeError
from devaddr_xml.model.host import HostFacts, HostPciDevice
from devaddr_xml.probe.snapshot import Snapshot, load_capabilities, load_host_facts

VERSIONS = st.tuples(*(st.integers(0, 99),) * 3)
CAPABILITIES = st.builds(
    Capabilities,
    arch=st.text(min_size=1),
    flags=st.frozensets(st.text()),
    default_machine=st.none() | st.text(),
    aliases=st.dictionaries(st.text(), st.text()),
    qemu_version=st.none() | VERSIONS,
    libvirt_version=VERSIONS,
)
OPTIONAL = st.none() | st.integers(-1, 1000)
HOST = st.builds(
    HostFacts,
    pci=st.dictionaries(
        st.from_regex(r"[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]", fullmatch=True),
        st.builds(
            HostPciDevice,
            iommu_group=st.none() | st.integers(0, 1000),
            numa_node=OPTIONAL,
            express=st.none() | st.booleans(),
            root_complex=st.none() | st.text(),
        ),
    ),
    cpus=st.dictionaries(st.integers(0, 64), st.lists(st.integers(0, 512)).map(tuple)),
)


@given(CAPABILITIES, HOST)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, own: Capabilities, host: HostFacts) -> None:
    path = tmp_path_factory.mktemp("snapshot") / "host.json"
    path.write_text(Snapshot(capabilities=own, host=host).to_json(), encoding="utf-8")
    assert load_capabilities(path) == own
    assert load_host_facts(path) == host


def test_host_facts_alone(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    host = HostFacts(pci={"0001:01:00.0": HostPciDevice(iommu_group=5, express=True, numa_node=0)}, cpus={1: (2, 3)})
    path.write_text(host.to_json())
    assert load_host_facts(path) == host


def test_equal_snapshots_are_equal_texts() -> None:
    names = [f"flag-{number}" for number in range(50)]
    texts = {
        Snapshot(capabilities=Capabilities(arch="x86_64", flags=frozenset(order))).to_json()
        for order in (names, names[::-1])
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"arch": 1}', "\udcff", '{"capabilities": {"arch": []}}', "[" * 100000]
)
def test_what_is_no_snapshot(text: str, tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ProbeError, match="does not have capabilities"):
        load_capabilities(path)


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="cannot be read"):
        load_host_facts(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"hots": {"pcj": {}}}', r"host\.json: .*hots"),
        ('{"capabilities": {}, "hots": {}}', r"host\.json: there is no key 'hots'"),
        ('{"pci": {"18:00.0": {}}}', r"host\.json: .*18:00\.0"),
        ("[]", r"host\.json does not have a host"),
    ],
)
def test_what_is_no_host(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text(text)
    with pytest.raises(ProbeError, match=words):
        load_host_facts(path)


def test_the_half_of_a_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text('{"host": {"phys_bits": 46}}')
    assert load_host_facts(path) == HostFacts(phys_bits=46)
    path.write_text('{"capabilities": {"arch": "x86_64", "flags": []}}')
    assert load_host_facts(path) == HostFacts()
