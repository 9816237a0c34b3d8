"""The broker or an adapter stands still (SIGSTOP) and goes on (SIGCONT): a machine that is suspended, swaps, or is
debugged."""
import signal

from world.world import SILENCE_IS_SAID

FAULTS, FAULTS_BRIEF = 20, 5
# The long ones are beyond the protocol's patience (10 s) and ZeroMQ's (20 s): who stood still hears it afterwards.
STOP_MS, STOP_LONG_MS, LONG_SHARE = 1500, 25000, 0.1
ADAPTERS_SAY = SILENCE_IS_SAID


def run(world, faults):
    world.make()
    world.begin()
    for _ in range(faults):
        world.flow()
        world.pause(4)
        process = world.random.choice([world.broker, world.broker, *world.load.all])
        process.signal(signal.SIGSTOP)
        world.pause(STOP_LONG_MS if world.is_long and world.random.random() < LONG_SHARE else STOP_MS)
        process.signal(signal.SIGCONT)
    world.flow()
    world.settle()
