//! What a platform needs before anything else.

/// Nothing: these platforms' threads need no introduction.
#[cfg(not(target_os = "android"))]
pub(crate) fn prepare_threads(_: &mut tokio::runtime::Builder) {}

#[cfg(target_os = "android")]
pub(crate) use android::prepare_threads;

/// Android: the radio's Java half needs the Java virtual machine and the app's class loader, which only a thread of the
/// app has. The app calls `System.loadLibrary("lumbra_ffi")` and then `LumbraAndroid.initialise()` before it opens the
/// core; without it the radio says "not initialised".
#[cfg(target_os = "android")]
mod android {
    use jni::errors::Error;
    use jni::objects::JClass;
    use jni::{EnvUnowned, JavaVM, Outcome};
    use tokio::runtime::Builder;

    /// Every worker is attached to the virtual machine for its whole life: btleplug calls Java from it.
    pub(crate) fn prepare_threads(builder: &mut Builder) {
        builder.on_thread_start(|| {
            if let Ok(machine) = JavaVM::singleton() {
                // A worker that can't be attached is attached by each call, slower.
                let _ = machine.attach_current_thread(|_| Ok::<(), Error>(()));
            }
        });
    }

    /// `health.lumbra.core.LumbraAndroid.initialise()`: true when the radio can be used.
    #[allow(unreachable_pub)] // Called by its name.
    #[unsafe(no_mangle)]
    pub extern "system" fn Java_health_lumbra_core_LumbraAndroid_initialise<'local>(
        mut env: EnvUnowned<'local>,
        _class: JClass<'local>,
    ) -> bool {
        let initialised = env.with_env(|env| Ok::<_, Error>(lumbra::link::android::init(env).is_ok()));
        // A panic stays here as well: it must not cross into Java.
        matches!(initialised.into_outcome(), Outcome::Ok(true))
    }
}
