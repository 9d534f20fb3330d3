package health.lumbra.core

import health.lumbra.core.generated.ClinicObserver
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow

/**
 * Begins to connect a clinic, by its server's FHIR [base], such as `https://clinic.example/fhir`, and gives the address to open in the
 * system's browser. [clientId] is what the clinic's system knows this app by, and [redirect] the address of the app's own that the browser
 * comes back to. Beginning anew forgets what was begun before. Refused, before anything is sent, where the [KeyStore] keeps no secrets.
 */
public suspend fun Lumbra.beginClinic(base: String, clientId: String, redirect: String): String =
    answered { handle.beginClinic(base.whole(), clientId.whole(), redirect.whole(), null) }

/**
 * Connects the clinic, with the whole address that the browser came back to. A sign-in is good for one try: what does not belong to it ends
 * it, and it is begun anew. Another clinic must be forgotten first. Cancelled late, it connects all the same: [clinicStatus] tells.
 */
public suspend fun Lumbra.finishClinic(cameBack: String): Unit = answered { handle.finishClinic(cameBack.whole(), null) }

/** How it stands with the clinic; null when none is connected. */
public suspend fun Lumbra.clinicStatus(): ClinicStatus? = answered { handle.clinicStatus() }

/**
 * Forgets the clinic: at its server if that answers, and here in any case. What was done stays here. Its plans are followed no more; their
 * caps stay in force.
 */
public suspend fun Lumbra.forgetClinic(): Unit = answered { handle.forgetClinic(null) }

/**
 * Exchanges with the clinic what can be exchanged: plans come, and what was done goes. Cancelled at any point, it goes on at the next call.
 */
public suspend fun Lumbra.syncClinic(hints: SyncHints): SyncReport = answered { handle.syncClinic(hints, null) }

/**
 * Lets what the clinic's server has refused wait again, as after the clinic has mended something there, and gives how many groups that is. The
 * next sync sends them once more.
 */
public suspend fun Lumbra.retryRefused(): UInt = answered { handle.retryRefused() }

/**
 * What can be seen of syncing, whoever began it, as long as the flow is collected: the present state first, then the newest of at most ten
 * a second. It ends by itself when the clinic is forgotten.
 */
public fun Lumbra.clinicStates(): Flow<ClinicState> = callbackFlow {
    val observer = object : ClinicObserver {
        override fun onState(state: ClinicState) {
            trySend(state)
        }

        override fun onEnded() {
            close()
        }
    }
    val subscription = answered { handle.observeClinic(observer) }
    awaitClose { subscription.close() }
}.buffer(Channel.CONFLATED)
