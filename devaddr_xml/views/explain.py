"""The journal in sentences: why each device is where it is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from devaddr_xml.model.address import address_type
from devaddr_xml.model.device import Device
from devaddr_xml.model.events import Cause, Chosen, Considered, Decision, Obstacle, Rule
from devaddr_xml.model.naming import (
    buses_named,
    is_called,
    label,
    preferred_references,
    reference_key,
    references,
    unknown_device,
)
from devaddr_xml.model.plan import Plan

#: What asked for a decision, as the end of a sentence.
CAUSES: dict[Cause, str] = {
    "given": "",
    "default": "",
    "policy": " (as the policy asks)",
    "hint": " (as a hint on the device asks)",
}

#: The words for each rule; {about}: what it is about, {of}: the same as "of ...", where that says anything.
WORDS: dict[Rule, str] = {
    Rule.GIVEN: "the document says so",
    Rule.NOWHERE: "devices like it have none",
    Rule.HOST_PLACE: "its place among the other passed-through devices of the host",
    Rule.FITTED_WINDOW: "the 64-bit PCI hole is large enough for the BARs in the host facts",
    Rule.RESERVED_WINDOW: "mem-reserve asks for room for {about}",
    Rule.HOST_NODE: "the guest cell of its host NUMA node",
    Rule.SMMU_OF_EXPANDER: "each expander bus with host devices has its own smmuv3",
    Rule.SMMU_OF_HINT: "the expander bus or root above the device that its hint names",
    Rule.SMMU_OF_FREE_EXPANDER: "an expander bus with host devices and without another smmuv3",
    Rule.COUNTED_PLACE: "its target name gives its number, and scsi-units the number of disks on a controller",
    Rule.NEXT_PLACE: "the place of its target name is in use, so it gets the next free one",
    Rule.LIKE_CONTROLLER_0: "SCSI disks need it; with scsi-units it has the model of controller 0",
    Rule.FIRST_FREE_REGISTER: "lowest free register in the range of its kind on the pSeries virtual I/O bus",
    Rule.MEMORY_SLOT: "lowest free memory slot",
    Rule.NO_PCI: "virtio devices are memory-mapped on this machine, which has no PCI Express root",
    Rule.ONE_IS_MAPPED: "one device uses memory-mapped virtio, so all virtio devices without an address do",
    Rule.PLACE_OF_NAME: "its target name gives the place",
    Rule.FIRST_FREE_UNIT: "lowest free unit of the lowest SCSI controller that has one",
    Rule.CHANNEL_NUMBER: "lowest free channel device number: virtio devices are channel devices on this machine",
    Rule.CHANNEL_NUMBER_ASKED: "lowest free channel device number, which its address asks for",
    Rule.CRYPTO_ADAPTER: "a crypto adapter (vfio-ap) has no address",
    Rule.USB_PORT: "lowest free port of the first USB bus that has one, the controller's own ports first",
    Rule.USB_PORT_OF_BUS: "lowest free port of the USB bus that its address names, the controller's own ports first",
    Rule.TOO_FEW_USB_PORTS: "the guest has more USB devices than ports",
    Rule.SPARE_USB_PORTS: "spare-usb-ports asks for free USB 3 ports",
    Rule.VIRTIO_SERIAL_PORT: "lowest free port of the first virtio-serial controller that has one",
    Rule.VIRTIO_SERIAL_PORT_OF_GIVEN: "lowest free port of the virtio-serial controller that its address names",
    Rule.VIRTIO_SERIAL_PORT_OF_NEW: "every virtio-serial port is in use: the first port of another controller",
    Rule.NO_VIRTIO_SERIAL_PORT: "every virtio-serial port is in use",
    Rule.FOR_SCSI_HOST_DEVICES: "SCSI host devices need SCSI controllers up to the highest index in their addresses",
    Rule.MACHINE_SERIAL: "the machine's default for serial ports",
    Rule.LOWEST_ISA_PORT: "lowest free ISA serial port",
    Rule.NEXT_SERIAL_PORT: "the port after the highest one of its kind",
    Rule.PS2_PORTS: "the machine has PS/2 ports, with a mouse and a keyboard",
    Rule.MACHINE_USB: "the machine has an implied USB controller unless the domain has one with index 0",
    Rule.MACHINE_SATA: "the machine has a SATA controller",
    Rule.MACHINE_PCI_ROOT: "the machine's PCI root",
    Rule.MEMBALLOON: "libvirt adds a memory balloon unless the domain excludes it",
    Rule.USB_INPUTS: "a guest with graphics on this machine has a USB keyboard and mouse",
    Rule.MACHINE_PANIC: "the machine has an implied panic notifier",
    Rule.MACHINE_WATCHDOG: "the machine has an implied watchdog",
    Rule.MANY_VCPUS: (
        "with more than 255 vCPUs the machine needs an IOMMU with interrupt remapping and extended interrupt mode"
    ),
    Rule.DEFAULT_AUDIO: "its type follows the graphics",
    Rule.CONSOLE_IS_SERIAL: "the first console is a serial port, and the domain has no other",
    Rule.SERIAL_IS_CONSOLE: "the first serial port is the guest's console",
    Rule.LOWEST_INDEX: "lowest unused index of its type",
    Rule.SAME_USB2_SET: "belongs to the USB 2 controllers before it",
    Rule.ONLY_CELL: "the guest's only NUMA cell",
    Rule.ON_A_DISK_CONTROLLER: "disks on this bus need controllers up to the highest index in their addresses",
    Rule.ON_VIRTIO_SERIAL: "a virtio channel or console is on this controller",
    Rule.SERIAL_OF_DISK: "the serial number of its first disk that has one",
    Rule.ON_CCID: "a smartcard is on this controller",
    Rule.NEXT_CCID_SLOT: "the slot after the highest one in use on the first smartcard controller",
    Rule.GRAPHICS_NEED_VIDEO: "graphics need a video device",
    Rule.MACHINE_MODEL: "the machine's default for controllers of this type",
    Rule.MODEL_OF_OTHERS: "the model of the first SCSI controller that has one",
    Rule.NO_USB_HERE: "a USB controller without an address is not a PCI device on this machine",
    Rule.MACHINE_DEFAULT: "the machine's default",
    Rule.FLOPPY_BUS: "floppy disks are on the floppy controller",
    Rule.NAME_BUS: "the bus implied by the target name",
    Rule.OTHER_BUS: "the default bus, since the target name implies none",
    Rule.VHOST_INTERFACE: "interfaces of this type are virtio devices",
    Rule.FIRST_VIDEO: "the first video device is the primary one",
    Rule.NO_VIDEO: "model none is not a device",
    Rule.PLUGGED: "the lowest free hotpluggable place",
    Rule.FREE_PLACE_OF_NAME: "its target name gives the place, and it is free",
    Rule.FREE_UNIT: "the lowest free unit of a SCSI controller that the running guest has",
    Rule.KEPT: "as in the earlier layout",
    Rule.CHIPSET_PLACE: "the chipset has this controller in a fixed place",
    Rule.CHIPSET_SLOT: "the chipset's usual slot for this controller",
    Rule.CHIPSET_VIDEO: "the chipset's slot for the first video device",
    Rule.CHIPSET_SOUND: "the chipset's slot for the first sound device of this model",
    Rule.CHIPSET_VIDEO_TAKEN: "the chipset's slot for video is in use, so it gets the first free place",
    Rule.COMPANION: "in the slot of its USB 2 controller set",
    Rule.SAME_PORT: "the address of its serial port",
    Rule.FOR_NAME: "for the name {about}",
    Rule.MADE_WAY: "made way for the name {about}",
    Rule.ROOT_PORT_SLOT: "root ports share the lowest slot{of} with root ports, else the lowest free one",
    Rule.SLOT_GROUP: "a function of the slot of its slot group{of}",
    Rule.SHARED_SLOT: "the next function of a slot that devices share{of}",
    Rule.INTEGRATED_SLOT: "the lowest free slot of bus 0 itself",
    Rule.EMPTY_PORT: "the lowest-numbered empty port{of}",
    Rule.CONVENTIONAL_SLOT: "the lowest free slot of the lowest-numbered conventional bus{of} with room",
    Rule.CONTROLLER_PLACE: "the lowest free place{of} that accepts this controller",
    Rule.MORE_HOST_BRIDGES: "one more PCI host bridge, since no other had room for its devices",
    Rule.MORE_CONVENTIONAL: "one more conventional bus, since no other had room",
    Rule.MORE_PORTS: "a port for one PCI Express device, now or later",
    Rule.CONVENTIONAL_BRIDGE: "conventional devices need a bridge on a PCI Express machine",
    Rule.EXPANDER: "an expander bus for the devices of a NUMA cell or root complex",
    Rule.SWITCH: "a switch for devices behind its ports",
    Rule.SWITCH_PORT: "a port of the switch for one device",
    Rule.INDEX_GAP: "it fills a gap in the indexes of PCI controllers",
}


class Reason(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """One decision and its sentence.

    outcome: what was decided; rule: why; cause: what asked for it; considered: other places, each with why it was out.
    """

    outcome: str
    rule: str
    cause: Cause
    considered: tuple[tuple[str, str], ...]
    sentence: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The decisions about one device.

    device: its label. ref: the reference that names it. line: from 1. reasons: one for each decision, in order.
    """

    device: str
    ref: str
    line: int | None
    reasons: tuple[Reason, ...]

    def __str__(self) -> str:
        line = f" (line {self.line})" if self.line else ""
        name = self.device if self.ref in self.device else f"{self.device}, {self.ref}"
        return "\n".join([name + line, *(f"  {reason.sentence}" for reason in self.reasons)])


