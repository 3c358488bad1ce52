"""What the elements of devices must have and which values they can have (formatdomain: devices): one row a fact."""
