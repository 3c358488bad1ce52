"""``topology="mirror"``: what decides in it, and what it says where it cannot follow the host."""

from __future__ import annotations

import re
import time

import msgspec
import pytest
from host_trees import facts, hgx
from properties.host_guests import HostGuest, Passed, guest_devices, guest_levels, host_levels

import devaddr_xml
from devaddr_xml.model.errors import DevaddrError, HintError, PlacementError
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.policy import Policy

#: A switch with two branches, of which one has another switch; functions; virtual functions; a second root complex.
HOST = """
pci0000:10
  0000:10:01.0 root-port node=0
    0000:11:00.0 upstream-port node=0
      0000:12:00.0 downstream-port node=0
        0000:13:00.0 node=0
      0000:12:01.0 downstream-port node=0
        0000:14:00.0 upstream-port node=0
          0000:15:00.0 downstream-port node=0
            0000:16:00.0 node=0
          0000:15:01.0 downstream-port node=0
            0000:17:00.0 node=0
  0000:10:02.0 root-port node=0
    0000:18:00.0 node=0
    0000:18:00.1 node=0
    0000:18:00.2 node=0
    0000:18:00.3 node=0 physfn=0000:18:00.0
    0000:18:00.4 node=0 physfn=0000:18:00.0
pci0000:80
  0000:80:01.0 root-port node=1
    0000:81:00.0 node=1
"""


def guest(*addresses: str, cells: tuple[int, ...] = (0, 1), host: HostFacts | None = None) -> HostGuest:
    passed = [Passed(f"0000:{address}", False) for address in addresses]
    return HostGuest(host or facts(HOST), passed, list(cells))


def assigned(made: HostGuest, policy: str = 'topology="mirror"', **machine: str) -> devaddr_xml.Assignment:
    return devaddr_xml.assign(made.xml(policy=policy, **machine), host=made.facts)


def models(xml: str) -> list[str]:
    return re.findall(r"model=['\"](pcie?-(?:switch|expander)[a-z-]*)['\"]", xml)


def test_switches_in_switches() -> None:
    made = guest("17:00.0", "13:00.0", "16:00.0")
    result = assigned(made)
    devices = guest_devices(result.xml)
    assert guest_levels(devices) == host_levels(made)
    assert models(result.xml).count("pcie-switch-upstream-port") == 2
    assert 'bus-group="0000:11:00.0/0000:14:00.0"' in result.xml


def test_a_bridge_with_one_child_is_left_out() -> None:
    result = assigned(guest("16:00.0", "17:00.0"))
    assert models(result.xml).count("pcie-switch-upstream-port") == 1
    assert 'bus-group="0000:14:00.0"' in result.xml
    assert models(assigned(guest("13:00.0", "18:00.0")).xml).count("pcie-switch-upstream-port") == 0


@pytest.mark.parametrize(
    ("addresses", "functions"),
    [
        (("18:00.1", "18:00.0", "18:00.2"), {"0": 0, "1": 1, "2": 2}),
        (("18:00.2", "18:00.0"), {"0": 0, "2": 2}),
        (("18:00.2", "18:00.1"), {"1": 0, "2": 2}),
        (("18:00.1",), {"1": 0}),
    ],
)
def test_functions(addresses: tuple[str, ...], functions: dict[str, int]) -> None:
    devices = guest_devices(assigned(guest(*addresses)).xml)
    assert {name[-1]: device.function for name, device in devices.items()} == functions
    assert len({device.slot for device in devices.values()}) == 1


def test_virtual_functions_have_a_slot_each() -> None:
    devices = guest_devices(assigned(guest("18:00.0", "18:00.3", "18:00.4")).xml)
    assert len({device.slot for device in devices.values()}) == 3


def test_a_root_complex_has_an_expander_without_cells() -> None:
    devices = guest_devices(assigned(guest("18:00.0", "81:00.0", cells=())).xml)
    tops = {name: device.top for name, device in devices.items()}
    assert tops["0000:18:00.0"] != tops["0000:81:00.0"]
    assert 0 not in tops.values()


def test_functions_are_laid_out_anew_without_facts() -> None:
    result = assigned(guest("18:00.1", "18:00.0", "18:00.2"))
    assert {d.function for d in guest_devices(devaddr_xml.migrate(result.xml, keep="none").xml).values()} == {0, 1, 2}


def test_a_node_without_a_cell() -> None:
    made = guest("13:00.0", "81:00.0", cells=(0,))
    with pytest.raises(HintError, match=r"host NUMA node 1, and neither"):
        assigned(made)
    result = assigned(made, 'topology="mirror" numa="prefer"')
    assert any("host NUMA node 1" in str(warning) for warning in result.warnings)
    assert guest_devices(result.xml)["0000:81:00.0"].cell is None


