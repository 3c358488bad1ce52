"""Guests to measure with: a q35 machine with a number of virtio disks."""

from __future__ import annotations

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def target(number: int) -> str:
    """The name of a disk by its number: vda, vdb ... vdz, vdaa ..."""
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = LETTERS[letter] + name
    return f"vd{name}"


def virtio_disks(count: int, name: str = "many-disks") -> str:
    """A q35 guest with that many virtio disks."""
    disks = "".join(
        f"""    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/srv/{number}.qcow2'/>
      <target dev='{target(number)}' bus='virtio'/>
    </disk>
"""
        for number in range(count)
    )
    return f"""<domain type='kvm'>
  <name>{name}</name>
  <memory unit='GiB'>4</memory>
  <vcpu>4</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <devices>
{disks}  </devices>
</domain>
"""
