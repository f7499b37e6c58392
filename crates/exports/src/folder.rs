//! The folder of exports: names of files and what makes them durable (LAK-1).
//!
//! A file is named by job and attempt, so that two runs of a job never write the same one. It is written as
//! `ID.ATTEMPT.part`, then renamed; beside it lies `ID.ATTEMPT.manifest.json`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use callhouse_core::crash;
use callhouse_lake::DataFolder;
use callhouse_lake::jobs::{Job, JobId};

use crate::error::Error;
use crate::spec::ExportSpec;

const PART: &str = "part";
const MANIFEST: &str = "manifest.json";

/// The folder of exports of a data folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// The files of one run, removed when dropped unless they are kept.
#[derive(Debug)]
pub(crate) struct Files {
    folder: Folder,
    /// `ID.ATTEMPT`.
    stem: String,
    ending: &'static str,
    kept: bool,
}

impl Folder {
    pub(crate) fn of(data: &DataFolder) -> Self {
        Self { path: data.exports_path() }
    }

    /// Creates the folder if it is not there.
    pub(crate) fn ensure(&self) -> Result<(), Error> {
        match fs::create_dir(&self.path) {
            Ok(()) => match self.path.parent() {
                Some(parent) => sync(parent),
                None => Ok(()),
            },
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(source) => Err(Error::file("create folder", &self.path, source)),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The files of a run of a job.
    pub(crate) fn files(&self, job: &Job, spec: &ExportSpec) -> Files {
        let stem = format!("{}.{}", job.id, job.attempt);
        Files { folder: self.clone(), stem, ending: ending(spec), kept: false }
    }

    /// Every file in the folder whose name is of a run: name, job and attempt. None if there is no folder yet.
    pub(crate) fn list(&self) -> Result<Vec<(String, JobId, i64)>, Error> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::file("list", &self.path, source)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| Error::file("list", &self.path, source))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let mut parts = name.splitn(3, '.');
            let (id, attempt) =
                (parts.next().and_then(JobId::parse), parts.next().and_then(|text| text.parse().ok()));
            if let (Some(id), Some(attempt)) = (id, attempt) {
                files.push((name, id, attempt));
            }
        }
        Ok(files)
    }

    /// Removes a file; one that is not there is removed already.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("delete", &path, error)),
            _ => Ok(()),
        }
    }
}

/// The end of a file's name.
fn ending(spec: &ExportSpec) -> &'static str {
    use crate::format::Format;
    match (spec.format, spec.gzip) {
        (Format::Csv, false) => "csv",
        (Format::Csv, true) => "csv.gz",
        (Format::Ndjson, false) => "ndjson",
        (Format::Ndjson, true) => "ndjson.gz",
        (Format::Parquet, _) => "parquet",
    }
}

/// The name that whoever fetches the file sees.
pub(crate) fn shown_name(job: &Job, spec: &ExportSpec) -> String {
    let day = job.created_at.to_rfc3339();
    let day = day.split('T').next().unwrap_or_default();
    let id: String = job.id.as_str().chars().take(8).collect();
    format!("{}-{day}-{id}.{}", spec.source, ending(spec))
}

/// The manifest that lies beside a file.
pub(crate) fn manifest_name(job: &Job) -> String {
    format!("{}.{}.{MANIFEST}", job.id, job.attempt)
}

impl Files {
    /// Where the file is written.
    pub(crate) fn part(&self) -> PathBuf {
        self.folder.path(&format!("{}.{PART}", self.stem))
    }

    /// The name of the whole file.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.stem, self.ending)
    }

    /// Gives the file, which is durable, its name, and writes the manifest beside it.
    pub(crate) fn complete(&self, manifest: &[u8]) -> Result<(), Error> {
        let (part, whole) = (self.part(), self.folder.path(&self.name()));
        crash::point("export.synced");
        fs::rename(&part, &whole).map_err(|source| Error::file("rename", &part, source))?;
        crash::point("export.renamed");
        let (own, place) = (self.part(), self.folder.path(&format!("{}.{MANIFEST}", self.stem)));
        let write = || {
            let mut file = File::create_new(&own)?;
            file.write_all(manifest)?;
            file.sync_all()?;
            fs::rename(&own, &place)
        };
        write().map_err(|source| Error::file("write", &place, source))?;
        sync(&self.folder.path)?;
        crash::point("export.complete");
        Ok(())
    }

    /// Leaves the files where they are: a job names them.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let names = [PART, self.ending, MANIFEST].map(|ending| format!("{}.{ending}", self.stem));
        for name in names {
            if let Err(error) = self.folder.remove(&name) {
                // Upkeep finds it, too.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a file of an export was left behind"
                );
            }
        }
    }
}

fn sync(folder: &Path) -> Result<(), Error> {
    let synced = File::open(folder).and_then(|open| open.sync_all());
    synced.map_err(|source| Error::file("fsync folder", folder, source))
}
