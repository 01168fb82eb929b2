from collections.abc import Iterator

import pytest

from tests.sandbox_process import SandboxProcess
from tests.webhook_listener import WebhookListener


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(process: SandboxProcess) -> SandboxProcess:
    process.reset()
    return process


@pytest.fixture
def listener() -> Iterator[WebhookListener]:
    with WebhookListener() as listening:
        yield listening
