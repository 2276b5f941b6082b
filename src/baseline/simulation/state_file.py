"""A simulation in a file: private to its user, since loading a pickle runs what it says."""

import os
import pickle
import stat
import tempfile
from pathlib import Path

import moto

from baseline.errors import ConfigurationError
from baseline.simulation.simulation import Simulation

# State of another version of moto would not fit its classes.
_MAGIC = f"aws-baseline simulation 1, moto {moto.__version__}\n".encode()
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def save(simulation: Simulation, path: Path) -> None:
    """Write the state to ``path``, whole or not at all, readable by its user alone."""
    blob = _MAGIC + simulation.snapshot()
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent, delete=False) as file:
            file.write(blob)
        Path(file.name).replace(path)
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
    try:
        return Simulation.restore(blob.removeprefix(_MAGIC))
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, KeyError) as error:
        raise _refused(path, f"it is damaged ({type(error).__name__})") from error


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
