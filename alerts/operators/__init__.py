"""What operators must know, and how they are told."""
