import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.engine.complete.controllers import imply_controllers
from devaddr_xml.engine.complete.models import default_disk_buses
from devaddr_xml.engine.place.drives import place_disks, place_scsi_hostdevs
from devaddr_xml.model.address import DriveAddress, PciAddress
from devaddr_xml.model.device import Controller, Disk, Hostdev
from devaddr_xml.model.errors import AddressConflict, HintError, PlacementError, ValueInvalid


def scsi(index=0, model=None):
    return Controller(type="scsi", index=index, model=model)


def scsi_host(*place):
    return Hostdev(type="scsi", address=DriveAddress(*place) if place else None)


def disks(names, bus=None):
    return [Disk(target=name, bus=bus) for name in names.split()]


def place(state):
    default_disk_buses(state)
    place_disks(state)
    place_scsi_hostdevs(state)
    imply_controllers(state)
    return state


def units(devices):
    return [(device.address.controller, device.address.unit) for device in devices]


def scsi_controllers(state):
    return [(c.index, c.model) for c in state.controllers if c.type == "scsi"]


def test_names_say_the_places_and_controllers_for_them_get_the_model_of_the_first(make_work):
    scsi_disks, sata_disks = disks("sda sdg sdh sdz sdaa", "scsi"), disks("sdab sdaf", "sata")
    others = disks("hda hdb hdc hdd fda fdb")
    others[4].device = others[5].device = "floppy"
    state = place(make_work(*scsi_disks, *sata_disks, *others, scsi(0, "virtio-scsi"), machine="pc"))
    assert units(scsi_disks) == [(0, 0), (0, 6), (1, 0), (3, 4), (3, 5)]
    assert units(sata_disks) == [(4, 3), (5, 1)]
    assert [disk.address for disk in others[:4]] == [
        *(DriveAddress(0, 0, 0, 0), DriveAddress(0, 0, 0, 1), DriveAddress(0, 1, 0, 0), DriveAddress(0, 1, 0, 1))
    ]
    assert units(others[4:]) == [(0, 0), (0, 1)]
    assert scsi_controllers(state) == [(index, "virtio-scsi") for index in range(4)]


def test_given_addresses_stay_and_do_not_move_others(make_work):
    given_disk = Disk(target="sda", bus="scsi", address=DriveAddress(0, 0, 0, 1))
    named = Disk(target="sdb", bus="scsi")
    place(make_work(given_disk, named))
    assert given_disk.address == named.address == DriveAddress(0, 0, 0, 1)


@pytest.mark.parametrize("bus", ["virtio", "usb", "sd"])
def test_disks_on_other_buses_have_no_place_on_a_disk_controller(make_work, bus):
    disk = Disk(target="sda", bus=bus)
    place(make_work(disk))
    assert disk.address is None


@pytest.mark.parametrize("bus", ["virtio", "scsi"])
@pytest.mark.parametrize("name", ["nvme0n1", "sd", "sdA", "hda-x", "sdzzzzzzzz"])
def test_names_without_number_are_refused_without_address(make_work, golden, name, bus):
    with pytest.raises(ValueInvalid, match=name) as caught:
        place(make_work(Disk(target=name, bus=bus, line=3)))
    golden(caught.value)
    place(make_work(Disk(target=name, bus=bus, address=PciAddress(slot=5))))


def test_numbers_that_no_guest_can_hold_are_refused(make_work):
    with pytest.raises(PlacementError):
        place(make_work(*disks("sdzzzzzz", "scsi")))


def test_a_named_place_that_a_scsi_host_device_was_given_is_refused(make_work, golden):
    with pytest.raises(AddressConflict) as caught:
        place(make_work(*disks("sda", "scsi"), scsi_host(0, 0, 0, 0)))
    golden(caught.value)
    place(make_work(*disks("sda", "sata"), scsi_host(0, 0, 0, 0)))


def test_a_host_device_given_the_place_of_a_disk_is_refused(make_work, golden):
    disk = Disk(target="sda", bus="scsi", address=DriveAddress(0, 0, 0, 3))
    with pytest.raises(AddressConflict) as caught:
        place(make_work(disk, scsi_host(0, 0, 0, 3)))
    golden(caught.value)


def test_host_devices_fill_controllers_that_inherit_a_model(make_work):
    hostdevs = [*(scsi_host() for _ in range(9)), scsi_host(1, 0, 0, 5), scsi_host()]
    state = place(make_work(scsi(0, "virtio-scsi"), *hostdevs, machine="pc"))
    expected = [*((0, unit) for unit in range(7)), (1, 0), (1, 1), (1, 5), (1, 2)]
    assert units(hostdevs) == expected
    assert scsi_controllers(state) == [(0, "virtio-scsi"), (1, "virtio-scsi")]


def test_host_devices_avoid_disks(make_work):
    hostdevs = [scsi_host(), scsi_host()]
    place(make_work(*disks("sda sdc", "scsi"), *disks("sdb", "sata"), *hostdevs))
    assert units(hostdevs) == [(0, 1), (0, 3)]


def test_a_model_with_few_units_limits_only_the_controllers_that_have_it_already(make_work):
    hostdevs = [scsi_host() for _ in range(5)]
    state = place(make_work(scsi(0, "lsisas1068"), *hostdevs, machine="pc"))
    assert units(hostdevs) == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    assert scsi_controllers(state) == [(0, "lsisas1068"), (1, "lsisas1068")]


def test_large_given_units_are_kept(make_work):
    hostdev = scsi_host(0, 0, 0, 4711)
    place(make_work(scsi(0, "virtio-scsi"), hostdev))
    assert units([hostdev]) == [(0, 4711)]


