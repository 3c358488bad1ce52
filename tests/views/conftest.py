"""Guests that these tests share."""

from made_guests import make as make
