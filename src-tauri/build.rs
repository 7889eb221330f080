fn main() {
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // Before all other libraries: the system's linker looks each of their 70,000 names up in this order, at each start.
        println!("cargo:rustc-link-lib=webkit2gtk-4.1");
        println!("cargo:rustc-link-lib=javascriptcoregtk-4.1");
    }
    tauri_build::build()
}
