package health.lumbra.android

import android.content.Context
import health.lumbra.core.Lumbra
import health.lumbra.core.SystemHttp
import java.io.File

/**
 * Opens the core in the app's own files, with the Android Keystore, the phone's clock and its network. `LumbraAndroid.initialise()` comes before; the
 * permissions may come later, but before a scan.
 */
public suspend fun openLumbra(context: Context): Lumbra =
    Lumbra.open(File(context.filesDir, "lumbra").path, AndroidKeyStore(context), AndroidClock(), http = SystemHttp())
