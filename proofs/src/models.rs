//! Trains each model with real programs, from upload to receipt, and asks what came of it about
//! rows and pictures that it has not seen.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::works::{Customer, Machine, Rigging, Works, output, root};

/// Every so many rows one is held out.
const HELD_EVERY: usize = 8;
const DIGITS: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Model {
    Tabular,
    Distilbert,
    #[value(name = "mobilenet_v2")]
    Mobilenet,
}

#[derive(Clone, Debug, Args)]
pub struct ModelsArgs {
    /// Only these.
    #[arg(long, value_enum)]
    only: Vec<Model>,
}

/// What is uploaded and ordered, and what is kept back.
struct Lesson {
    file: &'static str,
    data: Vec<u8>,
    order: Value,
    held: Held,
    /// What whoever guesses would reach, in hundredths.
    chance: usize,
}

/// What the model is asked, and what would be right.
enum Held {
    /// A table whose last column is the label.
    Table(Vec<u8>, Vec<String>),
    Texts(Vec<(String, String)>),
    Pictures(Vec<(PathBuf, String)>),
}

/// Trains them all; what was wrong comes back.
pub async fn models(args: &ModelsArgs) -> Result<Vec<String>> {
    let python = Rigging::FULL.python()?;
    let works = Works::open(Rigging::FULL).await?;
    let provider = Customer::enter(&works, "provider@example.com", "provider").await?;
    let token = provider
        .post(&works, "/v1/machines/tokens", "token", json!({}))
        .await?;
    let token = token["token"].as_str().context("a token is shown")?;
    let machine = Machine::join(&works, 0, token).await?;
    let mut failures = Vec::new();
    for model in Model::value_variants() {
        if args.only.is_empty() || args.only.contains(model) {
            let name = model.to_possible_value().context("it has a name")?;
            let lesson = lesson(*model, works.path(), &python).await?;
            let (right, asked) = teach(&works, name.get_name(), &lesson, &python).await?;
            println!(
                "{}: {right} of {asked} that it had not seen",
                name.get_name()
            );
            // Well above chance: half of the way from there to the top.
            if right * 200 < asked * (100 + lesson.chance) {
                failures.push(format!("{}: {right} of {asked}", name.get_name()));
            }
        }
    }
    machine.end().await?;
    works.close().await?;
    Ok(failures)
}

/// How much of what it had not seen it gets right, and of how much.
async fn teach(
    works: &Works,
    name: &str,
    lesson: &Lesson,
    python: &Path,
) -> Result<(usize, usize)> {
    let customer = Customer::enter(works, &format!("{name}@example.com"), "customer").await?;
    let dataset = customer
        .bring(works, lesson.file, lesson.data.clone())
        .await?;
    let mut order = lesson.order.clone();
    order["dataset_id"] = json!(dataset);
    let job = customer.train(works, order).await?;
    let receipt = customer.get(works, &format!("/v1/receipts/{job}")).await?;
    works.check_receipt(&receipt).await?;
    let charged = receipt["statement"]["charged"]["amount"].as_str();
    let charged = charged.context("a receipt says what was charged")?;
    ensure!(charged != "0.00", "nothing was charged for {name}");
    let folder = works.path().join(name);
    fs::create_dir(&folder)?;
    let archive = works.path().join("model.zip");
    fs::write(&archive, customer.download(works, &job).await?)?;
    let mut unpack = Command::new(python);
    unpack
        .args(["-m", "zipfile", "-e"])
        .arg(&archive)
        .arg(&folder);
    output(unpack).await?;
    examine(&lesson.held, &folder, python).await
}

