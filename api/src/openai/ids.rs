//! Identities as OpenAI spells them: the same UUIDs behind other words.

use domain::jobs::JobId;
use domain::objects::ObjectId;

const FILE: &str = "file-";
const JOB: &str = "ftjob-";
const UPLOAD: &str = "upload_";
const PART: &str = "part_";
const CHECKPOINT: &str = "ftckpt-";

pub fn of_file(object: ObjectId) -> String {
    format!("{FILE}{}", object.uuid())
}

pub fn of_upload(object: ObjectId) -> String {
    format!("{UPLOAD}{}", object.uuid())
}

pub fn of_part(object: ObjectId) -> String {
    format!("{PART}{}", object.uuid())
}

pub fn of_checkpoint(object: ObjectId) -> String {
    format!("{CHECKPOINT}{}", object.uuid())
}

pub fn of_job(job: JobId) -> String {
    format!("{JOB}{}", job.uuid())
}

pub fn file(text: &str) -> Option<ObjectId> {
    object(text, FILE)
}

pub fn upload(text: &str) -> Option<ObjectId> {
    object(text, UPLOAD)
}

pub fn part(text: &str) -> Option<ObjectId> {
    object(text, PART)
}

pub fn checkpoint(text: &str) -> Option<ObjectId> {
    object(text, CHECKPOINT)
}

pub fn job(text: &str) -> Option<JobId> {
    let uuid = text.strip_prefix(JOB)?;
    format!("job_{uuid}").parse().ok()
}

fn object(text: &str, opening: &str) -> Option<ObjectId> {
    let uuid = text.strip_prefix(opening)?;
    format!("object_{uuid}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_goes_out_and_comes_back_in_one_spelling_only() {
        let uuid = "01936b1e-7c1a-7d3e-8f00-0123456789ab";
        let object: ObjectId = format!("object_{uuid}").parse().unwrap();
        let ours: JobId = format!("job_{uuid}").parse().unwrap();
        assert_eq!(of_file(object), format!("file-{uuid}"));
        assert_eq!(file(&of_file(object)), Some(object));
        assert_eq!(upload(&of_upload(object)), Some(object));
        assert_eq!(part(&of_part(object)), Some(object));
        assert_eq!(checkpoint(&of_checkpoint(object)), Some(object));
        assert_eq!(job(&of_job(ours)), Some(ours));
        for wrong in [
            format!("object_{uuid}"),
            format!("file_{uuid}"),
            format!("file-{}", uuid.to_uppercase()),
            format!("file-{}", uuid.replace('-', "")),
            format!("file-{uuid} "),
            "file-".to_owned(),
        ] {
            assert_eq!(file(&wrong), None, "{wrong}");
        }
    }
}
