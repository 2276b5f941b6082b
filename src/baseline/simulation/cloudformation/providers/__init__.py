"""The types of resource that the simulated CloudFormation can make, one file a service.

A new type is a class with its calls, and its name in its file's ``TYPES``.
"""

from typing import Any

from baseline.simulation.cloudformation.provider import Provider
from baseline.simulation.cloudformation.providers import (
    athena,
    batch,
    cloudtrail,
    config,
    custom,
    ec2,
    events,
    functions,
    glue,
    guardduty,
    iam,
    kms,
    logs,
    organizations,
    s3,
    scheduler,
    sns,
    sqs,
    ssm,
)

_MODULES = (
    athena, batch, cloudtrail, config, custom, ec2, events, functions, glue, guardduty, iam, kms,
    logs, organizations, s3, scheduler, sns, sqs, ssm,
)  # fmt: skip

PROVIDERS: dict[str, Provider] = {
    provider.type: provider() for module in _MODULES for provider in module.TYPES
}


def provider(type_name: str) -> Any:
    """Who makes resources of a type, of one's own (``Custom::``) too; None when nobody does."""
    own = type_name.startswith("Custom::")
    return PROVIDERS.get(custom.CustomResource.type if own else type_name)