@given(st.data())
def test_host_devices_never_share_a_place(make_work, data):
    numbers = st.lists(st.integers(0, 15), unique=True, max_size=8)
    names = [f"sd{chr(ord('a') + number)}" for number in data.draw(numbers)]
    hostdevs = [scsi_host() for _ in range(data.draw(st.integers(0, 20)))]
    model = data.draw(st.sampled_from([None, "virtio-scsi", "lsilogic", "lsisas1068"]))
    state = place(make_work(*disks(" ".join(names), "scsi"), *hostdevs, scsi(0, model)))
    places = [d.address for d in (*state.disks, *state.hostdevs)]
    assert len(set(places)) == len(places)
    assert {p.controller for p in places} <= {c.index for c in state.controllers if c.type == "scsi"}


# --- the tunable scsi-units


def test_the_eighth_disk_stays_on_its_virtio_scsi_controller(make_work):
    eight = disks("sda sdb sdc sdd sde sdf sdg sdh", "scsi")
    state = place(make_work(*eight, scsi(0, "virtio-scsi"), scsi_units=64))
    assert units(eight) == [(0, unit) for unit in range(8)]
    assert scsi_controllers(state) == [(0, "virtio-scsi")]


def test_new_controllers_take_the_model_of_controller_0(make_work):
    some = disks("sda sdc sdd sdh", "scsi")
    state = place(make_work(*some, scsi(0, "virtio-scsi"), machine="pc", scsi_units=3))
    assert units(some) == [(0, 0), (0, 2), (1, 0), (2, 1)]
    assert scsi_controllers(state) == [(0, "virtio-scsi"), (1, "virtio-scsi"), (2, "virtio-scsi")]
    added = [decision for decision in state.journal.decisions if decision.outcome == "added"]
    assert [decision.cause for decision in added] == ["policy", "policy"]


def test_the_unit_that_a_controller_keeps_for_itself_is_left_out(make_work):
    many = disks("sdg sdh sdi sdz", "scsi")
    place(make_work(*many, arch="ppc64", machine="pseries", scsi_units=31))
    assert units(many) == [(0, 6), (0, 8), (0, 9), (0, 26)]


@pytest.mark.parametrize(
    ("model", "number", "name", "usable"),
    [("lsisas1068", 7, "sdc", 2), ("lsilogic", 8, "sdh", 7), ("ncr53c90", 16, "sdh", 7), (None, 16, "sdh", 7)],
)
def test_more_disks_than_a_model_takes_are_refused(make_work, model, number, name, usable):
    with pytest.raises(HintError, match=f"scsi-units={number}") as caught:
        place(make_work(*disks(name, "scsi"), scsi(0, model), scsi_units=number))
    assert caught.value.device == f"disk {name}"
    assert f"takes only {usable}" in caught.value.message
    assert "virtio-scsi" in caught.value.remedy


def test_places_of_other_devices_are_passed_over(make_work, golden):
    taken = Disk(target="vdx", bus="scsi", address=DriveAddress(0, 0, 0, 1))
    named = disks("sda sdb sdc sdd", "scsi")
    hostdev = scsi_host(0, 0, 0, 4)
    state = place(make_work(taken, *named, hostdev, scsi(0, "virtio-scsi"), scsi_units=5))
    assert units(named) == [(0, 0), (1, 0), (0, 2), (0, 3)]
    decision = next(d for d in state.journal.decisions if d.device is named[1] and "address" in d.outcome)
    assert decision.cause == "policy"
    assert decision.considered
    assert decision.considered[0].about == "disk vdx"
    golden.journal(state.journal.decisions)


@pytest.mark.parametrize("hostdevs", [[scsi_host(2, 0, 0, 0)], [scsi_host() for _ in range(15)]])
def test_controllers_for_host_devices_are_like_controller_0_too(make_work, hostdevs):
    state = place(make_work(scsi(0, "virtio-scsi"), scsi(1, "lsisas1078"), *hostdevs, scsi_units=8))
    assert scsi_controllers(state) == [(0, "virtio-scsi"), (1, "lsisas1078"), (2, "virtio-scsi")]


disk_sets = st.lists(st.integers(0, 40), unique=True, max_size=20)


def name_of(number):
    return f"sd{chr(ord('a') + number)}" if number < 26 else f"sda{chr(ord('a') + number - 26)}"


@given(st.integers(1, 20), disk_sets, st.sets(st.integers(0, 60), max_size=8), st.integers(0, 40))
def test_counted_places_are_unique_and_stay_when_a_disk_comes(make_work, number, first, hosts, new):
    def run(disk_list):
        hostdevs = [scsi_host(*divmod(host, number)[:1], 0, 0, host % number) for host in sorted(hosts)]
        state = place(make_work(*disk_list, *hostdevs, scsi(0, "virtio-scsi"), scsi_units=number))
        places = [device.address for device in (*state.disks, *state.hostdevs)]
        assert len(set(places)) == len(places)
        assert all(p.unit < number for p in places)
        assert all(model == "virtio-scsi" for _, model in scsi_controllers(state))
        assert {p.controller for p in places} <= {index for index, _ in scsi_controllers(state)}
        return {disk.target: disk.address for disk in state.disks}

    named = [name_of(n) for n in first]
    before = run([Disk(target=name, bus="scsi") for name in named])
    again = run([Disk(target=name, bus="scsi", address=before[name]) for name in named])
    assert again == before
    if (name := name_of(new)) not in named:
        assigned = [Disk(target=n, bus="scsi", address=before[n]) for n in named]
        after = run([*assigned, Disk(target=name, bus="scsi")])
        assert {n: after[n] for n in named} == before
