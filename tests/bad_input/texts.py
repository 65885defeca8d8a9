"""Workflow files that are no text of their format, or too much: classes 4-9, 30-35."""

from __future__ import annotations

import json

from bad_input.specs import KDL_ONE, ONE, job, text, tree


def _alias_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    return "\n".join(lines)


def _merge_bomb() -> str:
    lines = ["x-0: &m0 {k0: v}"]
    lines += [f"x-{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}" for i in range(1, 30)]
    return "\n".join((*lines, "name: x", ONE))


def _wide_merges(size: int) -> str:
    keys = ", ".join(f"k{i}: v" for i in range(size))
    merged = "\n".join(f"x-{i}: {{<<: *wide}}" for i in range(size))
    return f"x-wide: &wide {{{keys}}}\n{merged}\nname: x\n{ONE}"


_MANY = (*({"name": f"j{i}", "command": "true"} for i in range(20_000)), {"command": "true"})

REFUSED = [
    *text(4, "empty", "w.yaml", "", "empty"),
    *text(4, "empty", "w.json", "", "empty"),
    *text(4, "empty", "w.kdl", " \n\t\n", "empty"),
    *text(4, "only a comment", "w.yaml", "# nothing\n", "mapping"),
    *text(4, "only a comment", "w.kdl", "// nothing\n", "name"),
    *text(4, "only a comment", "w.json5", "// nothing\n", "ends"),
    *text(4, "null", "w.json", "null", "mapping"),
    *text(4, "empty, without a suffix", "w", "", "empty"),
    *text(5, "a program", "w.yaml", b"\x7fELF\x02\x01\x00\xff\xfe", "binary"),
    *text(5, "UTF-16", "w.json", '{"name": "x"}'.encode("utf-16"), "UTF-16"),
    *text(5, "UTF-16, no mark", "w.kdl", 'name "x"'.encode("utf-16-le"), "UTF-16"),
    *text(5, "UTF-32", "w.yaml", "name: x".encode("utf-32"), "UTF-16"),
    *text(5, "two marks", "w.yaml", b"\xef\xbb\xbf" * 2 + b"name: x", "w.yaml:1"),
    *text(6, "Latin-1", "w.yaml", b"name: x\n# caf\xe9\n", "line 2", "UTF-8"),
    *text(6, "cut off", "w.json", b'{"name": "x\xc3', "line 1", "UTF-8"),
    *text(6, "a surrogate", "w.kdl", b'name "\xed\xa0\x80"', "line 1", "UTF-8"),
    *text(7, "NUL", "w.yaml", b"name: x\0y\n", "binary"),
    *text(
        7, "NUL far inside", "w.yaml", f"#{'é' * 5000}\n{ONE}\nname: x\0", "w.yaml:3:8", "U+0000"
    ),
    *(
        spec
        for file in ("w.yaml", "w.json", "w.json5")
        for spec in text(
            7,
            "NUL, escaped",
            file,
            '{"name": "x", "jobs": [{"name": "a", "command": "a\\u0000"}]}',
            "jobs[0].command",
            "NUL",
        )
    ),
    *tree(7, "controls in a name", "name", "control", name="x\x1b[31my"),
    *job(7, "a line end in a name", "jobs[0].name", "U+000A", name="a\nb"),
    *job(7, "a reordered name", "jobs[0].name", "U+202E", name="a\u202eb"),
    *text(8, "brackets", "w.yaml", "name: [x\njobs: }", "w.yaml:2"),
    *text(8, "a tab", "w.yaml", "name: x\njobs:\n\t- name: a", "w.yaml:3"),
    *text(8, "indented", "w.yaml", "name: x\n  jobs: []\n", "w.yaml:2"),
    *text(8, "two documents", "w.yaml", f"name: x\n{ONE}\n---\nname: y\n", "document"),
    *text(8, "an unknown tag", "w.yaml", f"name: !!python/name:os x\n{ONE}", "w.yaml:1"),
    *text(8, "an unknown alias", "w.yaml", f"name: *x\n{ONE}", "w.yaml:1", "x"),
    *text(8, "brackets", "w.json", '{"name": "x",\n "jobs": [}', "w.json:2"),
    *text(8, "cut off", "w.json", '{"name": "x",\n "jobs": [', "w.json:2"),
    *text(8, "two values", "w.json", '{"name": "x"}\n{}', "w.json:2"),
    *text(8, "brackets", "w.json5", "{name: 'x',\n jobs: [}", "w.json5:2"),
    *text(8, "quotes", "w.json5", "{name: 'x\n', jobs: []}", "w.json5:1"),
    *text(8, "no end", "w.json5", "{name: 'x' /* ", "w.json5:1", "comment"),
    *text(8, "no end", "w.kdl", f'name "x"\n{KDL_ONE[:-1]}', "w.kdl:2", "{"),
    *text(8, "quotes", "w.kdl", f'name "x\n{KDL_ONE}', "w.kdl:1", "quotes"),
    *text(8, "an equals sign", "w.kdl", f'name = "x"\n{KDL_ONE}', "w.kdl:1"),
    *text(8, "of no format", "w.txt", "%%%\n", "w.txt"),
    *text(9, "a key", "w.yaml", f"name: x\nname: y\n{ONE}", "w.yaml:2", '"name"', "line 1"),
    *text(9, "a key", "w.json", '{"name": "x",\n"name": "y"}', "w.json:2", "line 1"),
    *text(9, "a key", "w.json5", "{name: 'x',\n'name': 'y'}", "w.json5:2", "line 1"),
    *text(9, "a node", "w.kdl", f'name "x"\nname "y"\n{KDL_ONE}', "w.kdl:2", "name"),
    *text(
        9,
        "deep inside",
        "w.yaml",
        "name: x\njobs:\n- name: a\n  command: b\n  command: c\n",
        "w.yaml:5",
        '"command"',
        "line 4",
    ),
    *text(30, "lists", "w.yaml", _alias_bomb(), "alias"),
    *text(30, "of itself", "w.yaml", f"name: x\nx-a: &a [*a]\n{ONE}", "w.yaml:2", "a"),
    *text(31, "nested", "w.yaml", _merge_bomb(), "w.yaml"),
    *text(31, "wide", "w.yaml", _wide_merges(3_000), "w.yaml", "aliases repeat"),
    *text(31, "nearly too wide", "w.yaml", _wide_merges(2_200) + "\nz: 1", '"z"'),
    *(
        spec
        for file in ("w.json", "w.json5", "w.yaml")
        for spec in text(32, "lists", file, "[" * 100_000, "nest")
    ),
    *(
        spec
        for file in ("w.json", "w.json5", "w.yaml")
        for spec in text(32, "mappings", file, '{"a":' * 50_000 + "1" + "}" * 50_000, "nest")
    ),
    *text(32, "indented", "w.yaml", "".join(f"{' ' * i}a:\n" for i in range(2_000)), "nest"),
    *text(32, "nodes", "w.kdl", "a {" * 100_000, "nest"),
    *text(32, "comments", "w.kdl", "/*" * 100_000, "comment"),
    *tree(32, "metadata", "nest", metadata={"a": json.loads("[" * 100 + "]" * 100)}),
    *text(33, "wrong jobs", "w.json", f'{{"jobs": [{"1," * 100_000}1]}}', "9,800 more"),
    *tree(33, "many jobs", "jobs[20000]", jobs=_MANY),
    *text(33, "65 MiB", "w.yaml", b"#" * (65 * 2**20), "64 MiB"),
    *job(33, "a long command", "jobs[0].command", "1,000,000", command="x" * 1_000_001),
    *(
        spec
        for number in (2**63, 10**300, -(2**70))
        for spec in job(34, f"of {len(str(number))} digits", "priority", priority=number)
    ),
    *job(34, "of 401 digits", priority=10**400),
    *text(34, "5,000 digits", "w.json", f'{{"name": "x", "jobs": {"9" * 5000}}}', "w.json"),
    *text(34, "5,000 digits", "w.yaml", f"name: x\njobs: {'9' * 5000}", "w.yaml:2", "jobs"),
    *text(34, "5,000 digits", "w.kdl", f'name "x"\njobs {"9" * 5000}', "w.kdl"),
    *tree(34, "user data", "64 bits", user_data=[{"name": "d", "data": [2**64]}]),
    *(
        spec
        for file in ("w.json", "w.json5", "w.yaml")
        for spec in text(
            35,
            "escaped",
            file,
            '{"name": "a\\ud800b", "jobs": [{"name": "a", "command": "true"}]}',
            f"{file}:1",
        )
    ),
    *text(35, "escaped", "w.kdl", f'name "a\\u{{d800}}"\n{KDL_ONE}', "w.kdl:1", "d800"),
]
