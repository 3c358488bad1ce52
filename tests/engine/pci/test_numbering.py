"""Guest bus numbers: which ranges expander buses get, and when the numbers do not suffice."""

from __future__ import annotations

import pytest

from devaddr_xml.buses.pci.bus import Bus
from devaddr_xml.buses.pci.space import Space
from devaddr_xml.engine.pci.numbering import _highest_start, _starts, check_bus_numbers, expander_width, tree_widths
from devaddr_xml.engine.plan import start
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.foreign import ForeignDevice
from devaddr_xml.model.guest import Guest
from devaddr_xml.probe.embedded import capabilities_for


@pytest.mark.parametrize(
    ("model", "below", "width"),
    [("pcie-expander-bus", 0, 1), ("pcie-expander-bus", 5, 6), ("pci-expander-bus", 0, 2), ("pci-expander-bus", 5, 7)],
)
def test_width_of_an_expander(model: str, below: int, width: int) -> None:
    assert expander_width(model, below) == width


@pytest.mark.parametrize(
    ("top", "width", "taken", "start"),
    [
        (256, 4, [], 252),
        (256, 4, [(250, 252)], 252),
        (256, 4, [(250, 253)], 246),
        (256, 4, [(254, 256)], 250),
        (256, 4, [(244, 248), (250, 255)], 240),
        (256, 2, [(244, 248), (250, 255)], 248),
        (256, 4, [(252, 256)], 248),
    ],
)
def test_the_highest_free_range(top: int, width: int, taken: list[tuple[int, int]], start: int) -> None:
    assert _highest_start(top, width, taken) == start


@pytest.mark.parametrize(
    ("widths", "given", "main", "headroom", "starts"),
    [
        ({1: 4, 2: 6}, {}, 3, 0, {1: 252, 2: 246}),
        ({1: 4, 2: 6}, {}, 3, 8, {1: 244, 2: 230}),
        ({1: 4, 2: 6}, {1: 250}, 3, 0, {2: 244}),
        ({1: 4, 2: 6}, {1: 240}, 3, 0, {2: 250}),
        ({1: 100, 2: 100}, {}, 56, 0, {1: 156, 2: 56}),
        ({1: 100, 2: 100}, {}, 57, 0, None),
        ({1: 100, 2: 100}, {}, 48, 8, {1: 148, 2: 48}),
        ({1: 100, 2: 100}, {}, 49, 8, None),
        ({1: 200}, {}, 50, 8, {1: 56}),
        ({1: 255}, {}, 0, 0, {1: 1}),
        ({1: 256}, {}, 0, 0, None),
    ],
)
def test_first_numbers(
    widths: dict[int, int], given: dict[int, int], main: int, headroom: int, starts: dict[int, int] | None
) -> None:
    assert _starts(widths, given, main, headroom) == starts


def test_widths_of_trees() -> None:
    """What is below an expander counts for it, whatever is between; what is without a place counts for nobody."""
    ports = {2: 0, 3: 1, 4: 3, 5: 9}
    controllers = [
        Controller(type="pci", index=0, model="pcie-root"),
        Controller(type="pci", index=1, model="pcie-expander-bus", address=PciAddress(bus=0, slot=1)),
        *(
            Controller(type="pci", index=index, model="pcie-root-port", address=PciAddress(bus=bus, slot=2))
            for index, bus in ports.items()
        ),
        Controller(type="pci", index=6, model="pcie-root-port"),
        Controller(type="pci", index=7, model="pci-expander-bus", address=PciAddress(bus=0, slot=3)),
    ]
    assert tree_widths(controllers, [controllers[1], controllers[-1]]) == ({1: 3, 7: 2}, 3)


def state_with(*expanders: Controller, foreign: tuple[ForeignDevice, ...] = ()) -> State:
    """A guest with these expander buses."""
    made = start(
        Guest(arch="x86_64", machine="q35", foreign=foreign, devices=list(expanders)),
        capabilities=capabilities_for("x86_64"),
    )
    made.controllers = [device for device in made.guest.devices if isinstance(device, Controller)]
    return made


