"""A KubeVirt sidecar: the layout of a virtual machine instance by the policy in one of its annotations."""
