"""Spare ports of a cell that keep a memory window for a device."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from host_trees import facts
from lxml import etree

import devaddr_xml
from devaddr_xml import HintError, Policy, Spare
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.host import HostFacts
from devaddr_xml.probe.embedded import capabilities_for

HOST = facts(
    """
pci0000:40
  0000:40:01.0 root-port
    0000:41:00.0 bar0=16M/32 bar2=32M/64
    0000:41:00.1 bar0=16M/32 bar2=128G/64p
    0000:41:00.2 bar0=4K/32p
    0000:41:00.3 bar2=1G/64p
    0000:41:00.4
    0000:41:00.5 bar0=2G/32 bar1=1M/32
"""
)
KNOWN = capabilities_for("x86_64")
OLD_QEMU = msgspec.structs.replace(KNOWN, flags=KNOWN.flags - {"pcie-root-port"})
CELLS = (
    "<cpu><numa><cell id='0' cpus='0' memory='1' unit='GiB'/><cell id='1' cpus='1' memory='1' unit='GiB'/></numa></cpu>"
)


def domain(spare: str, policy: str = "", machine: str = "q35", devices: str = "") -> str:
    return (
        "<domain type='kvm'><name>g</name><metadata><devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' "
        f"{policy}><devaddr:spare node='1' {spare}/></devaddr:policy></metadata><memory unit='GiB'>2</memory>"
        f"<vcpu>2</vcpu>{CELLS}<os><type arch='x86_64' machine='{machine}'>hvm</type></os>"
        f"<devices>{devices}</devices></domain>"
    )


def assigned(xml: str, host: HostFacts | None = HOST, **options: Any) -> tuple[str, list[str]]:
    result = devaddr_xml.assign(xml, host=host, **options)
    for again in (host, None):  # the ports say it themselves now: facts are not needed any more
        assert devaddr_xml.assign(result.xml, host=again, **options).xml == result.xml
    return result.xml, [str(warning) for warning in result.warnings]


def reserved(xml: str) -> list[int | None]:
    """What each free port of cell 1 reserves, in KiB."""
    found = []
    root = etree.fromstring(xml)
    expanders = {c.get("index") for c in root.iterfind("devices/controller") if c.findtext("target/node") == "1"}
    used = {int(a.get("bus", ""), 16) for a in root.iterfind("devices/*/address[@type='pci']")}
    for port in root.iterfind("devices/controller[@model='pcie-root-port']"):
        below = str(int(port.find("address").get("bus"), 16))  # type: ignore[union-attr]
        if below in expanders and int(port.get("index", "")) not in used:
            size = port.find("target").get("memReserve")  # type: ignore[union-attr]
            found.append(None if size is None else int(size))
    return found


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ("65536", 65536),
        ("1", 1),
        ("0000:41:00.0", 64 << 10),
        ("0000:41:00.1", 16 << 10),
        ("0000:41:00.2", 1 << 10),
    ],
)
def test_each_spare_port_of_the_cell_reserves(wanted: str, size: int) -> None:
    xml, told = assigned(domain(f"ports='2' mem-reserve='{wanted}'", "spare-ports='1'"))
    assert reserved(xml) == [size, size]
    assert xml.count("memReserve") == 2
    assert [text for text in told if "no room for the prefetchable 64-bit BARs" in text] == told
    assert bool(told) == (wanted == "0000:41:00.1")


def test_qemu_gets_it_in_bytes_and_the_journal_says_why() -> None:
    made = devaddr_xml.assign(domain("ports='1' mem-reserve='0000:41:00.0'"), host=HOST)
    controllers = devaddr_xml.qemu_args(made.xml).controllers
    assert [each["mem-reserve"] for each in controllers if "mem-reserve" in each] == [64 << 20]
    reasons = "".join(
        str(each) for each in devaddr_xml.explain(domain("ports='1' mem-reserve='0000:41:00.0'"), host=HOST)
    )
    assert "mem-reserve asks for room for the host device 0000:41:00.0" in reasons


def test_a_free_port_is_used_but_not_one_that_reserves_less() -> None:
    xml, _ = assigned(domain("ports='2'"))
    wider, _ = assigned(xml.replace("ports='2'", "ports='2' mem-reserve='65536'"))
    assert reserved(wider) == [65536, 65536]
    assert wider.count("<controller") == xml.count("<controller")
    more, _ = assigned(wider.replace("mem-reserve='65536'", "mem-reserve='131072'"))
    assert reserved(more) == [65536, 65536, 131072, 131072]
    less, _ = assigned(wider.replace("mem-reserve='65536'", "mem-reserve='1024'"))
    assert reserved(less) == [65536, 65536]


@pytest.mark.parametrize("wanted", ["65536", "0000:41:00.0"])
@pytest.mark.parametrize("known", [True, False])
def test_a_port_that_is_taken_brings_another(wanted: str, known: bool) -> None:
    xml, _ = assigned(domain(f"ports='2' mem-reserve='{wanted}'"))
    card = "<interface type='user' devaddr:node='1'><mac address='52:54:00:00:00:01'/></interface></devices>"
    fuller, _ = assigned(
        xml.replace("</devices>", card).replace("<domain ", "<domain xmlns:devaddr='urn:devaddr-xml:hints:1' "),
        HOST if known else None,
    )
    assert reserved(fuller) == [65536, 65536]
    assert fuller.count("memReserve") == 3


def test_ports_that_reserve_nothing_do_not_count() -> None:
    old = "<model name='ioh3420'/><target chassis='9' port='0x8'/>"
    xml, _ = assigned(domain("ports='1'"))
    root = etree.fromstring(xml)
    port = next(p for p in root.iterfind("devices/controller[@model='pcie-root-port']") if _is_below(root, p))
    index = port.get("index")
    start = xml.index(f"<controller type='pci' index='{index}'")
    inner = xml[xml.index("<model", start) : xml.index("<address", start)]
    xml = xml.replace(inner, old).replace("ports='1'", "ports='1' mem-reserve='2048'")
    assert reserved(assigned(xml)[0]) == [None, 2048]


def _is_below(root: Any, port: Any) -> bool:
    expander = root.find("devices/controller[@model='pcie-expander-bus']")
    return int(port.find("address").get("bus"), 16) == int(expander.get("index"))


IMPOSSIBLE = [
    ("0000:42:00.0", {}, "the host facts do not know the host device 0000:42:00.0: they know 7 devices"),
    ("0000:41:00.0", {"host": None}, "the host device 0000:41:00.0: there are none"),
    ("0000:41:00.3", {}, "every BAR of the host device 0000:41:00.3 is prefetchable and of 64 bits"),
    ("0000:41:00.4", {}, "the host facts name no BARs of the host device 0000:41:00.4"),
    ("0000:41:00.5", {}, "need 2049 MiB below 4 GiB, and a port reserves less"),
    (
        "65536",
        {"capabilities": capabilities_for("x86_64", (9, 0, 0))},
        "libvirt knows memReserve since 11.3.0, but the target libvirt is older",
    ),
    ("65536", {"capabilities": OLD_QEMU}, "the QEMU that the guest is for has no pcie-root-port"),
    ("65536", {"machine": "pc"}, "are slots, and only a root port reserves memory"),
]


@pytest.mark.parametrize(("wanted", "options", "problem"), IMPOSSIBLE)
def test_what_is_not_possible(wanted: str, options: dict[str, Any], problem: str) -> None:
    options = {"host": HOST} | options
    machine = options.pop("machine", "q35")
    spare = f"ports='1' mem-reserve='{wanted}'"
    with pytest.raises(HintError) as caught:
        devaddr_xml.assign(domain(spare, machine=machine), **options)
    assert problem in caught.value.message
    assert (caught.value.device, caught.value.line) == ("spare", 1)
    assert caught.value.remedy
    made = devaddr_xml.assign(domain(spare, "numa='prefer'", machine), **options)
    assert [problem in str(warning) for warning in made.warnings] == [True]
    assert "memReserve" not in made.xml
    ignored = devaddr_xml.assign(domain(spare, "numa='off'", machine), **options)
    assert "memReserve" not in ignored.xml
    assert not [warning for warning in ignored.warnings if problem in str(warning)]


def test_no_ports_need_no_facts() -> None:
    assert "memReserve" not in assigned(domain("ports='0' mem-reserve='0000:41:00.0'"), None)[0]


def test_windows_below_4_gib_are_added_up() -> None:
    _, told = assigned(domain("ports='4' mem-reserve='262144'"))
    assert any("and memReserve need 1 GiB below 4 GiB" in text for text in told)
    assert not assigned(domain("ports='3' mem-reserve='262144'"))[1]


def test_a_policy_from_outside_is_kept_with_the_document() -> None:
    xml, _ = assigned(domain("ports='1' mem-reserve='0000:41:00.0'"))
    outside = Policy(spares=(Spare(1, 2, mem_reserve=131072),))
    wider = devaddr_xml.assign(xml, policy=outside).xml
    assert "<devaddr:spare node='1' ports='2' mem-reserve='131072'/>" in wider
    assert devaddr_xml.assign(wider).xml == wider
    bare = devaddr_xml.assign(wider, policy=Policy(spares=(Spare(1, 2),))).xml
    assert "<devaddr:spare node='1' ports='2'/>" in bare
    assert reserved(bare) == reserved(wider)


def test_migrate_says_which_window_is_not_possible() -> None:
    plain = devaddr_xml.assign(domain("ports='1'")).xml
    policy = Policy(spares=(Spare(1, 2, mem_reserve="0000:41:00.0"),))
    known = devaddr_xml.migrate(plain, policy, host=HOST)
    assert (reserved(known.xml), known.unmet) == ([65536, 65536], ())
    unknown = devaddr_xml.migrate(plain, policy)
    assert reserved(unknown.xml) == [None, None]
    assert [each.promise for each in unknown.unmet] == ['mem-reserve="0000:41:00.0" of the spare ports of node 1']
    assert "there are none" in unknown.unmet[0].reason


def outside(xml: str) -> list[int | None]:
    """What each free port outside cells reserves, in KiB."""
    return [
        bus.controller.mem_reserve
        for _, bus in sorted(Topology(devaddr_xml.read_guest(xml)).buses.items())
        if bus.controller.model == "pcie-root-port" and bus.empty and bus.node is None
    ]


@pytest.mark.parametrize("spare", ["3", "kubevirt", "libvirt"])
def test_the_tunable_is_for_free_ports_outside_cells(spare: str) -> None:
    policy = f"spare-ports='{spare}' mem-reserve='0000:41:00.0'"
    xml, told = assigned(domain("ports='2' mem-reserve='1024'", policy))
    ports = outside(xml)
    assert reserved(xml) == [1024, 1024]
    assert set(ports) == {65536}
    assert len(ports) >= {"3": 3, "kubevirt": 3, "libvirt": 1}[spare]
    assert spare != "3" or len(ports) == 3
    assert not told
    wider, _ = assigned(xml.replace("mem-reserve='0000:41:00.0'", "mem-reserve='131072'"))
    assert [size for size in outside(wider) if size == 131072] == ([] if spare == "libvirt" else [131072] * len(ports))


def test_the_tunable_without_free_ports_is_warned_of() -> None:
    xml, told = assigned(domain("ports='0'", "spare-ports='0' mem-reserve='1024'"))
    assert "memReserve" not in xml
    assert any('mem-reserve="1024" is for the free ports, and there is no free root port' in text for text in told)


@pytest.mark.parametrize(("wanted", "options", "problem"), IMPOSSIBLE)
def test_the_tunable_where_it_is_not_possible(wanted: str, options: dict[str, Any], problem: str) -> None:
    options = {"host": HOST} | options
    machine = options.pop("machine", "q35")
    policy = f"spare-ports='2' mem-reserve='{wanted}'"
    with pytest.raises(HintError) as caught:
        devaddr_xml.assign(domain("ports='0'", policy, machine), **options)
    assert problem in caught.value.message
    assert (caught.value.device, caught.value.line) == ("policy", 1)
    made = devaddr_xml.assign(domain("ports='0'", f"{policy} numa='prefer'", machine), **options)
    assert [problem in str(warning) for warning in made.warnings] == [True]
    assert "memReserve" not in made.xml
