"""Video devices: how many, which models can be secondary, and which QEMU has."""

from __future__ import annotations

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Video
from devaddr_xml.model.errors import Unsupported

#: The ability of QEMU that each model needs; QEMU has no other models.
MODEL_ABILITIES: dict[str | None, str | None] = {
    "none": None,
    "vga": "VGA",
    "cirrus": "cirrus-vga",
    "vmvga": "vmware-svga",
    "qxl": "qxl",
    "virtio": "virtio-gpu",
    "bochs": "bochs-display",
    "ramfb": "ramfb",
}

#: Models with 3D acceleration, and the abilities of QEMU of which they need one.
ACCELERATED = frozenset(("virtio", "vhostuser"))
ACCELERATION = ("virtio-gpu-gl-pci", "virtio-vga-gl")

#: Models that can be secondary video devices.
SECONDARY = frozenset(("qxl", "virtio"))


def check_videos(state: State) -> None:
    """Refuse video devices that QEMU does not have, and combinations that it does not support; raises Unsupported."""
    primary: Video | None = None
    for position, video in enumerate(state.videos):
        if video.model == "none" and len(state.videos) > 1:
            raise refusal(
                Unsupported,
                "a video device of model none turns video off, but there is another video device",
                video,
                other=state.videos[0 if position else 1],
                remedy="Remove one of the two",
            )
        if video.primary:
            if primary is not None:
                raise refusal(
                    Unsupported,
                    "only one video device can be the primary one",
                    video,
                    other=primary,
                    remedy="Remove primary='yes' from one of the two",
                )
            primary = video
        elif position and video.model not in SECONDARY:
            raise refusal(
                Unsupported,
                f"video model {video.model} can be the primary video device only",
                video,
                other=state.videos[0],
                remedy=f"Use model {' or '.join(sorted(SECONDARY))} for further video devices",
            )
        _check_ability(state, video)


def _check_ability(state: State, video: Video) -> None:
    if video.accel3d and (video.model not in ACCELERATED or not any(map(state.caps.has, ACCELERATION))):
        raise refusal(
            Unsupported,
            f"video model {video.model} has no 3D acceleration with this QEMU",
            video,
            remedy="Remove accel3d",
        )
    needs = MODEL_ABILITIES.get(video.model)
    if video.model not in MODEL_ABILITIES or (needs is not None and not state.caps.has(needs)):
        raise refusal(
            Unsupported,
            f"video model {video.model} is not available in this QEMU"
            if video.model
            else "QEMU has no default video model here",
            video,
            remedy="Name a model that it has, such as virtio",
        )
