"""KDL text to nodes: version 2, and version 1 where the text is not version 2.

The reader of version 2 is our own, because the kdl-py package knows only version 1. No text means
different things in the two versions, so trying one after the other is safe.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from torc_core.spec.problems import MAX_DEPTH, Lines, MalformedError, shown
from torc_core.spec.spelling import spelled

_BLANK = "\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
_BREAK = r"(?:\r\n|[\n\r\x0b\x0c\x85\u2028\u2029])"
_NOT_BREAK = r"[^\n\r\x0b\x0c\x85\u2028\u2029]"
_SPACE = re.compile(rf"(?:[{_BLANK}]++|\\[{_BLANK}]*+(?://{_NOT_BREAK}*+)?(?:{_BREAK}|$))*+")
_BETWEEN = re.compile(rf"(?:[{_BLANK};]++|{_BREAK}|//{_NOT_BREAK}*+|\\(?=[{_BLANK}]*+{_BREAK}))*+")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_TERMINATOR = re.compile(rf"(?:;|{_BREAK}|//{_NOT_BREAK}*+(?:{_BREAK}|$)|$)")

_STRING = re.compile(r'"((?:[^"\\\n\r\x0b\x0c\x85\u2028\u2029]++|\\(?:\s++|\S))*+)"')
_MULTI_LINE = re.compile(rf'"""[{_BLANK}]*+{_BREAK}((?:[^"\\]++|\\[\s\S]|"(?!""))*+)"""')
_RAW = re.compile(r'(#+)(?:"""([\s\S]*?)"""|"(.*?)")\1(?!#)')
_WORD = re.compile(rf'[^\\/(){{}};\[\]"#={_BLANK}\n\r\x0b\x0c\x85\u2028\u2029\x00-\x1f\x7f]++')
_NUMBER = re.compile(
    r"[-+]?(?:0x[0-9a-fA-F][0-9a-fA-F_]*+|0o[0-7][0-7_]*+|0b[01][01_]*+"
    r"|[0-9][0-9_]*+(?:\.[0-9][0-9_]*+)?(?:[eE][-+]?[0-9][0-9_]*+)?)"
)
_NUMBER_START = re.compile(r"[-+]?\.?[0-9]")
_KEYWORD = re.compile(r"#(true|false|null|-?inf|nan)(?![\w-])")
_KEYWORDS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "inf": float("inf"),
    "-inf": float("-inf"),
    "nan": float("nan"),
}
_MAX_DIGITS = 400
_MAX_VERSION_1 = 250_000
"""Characters that kdl-py is asked to read; it needs one to two seconds for as many."""

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(\s+)|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "s": " ", "\\": "\\", '"': '"'}


class Node(msgspec.Struct):
    """One node: its values, its properties and its children."""

    name: str
    offset: int | None
    """Where its name begins in the text; None if unknown."""
    arguments: list[Any] = []
    properties: list[tuple[str, Any]] = []
    children: list[Node] = []
    values_end: int = 0
    """Behind its last value or property."""
    end: int = 0
    """Behind its values and children, before what ends it."""
    property_places: list[tuple[int, int]] = []
    """Where each property begins and ends."""


def parse_kdl(text: str) -> list[Node]:
    """Return the nodes of a KDL document.

    Raises:
        MalformedError: Neither version 2 nor version 1; the problem is that of version 2.
    """
    try:
        return _Reader(text).document()
    except MalformedError as problem:
        nodes = _version_1(text)
        if nodes is None:
            raise problem from None
        return nodes


def _version_1(text: str) -> list[Node] | None:
    """Return the nodes of a document of version 1, without positions; None if it is none."""
    import kdl.errors  # noqa: PLC0415 -- 45 ms that hardly any file needs
    import kdl.parsing  # noqa: PLC0415 -- the same

    if len(text) > _MAX_VERSION_1:
        return None
    config = kdl.parsing.ParseConfig(nativeUntaggedValues=False, nativeTaggedValues=False)
    try:
        document = kdl.parsing.Parser(config).parse(text)
    except (kdl.errors.ParseError, RecursionError, ValueError, OverflowError):
        return None
    return _converted(document.nodes, 0)


def _converted(nodes: list[Any], depth: int) -> list[Node] | None:
    found: list[Node] = []
    for node in nodes:
        children = _converted(node.nodes, depth + 1) if depth < MAX_DEPTH else None
        if children is None:
            return None
        arguments = [_version_1_value(value) for value in node.args]
        properties = [(key, _version_1_value(value)) for key, value in node.props.items()]
        found.append(Node(node.name, None, arguments, properties, children))
    return found


def _version_1_value(value: Any) -> Any:
    """Return a plain value; whole numbers stay exact."""
    if getattr(value, "exponent", None) == 0:
        return value.mantissa
    return value.value


class _Reader:
    """Reads version 2 from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.position = Lines(text).at

    def document(self) -> list[Node]:
        nodes = self.nodes(0)
        if self.offset < len(self.text):
            raise self.problem("a } without its {")
        return nodes

    def nodes(self, depth: int) -> list[Node]:
        """Read nodes up to the end of the text or a closing brace."""
        found: list[Node] = []
        while True:
            self.skip_between()
            if self.offset >= len(self.text) or self.text[self.offset] == "}":
                return found
            is_disabled = self.slashdash()
            node = self.node(depth)
            if not is_disabled:
                found.append(node)

    def node(self, depth: int) -> Node:
        self.type_annotation()
        start = self.offset
        name = self.string()
        if name is None:
            raise self.unexpected("the name of a node")
        node = Node(name, start, values_end=self.offset, end=self.offset)
        has_children = False
        while True:
            before = self.offset
            self.skip_space()
            if self.ends():
                return node
            is_disabled = self.slashdash()
            if self.text.startswith("{", self.offset):
                children = self.children(depth)
                if not is_disabled and has_children:
                    raise self.problem("a second block of children")
                if not is_disabled:
                    has_children = True
                    node.children = children
                    node.end = self.offset
            elif has_children or before == self.offset:
                raise self.unexpected("the end of the node")
            else:
                self.entry(node, is_disabled=is_disabled)
                if not is_disabled:
                    node.values_end = node.end = self.offset

    def ends(self) -> bool:
        """Return whether a node ends here, and step over what ends it."""
        match = _TERMINATOR.match(self.text, self.offset)
        if match:
            self.offset = match.end()
        return match is not None or self.text.startswith("}", self.offset)

    def children(self, depth: int) -> list[Node]:
        if depth + 1 >= MAX_DEPTH:
            raise self.problem(f"nested deeper than {MAX_DEPTH} levels")
        start = self.offset
        self.offset += 1
        nodes = self.nodes(depth + 1)
        if not self.text.startswith("}", self.offset):
            self.offset = start
            raise self.problem("a { without its }")
        self.offset += 1
        return nodes

    def entry(self, node: Node, *, is_disabled: bool) -> None:
        """Read an argument or a property."""
        start = self.offset
        self.type_annotation()
        key = self.string()
        value: Any = key
        is_property = False
        if key is not None:
            end = self.offset
            self.skip_space()
            is_property = self.text.startswith("=", self.offset)
            if is_property:
                self.offset += 1
                self.skip_space()
                self.type_annotation()
                value = self.string()
            else:
                self.offset = end
        if value is None:
            value = self.plain_value()
        if is_disabled:
            return
        if not is_property:
            node.arguments.append(value)
        else:
            node.properties.append((str(key), value))
            node.property_places.append((start, self.offset))

    def string(self) -> str | None:
        """Read a text of any kind; None when something else stands here."""
        text, offset = self.text, self.offset
        first = text[offset : offset + 1]
        if first == '"':
            return self.quoted()
        if first == "#":
            return self.raw()
        match = _WORD.match(text, offset)
        if match is None or _NUMBER_START.match(text, offset):
            return None
        if match[0] in _KEYWORDS:
            raise self.problem(f'"{match[0]}" alone; write #{match[0]}, or text in quotes')
        self.offset = match.end()
        return match[0]

    def quoted(self) -> str:
        is_long = self.text.startswith('"""', self.offset)
        match = (_MULTI_LINE if is_long else _STRING).match(self.text, self.offset)
        if match is None:
            raise self.problem(
                'text between """ and """ begins on a new line, and ends'
                if is_long
                else 'text without its closing quotes; several lines stand between """ and """'
            )
        content = self.dedented(match[1]) if is_long else match[1]
        try:
            content = _ESCAPE.sub(_unescape, content) if "\\" in content else content
        except ValueError as error:
            raise self.problem(str(error)) from error
        self.offset = match.end()
        return content

    def raw(self) -> str | None:
        match = _RAW.match(self.text, self.offset)
        if match is None:
            if _KEYWORD.match(self.text, self.offset):
                return None
            raise self.unexpected("a value")
        if match[2] is None:
            content = match[3]
        else:
            opening = re.match(rf"[{_BLANK}]*{_BREAK}", match[2])
            if opening is None:
                raise self.problem('text after """ on the same line')
            content = self.dedented(match[2][opening.end() :])
        self.offset = match.end()
        return content

    def dedented(self, body: str) -> str:
        """Return the lines without the indentation that the last one has."""
        lines = re.split(_BREAK, body)
        indent = lines.pop()
        if indent.strip():
            raise self.problem('the closing """ must stand on a line of its own')
        kept = []
        for line in lines:
            if line.strip() and not line.startswith(indent):
                raise self.problem('a line is indented less than the closing """')
            kept.append(line[len(indent) :] if line.strip() else "")
        return "\n".join(kept)

    def plain_value(self) -> Any:
        match = _KEYWORD.match(self.text, self.offset)
        if match:
            self.offset = match.end()
            return _KEYWORDS[match[1]]
        match = _NUMBER.match(self.text, self.offset)
        if match is None:
            raise self.unexpected("a value")
        if _WORD.match(self.text, match.end()):
            raise self.unexpected("a number, or text in quotes,")
        if len(match[0]) > _MAX_DIGITS:
            raise self.problem(f"a number of {len(match[0]):,} characters")
        self.offset = match.end()
        return spelled(_number(match[0].replace("_", "")), match[0])

    def type_annotation(self) -> None:
        """Step over a (type), which has no meaning in a workflow file."""
        if not self.text.startswith("(", self.offset):
            return
        self.offset += 1
        self.skip_space()
        if self.string() is None:
            raise self.unexpected("the name of a type")
        self.skip_space()
        if not self.text.startswith(")", self.offset):
            raise self.unexpected(")")
        self.offset += 1
        self.skip_space()

    def slashdash(self) -> bool:
        """Skip /-, which comments out what follows; return whether it was there."""
        if not self.text.startswith("/-", self.offset):
            return False
        self.offset += 2
        self.skip_between()
        return True

    def skip_space(self) -> None:
        self.skip(_SPACE)

    def skip_between(self) -> None:
        self.skip(_BETWEEN)

    def skip(self, blank: re.Pattern[str]) -> None:
        """Step over blanks and comments, which may contain comments."""
        while True:
            match = blank.match(self.text, self.offset)
            self.offset = match.end() if match else self.offset
            if not self.text.startswith("/*", self.offset):
                return
            depth = 0
            for edge in _COMMENT_EDGE.finditer(self.text, self.offset):
                depth += 1 if edge[0] == "/*" else -1
                if depth == 0:
                    self.offset = edge.end()
                    break
            else:
                raise self.problem("a comment without its end")

    def problem(self, message: str) -> MalformedError:
        return MalformedError(message, self.position(self.offset))

    def unexpected(self, expected: str) -> MalformedError:
        """Return the problem of something else standing where `expected` belongs."""
        rest = self.text[self.offset : self.offset + 40]
        if not rest:
            return self.problem(f"the text ends where {expected} belongs")
        word = re.match(r"[\w.+#-]+|[\s\S]", rest)
        return self.problem(f'"{shown(word[0] if word else rest)}" where {expected} belongs')


def _number(text: str) -> int | float:
    unsigned = text.lstrip("+-")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(unsigned[:2])
    if base:
        return int(unsigned[2:], base) * (-1 if text[0] == "-" else 1)
    return int(text) if unsigned.isdigit() else float(text)


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise ValueError(f"\\u{{{match[1]}}} is not a character")
        return chr(code)
    if match[2]:
        return ""
    if match[3] not in _ESCAPED:
        raise ValueError(f'"\\{shown(match[3])}" is not an escape; write \\\\ for a backslash')
    return _ESCAPED[match[3]]
