package health.lumbra.suite

import kotlinx.serialization.json.Json
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource

/** The same cases as in the Rust player. */
internal class JsonTest {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '\u0000',
        value = [
            """{} | {"a": 1}""",
            """{"a": 1} | {"a": 1.0, "b": 2}""",
            """{"a": null} | {}""",
            """{"a": {"at_least": 1, "at_most": 2}} | {"a": 2}""",
            """[{"a": 1}, "x"] | [{"a": 1, "b": 2}, "x"]""",
        ],
    )
    fun `what fits`(expected: String, got: String) {
        assertNull(mismatch(Json.parseToJsonElement(expected), Json.parseToJsonElement(got)))
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '\u0000',
        value = [
            """{"a": 1} | {"a": 2}""",
            """{"a": 1} | {}""",
            """{"a": 1} | 1""",
            """{"a": null} | {"a": 0}""",
            """{"a": {"at_least": 1}} | {"a": 0.9}""",
            """{"at_most": 1} | "1" """,
            """[1] | [1, 2]""",
            """"x" | "y" """,
            """"1" | 1""",
        ],
    )
    fun `what does not fit`(expected: String, got: String) {
        assertNotNull(mismatch(Json.parseToJsonElement(expected), Json.parseToJsonElement(got)))
    }
}
