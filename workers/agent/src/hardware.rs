//! What a machine is made of, and how busy it is; a machine without a GPU is one, too.

use std::path::{Path, PathBuf};

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use sysinfo::{Disks, System};

use crate::trouble::Trouble;
use crate::wire::{Gpu, GpuLoad, Hardware, Load};

const TEXT_CHARACTERS_MAX: usize = 200;

/// Asks the system and the driver of GPUs.
pub struct Gauge {
    system: System,
    nvml: Option<Nvml>,
    folder: PathBuf,
}

impl Gauge {
    /// `folder` says which disk counts.
    pub fn try_new(folder: &Path) -> Result<Self, Trouble> {
        let nvml = Nvml::init().inspect_err(|error| {
            tracing::info!(%error, "no GPU that its driver speaks of");
        });
        let system = System::new();
        let mut system =
            system.map_err(|error| Trouble::wrong(format!("the system tells nothing: {error}")))?;
        system.refresh_cpu_all();
        system.refresh_memory();
        Ok(Self {
            system,
            nvml: nvml.ok(),
            folder: folder.to_owned(),
        })
    }

    pub fn hardware(&self) -> Hardware {
        let cpus = self.system.cpus();
        let model = cpus
            .first()
            .map(|cpu| cpu.brand().trim())
            .unwrap_or_default();
        let (disk_bytes, _) = self.disk();
        Hardware {
            os: text(&System::long_os_version().unwrap_or_default()),
            cpu_model: text(model),
            cpu_cores: u32::try_from(cpus.len()).unwrap_or(u32::MAX).max(1),
            memory_bytes: self.system.total_memory().max(1),
            disk_bytes: disk_bytes.max(1),
            gpus: self.gpus(),
        }
    }

    fn gpus(&self) -> Vec<Gpu> {
        let Some(nvml) = &self.nvml else {
            return Vec::new();
        };
        let driver = text(&nvml.sys_driver_version().unwrap_or_default());
        let count = nvml.device_count().unwrap_or_default();
        let one = |index: u32| {
            let device = nvml.device_by_index(index).ok()?;
            Some(Gpu {
                model: text(&device.name().ok()?),
                uuid: text(&device.uuid().ok()?),
                memory_bytes: device.memory_info().ok()?.total,
                driver: driver.clone(),
            })
        };
        (0..count).filter_map(one).collect()
    }

    pub fn load(&mut self) -> Load {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        let (_, disk_free_bytes) = self.disk();
        Load {
            cpu_percent: percent(self.system.global_cpu_usage()),
            memory_used_bytes: self.system.used_memory(),
            disk_free_bytes,
            gpus: self.gpu_loads(),
        }
    }

    fn gpu_loads(&self) -> Vec<GpuLoad> {
        let Some(nvml) = &self.nvml else {
            return Vec::new();
        };
        let count = nvml.device_count().unwrap_or_default();
        let one = |index: u32| {
            let device = nvml.device_by_index(index).ok()?;
            Some(GpuLoad {
                uuid: device.uuid().ok()?,
                utilisation_percent: device
                    .utilization_rates()
                    .ok()
                    .map(|rates| rates.gpu.min(100)),
                memory_used_bytes: device.memory_info().ok().map(|memory| memory.used),
                temperature_celsius: device.temperature(TemperatureSensor::Gpu).ok(),
                power_milliwatts: device.power_usage().ok(),
            })
        };
        (0..count).filter_map(one).collect()
    }

    /// Size and free room of the disk that the folder lies on.
    fn disk(&self) -> (u64, u64) {
        let Ok(disks) = Disks::new_with_refreshed_list() else {
            return (0, 0);
        };
        let holds = |point: &Path| self.folder.starts_with(point);
        let holding = disks.iter().filter(|disk| holds(disk.mount_point()));
        let nearest = holding.max_by_key(|disk| disk.mount_point().components().count());
        nearest.map_or((0, 0), |disk| (disk.total_space(), disk.available_space()))
    }
}

/// Never empty, in one line, and not too long for the server.
fn text(said: &str) -> String {
    let plain: String = said
        .chars()
        .filter(|c| !c.is_control())
        .take(TEXT_CHARACTERS_MAX)
        .collect();
    let plain = plain.trim();
    if plain.is_empty() { "unknown" } else { plain }.to_owned()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is clamped to what fits"
)]
fn percent(share: f32) -> u32 {
    share.clamp(0.0, 100.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_described_whatever_it_is() {
        let folder = std::env::current_dir().unwrap();
        let mut gauge = Gauge::try_new(&folder).unwrap();
        let hardware = gauge.hardware();
        assert!(hardware.cpu_cores >= 1 && hardware.memory_bytes > 1 << 20);
        assert!(hardware.disk_bytes > 1 << 20, "{hardware:?}");
        assert!(!hardware.os.is_empty() && !hardware.cpu_model.is_empty());
        let load = gauge.load();
        assert!(load.cpu_percent <= 100 && load.memory_used_bytes > 0);
        assert!(load.disk_free_bytes <= hardware.disk_bytes);
    }

    #[test]
    fn what_a_driver_says_fits_the_server() {
        assert_eq!(text(" \n"), "unknown");
        assert_eq!(text("NVIDIA\u{0} L4 "), "NVIDIA L4");
        assert_eq!(text(&"x".repeat(300)).len(), TEXT_CHARACTERS_MAX);
    }
}
