"""Default models of controllers, and refusals that depend on the model."""

from __future__ import annotations

import pytest
from recorded import Recorded

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller
from devaddr_xml.model.errors import AddressConflict, DevaddrError, Unsupported, ValueInvalid
from devaddr_xml.model.guest import NumaCell

XHCI = ("qemu-xhci", "nec-usb-xhci")


@pytest.mark.parametrize(
    ("arch", "machine", "without", "model"),
    [
        ("x86_64", "pc", (), "piix3-uhci"),
        ("x86_64", "q35", (), "piix3-uhci"),
        ("x86_64", "q35", ("piix3-usb-uhci",), None),
        ("aarch64", "virt", (), "qemu-xhci"),
        ("aarch64", "virt", XHCI[:1], "nec-xhci"),
        ("aarch64", "virt", XHCI, "piix3-uhci"),
        ("armv7l", "virt", (), "qemu-xhci"),
        ("armv7l", "virt", XHCI, "piix3-uhci"),
        ("armv7l", "virt", (*XHCI, "piix3-usb-uhci"), "pci-ohci"),
        ("ppc64", "pseries", (), "qemu-xhci"),
        ("ppc64", "mac99", XHCI[:1], "nec-xhci"),
        ("ppc64", "mac99", XHCI, "pci-ohci"),
        ("ppc64", "mac99", (*XHCI, "pci-ohci"), None),
        ("ppc", "g3beige", (), "pci-ohci"),
        ("riscv64", "virt", (), "qemu-xhci"),
        ("loongarch64", "virt", (), "qemu-xhci"),
        ("loongarch64", "virt", XHCI, "piix3-uhci"),
        ("s390x", "s390-ccw-virtio", (), "none"),
        ("sparc", "SS-5", (), None),
    ],
)
def test_usb_model(complete, arch: str, machine: str, without: tuple[str, ...], model: str | None) -> None:
    state = complete(Controller(type="usb", index=0), arch=arch, machine=machine, without=without)
    assert [controller.model for controller in state.controllers if controller.type == "usb"] == [model]


@pytest.mark.parametrize(
    ("arch", "machine", "model"),
    [("ppc", "g3beige", "piix3-uhci"), ("riscv64", "virt", "piix3-uhci"), ("s390x", "s390-ccw-virtio", "none")],
)
def test_usb_model_before_boards_named_theirs(complete, arch: str, machine: str, model: str) -> None:
    state = complete(Controller(type="usb", index=0), arch=arch, machine=machine, libvirt=(11, 8, 0))
    assert state.controllers[0].model == model


@pytest.mark.parametrize(("libvirt", "model"), [((11, 8, 0), None), ((11, 9, 0), "none")])
def test_usb_with_an_address_on_s390(complete, libvirt: tuple[int, int, int], model: str | None) -> None:
    controller = Controller(type="usb", index=0, address=PciAddress(slot=1))
    state = complete(controller, arch="s390x", machine="s390-ccw-virtio", libvirt=libvirt)
    assert state.controllers[0].model == model
    assert (state.controllers[0].address is None) is (model == "none")


@pytest.mark.parametrize("written", [None, "auto"])
@pytest.mark.parametrize(
    ("arch", "machine", "without", "model"),
    [
        ("x86_64", "q35", (), "lsilogic"),
        ("x86_64", "q35", ("lsi",), "virtio-scsi"),
        ("aarch64", "virt", (), "virtio-scsi"),
        ("ppc64", "pseries", (), "ibmvscsi"),
        ("ppc64", "mac99", (), "lsilogic"),
        ("s390x", "s390-ccw-virtio", (), "virtio-scsi"),
        ("loongarch64", "virt", (), "virtio-scsi"),
        ("loongarch64", "other", (), "lsilogic"),
        ("riscv64", "virt", (), "virtio-scsi"),
        ("sparc", "SS-5", (), "ncr53c90"),
        ("mips64", "magnum", ("lsi", "virtio-scsi-pci"), "ncr53c90"),
    ],
)
def test_scsi_model(
    complete, written: str | None, arch: str, machine: str, without: tuple[str, ...], model: str
) -> None:
    controller = Controller(type="scsi", index=0, model=written)
    state = complete(controller, arch=arch, machine=machine, without=without)
    assert state.controllers[0].model == model


@pytest.mark.parametrize("arch", ["aarch64", "riscv64"])
def test_scsi_model_of_virt_before_virtio(complete, arch: str) -> None:
    state = complete(Controller(type="scsi", index=0), arch=arch, machine="virt", libvirt=(11, 5, 0))
    assert state.controllers[0].model == "lsilogic"


