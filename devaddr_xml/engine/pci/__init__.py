"""PCI placement: two passes over the buses, the second with every controller that the first found to be missing."""