def test_a_cell_is_added() -> None:
    made = guest("13:00.0", "81:00.0", cells=(0,))
    result = assigned(made, 'topology="mirror" extra-cells="add"')
    assert re.search(r"<cell id=\"1\" memory=\"\d+\" unit=\"KiB\"/></numa>", result.xml)
    assert guest_devices(result.xml)["0000:81:00.0"].cell == 1
    assert any("guest NUMA cell 1 was added" in str(warning) for warning in result.warnings)
    assert devaddr_xml.assign(result.xml, host=made.facts).xml == result.xml
    extra = guest("81:00.0", host=facts(HOST.replace("0000:81:00.0", "0000:82:00.0"))).xml()
    fragment = extra[extra.index("<hostdev") : extra.index("</devices>")].replace("0x81", "0x82")
    host = facts(HOST + "    0000:82:00.0 node=1\n")
    more = devaddr_xml.attach(result.xml, fragment, host=host)
    assert guest_devices(more.xml)["0000:82:00.0"].cell == 1


def test_a_device_that_the_facts_do_not_know() -> None:
    with pytest.raises(HintError, match=r"host facts do not know the host device 0000:99:00.0"):
        assigned(guest("99:00.0"))
    with pytest.raises(HintError, match="there are none"):
        assigned(guest("13:00.0", host=HostFacts()))
    result = assigned(guest("99:00.0", "13:00.0"), 'topology="mirror" numa="prefer"')
    assert any("do not know" in str(warning) for warning in result.warnings)


def test_a_machine_without_expanders() -> None:
    made = guest("13:00.0", "16:00.0", "81:00.0", cells=())
    result = assigned(made, arch="riscv64", machine="virt")
    devices = guest_devices(result.xml)
    assert devices["0000:13:00.0"].switches == devices["0000:16:00.0"].switches != ()
    assert [w.device for w in result.warnings if "not mirrored" in w.message] != []


def test_hints_that_say_otherwise() -> None:
    made = guest("16:00.0", "17:00.0")
    xml = made.xml().replace("<hostdev ", '<hostdev xmlns:d="urn:devaddr-xml:hints:1" d:node="1" ', 1)
    devices = guest_devices(devaddr_xml.assign(xml, host=made.facts).xml)
    assert [devices[f"0000:{bus}:00.0"].cell for bus in (16, 17)] == [1, 0]
    assert not any(device.switches for device in devices.values())


def test_live_onto_a_free_port_of_the_right_expander() -> None:
    made = guest("13:00.0")
    policy = 'topology="mirror"><d:spare node="0" ports="2"/></d:policy'
    xml = made.xml(policy=policy).replace("</d:policy/>", "</d:policy>")
    running = devaddr_xml.assign(xml, host=made.facts).xml
    fragment = guest("18:00.0").xml()
    fragment = fragment[fragment.index("<hostdev") : fragment.index("</devices>")]
    result = devaddr_xml.attach(running, fragment, host=made.facts, live=True)
    assert guest_devices(result.xml)["0000:18:00.0"].top == guest_devices(result.xml)["0000:13:00.0"].top
    other = fragment.replace("0x18", "0x81")
    with pytest.raises(DevaddrError, match=r"no free hotpluggable port on node 1, root complex pci0000:80"):
        devaddr_xml.attach(running, other, host=made.facts, live=True)


@pytest.mark.parametrize(("present", "attached"), [("16:00.0", "17:00.0"), ("18:00.1", "18:00.2")])
def test_live_without_the_switch_or_slot_of_its_host(present: str, attached: str) -> None:
    """The guest has a free port below the expander, which is not as close to the other device as on the host."""
    made = guest(present)
    fragment = guest(attached).xml()
    fragment = fragment[fragment.index("<hostdev") : fragment.index("</devices>")]
    for numa, refused in (("strict", True), ("prefer", False)):
        policy = f'topology="mirror" numa="{numa}"><d:spare node="0" ports="2"/></d:policy'
        xml = made.xml(policy=policy).replace("</d:policy/>", "</d:policy>")
        running = devaddr_xml.assign(xml, host=made.facts).xml
        if refused:
            with pytest.raises(PlacementError, match=rf"{attached}.*no free place that mirrors.*{present} is farther"):
                devaddr_xml.attach(running, fragment, host=made.facts, live=True)
        else:
            result = devaddr_xml.attach(running, fragment, host=made.facts, live=True)
            assert any("its place is not mirrored" in str(warning) for warning in result.warnings)


