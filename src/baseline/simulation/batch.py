"""AWS Batch: jobs that really run, as processes on this machine; the rest is moto's."""

import datetime as dt
import secrets
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from moto.batch.models import batch_backends

from baseline.simulation import environment, identity
from baseline.simulation.batch_jobs import TERMINAL, Array, Job, Processes, now
from baseline.simulation.identity import Identity
from baseline.simulation.issued import Issued
from baseline.simulation.paging import page
from baseline.simulation.service import Call, Refusal, Service

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

Answer = dict[str, Any]

# [AWS Batch API: SubmitJob, DescribeJobs, ListJobs].
_SMALLEST, _LARGEST = 2, 10_000
_AT_ONCE = 100
_PRINCIPAL = "batch.amazonaws.com"
_SESSION = dt.timedelta(hours=6)


class Batch(Service):
    """Compute environments, queues and definitions as moto keeps them; jobs of our own."""

    name: ClassVar[str] = "batch"

    def __init__(self, simulation: "Simulation") -> None:
        super().__init__(simulation)
        self._jobs: dict[str, Job | Array] = {}
        self._processes = Processes()

    def create_compute_environment(self, call: Call) -> Answer:
        """One that runs as Batch's own role, unless another is given."""
        if call.parameters.get("serviceRole"):
            return self.moto(call)
        iam = self.simulation.client("iam", call.region, call.account_id)
        roles = iam.list_roles(PathPrefix=f"/aws-service-role/{_PRINCIPAL}/")["Roles"]
        if not roles:
            roles = [iam.create_service_linked_role(AWSServiceName=_PRINCIPAL)["Role"]]
        told = {**call.parameters, "serviceRole": roles[0]["Arn"]}
        return self.moto(replace(call, parameters=told))

    def update_compute_environment(self, call: Call) -> Answer:
        """Moto changes the state alone."""
        answer = self.moto(call)
        backend = batch_backends[call.account_id][call.region]
        found = backend.get_compute_environment(call.parameters["computeEnvironment"])
        found.compute_resources |= call.parameters.get("computeResources") or {}
        return answer

    def submit_job(self, call: Call) -> Answer:
        """Begin a job, or an array of them; raises Refusal for what is not there."""
        asked = call.parameters
        queue = self._queue(call)
        definition = self._definition(call)
        job_id, size = str(uuid.uuid4()), asked.get("arrayProperties", {}).get("size")
        if size is not None and not _SMALLEST <= size <= _LARGEST:
            raise _refused(f"Array size must be between {_SMALLEST} and {_LARGEST}")
        jobs = [
            Job(
                id=job_id if index is None else f"{job_id}:{index}",
                name=asked["jobName"],
                account_id=call.account_id,
                region=call.region,
                queue=queue,
                definition=definition,
                command=_command(asked, definition),
                seconds=_seconds(asked, definition),
                index=index,
                created=now(),
            )
            for index in ([None] if size is None else range(size))
        ]
        for job in jobs:
            self._jobs[job.id] = job
        if size is not None:
            self._jobs[job_id] = Array(job_id, asked["jobName"], queue, definition, now(), jobs)
        self._processes.start(jobs, self._environment, self._log)
        arn = f"arn:aws:batch:{call.region}:{call.account_id}:job/{job_id}"
        return {"jobName": asked["jobName"], "jobId": job_id, "jobArn": arn}

    def describe_jobs(self, call: Call) -> Answer:
        """Up to a hundred jobs; what is not there is left out."""
        ids = call.parameters["jobs"]
        if len(ids) > _AT_ONCE:
            raise _refused(f"The maximum number of jobs to describe is {_AT_ONCE}")
        found = [self._jobs[job_id] for job_id in ids if job_id in self._jobs]
        return {"jobs": [_described(job) for job in found]}

    def list_jobs(self, call: Call) -> Answer:
        """Jobs of a queue or children of an array; those that are RUNNING unless told otherwise.

        A filter by name, of a queue, makes the state no matter.
        """
        asked = call.parameters
        names = [v.lower() for f in asked.get("filters", ()) for v in _names(f)]
        wanted = asked.get("jobStatus", "RUNNING")
        jobs: list[Job | Array] = list(self._jobs.values())
        if "arrayJobId" in asked:
            array = self._jobs.get(asked["arrayJobId"])
            jobs = list(array.children) if isinstance(array, Array) else []
        else:
            jobs = [j for j in jobs if asked.get("jobQueue") in (j.queue, j.queue.split("/")[-1])]
            jobs = [j for j in jobs if isinstance(j, Array) or j.index is None]
        if names:
            jobs = [j for j in jobs if j.name.lower() in names]
        else:
            jobs = [j for j in jobs if j.status == wanted]
        found, more = page(
            [_listed(j) for j in jobs],
            asked.get("nextToken"), asked.get("maxResults"), _AT_ONCE, "ClientException",
        )  # fmt: skip
        return {"jobSummaryList": found, **({"nextToken": more["NextToken"]} if more else {})}

    def terminate_job(self, call: Call) -> Answer:
        """End a job, or all children of an array."""
        found = self._jobs.get(call.parameters["jobId"])
        jobs = found.children if isinstance(found, Array) else [found] if found else []
        for job in jobs:
            if job.status not in TERMINAL:
                job.terminated = call.parameters["reason"]
        return {}

    def settle(self) -> None:
        """Wait until all jobs have ended."""
        self._processes.settle()

    def close(self) -> None:
        """End all jobs."""
        self._processes.close()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in super().__getstate__().items() if k != "_processes"}

    def _queue(self, call: Call) -> str:
        name = call.parameters["jobQueue"]
        for found in self._ask(call, "DescribeJobQueues", jobQueues=[name])["jobQueues"]:
            if found["state"] == "ENABLED":
                return str(found["jobQueueArn"])
        raise _refused(f"JobQueue {name} not found or not enabled")

    def _definition(self, call: Call) -> Answer:
        """The latest revision of a name, or the one revision that is asked for."""
        name = call.parameters["jobDefinition"]
        plain = name.split("/")[-1]
        found = self._ask(call, "DescribeJobDefinitions", jobDefinitionName=plain.split(":")[0])
        revisions = [d for d in found["jobDefinitions"] if d["status"] == "ACTIVE"]
        if ":" in plain:
            revisions = [d for d in revisions if str(d["revision"]) == plain.split(":")[1]]
        if not revisions:
            raise _refused(f"JobDefinition {name} not found or not active")
        latest: Answer = max(revisions, key=lambda d: d["revision"])
        return latest

    def _ask(self, call: Call, operation: str, **parameters: Any) -> Answer:
        return self.moto(replace(call, operation=operation, parameters=parameters))

    def _environment(self, job: Job) -> dict[str, str]:
        """What Batch, Fargate and the definition tell a container."""
        told = {v["name"]: v["value"] for v in job.container.get("environment", ())}
        place = {"AWS_BATCH_JOB_ID": job.id, "AWS_BATCH_JQ_NAME": job.queue.split("/")[-1]}
        if job.index is not None:
            place["AWS_BATCH_JOB_ARRAY_INDEX"] = str(job.index)
        return {**self._aws(job), **told, **place}

    def _aws(self, job: Job) -> dict[str, str]:
        """The way to the simulation, as the job's role; on AWS an endpoint gives the keys."""
        if not self.simulation.url:
            raise RuntimeError("nobody serves the simulation, so that a process could reach it")
        administrator = self.simulation.administrator
        variables = environment.environment(self.simulation.url, administrator, job.region)
        del variables[environment.TOKEN]
        arn = job.container["jobRoleArn"]
        account_id, role = arn.split(":")[4], arn.rsplit("/", 1)[1]
        self.simulation.client("iam", job.region, account_id).get_role(RoleName=role)
        session = f"arn:aws:sts::{account_id}:assumed-role/{role}/{job.id.replace(':', '-')}"
        key, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(96)
        record = identity.role_record(session, identity.role_id(account_id, role), key)
        who = Identity(account_id, session, key, record)
        ends = self.simulation.clock.now() + _SESSION
        self.simulation.issued.add(Issued(who, token, ends))
        return variables | {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
            "AWS_SESSION_TOKEN": token,
        }

    def _log(self, job: Job) -> None:
        """What the process said, in the log group that the definition names."""
        options = job.container.get("logConfiguration", {}).get("options", {})
        group, lines = options.get("awslogs-group"), job.said.splitlines()
        if not (group and lines):
            return
        logs = self.simulation.client("logs", job.region, job.account_id)
        stream = f"{options.get('awslogs-stream-prefix', 'x')}/default/{job.id.replace(':', '-')}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": job.stopped or now(), "message": line or " "} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _command(asked: Answer, definition: Answer) -> tuple[str, ...]:
    overrides = asked.get("containerOverrides", {}).get("command")
    parameters = {**definition.get("parameters", {}), **asked.get("parameters", {})}
    words = overrides or definition["containerProperties"].get("command", [])
    return tuple(parameters.get(w.removeprefix("Ref::"), w) if "Ref::" in w else w for w in words)


