"""Athena that really executes: the partitions of Glue say what is read, DuckDB reads it."""

from baseline.simulation.athena.service import Athena

__all__ = ["Athena"]
