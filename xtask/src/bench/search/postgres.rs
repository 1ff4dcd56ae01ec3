//! Postgres to compare with: the same catalogue and queries in a private one, through its own benchmark tool.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::tools::is_root;

const BINARIES: &str = "/usr/lib/postgresql/15/bin";

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    pub(crate) requests_per_second: f64,
    pub(crate) mean_milliseconds: f64,
}

/// A server of this run only, over a socket in its own folder.
struct Private {
    folder: PathBuf,
}

impl Private {
    fn start(parent: &Path) -> anyhow::Result<Self> {
        crate::tools::ensure_debian_packages(&["postgresql-15"])?;
        let folder = parent.join("postgres");
        std::fs::create_dir(&folder)?;
        // Postgres refuses to run as root, and its user must be able to reach the folder.
        std::fs::set_permissions(parent, std::fs::Permissions::from_mode(0o755))?;
        let private = Self { folder };
        if is_root() {
            ensure!(
                Command::new("chown")
                    .arg("postgres")
                    .arg(&private.folder)
                    .status()?
                    .success(),
                "the folder could not be given to postgres"
            );
        }
        let data = private.folder.join("data");
        private.run(
            "initdb",
            &[
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "-D",
                text(&data)?,
            ],
        )?;
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c shared_buffers=1GB -c work_mem=64MB -c jit=off",
            private.folder.display()
        );
        let log = private.folder.join("log");
        private.run(
            "pg_ctl",
            &[
                "-D",
                text(&data)?,
                "-l",
                text(&log)?,
                "-w",
                "-o",
                &options,
                "start",
            ],
        )?;
        Ok(private)
    }

    /// Runs one of Postgres' programs as its user; answers what it printed.
    fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let path = format!("{BINARIES}/{program}");
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", &path]);
            command
        } else {
            Command::new(&path)
        };
        let output = command
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .with_context(|| format!("starting {program}"))?;
        ensure!(
            output.status.success(),
            "{program} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn psql(&self, sql: &str) -> anyhow::Result<String> {
        self.run(
            "psql",
            &[
                "-h",
                text(&self.folder)?,
                "-U",
                "postgres",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
                "postgres",
            ],
        )
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let stopped = text(&data)
            .and_then(|data| self.run("pg_ctl", &["-D", data, "-m", "immediate", "stop"]));
        if let Err(error) = stopped {
            eprintln!("the private Postgres could not be stopped: {error}");
        }
    }
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}

const SCHEMA: &str = "
CREATE TABLE scholarships (id text PRIMARY KEY, document jsonb NOT NULL, status text NOT NULL, expires timestamptz,
  scholarship_type text NOT NULL, states text[] NOT NULL, fields text[] NOT NULL, amount numeric,
  words tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english', coalesce(document->>'name', '')), 'A') ||
    setweight(to_tsvector('english', coalesce(document->>'organization', '')), 'B') ||
    setweight(to_tsvector('english', coalesce(document->>'tags', '') || ' ' || coalesce(document->>'eligibility_criteria', '') ||
      ' ' || coalesce(document->>'alternative_criteria', '')), 'C') ||
    setweight(to_tsvector('english', coalesce(document->>'description', '')), 'D')) STORED);
CREATE TABLE queries (number int PRIMARY KEY, query text NOT NULL);
CREATE TABLE loaded (document jsonb);
";

const FILL: &str = "
INSERT INTO scholarships (id, document, status, expires, scholarship_type, states, fields, amount)
  SELECT coalesce(document->>'id', 'row' || row_number() OVER ()), document, coalesce(document->>'status', 'active'),
    (document->>'application_deadline')::timestamptz, coalesce(document->>'scholarship_type', 'other'),
    ARRAY(SELECT jsonb_array_elements_text(coalesce(document->'eligibility_criteria'->'residency_states', '[]'))),
    ARRAY(SELECT jsonb_array_elements_text(coalesce(document->'eligibility_criteria'->'fields_of_study', '[]'))),
    (document->>'amount')::numeric FROM loaded;
