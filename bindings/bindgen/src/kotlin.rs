//! Parts the generated Kotlin by who may meet it: values and ports move to the library's own package and are public; all
//! the rest (handles, observers, the way across the border) becomes internal, so that an app cannot reach it.
//!
//! The generator writes every declaration at the top level of one file and marks nothing internal. What is done here is
//! done to whole top-level declarations, found by their depth in brackets; what isn't understood is an error.

use std::fmt::Write;

/// The package that apps meet.
const PUBLIC: &str = "health.lumbra.core";
/// The package of the generated code, see `uniffi.toml`.
const GENERATED: &str = "health.lumbra.core.generated";
/// What a record, an enum or an error begins with; the generator's own helpers are none of these.
const VALUES: [&str; 3] = ["data class ", "enum class ", "sealed class "];

/// Where a call of the core ends in the generated code, whatever became of it.
const CALL_ENDS: &str = "    } finally {\n        freeFunc(rustFuture)\n";
/// The same, with what the generator forgets: a result that comes as its coroutine is cancelled is freed by nobody. An
/// object in it, such as a scan, would live on for ever.
const CALL_ENDS_TIDILY: &str = "    } catch (cancelled: kotlinx.coroutines.CancellationException) {
        val status = UniffiRustCallStatus()
        val result = completeFunc(rustFuture, status)
        if (status.isSuccess()) Disposable.destroy(liftFunc(result)) else RustBuffer.free(status.error_buf)
        throw cancelled
    } finally {
        freeFunc(rustFuture)
";

/// The generated file in two.
#[derive(Debug)]
pub(crate) struct Parted {
    /// Values and ports, public, in the package that apps meet.
    pub(crate) public: String,
    /// All the rest, internal.
    pub(crate) internal: String,
}

/// Parts the generated text. `ports` are the interfaces that an app may implement.
pub(crate) fn part(text: &str, ports: &[String]) -> Result<Parted, String> {
    if text.matches(CALL_ENDS).count() != 1 {
        return Err("the generated code no longer ends its calls as it did: see whether cancelled ones leak".to_owned());
    }
    let (head, declarations) = split(&text.replace(CALL_ENDS, CALL_ENDS_TIDILY))?;
    let imports: Vec<&str> = head.lines().filter(|line| line.starts_with("import ")).collect();
    let public: Vec<&Declaration> = declarations.iter().filter(|it| it.is_public(ports)).collect();
    for port in ports {
        if !public.iter().any(|it| it.name == *port) {
            return Err(format!("the generated code has no interface '{port}'"));
        }
    }

    let mut out = Parted { public: heading(PUBLIC), internal: heading(GENERATED) };
    for import in &imports {
        let _ = writeln!(out.internal, "{import}");
    }
    for declaration in &public {
        let _ = writeln!(out.internal, "import {PUBLIC}.{}", declaration.name);
    }
    let _ = writeln!(out.public, "import {GENERATED}.*");

    for declaration in &declarations {
        if declaration.is_public(ports) {
            out.public.push_str(&opened(declaration));
        } else {
            out.internal.push_str(&hidden(declaration));
        }
    }
    // The generator spells some types out.
    for declaration in &public {
        let (from, to) = (format!("{GENERATED}.{}", declaration.name), format!("{PUBLIC}.{}", declaration.name));
        out.public = out.public.replace(&from, &to);
        out.internal = out.internal.replace(&from, &to);
    }
    Ok(out)
}

fn heading(package: &str) -> String {
    format!(
        "// Generated: what is wrong here is wrong in the core or in its generator.\n@file:Suppress(\"warnings\")\n\npackage {package}\n\n"
    )
}

/// A declaration at the top level, with its comments and annotations.
#[derive(Debug)]
struct Declaration {
    lead: String,
    name: String,
    text: String,
}

impl Declaration {
    fn is_public(&self, ports: &[String]) -> bool {
        let bare = self.text.trim_start().trim_start_matches("public ");
        VALUES.iter().any(|value| bare.starts_with(value))
            || (bare.starts_with("interface ") && ports.contains(&self.name))
    }
}

/// What stands before the first declaration, and the declarations.
fn split(text: &str) -> Result<(String, Vec<Declaration>), String> {
    let mut head = String::new();
    let mut done: Vec<Declaration> = Vec::new();
    let mut lead = String::new();
    let mut depth = Depth::default();
    for mut line in text.split_inclusive('\n') {
        // Documentation and annotations sometimes end on the line of what they belong to.
        for (begin, end) in [("", "*/ "), ("/**", "*/ "), ("@Throws(", "::class) ")] {
            let found = line.split_once(end).filter(|(before, _)| match begin {
                "" => before.trim().is_empty(),
                begin => before.trim_start().starts_with(begin),
            });
            if let Some((before, rest)) = found.filter(|_| depth.brackets == 0) {
                let part = format!("{before}{}\n", end.trim_end());
                depth.pass(&part)?;
                lead.push_str(&part);
                line = rest;
            }
        }
        let outside = depth.is_outside();
        let bare = line.trim_start();
        depth.pass(line)?;
        if !outside {
            // In brackets or in a comment: it belongs to what it stands in.
            match done.last_mut() {
                Some(last) if lead.is_empty() => last.text.push_str(line),
                _ => lead.push_str(line),
            }
        } else if let Some(name) = declared(bare) {
            done.push(Declaration { lead: std::mem::take(&mut lead), name, text: line.to_owned() });
        } else if bare.starts_with("/*") || bare.starts_with("//") || bare.starts_with('@') {
            lead.push_str(line);
        } else if done.is_empty() && (bare.starts_with("package ") || bare.starts_with("import ") || !lead.is_empty()) {
            head.push_str(&std::mem::take(&mut lead));
            head.push_str(line);
        } else {
            match done.last_mut() {
                Some(last) if lead.is_empty() => last.text.push_str(line),
                _ => lead.push_str(line),
            }
        }
    }
    if depth.is_outside() { Ok((head, done)) } else { Err("the generated code ends within brackets".to_owned()) }
}

/// The name of what a line declares, if it declares something.
fn declared(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    loop {
        let word = words.next()?;
        match word {
            "class" | "interface" | "object" | "val" | "var" | "typealias" => break,
            "public" | "internal" | "private" | "open" | "abstract" | "data" | "enum" | "sealed" | "suspend"
            | "inline" | "const" | "lateinit" | "override" => {}
            _ if word == "fun" || word.starts_with("fun<") => break,
            _ => return None,
        }
    }
    let name: String = words.next()?.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
    Some(name)
}

/// A declaration that apps can't reach.
fn hidden(declaration: &Declaration) -> String {
    let Declaration { lead, text, .. } = declaration;
    let bare = text.trim_start();
    let text = match bare.strip_prefix("public ") {
        Some(rest) => format!("internal {rest}"),
        None if bare.starts_with("private ") || bare.starts_with("internal ") => bare.to_owned(),
        None => format!("internal {bare}"),
    };
    format!("{lead}{text}")
}

/// A declaration that apps meet, as a library states it: every visibility and every type of a result spelled out, and an
/// error's reason as its message.
fn opened(declaration: &Declaration) -> String {
    let Declaration { lead, text, .. } = declaration;
    // Its documentation and annotations; what the generator says to itself stays away.
    let mut out: String = lead.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut has_reason = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        if bare.starts_with("class ") {
            has_reason = false;
        }
        has_reason |= bare.starts_with("val `reason`");
        let visible =
            ["data class ", "enum class ", "sealed class ", "class ", "interface ", "object ", "fun ", "val "]
                .iter()
                .any(|start| bare.starts_with(start));
        if bare.starts_with("companion object") {
            // Only errors' are used, by the generated code.
            if bare.contains(':') {
                let _ = write!(out, "{indent}internal {bare}");
            }
        } else if bare.trim_end() == "override val message" {
            let _ = writeln!(out, "{indent}override val message: String");
        } else if has_reason && bare.starts_with("get() = \"") {
            let _ = writeln!(out, "{indent}get() = `reason`");
        } else if visible {
            let _ = write!(out, "{indent}public {bare}");
        } else {
            out.push_str(line);
        }
    }
    out
}

