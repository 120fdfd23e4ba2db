"""Digests: when one is due, what is in it, how it reads."""
