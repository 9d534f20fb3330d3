// The library: plain Kotlin for any Java virtual machine, over code that is generated from the core.
plugins {
    kotlin("jvm")
}

val generated = layout.buildDirectory.dir("generated/lumbra")

// The generator reads a library built for this machine; the ones that phones run are built by cargo-ndk.
val generate by tasks.registering(Exec::class) {
    workingDir = rootDir.parentFile
    commandLine("bash", "bindings/generate.sh", "kotlin", generated.get().asFile.path, "--release")
    inputs.dir("../../bindings/src")
    inputs.dir("../../bindings/bindgen/src")
    inputs.files("../../uniffi.toml", "../../Cargo.lock", "../../bindings/generate.sh")
    outputs.dir(generated)
}

kotlin {
    explicitApi()
    jvmToolchain(17)
    compilerOptions {
        allWarningsAsErrors = true
        freeCompilerArgs.add("-Xjdk-release=8")
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_1_8
    }
    sourceSets.main {
        kotlin.srcDir(generate)
    }
}

java {
    sourceCompatibility = JavaVersion.VERSION_1_8
    targetCompatibility = JavaVersion.VERSION_1_8
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core:1.10.2")
    implementation("net.java.dev.jna:jna:5.18.1")
}
