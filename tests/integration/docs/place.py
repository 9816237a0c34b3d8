"""place.py - where a page is followed: a fresh directory, the programs of this build, and what fixed names of pages become.
Not the terminal (shell.py). A page's commands are run as they stand, but for two kinds of names, here and in what they print:
    127.0.0.1:7401      ports from 7000 to 7999 become free ones, the same for the whole page and in the checkout's configuration
    /var/lib/truc …     directories of a machine (MACHINE below) become directories of that name under root/
In the flow: run_page.py."""

import os
import pathlib
import re
import shlex
import shutil
import socket

MACHINE = ("/var/lib/truc-sandbox", "/var/lib/truc", "/etc/truc", "/usr/share/bash-completion", "/usr/share/zsh", "/tmp", "/media/usb")
CHECKOUT = ("config", "schemas", "adapters/systems", "adapters/examples", "tests/interop/truc_stranger")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Place:
    def __init__(self, work, programs, source):
        self.work, self.programs, self.source = pathlib.Path(work), pathlib.Path(programs), pathlib.Path(source)
        shutil.rmtree(self.work, ignore_errors=True)
        self.here, self.root, self.home = self.work / "here", self.work / "root", self.work / "home"
        for folder in (self.here, self.home, *(self.root / name.lstrip("/") for name in MACHINE)):
            folder.parent.mkdir(parents=True, exist_ok=True)
        for name in ("/tmp", "/media/usb", "/usr/share/zsh/vendor-completions", "/usr/share/bash-completion/completions"):
            (self.root / name.lstrip("/")).mkdir(parents=True)
        self.here.mkdir()
        self.home.mkdir()
        self.ports, self.words = {}, {}

    def mapped(self, text):
        text = re.sub(r"(127\.0\.0\.1:)(7\d{3})\b", lambda at: at[1] + self.port(at[2]), text)
        for word, real in self.words.items():
            text = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lambda _: real, text)
        names = "|".join(re.escape(name) for name in MACHINE)
        return re.sub(rf"(?<![\w.~/-])(?:{names})(?![\w-])", lambda at: f"{self.root}{at[0]}", text)

    def port(self, written):
        while written not in self.ports:
            port = free_port()
            if port not in self.ports.values():
                self.ports[written] = port
        return self.ports[written]

    def unmapped(self, text):
        """What came out, as the page's reader would see it."""
        text = text.replace(f"{self.root}/", "/")
        for written, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{written}")
        for word, real in self.words.items():
            text = re.sub(rf"(?<![\w-]){re.escape(real)}(?![\w-])", lambda _: word, text)
        return text

    def check_out(self):
        for name in CHECKOUT:
            shutil.copytree(self.source / name, self.here / name, ignore=shutil.ignore_patterns("__pycache__"))
        for file in [*(self.here / "config").rglob("*.yaml"), *(self.here / "adapters/systems").glob("*/adapter.yaml")]:
            file.write_text(self.mapped(file.read_text(encoding="utf-8")), encoding="utf-8")
        built = self.here / "build/release"
        built.mkdir(parents=True)
        (built / "bin").symlink_to(self.programs)

    def variables(self, sdk, sanitizers):
        """The environment of a reader who has installed Trục; a sanitized build's library wants its users built alike."""
        tools = self.work / "tools"
        tools.mkdir()
        if sanitizers:
            compiler = tools / "cc"
            compiler.write_text(f'#!/bin/sh\nexec {shlex.quote(shutil.which("cc"))} -fsanitize={sanitizers} "$@"\n')
            compiler.chmod(0o755)
        library = next((path.parent for path in pathlib.Path(sdk).rglob("truc.pc")), None) if sdk else None
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRUC_", "XDG_"))}
        kept.update(
            PATH=f"{tools}:{self.programs}:{os.environ['PATH']}",
            HOME=str(self.home),
            TMPDIR=str(self.root / "tmp"),
            TERM="dumb",
            LC_ALL="C.UTF-8",
            TRUC_AS_ROOT="1",  # the reader of these pages has an own user; CI is root
        )
        if library:
            kept.update(PKG_CONFIG_PATH=str(library), LD_LIBRARY_PATH=str(library.parent))
        return kept
