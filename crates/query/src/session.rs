//! Sessions: one per question, holding our tables and nothing else. All DataFusion settings are here.

use std::collections::HashMap;
use std::sync::Arc;

use callhouse_lake::sums::SumsReader;
use callhouse_lake::{Catalog, DataFolder, Family, Lookups, Table};
use datafusion::catalog::memory::{MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider};
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider};
use datafusion::config::Dialect;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::local::LocalFileSystem;

use crate::engine::EngineOptions;
use crate::scan::{AccountRows, Wall};
use crate::scope::Scope;
use crate::sums::{self, RecordSums};
use crate::view::ReadView;
use crate::{functions, planning, table_functions, tables};

const CATALOG: &str = "callhouse";
const SCHEMA: &str = "public";

/// Consumers named in the message when memory runs out.
pub(crate) const REPORTED_CONSUMERS: std::num::NonZeroUsize =
    std::num::NonZeroUsize::new(3).expect("3 is not 0");

/// Makes sessions. What they share (functions, memory, caches of footers) is made once.
pub(crate) struct Sessions {
    base: SessionState,
    lookups: Arc<Lookups>,
    accounts: Arc<AccountRows>,
    store: ObjectStoreUrl,
    sums: SumsReader,
}

impl Sessions {
    pub(crate) fn new(catalog: &Catalog, options: &EngineOptions) -> Result<Self> {
        let store = ObjectStoreUrl::parse("lake://data")?;
        let files = LocalFileSystem::new_with_prefix(catalog.folder().lake_path())?;
        let runtime = runtime(options)?;
        runtime.register_object_store(store.as_ref(), Arc::new(files));
        // The default registry reaches every file of the machine; no plan of ours needs it.
        let machine = url_of("file:///")?;
        runtime.deregister_object_store(machine.as_ref())?;
        let mut base = SessionStateBuilder::new()
            .with_config(config(options))
            .with_runtime_env(Arc::new(runtime))
            .with_default_features()
            .with_table_factories(HashMap::new())
            .with_physical_optimizer_rules(planning::rules())
            .build();
        functions::register(&mut base)?;
        let lookups = Arc::new(Lookups::new(catalog.folder().clone(), options.lookup_cache_bytes));
        let sums = SumsReader::new(catalog.folder().clone(), options.sums_cache_bytes);
        Ok(Self { base, lookups, accounts: Arc::default(), store, sums })
    }

    /// A session that sees the rows of `scope` in `view`.
    pub(crate) fn open(&self, view: &ReadView, scope: &Scope) -> Result<SessionContext> {
        self.furnish(self.base.clone(), view, scope, &[])
    }

    /// What sessions begin as.
    pub(crate) const fn base(&self) -> &SessionState {
        &self.base
    }

    /// A session of this state that sees the rows of `scope` in `view`, and these schemas.
    pub(crate) fn furnish(
        &self,
        mut state: SessionState,
        view: &ReadView,
        scope: &Scope,
        schemas: &[(&str, Arc<dyn SchemaProvider>)],
    ) -> Result<SessionContext> {
        let schema = MemorySchemaProvider::new();
        for kind in tables::all() {
            let name = kind.name().to_owned();
            schema.register_table(name, Arc::new(self.table(kind, view, scope)))?;
        }
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(SCHEMA, Arc::new(schema))?;
        for (name, schema) in schemas {
            catalog.register_schema(name, Arc::clone(schema))?;
        }
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        table_functions::make_room_for_parameters(state.config_mut());
        let session = SessionContext::new_with_state(state);
        session.register_catalog_list(Arc::new(catalogs));
        let records = |family| self.table(Arc::new(tables::Records(family)), view, scope);
        table_functions::register(&session, records(Family::Calls), records(Family::Sms));
        for family in Family::ALL {
            let sums = RecordSums::new(family, records(family), self.sums.clone());
            if family == Family::Calls {
                let callers = sums::callers::UniqueCallers::new(sums.clone());
                session.register_udtf(sums::callers::NAME, Arc::new(callers));
            }
            session.register_udtf(sums.name(), Arc::new(sums));
        }
        Ok(session)
    }

    fn table(&self, kind: Arc<dyn tables::SqlTable>, view: &ReadView, scope: &Scope) -> tables::Provider {
        tables::Provider::new(
            kind,
            view.clone(),
            Wall::of(scope),
            Arc::clone(&self.lookups),
            Arc::clone(&self.accounts),
            self.store.clone(),
        )
    }
}

fn url_of(text: &str) -> Result<ObjectStoreUrl> {
    ObjectStoreUrl::parse(text)
}

fn runtime(options: &EngineOptions) -> Result<RuntimeEnv> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(options.memory_limit_bytes), REPORTED_CONSUMERS);
    let spill = options
        .spill_folder
        .as_ref()
        .map_or(DiskManagerMode::Disabled, |folder| DiskManagerMode::Directories(vec![folder.clone()]));
    let disk = DiskManagerBuilder::default()
        .with_mode(spill)
        .with_max_temp_directory_size(options.spill_limit_bytes);
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(disk)
        .with_metadata_cache_limit(options.metadata_cache_bytes)
        .build()
}

fn config(options: &EngineOptions) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(options.target_partitions.max(1))
        .with_batch_size(options.batch_rows.max(1))
        .with_information_schema(true)
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(false);
    let settings = config.options_mut();
    settings.execution.time_zone = Some("UTC".to_owned());
    settings.execution.parquet.pushdown_filters = true;
    // TEN-1: the account filter is the first conjunct and must stay so, or a caller's expression would be
    // evaluated on rows of other accounts and could tell of them by failing.
    settings.execution.parquet.reorder_filters = false;
    settings.execution.parquet.bloom_filter_on_read = true;
    settings.execution.parquet.enable_page_index = true;
    // MON-1: `debit > 0.5` compares decimals.
    settings.sql_parser.parse_float_as_decimal = true;
    // Errors say where.
    settings.sql_parser.collect_spans = true;
    settings.sql_parser.dialect = Dialect::PostgreSQL;
    config
}

/// Where the files of a table are, relative to the store.
pub(crate) fn file_location(table: Table, path: &str) -> Result<object_store::path::Path> {
    object_store::path::Path::parse(DataFolder::path_in_lake(table, path))
        .map_err(|source| DataFusionError::External(Box::new(source)))
}
