"""The state can be taken out, put back and kept in a file."""

import contextlib
import hashlib
import importlib
import pickle
import random
from pathlib import Path

import moto.backends
import pytest

from baseline.errors import ConfigurationError
from baseline.sessions import Session
from baseline.simulation import Simulation, load_state, save_state, snapshot

PRODUCTION = "400000000004"


def test_everything_is_there_again(simulation: Simulation, member: Session) -> None:
    """Bodies of objects, KMS keys, queues, handed-out credentials and the clock come back."""
    s3 = member.client("s3")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="kept", Key="k", Body=b"body" * 100_000)
    key = member.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    member.client("sqs").create_queue(QueueName="q")
    simulation.clock.advance(600)
    then = simulation.clock.now()
    Simulation.restore(simulation.snapshot())

    again = Simulation.restore(simulation.snapshot())
    assert (again.clock.now() - then).total_seconds() < 60
    inside = again.client("s3", "eu-west-1", PRODUCTION)
    assert inside.get_object(Bucket="kept", Key="k")["Body"].read() == b"body" * 100_000
    kms = again.client("kms", "eu-west-1", PRODUCTION)
    kms.sign(
        KeyId=key["KeyMetadata"]["KeyId"],
        Message=b"m",
        SigningAlgorithm="RSASSA_PSS_SHA_256",
    )
    sqs = again.client("sqs", "eu-west-1", PRODUCTION)
    assert len(sqs.list_queues()["QueueUrls"]) == 1
    assert again.account_ids() == simulation.account_ids()
    assert again.administrator == simulation.administrator
    assert set(again.issued.by_key) == set(simulation.issued.by_key)


def test_what_came_after_the_snapshot_is_gone(founded: bytes) -> None:
    first = Simulation.restore(founded)
    first.client("s3", "us-east-1", PRODUCTION).create_bucket(Bucket="later")
    second = Simulation.restore(founded)
    assert second.client("s3", "us-east-1", PRODUCTION).list_buckets()["Buckets"] == []
    second.client("s3", "us-east-1", "500000000005").create_bucket(Bucket="later")
    second.close()


def test_a_state_file_is_private_and_comes_back(simulation: Simulation, tmp_path: Path) -> None:
    path = tmp_path / "state"
    save_state(simulation, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_state(path).administrator == simulation.administrator
    assert list(tmp_path.iterdir()) == [path]


def test_a_state_file_that_others_may_touch_is_not_loaded(
    simulation: Simulation, tmp_path: Path
) -> None:
    path = tmp_path / "state"
    save_state(simulation, path)
    for mode in (0o640, 0o602, 0o666):
        path.chmod(mode)
        with pytest.raises(ConfigurationError, match="others may read or write it"):
            load_state(path)


def test_a_link_to_a_state_file_is_not_followed(simulation: Simulation, tmp_path: Path) -> None:
    save_state(simulation, tmp_path / "state")
    (tmp_path / "link").symlink_to(tmp_path / "state")
    with pytest.raises(ConfigurationError, match="not loaded"):
        load_state(tmp_path / "link")


def test_a_file_of_something_else_is_not_loaded(simulation: Simulation, tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="not written by this version"):
        load_state(path)
    assert not Path("ran").exists()


def test_a_file_that_was_cut_off_is_refused(simulation: Simulation, tmp_path: Path) -> None:
    path = tmp_path / "state"
    save_state(simulation, path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ConfigurationError, match="it is damaged"):
        load_state(path)


def test_a_file_that_was_damaged_anywhere_is_refused(
    simulation: Simulation, tmp_path: Path
) -> None:
    """No byte of it is unpickled."""
    path = tmp_path / "state"
    save_state(simulation, path)
    whole = path.read_bytes()
    begin = whole.index(b"\n") + 1
    for place in random.Random(1).sample(range(begin, len(whole)), 20):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ConfigurationError, match="it is damaged"):
            load_state(path)


def test_a_state_that_does_not_fit_is_refused(simulation: Simulation, tmp_path: Path) -> None:
    """A file of ours that is whole, from a checkout whose state looked otherwise."""
    path = tmp_path / "state"
    save_state(simulation, path)
    magic = path.read_bytes().partition(b"\n")[0] + b"\n"
    state = pickle.dumps(["another", "shape"])
    path.write_bytes(magic + hashlib.sha256(state).digest() + state)
    with pytest.raises(ConfigurationError, match="does not fit this installation"):
        load_state(path)


def test_nothing_is_left_behind_when_writing_fails(simulation: Simulation, tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir()
    with pytest.raises(ConfigurationError, match="cannot be written: Is a directory"):
        save_state(simulation, path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_that_is_not_there_is_said(simulation: Simulation, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        save_state(simulation, tmp_path / "none" / "state")


def test_every_service_that_moto_has_can_be_kept(simulation: Simulation) -> None:
    """A tool that looks at everything touches every backend; none may break the snapshot."""
    for name in moto.backends.list_of_moto_modules():
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(f"moto.{name}.models")
    for stored in snapshot.backends().values():
        with contextlib.suppress(KeyError):  # a service that is not in this region
            stored[PRODUCTION]["eu-west-1"]
    again = Simulation.restore(simulation.snapshot())
    parameters = again.client("ssm", "eu-west-1", PRODUCTION)
    assert parameters.describe_parameters()["Parameters"] == []
