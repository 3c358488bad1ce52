"""PCI and PCI Express: what a device needs, what a bus offers, and the next free place."""
