"""One file a channel: how a delivery leaves the house."""
