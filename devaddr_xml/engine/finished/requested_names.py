"""Interfaces that ask for a name: each goes to the place that gives it, or gets an ACPI index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy

import msgspec

from devaddr_xml.engine.finished.exchange import Exchange
from devaddr_xml.engine.finished.name_forms import Onboard, OnPath, OnSlot, form_of, in_ranges
from devaddr_xml.engine.finished.network_names import LAST_INDEX, NetworkNames, network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.engine.pci.used import remembering, slots_of
from devaddr_xml.model.address import Address, PciAddress
from devaddr_xml.model.device import AnyDevice, Console, Interface, Serial
from devaddr_xml.model.errors import DevaddrError, HintError
from devaddr_xml.model.events import Chosen, Decision, Rule
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import NO_HINTS
from devaddr_xml.model.naming import label
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import NO_POLICY, Policy

#: So many names, or ranges of them, are listed when one has no place.
_MOST_LISTED = 24

Attempt = Callable[[Guest], Plan]


def plan_with_names(guest: Guest, attempt: Attempt) -> Plan:
    """The plan in which every interface has the name that it asks for.

    attempt: plans a guest, whatever names it asks for. Two devices that need not be where they are exchange their
    places, so that nothing else moves. Raises HintError for a name that no place gives.
    """
    found = attempt(guest)
    requests = _requests(guest, found)
    if not requests:
        return found
    lines = _lines(found.guest.policy)
    bridged = _on_bridges(guest, found, requests)
    if bridged is not None:
        found = _attempt_for(attempt, bridged, requests, lines)
        requests = _requests(guest, found)
    return _Fulfilment(guest, found, requests, lines).plan(attempt)


def _requests(guest: Guest, found: Plan) -> list[tuple[int, Interface, str]]:
    """Position, device and name of each request, in document order; raises HintError for a name that two ask for."""
    first: dict[str, Interface] = {}
    requests = []
    for position, device in enumerate(found.aligned[: len(guest.devices)]):
        name = device.hints.name if device.hints else None
        if name is None or not isinstance(device, Interface):
            continue
        other = first.setdefault(name, device)
        if other is not device:
            raise HintError(
                f"two interfaces ask for the name {name}",
                device=label(device),
                line=device.line,
                other=label(other),
                other_line=other.line,
                remedy="Give one of them another name",
            )
        requests.append((position, device, name))
    return requests


def _on_bridges(guest: Guest, found: Plan, requests: Sequence[tuple[int, Interface, str]]) -> Guest | None:
    """The guest with interfaces on conventional buses that ask for the name of a slot; nothing if all are there."""
    topology = Topology(found.guest)
    positions = []
    for position, device, name in requests:
        bus = topology.bus_of(device)
        if isinstance(form_of(name), OnSlot) and bus is not None and bus.is_express and not _has_place(guest, position):
            positions.append(position)
    if not positions:
        return None
    own = copy(guest)
    own.devices = [copy(device) for device in guest.devices]
    for position in positions:
        own.devices[position].hints = msgspec.structs.replace(own.devices[position].hints or NO_HINTS, bus="pci")
    return own


def _attempt_for(
    attempt: Attempt, guest: Guest, requests: Sequence[tuple[int, Interface, str]], lines: Mapping[str, int]
) -> Plan:
    try:
        return attempt(guest)
    except DevaddrError as error:
        bridged = [request for request in requests if isinstance(form_of(request[2]), OnSlot)]
        _, device, name = next((request for request in bridged if label(request[1]) == error.device), bridged[0])
        raise HintError(
            f"no place gives it the name {name}, which is that of a conventional slot: {error.message}",
            device=label(device),
            line=lines.get(name, device.line),
            remedy="Ask for a name such as enp1s0, or none",
        ) from error


def _lines(policy: Policy | None) -> dict[str, int]:
    """For each name the line of the entry of a policy that asks for it."""
    entries = policy.devices if policy is not None else ()
    return {entry.name: entry.line for entry in entries if entry.name and entry.line}


def _has_place(guest: Guest, position: int) -> bool:
    address = guest.devices[position].address
    return address is not None and not (isinstance(address, PciAddress) and address.empty)


class _Fulfilment:
    """Requests for names being fulfilled in a finished plan, whose devices are this run's own."""

    def __init__(
        self, guest: Guest, found: Plan, requests: Sequence[tuple[int, Interface, str]], lines: Mapping[str, int]
    ) -> None:
        self.found = found
        self.lines = lines
        self.requests = requests
        given = found.aligned[: len(guest.devices)]
        self.given = {id(device) for device in given}
        self.fixed = {id(device) for at, device in enumerate(given) if _has_place(guest, at)}
        self.rules: dict[int, tuple[Rule, str]] = {}

    def plan(self, attempt: Attempt) -> Plan:
        found = self.found
        topology = Topology(found.guest)
        names = network_names(topology)
        before = {id(device): device.address for device in found.guest.devices}
        exchange = Exchange(topology, self.fixed, self.given, (found.guest.policy or NO_POLICY).used)
        changed = False
        for _, device, name in self.requests:
            if names.get(id(device), NetworkNames()).name != name:
                self._fulfil(exchange, names, device, name)
                changed = True
            if not isinstance(form_of(name), Onboard):
                exchange.fix(device)
        if not changed:
            return found
        moved = [d for d in found.guest.devices if d.address != before[id(d)]]
        self._move_console(before)
        self._verify(exchange, attempt, before)
        return self._finished(moved)

    def _move_console(self, before: dict[int, Address | None]) -> None:
        """Give a console that repeats a serial port the address that this has now."""
        ports = {before[id(d)]: d.address for d in self.found.guest.devices if isinstance(d, Serial) and d.address}
        for device in self.found.guest.devices:
            if isinstance(device, Console) and device.target_type in (None, "serial") and device.address in ports:
                device.address = ports[device.address]

    def _fulfil(self, exchange: Exchange, names: dict[int, NetworkNames], device: Interface, name: str) -> None:
        form = form_of(name)
        now = names.get(id(device), NetworkNames()).name
        if not isinstance(device.address, PciAddress):
            reason = f"it is on no PCI bus, and its place gives it the name {now}" if now else "it is on no PCI bus"
            raise self._refusal(exchange, device, name, reason, "Ask for that name, or for none")
        if isinstance(form, Onboard):
            self._set_index(exchange, names, device, form)
            return
        if device.acpi_index is not None:
            raise self._refusal(
                exchange, device, name, f"its ACPI index makes it eno{device.acpi_index}", "Remove <acpi index=...>"
            )
        if not isinstance(form, OnPath | OnSlot):
            raise self._refusal(exchange, device, name, "a place can only give names such as enp1s0, ens5 or eno7")
        if id(device) in self.fixed:
            raise self._refusal(
                exchange, device, name, f"the name that its <address> gives is {now or 'none'}", "Remove its <address>"
            )
        problem = exchange.bring(device, form, name, self.rules)
        if problem is not None:
            raise self._refusal(exchange, device, name, problem)

    def _set_index(self, exchange: Exchange, names: dict[int, NetworkNames], device: Interface, form: Onboard) -> None:
        """Give an interface the ACPI index that makes its name."""
        name, topology = f"eno{form.number}", exchange.topology
        if not topology.machine.is_x86 or not topology.guest.acpi:
            raise self._refusal(exchange, device, name, "only x86 guests with <acpi/> get an ACPI index")
        bus = topology.bus_of(device)
        if not topology.alone(device):
            raise self._refusal(exchange, device, name, "functions of one slot have no ACPI index of their own")
        if bus is None or not bus.hotpluggable:
            raise self._refusal(exchange, device, name, "QEMU before 8.0 supports indexes on hotpluggable buses only")
        if form.number > LAST_INDEX:
            raise self._refusal(exchange, device, name, f"QEMU takes indexes up to {LAST_INDEX}")
        if device.acpi_index not in (None, form.number):
            raise self._refusal(
                exchange, device, name, f"its ACPI index is {device.acpi_index}", "Change <acpi index=...>"
            )
        for other in topology.guest.devices:
            if other is not device and getattr(other, "acpi_index", None) == form.number:
                raise self._refusal(exchange, device, name, f"{label(other)} has that ACPI index")
        device.acpi_index = form.number

    def _verify(self, exchange: Exchange, attempt: Attempt, before: dict[int, Address | None]) -> None:
        """Raise HintError unless every name is as it was asked for and the layout is one that the passes accept."""
        names = network_names(Topology(self.found.guest))
        for _, device, name in self.requests:
            now = names.get(id(device), NetworkNames()).name
            if now != name:
                raise self._refusal(exchange, device, name, f"its place gives it the name {now or 'none'}")
        try:
            attempt(self.found.guest)
        except DevaddrError as error:
            _, device, name = next(
                (request for request in self.requests if request[1].address != before[id(request[1])]),
                self.requests[0],
            )
            raise self._refusal(exchange, device, name, f"there, {error.explanation}") from error

    def _finished(self, moved: Sequence[AnyDevice]) -> Plan:
        found = self.found
        indexed = {id(device): name for _, device, name in self.requests if isinstance(form_of(name), Onboard)}
        decisions = [self._decision(decision, {id(device) for device in moved}) for decision in found.decisions]
        decisions += [
            Decision(device, Chosen("acpi index", device.acpi_index), Rule.FOR_NAME, "hint", about=indexed[id(device)])
            for device in found.guest.devices
            if id(device) in indexed and isinstance(device, Interface)
        ]
        policy = found.guest.policy or NO_POLICY
        if policy.tunables().slot_reuse == "never":
            found.guest.policy = remembering(policy, slots_of(found.guest.devices))
        return msgspec.structs.replace(found, decisions=tuple(decisions))

    def _decision(self, decision: Decision, moved: set[int]) -> Decision:
        device = decision.device
        if id(device) not in moved or not isinstance(decision.result, PciAddress) or device.address is None:
            return decision
        rule, about = self.rules.get(id(device), (decision.rule, decision.about))
        return Decision(device, device.address, rule, "hint", about=about)

    def _refusal(
        self, exchange: Exchange, device: Interface, name: str, reason: str, remedy: str | None = None
    ) -> HintError:
        listed = _listed(exchange.names_for(device)) if remedy is None else None
        if listed and exchange.wants_more_ports(device, name):
            listed += "; more spare-ports give more names"
        return HintError(
            f"no place gives it the name {name}: {reason}",
            device=label(device),
            line=self.lines.get(name, device.line),
            remedy=f"Places give it {listed}" if listed else remedy,
        )


def _listed(names: Iterator[str]) -> str | None:
    found = in_ranges(names)
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    return ", ".join(found[:_MOST_LISTED]) + more if found else None
