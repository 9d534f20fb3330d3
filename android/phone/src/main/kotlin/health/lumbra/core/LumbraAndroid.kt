package health.lumbra.core

/**
 * Hands the app's Java virtual machine and class loader to the core's radio, which needs both. The native library must be loaded the Java
 * way for that, which is done when this object is first touched.
 */
public object LumbraAndroid {
    init {
        System.loadLibrary("lumbra_ffi")
    }

    /**
     * To be called once, before anything else of the library, on a thread of the app such as `Application.onCreate`. True when the radio
     * can be used; otherwise, or when this was never called, the radio fails with [LumbraException.NotInitialised].
     */
    @JvmStatic
    public external fun initialise(): Boolean
}
