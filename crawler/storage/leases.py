"""Leases: what one process may work on for a while, and nobody else."""

import uuid


def new_lease(holder: str) -> str:
    """Return the token of one claim. It begins with who holds it, so that a dead holder's can be given back."""
    return f"{holder}-{uuid.uuid4().hex}"
