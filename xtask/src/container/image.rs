//! What a stage of a Dockerfile says, as far as ours go. An instruction that is not known here is an error, so that nothing in it is
//! left untried in silence.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) base: String,
    /// As they stand there.
    pub(super) copies: Vec<String>,
    pub(super) runs: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    /// `uid:gid`.
    pub(super) user: String,
    pub(super) entrypoint: Vec<String>,
    pub(super) health_check: Option<Vec<String>>,
    pub(super) volumes: Vec<String>,
    pub(super) ports: Vec<u16>,
    pub(super) labels: BTreeMap<String, String>,
}

impl Image {
    /// # Errors
    /// There is no such stage, or it has an instruction that is not known.
    pub(super) fn parse(dockerfile: &str, stage: &str) -> anyhow::Result<Self> {
        let mut image = None;
        for line in lines(dockerfile) {
            let (instruction, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let rest = rest.trim();
            if instruction == "FROM" {
                let (base, name) = rest.split_once(" AS ").context("a stage has no name")?;
                if image.is_some() {
                    break;
                }
                image = (name.trim() == stage).then(|| Self {
                    base: base.trim().to_owned(),
                    ..Self::default()
                });
            } else if let Some(image) = &mut image {
                image
                    .take(instruction, rest)
                    .with_context(|| line.clone())?;
            }
        }
        image.with_context(|| format!("there is no stage {stage}"))
    }

    fn take(&mut self, instruction: &str, rest: &str) -> anyhow::Result<()> {
        match instruction {
            "COPY" => self.copies.push(rest.to_owned()),
            "RUN" => self.runs.push(rest.to_owned()),
            "ENV" => self.environment.extend(pairs(rest)?),
            "LABEL" => self.labels.extend(pairs(rest)?),
            "USER" => rest.clone_into(&mut self.user),
            "ENTRYPOINT" => self.entrypoint = serde_json::from_str(rest)?,
            "VOLUME" => self.volumes = serde_json::from_str(rest)?,
            "EXPOSE" => {
                let ports = rest.split_whitespace().map(str::parse);
                self.ports = ports.collect::<Result<_, _>>()?;
            }
            "HEALTHCHECK" if rest == "NONE" => self.health_check = None,
            "HEALTHCHECK" => {
                let (_, command) = rest.split_once("CMD ").context("no CMD")?;
                self.health_check = Some(serde_json::from_str(command.trim())?);
            }
            // Arguments only reach labels; the working directory is that of the build.
            "ARG" | "WORKDIR" => {}
            other => bail!("{other} is not known"),
        }
        Ok(())
    }
}

/// Without comments, and with continued lines joined.
fn lines(dockerfile: &str) -> Vec<String> {
    let lines = dockerfile.lines().map(str::trim);
    let kept: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let joined = kept.join("\n").replace("\\\n", " ");
    joined.lines().map(str::to_owned).collect()
}

/// `NAME=value NAME="a value"`.
fn pairs(text: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').context("no value")?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').context("a quote is open")?,
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        ensure!(!name.contains(' '), "`{name}` is no name");
        pairs.push((name.to_owned(), value.to_owned()));
        rest = after.trim();
    }
    Ok(pairs)
}
