"""Runs a plan: environments, supervised workers, and the rows that come of it."""
