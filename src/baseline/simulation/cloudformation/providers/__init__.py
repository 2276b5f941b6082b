"""The types of resource that the simulated CloudFormation can make, one file a service.

A new type is a class with its calls, and its name in its file's ``TYPES``.
"""

from baseline.simulation.cloudformation.provider import Provider
from baseline.simulation.cloudformation.providers import (
    athena,
    batch,
    cloudtrail,
    config,
    ec2,
    events,
    functions,
    glue,
    guardduty,
    iam,
    kms,
    logs,
    s3,
    scheduler,
    sns,
    sqs,
    ssm,
)

_MODULES = (
    athena, batch, cloudtrail, config, ec2, events, functions, glue, guardduty, iam, kms, logs, s3,
    scheduler, sns, sqs, ssm,
)  # fmt: skip

PROVIDERS: dict[str, Provider] = {
    provider.type: provider() for module in _MODULES for provider in module.TYPES
}