def _seconds(asked: Answer, definition: Answer) -> float | None:
    timeout = asked.get("timeout") or definition.get("timeout") or {}
    seconds = timeout.get("attemptDurationSeconds")
    return None if seconds is None else float(seconds)


def _names(asked: Answer) -> list[str]:
    if asked["name"] != "JOB_NAME":
        raise _refused(f"The filter {asked['name']} is not simulated")
    values: list[str] = asked["values"]
    return values


def _listed(job: Job | Array) -> Answer:
    """A job as a list shows it."""
    common = {
        "jobId": job.id,
        "jobName": job.name,
        "status": job.status,
        "createdAt": job.created,
    }
    if isinstance(job, Array):
        return common | {"arrayProperties": {"size": len(job.children)}}
    times = {"startedAt": job.started, "stoppedAt": job.stopped}
    container = {} if job.exit_code is None else {"container": {"exitCode": job.exit_code}}
    array = {} if job.index is None else {"arrayProperties": {"index": job.index}}
    known = {name: value for name, value in times.items() if value is not None}
    return common | known | {"statusReason": job.reason} | container | array


def _described(job: Job | Array) -> Answer:
    details = {
        **_listed(job),
        "jobQueue": job.queue,
        "jobDefinition": job.definition["jobDefinitionArn"],
        "startedAt": job.created,
    }
    if isinstance(job, Array):
        array = {"size": len(job.children), "statusSummary": job.summary}
        return details | {"arrayProperties": array}
    return details | {"startedAt": job.started or job.created}


def _refused(message: str) -> Refusal:
    return Refusal("ClientException", message)
