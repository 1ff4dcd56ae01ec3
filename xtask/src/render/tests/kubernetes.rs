//! What Argo Rollouts is told is what the policy says, and what Jobs run is what this program understands.

use clap::Parser as _;

use super::*;
use crate::CommandLine;

/// Of `deploy/kubernetes/rollouts`, as YAML readers see it.
fn manifest(name: &str) -> Value {
    let path = format!("deploy/kubernetes/rollouts/{name}.yaml");
    let files = files(&shipped(), SHIPPED).unwrap();
    let file = files.iter().find(|file| file.path == path);
    serde_norway::from_str(&file.unwrap().text).unwrap()
}

fn templates() -> Vec<Value> {
    let stages = shipped().stages.into_iter();
    stages
        .map(|stage| manifest(&format!("rollout-check-{}", stage.name)))
        .collect()
}

fn job_of(template: &Value) -> &Value {
    assert_eq!(template["apiVersion"], "argoproj.io/v1alpha1");
    assert_eq!(template["kind"], "AnalysisTemplate");
    let metrics = template["spec"]["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), 1);
    assert_eq!(metrics[0]["failureLimit"], 0);
    &metrics[0]["provider"]["job"]["spec"]
}

#[test]
fn the_steps_are_the_stages_each_with_its_weight_and_its_analysis() {
    let rollout = manifest("steps");
    assert_eq!(rollout["apiVersion"], "argoproj.io/v1alpha1");
    assert_eq!(rollout["kind"], "Rollout");
    let steps = rollout["spec"]["strategy"]["canary"]["steps"]
        .as_array()
        .unwrap();
    let weights: Vec<_> = steps
        .iter()
        .filter_map(|step| step["setWeight"].as_u64())
        .collect();
    let stages = shipped().stages;
    let planned: Vec<_> = stages
        .iter()
        .map(|stage| u64::from(stage.weight_percent))
        .collect();
    assert_eq!(weights, planned);
    let kinds: Vec<&str> = steps
        .iter()
        .map(|step| step.as_object().unwrap().keys().next().unwrap().as_str())
        .collect();
    assert_eq!(
        kinds,
        ["setWeight", "pause", "analysis"].repeat(stages.len())
    );
    let known: Vec<Value> = templates()
        .iter()
        .map(|one| one["metadata"]["name"].clone())
        .collect();
    let named: Vec<Value> = steps
        .iter()
        .filter_map(|step| step.get("analysis"))
        .map(|analysis| analysis["templates"][0]["templateName"].clone())
        .collect();
    assert_eq!(named, known);
}

#[test]
fn a_job_completes_with_a_promotion_fails_with_a_rollback_and_goes_on_with_everything_else() {
    for (stage, template) in shipped().stages.iter().zip(templates()) {
        let rules = job_of(&template)["podFailurePolicy"]["rules"]
            .as_array()
            .unwrap()
            .clone();
        // As the job controller reads them: the first rule that fits decides.
        let action = |code: u8| {
            rules.iter().find_map(|rule| {
                let codes = rule["onExitCodes"]["values"].as_array()?;
                let is_in = codes.iter().any(|one| *one == code);
                let fits = match rule["onExitCodes"]["operator"].as_str()? {
                    "In" => is_in,
                    "NotIn" => !is_in,
                    other => panic!("{other}"),
                };
                fits.then(|| rule["action"].as_str().unwrap().to_owned())
            })
        };
        assert_eq!(action(20).as_deref(), Some("FailJob"), "{}", stage.name);
        for broken in [1, 2, 30, 101, 137] {
            assert_eq!(action(broken).as_deref(), Some("Ignore"), "{broken}");
        }
        let held = if stage.at_most.is_some() {
            "FailJob"
        } else {
            "Ignore"
        };
        assert_eq!(action(10).as_deref(), Some(held), "{}", stage.name);
        // A pod that is started again within its Job would lose its code.
        assert_eq!(
            job_of(&template)["template"]["spec"]["restartPolicy"],
            "Never"
        );
    }
    assert!(shipped().stages.iter().any(|stage| stage.at_most.is_some()));
    assert!(shipped().stages.iter().any(|stage| stage.at_most.is_none()));
}

#[test]
fn what_the_jobs_run_is_understood_here() {
    for (stage, template) in shipped().stages.iter().zip(templates()) {
        let container = &job_of(&template)["template"]["spec"]["containers"][0];
        assert_eq!(container["command"], serde_json::json!(["xtask"]));
        let arguments = container["args"].as_array().unwrap();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|one| {
                one.as_str()
                    .unwrap()
                    .replace("{{args.prometheus}}", "http://prometheus:9090")
                    .replace("{{args.canary}}", "5f6d8")
                    .replace("{{args.stable}}", "7c9b4")
            })
            .collect();
        let line = ["xtask".to_owned()].into_iter().chain(arguments.clone());
        CommandLine::try_parse_from(line).unwrap();
        assert!(
            arguments
                .windows(2)
                .any(|two| two == ["--stage", &stage.name])
        );
        assert!(!arguments.iter().any(|one| one.contains("{{")));
        let argument = &template["spec"]["args"][2];
        assert_eq!(argument["name"], "prometheus");
        assert!(argument["value"].as_str().unwrap().starts_with("http://"));
    }
}

