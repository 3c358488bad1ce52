"""Domains with what came after libvirt 11.3: each with its architecture, and the release that takes it first."""

from __future__ import annotations

NVME = """<domain type='qemu'>
  <name>nvme</name><memory unit='GiB'>1</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <controller type='nvme' index='0'><serial>abc</serial></controller>
    <disk type='file' device='disk'><source file='/d/a.qcow2'/><target dev='nvme0n1' bus='nvme'/></disk>
    <disk type='file' device='disk'><source file='/d/b.qcow2'/><target dev='nvme0n2' bus='nvme'/></disk>
    <disk type='file' device='disk'><source file='/d/c.qcow2'/><target dev='nvme1n1' bus='nvme'/>
      <serial>xyz</serial></disk>
  </devices>
</domain>"""

AMD_IOMMU = """<domain type='qemu'>
  <name>amd-iommu</name><memory unit='GiB'>1</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/><ioapic driver='qemu'/></features>
  <devices>
    <disk type='file' device='disk'><source file='/d/a.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <iommu model='amd'><driver intremap='on' passthrough='on'/></iommu>
  </devices>
</domain>"""

#: Its SCSI controller is an lsilogic one before 11.6, its USB controller has its model from QEMU.
ARM_SCSI = """<domain type='qemu'>
  <name>arm-scsi</name><memory unit='GiB'>1</memory><vcpu>2</vcpu>
  <os><type arch='aarch64' machine='virt'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/d/a.qcow2'/><target dev='sda' bus='scsi'/></disk>
    <controller type='usb' index='0'/><input type='tablet' bus='usb'/>
  </devices>
</domain>"""

TWO_SMMUS = """<domain type='qemu'>
  <name>two-smmus</name><memory unit='GiB'>1</memory><vcpu>2</vcpu>
  <os><type arch='aarch64' machine='virt'>hvm</type></os>
  <features><gic version='3'/></features>
  <devices>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-expander-bus'/>
    <controller type='pci' index='2' model='pcie-expander-bus'/>
    <controller type='pci' index='3' model='pcie-root-port'><address type='pci' bus='1' slot='0'/></controller>
    <controller type='pci' index='4' model='pcie-root-port'><address type='pci' bus='2' slot='0'/></controller>
    <disk type='file' device='disk'><source file='/d/a.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <iommu model='smmuv3'><driver pciBus='1'/></iommu>
    <iommu model='smmuv3'><driver pciBus='2'/></iommu>
  </devices>
</domain>"""

USB_MODELS = """<domain type='qemu'>
  <name>usb-models</name><memory unit='GiB'>1</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><disk type='file' device='disk' model='usb-bot'><source file='/d/a'/><target dev='sda' bus='usb'/></disk>
    <disk type='file' device='cdrom'><target dev='sdb' bus='sata'/></disk></devices>
</domain>"""

NEW_DEVICES = {
    "nvme": ("x86_64", (11, 5, 0), NVME),
    "amd-iommu": ("x86_64", (11, 5, 0), AMD_IOMMU),
    "arm-scsi": ("aarch64", (9, 0, 0), ARM_SCSI),
    "two-smmus": ("aarch64", (11, 10, 0), TWO_SMMUS),
    "usb-models": ("x86_64", (11, 5, 0), USB_MODELS),
}
