"""The names of AWS's regions, without asking AWS."""

import botocore.session


def known_regions() -> frozenset[str]:
    """Those of all partitions that botocore has heard of; a newer one may be missing."""
    core = botocore.session.Session()
    partitions = core.get_available_partitions()
    return frozenset(r for p in partitions for r in core.get_available_regions("ec2", p))
