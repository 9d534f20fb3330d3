//! The program `lumbra`; all of it is in the library beside this.

fn main() -> std::process::ExitCode {
    lumbra_cli::main()
}
