"""Honest texts that come in packages: where each is found, how it is read, what it may be used for."""
