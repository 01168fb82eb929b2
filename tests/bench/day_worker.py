"""A worker for whom it is always day: how fast a backlog drains is measured at any hour.

The quiet window would put every message off to the morning; nothing else is changed.
"""

import sys
from unittest.mock import patch

from workers import __main__ as workers

if __name__ == "__main__":
    patch("callcenter.messaging.sending.earliest_send", lambda at, **_asked: at).start()
    sys.exit(workers.main(["worker"]))
