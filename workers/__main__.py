"""`python -m workers worker` does jobs; `python -m workers clockwork` hands them out."""

import argparse
import sys

from callcenter.core.queues import QueueName
from workers import clockwork, worker
from workers.process import start_process


def main(arguments: list[str] | None = None) -> int:
    """Run one process until it is told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("role", choices=("worker", "clockwork"))
    parser.add_argument(
        "--queues", nargs="+", choices=list(QueueName), help="queues to serve (default: all)"
    )
    given = parser.parse_args(arguments)
    app = start_process(given.role)
    if given.role == "clockwork":
        return clockwork.run(app)
    return worker.run(app, [QueueName(name) for name in given.queues or ()])


if __name__ == "__main__":
    sys.exit(main())
