"""What a chipset keeps on PCI bus 0: functions of its own, pinned controllers, and favoured slots."""

from __future__ import annotations

import msgspec


class Pin(msgspec.Struct, frozen=True):
    """A controller that exists at one place only: type, index, models (empty for any), slot and function.

    reserved: whether its place is taken at once; otherwise another device there is found out as a conflict later.
    """

    type: str
    index: int
    models: tuple[str | None, ...]
    slot: int
    function: int
    reserved: bool


class Favour(msgspec.Struct, frozen=True):
    """A controller model that takes the first free one of certain slots when it has no address at all."""

    type: str
    model: str
    slots: tuple[int, ...]
    multifunction: bool


class Chipset(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one chipset for bus 0.

    own: (slot, function, name) of its own functions. video_slot: of the first video device. sound: the model whose
    first device takes sound_slot if that is free. kept: slots that integrated endpoints leave alone.
    """

    pins: tuple[Pin, ...] = ()
    favours: tuple[Favour, ...] = ()
    own: tuple[tuple[int, int, str], ...] = ()
    video_slot: int = 0
    sound: str | None = None
    sound_slot: int = 0
    express: bool = False
    kept: tuple[int, ...] = ()

    @property
    def first_functions(self) -> frozenset[int]:
        """The slots whose function 0 is the chipset's own; slot 0 always is."""
        return frozenset((0, *(slot for slot, function, _ in self.own if not function))) if self.own else frozenset()


NO_CHIPSET = Chipset()
