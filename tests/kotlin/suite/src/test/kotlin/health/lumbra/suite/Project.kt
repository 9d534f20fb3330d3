package health.lumbra.suite

import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.readText

/** Where the project lies, as the build says. */
internal object Project {
    val root: Path = property("lumbra.root").normalize()
    val out: Path = property("lumbra.out").normalize()
    val libraries: String = System.getProperty("jna.library.path")

    fun read(file: String): String = root.resolve(file).readText()

    private fun property(name: String): Path =
        Path.of(System.getProperty(name) ?: error("run by run.sh: '$name' is not set")).toAbsolutePath()
}

/** A folder that is there for the length of [work]. */
internal inline fun <T> inFolder(work: (Path) -> T): T {
    val folder = Files.createTempDirectory("lumbra")
    try {
        return work(folder)
    } finally {
        folder.toFile().deleteRecursively()
    }
}
