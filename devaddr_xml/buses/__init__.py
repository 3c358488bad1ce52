"""What each kind of bus accepts, what is free on it, and the next place."""
