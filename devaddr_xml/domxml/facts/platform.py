"""Facts about the other devices, and about controllers."""

from __future__ import annotations

from devaddr_xml.domxml.facts.fact import ANY, Fact, Needs, Once, OneOf, Syntax
from devaddr_xml.domxml.facts.words import ON_OFF, VIRTIO_MODELS, YES_NO, context_id, radix, signed_radix, uuid

TPM: tuple[Fact, ...] = (
    OneOf("@model", values=("tpm-tis", "tpm-crb", "tpm-spapr", "spapr-tpm-proxy", "default")),
    Needs("backend"),
    Once("backend"),
    Needs("backend/@type"),
    OneOf("backend/@type", values=("passthrough", "emulator", "external")),
    OneOf("backend/@version", when={"backend/@type": ("emulator",)}, values=("1.2", "2.0", "default")),
    OneOf("backend/@persistent_state", when={"backend/@type": ("emulator",)}, values=YES_NO),
    Syntax("backend/encryption/@secret", when={"backend/@type": ("emulator",)}, read=uuid),
)

HUB: tuple[Fact, ...] = (Needs("@type"), OneOf("@type", values=("usb",)))

WATCHDOG: tuple[Fact, ...] = (
    Needs("@model"),
    OneOf("@model", values=("i6300esb", "ib700", "diag288", "itco")),
    OneOf("@action", values=("reset", "shutdown", "poweroff", "pause", "none", "dump", "inject-nmi")),
)

MEMBALLOON: tuple[Fact, ...] = (
    Needs("@model"),
    OneOf("@model", values=(*VIRTIO_MODELS, "xen", "none")),
    OneOf("@autodeflate", values=ON_OFF),
    OneOf("@freePageReporting", values=ON_OFF),
    Syntax("stats/@period", read=signed_radix),
)

PANIC: tuple[Fact, ...] = (OneOf("@model", values=("isa", "pseries", "hyperv", "s390", "pvpanic", "default")),)

PSTORE: tuple[Fact, ...] = (
    Needs("@backend"),
    OneOf("@backend", values=("acpi-erst",)),
)

SHMEM: tuple[Fact, ...] = (
    Needs("@name"),
    OneOf("@role", values=("master", "peer")),
    Needs("model"),
    Needs("model/@type"),
    OneOf("model/@type", values=("ivshmem-plain", "ivshmem-doorbell")),
    OneOf("msi/@enabled", values=ON_OFF),
    OneOf("msi/@ioeventfd", values=ON_OFF),
    Syntax("msi/@vectors", read=radix),
    Needs("server", when={"msi": ANY}),
)

MEMORY: tuple[Fact, ...] = (
    Needs("@model"),
    OneOf("@model", values=("dimm", "nvdimm", "virtio-pmem", "virtio-mem", "sgx-epc")),
    OneOf("@access", values=("shared", "private")),
    OneOf("@discard", values=YES_NO),
    Needs("target"),
    Needs("target/size"),
    Needs("source", when={"@model": ("nvdimm", "virtio-pmem")}),
    Needs("source/path", when={"@model": ("nvdimm", "virtio-pmem")}),
    Needs("target/block", when={"@model": ("virtio-mem",)}),
)

IOMMU: tuple[Fact, ...] = (
    Needs("@model"),
    OneOf("@model", values=("intel", "smmuv3", "virtio", "amd")),
    OneOf("driver/@intremap", values=ON_OFF),
    OneOf("driver/@caching_mode", values=ON_OFF),
    OneOf("driver/@eim", values=ON_OFF),
    OneOf("driver/@iotlb", values=ON_OFF),
    OneOf("driver/@dma_translation", values=ON_OFF),
)

VSOCK: tuple[Fact, ...] = (
    OneOf("@model", values=(*VIRTIO_MODELS, "default")),
    OneOf("cid/@auto", values=YES_NO),
    Syntax("cid/@address", when={"cid/@auto": (None, "no")}, read=context_id),
)

CRYPTO: tuple[Fact, ...] = (
    Needs("@model"),
    OneOf("@model", values=("virtio",)),
    OneOf("@type", values=("qemu",)),
    Needs("@type"),
    Needs("backend"),
    OneOf("backend/@model", values=("builtin", "lkcf")),
    Needs("backend/@model"),
)

CONTROLLER: tuple[Fact, ...] = (
    Once("target"),
    Once("model"),
    OneOf("driver/@ioeventfd", values=ON_OFF),
    OneOf("driver/@iommu", values=ON_OFF),
    OneOf("driver/@ats", values=ON_OFF),
)