#[test]
fn the_judge_is_told_which_version_is_which() {
    let rollout = manifest("steps");
    let steps = rollout["spec"]["strategy"]["canary"]["steps"].as_array();
    let analyses = steps
        .unwrap()
        .iter()
        .filter_map(|step| step.get("analysis"));
    let told: Vec<&Value> = analyses.map(|analysis| &analysis["args"]).collect();
    assert_eq!(told.len(), shipped().stages.len());
    for args in told {
        let wanted = serde_json::json!([
            {"name": "canary", "valueFrom": {"podTemplateHashValue": "Latest"}},
            {"name": "stable", "valueFrom": {"podTemplateHashValue": "Stable"}},
        ]);
        assert_eq!(*args, wanted);
    }
    for template in templates() {
        let container = &job_of(&template)["template"]["spec"]["containers"][0];
        let arguments = container["args"].as_array().unwrap();
        for (option, argument) in [
            ("--canary", "{{args.canary}}"),
            ("--stable", "{{args.stable}}"),
        ] {
            assert!(
                arguments
                    .windows(2)
                    .any(|two| two[0] == option && two[1] == argument),
                "{option}"
            );
        }
    }
}

#[test]
fn the_operator_gets_every_rule_and_no_other() {
    let made = files(&shipped(), SHIPPED).unwrap();
    let of_file = |path: &str| -> Value {
        let file = made.iter().find(|file| file.path == path).unwrap();
        serde_norway::from_str(&file.text).unwrap()
    };
    let object = of_file("deploy/kubernetes/monitoring/prometheus-rule.yaml");
    let names = |groups: &Value| -> Vec<String> {
        let rules = rules_of(groups).into_iter();
        let mut rules: Vec<String> = rules.map(|rule| rule.to_string()).collect();
        rules.sort();
        rules
    };
    let mut everywhere = Vec::new();
    for file in &made {
        if file.path.starts_with("deploy/prometheus/rules/") {
            everywhere.extend(names(&of_file(&file.path)));
        }
    }
    everywhere.sort();
    assert!(everywhere.len() > 50, "{}", everywhere.len());
    assert_eq!(names(&object["spec"]), everywhere);
}

#[test]
fn the_operator_scrapes_as_the_policy_says() {
    let made = files(&shipped(), SHIPPED).unwrap();
    let path = "deploy/kubernetes/monitoring/service-monitor.yaml";
    let file = made.iter().find(|file| file.path == path).unwrap();
    let monitor: Value = serde_norway::from_str(&file.text).unwrap();
    let endpoint = &monitor["spec"]["endpoints"][0];
    let monitoring = shipped().monitoring;
    assert_eq!(
        endpoint["interval"],
        rollout::span::text(monitoring.scrape_every)
    );
    // The judge knows versions by the servers' own label.
    assert_eq!(endpoint["honorLabels"], true);
    assert_eq!(
        monitor["spec"]["selector"]["matchLabels"]["app"],
        monitoring.job
    );
    assert_eq!(monitor["spec"]["jobLabel"], "app");
}

#[test]
fn the_jobs_judge_by_the_policy_that_all_this_was_made_from() {
    let map = manifest("policy");
    let text = map["data"]["rollout.toml"].as_str().unwrap();
    assert_eq!(Policy::parse(text).unwrap().hash(), shipped().hash());
    for template in templates() {
        let pod = &job_of(&template)["template"]["spec"];
        assert_eq!(
            pod["volumes"][0]["configMap"]["name"],
            map["metadata"]["name"]
        );
        let container = &pod["containers"][0];
        let mounted = container["volumeMounts"][0]["mountPath"].as_str().unwrap();
        let file = format!("{mounted}/rollout.toml");
        assert!(
            container["args"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| *one == file)
        );
    }
}

#[test]
fn whoever_takes_the_component_gets_all_of_it() {
    let component = manifest("kustomization");
    assert_eq!(component["kind"], "Component");
    let made = files(&shipped(), SHIPPED).unwrap();
    let made = made
        .iter()
        .filter_map(|file| file.path.strip_prefix("deploy/kubernetes/rollouts/"));
    let made: BTreeSet<&str> = made.collect();
    let resources = component["resources"].as_array().unwrap();
    let patches = component["patches"].as_array().unwrap();
    let named = resources.iter().map(|one| one.as_str().unwrap());
    let named = named.chain(patches.iter().map(|one| one["path"].as_str().unwrap()));
    let named: BTreeSet<&str> = named.chain(["kustomization.yaml"]).collect();
    assert_eq!(named, made);
}
