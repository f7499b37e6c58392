//! `callhouse account`: who there is, below whom, and who changed that. A password is shown once, when it is made (SEC-1).

mod audit;
mod tree;

use callhouse_lake::accounts::{Account, Accounts};
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
        /// The account they are below, which can log in as them and add up their calls
        #[arg(long, value_name = "NAME")]
        parent: Option<String>,
    },
    /// Lists all accounts
    List {
        /// Each below the account it belongs to
        #[arg(long)]
        tree: bool,
    },
    /// Puts an account, with all below it, below another one
    Move {
        name: String,
        /// The account it is to be below
        #[arg(long, value_name = "NAME", required_unless_present = "top", conflicts_with = "top")]
        parent: Option<String>,
        /// Below none
        #[arg(long)]
        top: bool,
    },
    /// Disables an account and all below it: nobody can log in as one of them. Their events are taken as before
    Disable { name: String },
    /// Enables a disabled account again
    Enable { name: String },
    /// Gives an account a new password and prints it, this once
    Password { name: String },
    /// Shows who did what to accounts, keys, webhooks and exports, newest first
    Audit(audit::Arguments),
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let settings = config::load(&Flags::new(data))?;
    let accounts = lake::accounts(&settings).await?;
    match arguments.action {
        Action::Create { names, parent } => create(&accounts, &names, parent.as_deref()).await?,
        Action::List { tree } => {
            let all = accounts.list().await?;
            let rows: Vec<Vec<String>> = if tree {
                tree::lines(&all).into_iter().map(|(label, account)| row(label, account)).collect()
            } else {
                all.iter().map(|account| row(account.id.to_string(), account)).collect()
            };
            output::table(&["account", "hash", "parent", "login", "state", "created"], &rows, 6)?;
        }
        Action::Move { name, parent, .. } => {
            let parent = parent.as_deref().map(lake::account_id).transpose()?;
            accounts.move_below(&lake::account_id(&name)?, parent.as_ref()).await?;
        }
        Action::Disable { name } => accounts.set_enabled(&lake::account_id(&name)?, false).await?,
        Action::Enable { name } => accounts.set_enabled(&lake::account_id(&name)?, true).await?,
        Action::Password { name } => {
            let password = accounts.reset_password(&lake::account_id(&name)?).await?;
            output::line(password.expose())?;
        }
        Action::Audit(arguments) => audit::run(&accounts, &arguments).await?,
    }
    Ok(())
}

async fn create(accounts: &Accounts, names: &[String], parent: Option<&str>) -> anyhow::Result<()> {
    let parent = parent.map(lake::account_id).transpose()?;
    for name in names {
        let created = accounts.create(&lake::account_id(name)?, parent.as_ref()).await?;
        output::line(format!("account   {}", created.account.id))?;
        output::line(format!("hash      {}", created.account.hash))?;
        output::line(format!("login     {}", created.account.login))?;
        output::line(format!("password  {}", created.password.expose()))?;
    }
    Ok(())
}

fn row(label: String, account: &Account) -> Vec<String> {
    vec![
        label,
        account.hash.clone(),
        account.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
        account.login.clone(),
        if account.enabled { "enabled" } else { "disabled" }.to_owned(),
        account.created_at.to_rfc3339(),
    ]
}
