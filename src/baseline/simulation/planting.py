"""The ways in which a simulated account is made wrong, each by the calls a careless user makes."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

ANYWHERE = "0.0.0.0/0"
OLD_KEY_DAYS = 400


@dataclass(frozen=True)
class Place:
    """One account and region in which something is planted."""

    simulation: "Simulation"
    account_id: str
    region: str

    def client(self, service: str) -> Any:
        """A client that acts in this account."""
        return self.simulation.client(service, self.region, self.account_id)


def public_bucket(place: Place, name: str) -> None:
    """A bucket whose policy lets anybody read."""
    _create_bucket(place, name)
    _put_policy(place, name, "s3:GetObject", f"arn:aws:s3:::{name}/*")


def listable_bucket(place: Place, name: str) -> None:
    """A bucket whose access control list lets anybody list it."""
    _create_bucket(place, name)
    place.client("s3").put_bucket_acl(Bucket=name, ACL="public-read")


def bucket_in_clear(place: Place, name: str) -> None:
    """A bucket without a policy that insists on TLS, without versions."""
    _create_bucket(place, name)


def open_to_administrators(place: Place, name: str) -> None:
    """SSH and remote desktop, from anywhere."""
    _open(place, name, [(22, 22), (3389, 3389)])


def open_to_everything(place: Place, name: str) -> None:
    """All ports and protocols, from anywhere."""
    _open(place, name, [(None, None)])


def unencrypted_volume(place: Place, name: str) -> None:
    """A volume in clear."""
    place.client("ec2").create_volume(
        AvailabilityZone=f"{place.region}a",
        Size=8,
        Encrypted=False,
        TagSpecifications=[_named("volume", name)],
    )


def public_snapshot(place: Place, name: str) -> None:
    """A snapshot in clear that every AWS account may copy."""
    client = place.client("ec2")
    volume = client.create_volume(AvailabilityZone=f"{place.region}a", Size=1)["VolumeId"]
    snapshot = client.create_snapshot(
        VolumeId=volume, Description=name, TagSpecifications=[_named("snapshot", name)]
    )["SnapshotId"]
    client.modify_snapshot_attribute(
        SnapshotId=snapshot,
        Attribute="createVolumePermission",
        OperationType="add",
        GroupNames=["all"],
    )


def console_user_without_mfa(place: Place, name: str) -> None:
    """A user who signs in with a password alone."""
    client = place.client("iam")
    client.create_user(UserName=name)
    client.create_login_profile(UserName=name, Password="Correct-Horse-7-Battery")  # noqa: S106  # opens nothing


def user_with_old_key(place: Place, name: str) -> None:
    """A user with an access key that nobody changed for more than a year, and a newer one."""
    client = place.client("iam")
    client.create_user(UserName=name)
    client.create_access_key(UserName=name)
    client.create_access_key(UserName=name)
    user = iam_backends[place.account_id]["aws"].users[name]
    created = place.simulation.clock.now() - timedelta(days=OLD_KEY_DAYS)
    # No call makes an old key; the tools go by this date.
    user.access_keys[0].create_date = created.replace(tzinfo=None)


def everything_policy(place: Place, name: str) -> None:
    """A policy of one's own that allows everything, on a role that a user may take."""
    client = place.client("iam")
    document = _document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    arn = client.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    client.create_user(UserName=f"{name}-user")
    client.attach_user_policy(UserName=f"{name}-user", PolicyArn=arn)


def role_for_anybody(place: Place, name: str) -> None:
    """A role that any AWS account may take."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    place.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))


def short_passwords(place: Place, _name: str) -> None:
    """Six letters are enough for a password."""
    place.client("iam").update_account_password_policy(MinimumPasswordLength=6)


def root_without_mfa(place: Place, _name: str) -> None:
    """A root user with a password alone."""
    place.simulation.service("iam").roots_without_mfa.add(place.account_id)


def public_database(place: Place, name: str) -> None:
    """A database in clear that the internet reaches, without backups."""
    subnets = _public_subnets(place)
    group = _open(place, f"{name}-from-anywhere", [(3306, 3306)])
    client = place.client("rds")
    client.create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=subnets
    )
    client.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="not-a-secret-9",  # opens nothing
        DBSubnetGroupName=name,
        VpcSecurityGroupIds=[group],
        PubliclyAccessible=True,
        StorageEncrypted=False,
        BackupRetentionPeriod=0,
    )


def public_queue(place: Place, name: str) -> None:
    """A queue that anybody may send to and read from."""
    client = place.client("sqs")
    arn = f"arn:aws:sqs:{place.region}:{place.account_id}:{name}"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    client.create_queue(QueueName=name, Attributes={"Policy": _document(statement)})


def key_without_rotation(place: Place, name: str) -> None:
    """A key that is never rotated."""
    # moto answers without what it was not given; AWS, and so Prowler, knows no such key.
    place.client("kms").create_key(Description=name, MultiRegion=False)


def _create_bucket(place: Place, name: str) -> None:
    region = {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
    at_home = place.region == "us-east-1"  # where S3 takes no location
    client = place.client("s3")
    client.create_bucket(Bucket=name, **({} if at_home else region))
    # New buckets block public access [Amazon S3, since April 2023]; these must not.
    client.delete_public_access_block(Bucket=name)


def _put_policy(place: Place, name: str, action: str, resource: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    place.client("s3").put_bucket_policy(Bucket=name, Policy=_document(statement))


def _public_subnets(place: Place) -> list[str]:
    """The subnets of the default VPC, with the way to the internet that AWS gives them."""
    client = place.client("ec2")
    vpc = client.describe_vpcs()["Vpcs"][0]["VpcId"]
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = client.describe_route_tables()["RouteTables"][0]["RouteTableId"]
    client.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
    return [subnet["SubnetId"] for subnet in client.describe_subnets()["Subnets"]]


def _open(place: Place, name: str, ports: list[tuple[int | None, int | None]]) -> str:
    """A security group that lets the world in, used by a network interface; gives its id."""
    client = place.client("ec2")
    group = client.create_security_group(GroupName=name, Description=name)["GroupId"]
    permissions: list[dict[str, Any]] = [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}
        if first is None
        else {
            "IpProtocol": "tcp",
            "FromPort": first,
            "ToPort": last,
            "IpRanges": [{"CidrIp": ANYWHERE}],
        }
        for first, last in ports
    ]
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
    # Prowler looks at security groups that something uses.
    subnet = client.describe_subnets()["Subnets"][0]["SubnetId"]
    client.create_network_interface(SubnetId=subnet, Groups=[group], Description=name)
    return str(group)


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
