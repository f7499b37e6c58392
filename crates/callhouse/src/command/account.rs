//! `callhouse account`: who there is. A password is shown once, when it is made (SEC-1).

use clap::{Args, Subcommand};

use crate::config::{self, DataFlags, Flags};
use crate::{lake, output};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Creates accounts and prints the login and password of each, this once
    Create {
        /// 1 to 64 of A-Z a-z 0-9 . _ -
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// The account they belong to, whose logins see them too
        #[arg(long, value_name = "NAME")]
        parent: Option<String>,
    },
    /// Lists all accounts
    List,
    /// Disables an account and all below it: nobody can log in as one of them
    Disable { name: String },
    /// Enables a disabled account again
    Enable { name: String },
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    let accounts = lake::accounts(&settings).await?;
    match arguments.action {
        Action::Create { names, parent } => {
            let parent = parent.as_deref().map(lake::account_id).transpose()?;
            for name in names {
                let created = accounts.create(&lake::account_id(&name)?, parent.as_ref()).await?;
                output::line(format!("account   {}", created.account.id))?;
                output::line(format!("hash      {}", created.account.hash))?;
                output::line(format!("login     {}", created.account.login))?;
                output::line(format!("password  {}", created.password.expose()))?;
            }
        }
        Action::List => {
            let rows: Vec<Vec<String>> = accounts
                .list()
                .await?
                .into_iter()
                .map(|account| {
                    vec![
                        account.id.to_string(),
                        account.hash,
                        account.parent.map(|parent| parent.to_string()).unwrap_or_default(),
                        account.login,
                        if account.enabled { "enabled" } else { "disabled" }.to_owned(),
                        account.created_at.to_rfc3339(),
                    ]
                })
                .collect();
            output::table(&["account", "hash", "parent", "login", "state", "created"], &rows, 6)?;
        }
        Action::Disable { name } => accounts.set_enabled(&lake::account_id(&name)?, false).await?,
        Action::Enable { name } => accounts.set_enabled(&lake::account_id(&name)?, true).await?,
    }
    Ok(())
}
