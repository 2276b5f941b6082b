"""Queries: one SQL, Athena's, for the logs of a whole organization.

``statement`` reads and refuses; ``dialect`` brings Athena's SQL to DuckDB; ``pruning`` finds the
days that a query can touch; ``duckdb`` runs it over a lake, ``raw`` over a source; ``catalogue``
holds the saved queries.
"""
