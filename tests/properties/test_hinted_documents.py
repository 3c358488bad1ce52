"""Documents with hints, as texts: what comes out keeps every promise, stays as it is, and grows without moving."""

from __future__ import annotations

import re

import pytest
from examples import sampled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties.documents import (
    ARCHITECTURES,
    EITHER,
    EXPRESS,
    NAMESPACE,
    Domain,
    crowds,
    disk,
    domains,
    e1000,
    families,
    mdev,
    newcomers,
    nic,
    node_hints,
    tunables,
    with_devices,
    without_addresses,
)
from properties.xml_layout import EXPANDERS, Document, check_tree
from properties.xml_promises import Promises, check_unmoved

import devaddr_xml

tried = settings(deadline=None, suppress_health_check=list(HealthCheck))
machines = st.sampled_from(sorted(ARCHITECTURES))
seeds = st.integers(0, 10_000)

#: Why a document with hints may be refused: contradictions of its hints with each other, the addresses, the machine,
#: the connection of a device, and the number of places that there are.
JUSTIFIED = re.compile(
    "|".join(
        (
            "exclude each other",
            "keeps together",
            "has no effect on machine",
            "(is|are) not possible",
            "the device is (conventional PCI|PCI Express) only",
            "the device is conventional PCI$",
            "every slot of bus 0 that it can use is in use",
            "the bus of .* is full",
            # libvirt's own: no hint and no tunable, and every slot of every bridge taken
            "a pci-bridge needs a place on a PCI bus",
            "there is no PCI bus, and this machine brings none",
        )
    )
)
#: The same where addresses are given: those of members of a group, of a device with a place, and functions.
JUSTIFIED_BY_ADDRESSES = re.compile(
    "|".join(
        (
            JUSTIFIED.pattern,
            "the hint (slot|bus)-group is not kept: they are at",
            "there is no root port or downstream port above the device",
            "which has no function 0",
        )
    )
)


def assigned(document: object, justified: re.Pattern[str] = JUSTIFIED) -> str | None:
    """The finished document, or nothing when it is refused for a reason that is one."""
    try:
        return devaddr_xml.assign(str(document)).xml
    except devaddr_xml.DevaddrError as error:
        if not justified.search(error.message):
            raise
        return None


def finished(domain: Domain) -> str | None:
    """The finished document of a domain, with every promise checked, and that a second run changes nothing."""
    xml = assigned(domain)
    if xml is not None:
        Promises(xml, domain.connections).check()
        assert devaddr_xml.assign(xml).xml == xml
    return xml


@tried
@given(domains())
def test_hints_of_all_kinds(domain: Domain) -> None:
    finished(domain)


@tried
@given(families())
def test_many_devices(domain: Domain) -> None:
    finished(domain)


@tried
@given(machines, st.integers(1, 8), st.data())
def test_nodes(machine: str, nodes: int, data: st.DataObject) -> None:
    devices = data.draw(crowds(node_hints(nodes), data.draw(st.sampled_from((5, 20, 60)))))
    spares = {node: data.draw(st.integers(0, 40)) for node in data.draw(st.sets(st.integers(0, nodes - 1), max_size=3))}
    finished(Domain(machine, devices, data.draw(tunables), spares, nodes))


@tried
@given(domains(), st.data(), seeds)
def test_adding_devices_moves_nothing(domain: Domain, data: st.DataObject, seed: int) -> None:
    before = finished(domain)
    if before is None:
        return
    more = data.draw(newcomers(domain.machine, domain.nodes))
    after = assigned(with_devices(before, more, seed), JUSTIFIED_BY_ADDRESSES)
    if after is None:
        return
    check_unmoved(Document(before), Document(after))
    Promises(after, domain.connections | {device.ref: device.connection for device in more}, fresh=False).check()
    assert devaddr_xml.assign(after).xml == after


@tried
@given(machines, crowds(st.just({})), st.integers(0, 30), st.integers(0, 60), st.data(), seeds)
def test_spare_ports_are_exact_and_may_be_raised(
    machine: str, devices: list, spare: int, more: int, data: st.DataObject, seed: int
) -> None:
    domain = Domain(machine, devices, {"spare-ports": str(spare)})
    before = finished(domain)
    assert before is not None
    news = [
        data.draw(st.sampled_from((disk, nic, e1000, mdev)))(100 + number)
        for number in range(data.draw(st.integers(0, 5)))
    ]
    grown = with_devices(before, news, seed).replace(f'spare-ports="{spare}"', f'spare-ports="{spare + more}"')
    after = assigned(grown)
    assert after is not None
    check_unmoved(Document(before), Document(after))
    promises = Promises(after, {}, fresh=False)
    promises.check()
    if machine in EXPRESS:
        assert promises.free_ports()[None] == spare + more


@tried
@given(domains(), seeds, st.sampled_from((0.2, 0.5, 1.0)))
def test_given_addresses_stay(domain: Domain, seed: int, share: float) -> None:
    before = finished(domain)
    if before is None:
        return
    source = without_addresses(before, seed, share)
    waiting = {device.name for device in Document(source).devices if device.place is None}
    after = assigned(source, JUSTIFIED_BY_ADDRESSES)
    if after is None:
        return
    there = {device.name for device in Document(before).devices} - waiting
    check_unmoved(Document(before), Document(after), gone=waiting)
    Promises(after, domain.connections, fresh=False, given=there).check()
    assert devaddr_xml.assign(after).xml == after


