"""A worker that loses patience with the provider sooner than ours do.

``1.5``: seconds that it waits for an answer.
"""

import sys
from dataclasses import replace

from callcenter.messaging.gateway import Gateway, GatewayConfig
from workers import worker
from workers.process import start_process

patient = Gateway.__init__


def hasty(self: Gateway, config: GatewayConfig) -> None:
    patient(self, replace(config, read_timeout=float(sys.argv[1])))


if __name__ == "__main__":
    setattr(Gateway, "__init__", hasty)  # noqa: B010 - mypy refuses the plain assignment
    sys.exit(worker.run(start_process("hasty worker")))
