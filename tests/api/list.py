"""The public API in Kotlin and in Swift, side by side.

    list.py --kotlin DIR... --swift DIR... --swift-generated DIR (--write FILE | --check FILE)

Reads the sources: the hand-written libraries, and what is generated of values and ports. Writes a page with a row for each
member, or checks that the page is as it would be written. The same names, in the same order; what differs stands in
differences.toml with its reason, or is a failure, as is a reason for something that does not differ. Ends with a line
"N passed, N failed".
"""

import argparse
import difflib
import re
import sys
import tomllib
from pathlib import Path

# What both languages' own habits make different, for every name alike.
SYSTEMATIC = """\
- A failure is an exception in Kotlin (`LumbraException`) and an error in Swift (`LumbraError`).
- Entries of enums have each language's case; an error's variants are types in Kotlin, and keep their capitals in Swift.
- Swift leaves out the label of an argument that the function's name already names (`start(_ request:)`).
- Numbers have each language's names (`ULong`, `UInt64`), bytes are a `ByteArray` or `Data`.
"""
RENAMED = {"LumbraException": "LumbraError", "PortException": "PortError", "RadioException": "RadioError", "HttpException": "HttpError"}


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"(?m)//.*$", "", text)


def matching(text, start):
    """The end of the bracket that opens at start."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at
    raise SystemExit(f"a bracket is never closed: {text[start:start + 80]!r}")


def statements(text):
    """The declarations of one level: each a header in one line, and its body where it has one."""
    at = 0
    while at < len(text):
        header = ""
        body = None
        while at < len(text):
            it = text[at]
            if it in "([":
                end = matching(text, at)
                header += text[at : end + 1]
                at = end + 1
            elif it == "{":
                end = matching(text, at)
                body = text[at + 1 : end]
                at = end + 1
                break
            elif it in "\n;":
                at += 1
                # A declaration goes on where the next line begins with what can't begin one.
                rest = text[at:].lstrip()
                if header.strip() and not re.match(r"[{:]|throws|->|get\(|async|=", rest):
                    break
            else:
                header += it
                at += 1
        header = " ".join(header.replace("`", "").split())
        if header:
            yield header, body


def parameters(inside):
    """The names in a parameter list, and whether a label is left out does not matter: (name, ...)."""
    names, depth, part = [], 0, ""
    for it in inside + ",":
        if it == "," and depth == 0:
            before = part.split(":")[0].split("=")[0].split()
            if before:
                names.append(before[-1])
            part = ""
        else:
            depth += it in "([{<"
            depth -= it in ")]}" or (it == ">" and not part.endswith("-"))
            part += it
    return names


def braced(header):
    """What stands between the first brackets of a header."""
    start = header.find("(")
    return header[start + 1 : matching(header, start)] if start >= 0 else ""


class Api:
    """Types with their members, in order; a function of no type is of the type ''."""

    def __init__(self):
        self.types = {"": []}

    def add(self, owner, name, parameters=(), shown=None):
        members = self.types.setdefault(owner, [])
        key = (name, tuple(parameters))
        if key not in [member[:2] for member in members]:
            members.append((name, tuple(parameters), shown or (f"{name}({', '.join(parameters)})" if parameters else name)))


def kotlin(api, text):
    for header, body in statements(text):
        kotlin_declaration(api, header, body, None)


def kotlin_declaration(api, header, body, owner):
    words = header
    for _ in range(2):
        words = re.sub(r"^(public|override|abstract|open|final) ", "", words)
    visible = header.startswith(("public ", "override ")) and " internal " not in f" {header.partition('(')[0]}"
    if not visible:
        return
    if found := re.match(r"(?:data |enum |sealed )*(class|interface|object) (\w+)", words):
        kind, name = found.groups()
        before = header.split("(")[0]
        fields = re.findall(r"val (\w+)", braced(header))
        if owner is not None:
            # A variant of an error, or of an enum with values.
            api.add(owner, name, fields)
            return
        api.types.setdefault(name, [])
        if "data class" in before:
            for field in fields:
                api.add(name, field)
        elif kind == "class" and "(" in header and not re.search(r"sealed|enum|(private|internal) constructor", before):
            api.add(name, "init", parameters(braced(header)))
        if "enum class" in before:
            for entry in re.findall(r"\b([A-Z][A-Z0-9_]*)\b\s*[,;(\n]", (body or "") + "\n"):
                api.add(name, entry)
        else:
            # What needs no object comes first, as in Swift; Kotlin's custom is to write it last.
            inside = sorted(statements(body or ""), key=lambda it: "companion object" not in it[0])
            for inner_header, inner_body in inside:
                kotlin_declaration(api, inner_header, inner_body, name)
    elif words.startswith("companion object"):
        for inner_header, inner_body in statements(body or ""):
            kotlin_declaration(api, inner_header, inner_body, owner)
    elif found := re.match(r"(?:suspend |inline )*fun (?:(\w+)\.)?(\w+)\(", words):
        receiver, name = found.groups()
        names = parameters(braced(words))
        api.add(receiver or owner or "", name, names, f"{name}({', '.join(names)})")
    elif found := re.match(r"va[lr] (?:(\w+)\.)?(\w+)", words):
        receiver, name = found.groups()
        # An exception's message is its reason.
        if name != "message":
            api.add(receiver or owner or "", name)


def swift(api, text, generated, owner=None, protocol=False):
    for header, body in statements(text):
        public = header.startswith(("public ", "open ", "@MainActor public")) or protocol
        words = re.sub(r"@\w+(\([^)]*\))? ", "", header)
        words = re.sub(r"^(public|open) ", "", words)
        words = re.sub(r"^(static|final|mutating|private\(set\)|nonisolated) ", "", words)
        words = re.sub(r"^(static|final|mutating|private\(set\)|nonisolated) ", "", words)
        if found := re.match(r"typealias (\w+) = LumbraGenerated\.(\w+)", words):
            name = found.group(1)
            api.types.setdefault(name, [])
            for member in generated.types.get(name, []):
                api.add(name, *member[:2], member[2])
        elif found := re.match(r"extension (\w+)", words):
            swift(api, body or "", generated, found.group(1))
        elif not public and not words.startswith("case "):
            continue
        elif found := re.match(r"(class|struct|enum|protocol|actor) (\w+)", words):
            kind, name = found.groups()
            if owner is None:
                api.types.setdefault(name, [])
                swift(api, body or "", generated, name, kind == "protocol")
        elif found := re.match(r"func (\w+)(?:<[^>]*>)?\(", words):
            names = parameters(braced(words))
            api.add(owner or "", found.group(1), names, f"{found.group(1)}({', '.join(names)})")
        elif words.startswith("init("):
            api.add(owner or "", "init", parameters(braced(words)))
        elif found := re.match(r"(?:var|let) (\w+)", words):
            api.add(owner or "", found.group(1))
        elif owner and words.startswith("case "):
            name = re.match(r"case (\w+)", words).group(1)
            api.add(owner, name, parameters(braced(words)))


def normal(name):
    return name.replace("_", "").lower()


def read(folders, endings):
    for folder in folders:
        for file in sorted(Path(folder).rglob("*")):
            if file.suffix == endings:
                yield without_comments(file.read_text())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kotlin", nargs="+", required=True)
    parser.add_argument("--swift", nargs="+", required=True)
    parser.add_argument("--swift-generated", required=True)
    page = parser.add_mutually_exclusive_group(required=True)
    page.add_argument("--write", type=Path)
    page.add_argument("--check", type=Path)
    options = parser.parse_args()
    reasons = tomllib.loads((Path(__file__).parent / "differences.toml").read_text())

    in_kotlin, in_swift, generated = Api(), Api(), Api()
    for text in read(options.kotlin, ".kt"):
        kotlin(in_kotlin, re.sub(r"(?m)^(package|import|@file).*$", "", text))
    for text in read([options.swift_generated], ".swift"):
        # Compiler conditions, and what the generator needs for itself.
        text = re.sub(r"(?m)^\s*(#|import|fileprivate|private).*$", "", text)
        swift(generated, re.sub(r"public\s+enum", "public enum", text), Api())
    # A struct's own initialiser repeats its fields.
    for name, members in generated.types.items():
        generated.types[name] = [member for member in members if member[0] not in ("init", "errorDescription")]
    for text in read(options.swift, ".swift"):
        swift(in_swift, re.sub(r"(?m)^\s*(#|import).*$", "", text), generated)
    in_kotlin.types = {RENAMED.get(name, name): members for name, members in in_kotlin.types.items()}

    lines = ["# The public API", "", "Kotlin and Swift, side by side; generated by `tests/api/list.py` from the sources of `android/core` and `ios`. Differences of habit, the same\neverywhere:", "", SYSTEMATIC]
    unexplained, used, passed = [], set(), 0
    for owner in sorted(set(in_kotlin.types) | set(in_swift.types), key=lambda name: (name != "", name)):
        left, right = in_kotlin.types.get(owner, []), in_swift.types.get(owner, [])
        if not left and not right and owner not in reasons:
            continue
        lines += ["", f"## {owner or 'Functions'}", "", "| Kotlin | Swift | why they differ |", "|---|---|---|"]
        key = lambda member: (normal(member[0]), tuple(normal(it) for it in member[1]))
        matcher = difflib.SequenceMatcher(None, [key(it) for it in left], [key(it) for it in right], autojunk=False)
        for tag, from_left, to_left, from_right, to_right in matcher.get_opcodes():
            pairs = []
            if tag == "equal":
                pairs = list(zip(left[from_left:to_left], right[from_right:to_right]))
            else:
                others = list(right[from_right:to_right])
                for member in left[from_left:to_left]:
                    same = next((it for it in others if normal(it[0]) == normal(member[0])), None)
                    if same:
                        others.remove(same)
                    pairs.append((member, same))
                pairs += [(None, it) for it in others]
            for one, other in pairs:
                name = f"{owner}.{(one or other)[0]}".lstrip(".")
                reason = ""
                if tag == "equal":
                    passed += 1
                else:
                    found = next((it for it in (name, owner) if it and it in reasons), None)
                    reason = reasons[found] if found else ""
                    if found:
                        used.add(found)
                        passed += 1
                    else:
                        unexplained.append(name)
                cell = lambda member: f"`{member[2]}`" if member else ""
                lines.append(f"| {cell(one)} | {cell(other)} | {reason} |")
    for name in unexplained:
        print(f"FAIL {name} differs, and nobody says why: see tests/api/differences.toml")
    idle = sorted(set(reasons) - used)
    for name in idle:
        print(f"FAIL {name} has a reason, but does not differ")
    failed = len(unexplained) + len(idle)
    text = "\n".join(lines) + "\n"
    if options.write:
        options.write.write_text(text)
    elif options.check.read_text() == text:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {options.check} is not up to date: write it anew")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
