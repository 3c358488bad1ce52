"""Every refusal of PCI placement, word for word, and what is told of a guest whose free places are used up."""

from __future__ import annotations

import pytest

import devaddr_xml
from devaddr_xml.model.events import Rule

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "isapc": "x86_64", "pseries": "ppc64"}
NAMESPACE = "xmlns:devaddr='urn:devaddr-xml:hints:1'"
RNG = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"


def hinted(hint: str) -> str:
    return RNG.replace(" model='virtio'", f" model='virtio' devaddr:{hint}")


def domain(devices: str = "", machine: str = "q35", cells: int = 0, policy: str = "") -> str:
    numa = "".join(f"<cell id='{n}' cpus='{n}' memory='1048576'/>" for n in range(cells))
    cpu = f"<cpu><numa>{numa}</numa></cpu>" if cells else ""
    metadata = f"<metadata><devaddr:policy {policy}/></metadata>" if policy else ""
    kind = f"<os><type arch='{ARCHITECTURES[machine]}' machine='{machine}'>hvm</type></os>"
    head = (
        f"<domain type='kvm' {NAMESPACE}><name>guest</name>{metadata}<memory>1048576</memory><vcpu>8</vcpu>{cpu}{kind}"
    )
    return f"{head}<devices>\n{devices}\n</devices></domain>"


