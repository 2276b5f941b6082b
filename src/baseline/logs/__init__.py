"""Logs: from objects in a bucket to a lake of Parquet files that a query reads in milliseconds.

``layout`` knows what a key means; ``source`` lists and reads objects; ``discover`` finds the days
that are there; ``objects`` opens one object and says what is wrong with it; ``convert`` writes
Parquet; ``manifest`` remembers what was read, so that it is read once; ``collect`` joins them.
"""
