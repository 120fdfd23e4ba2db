"""The clock, health, the command line and the wiring: the only place that knows everybody."""
