"""The types of resource that the simulated CloudFormation can make, one file a service.

A new type is a class with its calls, and its name in its file's ``TYPES``.
"""

from baseline.simulation.cloudformation.provider import Provider
from baseline.simulation.cloudformation.providers import (
    cloudtrail,
    config,
    ec2,
    guardduty,
    iam,
    kms,
    logs,
    s3,
    sns,
    ssm,
)

PROVIDERS: dict[str, Provider] = {
    provider.type: provider()
    for module in (cloudtrail, config, ec2, guardduty, iam, kms, logs, s3, sns, ssm)
    for provider in module.TYPES
}
