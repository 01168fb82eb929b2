"""The clockwork with shorter waits, so that a test need not last minutes.

``forgotten=1 lost=2 untold=5 every=0.3``: seconds until a job is handed out again, until a claim
is declared lost, until the provider is asked what became of a message, and between two rounds of
each chore.
"""

import sys
from datetime import timedelta

from callcenter.messaging import upkeep
from workers import clockwork
from workers.process import start_process


def main(arguments: list[str]) -> int:
    given = {name: float(value) for name, _sign, value in (one.partition("=") for one in arguments)}
    if "forgotten" in given:
        upkeep.FORGOTTEN_AFTER = timedelta(seconds=given["forgotten"])
    if "lost" in given:
        upkeep.LOST_AFTER = timedelta(seconds=given["lost"])
    if "untold" in given:
        upkeep.UNTOLD_AFTER = timedelta(seconds=given["untold"])
        upkeep.ASKED_AGAIN_AFTER = timedelta(seconds=given["untold"])
    every = given.get("every", 0.3)
    usual = clockwork.chores

    def chores() -> list[clockwork.Chore]:
        made = usual()
        for chore in made:
            chore.seconds = min(chore.seconds, every)
        return made

    clockwork.chores = chores
    return clockwork.run(start_process("clockwork"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