@tried
@given(st.sampled_from(("q35", "virt", "pc")), st.integers(1, 8), st.integers(1, 60), st.data())
def test_a_node_may_outgrow_its_bus_numbers(machine: str, nodes: int, more: int, data: st.DataObject) -> None:
    before = finished(Domain(machine, [nic(i, hints={"node": str(i % nodes)}) for i in range(2 * nodes)], nodes=nodes))
    assert before is not None
    node = str(data.draw(st.integers(0, nodes - 1)))
    after = assigned(with_devices(before, [disk(i, hints={"node": node}) for i in range(more)], 0))
    assert after is not None
    check_unmoved(Document(before), Document(after))
    Promises(after, {}, fresh=False).check()
    assert devaddr_xml.assign(after).xml == after


@tried
@given(machines, st.integers(0, 3), st.data())
def test_inline_or_in_the_policy_is_one_meaning(machine: str, nodes: int, data: st.DataObject) -> None:
    devices = data.draw(crowds(node_hints(nodes) if nodes else st.just({}), 12, EITHER))
    inline, named = (
        assigned(Domain(machine, [device._replace(inline=where) for device in devices], nodes=nodes))
        for where in (True, False)
    )
    assert inline is not None
    assert named is not None
    assert Document(inline).named().keys() == Document(named).named().keys()
    check_unmoved(Document(inline), Document(named))


@pytest.mark.parametrize("machine", sorted(ARCHITECTURES))
@pytest.mark.parametrize("count", sampled([200, 500, 232, 1000, 260, 1800], 2))
def test_overflow_packs(machine: str, count: int) -> None:
    domain = Domain(machine, [disk(i) for i in range(count)], {"overflow": "pack"})
    xml = finished(domain)
    assert xml is not None
    document = Document(xml)
    assert sum(device.place is not None for device in document.devices if device.tag == "disk") == count
    if machine in EXPRESS:
        more = assigned(with_devices(xml, [disk(count + i) for i in range(3)], 0))
        assert more is not None
        # where nothing overflows the ports are libvirt's, which marks a lone one as soon as another joins its slot
        check_unmoved(document, Document(more), marks=max(document.buses) > 240)


def test_overflow_keeps_what_shall_be_hotpluggable_alone() -> None:
    disks = [disk(i, hints={"hotplug": "yes"} if i % 10 == 0 else {}) for i in range(500)]
    assert finished(Domain("q35", disks, {"overflow": "pack"}))


#: Machines without PCI slots, with conventional ones, and with Express.
OTHER_MACHINES = {
    "s390-ccw-virtio": "s390x",
    "isapc": "x86_64",
    "microvm": "x86_64",
    "malta": "mipsel",
    "mac99": "ppc",
    "versatilepb": "armv7l",
    "sun4u": "sparc64",
    "virt": "riscv64",
    "virt ": "loongarch64",
}
VALUES = {
    "profile": ("libvirt", "hotplug", "integrated", "packed"),
    "spare-ports": ("libvirt", "0", "3", "kubevirt"),
    "port-hotplug": ("default", "on", "off", "spare-only"),
    "packing": ("separate", "functions"),
    "pcie-placement": ("root-port", "root-complex", "switch"),
    "legacy-placement": ("bridge", "root-complex"),
    "numa": ("strict", "prefer", "off"),
    "scsi-units": ("libvirt", "1", "8", "255"),
    "overflow": ("error", "pack"),
}
HINT_VALUES = {
    "node": ("0", "1"),
    "root-complex": ("a",),
    "hotplug": ("yes", "no"),
    "placement": ("root-port", "root-complex", "switch", "bridge"),
    "bus": ("pci", "pcie"),
    "slot-group": ("g",),
    "bus-group": ("b",),
    "own-bus": ("yes",),
    "port-hotplug": ("on", "off"),
}


@tried
@given(
    st.sampled_from(sorted(OTHER_MACHINES)),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()}),
    crowds(
        st.one_of(
            st.just({}),
            *(st.fixed_dictionaries({name: st.sampled_from(values)}) for name, values in HINT_VALUES.items()),
        ),
        6,
        EITHER,
    ),
    st.integers(0, 2),
)
def test_every_machine_answers_every_tunable(machine: str, policy: dict[str, str], devices: list, nodes: int) -> None:
    source = str(Domain("q35", devices, policy, nodes=nodes)).replace(
        'arch="x86_64" machine="q35"', f'arch="{OTHER_MACHINES[machine]}" machine="{machine.strip()}"'
    )
    xml = assigned(source)
    if xml is None:
        return
    assert devaddr_xml.assign(xml).xml == xml
    document = Document(xml)
    if document.buses and machine != "s390-ccw-virtio":
        check_tree(document)
    assert not any(bus.model in EXPANDERS for bus in document.buses.values())
    assert NAMESPACE in xml or not (policy or any(device.hints for device in devices))