/// How deep in brackets, and whether in a comment, a text is.
#[derive(Debug, Default)]
struct Depth {
    brackets: usize,
    comments: usize,
}

impl Depth {
    fn is_outside(&self) -> bool {
        self.brackets == 0 && self.comments == 0
    }

    /// Passes a line. Texts in quotes are skipped; the generator writes none over several lines.
    fn pass(&mut self, line: &str) -> Result<(), String> {
        let mut rest = line.chars().peekable();
        let mut quoted = None;
        while let Some(it) = rest.next() {
            if self.comments > 0 {
                match (it, rest.peek()) {
                    ('*', Some('/')) => {
                        self.comments -= 1;
                        rest.next();
                    }
                    ('/', Some('*')) => {
                        self.comments += 1;
                        rest.next();
                    }
                    _ => {}
                }
                continue;
            }
            #[allow(clippy::match_same_arms)] // The order is the rule.
            match (quoted, it) {
                (Some(_), '\\') => drop(rest.next()),
                (Some(quote), _) if it == quote => quoted = None,
                (Some(_), _) => {}
                (None, '"' | '\'' | '`') => quoted = Some(it),
                (None, '/') if rest.peek() == Some(&'/') => break,
                (None, '/') if rest.peek() == Some(&'*') => {
                    self.comments += 1;
                    rest.next();
                }
                (None, '{' | '(' | '[') => self.brackets += 1,
                (None, '}' | ')' | ']') => {
                    self.brackets = self.brackets.checked_sub(1).ok_or("a bracket that nothing opened")?;
                }
                (None, _) => {}
            }
        }
        if quoted.is_some() { Err(format!("a text that goes over its line: {line}")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = r#"// Words of the generator.
@file:Suppress("NAME_SHADOWING")

package health.lumbra.core.generated

import java.nio.ByteBuffer

/**
 * Plumbing. {
 */
interface Plumbing {
    fun flow()
    companion object
}

private fun quiet(it: Char) = it == '{' // }

internal class Inner

// Words of the generator.

/**
 * A snapshot.
 */
data class Snapshot (
    val `link`: health.lumbra.core.generated.Link
)
{
    companion object
}

/**
 * A fault.
 */
sealed class Fault: kotlin.Exception() {
    class Told(
        val `reason`: kotlin.String
    ) : Fault() {
        override val message
            get() = "reason=${ `reason` }"
    }
    class Bare(
    ) : Fault() {
        override val message
            get() = ""
    }
    companion object ErrorHandler : Plumbing {
        override fun flow() {}
    }
}

enum class Link {
    OPEN;
    companion object
}

public interface Port {
    fun `load`(): Snapshot
}

public interface Observer {
    fun `hear`()
}

open class Handle: Disposable
, Observer
{
    fun call(): health.lumbra.core.generated.Snapshot = TODO()
}

        /**
         * The version.
         */
    @Throws(Fault::class) fun `version`(): String {
        return "}"
    }
/** Documented. */ fun `documented`() {
}

suspend fun call() {
    try {
        work()
    } finally {
        freeFunc(rustFuture)
    }
}
"#;

    fn parted() -> Parted {
        part(GIVEN, &["Port".to_owned()]).unwrap()
    }

    #[test]
    fn values_and_ports_are_public_in_the_package_that_apps_meet() {
        let public = parted().public;
        assert!(public.contains("\npackage health.lumbra.core\n"), "{public}");
        for there in [
            "/**\n * A snapshot.\n */\npublic data class Snapshot (\n    public val `link`: health.lumbra.core.Link\n",
            "public sealed class Fault: kotlin.Exception() {\n    public class Told(\n        public val `reason`",
            "override val message: String\n            get() = `reason`\n",
            "override val message: String\n            get() = \"\"\n",
            "internal companion object ErrorHandler : Plumbing {\n        override fun flow() {}\n",
            "public enum class Link {",
            "public interface Port {\n    public fun `load`()",
        ] {
            assert!(public.contains(there), "{there}\nis not in\n{public}");
        }
        for elsewhere in ["Observer", "class Handle", "version", "interface Plumbing", "Words of", "companion object\n"]
        {
            assert!(!public.contains(elsewhere), "{elsewhere} is in\n{public}");
        }
    }

    #[test]
    fn all_the_rest_is_internal() {
        let internal = parted().internal;
        assert!(internal.contains("\npackage health.lumbra.core.generated\n"));
        for there in [
            "import java.nio.ByteBuffer\n",
            "import health.lumbra.core.Snapshot\n",
            "import health.lumbra.core.Port\n",
            "internal interface Plumbing {\n    fun flow()\n",
            "private fun quiet(",
            "\ninternal class Inner\n",
            "internal interface Observer {",
            "internal open class Handle: Disposable\n, Observer\n{\n    fun call(): health.lumbra.core.Snapshot",
            " * The version.\n         */\n    @Throws(Fault::class)\ninternal fun `version`(): String {\n",
            "/** Documented. */\ninternal fun `documented`() {\n",
        ] {
            assert!(internal.contains(there), "{there}\nis not in\n{internal}");
        }
        for elsewhere in ["class Snapshot", "class Fault", "interface Port", "public "] {
            assert!(!internal.contains(elsewhere), "{elsewhere} is in\n{internal}");
        }
    }

    #[test]
    fn a_result_that_comes_too_late_is_freed() {
        let internal = parted().internal;
        let caught = internal.find("catch (cancelled: kotlinx.coroutines.CancellationException)").unwrap();
        assert!(internal[caught..].contains("Disposable.destroy(liftFunc(result))"));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(part(GIVEN, &["NoSuch".to_owned()]).is_err());
        for unclear in ["fun open() {\n", "fun shut() }\n", "val text = \"over\nlines\"\n"] {
            assert!(part(&format!("{GIVEN}{unclear}"), &[]).is_err(), "{unclear}");
        }
        assert!(part(&GIVEN.replace("freeFunc", "otherFunc"), &[]).is_err());
    }
}
