"""The questions on which libvirt's releases and our own layouts differ, and the answers by version."""
