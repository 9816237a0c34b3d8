"""A disk that takes its time: every sync of the broker is delayed, by some milliseconds or by seconds."""
from world import tracer
from world.world import SILENCE_IS_SAID

FAULTS, FAULTS_BRIEF = 20, 5
DELAY_MS_MAX, DELAY_LONG_MS_MAX, LONG_SHARE = 60, 3000, 0.3
ADAPTERS_SAY = SILENCE_IS_SAID


def run(world, faults):
    tracer.need_strace()
    world.make()
    world.begin(environment=tracer.environment())
    for index in range(faults):
        world.flow()
        most_ms = DELAY_LONG_MS_MAX if world.random.random() < LONG_SHARE else DELAY_MS_MAX
        delay_us = world.random.randrange(1000, most_ms * 1000)
        trace = world.folder / f"trace-{index}"
        traced = tracer.Tracer(world.broker.pid, f"fdatasync:delay_enter={delay_us}", trace)
        world.flow()
        traced.detach()
        if not tracer.was_delayed(trace):
            raise tracer.Failure("no sync was delayed")
    world.flow()
    world.settle()
