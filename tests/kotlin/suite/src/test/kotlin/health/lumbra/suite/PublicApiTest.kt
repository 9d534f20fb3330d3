package health.lumbra.suite

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.extension
import kotlin.io.path.writeText
import kotlin.metadata.KmClass
import kotlin.metadata.KmClassifier
import kotlin.metadata.KmPackage
import kotlin.metadata.KmType
import kotlin.metadata.Visibility
import kotlin.metadata.jvm.KotlinClassMetadata
import kotlin.metadata.visibility

/** Who uses the library meets `health.lumbra.core` and nothing else. */
internal class PublicApiTest {
    @Test
    fun `nothing of the generated package is public`() {
        val generated = classes("health/lumbra/core/generated")
        assertTrue(generated.size > 100, "${generated.size} classes")
        val open = generated.flatMap { type ->
            when (val metadata = metadata(type)) {
                is KotlinClassMetadata.Class ->
                    // What stands in an internal class is as hidden as the class.
                    if ('.' in metadata.kmClass.name || !reachable(metadata.kmClass.visibility)) emptyList() else listOf(metadata.kmClass.name)
                is KotlinClassMetadata.FileFacade -> members(metadata.kmPackage).map { it.first }
                else -> emptyList()
            }
        }
        assertEquals(emptyList<String>(), open)
    }

    @Test
    fun `nothing public mentions what is hidden`() {
        val core = Files.list(Project.out.resolve("core/classes/health/lumbra/core")).use { all ->
            all.filter { it.extension == "class" }.map { it.fileName.toString().removeSuffix(".class") }.toList()
        }.map { Class.forName("health.lumbra.core.$it", false, javaClass.classLoader) }
        val public = core.flatMap { type ->
            when (val metadata = metadata(type)) {
                is KotlinClassMetadata.Class -> if (hidden(type)) emptyList() else members(metadata.kmClass)
                is KotlinClassMetadata.FileFacade -> members(metadata.kmPackage)
                else -> emptyList()
            }
        }
        assertTrue(public.size > 200, "${public.size} members")
        assertTrue(public.any { (name, _) -> name == "setIntensity" })
        val leaks = public.filter { (_, types) -> types.any { mentioned(it).any { name -> "generated" in name || "jna" in name } } }
        assertEquals(emptyList<String>(), leaks.map { it.first })
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "val handle: health.lumbra.core.generated.Lumbra? = null",
            "val handle: health.lumbra.core.generated.SnapshotObserver? = null",
            "val live = health.lumbra.core.generated.liveObjects()",
            "fun handle(lumbra: health.lumbra.core.Lumbra): Any = lumbra.handle",
            "val errors: Any = health.lumbra.core.LumbraException.ErrorHandler",
        ],
    )
    fun `an app that reaches into the inside does not compile`(line: String): Unit = inFolder { folder ->
        val compiled = compile(folder.resolve("App.kt").apply { writeText("$line\n") }, folder)
        assertFalse(compiled.succeeded)
        assertTrue("internal" in compiled.messages, compiled.messages)
    }

    @Test
    fun `an app that keeps outside does compile`(): Unit = inFolder { folder ->
        val app = "fun act(device: health.lumbra.core.Device): health.lumbra.core.Snapshot = device.now()\n"
        val compiled = compile(folder.resolve("App.kt").apply { writeText(app) }, folder)
        assertTrue(compiled.succeeded, compiled.messages)
    }

    private fun classes(under: String): List<Class<*>> {
        val root = Project.out.resolve("core/classes")
        return Files.walk(root.resolve(under)).use { all -> all.filter { it.extension == "class" }.toList() }
            .map { file: Path -> root.relativize(file).toString().removeSuffix(".class").replace('/', '.') }
            .map { Class.forName(it, false, javaClass.classLoader) }
    }

    private fun metadata(type: Class<*>): KotlinClassMetadata? =
        type.getAnnotation(Metadata::class.java)?.let(KotlinClassMetadata::readStrict)

    /** Whether a class, or one that it stands in, can't be reached. */
    private fun hidden(type: Class<*>): Boolean =
        generateSequence(type) { it.enclosingClass }.any { owner ->
            owner.isAnonymousClass || (metadata(owner) as? KotlinClassMetadata.Class)?.let { !reachable(it.kmClass.visibility) } ?: true
        }

    private fun reachable(visibility: Visibility): Boolean = visibility == Visibility.PUBLIC || visibility == Visibility.PROTECTED

    private fun members(type: KmClass): List<Pair<String, List<KmType>>> =
        listOf(type.name to type.supertypes) +
            type.constructors.filter { reachable(it.visibility) }.map { it -> "${type.name}()" to it.valueParameters.map { it.type } } +
            type.functions.filter { reachable(it.visibility) }
                .map { it -> it.name to it.valueParameters.map { it.type } + it.returnType } +
            type.properties.filter { reachable(it.visibility) }.map { it.name to listOf(it.returnType) }

    private fun members(file: KmPackage): List<Pair<String, List<KmType>>> =
        file.functions.filter { reachable(it.visibility) }
            .map { it -> it.name to it.valueParameters.map { it.type } + it.returnType } +
            file.properties.filter { reachable(it.visibility) }.map { it.name to listOf(it.returnType) } +
            file.typeAliases.filter { reachable(it.visibility) }.map { it.name to listOf(it.expandedType) }

    private fun mentioned(type: KmType): List<String> {
        val own = when (val classifier = type.classifier) {
            is KmClassifier.Class -> classifier.name
            is KmClassifier.TypeAlias -> classifier.name
            is KmClassifier.TypeParameter -> ""
        }
        return listOf(own) + type.arguments.mapNotNull { it.type }.flatMap(::mentioned)
    }
}
