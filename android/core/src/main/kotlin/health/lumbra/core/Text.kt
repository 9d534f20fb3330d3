package health.lumbra.core

/** Whether this is text in full: half of a surrogate pair can't cross the border. */
internal fun String.isWhole(): Boolean = Charsets.UTF_8.newEncoder().canEncode(this)

/** The text, checked before anything is handed over: what fails on its way would leave behind what went before it. */
internal fun String.whole(): String =
    if (isWhole()) this else throw LumbraException.Invalid("a text holds half a character: correct it")
