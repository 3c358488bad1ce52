"""The PCI tree after the guest's firmware has numbered it."""

from __future__ import annotations

from typing import Any

from devaddr_xml.probe.guest_view import GuestView


def device(bus: int, slot: int, name: str, secondary: int | None = None, *below: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"bus": bus, "slot": slot, "function": 0, "qdev_id": name}
    if secondary is not None:
        found["pci_bridge"] = {"bus": {"number": bus, "secondary": secondary, "subordinate": secondary}}
        found["pci_bridge"]["devices"] = list(below)
    return found


def test_tree_that_is_numbered() -> None:
    view = GuestView([
        {"bus": 0xFA, "devices": [device(0xFA, 0, "pci.3", 0xFB, device(0xFB, 0, "net1"))]},
        {"bus": 0, "devices": [device(0, 2, "pci.1", 1, device(1, 0, "net0")), device(0, 3, "video0")]},
    ])  # fmt: skip
    assert view.has_run
    assert view.addresses["net0"] == "0000:01:00.0"
    assert view.addresses["net1"] == "0000:fb:00.0"
    assert view.addresses["pci.1"] == "0000:00:02.0"
    assert view.colliding == frozenset()


def test_tree_before_the_firmware_ran() -> None:
    view = GuestView([{"bus": 0, "devices": [device(0, 2, "pci.1", 0, device(0, 0, "net0"))]}])
    assert not view.has_run
    assert "net0" not in view.addresses


def test_two_buses_of_one_number() -> None:
    view = GuestView([
        {"bus": 0xFB, "devices": [device(0xFB, 0, "pci.4")]},
        {"bus": 0xFA, "devices": [device(0xFA, 0, "pci.3", 0xFB, device(0xFB, 0, "net1"))]},
    ])  # fmt: skip
    assert view.colliding == {"pci.4", "net1"}


def test_nothing_has_run() -> None:
    assert not GuestView([]).has_run
