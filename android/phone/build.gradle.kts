// The phone's side: the library as an AAR, with the radio's Java half, the permissions, and the key store.
import groovy.json.JsonSlurper

plugins {
    id("com.android.library")
    kotlin("android")
}

// btleplug carries its Java half in its crate: the one that the native library is built with, so that the halves can't differ.
val btleplug: File = run {
    val metadata = providers.exec {
        workingDir = rootDir.parentFile
        commandLine("cargo", "metadata", "--locked", "--format-version", "1")
    }.standardOutput.asText.get()
    val packages = (JsonSlurper().parseText(metadata) as Map<*, *>)["packages"] as List<*>
    val found = packages.map { it as Map<*, *> }.single { it["name"] == "btleplug" }
    File(found["manifest_path"] as String).parentFile
}

// Its licence goes where its code goes.
val notices by tasks.registering(Copy::class) {
    from(btleplug) { include("LICENSE*") }
    into(layout.buildDirectory.dir("notices/META-INF/licenses/btleplug"))
}

android {
    namespace = "health.lumbra.android"
    compileSdk = 36
    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    sourceSets.named("main") {
        java.srcDir(btleplug.resolve("src/droidplug/java/src/main/java"))
        resources.srcDir(layout.buildDirectory.dir("notices"))
        // Where the workflow lets cargo-ndk put the native libraries.
        jniLibs.srcDir("jniLibs")
    }
}

tasks.matching { it.name.endsWith("JavaRes") }.configureEach { dependsOn(notices) }

kotlin {
    explicitApi()
    jvmToolchain(17)
    compilerOptions {
        allWarningsAsErrors = true
    }
}

dependencies {
    // With its own native half: Android's package of JNA takes the place of the desktop's.
    api(project(":core")) { exclude(group = "net.java.dev.jna") }
    implementation("net.java.dev.jna:jna:5.18.1@aar")
}
