"""Numbered places: their owners, and the lowest free one."""

from __future__ import annotations

from typing import Protocol, TypeVar

from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import AddressConflict
from devaddr_xml.model.naming import label

Place = TypeVar("Place")


class Bus(Protocol[Place]):
    """The interface of every kind of bus, whatever a place is called there."""

    def reserve(self, place: Place, owner: Device) -> None:
        """Give ``place`` to ``owner``; raises DevaddrError if it does not exist or another device has it."""

    def next_free(self) -> Place | None:
        """The place that the next device without hints gets, or None if none is free. It is not reserved."""

    def free_count(self) -> int:
        """How many more devices fit without another controller."""

    def used_count(self) -> int:
        """How many devices have a place."""


class NumberedPlaces:
    """Places numbered ``first`` to ``last``, ``step`` apart, each with at most one owner.

    A document can also have a number outside the range, but no device gets such a number.
    A cursor that only moves up finds the lowest free place, since no place is ever released.
    """

    __slots__ = ("_cursor", "_inside", "_owners", "first", "last", "step")

    def __init__(self, first: int, last: int, step: int = 1) -> None:
        self.first = first
        self.last = last
        self.step = step
        self._cursor = first
        self._inside = 0
        self._owners: dict[int, Device] = {}

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last and (number - self.first) % self.step == 0

    def holder(self, number: int) -> Device | None:
        """The owner of place ``number``, if any."""
        return self._owners.get(number)

    def take(self, number: int, owner: Device) -> None:
        """Give place ``number`` to ``owner``, whoever had it before."""
        if number in self and number not in self._owners:
            self._inside += 1
        self._owners[number] = owner

    def lowest_free(self) -> int | None:
        """The lowest free number, if there is one."""
        number = self._cursor
        while number in self._owners:
            number += self.step
        self._cursor = number
        return number if number <= self.last else None

    def pass_over(self, number: int) -> None:
        """Give no device a number up to this one, which stay free."""
        self._cursor = max(self._cursor, number + self.step)

    def free_count(self) -> int:
        """How many numbers are free."""
        return max(0, (self.last - self.first) // self.step + 1) - self._inside

    def used_count(self) -> int:
        """How many numbers are in use, inside and outside the range."""
        return len(self._owners)


def conflict(place: str, owner: Device, holder: Device, remedy: str | None = None) -> AddressConflict:
    """The error for a ``place`` of ``owner`` that ``holder`` already has."""
    return AddressConflict(
        f"{place} is already in use",
        device=label(owner),
        line=owner.line,
        other=label(holder),
        other_line=holder.line,
        remedy=remedy or "Give one of them another address, or none, so that a free one is chosen",
    )
