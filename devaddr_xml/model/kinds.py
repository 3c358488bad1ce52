"""The registry of kinds: one row has all facts about a kind of device.

The class of a kind, with its fields, is in ``device.py``. ``domxml/devices.py`` says where the fields are in the XML.
Everything else that lists kinds is derived from the rows in ``kind_rows.py``: the lists of the engine and their order,
the order on PCI, what a device needs of a PCI bus, which addresses it takes, how many a guest has, what can be
hotplugged, what belongs to the guest ABI, QEMU's names, and placeholders for back ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from devaddr_xml.model.device import Device

#: What an endpoint needs of its PCI bus. Virtio devices are PCI Express devices if QEMU has virtio 1.0.
Need = Literal["conventional", "express", "virtio"]

#: Stands for every other model; and for one that is unset.
ANY = "*"
UNSET = "-"


class Pci(msgspec.Struct, frozen=True):
    """What models of a kind need of their PCI bus. Without a need they are not PCI devices.

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

    only: for attributes, the values that can be hotplugged; an unset attribute has its default. several_when: the
    question to which the rules must answer yes, so that a guest with one such device can get another. single: a guest
    never gets another one.
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
    elsewhere: for fields, the values (with spaces between them) with which a device gets another kind of address, or
    none; unset: all values for which ``pci`` has no row.
    virtio: the field and its values with which the machine chooses the transport; a field alone: any value.
    addresses: for values of ``addresses_by`` (the model, unless it names another field), the types of addresses that
    are accepted; ``none`` is no address. A value without a row accepts any. The value ``*`` is the whole kind.
    abilities: by model, the abilities of QEMU of which it needs one, with spaces between them.
    most: how many a guest can have; several_when: the question that removes this limit if the rules answer yes.
    live: what can be hotplugged; unset: nothing. abi: the fields that the guest sees.
    qemu: the prefix of libvirt's aliases for it. qemu_models: the same by model, where the models differ. driver:
    QEMU's name of its virtio device on PCI, where there is only one.
    back_end: attributes that a placeholder element of it needs; back_end_children: its child elements, by tag.
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
        """Whether a guest has at most one, with this or an earlier libvirt."""
        return self.most == 1 or (self.live is not None and self.live.several_when is not None)
