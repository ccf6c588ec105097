//! What a machine says it is made of, within bounds that keep nonsense out of the log.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const GPUS_MAX: usize = 64;
const CORES_MAX: u32 = 65_536;
/// An exbibyte: nobody has more, and a sum of a few still fits.
const BYTES_MAX: u64 = 1 << 60;
const TEXT_CHARACTERS_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    pub model: String,
    /// As the driver names it; no two of a machine share one.
    pub uuid: String,
    pub memory_bytes: u64,
    pub driver: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    pub os: String,
    pub cpu_model: String,
    pub cpu_cores: u32,
    pub memory_bytes: u64,
    pub disk_bytes: u64,
    pub gpus: Vec<Gpu>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HardwareError {
    #[error("a description has 1 to {TEXT_CHARACTERS_MAX} characters in one line")]
    Text,
    #[error("a machine has 1 to {CORES_MAX} processor cores")]
    Cores,
    #[error("a size in bytes is more than nothing and less than an exbibyte")]
    Bytes,
    #[error("a machine has at most {GPUS_MAX} GPUs")]
    TooManyGpus,
    #[error("no two GPUs have the same identity")]
    SameGpu,
}

impl Hardware {
    /// How many units the machine works on at once: one a GPU, or one where there is none.
    pub const fn slots(&self) -> usize {
        if self.gpus.is_empty() {
            1
        } else {
            self.gpus.len()
        }
    }

    pub fn judge(&self) -> Result<(), HardwareError> {
        let gpu_texts = self
            .gpus
            .iter()
            .flat_map(|gpu| [&gpu.model, &gpu.uuid, &gpu.driver]);
        if !gpu_texts
            .chain([&self.os, &self.cpu_model])
            .all(|text| is_plain(text))
        {
            return Err(HardwareError::Text);
        }
        if !(1..=CORES_MAX).contains(&self.cpu_cores) {
            return Err(HardwareError::Cores);
        }
        let sizes = self.gpus.iter().map(|gpu| gpu.memory_bytes);
        let mut sizes = sizes.chain([self.memory_bytes, self.disk_bytes]);
        if !sizes.all(|bytes| (1..BYTES_MAX).contains(&bytes)) {
            return Err(HardwareError::Bytes);
        }
        if self.gpus.len() > GPUS_MAX {
            return Err(HardwareError::TooManyGpus);
        }
        let different: BTreeSet<&str> = self.gpus.iter().map(|gpu| gpu.uuid.as_str()).collect();
        if different.len() < self.gpus.len() {
            return Err(HardwareError::SameGpu);
        }
        Ok(())
    }
}

fn is_plain(text: &str) -> bool {
    let fits = (1..=TEXT_CHARACTERS_MAX).contains(&text.chars().count());
    fits && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{gpu, hardware};
    use super::*;

    #[test]
    fn a_machine_has_a_slot_for_each_gpu_and_one_without_any() {
        assert_eq!(hardware(0).slots(), 1);
        assert_eq!(hardware(1).slots(), 1);
        assert_eq!(hardware(8).slots(), 8);
    }

    #[test]
    fn each_kind_of_nonsense_has_its_own_refusal() {
        type Change = fn(&mut Hardware);
        assert_eq!(hardware(2).judge(), Ok(()));
        let cases: [(Change, HardwareError); 9] = [
            (|it| it.os.clear(), HardwareError::Text),
            (|it| it.cpu_model = "x".repeat(201), HardwareError::Text),
            (
                |it| it.gpus[0].driver = "5\u{1b}[2J".to_owned(),
                HardwareError::Text,
            ),
            (|it| it.cpu_cores = 0, HardwareError::Cores),
            (|it| it.memory_bytes = 0, HardwareError::Bytes),
            (|it| it.disk_bytes = 1 << 60, HardwareError::Bytes),
            (|it| it.gpus[1].memory_bytes = 0, HardwareError::Bytes),
            (
                |it| it.gpus = (0..65).map(gpu).collect(),
                HardwareError::TooManyGpus,
            ),
            (|it| it.gpus[1] = it.gpus[0].clone(), HardwareError::SameGpu),
        ];
        for (change, refusal) in cases {
            let mut changed = hardware(2);
            change(&mut changed);
            assert_eq!(changed.judge(), Err(refusal));
        }
    }
}