DROP TABLE loaded;
CREATE INDEX ON scholarships USING gin (words);
VACUUM ANALYZE scholarships;
";

/// The same answer as the API's: ten best, exact total, three facets with counts and amounts.
const QUERY: &str = "\\set number random(1, :queries)
WITH found AS MATERIALIZED (
  SELECT s.*, ts_rank(s.words, q.words) AS rank FROM scholarships s,
    (SELECT plainto_tsquery('english', query) AS words FROM queries WHERE number = :number) q
  WHERE s.words @@ q.words AND s.status = 'active' AND (s.expires IS NULL OR s.expires >= now()))
SELECT (SELECT count(*) FROM found),
  (SELECT jsonb_agg(top.document) FROM (SELECT document FROM found ORDER BY rank DESC, id LIMIT 10) top),
  (SELECT jsonb_agg(f) FROM (SELECT state, count(*), min(amount), max(amount), sum(amount) FROM found, unnest(states) state GROUP BY state) f),
  (SELECT jsonb_agg(f) FROM (SELECT field, count(*), min(amount), max(amount), sum(amount) FROM found, unnest(fields) field GROUP BY field) f),
  (SELECT jsonb_agg(f) FROM (SELECT scholarship_type, count(*), min(amount), max(amount), sum(amount) FROM found GROUP BY scholarship_type) f);
";

/// A Postgres that holds the catalogue and the queries.
pub(crate) struct Comparison {
    private: Private,
    script: PathBuf,
    queries: usize,
}

impl Comparison {
    pub(crate) fn prepare(
        folder: &Path,
        catalogue: &Path,
        queries: &[&str],
    ) -> anyhow::Result<Self> {
        let private = Private::start(folder)?;
        private.psql(SCHEMA)?;
        // COPY's text format wants backslashes doubled.
        let rows = folder.join("rows.copy");
        let mut output = BufWriter::new(File::create(&rows)?);
        for line in BufReader::new(File::open(catalogue)?).lines() {
            writeln!(output, "{}", line?.replace('\\', "\\\\"))?;
        }
        output.into_inner()?.sync_all()?;
        private.psql(&format!("\\copy loaded FROM '{}'", rows.display()))?;
        let mut insert = String::from("INSERT INTO queries VALUES ");
        for (at, query) in queries.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let query = query.replace('\'', "''");
            let _ = write!(insert, "{comma}({}, '{query}')", at + 1);
        }
        private.psql(&insert)?;
        let statements = FILL.split_inclusive(';');
        for statement in statements.filter(|statement| !statement.trim().is_empty()) {
            private.psql(statement)?;
        }
        let script = folder.join("query.sql");
        std::fs::write(&script, QUERY)?;
        Ok(Self {
            private,
            script,
            queries: queries.len(),
        })
    }

    /// Asks the queries at random for some seconds over prepared statements.
    pub(crate) fn run(&self, connections: u32, seconds: u64) -> anyhow::Result<Measured> {
        let queries = format!("queries={}", self.queries);
        let (clients, seconds) = (connections.to_string(), seconds.to_string());
        let output = self.private.run(
            "pgbench",
            &[
                "-h",
                text(&self.private.folder)?,
                "-U",
                "postgres",
                "-n",
                "-M",
                "prepared",
                "-D",
                &queries,
                "-c",
                &clients,
                "-j",
                "2",
                "-T",
                &seconds,
                "-f",
                text(&self.script)?,
                "postgres",
            ],
        )?;
        let number = |prefix: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix(prefix));
            let line = line.with_context(|| format!("pgbench printed no `{prefix}`"))?;
            Ok::<f64, anyhow::Error>(line.trim().split(' ').next().unwrap_or("").parse()?)
        };
        Ok(Measured {
            requests_per_second: number("tps =")?,
            mean_milliseconds: number("latency average =")?,
        })
    }
}
