"""The columns of the tables in the schema ``auditing``, and the fields of the logs they come from.

CloudTrail: the columns of AWS's own Athena table ("Query AWS CloudTrail logs", Athena user guide),
then those of newer event versions ("CloudTrail record contents"). What has no fixed shape stays
JSON text. Flow logs: the fields of "Flow log records" (VPC user guide) with underscores.
Both take ``account``, ``region`` and ``date`` from the path, never from the event.
"""

from dataclasses import dataclass

_SESSION_CONTEXT = """STRUCT(
    attributes STRUCT(mfaAuthenticated VARCHAR, creationDate VARCHAR),
    sessionIssuer STRUCT("type" VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR,
        userName VARCHAR),
    ec2RoleDelivery VARCHAR,
    webIdFederationData STRUCT(federatedProvider VARCHAR, attributes MAP(VARCHAR, VARCHAR)),
    sourceIdentity VARCHAR, assumedRoot VARCHAR)"""
_USER_IDENTITY = f"""STRUCT("type" VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR,
    invokedBy VARCHAR, accessKeyId VARCHAR, userName VARCHAR, sessionContext {_SESSION_CONTEXT},
    identityProvider VARCHAR, credentialId VARCHAR,
    onBehalfOf STRUCT(userId VARCHAR, identityStoreArn VARCHAR),
    inScopeOf STRUCT(sourceArn VARCHAR, sourceAccount VARCHAR, issuerType VARCHAR,
        credentialsIssuedTo VARCHAR))"""
_RESOURCES = 'STRUCT(ARN VARCHAR, accountId VARCHAR, "type" VARCHAR)[]'
_TLS = """STRUCT(tlsVersion VARCHAR, cipherSuite VARCHAR, clientProvidedHostHeader VARCHAR,
    keyExchange VARCHAR)"""
_ADDENDUM = """STRUCT(reason VARCHAR, updatedFields VARCHAR, originalRequestID VARCHAR,
    originalEventID VARCHAR)"""


@dataclass(frozen=True)
class Column:
    """``field`` is its name in the log, ``type`` DuckDB's type with the log's own field names."""

    field: str
    type: str = "VARCHAR"

    @property
    def name(self) -> str:
        """The column's name: as in Athena, lower case and without dashes."""
        return self.field.lower().replace("-", "_")

    @property
    def definition(self) -> str:
        """The column in CREATE TABLE; the fields of structs are lower case too."""
        return f'"{self.name}" {self.type.lower()}'


_CLOUDTRAIL_TYPES = {
    "userIdentity": _USER_IDENTITY,
    "resources": _RESOURCES,
    "tlsDetails": _TLS,
    "addendum": _ADDENDUM,
}
_CLOUDTRAIL_FIELDS = """
    eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent
    errorCode errorMessage requestParameters responseElements additionalEventData requestID eventID
    resources eventType apiVersion readOnly recipientAccountId serviceEventDetails sharedEventID
    vpcEndpointId tlsDetails
    managementEvent eventCategory sessionCredentialFromConsole vpcEndpointAccountId addendum
    edgeDeviceDetails insightDetails eventContext
"""
_FLOWLOG_NUMBERS = """
    version srcport dstport protocol packets bytes start end tcp-flags traffic-path
"""
_FLOWLOG_FIELDS = """
    version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end
    action log-status
    vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr
    az-id sublocation-type sublocation-id
    pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path
    ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id
    ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn
    ecs-task-id
    reject-reason resource-id encryption-status
"""

CLOUDTRAIL = tuple(
    Column(field, _CLOUDTRAIL_TYPES.get(field, "VARCHAR")) for field in _CLOUDTRAIL_FIELDS.split()
)
FLOWLOGS = tuple(
    Column(field, "BIGINT" if field in _FLOWLOG_NUMBERS.split() else "VARCHAR")
    for field in _FLOWLOG_FIELDS.split()
)
LOGS = {"cloudtrail": CLOUDTRAIL, "flowlogs": FLOWLOGS}
PARTITIONS = (Column("account"), Column("region"), Column("date"))

# Which object of the manifest a row came from: what lets an object be replaced. Not in the views.
OBJECT = Column("_object", "INTEGER")


def cloudtrail_of(event: str) -> str:
    """All columns of CloudTrail for a SELECT, of the struct ``event`` that has the log's fields.

    The fields of structs become lower case.
    """
    return ", ".join(f'{_cast(column, event)} AS "{column.name}"' for column in CLOUDTRAIL)


def _cast(column: Column, event: str) -> str:
    given, kind = f'{event}."{column.field}"', column.type.lower()
    if "(" not in kind:
        return f"CAST({given} AS {kind})"
    # Where only the case of fields differs, DuckDB takes a cast for none.
    return f"coalesce(CAST(NULL AS {kind}), {given})"


def columns(table: str) -> tuple[Column, ...]:
    """What a query sees of ``table``, in order."""
    return LOGS[table] + PARTITIONS
