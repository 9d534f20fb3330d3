package health.lumbra.android

import android.content.Context
import android.os.UserManager
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.security.keystore.UserNotAuthenticatedException
import android.system.ErrnoException
import android.system.Os
import android.system.OsConstants
import health.lumbra.core.KeyStore
import health.lumbra.core.PortException
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.security.GeneralSecurityException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import java.security.KeyStore as SystemKeyStore

/**
 * Keeps the database's key on Android: wrapped by an AES key that never leaves the Android Keystore, in a file that no backup takes
 * along. It can be had once the person has unlocked the phone after it was started, and from then on in the background too.
 */
public class AndroidKeyStore(context: Context) : KeyStore {
    private val users = context.getSystemService(Context.USER_SERVICE) as UserManager
    private val folder: File = context.noBackupFilesDir
    private val file = File(folder, "lumbra.key")

    override fun load(): ByteArray? = told {
        unlocked()
        if (!file.exists()) return@told null
        val wrapped = file.readBytes()
        if (wrapped.size <= IV_LEN) throw PortException.Failed("the file of the wrapped key is damaged")
        val cipher = Cipher.getInstance(TRANSFORMATION)
        // There is data under this key: a wrapping key that is gone is an error, or else a new key would take its place.
        val wrapping = wrapping() ?: throw PortException.Failed("the wrapping key is gone")
        cipher.init(Cipher.DECRYPT_MODE, wrapping, GCMParameterSpec(TAG_BITS, wrapped, 0, IV_LEN))
        cipher.doFinal(wrapped, IV_LEN, wrapped.size - IV_LEN)
    }

    override fun save(key: ByteArray): Unit = told {
        unlocked()
        if (file.exists()) throw PortException.Failed("there is a key already")
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, wrapping() ?: newWrapping())
        write(cipher.iv + cipher.doFinal(key))
    }

    override fun destroy(): Unit = told {
        unlocked()
        if (file.exists() && !file.delete()) throw PortException.Failed("the wrapped key can't be deleted")
        sync(folder)
        system().deleteEntry(ALIAS)
    }

    /** Before the first unlock the file only seems not to be there. */
    private fun unlocked() {
        if (!users.isUserUnlocked) throw PortException.Unavailable("the phone was not unlocked yet")
    }

    /** There whole after a power cut, or not at all. */
    private fun write(wrapped: ByteArray) {
        val unfinished = File(folder, "lumbra.key.part")
        FileOutputStream(unfinished).use { out ->
            out.write(wrapped)
            out.fd.sync()
        }
        if (!unfinished.renameTo(file)) throw PortException.Failed("the wrapped key can't be stored")
        sync(folder)
    }

    private fun sync(folder: File) {
        val opened = Os.open(folder.path, OsConstants.O_RDONLY, 0)
        try {
            Os.fsync(opened)
        } finally {
            Os.close(opened)
        }
    }

    private fun system(): SystemKeyStore = SystemKeyStore.getInstance(PROVIDER).apply { load(null) }

    private fun wrapping(): SecretKey? = system().getKey(ALIAS, null) as SecretKey?

    private fun newWrapping(): SecretKey {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(ALIAS, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
            .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(spec) }.generateKey()
    }

    private inline fun <T> told(work: () -> T): T =
        try {
            work()
        } catch (_: UserNotAuthenticatedException) {
            throw PortException.Unavailable("the phone is locked")
        } catch (failure: GeneralSecurityException) {
            throw PortException.Failed(failure.javaClass.simpleName)
        } catch (failure: IOException) {
            throw PortException.Failed(failure.javaClass.simpleName)
        } catch (failure: ErrnoException) {
            throw PortException.Failed(failure.javaClass.simpleName)
        } catch (failure: IllegalStateException) {
            // What the Keystore throws when its service is down.
            throw PortException.Unavailable(failure.javaClass.simpleName)
        }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
        const val ALIAS = "health.lumbra.database"
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val IV_LEN = 12
        const val TAG_BITS = 128
    }
}
