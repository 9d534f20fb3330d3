package health.lumbra.suite

import org.jetbrains.kotlin.cli.common.ExitCode
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.nio.file.Path

/** What became of compiling a source on its own, with the library as an app has it. */
internal class Compiled(val succeeded: Boolean, val messages: String)

internal fun compile(source: Path, into: Path): Compiled {
    val messages = ByteArrayOutputStream()
    val classpath = System.getProperty("java.class.path").split(File.pathSeparator).filter { File(it).exists() }
    val arguments = arrayOf(
        source.toString(), "-d", into.toString(), "-classpath", classpath.joinToString(File.pathSeparator), "-jvm-target", "17",
        "-no-stdlib", "-no-reflect", "-Werror",
    )
    val code = PrintStream(messages).use { K2JVMCompiler().exec(it, *arguments) }
    return Compiled(code == ExitCode.OK, messages.toString())
}
