"""A worker dies in the middle of trying a draft: another finishes, and nothing was changed."""

import pytest
import sqlalchemy as sa

from callcenter.core.db import transaction
from callcenter.core.queues import Job, enqueue
from callcenter.routing.states import WhatIfState
from tests.faults.platform import Platform, wait_until
from tests.outbox import ago
from tests.tickets.scenes import opened
from tests.tickets.test_what_if import ask, change, read
from tests.world import as_system
from workers.what_ifs import look_after_what_ifs

pytestmark = pytest.mark.faults


def test_a_worker_killed_in_the_middle_costs_only_time(platform: Platform) -> None:
    for _ in range(3):
        opened(platform.world, "T-PLB")
    change(platform.world, "T-PLB", destination="triage")
    number = ask(platform.world)
    dying = platform.dying_worker("in_what_if")
    enqueue(platform.redis_url, Job.TRY_RULES, number)
    wait_until(lambda: dying.poll() is not None, "the worker died")
    assert read(number).state == WhatIfState.RUNNING
    platform.flush_redis()
    with as_system() as session, transaction():
        session.execute(sa.text("UPDATE what_if SET told_at = :then"), {"then": ago(seconds=60)})
    assert look_after_what_ifs(platform.app) == 1
    platform.worker()
    wait_until(lambda: read(number).state == WhatIfState.DONE, "the trial is over", 40)
    assert read(number).result["moved"] == 3
