"""Attach, detach and migrate over generated guests: what was there stays, and what is told of places is so."""

from __future__ import annotations

import copy

import pytest
from examples import scaled
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties.guests import MACHINES, PCIE, crowds, disk, guest, hostdev, nic
from properties.layout import Layout

import devaddr_xml
from devaddr_xml import DevaddrError
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.engine.lifecycle.attach import attach
from devaddr_xml.engine.lifecycle.detach import detach
from devaddr_xml.engine.lifecycle.migrate import migrate
from devaddr_xml.model.device import AnyDevice, Controller, Device
from devaddr_xml.model.errors import PlacementError, Unsupported
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.naming import preferred_references
from devaddr_xml.model.policy import Policy, Spare
from devaddr_xml.probe.embedded import capabilities_of
from devaddr_xml.views.capacity import capacity
from devaddr_xml.views.diff import compare
from devaddr_xml.views.explain import rule_in_words

machines = st.sampled_from(sorted(MACHINES))
none = st.just(None)
asked_hints = st.one_of(
    none, st.builds(Hints, hotplug=st.sampled_from(["yes", "no"])), st.builds(Hints, node=st.just(1))
)
policies = st.one_of(
    none,
    st.builds(
        Policy,
        profile=st.sampled_from(["libvirt", "hotplug", "packed", "integrated"]),
        spare_ports=st.sampled_from([None, 0, 1, 3]),
    ),
)
newcomers = st.lists(st.sampled_from(["nic", "disk", "hostdev"]), min_size=1, max_size=4)


def made(kinds: list[str], hints: Hints | None = None) -> list[AnyDevice]:
    makers = {"nic": nic, "disk": disk, "hostdev": hostdev}
    return [
        makers[kind](700 + number if kind != "hostdev" else 90 + number, hints) for number, kind in enumerate(kinds)
    ]


@st.composite
def finished(draw: st.DrawFn, hints: st.SearchStrategy[Hints | None] = none, nodes: int = 0) -> Guest:
    """A complete guest, as it could be running."""
    machine = draw(machines if not nodes else machines.filter(lambda name: name != "pc"))
    source = guest(machine, draw(crowds(hints, 14)), nodes, policy=draw(policies))
    try:
        return devaddr_xml.plan(source).guest
    except DevaddrError:
        assume(False)
        raise


def addresses(devices: list[AnyDevice]) -> list[str]:
    return [str(device.address) for device in devices]


@given(finished(), newcomers)
def test_live_takes_what_is_there_and_touches_nothing(running: Guest, kinds: list[str]) -> None:
    before = copy.deepcopy(running)
    devices = made(kinds)
    free = {str(place) for place in free_hotpluggable(running)}
    try:
        found = attach(running, devices, capabilities=capabilities_of(running), live=True)
    except PlacementError:
        assert len(free) < len(devices)
        return
    assert running == before
    assert found.plan.added == ()
    new = {id(device) for device in found.devices}
    stayed = [device for device in found.plan.guest.devices if id(device) not in new]
    assert [*map(plain, stayed)] == [*map(plain, before.devices)]
    taken = {str(device.address) for device in found.devices}
    assert len(taken) == len(devices)
    assert taken <= free
    again = devaddr_xml.plan(found.plan.guest)
    assert all(isinstance(device, Controller) for device in again.added)
    assert addresses(again.aligned)[: len(found.plan.guest.devices)] == addresses(found.plan.guest.devices)


def plain(device: Device) -> Device:
    """The device without its hints, which a plan writes into it."""
    own = copy.copy(device)
    own.hints = None
    return own


def free_hotpluggable(running: Guest) -> list[object]:
    """Places for PCI Express devices where there are any, else for conventional ones."""
    places = [place for place in Topology(running).free_places() if place.hotpluggable]
    return [place.address for place in places if place.bus.is_express == (running.machine in PCIE)]


@given(finished(), st.integers(1, 3))
def test_capacity_says_how_many_cards_can_be_plugged_in(running: Guest, more: int) -> None:
    assume(running.machine in PCIE)
    free = capacity(running).total("pcie-port").hotpluggable
    kinds = ["nic"] * (free + more)
    with pytest.raises(PlacementError, match="no free hotpluggable port"):
        attach(running, made(kinds), capabilities=capabilities_of(running), live=True)
    if free:
        found = attach(running, made(kinds[:free]), capabilities=capabilities_of(running), live=True)
        assert capacity(found.plan.guest).total("pcie-port").hotpluggable == 0


