"""The AWS shared credentials file: one profile put into it, everything else kept byte for byte."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import botocore.session

from baseline.errors import CredentialsError
from baseline.sessions.translate import translated

# A key that no AWS tool knows: it says that the profile is ours to replace, and whose keys made it.
MARK = "baseline_source"

DEFAULT = "default"
_ENVIRONMENT = "(environment)"
_KEY = "AWS_ACCESS_KEY_ID"

_HEADER = re.compile(rb"\s*\[(?P<name>[^\]]*)\]")
_NAME = re.compile(r"[\w.@+=,/-]{1,64}", re.ASCII)


def source(profile: str | None) -> str | None:
    """The profile that has a user's own keys: ``profile`` (None: where AWS tools look first).

    For one that ``store`` wrote, which may have ended by now, that from whose keys it was made;
    raises CredentialsError when those were in the environment, and are not any more.
    """
    if profile is None and _KEY in os.environ:
        return None  # which goes before AWS_PROFILE
    with translated("credentials"):
        session = botocore.session.Session(profile=profile)
        made_from: str | None = session.get_scoped_config().get(MARK)
        used: str | None = session.profile
    if made_from == _ENVIRONMENT:
        raise CredentialsError(
            f"the profile {used} was made from keys in the environment, and there are none now",
            remedy="Export them again, or name the profile that has them with --profile.",
        )
    return made_from or used


def origin(source: str | None) -> str:
    """What the mark of a profile that is made from ``source`` says."""
    return source or (_ENVIRONMENT if _KEY in os.environ else DEFAULT)


def credentials_file() -> Path:
    """Where AWS tools look for keys: ~/.aws/credentials, or what the environment says."""
    setting = botocore.session.Session().get_config_variable("credentials_file")
    return Path(setting).expanduser()


def store(file: Path, profile: str, values: Mapping[str, str]) -> None:
    """Put ``profile`` into ``file``, whole or not at all, readable by its owner alone.

    Others of us who do the same at that time wait. Raises CredentialsError when it cannot be, or
    when a profile of this name is not ours.
    """
    check(file, profile)
    target = file.resolve()  # what a link leads to is replaced, and the link stays
    try:
        with _alone(target):
            _replace(target, _with(file, profile, values))
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error


def check(file: Path, profile: str) -> None:
    """Raise now what ``store`` would raise before it writes."""
    _with(file, profile, {})


def _with(file: Path, profile: str, values: Mapping[str, str]) -> bytes:
    if not _NAME.fullmatch(profile):
        raise CredentialsError(
            f"{profile!r} is no name for a profile",
            remedy="Give letters, digits and .@+=,/_- (like acme-mfa) with --as.",
        )
    if file.exists() and not file.is_file():
        raise _unwritable(file, "it is not a regular file")
    try:
        before = file.read_bytes() if file.exists() else b""
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error
    return with_profile(before, profile, values)


def with_profile(text: bytes, profile: str, values: Mapping[str, str]) -> bytes:
    """``text`` of a credentials file, with ``profile`` made anew or added at its end."""
    section = "".join(f"{key} = {value}\n" for key, value in values.items())
    made = f"[{profile}]\n{section}".encode()
    lines = text.splitlines(keepends=True)
    begin = next((i for i, line in enumerate(lines) if _name_of(line) == profile), None)
    if begin is None:
        gap = b"" if not lines else b"\n" if text.endswith(b"\n") else b"\n\n"
        return text + gap + made
    end = _end_of_section(lines, begin)
    if not any(line.startswith(MARK.encode()) for line in lines[begin:end]):
        raise CredentialsError(
            f"the profile {profile} is there already, and was not made by this command",
            remedy="Give another name with --as.",
        )
    return b"".join(lines[:begin]) + made + b"".join(lines[end:])


def _name_of(line: bytes) -> str | None:
    """The profile whose section begins in ``line``."""
    found = _HEADER.match(line)
    return found["name"].decode("utf-8", "replace").strip() if found else None


def _end_of_section(lines: list[bytes], begin: int) -> int:
    """Past the last key; what stands before the next section, as a comment, belongs to that."""
    end = begin + 1
    for number in range(begin + 1, len(lines)):
        if _name_of(lines[number]) is not None:
            break
        if lines[number].strip() and not lines[number].lstrip().startswith((b"#", b";")):
            end = number + 1
    return end


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Be the only one of us who reads and replaces ``target``, by a lock on a file beside it.

    A lock on the file itself would be on what the first one replaces.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(target.with_name(f".{target.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(target: Path, content: bytes) -> None:
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink()
        raise


def _unwritable(file: Path, why: str) -> CredentialsError:
    return CredentialsError(
        f"cannot be written: {why}",
        where=str(file),
        remedy="Make it writable, or have the keys printed with --export.",
    )
