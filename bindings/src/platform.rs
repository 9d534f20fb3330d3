//! What a platform needs before anything else.

use tokio::runtime::Builder;

/// Nothing: these platforms' threads need no introduction.
#[cfg(not(target_os = "android"))]
pub(crate) fn prepare_threads(_: &mut Builder) {}

#[cfg(target_os = "android")]
pub(crate) use android::prepare_threads;

/// Android: the radio's Java half needs the Java virtual machine and the app's class loader, which only a thread of the
/// app has. The app calls `System.loadLibrary("lumbra_ffi")` and then `LumbraAndroid.initialise()` before it opens the
/// core; without it the radio says "not initialised".
#[cfg(target_os = "android")]
mod android {
    use jni::objects::JClass;
    use jni::{EnvUnowned, JavaVM};
    use tokio::runtime::Builder;

    /// Every worker is attached to the virtual machine for its whole life: btleplug calls Java from it.
    pub(crate) fn prepare_threads(builder: &mut Builder) {
        builder.on_thread_start(|| {
            if let Ok(machine) = JavaVM::singleton() {
                // A worker that can't be attached is attached by each call, slower.
                let _ = machine.attach_current_thread(|_| Ok::<(), jni::errors::Error>(()));
            }
        });
    }

    /// `health.lumbra.core.LumbraAndroid.initialise()`: true when the radio can be used.
    #[unsafe(no_mangle)]
    pub extern "system" fn Java_health_lumbra_core_LumbraAndroid_initialise<'local>(
        mut env: EnvUnowned<'local>,
        _class: JClass<'local>,
    ) -> bool {
        env.with_env(|env| {
            lumbra::link::android::init(env).map_err(|_| jni::errors::Error::JniCall(jni::errors::JniError::Unknown))
        })
        .into_outcome()
        .is_ok()
    }
}
