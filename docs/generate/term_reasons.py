"""For every tunable, every hint and every child of the policy, when a guest needs it."""

TUNABLE_REASONS: dict[str, str] = {
    "version": "A later release may choose places by better rules. It lays out this document by the version that "
    "the document names, so an update of the tool moves no device.",
    "profile": "Most guests need one of a few layouts. A profile names one. You can still set each tunable by itself.",
    "spare-ports": "A device can be attached to a running guest only where a port is free, and no port can be "
    "added while the guest runs. libvirt leaves one port free on q35, and none once the document has root ports.",
    "port-hotplug": "A guest can eject every device behind a hotpluggable port. Windows offers this on the taskbar, "
    "even for the system disk. spare-only turns hotplug off for occupied ports, and leaves free ports usable.",
    "packing": "Each root port needs a bus number, a function of a slot on the root complex, and time at boot. "
    "Devices that are never unplugged can share one port.",
    "pcie-placement": "A guest that never changes needs no ports, and boots faster without them. A guest with "
    "very many devices can use switches, which take no place on the root complex.",
    "legacy-placement": "libvirt adds a bridge for conventional devices, and behind it they are hotpluggable. A "
    "device that is never unplugged needs no bridge.",
    "numa": "A device on the wrong NUMA cell is slow, so by default devaddr-xml refuses it. A template for many "
    "hosts may prefer any layout to none.",
    "scsi-units": "libvirt fills a controller before it adds one. More controllers have more queues and more "
    "bandwidth. A controller added for a number has the model of the first one.",
    "overflow": "A PCI domain has 256 bus numbers, and each port takes one. With pack, devices that need not be "
    "hotpluggable share ports when the numbers run out.",
    "topology": "GPUDirect and NCCL choose paths by distance: below one switch, below one root complex, on one "
    "NUMA node. A flat guest hides these distances.",
    "extra-cells": "The vCPUs of a small guest fit on one node, but its GPUs may be on several. A cell without vCPUs "
    "tells the guest that a device is on another node.",
    "iommu": "Each root complex of an Arm server has its own SMMU. If the host accelerates an smmuv3 of the guest, "
    "that smmuv3 belongs to one SMMU of the host. So each expander bus needs its own smmuv3.",
    "slot-reuse": "A guest names a network interface, and stores its configuration, by slot. A new device in an old "
    "slot inherits both.",
    "spare-slots": "A root port accepts no conventional device. Such a device needs a slot of a bridge, and the bridge "
    "must exist when the guest starts.",
    "spare-usb-ports": "A USB device can be attached only to a free port. Ports of USB 3 controllers take devices "
    "of any speed.",
    "mmio-window": "Firmware cannot place the BAR of a large GPU in the default window, and the driver then fails "
    "in the guest. OVMF also needs the address bits of the guest CPU, from `<maxphysaddr>` or "
    "`<cpu mode='host-passthrough'>`. A warning says where they are missing.",
    "mem-reserve": "A free port reserves little memory below 4 GiB: 2 MiB with OVMF. A device with larger 32-bit BARs "
    "needs more when it is plugged in later. Prefetchable 64-bit BARs do not use this window.",
    "naming-scheme": "systemd sometimes changes its rules for interface names, and each guest follows one naming "
    "scheme. The hint name, show, diff and convert predict names by the scheme that you set. Two schemes make a "
    "difference in a guest. v249 changed the names of zPCI interfaces on s390x. v257 changed the names of interfaces "
    "in slots of bridges: two interfaces in slots with the same number, on different bridges, get the same name.",
}

HINT_REASONS: dict[str, str] = {
    "node": "The guest's drivers allocate memory and interrupts on the cell of a device. The memory of that cell "
    "should be on the device's host node.",
    "root-complex": "Two GPUs on one NUMA node may be below different root complexes of the host. Peer-to-peer "
    "traffic between them is then slower, and the guest should see that.",
    "hotplug": "Nobody should be able to eject a system disk, but a data disk must be removable. With no, the device "
    "also leaves hotpluggable places to other devices.",
    "placement": "Some drivers need their device on the root complex itself. Others expect a port above it.",
    "bus": "virtio devices work on PCI Express and on conventional PCI. A guest without PCI Express drivers needs "
    "the latter.",
    "slot-group": "The functions of one card, such as a GPU and its audio device, belong in one slot. Their drivers "
    "look for each other there.",
    "bus-group": "Traffic between a GPU and a network card below one switch does not pass the root complex.",
    "own-bus": "A reset of a bus resets every device on it. The reset of a device with a bus of its own affects no "
    "other device.",
    "port-hotplug": "The tunable port-hotplug applies to all ports; this hint applies to one port. Unlike the hint "
    "hotplug, it moves no device.",
    "name": "A Linux guest names its interfaces by their places, and its network configuration uses these names. If a "
    "domain is generated again, the configuration stays valid only if the interfaces keep their names.",
    "pci-bus-of": "Before the domain is laid out, nobody knows the index of an expander bus. The hint names a device "
    "below that bus instead.",
}

CHILD_REASONS: dict[str, str] = {
    "spare": "spare-ports counts ports anywhere. A device for a NUMA cell needs a free port on an expander bus of "
    "that cell. With OVMF, a free port reserves 2 MiB for 32-bit BARs. A device with larger BARs that is plugged in "
    "later needs mem-reserve. Prefetchable 64-bit BARs do not use this window.",
    "device": "libvirt drops unknown attributes of devices, but keeps the metadata. So assign moves hints into the "
    "metadata. A policy file with such elements can serve many domains.",
    "used": "With slot-reuse=never no new device gets the slot of a removed one. This needs a list of all slots that "
    "were in use. assign, attach and detach write the list. Remove it to make all free slots available again.",
}