async fn lesson(model: Model, folder: &Path, python: &Path) -> Result<Lesson> {
    let examples = root().join("trainer/examples");
    Ok(match model {
        Model::Tabular => {
            let text = fs::read_to_string(examples.join("breast-cancer.csv"))?;
            let (data, held) = hold_out(&text);
            let labels = held.lines().skip(1).map(|row| label_of(row).to_owned());
            Lesson {
                file: "table.csv",
                data,
                order: json!({ "model_type": "tabular",
                    "hyperparams": { "rounds": 1000, "early_stopping_rounds": 0 } }),
                held: Held::Table(held.clone().into_bytes(), labels.collect()),
                chance: 63,
            }
        }
        Model::Distilbert => {
            let text = fs::read_to_string(examples.join("made-support-requests.csv"))?;
            let (data, held) = hold_out(&text);
            let rows = held.lines().skip(1).map(text_and_label);
            Lesson {
                file: "texts.csv",
                data,
                order: json!({ "model_type": "distilbert", "weights": "scratch", "hyperparams": {
                    "layers": 2, "dimension": 128, "heads": 4, "max_length": 32, "epochs": 8,
                    "learning_rate": 0.001 } }),
                held: Held::Texts(rows.collect::<Result<_>>()?),
                chance: 34,
            }
        }
        Model::Mobilenet => {
            let made = folder.join("digits");
            let mut writing = Command::new(python);
            writing.arg(examples.join("digits_as_cifar.py")).arg(&made);
            output(writing).await?;
            let mut pictures = Vec::new();
            for entry in fs::read_dir(made.join("held"))? {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str());
                let digit = name.and_then(|name| name.get(..1)?.parse::<usize>().ok());
                let label = DIGITS.get(digit.context("a picture is named after its digit")?);
                pictures.push((path.clone(), (*label.context("a digit")?).to_owned()));
            }
            Lesson {
                file: "data_batch_1.bin",
                data: fs::read(made.join("data_batch_1.bin"))?,
                order: json!({ "model_type": "mobilenet_v2", "weights": "scratch",
                    "hyperparams": { "width": "0.35", "batch_size": 32, "image_size": 32,
                        "learning_rate": 0.003, "epochs": 5, "early_stopping_epochs": 0 } }),
                held: Held::Pictures(pictures),
                chance: 10,
            }
        }
    })
}

/// A table without some of its rows, and those, both under its header.
fn hold_out(text: &str) -> (Vec<u8>, String) {
    let (header, rows) = text.split_once('\n').unwrap_or((text, ""));
    let (mut kept, mut held) = (format!("{header}\n"), format!("{header}\n"));
    for (number, row) in rows.lines().enumerate() {
        let side = if number % HELD_EVERY == 0 {
            &mut held
        } else {
            &mut kept
        };
        side.push_str(row);
        side.push('\n');
    }
    (kept.into_bytes(), held)
}

fn label_of(row: &str) -> &str {
    row.rsplit(',').next().unwrap_or_default().trim()
}

fn text_and_label(row: &str) -> Result<(String, String)> {
    let (text, label) = row.rsplit_once(',').context("a row has two columns")?;
    let text = text.trim_matches('"');
    ensure!(!text.contains('"'), "a text without quotes in it: {text}");
    Ok((text.to_owned(), label.trim().to_owned()))
}

/// Asks the downloaded model, as its own instructions say.
async fn examine(held: &Held, folder: &Path, python: &Path) -> Result<(usize, usize)> {
    let mut predict = Command::new(python);
    predict
        .arg("predict.py")
        .current_dir(folder)
        .env("OMP_NUM_THREADS", "1");
    let expected: Vec<&String> = match held {
        Held::Table(rows, labels) => {
            fs::write(folder.join("held.csv"), rows)?;
            predict.arg("held.csv");
            labels.iter().collect()
        }
        Held::Texts(texts) => {
            predict.args(texts.iter().map(|(text, _)| text));
            texts.iter().map(|(_, label)| label).collect()
        }
        Held::Pictures(pictures) => {
            predict.args(pictures.iter().map(|(path, _)| path));
            pictures.iter().map(|(_, label)| label).collect()
        }
    };
    let said = output(predict).await?;
    let answers: Vec<Value> = said
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    ensure!(
        answers.len() == expected.len(),
        "{} answers to {}",
        answers.len(),
        expected.len()
    );
    let right = answers
        .iter()
        .zip(&expected)
        .filter(|(answer, label)| answer["label"] == ***label)
        .count();
    Ok((right, expected.len()))
}
