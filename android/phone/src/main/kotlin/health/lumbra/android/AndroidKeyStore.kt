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
 * Keeps the database's key and secrets on Android: each wrapped by an AES key that never leaves the Android Keystore, in a file that no
 * backup takes along. They can be had once the person has unlocked the phone after it was started, and from then on in the background too.
 */
public class AndroidKeyStore(context: Context) : KeyStore {
    private val users = context.getSystemService(Context.USER_SERVICE) as UserManager
    private val folder: File = context.noBackupFilesDir
    private val file = File(folder, "lumbra.key")
    private val secrets = File(folder, "lumbra.secrets")

    override fun load(): ByteArray? = told {
        unlocked()
        // There is data under this key: a wrapping key that is gone is an error, or else a new key would take its place.
        unwrapped(file, KEY_ALIAS, null)
    }

    override fun save(key: ByteArray): Unit = told {
        unlocked()
        if (file.exists()) throw PortException.Failed("there is a key already")
        write(file, wrapped(key, KEY_ALIAS, null))
    }

    override fun destroy(): Unit = told {
        unlocked()
        delete(file)
        system().deleteEntry(KEY_ALIAS)
        // Without their wrapping key secrets are noise already, whatever becomes of their files.
        system().deleteEntry(SECRETS_ALIAS)
        secrets.listFiles().orEmpty().forEach(::delete)
    }

    override fun saveSecret(name: String, secret: ByteArray): Unit = told {
        unlocked()
        if (!secrets.isDirectory && !secrets.mkdir()) throw PortException.Failed("there is no folder for secrets")
        sync(folder)
        write(secretFile(name), wrapped(secret, SECRETS_ALIAS, name))
    }

    override fun loadSecret(name: String): ByteArray? = told {
        unlocked()
        unwrapped(secretFile(name), SECRETS_ALIAS, name)
    }

    override fun deleteSecret(name: String): Unit = told {
        unlocked()
        delete(secretFile(name))
    }

    private fun secretFile(name: String): File {
        // A name is a file's name here, and never a way out of the folder.
        if (!name.matches(SECRET_NAME)) throw PortException.Failed("the name of a secret is out of range")
        return File(secrets, "$name.bin")
    }

    /** The initialisation vector, and what it hides. A secret is bound to its name: files that are swapped open nothing. */
    private fun wrapped(bytes: ByteArray, alias: String, name: String?): ByteArray {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, wrapping(alias) ?: newWrapping(alias))
        name?.let { cipher.updateAAD(it.toByteArray()) }
        return cipher.iv + cipher.doFinal(bytes)
    }

    private fun unwrapped(from: File, alias: String, name: String?): ByteArray? {
        if (!from.exists()) return null
        val wrapped = from.readBytes()
        if (wrapped.size <= IV_LEN) throw PortException.Failed("a wrapped file is damaged")
        val cipher = Cipher.getInstance(TRANSFORMATION)
        val wrapping = wrapping(alias) ?: throw PortException.Failed("the wrapping key is gone")
        cipher.init(Cipher.DECRYPT_MODE, wrapping, GCMParameterSpec(TAG_BITS, wrapped, 0, IV_LEN))
        name?.let { cipher.updateAAD(it.toByteArray()) }
        return cipher.doFinal(wrapped, IV_LEN, wrapped.size - IV_LEN)
    }

    private fun delete(wrapped: File) {
        if (wrapped.exists() && !wrapped.delete()) throw PortException.Failed("a wrapped file can't be deleted")
        wrapped.parentFile?.takeIf(File::isDirectory)?.let(::sync)
    }

    /** Before the first unlock the file only seems not to be there. */
    private fun unlocked() {
        if (!users.isUserUnlocked) throw PortException.Unavailable("the phone was not unlocked yet")
    }

    /** There whole after a power cut, or as before. */
    private fun write(to: File, wrapped: ByteArray) {
        val unfinished = File(to.path + ".part")
        FileOutputStream(unfinished).use { out ->
            out.write(wrapped)
            out.fd.sync()
        }
        if (!unfinished.renameTo(to)) throw PortException.Failed("a wrapped file can't be stored")
        to.parentFile?.let(::sync)
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

    private fun wrapping(alias: String): SecretKey? = system().getKey(alias, null) as SecretKey?

    private fun newWrapping(alias: String): SecretKey {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(alias, purposes)
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
        const val KEY_ALIAS = "health.lumbra.database"
        const val SECRETS_ALIAS = "health.lumbra.secrets"
        val SECRET_NAME = Regex("[a-z0-9-]{1,64}")
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val IV_LEN = 12
        const val TAG_BITS = 128
    }
}
