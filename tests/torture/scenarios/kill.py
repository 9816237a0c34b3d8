"""kill -9 of the broker, of senders and of the receiver under load; of the broker also while it starts."""
FAULTS, FAULTS_BRIEF = 60, 8


def run(world, faults):
    world.make()
    world.may_repeat = {"alpha"}  # after a kill its outbox may tell an answer again
    world.begin()
    for index in range(faults):
        world.flow()
        world.pause(4)
        victims = [worker for worker in (world.load.alpha, world.load.gamma) if world.random.random() < 0.3]
        for worker in victims:
            worker.kill()
        if not victims or world.random.random() < 0.8:
            world.broker.must_run()
            world.broker.kill()
            world.broker.launch()
            if world.random.random() < 0.2:
                world.pause(40)
                world.broker.kill()
                world.broker.launch()
            world.broker.await_ready()
        for worker in victims:
            worker.go()
    world.flow()
    world.settle()