def large_host() -> str:
    """Eight nodes with a root complex each, two switches on each, four devices behind every switch."""
    lines = []
    for node in range(8):
        bus = 0x10 + node * 0x1C
        lines.append(f"pci0000:{bus - 1:02x}")
        for switch in range(2):
            first = bus + switch * 14
            lines.append(f"  0000:{bus - 1:02x}:{switch + 1:02x}.0 root-port node={node}")
            lines.append(f"    0000:{first:02x}:00.0 upstream-port node={node}")
            for port in range(4):
                lines.append(f"      0000:{first + 1:02x}:{port:02x}.0 downstream-port node={node}")
                lines.append(f"        0000:{first + 2 + port:02x}:00.0 node={node}")
    return "\n".join(lines)


def test_eight_nodes_with_sixteen_switches_and_sixty_four_devices() -> None:
    host = facts(large_host())
    addresses = [address.removeprefix("0000:") for address, device in host.pci.items() if device.kind is None]
    assert len(addresses) == 64
    made = guest(*reversed(addresses), cells=tuple(range(8)), host=host)
    begin = time.monotonic()
    result = assigned(made)
    assert time.monotonic() - begin < 10
    assert not result.warnings
    assert guest_levels(guest_devices(result.xml)) == host_levels(made)
    assert devaddr_xml.assign(result.xml).xml == result.xml


def test_too_many_root_complexes_are_refused() -> None:
    text = "\n".join(f"pci{n:04x}:00\n  {n:04x}:00:01.0 root-port\n    {n:04x}:01:00.0" for n in range(40))
    made = HostGuest(facts(text), [Passed(f"{n:04x}:01:00.0", False) for n in range(40)], [])
    with pytest.raises(DevaddrError, match="hostdev"):
        assigned(made)


def test_the_layout_of_groups_written_by_hand() -> None:
    made = guest("13:00.0", "16:00.0", "17:00.0", "18:00.0", "18:00.1", "81:00.0")
    mirrored = assigned(made).xml
    metadata = mirrored[mirrored.index("<metadata>") : mirrored.index("</metadata>")]
    by_hand = made.xml().replace('<metadata><d:policy xmlns:d="urn:devaddr-xml:hints:1" topology="mirror"/>', metadata)
    assert devaddr_xml.assign(by_hand).xml == mirrored


def test_a_server_of_gpus_as_its_groups_were_written_by_hand() -> None:
    """One bus group for each GPU and its network card is what the tree of such a host says without a hint."""
    host = facts(hgx())
    addresses = [address.removeprefix("0000:") for address, device in host.pci.items() if device.kind is None]
    made = guest(*addresses, host=host)
    mirrored = assigned(made)
    assert mirrored.warnings == ()
    assert models(mirrored.xml).count("pcie-switch-upstream-port") == 8
    without_parents = HostFacts(
        pci={
            address: msgspec.structs.replace(device, parents=(), kind=None)
            for address, device in host.pci.items()
            if device.kind is None
        },
        cpus=host.cpus,
    )
    by_hand = made.xml(policy="").replace("<hostdev ", '<hostdev xmlns:d="urn:devaddr-xml:hints:1" ')
    for number in range(16):
        old = f'<address domain="0x0000" bus="0x{0x12 + number // 2 * 0x10 + number % 2:02x}"'
        at = by_hand.rindex("<hostdev ", 0, by_hand.index(old)) + len("<hostdev ")
        by_hand = f'{by_hand[:at]}d:bus-group="sw{number // 2}" d:placement="switch" {by_hand[at:]}'
    written = devaddr_xml.assign(by_hand, policy=Policy(numa="strict"), host=without_parents)
    assert without_policy(written.xml) == without_policy(mirrored.xml)


def without_policy(xml: str) -> str:
    return re.sub(r"(?s)<metadata>.*?</metadata>|\s*xmlns:d='[^']*'|\s*xmlns:d=\"[^\"]*\"", "", xml)


