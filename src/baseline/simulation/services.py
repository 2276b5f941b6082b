"""The services that the simulation answers itself, in front of moto."""

from baseline.simulation.account import Account
from baseline.simulation.athena import Athena
from baseline.simulation.batch import Batch
from baseline.simulation.cloudformation import CloudFormation
from baseline.simulation.cloudtrail import CloudTrail
from baseline.simulation.config import Config
from baseline.simulation.defaults import S3, Emr, Inspector2
from baseline.simulation.ec2 import Ec2
from baseline.simulation.events import Events
from baseline.simulation.functions import Lambda
from baseline.simulation.glue import Glue
from baseline.simulation.guardduty import GuardDuty
from baseline.simulation.iam import Iam
from baseline.simulation.organizations import Organizations
from baseline.simulation.service import Service
from baseline.simulation.service_quotas import ServiceQuotas
from baseline.simulation.sts import Sts

SERVICES: tuple[type[Service], ...] = (
    Sts,
    Organizations,
    Iam,
    Account,
    Athena,
    Batch,
    CloudFormation,
    CloudTrail,
    Config,
    Ec2,
    Emr,
    Events,
    Glue,
    GuardDuty,
    Inspector2,
    S3,
    ServiceQuotas,
    # Last, so that what the others deliver is worked off in the same delivery.
    Lambda,
)
