"""`python -m tests.bench`: see `--help`, and docs/benchmarks.md for what was measured."""

import argparse
import os
import platform
import socket
import sys
import time

from tests.bench import imports, live, pages, sending
from tests.bench.base import prepare, say, servers
from tests.bench.measures import Results
from tests.bench.samples import draw
from tests.bench.services import measure as measure_services
from tests.bench.web import cpu_count

SMALL = 10_000
# Of each repetition, so that nobody calls twice in a run.
_CALLERS = 6
_PARTS = ("pages", "services", "sending", "live", "imports")


def main() -> int:
    """Make the base where it is missing, measure, print."""
    options = _options()
    start = time.monotonic()
    port = _free_port()
    with servers() as addresses:
        large = prepare(addresses, options.homes, options.tickets, port=port, fresh=options.fresh)
        compared = options.compare and options.tickets > SMALL
        small = prepare(addresses, options.homes, SMALL, port=port) if compared else None
        results = Results(large.name)
        results.tell(
            "machine",
            processors=cpu_count(),
            load_before=round(os.getloadavg()[0], 2),
            python=platform.python_version(),
            homes=large.homes,
            tickets=large.tickets,
        )
        samples = draw(large, options.repeat * _CALLERS)
        if "pages" in options.only:
            pages.measure(large, samples, results, options.repeat)
        if "services" in options.only:
            measure_services(large, samples, results, options.repeat)
        if "sending" in options.only:
            sending.measure(large, samples, results, options.backlog, options.allowed)
        if "live" in options.only:
            live.measure(large, results)
        if "imports" in options.only:
            imports.measure(addresses, results, port=port)
        if small is not None and "pages" in options.only:
            before = Results(small.name)
            pages.measure(small, draw(small, options.repeat * _CALLERS), before, options.repeat)
            for op, p95 in before.p95.items():
                results.tell("p95_ratio", of=op, ratio=round(results.p95[op] / p95, 2))
    say(f"measured in {time.monotonic() - start:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description="One line of JSON per operation, on a made-up base."
    )
    parser.add_argument("--homes", type=int, default=int(os.environ.get("HOMES", "20000")))
    parser.add_argument("--tickets", type=int, default=int(os.environ.get("TICKETS", str(SMALL))))
    parser.add_argument("--repeat", type=int, default=int(os.environ.get("REPEAT", "100")))
    parser.add_argument(
        "--backlog",
        type=int,
        default=int(os.environ.get("BACKLOG", "2000")),
        help="messages that wait for the workers: 100000 is the whole measure",
    )
    parser.add_argument(
        "--allowed",
        type=int,
        default=int(os.environ.get("ALLOWED", "100")),
        help="messages a second at which that backlog may leave",
    )
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument(
        "--no-compare", dest="compare", action="store_false", help="no base of 10,000 tickets"
    )
    parser.add_argument("--fresh", action="store_true", help="make the large base anew")
    return parser.parse_args()


def _free_port() -> int:
    """A port with a free one after it, for the sandbox."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


if __name__ == "__main__":
    sys.exit(main())
