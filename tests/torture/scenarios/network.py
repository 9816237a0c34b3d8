"""All adapters reach the broker through a proxy that delays, tears, resets and goes silent (world/proxy.py)."""
from world import place
from world.proxy import TO_ADAPTER, TO_BROKER, Proxy
from world.world import SILENCE_IS_SAID

FAULTS, FAULTS_BRIEF = 40, 8
SILENCE_MS, SILENCE_LONG_MS, LONG_SHARE = 1500, 25000, 0.2  # the long ones outlast every heartbeat
ADAPTERS_SAY = SILENCE_IS_SAID


def _fault(world, proxy):
    kind = world.random.choice(["slow", "pieces", "resets", "silence", "half-open", "nowhere"])
    silence_ms = SILENCE_LONG_MS if world.is_long and world.random.random() < LONG_SHARE else SILENCE_MS
    if kind == "slow":
        proxy.behave(delay_s=world.random.random() * 0.2)
        world.flow()
    elif kind == "pieces":
        proxy.behave(piece_bytes=world.random.choice([400, 2000, 10000]), delay_s=0.01)
        world.flow()
    elif kind == "resets":
        proxy.behave(delay_s=0.05)
        world.pause(300)
        proxy.reset(share=world.random.choice([0.3, 1]))
    elif kind == "silence":
        proxy.behave(silent=[TO_BROKER, TO_ADAPTER])
        world.pause(silence_ms)
    elif kind == "half-open":
        proxy.behave(silent=[world.random.choice([TO_BROKER, TO_ADAPTER])])
        world.pause(silence_ms)
        if world.random.random() < 0.5:
            proxy.reset(share=1)
    elif kind == "nowhere":
        proxy.behave(leads_nowhere=True)
        proxy.reset(share=1)
        world.pause(silence_ms)
    proxy.behave()


def run(world, faults):
    world.make()
    proxy = Proxy(world.random.random(), place.free_port(), world.broker.port)
    for worker in world.load.all:
        worker.change_settings(r"^broker: .*", f"broker: tcp://127.0.0.1:{proxy.port}")
    try:
        world.begin()
        for _ in range(faults):
            world.flow()
            _fault(world, proxy)
        world.flow()
        world.settle()
    finally:
        proxy.close()
