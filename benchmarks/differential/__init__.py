"""Documents as people write them, mutated, before a real libvirt and before us: where do the two disagree?"""
