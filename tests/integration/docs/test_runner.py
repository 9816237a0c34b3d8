"""test_runner.py - the runner of pages is no rubber stamp: what is wrong in a page makes it fail, and says where.
Not a test of any page. Usage: test_runner.py PROGRAMS WORK"""

import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).parent
PROGRAMS, WORK = sys.argv[1], pathlib.Path(sys.argv[2])


def follow(text, name="page.md"):
    WORK.mkdir(parents=True, exist_ok=True)
    page = WORK / name
    page.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-B", HERE / "run_page.py", page, "--programs", PROGRAMS, "--work", WORK / "work",
         "--source", HERE.parents[2]],
        capture_output=True, text=True, timeout=100,
    )


def block(text, language="", mark=""):
    return f"{mark and f'<!-- docs: {mark} -->'}\n```{language}\n{text}\n```\n"


class RunnerTells(unittest.TestCase):
    def fails(self, text, *words, name="page.md"):
        done = follow(text, name)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def holds(self, text, *words, name="page.md"):
        done = follow(text, name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout)

    def test_a_page_is_one_terminal(self):
        first, second = block("cd /tmp; word=said", "sh"), block("echo $word; basename $PWD", "sh")
        self.holds(first + second + block("said\ntmp", mark="output"))

    def test_a_failing_command(self):
        self.fails(block("echo before\nfalse\necho after", "sh"), "line 2", "(exit code 1) false", "before")
        self.fails(block("false | cat", "sh"), "line 2")

    def test_a_wrong_output(self):
        self.fails(block("echo three", "sh") + block("four", mark="output"), "-four", "+three")
        self.fails(block("seq 2", "sh") + block("1\n2\n3", mark="output"), "-3")
        self.fails(block("seq 3", "sh") + block("1\n2", mark="output"), "+3")
        self.fails(block("$ echo a\na\n$ echo b\nc", mark="transcript"), "-c", "+b")

    def test_an_exit_code(self):
        self.holds(block("exit_with() { return $1; }; exit_with 3", "sh", "run exits 3"))
        self.fails(block("true", "sh", "run exits 3"), "ended with 0, not 3")

    def test_an_unmarked_block(self):
        self.fails(block("a picture"), "line 2: nothing says what to do")
        self.fails(block("a: b", "yaml"), "line 2: nothing says what to do")
        self.fails("```sh\ntrue\n", "line 1: this block has no end")
        self.fails(".Bd -literal\nint main;\n.Ed\n", "line 1: nothing says what to do", name="page.3")

    def test_a_wrong_mark(self):
        self.fails("<!-- docs: runs -->\n", "there is no instruction 'runs'")
        self.fails("<!-- docs: output -->\n", "no block below")
        self.fails("<!-- docs: output -->\n" + block("x", mark="run"), "no block below")
        self.fails(block("x", mark="skip"), "without a reason")
        self.fails(block("x", mark="output"), "no commands before")
        self.fails(block("x", mark="run sometimes"), "says nothing")

    def test_a_skipped_block_is_told(self):
        self.holds(block("x", mark="skip it is a picture"), "SKIPPED line 2: it is a picture")

    def test_what_may_differ_is_named(self):
        ran = block("echo at 14:03:07 as 41, key 9f3cab, of none", "sh")
        self.holds(ran + block("at 01:02:03 as 7, key aaaaaa, of none", mark="output time number=7 hash=aaaaaa"))
        self.fails(ran + block("at 01:02:03 as 7, key aaaaaa, of none", mark="output time hash=aaaaaa"), "as 41")
        self.fails(ran + block("at 01:02:03 as 7, key aaaaaa, of all", mark="output time number=7 hash=aaaaaa"), "of none")
        self.holds(block("seq 9", "sh") + block("1\n…\n5\n…", mark="output"))
        self.fails(block("seq 9", "sh") + block("…\n5\n…\n5\n…", mark="output"), "-5")

    def test_files_and_hidden_commands(self):
        self.holds(block("a: 1", "yaml", "file sub/a.yaml") + "<!-- docs: do\ngrep -q 'a: 1' sub/a.yaml\n-->\n")
        self.fails("<!-- docs: do grep -q b nothing.yaml -->\n", "line 1: do")
        self.holds(block("mkdir -p sub; touch sub/b.txt", "sh") + block("sub/          a\nsub/NAME.txt  b", mark="tree ."))
        self.fails(block("none/     a", mark="tree ."), "there is no none")
        self.holds(block("none/     a", mark="tree . but for none/: it comes later"), "SKIPPED line 2: none/: it comes later")
        self.fails(block("none/     a", mark="tree . but for none/"), "without a reason")

    def test_names_of_a_machine_are_kept_apart(self):
        made = "mkdir -p /var/lib/truc/x\necho /var/lib/truc/x 127.0.0.1:7401\n"
        self.holds(block(made, "sh") + block("/var/lib/truc/x 127.0.0.1:7401", mark="output"))
        self.assertTrue((WORK / "work/root/var/lib/truc/x").is_dir())

    def test_what_was_started_is_stopped(self):
        started = "sleep 1000 &\necho $! >" + str(WORK / "pid") + "\n(setsid sleep 1000 & echo $! >" + str(WORK / "pid2") + ")\n"
        self.holds(block(started, "sh"))
        self.fails(block(started + "false", "sh"), "false")
        for name in ("pid", "pid2"):
            self.assertFalse(os.path.exists(f"/proc/{(WORK / name).read_text().strip()}"))

    def test_what_ended_badly_is_told(self):
        stays = block("(trap 'exit 9' TERM; echo >ready; while :; do sleep 0.01; done) &", "sh")
        self.fails(stays + "<!-- docs: until test -e ready -->\n", "ended with 9")

    def test_what_should_stay_and_does_not_is_told(self):
        self.holds(block("sleep 1000   # as long as it takes", "sh", "run stays"))
        ended = block("false_start() { echo started; return 3; }\nfalse_start", "sh", "run stays")
        self.fails(ended + "<!-- docs: until ! kill -0 $! -->\n", "by itself with 3")

    def test_bytes(self):
        golden = "tests/golden/journal/segments-00000000000000000000.tj.hex"
        self.holds(block("000000: 545255435345470a   magic", mark=f"bytes {golden}"))
        self.fails(block("000000: 545255435345470b   magic", mark=f"bytes {golden}"), "not 545255435345470b")

    def test_names_in_the_text(self):
        self.holds("`truc journal find --sender portal` and [a part](#a-part)\n\n## A part\n")
        self.fails("`truc journal find --form portal`\n", "no option --form")
        self.holds("`tests/unit/core` and `adapters/systems/ID/adapter.yaml`\n")
        self.fails("`tests/unit/none.c`\n", "there is no such file")
        self.fails("`truc jornal find`\n", "no command 'jornal'")
        self.fails("[there](nowhere.md)\n", "there is no nowhere.md")
        self.fails("[there](#nowhere)\n", "no section #nowhere")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
