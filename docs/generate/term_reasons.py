"""For every tunable, every hint and every child of the policy, when a guest needs it."""

TUNABLE_REASONS: dict[str, str] = {
    "version": "A later release may choose places by better rules. It lays out this document by the version that "
    "the document names, so an update of the tool moves no device.",
    "profile": "Most guests need one of a few layouts. A profile names one; each tunable can still be set by itself.",
    "spare-ports": "A device can be attached to a running guest only where a port is free, and no port can be "
    "added while the guest runs. libvirt leaves one port free on q35, and none once the document has root ports.",
    "port-hotplug": "A guest can eject whatever is behind a hotpluggable port: Windows offers it on the taskbar, "
    "for the system disk, too. spare-only turns hotplug off for occupied ports and leaves free ports usable.",
    "packing": "Each root port takes a bus number, a slot function of the root complex, and time at boot. Devices "
    "that are never unplugged can share one port.",
    "pcie-placement": "A guest that never changes needs no ports, and boots faster without them. A guest with "
    "very many devices can use switches, which take no place on the root complex.",
    "legacy-placement": "libvirt adds a bridge for conventional devices, and behind it they can be hotplugged. A "
    "device that is never unplugged needs no bridge.",
    "numa": "A device on the wrong NUMA cell is slow, so by default devaddr-xml refuses it. A template for many "
    "hosts may prefer any layout to none.",
    "scsi-units": "libvirt fills a controller before it adds one. More controllers have more queues and more "
    "bandwidth. A controller added for a number has the model of the first one.",
    "overflow": "A PCI domain has 256 bus numbers, and each port takes one. With pack, devices that need not be "
    "hotpluggable share ports when the numbers run out.",
    "topology": "GPUDirect and NCCL choose paths by distance: below one switch, below one root complex, on one "
    "NUMA node. A flat guest hides these distances.",
    "extra-cells": "The vCPUs of a small guest fit on one node, its GPUs may not. A cell without vCPUs tells the "
    "guest where the device is.",
    "iommu": "Each root complex of an Arm server has an SMMU of its own. An smmuv3 of the guest that the host "
    "accelerates belongs to one of them, so each expander bus needs its own.",
    "slot-reuse": "Guests name network interfaces and remember drivers by slot. A new device in an old slot "
    "inherits both.",
    "spare-slots": "A conventional device cannot be attached to a root port. It needs a slot of a bridge that is "
    "there when the guest starts.",
    "spare-usb-ports": "A USB device can be attached only to a free port. Ports of USB 3 controllers take devices "
    "of any speed.",
    "mmio-window": "Firmware cannot place the BAR of a large GPU in the default window, and the driver then fails "
    "in the guest. OVMF also needs the address bits of the guest CPU, from `<maxphysaddr>` or "
    "`<cpu mode='host-passthrough'>`. A warning says where they are missing.",
    "mem-reserve": "A free port keeps little memory below 4 GiB, 2 MiB with OVMF. A device with larger 32-bit BARs "
    "needs more, if it is plugged in later. Prefetchable 64-bit BARs are outside the window.",
    "naming-scheme": "systemd changes its rules for names from time to time, and a guest keeps to one naming scheme. "
    "The hint name, show, diff and convert work out names by the scheme that is set. Of v247 to v260, v249 changed "
    "zPCI interfaces of s390x, and v257 changed conventional slots: all bridges count from 1, and two interfaces in "
    "slots of one number get the same name. The other schemes make no difference in a guest.",
}

HINT_REASONS: dict[str, str] = {
    "node": "The guest's drivers allocate memory and interrupts on the cell of a device. The cell should be the "
    "one whose memory is on the device's host node.",
    "root-complex": "Two GPUs of one NUMA node may be below different root complexes on the host. Peer-to-peer "
    "traffic between them is then slower, and the guest should see that.",
    "hotplug": "A system disk should not be ejected, and a data disk should go away when asked. no also leaves "
    "hotpluggable places to other devices.",
    "placement": "Some drivers need a device on the root complex itself; others expect a port above it.",
    "bus": "virtio devices work on PCI Express and on conventional PCI. A guest without PCI Express drivers needs "
    "the latter.",
    "slot-group": "The functions of one card, such as a GPU and its audio device, belong in one slot: drivers "
    "look for each other there.",
    "bus-group": "Traffic between a GPU and a network card below one switch does not pass the root complex.",
    "own-bus": "A reset of a bus resets every device on it. A device with a bus of its own disturbs no other.",
    "port-hotplug": "It sets for one port what the tunable port-hotplug sets for all. Unlike hotplug, it moves no "
    "device.",
    "name": "A Linux guest names its interfaces by their places, and its configuration names them again. A domain that "
    "was written anew keeps working if its interfaces keep their names.",
    "pci-bus-of": "The index of an expander bus is not known before the domain is laid out. The hint names a "
    "device below it instead.",
}

CHILD_REASONS: dict[str, str] = {
    "spare": "spare-ports counts ports anywhere. A device for a NUMA cell needs a free port on an expander bus of "
    "that cell. OVMF keeps 2 MiB for 32-bit BARs behind a free port. mem-reserve keeps more, for a device with larger "
    "ones that is plugged in later. Prefetchable 64-bit BARs are outside it.",
    "device": "libvirt drops attributes that it does not know from devices, but keeps the metadata. assign moves "
    "hints there. A policy file can also name devices of many domains at once.",
}
