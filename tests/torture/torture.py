"""torture.py [--hours N | --minutes N | --rounds N] [--brief] [--seed N] [--faults N] [--keep] [SCENARIO…]
Runs the scenarios one after the other, each with faults drawn from its seed, until the time is over (without one: once each), and
prints a table. A run is repeated by `--seed N SCENARIO` of its line (and its --faults, or --brief). Ends with 0 when every
promise held, 77 when nothing could run.
"""
import argparse
import importlib
import signal
import sys
import time
import traceback

from judge.verdict import Verdict
from world.place import Failure, Skip, Undelivered
from world.world import World

SCENARIOS = ["kill", "power_cut", "torn_writes", "full_disk", "failing_calls", "descriptors", "memory", "clock", "stops",
             "slow_syncs", "network"]
SKIPPED = 77  # CTest's SKIP_RETURN_CODE
TROUBLES_SHOWN, LOG_SHOWN_BYTES = 10, 3000


class Total:
    def __init__(self):
        self.runs, self.verdict, self.skipped = 0, Verdict(), None


def arguments():
    parser = argparse.ArgumentParser(prog="./dev torture", description="real processes, real faults, an outside record")
    parser.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO", help=" ".join(SCENARIOS))
    parser.add_argument("--hours", type=float, help="go round until so many hours are over")
    parser.add_argument("--minutes", type=float, help="the same in minutes")
    parser.add_argument("--seed", type=int, help="of the first run; each later run has the next number")
    parser.add_argument("--faults", type=int, help="in each run, instead of the scenario's own number")
    parser.add_argument("--brief", action="store_true", help="as many faults as CI has time for, with seed 1")
    parser.add_argument("--keep", action="store_true", help="leave the folders of failed runs, and say where")
    return parser.parse_args()


def show_failure(world, verdict):
    for trouble in verdict.troubles[:TROUBLES_SHOWN]:
        print(f"    {trouble}")
    if len(verdict.troubles) > TROUBLES_SHOWN:
        print(f"    and {len(verdict.troubles) - TROUBLES_SHOWN} more")
    for process in [world.broker, *world.load.all] if world.load else []:
        print(f"    ---- the end of {process.log.name}\n{process.logged()[-LOG_SHOWN_BYTES:]}")


def run_once(name, scenario, seed, options):
    """The verdict of one run. Raises Skip."""
    faults = options.faults or (scenario.FAULTS_BRIEF if options.brief else scenario.FAULTS)
    began = time.monotonic()
    world = World(seed, scenario, is_long=not options.brief)
    verdict = Verdict()
    try:
        stuck = None
        try:
            scenario.run(world, faults)
        except Failure as failure:
            stuck = failure
        verdict = world.judge() if world.load else verdict
        if stuck:
            if not isinstance(stuck, Undelivered):
                verdict.forget_unfinished()
            verdict.note("unexplained", str(stuck))
        print(f"{name} --seed {seed}: {faults} faults, {verdict.acknowledged} acknowledged, "
              f"{time.monotonic() - began:.0f} s{'' if verdict.is_good else ': FAILED'}", flush=True)
        if not verdict.is_good:
            show_failure(world, verdict)
        return verdict
    finally:
        keep = options.keep and not verdict.is_good
        world.close(keep)
        if keep:
            print(f"    kept: {world.folder}")


def rounds(names, options):
    """Names and seeds, until the time is over."""
    span_s = (options.hours or 0) * 3600 + (options.minutes or 0) * 60
    seed = options.seed if options.seed is not None else 1 if options.brief else int(time.time())
    end = time.monotonic() + span_s
    while True:
        for name in names:
            yield name, seed
            if span_s and time.monotonic() > end:
                return
        seed += 1
        if not span_s:
            return


def print_table(totals):
    print(f"\n{'scenario':14} {'runs':>5} {'acknowledged':>13} {'lost':>6} {'doubled':>8} {'out of order':>13} "
          f"{'unexplained':>12} {'longest stop':>13}")
    for name, total in totals.items():
        verdict = total.verdict
        if total.skipped:
            print(f"{name:14} SKIP: {total.skipped}")
        elif total.runs:
            print(f"{name:14} {total.runs:5} {verdict.acknowledged:13} {verdict.lost:6} {verdict.doubled:8} "
                  f"{verdict.out_of_order:13} {verdict.unexplained:12} {verdict.longest_stop_ns / 1e6:10.0f} ms")


def main():
    options = arguments()
    names = options.scenario or SCENARIOS
    scenarios = {name: importlib.import_module(f"scenarios.{name}") for name in names}
    totals = {name: Total() for name in names}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("torture: SIGTERM"))  # so that mounts and folders go
    good = True
    for name, seed in rounds(names, options):
        total = totals[name]
        if total.skipped:
            if all(each.skipped for each in totals.values()):
                break
            continue
        try:
            verdict = run_once(name, scenarios[name], seed, options)
        except Skip as reason:
            total.skipped = str(reason)
            print(f"{name}: SKIP: {reason}", flush=True)
            continue
        total.runs += 1
        total.verdict.add(verdict)
        good = good and verdict.is_good
    print_table(totals)
    if all(total.skipped for total in totals.values()):
        return SKIPPED
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        traceback.print_exc(limit=1)
        sys.exit(130)
