#!/usr/bin/env python3
"""Make this checkout ready: a private uv in .tools, everything else in .venv, nothing global.

Needs only Python 3.11 or later (the standard library). A second run with the same lock file ends
at once. Says what it does on stderr.
"""

from __future__ import annotations  # so that an older Python can still say that it is too old

import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
STAMP = ROOT / ".venv" / "ready"
UV = "0.13.9"
INDEX = "https://pypi.org/simple/uv/"


def say(text: str) -> None:
    """Tell what happens, on stderr."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Set up what is missing; 0 when the checkout is ready, 2 when it cannot be."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this runs on whatever Python is there
        say(f"Python 3.11 or later is needed, this is {platform.python_version()}.")
        say("Name another one with: make PYTHON=python3.12 …")
        return 2
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    try:
        uv = private_uv()
        say("installing the locked dependencies into .venv (about 500 MB, once)")
        run(uv, "sync", "--locked", "--all-extras", "--quiet")
    except (subprocess.CalledProcessError, OSError) as error:
        say(f"failed: {error}")
        say("Check the network and the package index (UV_INDEX_URL), then run it again.")
        return 2
    STAMP.write_text(wanted)
    say("ready: .venv/bin/baseline")
    return 0


def fingerprint() -> str:
    """What .venv was made from: lock file, project file, Python."""
    digest = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return f"{digest.hexdigest()} {sys.version}"


def private_uv() -> Path:
    """The pinned uv in .tools: by pip where there is a venv module, else its wheel by hand."""
    uv = TOOLS / "venv" / "bin" / "uv"
    if uv.is_file() and UV in version(uv):
        return uv
    say(f"installing uv {UV} into .tools")
    shutil.rmtree(TOOLS / "venv", ignore_errors=True)
    try:
        run(sys.executable, "-m", "venv", TOOLS / "venv")
        run(TOOLS / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", f"uv=={UV}")
    except subprocess.CalledProcessError:
        say("this Python has no venv or pip of its own; fetching the wheel instead")
        fetch_wheel(uv)
    return uv


def version(uv: Path) -> str:
    """What ``uv --version`` says; empty when it does not run."""
    answer = subprocess.run([uv, "--version"], check=False, capture_output=True, text=True)
    return answer.stdout


def fetch_wheel(uv: Path) -> None:
    """Put the uv program out of its wheel, checked against the index's SHA-256."""
    listing = json.loads(fetch(INDEX, accept="application/vnd.pypi.simple.v1+json"))
    wheel = next(f for f in listing["files"] if suits_here(f["filename"]))
    content = fetch(wheel["url"])
    if hashlib.sha256(content).hexdigest() != wheel["hashes"]["sha256"]:
        raise OSError(f"{wheel['filename']}: checksum differs from the index's")
    program = f"uv-{UV}.data/scripts/uv"
    shutil.rmtree(TOOLS / "venv", ignore_errors=True)
    uv.parent.mkdir(parents=True)
    uv.write_bytes(zipfile.ZipFile(io.BytesIO(content)).read(program))
    uv.chmod(0o755)


def fetch(url: str, accept: str = "*/*") -> bytes:
    """What is at ``url``; raises OSError."""
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=300) as answer:
        content: bytes = answer.read()
    return content


def suits_here(filename: str) -> bool:
    """Whether a wheel is of this version, for this system and processor."""
    system = "macosx" if sys.platform == "darwin" else "manylinux"
    machine = {"aarch64": "aarch64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
    return filename.startswith(f"uv-{UV}-py3-none-{system}") and filename.endswith(f"{machine}.whl")


def run(*command: str | Path) -> None:
    """Run a command quietly; raises CalledProcessError. Caches stay inside the checkout."""
    environment = {
        "UV_CACHE_DIR": str(TOOLS / "cache"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_INSTALL_DIR": str(TOOLS / "python"),
        **os.environ,
        "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv"),
    }
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