def space_of(ports: int, *expanders: tuple[str, int]) -> Space:
    """Bus 0, ports on it, and expander buses, each with its model and the number of ports below it."""
    models = ["pcie-root", *["pcie-root-port"] * ports]
    tops = [0] * len(models)
    for model, below in expanders:
        top = len(models)
        models += [model, *["pcie-root-port"] * below]
        tops += [0, *[top] * below]
    buses = [Bus(number, model) for number, model in enumerate(models)]
    for bus, top in zip(buses, tops, strict=True):
        bus.top = top
    return Space(buses)


PCIE, PCI = "pcie-expander-bus", "pci-expander-bus"


@pytest.mark.parametrize(
    ("ports", "expanders", "needed"),
    [
        (255, (), None),
        (256, (), 257),
        (200, ((PCIE, 54),), None),
        (200, ((PCIE, 55),), 257),
        (200, ((PCI, 53),), None),
        (200, ((PCI, 54),), 257),
        (100, ((PCIE, 76), (PCIE, 76)), None),
        (100, ((PCIE, 77), (PCIE, 77)), 257),
    ],
)
def test_all_numbers_and_one_more(ports: int, expanders: tuple[tuple[str, int], ...], needed: int | None) -> None:
    space = space_of(ports, *expanders)
    if needed is None:
        check_bus_numbers(state_with(), space)
        return
    with pytest.raises(PlacementError) as caught:
        check_bus_numbers(state_with(), space)
    assert caught.value.message == f"the guest needs {needed} PCI bus numbers, and there are 256"
    assert caught.value.remedy == 'Let devices share places as functions (overflow="pack" or packing="functions")'


@pytest.mark.parametrize(
    ("number", "ports", "below", "fits"),
    [(10, 9, 3, True), (10, 10, 3, False), (252, 9, 3, True), (252, 251, 3, True), (252, 252, 3, False)],
)
def test_numbers_that_expanders_have(number: int, ports: int, below: int, fits: bool) -> None:
    """Bus 0 and the ports on it end before the first expander bus."""
    space = space_of(ports, (PCIE, below))
    state = state_with(Controller(type="pci", index=ports + 1, model=PCIE, bus_nr=number))
    if fits:
        check_bus_numbers(state, space)
        return
    with pytest.raises(PlacementError) as caught:
        check_bus_numbers(state, space)
    assert caught.value.message == (
        f"the guest needs {2 + ports + below} PCI bus numbers, and there are 256, "
        "or too few between those that expander buses have already"
    )


@pytest.mark.parametrize(("number", "fits"), [(100, True), (101, False)])
def test_a_second_expander_beside_one_with_a_number(number: int, fits: bool) -> None:
    space = space_of(50, (PCIE, 55), (PCIE, 99))
    state = state_with(
        Controller(type="pci", index=51, model=PCIE, bus_nr=number), Controller(type="pci", index=107, model=PCIE)
    )
    if fits:
        check_bus_numbers(state, space)
    else:
        with pytest.raises(PlacementError, match=r"needs 207 PCI bus numbers, .* or too few between"):
            check_bus_numbers(state, space)


def test_host_bridges() -> None:
    """Each additional one has bus numbers of its own; there are 31."""
    check_bus_numbers(state_with(), Space([Bus(number, "pci-root") for number in range(31)]))
    with pytest.raises(PlacementError) as caught:
        check_bus_numbers(state_with(), Space([Bus(number, "pci-root") for number in range(32)]))
    assert caught.value.message == "the guest needs 32 PCI host bridges, and there are 31 at most"


@pytest.mark.parametrize(("ports", "fits"), [(250, True), (251, False)])
def test_buses_of_the_command_line_count(ports: int, fits: bool) -> None:
    """One root port on bus 0, and an expander bus with a port below it."""
    foreign = (
        ForeignDevice(driver="pcie-root-port", id="a", bus="pcie.0"),
        ForeignDevice(driver="pxb-pcie", id="b", bus="pcie.0", bus_nr=254),
        ForeignDevice(driver="pcie-root-port", id="c", bus="b"),
    )
    state, space = state_with(foreign=foreign), space_of(ports + 2)
    if fits:
        check_bus_numbers(state, space)
    else:
        with pytest.raises(PlacementError, match=r"needs 257 PCI bus numbers, .* or too few between"):
            check_bus_numbers(state, space)