@pytest.mark.parametrize(
    ("arch", "machine", "libvirt", "model"),
    [
        ("x86_64", "q35", (11, 3, 0), "lsilogic"),
        ("x86_64", "q35", (12, 8, 0), "vmpvscsi"),
        ("ppc64", "mac99", (12, 8, 0), "vmpvscsi"),
        ("ppc64", "pseries", (12, 8, 0), "ibmvscsi"),
        ("s390x", "s390-ccw-virtio", (12, 8, 0), "virtio-scsi"),
        ("aarch64", "virt", (12, 8, 0), "virtio-scsi"),
    ],
)
def test_scsi_model_beside_another(
    complete, arch: str, machine: str, libvirt: tuple[int, int, int], model: str
) -> None:
    given = (Controller(type="scsi", index=0), Controller(type="scsi", index=1, model="vmpvscsi"))
    state = complete(*given, arch=arch, machine=machine, libvirt=libvirt)
    assert [controller.model for controller in state.controllers if controller.type == "scsi"] == [model, "vmpvscsi"]


def test_no_scsi_model_at_all(complete) -> None:
    with pytest.raises(Unsupported, match="no default model"):
        complete(Controller(type="scsi"), without=("lsi", "virtio-scsi-pci"))


CELLS = (NumaCell(id=0), NumaCell(id=1))


def pci(model: str | None, index: int = 1, **options: int) -> Controller:
    return Controller(type="pci", index=index, model=model, line=9, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arch", "machine", "controller", "error", "text"),
    [
        ("x86_64", "q35", Controller(type="usb", index=0, model="qusb2", line=9), Unsupported, "qusb2"),
        ("x86_64", "q35", Controller(type="usb", index=0, model="qemu-xhci", ports=16, line=9), ValueInvalid, "15"),
        ("x86_64", "q35", Controller(type="usb", index=0, model="nec-xhci", ports=99, line=9), ValueInvalid, "15"),
        ("x86_64", "q35", Controller(type="virtio-serial", has_iothread=True, line=9), Unsupported, "I/O thread"),
        ("x86_64", "q35", Controller(type="scsi", has_iothread=True, line=9), Unsupported, "I/O thread"),
        ("x86_64", "q35", pci(None), ValueInvalid, "needs a model"),
        ("x86_64", "pc", pci("pci-root"), ValueInvalid, "index 0"),
        ("aarch64", "virt", pci("pcie-root"), ValueInvalid, "index 0"),
        ("x86_64", "q35", pci("pci-expander-bus"), Unsupported, "takes no pci-expander-bus"),
        ("x86_64", "pc", pci("pcie-expander-bus"), Unsupported, "takes no pcie-expander-bus"),
        ("riscv64", "virt", pci("pcie-expander-bus"), Unsupported, "takes no pcie-expander-bus"),
        ("x86_64", "q35", pci("pcie-expander-bus", node=2), ValueInvalid, "no NUMA cell 2"),
        ("ppc64", "pseries", pci("pci-root", node=2), ValueInvalid, "no NUMA cell 2"),
    ],
)
def test_refused(
    complete, golden: Recorded, arch: str, machine: str, controller: Controller, error: type[DevaddrError], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        complete(controller, arch=arch, machine=machine, cells=CELLS)
    assert caught.value.line == 9
    golden(caught.value)


@pytest.mark.parametrize(
    ("arch", "machine", "controller"),
    [
        ("x86_64", "q35", Controller(type="usb", index=0, model="qemu-xhci", ports=15)),
        ("x86_64", "q35", Controller(type="usb", index=0, model="ehci", ports=16)),
        ("x86_64", "q35", Controller(type="scsi", model="virtio-scsi", has_iothread=True)),
        ("s390x", "s390-ccw-virtio", Controller(type="scsi", has_iothread=True)),
        ("x86_64", "pc", pci("pci-expander-bus", node=1)),
        ("aarch64", "virt", pci("pcie-expander-bus", node=0)),
        ("ppc64", "pseries", pci("pci-root", node=1)),
    ],
)
def test_accepted(complete, arch: str, machine: str, controller: Controller) -> None:
    state = complete(controller, arch=arch, machine=machine, cells=CELLS)
    (kept,) = (c for c in state.controllers if (c.type, c.index) == (controller.type, controller.index or 0))
    assert kept.model == (controller.model or "virtio-scsi")


@pytest.mark.parametrize("type", ["scsi", "sata", "ccid", "virtio-serial"])
def test_two_controllers_with_one_index_are_refused(complete, golden: Recorded, type: str) -> None:
    first, second = Controller(type=type, index=1, line=3), Controller(type=type, index=1, line=5)
    with pytest.raises(AddressConflict, match="index 1") as caught:
        complete(first, second)
    assert (caught.value.line, caught.value.other_line) == (5, 3)
    golden(caught.value)


def test_usb_controllers_may_share_an_index(complete) -> None:
    models = ("ich9-ehci1", "ich9-uhci1")
    state = complete(*(Controller(type="usb", index=0, model=model) for model in models))
    assert [c.model for c in state.controllers if c.type == "usb"] == list(models)
