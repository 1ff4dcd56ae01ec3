//! Default file, environment file and environment variables in one lookup.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat};

use crate::SettingError;

/// Built in, so that the binary runs without any file beside it.
const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// What each environment changes, built in likewise.
const ENVIRONMENTS: &[(&str, &str)] = &[
    (
        "development",
        include_str!("../../../config/development.toml"),
    ),
    ("staging", include_str!("../../../config/staging.toml")),
    (
        "production",
        include_str!("../../../config/production.toml"),
    ),
];

/// Settings without a default, which may also stand in a file. Secrets may only come from the environment.
const WITHOUT_DEFAULT: &[&str] = &[
    "app_version",
    "command_center_url",
    "index_file",
    "jwt_secret_since",
    "otel_exporter_otlp_endpoint",
    "redis_certificate_authorities",
    "redis_memory_policy",
    "tls_certificate_file",
];
const SECRETS: &[&str] = &[
    "jwt_previous_secrets",
    "jwt_secret",
    "otel_exporter_otlp_headers",
    "redis_url",
    "shared_secret",
];

/// Looks up an environment variable; an empty one counts as unset.
type Variables = Box<dyn Fn(&str) -> Option<String>>;

/// Values as texts, before they are typed.
pub struct Layers {
    defaults: Config,
    files: Config,
    folder: PathBuf,
    variable: Variables,
}

impl Layers {
    /// Reads the files of `folder` over the built-in defaults. A folder that is not given and does not exist is skipped; a key that
    /// is not known is an error.
    pub fn read(
        variable: impl Fn(&str) -> Option<String> + 'static,
        errors: &mut Vec<SettingError>,
    ) -> Self {
        let variable = move |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        let built_in = defaults.clone().build().unwrap_or_default();
        let known: BTreeSet<String> = keys(&built_in)
            .into_iter()
            .chain(WITHOUT_DEFAULT.iter().map(|key| (*key).to_owned()))
            .collect();
        let given = variable("CONFIG_DIR");
        let folder = given.clone().unwrap_or_else(|| "config".to_owned());
        let folder = Path::new(&folder);
        if given.is_some() && !folder.is_dir() {
            errors.push(SettingError::new(
                "CONFIG_DIR",
                format!("{} is not a folder", folder.display()),
            ));
        }
        let mut builder = add(defaults, &folder.join("default.toml"), &known, errors);
        let so_far = builder.clone().build().unwrap_or_default();
        let environment = variable("APP_ENV")
            .or_else(|| so_far.get_string("app_env").ok())
            .unwrap_or_default();
        if let Some((name, built_in)) = ENVIRONMENTS.iter().find(|(name, _)| *name == environment) {
            builder = builder.add_source(File::from_str(built_in, FileFormat::Toml));
            builder = add(
                builder,
                &folder.join(format!("{name}.toml")),
                &known,
                errors,
            );
        }
        Self {
            defaults: built_in,
            files: builder.build().unwrap_or_default(),
            folder: folder.to_owned(),
            variable: Box::new(variable),
        }
    }

    /// The text of a file of the folder, or what is built in where there is none.
    ///
    /// # Errors
    /// The path and why it cannot be read.
    pub fn file(&self, name: &str, built_in: &str) -> Result<String, SettingError> {
        let path = self.folder.join(name);
        if !path.is_file() {
            return Ok(built_in.to_owned());
        }
        std::fs::read_to_string(&path).map_err(|error| {
            SettingError::new(
                path.display().to_string(),
                format!("cannot be read: {error}"),
            )
        })
    }

    /// The value of a setting and where it came from, for messages.
    pub fn get(&self, name: &str) -> Option<String> {
        let key = name.to_ascii_lowercase();
        let from_file = || {
            self.files
                .get_string(&key)
                .ok()
                .filter(|value| !value.trim().is_empty())
        };
        (self.variable)(name).or_else(from_file)
    }

    /// Whether a variable sets it, or a file to something else than the built-in default.
    pub fn is_set(&self, name: &str) -> bool {
        let key = name.to_ascii_lowercase();
        let of = |config: &Config| config.get_string(&key).ok();
        self.is_set_in_environment(name) || of(&self.files) != of(&self.defaults)
    }

    pub fn is_set_in_environment(&self, name: &str) -> bool {
        (self.variable)(name).is_some()
    }
}

fn keys(config: &Config) -> Vec<String> {
    let table = config
        .clone()
        .try_deserialize::<std::collections::HashMap<String, config::Value>>();
    table.unwrap_or_default().into_keys().collect()
}

type Builder = config::ConfigBuilder<config::builder::DefaultState>;

fn add(
    builder: Builder,
    path: &Path,
    known: &BTreeSet<String>,
    errors: &mut Vec<SettingError>,
) -> Builder {
    if !path.is_file() {
        return builder;
    }
    let name = path.display().to_string();
    let source = match std::fs::read_to_string(path) {
        Ok(source) => source,
        Err(error) => {
            errors.push(SettingError::new(&name, format!("cannot be read: {error}")));
            return builder;
        }
    };
    let file = File::from_str(&source, FileFormat::Toml);
    match Config::builder().add_source(file.clone()).build() {
        Err(error) => {
            errors.push(SettingError::new(&name, error.to_string()));
            builder
        }
        Ok(config) => {
            for key in keys(&config) {
                if SECRETS.contains(&key.as_str()) {
                    errors.push(SettingError::new(
                        &name,
                        format!(
                            "`{key}` is a secret: give it as the environment variable {}",
                            key.to_ascii_uppercase()
                        ),
                    ));
                } else if !known.contains(&key) {
                    errors.push(SettingError::new(
                        &name,
                        format!("`{key}` is not a known setting"),
                    ));
                }
            }
            builder.add_source(file)
        }
    }
}
