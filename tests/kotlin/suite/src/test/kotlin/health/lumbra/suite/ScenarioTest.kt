package health.lumbra.suite

import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.extension.ExtendWith
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption.APPEND
import java.nio.file.StandardOpenOption.CREATE
import kotlin.io.path.extension
import kotlin.io.path.nameWithoutExtension
import kotlin.io.path.readText
import kotlin.io.path.writeText

/** Every scenario of `tests/scenarios`, word for word; see the README there. */
@ExtendWith(NothingLeaks::class)
internal class ScenarioTest {
    @TestFactory
    fun scenarios(): List<DynamicTest> {
        val files = Files.list(Project.root.resolve("tests/scenarios")).use { all ->
            all.filter { it.extension == "json" }.sorted().toList()
        }
        check(files.isNotEmpty()) { "there are no scenarios" }
        results?.let(Files::deleteIfExists)
        return files.map { file -> dynamicTest(file.nameWithoutExtension) { told(file.nameWithoutExtension) { play(file) } } }
    }

    private fun play(file: Path): Unit = inFolder { folder ->
        runBlocking {
            val scenario = Json.parseToJsonElement(file.readText()).jsonObject
            assertEquals(setOf("about", "steps"), scenario.keys)
            val player = Player(this, folder)
            try {
                scenario.getValue("steps").jsonArray.forEachIndexed { index, step -> step(player, index, step.jsonObject) }
            } finally {
                player.end()
            }
        }
    }

    private suspend fun step(player: Player, index: Int, step: JsonObject) {
        val verb = step.getValue("do").jsonPrimitive.content
        val expected = step["expect"] ?: JsonObject(emptyMap())
        val got = player.step(verb, JsonObject(step - "do" - "expect"))
        // A step that fails, and isn't expected to, has failed.
        val surprise = got is JsonObject && "error" in got && (expected as? JsonObject)?.get("error") == null
        val why = if (surprise) "it failed" else mismatch(expected, got)
        if (why != null) fail<Unit>("step ${index + 1} ($verb): $why; it gave $got")
    }

    /** Writes what came of a scenario where the table of all languages is made. */
    private fun told(name: String, play: () -> Unit) {
        var came = "FAIL"
        try {
            play()
            came = "ok"
        } finally {
            println("scenario $name kotlin $came")
            results?.writeText("$name\t$came\n", options = arrayOf(CREATE, APPEND))
        }
    }

    private companion object {
        val results: Path? = System.getenv("LUMBRA_SCENARIO_RESULTS")?.takeIf(String::isNotEmpty)?.let(Path::of)
    }
}
