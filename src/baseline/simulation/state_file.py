"""A simulation in a file: private to its user, since loading a pickle runs what it says."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

import moto

from baseline.errors import ConfigurationError
from baseline.simulation.simulation import Simulation

# State of another version of moto would not fit its classes. A digest of the state follows.
_MAGIC = f"aws-baseline simulation 3, moto {moto.__version__}\n".encode()
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def save(simulation: Simulation, path: Path) -> None:
    """Write the state to ``path``, whole or not at all, readable by its user alone."""
    state = simulation.snapshot()
    try:
        with tempfile.TemporaryDirectory(dir=path.absolute().parent) as place:
            part = Path(place, path.name)
            part.touch(mode=0o600)
            part.write_bytes(_MAGIC + _digest(state) + state)
            part.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"the state cannot be written: {error.strerror}", where=str(path)
        ) from error


def load(path: Path) -> Simulation:
    """The simulation in ``path``.

    Raises ConfigurationError for a file that others may write or read, or that is not one of ours.
    """
    blob = _private(path)
    if not blob.startswith(_MAGIC):
        raise _refused(path, "it was not written by this version of the simulation")
    size = len(_digest(b""))
    digest, state = blob[len(_MAGIC) :][:size], blob[len(_MAGIC) :][size:]
    if digest != _digest(state):
        raise _refused(path, "it is damaged")
    try:
        return Simulation.restore(state)
    except Exception as error:  # what of another Python or checkout does not fit may raise anything
        why = f"it does not fit this installation ({type(error).__name__}: {error})"
        raise _refused(path, why) from error


def _digest(state: bytes) -> bytes:
    return hashlib.sha256(state).digest()


def _private(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _refused(path, "it is not a regular file")
            if status.st_uid != os.getuid():
                raise _refused(path, "it belongs to another user")
            if status.st_mode & _OTHERS:
                raise _refused(path, "others may read or write it (chmod 600 it if it is yours)")
            return file.read()
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error


def _refused(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the state is not loaded: {why}",
        where=str(path),
        remedy="It is a pickle, which can run any code: only a file that this command wrote for "
        "you is safe. Give another --state FILE to begin anew.",
    )
