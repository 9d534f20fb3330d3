//! Copies to keep, the way back, and the end of everything.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::Path;

use lumbra::store::Passphrase;
use lumbra::{Companion, SystemClock};
use serde_json::json;
use zeroize::Zeroizing;

use crate::app::App;
use crate::args::PassphraseArgs;
use crate::output::Failure;

pub(super) async fn back_up(app: &App, file: &Path, passphrase: PassphraseArgs) -> Result<(), Failure> {
    // There must be something to copy: opened, the core would make a new and empty database.
    if !lumbra::store::Store::database_path(&app.dir).exists() {
        return Err(Failure::told("not_now", "nothing is stored here yet".to_owned()));
    }
    let passphrase = ask(passphrase, true).await?;
    let companion = app.open().await?;
    app.output.say("making the backup...");
    let made = companion.back_up(file, passphrase).await;
    companion.close().await;
    let bytes = made?;
    app.output.value(&json!({ "file": file, "bytes": bytes }), || {
        format!(
            "{} holds everything, encrypted ({bytes} bytes). Keep the passphrase: nobody can recover it.",
            file.display()
        )
    });
    Ok(())
}

pub(super) async fn import(app: &App, file: &Path, replace: bool, passphrase: PassphraseArgs) -> Result<(), Failure> {
    let passphrase = ask(passphrase, false).await?;
    app.output.say("restoring...");
    let restored =
        Companion::restore(app.dir.clone(), Box::new(app.keys()), &SystemClock, file, passphrase, replace).await;
    let set_aside = restored.map_err(|error| match error {
        lumbra::Error::Store(lumbra::store::StoreError::Conflict { .. }) => Failure::told(
            "not_now",
            "there is data here already: nothing was changed. With --replace it is set aside for the backup's."
                .to_owned(),
        ),
        other => other.into(),
    })?;
    let files: Vec<_> = set_aside.map(|set_aside| set_aside.files).unwrap_or_default();
    app.output.value(&json!({ "restored": true, "set_aside": files }), || {
        let mut lines = vec!["everything is back. Answer `lumbra screen` again before the next session.".to_owned()];
        lines.extend(files.iter().map(|file| format!("what was here is set aside in {}", file.display())));
        lines.join("\n")
    });
    Ok(())
}

pub(super) async fn erase(app: &App, yes: bool) -> Result<(), Failure> {
    if !yes {
        return Err(Failure::usage("this destroys everything that is stored here: say --yes if that is what you want"));
    }
    Companion::erase(app.dir.clone(), Box::new(app.keys())).await?;
    app.output.value(&json!({ "erased": true }), || {
        "everything that was stored here is gone. A wearable still remembers its last hours, and the system its bond.".to_owned()
    });
    Ok(())
}

/// The passphrase: from a file, from who types it (twice when it is new), or from standard input.
async fn ask(from: PassphraseArgs, new: bool) -> Result<Passphrase, Failure> {
    let asked = tokio::task::spawn_blocking(move || -> io::Result<Zeroizing<String>> {
        match from.passphrase_file {
            Some(file) => first_line(&mut BufReader::new(File::open(file)?)),
            None if io::stdin().is_terminal() => {
                let typed = Zeroizing::new(rpassword::prompt_password("passphrase: ")?);
                if new && *Zeroizing::new(rpassword::prompt_password("once more: ")?) != *typed {
                    return Err(io::ErrorKind::InvalidInput.into());
                }
                Ok(typed)
            }
            None => first_line(&mut io::stdin().lock()),
        }
    });
    let typed = match asked.await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(Failure::usage("the two are not the same: nothing was done"));
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::usage("there is no such file with a passphrase"));
        }
        Ok(typed) => typed?,
        Err(_) => return Err(Failure::usage("no passphrase could be read")),
    };
    Passphrase::new(typed.to_string()).map_err(|error| Failure::usage(error.to_string()))
}

fn first_line(from: &mut dyn BufRead) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    from.read_line(&mut line)?;
    let text = line.trim_end_matches(['\r', '\n']).to_owned();
    Ok(Zeroizing::new(text))
}
