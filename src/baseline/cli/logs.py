"""``baseline logs``: the group; each command has a file of its own."""

import click

from baseline.cli.logs_collect import collect_logs
from baseline.cli.logs_gaps import gaps
from baseline.cli.logs_partitions import partitions
from baseline.cli.logs_validate import validate_logs


@click.group()
def logs() -> None:
    """Collect CloudTrail and flow logs into a local lake, and prove that they are whole.

    \b
    baseline logs collect --since 7d     what is new, into the lake
    baseline logs validate --since 7d    that no log file was changed or removed
    baseline logs gaps --since 7d        days without logs, and whether nothing happened
    baseline logs partitions             that Athena sees every day that the buckets have
    """


for command in (collect_logs, validate_logs, gaps, partitions):
    logs.add_command(command)