#: Trees that are seldom, by what is special in them: every function that is no bridge is passed through.
SELDOM = {
    "integrated endpoints beside ports": """
pci0000:00
  0000:00:02.0 node=0
  0000:00:1f.3 node=0
  0000:00:1f.6 node=0
  0000:00:01.0 root-port node=0
    0000:01:00.0 node=0
""",
    "a switch with an endpoint of its own, and branches of unequal depth": """
pci0000:80
  0000:80:01.0 root-port node=1
    0000:81:00.0 upstream-port node=1
      0000:82:00.0 downstream-port node=1
        0000:83:00.0 node=1
      0000:82:08.0 downstream-port node=1
        0000:84:00.0 upstream-port node=1
          0000:85:00.0 downstream-port node=1
            0000:86:00.0 upstream-port node=1
              0000:87:00.0 downstream-port node=1
                0000:88:00.0 node=1
              0000:87:00.1 downstream-port node=1
                0000:89:00.0 node=1
          0000:85:01.0 downstream-port node=1
            0000:8a:00.0 node=1
    0000:81:00.1 node=1
""",
    "eight functions, and virtual ones in all slots": "pci0001:40\n  0001:40:01.0 root-port node=1\n"
    + "".join(f"    0001:41:00.{function} node=1\n" for function in range(8))
    + "".join(f"    0001:41:{n >> 3:02x}.{n & 7} node=1 physfn=0001:41:00.0\n" for n in range(8, 40)),
    "two domains with the same buses": "".join(
        f"pci{n}:00\n  {n}:00:01.0 root-port node={at}\n    {n}:01:00.0 node={at}\n    {n}:01:00.1 node={at}\n"
        for at, n in enumerate(("0000", "0001"))
    ),
    "no node": "pci0000:80\n  0000:80:01.0 root-port\n    0000:81:00.0\npci0000:90\n  0000:90:01.0 root-port\n"
    "    0000:91:00.0\n    0000:91:00.1\n",
    "conventional slots behind a bridge": """
pci0000:80
  0000:80:01.0 root-port node=1
    0000:81:00.0 bridge node=1
      0000:82:00.0 node=1 express=no
      0000:82:00.1 node=1 express=no
      0000:82:02.0 node=1 express=no
  0000:80:02.0 root-port node=1
    0000:83:00.0 node=1
""",
    "a bridge behind a bridge, and one that leads back to PCI Express": """
pci0000:80
  0000:80:01.0 root-port node=1
    0000:81:00.0 bridge node=1
      0000:82:01.0 bridge node=1 express=no
        0000:83:00.0 node=1 express=no
        0000:83:01.0 node=1 express=no
      0000:82:02.0 node=1 express=no
  0000:80:1e.0 bridge node=1 express=no
    0000:84:03.0 bridge node=1
      0000:85:00.0 node=1
""",
}


@pytest.mark.parametrize("name", SELDOM)
@pytest.mark.parametrize("machine", [("x86_64", "q35"), ("aarch64", "virt")])
@pytest.mark.parametrize("cells", [(1, 0), ()])
def test_trees_that_are_seldom(name: str, machine: tuple[str, str], cells: tuple[int, ...]) -> None:
    host = facts(SELDOM[name])
    passed = [Passed(address, at % 3 == 0) for at, address in enumerate(host.pci) if host.pci[address].kind is None]
    made = HostGuest(host, passed[::-1], list(cells))
    result = devaddr_xml.assign(made.xml(*machine), host=host)
    devices = guest_devices(result.xml)
    assert guest_levels(devices) == host_levels(made)
    assert not result.warnings
    assert devaddr_xml.assign(result.xml, host=host).xml == devaddr_xml.assign(result.xml).xml == result.xml


@pytest.mark.parametrize("name", SELDOM)
def test_kinds_of_bridges_that_the_facts_do_not_have(name: str) -> None:
    """What the bridges of a path are follows from their number, and from what is conventional."""
    host = facts(SELDOM[name])
    passed = [Passed(address, False) for address in host.pci if host.pci[address].kind is None]
    made = HostGuest(host, passed, [0, 1])
    without = HostFacts(pci={a: msgspec.structs.replace(device, kind=None) for a, device in host.pci.items()})
    result = devaddr_xml.assign(made.xml(), host=without)
    assert guest_levels(guest_devices(result.xml)) == host_levels(made)
    assert not result.warnings


@pytest.mark.parametrize("profile", ["integrated", "packed"])
def test_conventional_devices_stay_below_their_root_complex(profile: str) -> None:
    host = facts(SELDOM["conventional slots behind a bridge"])
    made = guest("82:00.0", "82:02.0", "83:00.0", host=host)
    result = assigned(made, f'topology="mirror" profile="{profile}" pcie-placement="switch"')
    assert {device.cell for device in guest_devices(result.xml).values()} == {1}


def test_facts_that_disagree_within_a_switch() -> None:
    host = facts(HOST)
    pci = dict(host.pci)
    pci["0000:17:00.0"] = msgspec.structs.replace(pci["0000:17:00.0"], numa_node=1)
    result = assigned(guest("16:00.0", "17:00.0", host=HostFacts(pci=pci)))
    assert {device.cell for device in guest_devices(result.xml).values()} == {0}
    assert any("host NUMA node 1 is guest cell 1" in str(warning) for warning in result.warnings)


def test_a_policy_in_python() -> None:
    made = guest("16:00.0", "17:00.0")
    policy = Policy(topology="mirror")
    plain = made.xml().replace('topology="mirror"', "")
    assert devaddr_xml.assign(plain, policy=policy, host=made.facts).guest == assigned(made).guest
