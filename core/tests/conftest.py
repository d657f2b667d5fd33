"""What the tests of the core share: hypothesis' profiles, real records, fake distributions."""

import contextlib
import ctypes
import importlib
import os
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from newsdesk.builtin.registry import new_registry
from newsdesk.machine import Machine

from core.tests.stores import S3, Azure, Google, serve

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=100)
settings.register_profile(
    "default", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "default")

EXAMPLES = Path(__file__).parents[2] / "examples" / "machines"


@pytest.fixture(params=sorted(path.name for path in EXAMPLES.glob("*.json")))
def real_json(request):
    """The text of each real record in turn."""
    return (EXAMPLES / request.param).read_bytes()


@pytest.fixture
def real_machine():
    return Machine.from_json((EXAMPLES / "ae-4tags.json").read_bytes())


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Make a distribution with real metadata importable, as pip would; gone after the test."""
    before = set(sys.modules)

    def make(name, modules=None, *, entries=None, version="1.0"):
        site = tmp_path / f"site-{name}-{version}"
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{entry} = {module}" for entry, module in (entries or {}).items()]
        (info / "entry_points.txt").write_text("\n".join(["[newsdesk]", *lines, ""]))
        for module, source in (modules or {}).items():
            path = site.joinpath(*module.split(".")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source))
        monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()
        return site

    yield make
    for module in set(sys.modules) - before:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[module]


@pytest.fixture
def registry():
    """A registry of its own for each test: what one loads is not there for the next."""
    return new_registry()


@pytest.fixture
def threadless():
    """Let no thread be begun, as in a process that ends or has too many: none has room for such a stack."""
    try:
        before = threading.stack_size(1 << 47)
    except (ValueError, OverflowError):
        pytest.skip("this system refuses the size itself")
    yield
    threading.stack_size(before)


@pytest.fixture
def synced(monkeypatch):
    """Note what is flushed to the disk, by its path, in order."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs the names of open files")
    seen, fsync = [], os.fsync

    def noting(descriptor):
        seen.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    return seen


@pytest.fixture
def permissions():
    """Have the permissions of files hold for this thread, though it may be root's.

    Linux lets root read and write everything by two capabilities, which are given up for the test.
    """
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no permissions of POSIX")
    with _bound() if os.geteuid() == 0 else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def _bound():
    if not sys.platform.startswith("linux"):
        pytest.skip("root is above permissions here")
    libc = ctypes.CDLL(None, use_errno=True)
    # Of capget(2): the version of its structures; effective, permitted and inheritable, 32 bits each, twice.
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    before = data[0]
    data[0] &= ~(1 << 1 | 1 << 2)  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, of linux/capability.h
    assert libc.capset(header, data) == 0
    try:
        yield
    finally:
        data[0] = before
        assert libc.capset(header, data) == 0


def pytest_collection_modifyitems(items):
    """Mark what needs a server of an object store, for `nox -s objects`."""
    for item in items:
        if not {"s3", "azure", "google"}.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("stores")


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """A server of S3, shared by the tests that do not stop it."""
    server = serve(S3, tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def azure(tmp_path_factory):
    """A server of Azure Blob Storage, shared by the tests that do not stop it."""
    server = serve(Azure, tmp_path_factory.mktemp("azure"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def google(tmp_path_factory):
    """A server of Google Cloud Storage, shared by the tests that do not stop it."""
    server = serve(Google, tmp_path_factory.mktemp("google"))
    yield server
    server.stop()
