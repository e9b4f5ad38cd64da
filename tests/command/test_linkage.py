"""Which programs cannot be put on another clock, by what their files say."""

import shutil
import struct
import sys

import pytest

from alicred_emulator.launch.companions.linkage import looked_at

INTERPRETER, NOTE, LOAD = 3, 4, 1
GLIBC, MUSL = b"/lib64/ld-linux-x86-64.so.2\0", b"/lib/ld-musl-x86_64.so.1\0"
GO_NOTE = struct.pack("<III", 4, 4, 4) + b"Go\0\0" + b"id  "
GNU_NOTE = struct.pack("<III", 4, 4, 3) + b"GNU\0" + b"id  "


def elf(segments, *, order="<", wide=True):
    """Return an executable file with segments of some kinds."""
    word = "Q" if wide else "I"
    header, entry = (64, 56) if wide else (52, 32)
    start = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    start += struct.pack(order + f"HHI{word}{word}{word}I", 2, 62, 1, 0, header, 0, 0)
    start += struct.pack(order + "HHHHHH", header, entry, len(segments), 0, 0, 0)
    offset = header + entry * len(segments)
    table, contents = b"", b""
    for kind, content in segments:
        place = offset + len(contents)
        if wide:
            table += struct.pack(order + "IIQQQQQQ", kind, 4, place, 0, 0, len(content), 0, 1)
        else:
            table += struct.pack(order + "IIIIIIII", kind, place, 0, 0, len(content), 0, 4, 1)
        contents += content
    return start + table + contents


@pytest.fixture
def program(tmp_path):
    """Write an executable file."""

    def program(content, name="program"):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o755)
        return path

    return program


DYNAMIC = [(INTERPRETER, GLIBC), (NOTE, GNU_NOTE), (LOAD, b"code")]
CASES = {
    "dynamic": (DYNAMIC, None, True),
    "static": ([(NOTE, GNU_NOTE), (LOAD, b"code")], "is statically linked", True),
    "Go, static": ([(NOTE, GO_NOTE), (LOAD, b"")], "is a Go program, which asks no library", True),
    "Go, with C": ([*DYNAMIC, (NOTE, GO_NOTE)], "is a Go program, which asks no library", True),
    "musl": ([(INTERPRETER, MUSL), (LOAD, b"code")], "is linked with musl", False),
}


@pytest.mark.parametrize(("order", "wide"), [("<", True), (">", True), ("<", False), (">", False)])
@pytest.mark.parametrize("case", CASES)
def test_a_programs_file_tells_whether_it_asks_the_c_library(program, case, order, wide):
    """Who is loaded without an interpreter preloads nothing; Go asks the kernel; musl cannot load glibc's."""
    segments, why_not, may_preload = CASES[case]
    path = program(elf(segments, order=order, wide=wide))
    assert looked_at([str(path)], "") == (path, why_not, may_preload)


def test_a_scripts_program_is_its_interpreter(program):
    """Through `env`, with its options and variables, as well."""
    static = program(elf([(LOAD, b"")]), "python9")
    by_path = program(f"#!{static} -u\n".encode(), "by_path")
    by_name = program(b"#!/usr/bin/env -S NAME=1 python9 -u\n", "by_name")
    search_path = f"{static.parent}:/usr/bin:/bin"
    for script in (by_path, by_name):
        assert looked_at([script.name, "x"], search_path).path == static
        assert looked_at([str(script)], search_path).why_not == "is statically linked"


@pytest.mark.parametrize("content", [b"", b"\x7fELF", elf(DYNAMIC)[:70], b"#!\n", b"#!/nowhere\n", b"text"])
def test_what_cannot_be_told_is_not_said(program, content):
    """A file that is no program, or half of one, is nobody's reason for a warning."""
    assert looked_at([str(program(content))], "").why_not is None


def test_scripts_that_interpret_each_other_end_somewhere(program):
    """The kernel gives up as well."""
    path = program(b"", "ouroboros")
    path.write_text(f"#!{path}\n")
    assert looked_at([str(path)], "").path == path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have other formats")
@pytest.mark.parametrize("name", ["sh", "env", "node", "java"])
def test_programs_of_this_machine_follow(name):
    """Each asks the C library of the machine."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    assert looked_at([name], None).why_not is None
