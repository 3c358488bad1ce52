"""Gives every device of a libvirt domain its address, off the hypervisor."""
