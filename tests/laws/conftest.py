"""Projects of users that run several times."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_synthdata.spark.local import kept_jvm


@pytest.fixture(scope="module")
def keep_jvm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """Options of runs that share a JVM, where they are in one folder: it ends after the last test of the file."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        yield ("-o", "synth_spark_keep_alive=300")
        kept_jvm.stop_all()