@given(finished(asked_hints, 2), newcomers)
def test_live_keeps_to_the_node(running: Guest, kinds: list[str]) -> None:
    try:
        found = attach(running, made(kinds, Hints(node=1)), capabilities=capabilities_of(running), live=True)
    except PlacementError:
        return
    layout = Layout(found.plan.guest)
    assert all(layout.node(device) == 1 for device in found.devices)


@given(finished(asked_hints, 2), newcomers, st.sampled_from([None, Hints(node=1), Hints(hotplug="yes")]))
def test_cold_moves_nothing_and_is_a_fixed_point(stopped: Guest, kinds: list[str], hints: Hints | None) -> None:
    try:
        found = attach(stopped, made(kinds, hints), capabilities=capabilities_of(stopped))
    except DevaddrError:
        assume(False)
        raise
    count = len(stopped.devices)
    assert addresses(found.plan.aligned)[:count] == addresses(stopped.devices)
    assert devaddr_xml.plan(found.plan.guest).guest == found.plan.guest


@given(finished(asked_hints, 2), st.data())
def test_detach_frees_exactly_that_place(source: Guest, data: st.DataObject) -> None:
    devices = [device for device in source.devices if device.kind in ("disk", "interface", "hostdev", "rng")]
    assume(devices)
    device = data.draw(st.sampled_from(devices))
    ref = preferred_references(source.devices)[id(device)]
    try:
        found = detach(source, [ref], capabilities=capabilities_of(source), words=rule_in_words)
    except PlacementError as error:
        if "function 0 of its slot" not in error.message:
            raise
        return
    rest = [each for each in source.devices if each is not device]
    after = found.after.guest
    assert addresses(after.devices[: len(rest)]) == addresses(rest)
    assert_only_free_ports(source, after.devices[len(rest) :])
    assert str(found.freed[0].address) == str(device.address)
    assert devaddr_xml.plan(after).guest == after
    changes = compare(source, after).changes
    told = [(c.change, c.ref) for c in changes if c.attribute != "hotplug" and c.change != "added"]
    assert told == [("removed", ref)]


def assert_only_free_ports(source: Guest, more: list[AnyDevice]) -> None:
    """KubeVirt's figure counts occupied ports. With one fewer it asks for one more free port outside cells."""
    profile = source.policy.profile if source.policy is not None else None
    figure = source.policy is not None and source.policy.spare_ports is None and profile == "hotplug"
    assert len(more) <= figure
    assert all(isinstance(device, Controller) and device.model == "pcie-root-port" for device in more)


@settings(max_examples=scaled(60))
@given(finished(asked_hints, 2), st.sampled_from(["libvirt", "hotplug", "packed", "integrated"]), st.integers(0, 6))
def test_migrating_by_additions_moves_nothing(source: Guest, profile: str, spare: int) -> None:
    policy = Policy(profile=profile, spare_ports=spare, spares=(Spare(1, 1),))
    found = migrate(source, policy, capabilities=capabilities_of(source))
    assert found.adopted
    assert addresses(found.after.aligned)[: len(source.devices)] == addresses(source.devices)
    assert all(c.change == "added" or c.attribute == "hotplug" for c in compare(source, found.after.guest).changes)
    assert devaddr_xml.plan(found.after.guest).guest == found.after.guest
    promised = {unmet.promise for unmet in found.unmet}
    if source.machine in PCIE and not any("spare" in promise for promise in promised):
        rooms = capacity(found.after.guest)
        assert rooms.total("pcie-port").hotpluggable >= spare
        assert rooms.total("pcie-port", 1).hotpluggable >= 1


@settings(max_examples=scaled(60))
@given(finished(), st.sampled_from(["hotplug", "packed", "integrated"]), st.data())
def test_laid_out_anew_only_what_is_kept_stays(source: Guest, profile: str, data: st.DataObject) -> None:
    names = preferred_references(source.devices)
    endpoints = [device for device in source.devices if device.kind in ("disk", "interface")]
    kept = data.draw(st.lists(st.sampled_from(endpoints), max_size=3, unique_by=id)) if endpoints else []
    refs = [names[id(device)] for device in kept]
    try:
        found = migrate(source, Policy(profile=profile), keep=refs, capabilities=capabilities_of(source))
    except (PlacementError, Unsupported):
        return
    now = {getattr(d, "mac", None) or getattr(d, "target", None): str(d.address) for d in found.after.guest.devices}
    for device in kept:
        assert now[getattr(device, "mac", None) or getattr(device, "target", None)] == str(device.address)
    Layout(found.after.guest).check_slots()
    assert devaddr_xml.plan(found.after.guest).guest == found.after.guest
