package health.lumbra.suite

import health.lumbra.core.DemoTime
import health.lumbra.core.Device
import health.lumbra.core.Http
import health.lumbra.core.HttpException
import health.lumbra.core.HttpHeader
import health.lumbra.core.HttpMethod
import health.lumbra.core.HttpResponse
import health.lumbra.core.Lumbra
import health.lumbra.core.ScreeningAnswer
import health.lumbra.core.VirtualWearable
import health.lumbra.core.screeningQuestions
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking

/** A wearable with its core, in virtual time and a folder of its own; gone, with all it made, when [work] has ended. */
internal fun inWorld(time: DemoTime = DemoTime.VIRTUAL, work: suspend World.() -> Unit): Unit =
    inFolder { folder ->
        runBlocking {
            VirtualWearable(time).use { wearable ->
                val lumbra = Lumbra.openDemo(folder.toString(), wearable, Offline)
                try {
                    World(this, folder.toString(), wearable, lumbra).work()
                } finally {
                    lumbra.shutDown()
                }
            }
        }
    }

internal class World(
    scope: CoroutineScope,
    val folder: String,
    val wearable: VirtualWearable,
    val lumbra: Lumbra,
) : CoroutineScope by scope {
    /** Pairs, and screens. */
    suspend fun paired(): Device {
        val device = lumbra.pair("virtual") { wearable.passkey }
        device.connected()
        lumbra.answerScreening(allNo())
        return device
    }
}

/** A network that is not there. */
internal object Offline : Http {
    override fun send(
        method: HttpMethod,
        url: String,
        headers: List<HttpHeader>,
        body: ByteArray,
        bodyMax: ULong,
        timeoutMs: ULong,
    ): HttpResponse = throw HttpException.Unreachable()
}

internal fun allNo(): Map<String, ScreeningAnswer> = screeningQuestions().associate { it.id to ScreeningAnswer.NO }
