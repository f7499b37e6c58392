//! `callhouse api-key`: keys for programs. A key is shown once, when it is made (SEC-1).

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
    /// Creates a key and prints it, this once, alone on a line
    Create {
        /// The account it works for
        #[arg(long, value_name = "NAME")]
        account: String,
        /// What it is for
        #[arg(long, value_name = "NAME")]
        name: String,
        /// It sees and writes every account
        #[arg(long)]
        admin: bool,
    },
    /// Lists keys, without what is secret about them
    List {
        /// Only those of this account
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Deletes a key by its id
    Delete { id: i64 },
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    let accounts = lake::accounts(&settings).await?;
    match arguments.action {
        Action::Create { account, name, admin } => {
            let created = accounts.create_api_key(&lake::account_id(&account)?, &name, admin).await?;
            output::line(created.token.expose())?;
        }
        Action::List { account } => {
            let account = account.as_deref().map(lake::account_id).transpose()?;
            let rows: Vec<Vec<String>> = accounts
                .api_keys(account.as_ref())
                .await?
                .into_iter()
                .map(|key| {
                    vec![
                        key.id.to_string(),
                        key.account.to_string(),
                        key.name,
                        if key.admin { "admin" } else { "" }.to_owned(),
                        key.created_at.to_rfc3339(),
                        key.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339()),
                    ]
                })
                .collect();
            output::table(&["id", "account", "name", "rights", "created", "last used"], &rows, 6)?;
        }
        Action::Delete { id } => {
            anyhow::ensure!(accounts.delete_api_key(None, id).await?, "there is no API key {id}");
        }
    }
    Ok(())
}