def explain(plan: Plan, refs: str | Sequence[str] | None = None) -> tuple[Explanation, ...]:
    """Explain every device of a plan, or only those that ``refs`` name; raises ValueInvalid if one names no device.

    Decisions come in the order in which they were made, devices in document order and then those that were added.
    """
    devices: list[Device] = list(plan.guest.devices)
    if refs is not None:
        devices = named_devices(plan, (refs,) if isinstance(refs, str) else refs)
    made = decisions_by_device(plan)
    names = preferred_references(plan.guest.devices)
    return tuple(
        [
            Explanation(
                device=label(device),
                ref=names[id(device)],
                line=device.line,
                reasons=tuple([_reason(decision) for decision in made[id(device)]]),
            )
            for device in devices
        ]
    )


def decisions_by_device(plan: Plan) -> dict[int, list[Decision]]:
    """The decisions about each device, by ``id()``; of an address that nobody decided, that it was given."""
    made: dict[int, list[Decision]] = {id(device): [] for device in plan.guest.devices}
    for decision in plan.decisions:
        made.setdefault(id(decision.device), []).append(decision)
    for device in plan.guest.devices:
        if not any(is_placed(device, decision) for decision in made[id(device)]):
            made[id(device)] += _undecided(device, bool(made[id(device)]))
    return made


