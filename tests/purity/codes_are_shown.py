"""Promise: a code of bus/base/truc/error.def is returned by the software, explained by docs/errors.md, and asserted by a test; an exit
code in docs/operations.md is one that the program has and that a test asks for. Reads sources as text; it does not run them.
usage: codes_are_shown.py ROOT | codes_are_shown.py --prove

What counts as asserted, comments left out:
 - in a C test, the code's name (TRUC_E_NAME; in a string "(NAME)" as logs have it, or "NAME: ...") in a statement that asserts, expects
   or fails, in a constant table, or at the beginning of a test's name;
 - in a Python test, codes.NAME or NAME in a string, as an argument of a call that asserts, or "NAME" in the name of a test.
"""
import ast
import pathlib
import re
import sys
import tempfile

# Said by receivers' programs, through truc_reject and the wire; Trục itself never finds out that somebody is not there.
OF_RECEIVERS = {"NO_MATCH"}
ASSERTS = re.compile(r"assert_|expect_|fail_msg|\brefuses?_|\bstatic const\b")
PYTHON_ASSERTS = re.compile(r"assert|refused|ended|ends|failed")
COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|/\*.*?\*/|//[^\n]*', re.DOTALL)


def without_comments(text):
    return COMMENT.sub(lambda found: found.group(1) or " ", text)


def codes_of(root):
    text = (root / "bus/base/truc/error.def").read_text("utf-8")
    return re.findall(r"^TRUC_ERROR\(([A-Z_]+), *(\d+)", text, re.MULTILINE)


def files(root, folder, *patterns):
    for pattern in patterns:
        yield from sorted((root / folder).rglob(pattern))


# ---- asserted ----

def statements(text):
    """What ends with a semicolon; the inside of a function's body is cut at its own semicolons."""
    return re.split(r";|\n\{|\n\}", text)


def shown_in_c(text):
    text = without_comments(text)
    yield from re.findall(r"^static void (?:test_)?([A-Z]+(?:_[A-Z]+)*)_[a-z]", text, re.MULTILINE)
    for statement in statements(text):
        if ASSERTS.search(statement):
            yield from re.findall(r"\bTRUC_E_([A-Z_]+)\b", statement)
            for literal in re.findall(r'"((?:\\.|[^"\\])*)"', statement):
                yield from re.findall(r"\(([A-Z][A-Z_]+)\)", literal)
                yield from re.findall(r"^([A-Z][A-Z_]+):", literal)


def shown_in_python(text):
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield from re.findall(r"(?<=_)[A-Z][A-Z]+(?:_[A-Z]+)*(?=_|$)", node.name)
        if isinstance(node, ast.Call) and PYTHON_ASSERTS.search(ast.unparse(node.func)):
            for part in ast.walk(node):
                if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "codes":
                    yield part.attr
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield from re.findall(r"\b[A-Z][A-Z_]+\b", part.value)


def shown(root):
    names = set()
    for file in files(root, "tests", "test_*.c"):
        names.update(shown_in_c(file.read_text("utf-8")))
    for file in files(root, "tests", "test_*.py"):
        names.update(shown_in_python(file.read_text("utf-8")))
    return names


# ---- returned ----

def returned(root):
    """Not: asked for (== or case), and not a table of what codes mean for something else."""
    names = set()
    for folder in ("bus", "adapters"):
        for file in files(root, folder, "*.c", "*.h"):
            text = without_comments(file.read_text("utf-8"))
            text = re.sub(r"\bcase\s+TRUC_E_\w+|[=!]=\s*-?TRUC_E_\w+", " ", text)
            names.update(re.findall(r"\bTRUC_E_([A-Z_]+)\b", text))
    return names


def check_codes(root):
    page = (root / "docs/errors.md").read_text("utf-8")
    asserted, made = shown(root), returned(root)
    for name, number in codes_of(root):
        if name not in asserted:
            yield f"{name}: no test asserts it"
        if name not in made | OF_RECEIVERS:
            yield f"{name}: nothing returns it"
        if f"| {number} | `{name}` |" not in page:
            yield f"{name}: docs/errors.md does not explain it"


# ---- exit codes ----

def documented_exits(root):
    """Of trucd, by the table, and of truc, by the sentence below it."""
    text = (root / "docs/operations.md").read_text("utf-8")
    section = text.partition("## Exit codes")[2].partition("\n## ")[0]
    sentence = section.partition("`truc` has codes of its own:")[2].partition(".")[0]
    return (set(re.findall(r"^\| (\d+) \|", section, re.MULTILINE)), set(re.findall(r"(?:^|;) *(\d+) ", sentence.replace("\n", " "))))


def values_of_enum(text, name):
    body = re.search(r"enum " + name + r"\s*\{(.*?)\}", without_comments(text), re.DOTALL)
    value, values = -1, set()
    for entry in filter(str.strip, body.group(1).split(",")):
        explicit = re.search(r"=\s*(\d+)", entry)
        value = int(explicit.group(1)) if explicit else value + 1
        values.add(str(value))
    return values


