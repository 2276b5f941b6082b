"""What all tests share: no test touches the machine's own AWS configuration."""

import os
import signal
from pathlib import Path

import pytest

# Beside the checkout, also where the checkout is a worktree among others.
_BESIDE = (directory / "shared/data" for directory in Path(__file__).resolve().parents[2:4])
THIRD_PARTY = Path(
    os.environ.get("BASELINE_TEST_DATA") or next(filter(Path.is_dir, _BESIDE), "shared/data")
).resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What ``make test-trino`` says."""
    parser.addoption("--trino", action="store_true", help="start a real Trino server")
    parser.addoption("--record", action="store_true", help="keep what Trino answers")


def pytest_configure() -> None:
    """A shell's job in the background ignores Ctrl-C, and so would all that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def no_local_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cut every test off from real credentials, profiles, settings and the checkout's files."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "BASELINE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def third_party() -> Path:
    """The directory of third-party samples; skips where there is none."""
    if not THIRD_PARTY.is_dir():
        pytest.skip(f"no third-party samples at {THIRD_PARTY}; set BASELINE_TEST_DATA")
    return THIRD_PARTY
