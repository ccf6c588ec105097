//! How much work a run is: its time on the reference processor, and the memory it needs.
//!
//! Whole numbers throughout, so that the same order gives the same figures everywhere. The
//! constants were measured on two cores of the reference processor; what jobs took since then
//! corrects them (see `estimate`).

use serde::{Deserialize, Serialize};

use super::card::{Card, Model};
use super::hyperparams::Hyperparams;

/// The data, as its inspection found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Rows of a table, or images.
    pub rows: u64,
    /// Of a table; images have none.
    pub columns: u64,
    pub classes: u64,
    pub bytes: u64,
}

/// What a run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// At least one.
    pub seconds: u64,
    pub memory_bytes: u64,
    /// What a GPU would need, where one is used.
    pub gpu_memory_bytes: u64,
}

const MIB: u64 = 1 << 20;
const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// The expected work of a run with these settings over this data.
pub fn work(card: &Card, settings: &Hyperparams, load: &Load) -> Work {
    let (nanos, model_bytes, batch_bytes) = match card.model {
        Model::Tabular => tabular(settings, load),
        Model::Distilbert => distilbert(settings, load),
        Model::MobilenetV2 => mobilenet(settings, load),
    };
    let seconds = u64::try_from(nanos.div_ceil(NANOS_PER_SECOND)).unwrap_or(u64::MAX);
    let memory = 512 * MIB + load.bytes.saturating_mul(4) + model_bytes + batch_bytes;
    Work {
        seconds: seconds.max(1),
        memory_bytes: memory,
        gpu_memory_bytes: 512 * MIB + model_bytes + batch_bytes,
    }
}

fn set(settings: &Hyperparams, name: &str) -> u64 {
    settings.whole(name).unwrap_or(1)
}

/// A tree looks at every value once a level.
fn tabular(settings: &Hyperparams, load: &Load) -> (u128, u64, u64) {
    const NANOS_A_VALUE: u128 = 60;
    const NANOS_A_ROUND: u128 = 1_500_000;
    let trees = match settings.text("algorithm") {
        Some("boosting") if load.classes > 2 => load.classes,
        _ => 1,
    };
    let rounds = u128::from(set(settings, "rounds")) * u128::from(trees);
    let values = u128::from(load.rows) * u128::from(load.columns.max(1));
    let levels = u128::from(set(settings, "depth"));
    (
        rounds * (NANOS_A_ROUND + values * levels * NANOS_A_VALUE),
        0,
        load.rows.saturating_mul(load.columns).saturating_mul(16),
    )
}

/// A layer has about twelve times the square of its width in weights; each weight is multiplied
/// and added thrice a token, forwards and twice backwards.
fn distilbert(settings: &Hyperparams, load: &Load) -> (u128, u64, u64) {
    const OPERATIONS_A_NANO: u128 = 50;
    const VOCABULARY: u64 = 30_522;
    let (layers, width) = (set(settings, "layers"), set(settings, "dimension"));
    let length = set(settings, "max_length");
    let weights = layers * 12 * width * width;
    let tokens = u128::from(set(settings, "epochs")) * u128::from(load.rows) * u128::from(length);
    let batch = set(settings, "batch_size") * length * layers * width * 64;
    (
        tokens * u128::from(weights) * 6 / OPERATIONS_A_NANO,
        (weights + VOCABULARY * width) * 16,
        batch,
    )
}

/// The published model takes four milliseconds for an image of 32 × 32, forwards and backwards.
fn mobilenet(settings: &Hyperparams, load: &Load) -> (u128, u64, u64) {
    const NANOS_AN_IMAGE: u128 = 4_000_000;
    const BYTES_A_PIXEL: u64 = 6_000;
    const MODEL_BYTES: u64 = 3_504_872 * 16;
    let percent: u64 = match settings.text("width") {
        Some("0.35") => 35,
        Some("0.5") => 50,
        Some("0.75") => 75,
        _ => 100,
    };
    let pixels = set(settings, "image_size").pow(2);
    let images = u128::from(set(settings, "epochs")) * u128::from(load.rows);
    let image = NANOS_AN_IMAGE * u128::from(pixels) / 1_024 * u128::from(percent) / 100;
    let batch = set(settings, "batch_size") * pixels * BYTES_A_PIXEL * percent / 100;
    (images * image, MODEL_BYTES, batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::Weights;
    use serde_json::{Value, json};

    fn of(model: Model, given: &Value, load: Load) -> Work {
        let given = given.as_object().unwrap();
        let settings = Hyperparams::read(model.card(), Weights::Scratch, given).unwrap();
        work(model.card(), &settings, &load)
    }

    #[test]
    fn twice_the_rows_or_rounds_are_twice_the_work() {
        let load = Load {
            rows: 100_000,
            columns: 30,
            classes: 2,
            bytes: 20_000_000,
        };
        let once = of(Model::Tabular, &json!({}), load).seconds;
        let more = Load {
            rows: 200_000,
            ..load
        };
        let rows = of(Model::Tabular, &json!({}), more).seconds;
        let rounds = of(Model::Tabular, &json!({"rounds": 400}), load).seconds;
        assert!(once > 60 && rows.abs_diff(2 * once) <= 1 && rounds.abs_diff(2 * once) <= 1);
    }

    /// Six layers of 768 over 160 texts of 32 pieces took 11.6 s an epoch.
    #[test]
    fn the_figures_are_near_what_was_measured() {
        let texts = Load {
            rows: 160,
            columns: 2,
            classes: 2,
            bytes: 20_000,
        };
        let full = of(
            Model::Distilbert,
            &json!({"epochs": 1, "max_length": 32}),
            texts,
        );
        assert!((5..=30).contains(&full.seconds), "{}", full.seconds);
        let images = Load {
            rows: 500,
            columns: 0,
            classes: 10,
            bytes: 1_500_000,
        };
        let epoch = of(Model::MobilenetV2, &json!({"epochs": 1}), images);
        assert_eq!(epoch.seconds, 2);
    }

    #[test]
    fn a_larger_batch_needs_more_of_the_gpu() {
        let load = Load {
            rows: 1_000,
            columns: 2,
            classes: 2,
            bytes: 100_000,
        };
        let small = of(Model::Distilbert, &json!({"batch_size": 8}), load);
        let large = of(Model::Distilbert, &json!({"batch_size": 64}), load);
        assert!(large.gpu_memory_bytes > small.gpu_memory_bytes);
        assert_eq!(large.seconds, small.seconds);
    }
}
