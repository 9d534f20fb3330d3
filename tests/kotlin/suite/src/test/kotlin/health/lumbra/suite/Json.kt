package health.lumbra.suite

import health.lumbra.core.CommandResult
import health.lumbra.core.DeviceEvent
import health.lumbra.core.LumbraException
import health.lumbra.core.ScreeningOutcome
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlin.reflect.full.memberProperties

/** A value of the library as the scenarios write it: a record is an object, a name is in lower case. */
internal fun plain(value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is JsonElement -> value
    is String -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    is Double -> JsonPrimitive(value)
    is Number -> JsonPrimitive(value.toLong())
    is UByte -> JsonPrimitive(value.toLong())
    is UShort -> JsonPrimitive(value.toLong())
    is UInt -> JsonPrimitive(value.toLong())
    is ULong -> JsonPrimitive(value.toLong())
    is Enum<*> -> JsonPrimitive(value.name.lowercase())
    is Collection<*> -> JsonArray(value.map(::plain))
    is Map<*, *> -> JsonObject(value.entries.associate { (name, it) -> name.toString() to plain(it) })
    is CommandResult -> JsonObject(fields(value) + ("outcome" to JsonPrimitive(variant(value))))
    is ScreeningOutcome -> JsonObject(fields(value) + ("outcome" to JsonPrimitive(variant(value))))
    is DeviceEvent -> JsonPrimitive(variant(value.kind))
    is LumbraException -> JsonObject(fields(value) + ("error" to JsonPrimitive(variant(value))))
    else -> JsonObject(fields(value))
}

private fun fields(value: Any): Map<String, JsonElement> =
    value::class.memberProperties
        .filter { it.name !in setOf("cause", "message") }
        .associate { snake(it.name) to plain(it.getter.call(value)) }

/** The name of a sealed class's case: `NoSuchDevice` is `no_such_device`. */
private fun variant(value: Any): String = snake(checkNotNull(value::class.simpleName))

private fun snake(name: String): String =
    name.replaceFirstChar(Char::lowercase).replace(Regex("[A-Z]")) { "_" + it.value.lowercase() }

/** What differs between what is expected and what came; null when it fits. See the scenarios' README. */
internal fun mismatch(expected: JsonElement, got: JsonElement): String? = when {
    expected is JsonObject && isRange(expected) && number(got) != null -> {
        val fits = bound(expected, "at_least").let { it == null || number(got)!! >= it } &&
            bound(expected, "at_most").let { it == null || number(got)!! <= it }
        if (fits) null else "$got is not within $expected"
    }
    expected is JsonObject && got is JsonObject -> expected.entries.firstNotNullOfOrNull { (name, value) ->
        mismatch(value, got[name] ?: JsonNull)?.let { "$name: $it" }
    }
    expected is JsonArray && got is JsonArray && expected.size == got.size ->
        expected.indices.firstNotNullOfOrNull { index -> mismatch(expected[index], got[index])?.let { "[$index]: $it" } }
    number(expected) != null && number(got) != null ->
        if (kotlin.math.abs(number(expected)!! - number(got)!!) < 1e-9) null else "$got instead of $expected"
    else -> if (expected == got) null else "$got instead of $expected"
}

private fun isRange(expected: JsonObject): Boolean =
    expected.isNotEmpty() && expected.keys.all { it == "at_least" || it == "at_most" }

private fun bound(range: JsonObject, name: String): Double? = range[name]?.let(::number)

private fun number(value: JsonElement): Double? =
    (value as? JsonPrimitive)?.takeIf { !it.isString && it !is JsonNull }?.content?.toDoubleOrNull()
