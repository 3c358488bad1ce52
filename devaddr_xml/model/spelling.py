"""Words of the domain XML that are compared without regard to case, as libvirt spells them."""

from __future__ import annotations

#: The models of network interfaces that libvirt knows by name, by their lower-case spelling.
INTERFACE_MODELS = {
    name.lower(): name
    for name in (
        *("82540EM", "82543GC", "82545EM", "Am79C970A", "Am79C973", "e1000", "e1000e", "igb", "lan9118", "netfront"),
        *("rtl8139", "scm91c111", "spapr-vlan", "usb-net", "virtio", "virtio-non-transitional", "virtio-transitional"),
        *("vlance", "vmxnet", "vmxnet2", "vmxnet3"),
    )
}


def interface_model(text: str) -> str:
    """The model of a network interface in libvirt's spelling; any other word stays as it is written."""
    return INTERFACE_MODELS.get(text.lower(), text)
