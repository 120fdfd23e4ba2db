"""The pages readers meet: sign up, confirm, unsubscribe. Served on loopback, behind a public proxy."""
