"""Fetch outlets, read pages, keep articles. Knows no rules and no alerts."""
