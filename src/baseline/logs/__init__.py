"""Logs: from objects in a bucket to a lake of Parquet files that a query reads in milliseconds.

``layout`` knows what a key means; ``source`` lists and reads objects; ``discover`` finds the days
that are there; ``objects`` opens one object and says what is wrong with it; ``manifest``
remembers what was read, so that it is read once; ``collect`` joins them, ``step`` by step.

``events`` makes Parquet of CloudTrail, with DuckDB (``convert``); ``flows`` of flow logs, with
pyarrow (``delimited`` reads text, ``columnar`` Parquet, ``parts`` writes).
"""