def asked_of_trucd(root):
    """Numbers and the constants that stand for them, where a test awaits the end or lists what it should be."""
    for file in files(root, "tests/unit/io", "test_trucd*.c"):
        text = without_comments(file.read_text("utf-8"))
        constants = dict(re.findall(r"\b(EXIT_\w+) = (\d+)", text))
        for statement in statements(text):
            if ASSERTS.search(statement) and re.search(r"trucd_await_end|\bcode\b|\.exit =", statement):
                yield from (constants[name] for name in re.findall(r"\bEXIT_\w+", statement) if name in constants)
                yield from re.findall(r"trucd_await_end\([^)]*\), (\d+)", statement)


def asked_of_truc(root, values):
    """CLI_… of its enum, or the number, where a test compares the exit code of a run."""
    for file in files(root, "tests", "test_*.c"):
        for statement in statements(without_comments(file.read_text("utf-8"))):
            if ASSERTS.search(statement):
                yield from re.findall(r"(?:\bcode|truc\(.*\)|cli_bench_run\(.*\)), (\d)\)", statement)
                yield from (values[name] for name in re.findall(r"\bCLI_\w+", statement) if name in values)


def cli_names(root):
    body = re.search(r"enum cli_exit\s*\{(.*?)\}", without_comments((root / "bus/cli/cli.h").read_text("utf-8")), re.DOTALL)
    return dict(re.findall(r"\b(CLI_\w+) = (\d+)", body.group(1)))


def check_exits(root):
    trucd, truc = documented_exits(root)
    names = cli_names(root)
    for program, documented, had, asked in (
            ("trucd", trucd, values_of_enum((root / "bus/daemon/daemon.h").read_text("utf-8"), "daemon_exit"),
             set(asked_of_trucd(root))),
            ("truc", truc, set(names.values()), set(asked_of_truc(root, names)))):
        for code in sorted(documented | had, key=int):
            if code not in documented:
                yield f"{program} {code}: docs/operations.md does not explain it"
            if code not in had:
                yield f"{program} {code}: the program never ends so"
            if code not in asked:
                yield f"{program} {code}: no test asks for it"


# ---- of itself ----

def prove():
    """A made-up code is complained of three times; where it is used, explained and asserted, not at all."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)

        def write(path, text):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8")

        write("bus/base/truc/error.def", 'TRUC_ERROR(IMAGINED, 99, "made up", "nothing")\n')
        write("docs/errors.md", "# Errors\n\nIMAGINED is named here, and not in a table.\n")
        write("bus/core/use.c", "/* TRUC_E_IMAGINED */\nint f(int c)\n{\n    switch (c) {\n    case TRUC_E_IMAGINED:\n"
                                "        return 1;\n    }\n    return c == TRUC_E_IMAGINED;\n}\n")
        write("tests/test_use.c", "/* assert_int_equal(f(), TRUC_E_IMAGINED); */\nint g(void)\n{\n    return TRUC_E_IMAGINED;\n}\n")
        write("tests/test_use.py", "from codes import IMAGINED  # IMAGINED\nX = codes.IMAGINED\n")
        complaints = list(check_codes(root))
        assert len(complaints) == 3, complaints
        write("docs/errors.md", "| 99 | `IMAGINED` | made up | nothing |\n")
        write("bus/core/use.c", "int f(void)\n{\n    return TRUC_E_IMAGINED;\n}\n")
        write("tests/test_use.py", "def test_it(self):\n    self.assertEqual(codes.IMAGINED, f())\n")
        assert not list(check_codes(root)), list(check_codes(root))
        write("tests/test_use.py", "")
        write("tests/test_use.c", "void g(void)\n{\n    assert_int_equal(f(), TRUC_E_IMAGINED);\n}\n")
        assert not list(check_codes(root)), list(check_codes(root))
        write("docs/operations.md", "## Exit codes\n\n| 0 | clean |\n| 9 | made up |\n\n`truc` has codes of its own: 0 done; 8 made up.\n")
        write("bus/daemon/daemon.h", "enum daemon_exit { DAEMON_EXIT_CLEAN = 0, DAEMON_EXIT_OTHER = 7 };\n")
        write("bus/cli/cli.h", "enum cli_exit { CLI_OK = 0 };\n")
        write("tests/unit/io/test_trucd.c", "void h(void)\n{\n    assert_int_equal(trucd_await_end(p), 0);\n"
                                            "    assert_int_equal(bench.code, CLI_OK);\n}\n")
        complaints = list(check_exits(root))
        expected = ["trucd 7: docs", "trucd 7: no test", "trucd 9: the program", "trucd 9: no test", "truc 8: the program",
                    "truc 8: no test"]
        assert [c for c in complaints if not c.startswith(tuple(expected))] == [] and len(complaints) == 6, complaints
    print("a made-up code is noticed")


def main():
    if sys.argv[1:] == ["--prove"]:
        prove()
        return 0
    root = pathlib.Path(sys.argv[1])
    complaints = [*check_codes(root), *check_exits(root)]
    print("\n".join(complaints) or f"{len(codes_of(root))} codes: each is returned, explained and asserted")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
