"""The models of serial ports: QEMU's devices for each target type."""

from __future__ import annotations

#: The models of each target type, the default first; which system serial port there is, is the machine's.
MODELS_OF_TYPE = {
    "isa-serial": ("isa-serial",),
    "usb-serial": ("usb-serial",),
    "pci-serial": ("pci-serial",),
    "spapr-vio-serial": ("spapr-vty",),
    "sclp-serial": ("sclpconsole", "sclplmconsole"),
    "isa-debug": ("isa-debugcon",),
    "system-serial": ("pl011", "16550a"),
}
#: The target type that each model is for.
TYPE_OF_MODEL = {model: type_ for type_, models in MODELS_OF_TYPE.items() for model in models}
