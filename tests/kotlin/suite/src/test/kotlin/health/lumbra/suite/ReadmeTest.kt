package health.lumbra.suite

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.writeText

/** The program in the README of `android` is compiled and run as it stands there. */
internal class ReadmeTest {
    @Test
    fun `the program of the README pairs, runs a session and prints the history`() = inFolder { folder ->
        val program = program()
        assertTrue(program.lines().size <= 25, "it has ${program.lines().size} lines")
        val source = folder.resolve("Main.kt").apply { writeText(program) }
        val compiled = compile(source, folder)
        assertTrue(compiled.succeeded, compiled.messages)

        val lines = run(folder)
        assertEquals("paired with Lumbra One (virtual), serial LB1-000001", lines[0])
        assertEquals("RUNNING, certain: true, 4.0 mA at both channels", lines[1])
        val told = Regex("""conventional: (\d+) of 1200 s, (\w+), at most (\d+\.\d) mA, pain 6 -> 4""").matchEntire(lines[2])
        val (seconds, outcome, highest) = checkNotNull(told?.destructured) { lines[2] }
        assertEquals("1200", seconds)
        assertEquals("completed", outcome)
        assertTrue(highest.toDouble() in 3.5..4.5, highest)
        assertEquals(3, lines.size, "$lines")
    }

    private fun program(): String {
        val blocks = Regex("""(?s)```kotlin\n(.*?)\n```""").findAll(Project.read("android/README.md")).map { it.groupValues[1] }
        return blocks.single { "fun main" in it }
    }

    /** Runs it in a machine of its own, as a person would. */
    private fun run(classes: Path): List<String> {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val classpath = "$classes:${System.getProperty("java.class.path")}"
        val process = ProcessBuilder(java, "-Djna.library.path=${Project.libraries}", "-cp", classpath, "MainKt")
            .redirectErrorStream(true)
            .start()
        val printed = process.inputStream.bufferedReader().readText()
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it did not end")
        assertEquals(0, process.exitValue(), printed)
        return printed.trim().lines()
    }
}
