"""A mail as bytes, and what comes back for it: pure, so that every header can be tested as a value."""