def outcome_in_words(decision: Decision) -> str:
    """What was decided; that an address was given, with ``at`` before it."""
    given = decision.cause == "given" and decision.address is not None
    return f"at {decision.address}" if given else decision.outcome


def rule_in_words(decision: Decision) -> str:
    """By which rule a decision was made."""
    about = decision.about
    rule = WORDS[decision.rule].format(about=about, of=f" of {about}" if about else "")
    if decision.cause != "given" or decision.rule in (Rule.GIVEN, Rule.NOWHERE, Rule.KEPT):
        return rule
    if decision.instead is None:
        return f"{WORDS[Rule.GIVEN]}, and the rules agree: {rule}"
    return f"{WORDS[Rule.GIVEN]}; without that, it would be at {decision.instead}: {rule}"


def considered_in_words(considered: Considered) -> tuple[str, str]:
    """A place that was looked at in vain, and what was against it."""
    place, against, about = considered.place, considered.against.value, considered.about
    named = buses_named(place) if isinstance(place, tuple) else f"{address_type(place)} address {place}"
    if considered.against in (Obstacle.HELD, Obstacle.NO_UNIT):
        return named, f"{about} {against}"
    return named, f"{against} {about}".rstrip()


def sentence(decision: Decision) -> str:
    """A decision as a sentence."""
    outcome = outcome_in_words(decision)
    outcome = outcome[:1].upper() + outcome[1:]
    if outcome[:1].isdigit():
        outcome = f"At {outcome}"
    text = f"{outcome}: {rule_in_words(decision)}{CAUSES[decision.cause]}."
    for place, why in map(considered_in_words, decision.considered):
        text += f" Not {place}: {why}."
    return text


def _reason(decision: Decision) -> Reason:
    return Reason(
        outcome=outcome_in_words(decision),
        rule=rule_in_words(decision),
        cause=decision.cause,
        considered=tuple([considered_in_words(place) for place in decision.considered]),
        sentence=sentence(decision),
    )


def is_placed(device: Device, decision: Decision) -> bool:
    """Whether the decision was about the address that the device has."""
    made, now = decision.address, device.address
    return made is not None and type(made) is type(now) and str(made) == str(now)


def _undecided(device: Device, has_decisions: bool) -> list[Decision]:
    if device.address is not None:
        return [Decision(device, device.address, Rule.GIVEN, "given")]
    return [] if has_decisions else [Decision(device, Chosen("no address"), Rule.NOWHERE, "given")]


def named_devices(plan: Plan, refs: Sequence[str]) -> list[Device]:
    """The devices that references name, each once; raises ValueInvalid for one that names none.

    A reference is one of the hint vocabulary, a PCI address or a device as ``show`` prints it (``0000:03:00.0``,
    ``03:00.0``, ``disk vda``), or the name of an element, which names all of them.
    """
    found: dict[int, Device] = {}
    for ref in refs:
        for device in _named(plan.guest.devices, ref):
            found[id(device)] = device
    return list(found.values())


def _named(devices: Sequence[Device], ref: str) -> list[Device]:
    found = references(devices).get(reference_key(ref), [])
    if len(found) == 1:
        return found
    if not found:
        found = [device for device in devices if is_called(device, ref)]
        if found:
            return found
    raise unknown_device(devices, ref, found)
