"""The registry of kinds: one row tells everything about a kind of device.

The class of a kind, with its fields, is in ``device.py``; ``domxml/devices.py`` has where they stand in the XML.
Everything else that lists kinds is derived from the rows in ``kind_rows.py``: the lists of the engine and their order,
the order on PCI, what a device needs of a PCI bus, which addresses it takes, how many a guest has, what can be
hotplugged, what belongs to the guest ABI, QEMU's names, and what stands for a back end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from devaddr_xml.model.device import Device

#: What an endpoint asks of its PCI bus. Virtio devices are PCI Express ones where QEMU has virtio 1.0.
Need = Literal["conventional", "express", "virtio"]

#: Stands for every other model; and for one that is unset.
ANY = "*"
UNSET = "-"


class Pci(msgspec.Struct, frozen=True):
    """What models of a kind need of their PCI bus; no need at all: they are no PCI devices.

    models: names, with spaces between them; ``*`` for every model that no other row names, ``-`` for a model that is
    unset. variants: values of the discriminator, likewise; empty where the kind has none. integrated: they can be on
    bus 0 only.
    """

    need: Need | None
    models: str
    variants: str = ""
    integrated: bool = False


class Live(msgspec.Struct, frozen=True):
    """Which devices of a kind can be hotplugged (virsh attach-device --live).

    only: for attributes, the values that can; an attribute that is unset is left to its default. several_when: the
    question to which the rules must say yes for a guest that has one to get another. single: whether it never does.
    """

    only: Mapping[str, frozenset[str]] = {}
    several_when: str | None = None
    single: bool = False


def live(several_when: str | None = None, single: bool = False, **only: str) -> Live:
    """A row of what can be hotplugged; values have spaces between them."""
    return Live({name: frozenset(words.split()) for name, words in only.items()}, several_when, single)


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of device.

    device: its class, whose tag is the name of the element. libvirt prints kinds in the order of the rows.

    variant: the field that, besides the model, tells the variants of the kind apart.
    visit: its turn, from 1, in libvirt's fixed order of devices; unset for a kind without addresses.
    pci: what its models need of a PCI bus. pci_turn: its turn, from 1, in the order in which devices get PCI addresses.
    elsewhere: by field, values (with spaces between them) with which a device gets its address otherwise, or none;
    unset: all with which no row of ``pci`` knows it.
    virtio: the field and its values with which the machine chooses the transport; a field alone: whatever it says.
    addresses: by values of ``addresses_by`` (a model, unless it names another field), the types of addresses that are
    taken, with ``none`` for no address; values that have no row take any. The value ``*`` is the whole kind.
    abilities: by model, the abilities of QEMU of which it needs one, with spaces between them.
    most: how many a guest can have; several_when: a question to which the rules must say no for that to hold.
    live: what can be hotplugged; unset: nothing. abi: the fields that the guest can tell.
    qemu: how libvirt's aliases of it begin. qemu_models: the same by model, where they differ. driver: QEMU's name of
    its virtio device on PCI, where there is only one.
    back_end: attributes that a made-up element of it needs; back_end_children: and child elements, by tag.
    """

    device: type[Device]
    variant: str | None = None
    visit: int | None = None
    pci: tuple[Pci, ...] = ()
    pci_turn: int | None = None
    elsewhere: Mapping[str, str] | None = None
    virtio: tuple[str, str] | None = None
    addresses_by: str = "model"
    addresses: Mapping[str, str] = {}
    abilities: Mapping[str, str] = {}
    most: int | None = None
    several_when: str | None = None
    live: Live | None = None
    abi: tuple[str, ...] | None = None
    qemu: str | None = None
    qemu_models: Mapping[str, str] = {}
    driver: str | None = None
    back_end: Mapping[str, str] = {}
    back_end_children: Mapping[str, str] = {}

    @property
    def name(self) -> str:
        """The name of the element."""
        return self.device.kind

    @property
    def is_single(self) -> bool:
        """Whether a guest has one at the most, or had with an earlier libvirt."""
        return self.most == 1 or (self.live is not None and self.live.several_when is not None)