REFUSED = {
    "more devices than buses": (
        domain(RNG * 300),
        "PlacementError: line 255: rng virtio: a PCI Express device needs one more bus, and all 256 PCI buses"
        ' are in use. Let devices share slots: overflow="pack" (--set overflow=pack)',
    ),
    "more host bridges than there are": (
        domain("".join(f"<controller type='pci' model='pci-root' index='{n}'/>" for n in range(1, 40)), "pseries"),
        "Unsupported: line 2: controller pci.31 (pci-root): every target index of a PCI host bridge is "
        "in use. Remove a host bridge",
    ),
    "no bus number left": (
        domain(
            "<controller type='pci' model='pcie-expander-bus' index='1'><target busNr='2'/></controller>"
            "<controller type='pci' model='pcie-expander-bus' index='2'/>"
        ),
        "PlacementError: line 2: controller pci.2 (pcie-expander-bus): no bus numbers are left for this "
        "expander bus. Give its <target> a busNr, or place fewer devices",
    ),
    "more expanders than slots": (
        domain("".join(f"<controller type='pci' model='pcie-expander-bus' index='{n}'/>" for n in range(1, 140))),
        "PlacementError: line 2: controller pci.31 (pcie-expander-bus): a pcie-expander-bus needs a place on "
        "a PCI bus, and no bus that accepts it has a free place. Remove controllers that no device needs",
    ),
    "more spare ports than slots": (
        domain(policy="spare-ports='300'"),
        "PlacementError: line 1: spare ports: a pcie-root-port needs a place on a PCI bus, and no bus that "
        "accepts it has a free place. Ask for fewer spare ports",
    ),
    "a full bridge of a group": (
        domain("<sound model='ac97' devaddr:bus-group='a'/>\n" * 40),
        "PlacementError: line 33: sound ac97: the bus of bus group a is full. Remove devices from the group",
    ),
    "a full switch of a group": (
        domain(hinted("bus-group='a'") * 40),
        "PlacementError: line 34: rng virtio: the switch of bus group a has no room for one more port. Remove "
        "devices from the group",
    ),
    "a full bus 0": (
        domain("<panic model='pvpanic'/>" + hinted("placement='root-complex'") * 40),
        "PlacementError: line 29: rng virtio: every slot of bus 0 that it can use is in use. Let devices share"
        ' slots: overflow="pack" (--set overflow=pack)',
    ),
    "a bridge above itself": (
        domain(
            "<controller type='pci' model='pci-bridge' index='1'><address type='pci' bus='2' slot='1'/></controller>"
            "<controller type='pci' model='pci-bridge' index='2'/>",
            "pc",
        ),
        "PlacementError: line 2: controller pci.1 (pci-bridge): its index must be higher than that of "
        "the bus 2 on which it sits. Give it a higher index, or another address",
    ),
    "no PCI at all": (
        domain("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", "isapc"),
        "PlacementError: line 2: rng virtio: there is no PCI bus, and this machine brings none. Remove "
        "the device, or give the domain a PCI root controller that the machine has",
    ),
    "a controller that the chipset has elsewhere": (
        domain("<controller type='sata' index='0'><address type='pci' slot='3'/></controller>"),
        "PlacementError: line 2: controller sata.0: the machine has this controller at 0000:00:1f.2 "
        "only, but the address says 0000:00:03.0. Remove the <address>, or use another controller model "
        "or index",
    ),
    "a root complex that its address is not on": (
        domain(hinted("root-complex='a'").replace("</rng>", "<address type='pci' bus='1' slot='0'/></rng>"), cells=1),
        'HintError: line 2: rng virtio: the hint root-complex="a" cannot be followed: its address '
        "0000:01:00.0 is below no expander bus. Remove the hint root-complex or change it",
    ),
    "two root complexes below one expander bus": (
        domain(
            "<controller type='pci' model='pcie-expander-bus' index='1'><target busNr='200'/></controller>"
            + "".join(
                f"<controller type='pci' model='pcie-root-port' index='{n}'>"
                f"<address type='pci' bus='1' slot='{n}'/></controller>"
                + hinted(f"root-complex='{name}'").replace("</rng>", f"<address type='pci' bus='{n}' slot='0'/></rng>")
                for n, name in ((2, "a"), (3, "b"))
            ),
            cells=1,
        ),
        "HintError: line 3: rng virtio: the hint root-complex is not kept: both are below controller "
        "pci.1 (pcie-expander-bus); the other device is rng virtio (line 2). Change the hint "
        "root-complex or the <address> of one of them",
    ),
    "a virtio disk on no bus of its own": (
        domain("<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/><address type='drive'/></disk>"),
        "Unsupported: line 2: disk vda: a virtio disk cannot have an address of type 'drive'. Remove the"
        " <address>, or use type='pci'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    document, words = REFUSED[name]
    with pytest.raises(devaddr_xml.DevaddrError) as caught:
        devaddr_xml.assign(document)
    assert f"{type(caught.value).__name__}: {caught.value}" == words


FULL = devaddr_xml.assign(domain()).xml
ON_NODES = devaddr_xml.assign(domain(hinted("node='1'"), cells=2)).xml
LIVE = {
    "every port in use": (
        FULL,
        RNG * 3,
        "PlacementError: line 2 of device document 1: rng virtio: no free hotpluggable port: 3 ports are"
        " occupied. Attach it without --live, unplug something, or start the guest "
        'with free places: spare-ports="..." in its policy',
    ),
    "no port on the node": (
        ON_NODES,
        hinted("node='1'").replace("<rng", f"<rng {NAMESPACE}"),
        "PlacementError: line 1 of device document 1: rng virtio: no free hotpluggable port on node 1: 1"
        " port is occupied; 1 free on no node. Attach it without --live, unplug "
        'something, or start the guest with free places: <devaddr:spare node="1" ports="..."/> in its '
        "policy",
    ),
}


@pytest.mark.parametrize("name", LIVE)
def test_not_plugged_in(name: str) -> None:
    document, device, words = LIVE[name]
    with pytest.raises(devaddr_xml.DevaddrError) as caught:
        devaddr_xml.attach(document, device, live=True)
    assert f"{type(caught.value).__name__}: {caught.value}" == words


def test_plugged_in() -> None:
    """The journal says where, by which rule, what asked for it, and which places were out."""
    found = devaddr_xml.attach(FULL, RNG, live=True)
    (decision,) = (decision for decision in found.decisions if decision.outcome.startswith("0000:"))
    assert (decision.device.kind, decision.device.line) == ("rng", 1)
    assert (decision.rule, decision.cause) == (Rule.PLUGGED, "default")


USB2 = ("ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3")


def usb2(index: int, address: str = "") -> str:
    return "".join(f"<controller type='usb' index='{index}' model='{model}'>{address}</controller>" for model in USB2)


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_companions_share_the_slot_of_their_own_set(machine: str) -> None:
    guest = devaddr_xml.assign(domain(RNG + usb2(1) + RNG + usb2(2), machine, policy="legacy-placement='bridge'")).guest
    sets: dict[int | None, list[str]] = {}
    for device in guest.devices:
        if device.kind == "controller" and device.model in USB2:
            sets.setdefault(device.index, []).append(str(device.address))
    assert len({address[:-2] for addresses in sets.values() for address in addresses}) == 2
    for addresses in sets.values():
        assert [address[-1] for address in sorted(addresses)] == ["0", "1", "2", "7"]
