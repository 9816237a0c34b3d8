"""A call of the kernel that the journal stands on fails once, with EIO or ENOSPC: under load, while the broker
starts, and while it ends. Either the broker ends with its documented code, or it goes on; started again, it has lost
nothing."""
import signal

from world import tracer
from world.broker import READY_WAIT_S
from world.place import Failure, wait_until

FAULTS, FAULTS_BRIEF = 40, 8
# Which of so many calls fails. Openings at the start are also the loader's.
CALLS = {"pwrite64": 60, "fdatasync": 40, "openat": 2, "rename": 1, "fsync": 2}
CALLS_AT_START = {"pwrite64": 20, "fdatasync": 4, "rename": 2, "ftruncate": 2, "fsync": 3}
CALLS_AT_END = {"pwrite64": 6, "fdatasync": 4, "openat": 6, "rename": 2, "fsync": 3}
ERRORS = ["EIO", "ENOSPC"]
# docs/operations.md: 4, a write or sync of the journal failed, or the disk can't be used; 2, the file of --where can't be
# written.
EXITS = {4, 2}
TRUCD_SAYS = [r"\((JOURNAL_FAILED|JOURNAL_FULL|IO)\)$", r"^cannot write '.*/trucd.json'",
              r"^no room for a (snapshot: the next start takes longer|last checkpoint: the next one covers these records)$",
              r"^blocked: no room for (the journal's next segment|the lists of what waits|the ids of accepted messages)$"]
ADAPTERS_SAY = [r"BLOCKED"]


def _draw(world, calls):
    call, most = world.random.choice(list(calls.items()))
    return f"{call}:error={world.random.choice(ERRORS)}:when={world.random.randrange(most) + 1}"


def _under_load(world, trace):
    """True: the broker ended of it."""
    traced = tracer.Tracer(world.broker.pid, _draw(world, CALLS), trace)
    ended = not world.flow(may_end=True)
    traced.detach()
    return ended


def _at_start(world, trace):
    """Killed, and started under the fault: the broker ends of it, then or soon after, or goes on."""
    world.broker.kill()
    world.broker.launch(wrapper=tracer.wrapper(_draw(world, CALLS_AT_START), trace), environment=tracer.environment())
    wait_until(lambda: world.broker.where.exists() or not world.broker.runs, READY_WAIT_S, "trucd starts or ends")
    if not world.broker.runs:
        return True
    world.broker.await_ready()
    if not world.flow(may_end=True):
        return True
    world.broker.kill_within()
    world.broker.start_and_wait(environment=tracer.environment())
    return False


def _at_end(world, trace):
    """Asked to end, and the fault comes with the last writes."""
    traced = tracer.Tracer(world.broker.pid, _draw(world, CALLS_AT_END), trace)
    world.broker.signal(signal.SIGTERM)
    world.expect_exit(EXITS | {0})
    traced.detach()
    world.broker.start_and_wait(environment=tracer.environment())
    return False


def run(world, faults):
    tracer.need_strace()
    world.make()
    world.begin(environment=tracer.environment())
    hits = 0
    for index in range(faults):
        world.flow()
        trace = world.folder / f"trace-{index}"
        if world.random.choice([_under_load, _under_load, _at_start, _at_end])(world, trace):
            world.expect_exit(EXITS)
            world.broker.start_and_wait(environment=tracer.environment())
        hits += tracer.was_injected(trace)
    if hits < faults // 4:  # some calls are rare
        raise Failure(f"only {hits} of {faults} calls were made to fail")
    world.flow()
    world.settle()
