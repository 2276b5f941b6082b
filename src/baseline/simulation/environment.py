"""The environment that makes any AWS tool a client of the simulation."""

import os
from urllib.parse import urlsplit

from baseline.simulation.foundation import Administrator

# What would point a tool back at the real AWS, or at credentials that are not simulated.
UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
# Names the administrator's key for the simulation's own switches.
TOKEN = "BASELINE_SIMULATION_TOKEN"  # noqa: S105  # the name of a variable


def environment(url: str, administrator: Administrator, region: str) -> dict[str, str]:
    """What to export; ``UNSET`` names what must go."""
    host = urlsplit(url).netloc
    return {
        "AWS_ENDPOINT_URL": url,
        # S3 Control puts the account id and a dot in front of the host, which loopback has no
        # name for. In front of a user name it does no harm.
        "AWS_ENDPOINT_URL_S3_CONTROL": f"http://s3-control@{host}",
        "AWS_ACCESS_KEY_ID": administrator.access_key_id,
        "AWS_SECRET_ACCESS_KEY": administrator.secret_access_key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": _without_proxy(),
        "no_proxy": _without_proxy(),
        TOKEN: administrator.secret_access_key,
    }


def _without_proxy() -> str:
    known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    hosts = [host for host in known.split(",") if host]
    return ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost"]))
