"""run_page.py - follows a page of the documents from top to bottom in a fresh directory, as its reader would.
Not a checker of style: an example that does not do what the page says makes it fail, and so does a block that nothing says
anything about. In the flow: a CTest test a page; page.py says how pages mark their blocks, place.py what fixed names become.

Usage: run_page.py PAGE --programs DIR --work DIR [--source DIR] [--sdk PREFIX] [--build DIR] [--sanitizers LIST]"""

import argparse
import pathlib
import re
import signal
import subprocess
import sys
import time

from compare import Different, expect_bytes, expect_output, expect_tree
from named import wrong_names
from page import PageError, read_page
from place import Place
from shell import Shell, ShellError

PAGE_S = 80  # the whole of a page, less than its test's time-out, so that everything is stopped in any case


class Run:
    def __init__(self, options):
        self.options = options
        self.place = Place(options.work, options.programs, options.source)
        self.shell = Shell(
            self.place.here, self.place.variables(options.sdk, options.sanitizers), time.monotonic() + PAGE_S
        )
        self.printed = None
        self.skipped = []

    def follow(self, step):
        getattr(self, f"do_{step.verb}")(step)

    def do_run(self, step):
        how, *rest = step.argument.split() or ["plainly"]
        commands = self.place.mapped(step.text)
        if how == "plainly" and not rest:
            self.printed = self.shell.run(commands)[1]
        elif how == "stays" and not rest:
            self.printed = self.shell.run(re.sub(r"( +#[^\n]*)?\n*\Z", r" &\1\ndocs_stays+=($!)\n", commands, count=1))[1]
        elif how == "exits" and len(rest) == 1:
            status, self.printed = self.shell.run(commands, may_fail=True)
            if str(status) not in rest[0].split("|"):
                raise ShellError(f"ended with {status}, not {rest[0]}; printed:\n{self.printed}")
        else:
            raise PageError(f"line {step.line}: 'run {step.argument}' says nothing")

    def do_output(self, step):
        if self.printed is None:
            raise PageError(f"line {step.line}: no commands before this output")
        expect_output(step.text, self.place.unmapped(self.printed), step.argument)

    def do_transcript(self, step):
        commands = step.text.split("\n$ ")
        for piece in [commands[0].removeprefix("$ "), *commands[1:]]:
            command, _, wanted = piece.partition("\n")
            while command.endswith("\\"):
                more, _, wanted = wanted.partition("\n")
                command += "\n" + more
            printed = self.shell.run(self.place.mapped(command), may_fail=True)[1]
            expect_output(wanted, self.place.unmapped(printed), step.argument)

    def do_file(self, step):
        file = self.place.here / self.place.mapped(step.argument)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.place.mapped(step.text), encoding="utf-8")

    def do_tree(self, step):
        name, _, but = step.argument.partition(" but for ")
        left_out, _, reason = but.partition(": ")
        if but and not reason:
            raise PageError(f"line {step.line}: left out without a reason")
        if but:
            self.skipped.append(f"line {step.line}: {left_out}: {reason}")
        folder = self.place.source if name == "$SOURCE" else self.place.here / self.place.mapped(name)
        expect_tree(step.text, folder, left_out)

    def do_bytes(self, step):
        expect_bytes(step.text, pathlib.Path(self.options.source) / step.argument)

    def do_covered(self, step):
        listed = subprocess.run(
            ["ctest", "--test-dir", self.options.build, "-N", "-R", f"^{step.argument}$"],
            capture_output=True, text=True, check=True,
        )
        if "Total Tests: 1\n" not in listed.stdout:
            raise PageError(f"line {step.line}: no test is called {step.argument}")

    def do_skip(self, step):
        if not step.argument:
            raise PageError(f"line {step.line}: skipped without a reason")
        self.skipped.append(f"line {step.line}: {step.argument}")

    def do_do(self, step):
        self.shell.run(self.place.mapped(step.text))

    def do_let(self, step):
        word, _, command = step.argument.partition(" ")
        self.place.words[word] = self.shell.run(self.place.mapped(command))[1].strip()
        if not self.place.words[word]:
            raise ShellError(f"nothing was printed for {word}")

    def do_until(self, step):
        self.shell.until(self.place.mapped(step.text))

    def do_checkout(self, _step):
        self.place.check_out()


def follow_page(options):
    """The complaints about the page; none when all of it holds."""
    try:
        steps = read_page(options.page)
    except PageError as error:
        return [str(error)]
    run, complaints = Run(options), []
    try:
        for step in steps:
            print(f"line {step.line}: {step.verb} {step.argument.splitlines()[0] if step.argument else ''}".rstrip(), flush=True)
            try:
                run.follow(step)
            except (ShellError, Different) as error:
                complaints.append(f"line {step.line}: {step.verb}: {run.place.unmapped(str(error))}\n{step.text}")
                break
            except PageError as error:
                complaints.append(str(error))
                break
    finally:
        complaints += run.shell.close()
    print(f"followed {len(steps)} steps, skipped {len(run.skipped)}")
    for reason in run.skipped:
        print(f"  SKIPPED {reason}")
    return complaints


def folders_of(options):
    """Where a file that the page names may be."""
    here = pathlib.Path(options.work, "here")
    return [options.source, here, here / "bus", pathlib.Path(options.work, "root/var/lib/truc")]


def main():
    parser = argparse.ArgumentParser(description="follow a page of the documents")
    parser.add_argument("page")
    for name in ("programs", "work"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("source", "sdk", "build", "sanitizers"):
        parser.add_argument(f"--{name}", default="")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped by a signal"))
    complaints = follow_page(options) or wrong_names(options.page, options.programs, folders_of(options))
    for complaint in complaints:
        print(f"FAILED {options.page}: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
