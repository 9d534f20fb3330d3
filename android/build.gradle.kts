// The versions are those of tests/kotlin/pom.xml, which runs where there is no Android SDK.
plugins {
    id("com.android.library") version "8.13.0" apply false
    kotlin("android") version "2.3.21" apply false
    kotlin("jvm") version "2.3.21" apply false
}
