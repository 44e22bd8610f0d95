//! The `doorward` command. Everything that it does is in the library beside it.

use std::io;
use std::process::ExitCode;

use doorward_cli::Surroundings;

fn main() -> ExitCode {
    let surroundings = Surroundings::of_process();
    let mut stdout = io::stdout().lock();
    let mut stderr = io::stderr().lock();
    doorward_cli::run(std::env::args_os(), &surroundings, Box::new(io::stdin()), &mut stdout, &mut stderr).into()
}
