package health.lumbra.android

import android.Manifest
import android.content.Context
import android.content.pm.PackageManager
import android.os.Build

/** The permissions that Bluetooth needs on this phone and that the person has not given: ask for them before a scan. */
public fun missingPermissions(context: Context): List<String> {
    val needed = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
        listOf(Manifest.permission.BLUETOOTH_SCAN, Manifest.permission.BLUETOOTH_CONNECT)
    } else {
        // Until Android 11, who scans must be allowed to know where the phone is.
        listOf(Manifest.permission.ACCESS_FINE_LOCATION)
    }
    return needed.filter { context.checkSelfPermission(it) != PackageManager.PERMISSION_GRANTED }
}
